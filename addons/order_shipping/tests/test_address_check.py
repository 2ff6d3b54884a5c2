from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_network import NetworkCase


@tagged("post_install", "-at_install")
class TestAddressCheck(NetworkCase):
    def check(self):
        action = self.partner.action_check_address()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_the_carrier_writes_it_otherwise(self):
        check = self.check()
        self.assertTrue(check.is_deliverable)
        differences = {line.name: (line.entered, line.suggested) for line in check.line_ids}
        # The ZIP+4 is no difference where the five digits are right.
        self.assertEqual(differences, {"street": ("5 Elm Street", "5 ELM ST")})
        self.assertEqual(self.partner.street, "5 Elm Street")  # nothing changes unasked
        self.assertEqual(self.partner.address_kind, "residential")
        check.action_use()
        self.assertEqual((self.partner.street, self.partner.zip), ("5 ELM ST", "94105"))
        self.assertEqual(self.partner.address_verdict, "deliverable")

    def test_orders_to_an_unknown_address_are_held_until_it_is_corrected(self):
        self.partner.street = "1 Nowhere"
        check = self.check()
        self.assertFalse(check.is_deliverable)
        self.assertFalse(check.line_ids)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "order_line": [(0, 0, {"product_id": self.products[0].id})],
            }
        )
        order.action_validate_order()
        hold = order.hold_ids.filtered(lambda hold: hold.kind == "address")
        self.assertEqual(hold.state, "pending")
        self.assertIn("knows no such", hold.reason)
        self.partner.street = "5 Elm Street"
        self.assertFalse(self.partner.address_verdict)
        order.action_validate_order()
        self.assertNotEqual(hold.state, "pending")

    def run_job(self):
        self.env.flush_all()
        self.env.ref("order_shipping.ir_cron_check_addresses").method_direct_trigger()
        self.env.invalidate_all()

    def test_open_orders_are_checked_without_anybody_asking(self):
        order = self.make_order()
        self.run_job()
        self.assertFalse(self.partner.date_address_checked)  # only where the company wants it
        self.company.check_addresses = True
        self.run_job()
        self.assertEqual(self.partner.address_verdict, "deliverable")
        self.assertEqual(self.partner.address_kind, "residential")
        self.assertFalse(order.hold_ids.filtered(lambda hold: hold.kind == "address"))
        with patch.object(type(self.ups._get_port()), "check_address", side_effect=AssertionError):
            self.run_job()  # nobody is asked twice
        for street, verdict in (("1 Refused", False), ("1 Nowhere", "undeliverable")):
            self.partner.street = street
            self.assertFalse(self.partner.date_address_checked)
            self.run_job()
            self.assertTrue(self.partner.date_address_checked)
            self.assertEqual(self.partner.address_verdict, verdict)
        hold = order.hold_ids.filtered(lambda each: each.kind == "address")
        self.assertEqual((hold.state, hold.gate), ("pending", "ship"))
        self.partner.street = "5 Elm Street"
        self.run_job()
        self.assertNotEqual(hold.state, "pending")

    def test_without_a_carrier_it_says_what_to_do(self):
        self.ups.active = False
        with self.assertRaisesRegex(UserError, "set up UPS"):
            self.partner.action_check_address()

    def test_a_carrier_that_refuses_is_quoted(self):
        self.partner.street = "1 Refused"
        with self.assertRaisesRegex(UserError, "UPS can't check this address.*invalid or missing"):
            self.partner.action_check_address()
        self.assertFalse(self.partner.address_verdict)

    def test_who_may_not_change_contacts_may_not_check_them(self):
        reader = self.make_user("address_reader", "base.group_user")
        with self.assertRaises(AccessError):
            self.partner.with_user(reader).action_check_address()

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import OrderProcessingCase, sku_order


@tagged("post_install", "-at_install")
class TestChannelOwn(OrderProcessingCase):
    """Orders entered by hand become a channel's. The website's: ``tests/flow``, with eCommerce."""

    def setUp(self):
        super().setUp()
        self.sales = self._create_channel(
            code="sales", kind="manual", adopts_orders=True, tax_policy="odoo"
        )
        self.buyer = self.env["res.partner"].create(
            {
                "name": "Buyer",
                "street": "1 Main Street",
                "city": "Louisville",
                "zip": "40202",
                "state_id": self.env.ref("base.state_us_19").id,
                "country_id": self.env.ref("base.us").id,
            }
        )

    def _quote(self, **vals):
        lines = [Command.create({"product_id": self.product_red.id, "product_uom_qty": 1})]
        vals = {"partner_id": self.buyer.id, "order_line": lines} | vals
        return self.env["sale.order"].with_user(self.user).create(vals)

    def test_entered_by_hand_is_the_channels(self):
        order = self._quote()
        self.assertEqual((order.channel_id, order.channel_ref), (self.sales, False))
        self.assertEqual((order.flow_step, order.event_ids.source), ("intake", "user"))
        self.assertEqual(order.state, "draft")
        order.action_confirm()
        self.assertTrue(order.allocation_ids)
        self.assertEqual(self.sales.order_count, 1)
        self.assertTrue(self.sales.last_message_at)
        self.assertEqual(self.sales.recent_count, 1)

    def test_orders_of_documents_and_other_companies_stay(self):
        self.assertEqual(self._take_in(sku_order(1)).order_id.channel_id, self.channel)
        other = self._create_company("Other")
        self.sales.write(
            {"company_id": other.id, "warehouse_id": False, "warehouse_ids": [Command.clear()]}
        )
        self.assertFalse(self._quote().channel_id)

    def test_only_which_orders(self):
        self.sales.adopt_domain = "[('client_order_ref', '=', 'FAIR')]"
        self.assertFalse(self._quote().channel_id)
        self.assertEqual(self._quote(client_order_ref="FAIR").channel_id, self.sales)
        for wrong in ("[(", "[('nothing', '=', 1)]", "__import__('os')"):
            with self.assertRaises(ValidationError):
                self.sales.adopt_domain = wrong

    def test_checked_like_any_other(self):
        self.buyer.street = False
        order = self._quote()
        with self.assertRaisesRegex(UserError, "street"):
            order.action_confirm()

    def test_quotation_waits_for_its_customer(self):
        """A lifted hold releases nothing that nobody ordered."""
        self.buyer.street = False
        order = self._quote()
        order.action_validate_order()
        self.assertTrue(order.open_hold_count)
        self.buyer.street = "1 Main Street"
        order.action_validate_order()
        self.assertEqual((order.open_hold_count, order.state), (0, "draft"))

    def test_accepted_by_the_customer_goes_on_once_the_hold_is_gone(self):
        self.buyer.street = False
        order = self._quote()
        order._validate_order()  # as the portal calls it when the customer signed
        self.assertEqual((order.state, order.is_accepted), ("draft", True))
        self.buyer.street = "1 Main Street"
        order.action_validate_order()
        self.assertEqual(order.state, "sale")

    def test_says_what_is_not_installed(self):
        website = self._create_channel(code="web", kind="website")
        self.assertTrue(website.adopts_orders)
        if "website_id" not in self.env["sale.order"]._fields:
            self.assertIn("isn't installed", website.adoption_note)
        self.assertFalse(website._get_document_key(b"{}")["external_ref"])

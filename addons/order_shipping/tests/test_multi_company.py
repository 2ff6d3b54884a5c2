from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestMultiCompany(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Other", "currency_id": cls.env.ref("base.EUR").id}
        )
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            groups="order_shipping.group_shipping_manager",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )

    def test_rates_labels_and_tables_stay_in_their_company(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        fuel = self.env["shipping.surcharge"].create(
            {"carrier_id": self.ground.id, "name": "Fuel", "percent": 5}
        )
        divisor = self.env["shipping.divisor"].create({"carrier_id": self.ground.id})
        table = (self.ground.rate_line_ids, fuel, divisor)
        for records in (picking.rate_ids, picking.label_ids, *table):
            theirs = records.with_user(self.stranger)
            theirs = theirs.with_context(allowed_company_ids=self.other.ids)
            self.assertFalse(theirs.search([("id", "in", records.ids)]), records)
            with self.assertRaises(AccessError):
                theirs.read(["company_id"])

    def test_carriers_of_another_company_are_not_quoted(self):
        product = self.env["product.product"].create(
            {"name": "Theirs", "type": "service", "company_id": self.other.id}
        )
        theirs = (
            self.env["delivery.carrier"]
            .with_company(self.other)
            .create(
                {
                    "name": "Theirs",
                    "delivery_type": "rate_table",
                    "product_id": product.id,
                    "rate_line_ids": [Command.create({"price": 1})],
                }
            )
        )
        picking = self.make_picking()
        picking.action_rate()
        self.assertNotIn(theirs, picking.rate_ids.carrier_id)
        self.assertEqual(theirs.rate_currency_id, self.env.ref("base.EUR"))

    def test_a_shared_carrier_is_quoted_in_the_company_currency(self):
        euro = self.env.ref("base.EUR")
        self.set_rate(euro, 0.5)
        product = self.env["product.product"].create({"name": "Shared", "type": "service"})
        shared = self.env["delivery.carrier"].create(
            {
                "name": "Shared",
                "delivery_type": "rate_table",
                "product_id": product.id,
                "rate_currency_id": euro.id,
                "rate_line_ids": [Command.create({"price": 3})],
            }
        )
        picking = self.make_picking()
        picking.action_rate()
        self.assertEqual(picking.carrier_id, shared)
        rate = picking.rate_ids.filtered("chosen")
        self.assertEqual((rate.amount, rate.currency_id.name), (6.0, "USD"))
        picking.action_buy_label()
        label = picking.label_ids
        self.assertEqual((label.cost, label.currency_id), (3.0, euro))
        picking.button_validate()
        self.assertEqual(picking.carrier_price, 6.0)

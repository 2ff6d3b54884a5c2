from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import ShippingCase
from .test_network import NetworkCase


@tagged("post_install", "-at_install")
class TestCustomerPrice(ShippingCase):
    def test_rules_of_what_customers_pay(self):
        order = self.make_order()
        self.ground.margin = 0.5
        for rule, price in (("cost", 12.75), ("flat", 4.9), ("free", 0)):
            with self.subTest(rule=rule):
                self.ground.write({"customer_price_rule": rule, "customer_price": 4.9})
                result = self.ground.rate_shipment(order)
                self.assertTrue(result["success"])
                self.assertAlmostEqual(result["price"], price)

    def test_a_flat_price_is_in_the_orders_currency(self):
        euro = self.env.ref("base.EUR")
        self.set_rate(euro, 0.5)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id, "company_id": self.company.id}
        )
        order = self.make_order(pricelist_id=pricelist.id)
        self.ground.write({"customer_price_rule": "flat", "customer_price": 10})
        self.assertAlmostEqual(self.ground.rate_shipment(order)["price"], 5)

    def test_the_promise_is_in_the_customers_language(self):
        order = self.make_order()
        arrives = self.ground._get_arrival(order._get_ship_date(), 5)
        text = self.ground.rate_shipment(order)["promise"]
        self.assertEqual(text, f"Arrives by {arrives:%A}, {arrives.day} {arrives:%B}")
        self.ground.rate_line_ids.transit_days_max = 0
        self.ground.rate_line_ids.transit_days_min = 0
        self.assertEqual(self.ground.rate_shipment(order)["promise"], "")


@tagged("post_install", "-at_install")
class TestCheckout(NetworkCase):
    """A customer at the checkout never waits for a carrier, nor reads its troubles."""

    def rate(self, shopped=True):
        order = self.make_order()
        with patch.object(type(order), "_is_shopped", lambda _order: shopped):
            return self.ups.rate_shipment(order)

    def test_the_carriers_price_with_its_promise(self):
        result = self.rate()
        self.assertEqual((result["price"], result["success"]), (5, True))
        self.assertIn("Arrives by", result["promise"])

    def test_a_hung_carrier_is_answered_for_by_its_table(self):
        self.ups.rate_line_ids = [Command.create({"price": 7, "transit_days_max": 5})]
        with self.hung():
            result = self.rate()
        self.assertEqual((result["success"], result["price"]), (True, 7))
        self.assertIn("fallback table", result["warning_message"])
        self.assertIn("Arrives by", result["promise"])

    def test_without_a_table_the_shopper_is_told_to_choose_another(self):
        with self.hung():
            result = self.rate()
            desk = self.rate(shopped=False)
        self.assertEqual(result["error_message"], "Not available just now: please choose another.")
        self.assertFalse(result["success"])
        self.assertIn("in time", desk["error_message"])

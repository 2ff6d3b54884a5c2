from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestRate(ShippingCase):
    def current(self, picking):
        return picking.rate_ids.filtered(lambda rate: rate.state != "superseded")

    def chosen(self, picking):
        return picking.rate_ids.filtered("chosen")

    def test_cheapest_wins_and_the_loser_says_why(self):
        picking = self.make_picking()
        picking.action_rate()
        rates = self.current(picking)
        self.assertEqual(rates.carrier_id, self.ground | self.express)
        self.assertEqual(self.chosen(picking).carrier_id, self.ground)
        self.assertEqual(picking.carrier_id, self.ground)
        self.assertEqual(self.chosen(picking).amount, 8.5)
        loser = rates - self.chosen(picking)
        self.assertIn("15.50", loser.reason)
        self.assertEqual(loser.date_promised.weekday() < 5, True)
        event = self.events(picking.sale_id, "rate")
        self.assertEqual(event.details["rates"][0]["carrier"], "Ground")

    def test_promise_decides(self):
        date = fields.Datetime.now() + timedelta(days=3)
        picking = self.make_picking(commitment_date=date)
        picking.scheduled_date = fields.Datetime.now()
        picking.action_rate()
        self.assertEqual(self.chosen(picking).carrier_id, self.express)
        late = self.current(picking).filtered(lambda rate: rate.carrier_id == self.ground)
        self.assertIn("after the promised", late.reason)

    def test_who_paid_for_express_is_not_sent_by_ground(self):
        picking = self.make_picking(carrier_id=self.express.id)
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.express)

    def test_methods_of_core_are_quoted_but_make_no_label(self):
        product = self.env["product.product"].create({"name": "Pickup van", "list_price": 3})
        van = self.env["delivery.carrier"].create(
            {"name": "Van", "delivery_type": "fixed", "product_id": product.id, "fixed_price": 3}
        )
        picking = self.make_picking()
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.ground)
        rate = self.current(picking).filtered(lambda rate: rate.carrier_id == van)
        self.assertEqual((rate.amount, rate.source), (3, "price"))
        self.assertIn("no labels", rate.reason)

    def test_zero_is_a_trap_unless_marked_free(self):
        product = self.env["product.product"].create({"name": "Oops", "list_price": 0})
        self.env["delivery.carrier"].create(
            {"name": "Oops", "delivery_type": "fixed", "product_id": product.id}
        )
        free = self.make_carrier("Own van", 9, [])
        line = {"carrier_id": free.id, "price": 0, "is_free": True}
        self.env["shipping.rate.table.line"].create(line)
        picking = self.make_picking()
        picking.action_rate()
        self.assertEqual(picking.carrier_id, free)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["shipping.rate.table.line"].create(line | {"is_free": False})

    def test_one_bad_delivery_never_stops_the_rest(self):
        good, light, abroad = (self.make_picking(product) for product in self.products[:3])
        light.shipping_weight = 0
        light.move_ids.product_id.weight = 0
        light.move_ids.weight = 0
        abroad.partner_id = self.partner.copy({"country_id": self.env.ref("base.fr").id})
        answer = (good | light | abroad).action_rate()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertTrue(self.chosen(good))
        self.assertFalse(good.shipping_error)
        self.assertIn("weight is 0", light.shipping_error)
        self.assertIn("no line for FR", abroad.shipping_error)
        self.assertFalse(self.chosen(abroad))
        abroad.partner_id = self.partner
        abroad.action_rate()
        self.assertFalse(abroad.shipping_error)

    def test_rating_again_keeps_the_old_quotes(self):
        picking = self.make_picking()
        picking.action_rate()
        first = self.current(picking)
        picking.action_rate()
        self.assertEqual(set(first.mapped("state")), {"superseded"})
        self.assertEqual(len(self.current(picking)), 2)
        self.assertEqual(len(self.chosen(picking)), 1)

    def test_taking_another_rate(self):
        picking = self.make_picking()
        picking.action_rate()
        other = self.current(picking) - self.chosen(picking)
        other.action_choose()
        self.assertEqual(self.chosen(picking), other)
        self.assertEqual(picking.carrier_id, self.express)
        self.assertEqual(self.events(picking.sale_id, "rate").mapped("source"), ["system", "user"])
        picking.action_buy_label()
        with self.assertRaisesRegex(UserError, "void that first"):
            (self.current(picking) - other).action_choose()

    def test_old_rates_cannot_be_taken(self):
        picking = self.make_picking()
        picking.action_rate()
        old = self.chosen(picking)
        picking.action_rate()
        with self.assertRaisesRegex(UserError, "get new rates"):
            old.action_choose()

    def test_labelled_delivery_keeps_its_rate(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        answer = picking.action_rate()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertEqual(len(picking.rate_ids), 2)

    def test_parcels_are_priced_one_by_one(self):
        picking = self.make_picking(self.products[:2], quantity=2)
        first, second = picking.move_line_ids
        self.pack(first)
        self.pack(second)
        picking.action_rate()
        rate = self.chosen(picking)
        self.assertEqual((rate.parcel_count, rate.amount), (2, 17.0))
        self.assertAlmostEqual(rate.weight, 1.6)

    def test_order_is_quoted_in_its_own_currency(self):
        euro = self.env.ref("base.EUR")
        self.set_rate(euro, 0.5)
        pricelist = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": euro.id, "company_id": self.company.id}
        )
        order = self.make_order(pricelist_id=pricelist.id)
        result = self.ground.rate_shipment(order)
        self.assertTrue(result["success"])
        self.assertAlmostEqual(result["price"], 4.25)
        self.partner.country_id = self.env.ref("base.fr")
        result = self.ground.rate_shipment(order)
        self.assertFalse(result["success"])
        self.assertIn("no line for FR", result["error_message"])

    def test_pounds_are_converted(self):
        self.env["ir.config_parameter"].set_param("product.weight_in_lbs", "1")
        picking = self.make_picking(quantity=4)  # 1.6 lb is 0.73 kg
        picking.action_rate()
        self.assertAlmostEqual(self.chosen(picking).weight, 0.726, places=2)
        self.assertEqual(self.chosen(picking).amount, 8.5)

    def test_receipts_are_not_shipped(self):
        receipt = self.env["stock.picking"].create(
            {"picking_type_id": self.warehouse.in_type_id.id}
        )
        with self.assertRaisesRegex(UserError, "Select deliveries"):
            receipt.action_rate()

    def test_rules_decide_before_the_price(self):
        rules = self.env["shipping.rule"]
        tag = self.env["product.tag"].create({"name": "Lithium"})
        self.products[0].product_tag_ids = tag
        rule = rules.create({"name": "Fast", "strategy": "fastest", "company_id": self.company.id})
        picking = self.make_picking()
        self.assertTrue(picking.has_lithium)
        picking.action_rate()
        self.assertEqual(self.chosen(picking).carrier_id, self.express)
        self.assertIn("Fastest", self.chosen(picking).reason)
        rule.value_min = 100  # the goods are worth 20
        rules.create(
            {
                "name": "Never by express",
                "company_id": self.company.id,
                "product_tag_ids": tag.ids,
                "excluded_carrier_ids": self.express.ids,
            }
        )
        picking.action_rate()
        self.assertEqual(self.chosen(picking).carrier_id, self.ground)
        reasons = self.current(picking).mapped("reason")
        self.assertIn("Ruled out by a shipping rule", reasons)
        other = self.make_picking(self.products[1])
        other.action_rate()
        self.assertNotIn("Ruled out by a shipping rule", self.current(other).mapped("reason"))

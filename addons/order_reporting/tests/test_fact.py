from datetime import datetime

from lxml import etree

from odoo import Command
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestFact(ReportingCommon):
    def test_an_order_through_all_steps(self):
        order = self.make_order()
        self.ship(order)
        self.pay(self.invoice(order))
        self.forget_events(order)
        fact = self.fact(order)
        self.assertEqual(fact.date_received, datetime(2026, 3, 2, 8))
        self.assertEqual(fact.date_released, datetime(2026, 3, 2, 8))
        self.assertEqual(fact.date_promised, datetime(2026, 3, 3, 17))
        self.assertEqual(fact.date_shipped, datetime(2026, 3, 3, 10))
        self.assertEqual(fact.date_invoiced, datetime(2026, 3, 3))
        self.assertEqual(fact.date_paid, datetime(2026, 3, 13))
        self.assertEqual(fact.promise_state, "on_time")
        self.assertEqual((fact.on_time_rate, fact.in_full_rate, fact.perfect_rate), (1, 1, 1))
        self.assertIs(fact.touchless_rate, False, "no event: not known, not zero")
        self.assertEqual(fact.hours_order_to_ship, 26)
        self.assertEqual(fact.hours_to_invoice, 0, "invoiced the same day")
        self.assertEqual(fact.amount_ordered, 1000)
        self.assertEqual(fact.amount_delivered, 1000)
        self.assertEqual(fact.amount_invoiced, 1000)
        self.assertEqual(fact.amount_paid, 1000)
        self.assertEqual(fact.margin, 400)
        self.assertEqual((fact.shipment_count, fact.warehouse_count), (1, 1))
        self.assertEqual(fact.warehouse_id, self.warehouse)
        self.assertEqual(fact.country_id.code, "US")
        self.assertEqual(fact.flow_step, "pay")

    def test_what_customers_said_by_warehouse_carrier_and_product(self):
        """Hand-computed: 5 and 4 on one order, 2 on another, none on the third."""
        orders = [self.make_order() for _each in range(3)]
        for order, stars in zip(orders, ((5, 4), (2,), ()), strict=True):
            self.ship(order)
            for star in stars:
                token = order._rating_get_access_token()
                order.rating_apply(star, token=token)
        first, second, third = (self.fact(order) for order in orders)
        self.assertEqual((first.customer_rating, first.satisfied_rate), (4.5, 1))
        self.assertEqual((second.customer_rating, second.satisfied_rate), (2, 0))
        self.assertEqual((third.customer_rating, third.satisfied_rate), (False, False))
        facts = first | second | third
        [(warehouse, average, share)] = self.env["order.fact"]._read_group(
            [("id", "in", facts.ids)],
            ["warehouse_id"],
            ["customer_rating:avg", "satisfied_rate:avg"],
        )
        self.assertEqual((warehouse, average, share), (self.warehouse, 3.25, 0.5))
        lines = self.env["order.line.fact"].search([("order_id", "in", facts.order_id.ids)])
        [(_product, average)] = self.env["order.line.fact"]._read_group(
            [("id", "in", lines.ids), ("is_goods", "=", True)],
            ["product_id"],
            ["customer_rating:avg"],
        )
        self.assertEqual(average, 3.25)
        self.assertEqual(lines.carrier_id, facts.carrier_id)

    def test_timestamps_come_from_events(self):
        order = self.make_order(confirm=False)
        with self.at("2026-03-02 08:00:00"):
            order._record_event("intake", "Received", source="channel")
        with self.at("2026-03-02 08:05:00"):
            order._record_event("validate", "Validated")
        with self.at("2026-03-02 09:00:00"):
            order._record_event("release", "Released")
            order.action_confirm()
        self.ship(order)
        with self.at("2026-03-03 09:30:00"):
            order._record_event("pick", "Picked", source="user")
            order._record_event("label", "Labelled", source="user")
        self.invoice(order)
        with self.at("2026-03-03 12:30:00"):
            order._record_event("invoice", "Invoiced")
        fact = self.fact(order)
        self.assertEqual(fact.date_received, datetime(2026, 3, 2, 8))
        self.assertEqual(fact.date_validated, datetime(2026, 3, 2, 8, 5))
        self.assertEqual(fact.date_released, datetime(2026, 3, 2, 9))
        self.assertEqual(fact.date_labelled, datetime(2026, 3, 3, 9, 30))
        self.assertEqual(fact.date_invoiced, datetime(2026, 3, 3, 12, 30))
        self.assertEqual(fact.hours_to_release, 1)
        self.assertEqual(fact.hours_to_invoice, 2.5)
        self.assertEqual(fact.touchless_rate, 1, "picking by hand is no touch of the desk")

    def test_a_desk_touch_ends_touchless(self):
        order = self.make_order(confirm=False)
        with self.at("2026-03-02 08:00:00"):
            order._record_event("intake", "Received", source="channel")
            order._record_event("release", "Released", source="user")
            order.action_confirm()
        self.ship(order)
        fact = self.fact(order)
        self.assertEqual(fact.touchless_rate, 0)
        self.assertFalse(fact.is_touchless)

    def test_a_backdated_shipment_counts(self):
        order = self.make_order()
        picking = self.ship(order, moment="2026-03-05 10:00:00")
        self.assertEqual(self.fact(order).promise_state, "late")
        picking.date_done = datetime(2026, 3, 3, 16)
        fact = self.fact(order)
        self.assertEqual(fact.date_shipped, datetime(2026, 3, 3, 16))
        self.assertEqual(fact.promise_state, "on_time")

    def test_days_are_the_warehouse_s(self):
        order = self.make_order()
        self.ship(order, moment="2026-03-04 02:00:00")
        self.assertEqual(self.fact(order).promise_state, "late")
        self.warehouse.partner_id.tz = "America/New_York"
        self.assertEqual(self.fact(order).promise_state, "on_time")

    def test_partial_shipment_then_the_rest(self):
        order = self.make_order(lines=((None, 10), (self.other, 2)))
        self.ship(order, quantity=2)
        fact = self.fact(order)
        self.assertFalse(fact.date_shipped)
        self.assertEqual(fact.date_first_shipped, datetime(2026, 3, 3, 10))
        self.assertTrue(fact.is_backordered)
        self.assertEqual((fact.lines_filled, fact.goods_line_count), (1, 2))
        self.assertEqual((fact.units_filled, fact.units_ordered), (4, 12))
        self.ship(order, moment="2026-03-05 10:00:00")
        fact = self.fact(order)
        self.assertEqual(fact.date_shipped, datetime(2026, 3, 5, 10))
        self.assertEqual((fact.on_time_rate, fact.in_full_rate, fact.otif_rate), (0, 1, 0))
        self.assertEqual(fact.units_shipped, 12)
        self.assertEqual(fact.lines_filled, 1, "the first time stays the first time")

    def test_short_closed_is_on_time_and_not_in_full(self):
        order = self.make_order()
        self.ship(order, quantity=6, backorder=False)
        fact = self.fact(order)
        self.assertEqual((fact.on_time_rate, fact.in_full_rate, fact.otif_rate), (1, 0, 0))

    def test_cutting_the_order_does_not_hide_the_short(self):
        order = self.make_order()
        self.fact(order)
        order.order_line.product_uom_qty = 6
        self.ship(order)
        fact = self.fact(order)
        self.assertEqual((fact.units_ordered, fact.units_shipped), (10, 6))
        self.assertEqual(fact.in_full_rate, 0)

    def test_quantities_in_other_units(self):
        order = self.make_order()
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.make_order(
            lines=(),
            order_line=[
                Command.create(
                    {
                        "product_id": self.product.id,
                        "product_uom_id": dozen.id,
                        "product_uom_qty": 2,
                        "price_unit": 1200,
                    }
                )
            ],
        )
        self.ship(order)
        fact = self.fact(order)
        self.assertEqual((fact.units_ordered, fact.units_shipped), (24, 24))
        self.assertEqual(fact.in_full_rate, 1)
        self.assertEqual(fact.amount_delivered, 2400)

    def test_cancelled_order(self):
        order = self.make_order()
        order._action_cancel()
        fact = self.fact(order)
        self.assertEqual((fact.state, fact.flow_step), ("cancel", "cancel"))
        self.assertIs(fact.on_time_rate, False)
        self.assertFalse(fact.date_promised)

    def test_return_and_credit_note(self):
        order = self.make_order()
        picking = self.ship(order)
        self.invoice(order)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = 3
        wizard.product_return_moves.to_refund = True
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.write({"quantity": 3, "picked": True})
        back.button_validate()
        credit = order._create_invoices(final=True)
        credit.action_post()
        fact = self.fact(order)
        self.assertEqual(credit.move_type, "out_refund")
        self.assertTrue(fact.is_returned)
        self.assertEqual((fact.units_shipped, fact.units_returned), (10, 3))
        self.assertEqual((fact.in_full_rate, fact.damage_free_rate, fact.documents_rate), (1, 0, 0))
        self.assertEqual((fact.otif_rate, fact.perfect_rate), (1, 0))
        self.assertEqual(fact.amount_invoiced, 700)

    def test_holds(self):
        order = self.make_order(confirm=False)
        holds = self.env["order.hold"].create(
            [{"order_id": order.id, "kind": kind, "reason": "Look"} for kind in ("manual", "stock")]
        )
        fact = self.fact(order)
        self.assertTrue(fact.is_held and fact.is_on_hold)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE order_hold SET create_date = '2026-03-02 08:00', state = 'released',"
            " date_resolved = '2026-03-02 11:00' WHERE id = ANY(%s)",
            [holds.ids],
        )
        self.env.invalidate_all()
        fact = self.fact(order)
        self.assertTrue(fact.is_held)
        self.assertFalse(fact.is_on_hold)
        self.assertEqual(fact.hold_hours, 3)

    def test_partial_payment(self):
        order = self.make_order()
        self.ship(order)
        moves = self.invoice(order)
        self.pay(moves, amount=400)
        fact = self.fact(order)
        self.assertEqual(fact.amount_paid, 400)
        self.assertFalse(fact.date_paid)
        self.pay(moves, day="2026-03-20")
        fact = self.fact(order)
        self.assertEqual(fact.amount_paid, 1000)
        self.assertEqual(fact.date_paid, datetime(2026, 3, 20))

    def test_one_invoice_for_two_orders_is_shared(self):
        orders = self.make_order() + self.make_order(lines=((None, 30),))
        for order in orders:
            self.ship(order)
        move = self.invoice(orders)
        self.assertEqual(len(move), 1)
        self.pay(move, amount=2000)
        facts = self.fact(orders).sorted("amount_ordered")
        self.assertEqual(facts.mapped("amount_invoiced"), [1000, 3000])
        self.assertEqual(facts.mapped("amount_paid"), [500, 1500])

    def test_foreign_currency_becomes_company_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        company_currency = self.env.company.currency_id
        self.assertNotEqual(company_currency, euro)
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2026-01-01", "rate": 0.5}
        )
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})
        order = self.make_order(pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, euro)
        order.order_line.price_unit = 50
        self.ship(order)
        self.invoice(order)
        fact = self.fact(order)
        self.assertEqual(fact.currency_id, company_currency)
        self.assertEqual(fact.order_currency_id, euro)
        self.assertEqual(fact.amount_ordered, 1000)
        self.assertEqual(fact.amount_delivered, 1000)
        self.assertEqual(fact.amount_invoiced, 1000)

    def test_freight_cost_is_what_the_labels_cost(self):
        order = self.make_order()
        picking = self.ship(order)
        fact = self.fact(order)
        self.assertIs(fact.freight_cost, False, "not known, not zero")
        self.assertEqual(
            self.facts.search([("id", "=", fact.id), ("freight_cost", "=", 0)]).ids, []
        )
        picking.carrier_price = 8.0
        self.assertEqual(self.fact(order).freight_cost, 8, "Odoo's own price, without a label")
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "Parcel Post",
                "product_id": self.env["product.product"]
                .create({"name": "Parcel", "type": "service"})
                .id,
            }
        )
        label = {
            "picking_id": picking.id,
            "company_id": order.company_id.id,
            "carrier_id": carrier.id,
            "currency_id": order.company_id.currency_id.id,
        }
        self.env["shipping.label"].create(
            [
                {**label, "cost": 6.5, "state": "bought", "date_bought": "2026-03-03 09:00:00"},
                {**label, "cost": 9.0, "state": "voided"},
            ]
        )
        self.assertEqual(self.fact(order).freight_cost, 6.5)

    def test_averages_of_rates_leave_out_the_unknown(self):
        orders = self.make_order() + self.make_order() + self.make_order(confirm=False)
        self.ship(orders[0])
        self.ship(orders[1], moment="2026-03-09 10:00:00")
        facts = self.fact(orders)
        [[average, count]] = facts._read_group(
            [("id", "in", facts.ids)], aggregates=["on_time_rate:avg", "__count"]
        )
        self.assertEqual((average, count), (0.5, 3))
        unknown = facts.filtered(lambda fact: fact.on_time_rate is False)
        self.assertEqual(unknown.order_id, orders[2])
        self.assertEqual(
            self.facts.search([("id", "in", facts.ids), ("on_time_rate", "=", False)]), unknown
        )
        self.assertEqual(
            self.facts.search([("id", "in", facts.ids), ("on_time_rate", "=", 0.0)]).order_id,
            orders[1],
        )
        [[nothing]] = facts._read_group(
            [("id", "in", unknown.ids)], aggregates=["on_time_rate:avg"]
        )
        self.assertFalse(nothing and nothing is not None)

    def test_opening_the_order(self):
        order = self.make_order()
        action = self.fact(order).action_open_order()
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))

    def test_every_filter_of_the_search_view_works(self):
        view = self.env.ref("order_reporting.order_fact_view_search")
        domains = [node.get("domain") for node in etree.fromstring(view.arch).iter("filter")]
        domains = [safe_eval(domain) for domain in domains if domain]
        self.assertGreater(len(domains), 10)
        for domain in domains:
            self.facts.search(domain, limit=1)
        with self.at("2026-03-20 12:00:00"):
            facts = self.fact(self.make_order() + self.make_order(moment="2026-02-20 08:00:00"))
            [this_month] = [domain for domain in domains if domain[0][0] == "date_received"]
            self.assertEqual(
                self.facts.search([*this_month, ("id", "in", facts.ids)]).date_received,
                datetime(2026, 3, 2, 8),
            )

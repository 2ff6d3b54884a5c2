from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_promise import MONDAY, PromiseCommon

FIVE = {"hour": 17, "minute": 0}


@tagged("post_install", "-at_install")
class TestPromise(PromiseCommon):
    def _line(self, quantity=1, **vals):
        return self._typed((self.green, quantity), **vals).order_line

    def test_in_stock_leaves_today(self):
        self._stock(self.green, self.main, 10)
        line = self._line(4)
        self.assertEqual(line.availability_state, "enough")
        self.assertEqual(line.available_quantity, 10)
        self.assertEqual(line.earliest_ship_at, MONDAY.replace(**FIVE))
        self.assertEqual(line.order_id.earliest_deliver_at, MONDAY.replace(**FIVE))

    def test_incoming(self):
        self._stock(self.green, self.main, 3)
        self._receipt(self.green, 5, 2)
        line = self._line(4)
        self.assertEqual(line.availability_state, "incoming")
        self.assertEqual(line.earliest_ship_at, datetime(2026, 3, 4, 17))
        self.assertIn("incoming", line.availability_note)

    def test_short(self):
        self._stock(self.green, self.main, 3)
        line = self._line(4)
        self.assertEqual(line.availability_state, "short")
        self.assertFalse(line.earliest_ship_at)
        self.assertIn("only 3", line.availability_note)
        self.assertFalse(line.order_id.earliest_deliver_at)

    def test_lines_of_one_order_share_the_stock(self):
        self._stock(self.green, self.main, 5)
        order = self._typed((self.green, 4), (self.green, 2))
        first, second = order.order_line
        self.assertEqual([first.availability_state, second.availability_state], ["enough", "short"])
        self.assertEqual(second.available_quantity, 1)

    def test_in_the_lines_unit(self):
        self._stock(self.green, self.main, 30)
        line = self._line(2)
        line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(line.available_quantity, 2.5)
        line.product_uom_qty = 3
        self.assertEqual(line.availability_state, "short")

    def test_cutoff_capacity_and_transit(self):
        self._stock(self.green, self.main, 10)
        self.main.cutoff_hour = 8.5
        line = self._line()
        self.assertEqual(line.earliest_ship_at, datetime(2026, 3, 3, 17))
        self.main.transit_days = 4
        line.invalidate_recordset()
        self.assertEqual(line.earliest_deliver_at, datetime(2026, 3, 9, 17))
        carrier = self.env["delivery.carrier"].create(
            {"name": "Fast", "product_id": self.delivery_fee.id, "transit_days": 1}
        )
        line.order_id.carrier_id = carrier
        self.assertEqual(line.earliest_deliver_at, datetime(2026, 3, 4, 17))

    def test_a_holiday_is_no_day(self):
        self._stock(self.green, self.main, 10)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 3, 2),
                "date_to": datetime(2026, 3, 3, 23, 59, 59),
            }
        )
        self.assertEqual(self._line().earliest_ship_at, datetime(2026, 3, 4, 17))

    def test_a_full_day_is_promised_to_nobody_else(self):
        self._stock(self.green, self.main, 10)
        self.main.daily_orders = 2
        orders = self._typed((self.green, 1)) | self._typed((self.green, 1))
        orders |= self._typed((self.green, 1))
        orders.action_confirm()
        days = [line.promise_ship_at.date().day for line in orders.order_line]
        self.assertEqual(sorted(days), [2, 2, 3])
        self.assertEqual(self._line().earliest_ship_at, datetime(2026, 3, 3, 17))
        orders._update_forecasts()
        self.assertFalse(any(orders.mapped("is_at_risk")), "their places are their own")

    def test_lead_time_is_respected(self):
        self._stock(self.green, self.main, 10)
        line = self._line()
        line.customer_lead = 2
        self.assertEqual(line.earliest_ship_at, datetime(2026, 3, 4, 17))
        line.order_id.action_confirm()
        self.assertEqual(line.promise_ship_at, datetime(2026, 3, 4, 17))

    def test_channels_orders_are_promised_from_any_of_its_warehouses(self):
        order = self._order((self.green, 20), (self.black, 5))
        self.assertEqual(set(order.order_line.mapped("availability_state")), {"enough"})

    def test_as_you_type(self):
        self._stock(self.green, self.main, 3)
        order = self.env["sale.order"].new({"partner_id": self.partner.id})
        order.warehouse_id = self.main
        order.order_line += self.env["sale.order.line"].new(
            {"order_id": order.id, "product_id": self.green.id, "product_uom_qty": 3}
        )
        self.assertEqual(order.order_line.availability_state, "enough")
        order.order_line.product_uom_qty = 5
        self.assertEqual(order.order_line.availability_state, "short")

    def test_the_promise_is_kept_as_it_was(self):
        self._stock(self.green, self.main, 10)
        order = self._typed((self.green, 4))
        order.action_confirm()
        self.assertEqual(order.promised_at, MONDAY.replace(**FIVE))
        self.assertEqual(order.forecast_deliver_at, MONDAY.replace(**FIVE))
        self.assertFalse(order.is_at_risk)
        self.assertEqual(order.order_line.availability_state, "enough")
        self.assertFalse(order.copy().promised_at)

    def test_an_agreed_date_is_the_promise(self):
        self._stock(self.green, self.main, 10)
        agreed = datetime(2026, 3, 20, 12)
        order = self._typed((self.green, 4), commitment_date=agreed)
        order.action_confirm()
        self.assertEqual(order.promised_at, agreed)
        self.assertEqual(order.forecast_deliver_at, agreed, "not sooner than agreed")

    def test_risk_is_raised_before_it_is_late_and_ends(self):
        receipt = self._receipt(self.green, 5, 2)
        order = self._typed((self.green, 4), user_id=self.salesman.id)
        order.action_confirm()
        self.assertEqual(order.promised_at, datetime(2026, 3, 4, 17))
        receipt.date = MONDAY + timedelta(days=9)
        order._update_forecasts()
        self.assertTrue(order.is_at_risk)
        self.assertEqual(order.order_line.availability_state, "incoming")
        self.assertIn("GREEN", order.risk_note)
        self.assertEqual(order.activity_ids.user_id, self.salesman)
        self.assertIn("At risk", order.event_ids[-1].summary)
        events = len(order.event_ids)
        order._update_forecasts()
        self.assertEqual(len(order.event_ids), events, "told once")
        self.assertEqual(len(order.activity_ids), 1)
        self.assertIn(order, self.env["sale.order"].search([("is_at_risk", "=", True)]))
        self._stock(self.green, self.main, 10)
        order._update_forecasts()
        self.assertFalse(order.is_at_risk)
        self.assertFalse(order.activity_ids)

    def test_the_cron_watches_all_open_promises(self):
        receipt = self._receipt(self.green, 5, 2)
        order = self._typed((self.green, 4), user_id=self.salesman.id)
        safe = self._typed((self.red, 1))
        self._stock(self.red, self.main, 5)
        (order | safe).action_confirm()
        receipt.date = MONDAY + timedelta(days=9)
        cron = self.env.ref("order_processing.cron_watch_promises")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual([order.is_at_risk, safe.is_at_risk], [True, False])
        self.assertEqual(order.activity_ids.user_id, self.salesman)
        receipt.date = MONDAY + timedelta(days=1)
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertFalse(order.is_at_risk)
        self.assertFalse(order.activity_ids)

    def test_a_routed_quotation_is_promised_from_its_warehouse(self):
        """Routing chose the west, whose goods arrive later: the promise says so."""
        self._stock(self.green, self.west, 10)
        self.west.transit_days = 6
        order = self._order((self.green, 4))
        line = order.order_line
        self.assertEqual(line.earliest_deliver_at.date().day, 2)
        order.action_route()
        line.allocation_ids.with_user(self.desk).warehouse_id = self.west
        self.assertEqual(line.earliest_deliver_at.date().day, 10)
        order.action_confirm()
        self.assertEqual(line.promise_deliver_at.date().day, 10)

    def test_nothing_covers_it(self):
        order = self._typed((self.green, 4), commitment_date=datetime(2026, 3, 20, 12))
        order.action_confirm()
        self.assertTrue(order.is_at_risk)
        self.assertIn("nothing in stock or incoming", order.risk_note)

    def test_the_promised_day_has_passed(self):
        self._stock(self.green, self.main, 10)
        order = self._typed((self.green, 4))
        order.action_confirm()
        with freeze_time(MONDAY + timedelta(days=1)):
            order._update_forecasts()
            self.assertTrue(order.is_at_risk)
            self._ship(order.picking_ids)
            self.assertFalse(order.is_at_risk, "delivered")
            self.assertFalse(order.forecast_deliver_at)

    def test_cancelled_orders_are_not_late(self):
        order = self._typed((self.green, 4), commitment_date=datetime(2026, 3, 20, 12))
        order.action_confirm()
        order._action_cancel()
        self.assertFalse(order.is_at_risk)

    def test_the_first_to_leave_is_served_first(self):
        self._stock(self.green, self.main, 5)
        self.main.out_type_id.reservation_method = "manual"
        late = self._typed((self.green, 4), commitment_date=datetime(2026, 3, 20, 12))
        late.action_confirm()
        soon = self._typed((self.green, 4), commitment_date=datetime(2026, 3, 5, 12))
        soon.action_confirm()
        (late | soon)._update_forecasts()
        self.assertEqual([late.is_at_risk, soon.is_at_risk], [True, False])

    def test_split_over_two_warehouses(self):
        order = self._order((self.green, 20), (self.black, 5), channel=self.channel)
        order.action_confirm()
        self.assertEqual(set(order.order_line.mapped("promise_ship_at")), {MONDAY.replace(**FIVE)})

    def test_queries_do_not_grow(self):
        self._stock(self.green, self.main, 1000)
        counts = []
        for count in (3, 12):
            orders = self.env["sale.order"]
            for _number in range(count):
                orders |= self._typed((self.green, 1), (self.red, 1))
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            orders.order_line.mapped("availability_state")
            typed = self.env.cr.sql_log_count - start
            orders.action_confirm()
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            orders._update_forecasts()
            self.env.flush_all()
            counts.append((typed, self.env.cr.sql_log_count - start))
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1][0], 40)
        self.assertLessEqual(counts[1][1], 40)

    def test_readable_by_sellers_and_customers_do_not_fail(self):
        self._stock(self.green, self.main, 10)
        order = self._typed((self.green, 1), user_id=self.salesman.id)
        line = order.order_line.with_user(self.salesman)
        self.assertEqual(line.availability_state, "enough")

    def test_nobody_edits_promises(self):
        order = self._typed((self.green, 1), user_id=self.salesman.id).with_user(self.manager)
        for record, name in ((order, "promised_at"), (order.order_line, "promise_ship_at")):
            with self.assertRaises(AccessError):
                record.write({name: MONDAY})
        portal = new_test_user(self.env, "promise_portal", "base.group_portal")
        order.sudo().message_subscribe(portal.partner_id.ids)
        with self.assertRaises(AccessError):
            order.order_line.with_user(portal).read(["available_quantity"])

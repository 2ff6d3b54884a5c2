from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..engine import forecast
from .common import ReportingCommon

WEEK = (12, 10, 9, 9, 10, 4, 2)


@tagged("post_install", "-at_install")
class TestForecast(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Forecast"})
        cls.today = fields.Date.context_today(cls.env.user)

    def sell(self, weeks):
        """Facts of a steady week, written by SQL: only their days matter."""
        order = self.make_order(confirm=False)
        self.fact(order)
        self.env.cr.execute("SELECT * FROM order_fact WHERE order_id = %s", [order.id])
        orders = self.env["sale.order"].create(
            [{"partner_id": self.partner.id}] * sum(WEEK) * weeks
        )
        self.env.flush_all()
        days = [
            self.today - timedelta(days=back)
            for back in range(1, 7 * weeks + 1)
            for _order in range(WEEK[(self.today - timedelta(days=back)).weekday()])
        ]
        self.env.cr.execute(
            "INSERT INTO order_fact (order_id, company_id, state, date_received)"
            " SELECT given.id, %s, 'sale', given.day + interval '12 hours'"
            "   FROM unnest(%s, %s::date[]) AS given (id, day)"
            " ON CONFLICT (order_id) DO NOTHING",
            [self.company.id, orders.ids, days],
        )
        self.env.invalidate_all()

    def test_orders_per_day_are_expected_with_intervals_and_tried_on_the_past(self):
        self.sell(12)
        self.env["order.forecast"]._forecast(self.company)
        rows = self.env["order.forecast"].search(
            [("company_id", "=", self.company.id), ("kind", "=", "orders")], order="date"
        )
        future = rows.filtered(lambda row: row.date >= self.today)
        self.assertEqual(len(future), 14)
        self.assertFalse(future.filtered(lambda row: row.actual is not False))
        for row in future:
            self.assertAlmostEqual(row.expected, WEEK[row.date.weekday()], delta=1.5)
            self.assertLessEqual(row.low, row.expected)
            self.assertGreaterEqual(row.high, row.expected)
        trial = rows - future
        self.assertEqual(len(trial), 42)
        self.assertTrue(all(trial.mapped("is_trial")))
        for row in trial:
            self.assertEqual(row.actual, WEEK[row.date.weekday()])
            self.assertAlmostEqual(row.absolute_error, abs(row.actual - row.expected))
        # The week repeats exactly: nothing beats the naive forecast, and that is what is said.
        self.assertEqual(set(rows.mapped("method")), {"naive"})
        self.assertEqual(future[0].naive_error, 0.0)

    def test_what_was_expected_stays_when_the_day_is_over(self):
        self.sell(8)
        forecasts = self.env["order.forecast"]
        forecasts._forecast(self.company)
        tomorrow = self.today + timedelta(days=1)
        row = forecasts.search([("company_id", "=", self.company.id), ("date", "=", tomorrow)])
        expected = row.expected
        with patch.object(
            fields.Date, "context_today", lambda *_args: self.today + timedelta(days=2)
        ):
            forecasts._forecast(self.company)
        row.invalidate_recordset()
        self.assertEqual(row.expected, expected)
        self.assertEqual(row.actual, 0.0)
        self.assertEqual(row.absolute_error, expected)
        self.assertFalse(row.is_trial)

    def test_forecasting_twice_doubles_nothing(self):
        self.sell(8)
        forecasts = self.env["order.forecast"]
        forecasts._forecast(self.company)
        count = forecasts.search_count([])
        forecasts._forecast(self.company)
        self.assertEqual(forecasts.search_count([]), count)

    def test_without_the_library_it_says_what_to_do(self):
        with patch.object(forecast, "available", lambda: False):
            with self.assertRaisesRegex(UserError, "statsmodels"):
                self.env["order.forecast"].action_forecast()
            self.env["order.forecast"]._cron_forecast()

    def give(self, kind, day, expected, **vals):
        """One forecast, written as the night does."""
        base = {
            "kind": kind,
            "company_id": self.company.id,
            "product_id": None,
            "warehouse_id": None,
            "date": day,
            "expected": expected,
            "low": expected / 2,
            "high": expected * 2,
            "actual": None,
            "absolute_error": None,
            "method": "ets",
            "error": 0.1,
            "naive_error": 0.2,
            "capacity": None,
            "load_rate": None,
            "is_trial": False,
        }
        self.env["order.forecast"]._store([{**base, **vals}])

    def test_orders_to_pick_against_what_the_warehouse_can(self):
        self.sell(8)
        self.env.cr.execute(
            "UPDATE order_fact SET date_released = date_received, goods_line_count = 1,"
            " warehouse_id = %s, amount_total = 100 WHERE company_id = %s",
            [self.warehouse.id, self.company.id],
        )
        self.warehouse.daily_orders = 6
        self.env.flush_all()
        self.env["order.forecast"]._forecast(self.company)
        rows = self.env["order.forecast"].search(
            [
                ("company_id", "=", self.company.id),
                ("kind", "=", "picks"),
                ("date", ">=", self.today),
            ]
        )
        self.assertEqual(len(rows), 14)
        for row in rows:
            self.assertEqual(row.capacity, 6)
            self.assertAlmostEqual(row.load_rate, row.expected / 6)
        board = (
            self.env["order.cockpit"]
            .with_context(allowed_company_ids=self.company.ids)
            .get_board(False, self.warehouse.id)
        )
        over = rows.filtered(lambda row: row.expected > 6).sorted("date")
        self.assertTrue(over)
        self.assertEqual([load["id"] for load in board["loads"]], over.ids[:12])
        self.assertEqual(board["loads"][0]["capacity"], 6)

    def test_a_warehouse_without_a_limit_has_no_load(self):
        self.give("picks", self.today, 10, warehouse_id=self.warehouse.id)
        [row] = self.env["order.forecast"].search([("kind", "=", "picks"), ("expected", "=", 10)])
        self.assertIs(row.load_rate, False)

    def test_sales_by_week_go_into_the_cash_forecast_beside_what_is_expected(self):
        forecasts = self.env["order.treasury.forecast"]
        today = fields.Date.to_date("2026-03-04")
        self.give("sales", fields.Date.to_date("2026-03-09"), 700.0)
        self.give("sales", fields.Date.to_date("2026-03-02"), 500.0)
        self.assertEqual(forecasts._gather_expected_sales(self.company, today), [])
        order = self.make_order(confirm=False)
        self.fact(order)
        self.env.cr.execute(
            "UPDATE order_fact SET company_id = %s, date_paid = '2026-02-20',"
            " hours_order_to_cash = 240 WHERE order_id = %s",
            [self.company.id, order.id],
        )
        found = forecasts._gather_expected_sales(self.company, today)
        # Ordered in the middle of the week of the 9th, paid ten days later.
        self.assertEqual(found, [(fields.Date.to_date("2026-03-22"), 700.0)])
        with freeze_time("2026-03-04 12:00:00"):
            forecasts._take(self.company)
        taken = forecasts.search([("company_id", "=", self.company.id)])
        sales = {week.week: week.sales for week in taken.week_ids if week.sales}
        self.assertEqual(sales, {fields.Date.to_date("2026-03-16"): 700.0})
        self.assertEqual(taken.expected, 0.0)
        self.assertEqual(taken.week_ids[-1].balance, taken.bank_balance)

    def test_demand_goes_into_the_suggestions_of_reorder_rules(self):
        suggestions = self.env["replenishment.suggestion"]
        monday = self.today - timedelta(days=self.today.weekday())
        place = {"product_id": self.product.id, "warehouse_id": self.warehouse.id}
        for weeks, expected in ((0, 20.0), (1, 30.0)):
            day = monday + timedelta(weeks=weeks)
            self.give("demand", day, expected, company_id=self.env.company.id, **place)
        place["product_id"] = self.other.id
        self.give("demand", monday, 99.0, company_id=self.env.company.id, method="naive", **place)
        found = suggestions._get_expected_demand(self.env.company, self.warehouse)
        self.assertEqual(found[self.product.id, self.warehouse.id], 25.0)
        self.assertNotIn((self.other.id, self.warehouse.id), found)
        for weeks in range(1, 9):
            order = self.make_order(
                moment=fields.Datetime.to_string(fields.Datetime.now() - timedelta(weeks=weeks)),
                lines=((self.product, 10),),
            )
            self.ship(order)
            order.picking_ids.move_ids.date = fields.Datetime.now() - timedelta(days=7 * weeks - 3)
        self.env.flush_all()
        rows = suggestions._suggest_reorders(self.warehouse)
        [row] = [row for row in rows if row["product_id"] == self.product.id]
        self.assertAlmostEqual(row["daily"], 25.0 / 7)
        self.assertIn("By the forecast", row["reason"])
        self.assertFalse(row["orderpoint_id"], "nothing is written until somebody applies it")

    def test_the_month_with_its_rest(self):
        cockpit = self.env["order.cockpit"].with_context(allowed_company_ids=self.company.ids)
        cockpit = cockpit.with_company(self.company)
        self.assertFalse(cockpit._read_projection())
        monday = fields.Date.to_date("2026-03-23")
        self.give("sales", monday, 70.0)
        self.give("sales", monday + timedelta(weeks=1), 140.0)
        order = self.make_order(confirm=False)
        self.fact(order)
        self.env.cr.execute(
            "UPDATE order_fact SET company_id = %s, state = 'sale', amount_total = 1000,"
            " date_received = '2026-03-10 12:00:00' WHERE order_id = %s",
            [self.company.id, order.id],
        )
        with freeze_time("2026-03-25 12:00:00"):
            found = cockpit._read_projection()
        # Four days are left of this week, two of the month in the next one.
        self.assertEqual(found["so_far"], 1000.0)
        self.assertAlmostEqual(found["expected"], 1000 + 70 * 4 / 7 + 140 * 2 / 7)
        self.assertAlmostEqual(found["low"], 1000 + (70 * 4 / 7 + 140 * 2 / 7) / 2)
        salesman = new_test_user(
            self.env,
            "own",
            groups="order_reporting.group_reporting_user,sales_team.group_sale_salesman",
        )
        self.assertFalse(cockpit.with_user(salesman)._read_projection())

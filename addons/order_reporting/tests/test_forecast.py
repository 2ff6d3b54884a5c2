from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

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

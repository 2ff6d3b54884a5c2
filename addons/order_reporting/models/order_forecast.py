import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import forecast
from ..nullable import NullableFloat

_logger = logging.getLogger(__name__)

DAYS_BACK, DAYS_AHEAD = 365, 14
WEEKS_BACK, WEEKS_AHEAD = 52, 4
#: As far as the cash forecast looks.
SALES_WEEKS_AHEAD = 13
#: Products by warehouse that are forecast: those most ordered.
MOST_SERIES = 60


class OrderForecast(models.Model):
    """What is expected on a day (orders) or in a week (a product at a warehouse), and what came.

    Rows of the past keep what was expected; the actual figure is filled in when the time is over.
    """

    _name = "order.forecast"
    _description = "Order Forecast"
    _order = "date desc, id desc"
    _rec_name = "date"
    _log_access = False

    kind = fields.Selection(
        [
            ("orders", "Orders per day"),
            ("demand", "Units per week"),
            ("picks", "Orders to pick per day"),
            ("sales", "Sales per week"),
        ],
        required=True,
        readonly=True,
        help="Orders received; units ordered of a product at a warehouse; orders released to a"
        " warehouse; amounts ordered, with tax, in company currency.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, ondelete="cascade")
    date = fields.Date(
        required=True, readonly=True, index=True, help="The day, or the Monday of the week."
    )
    expected = NullableFloat(readonly=True, aggregator="sum")
    low = NullableFloat(
        readonly=True, aggregator="sum", help="Nine of ten times it is between low and high."
    )
    high = NullableFloat(readonly=True, aggregator="sum")
    actual = NullableFloat(readonly=True, aggregator="sum", help="Empty until its time is over.")
    absolute_error = NullableFloat(
        string="Difference", readonly=True, aggregator="sum", help="Without its sign."
    )
    method = fields.Selection(
        [("ets", "Exponential smoothing"), ("naive", "Same as the season before")], readonly=True
    )
    error = NullableFloat(
        string="Error of the Model",
        readonly=True,
        aggregator="avg",
        help="Difference over the orders, of the weeks it was tried on; 0.2 is 20 %.",
    )
    naive_error = NullableFloat(
        string="Error without Model",
        readonly=True,
        aggregator="avg",
        help="The same when each period is expected to be as one season before. Where this is"
        " smaller, it is what is used.",
    )
    capacity = NullableFloat(
        readonly=True,
        aggregator="sum",
        help="Orders a day that the warehouse can pick, as set on it; empty: no limit is set.",
    )
    load_rate = NullableFloat(
        string="Capacity Used", readonly=True, aggregator="avg", help="Expected over capacity."
    )
    is_trial = fields.Boolean(
        string="Trial", readonly=True, help="Made afterwards, from what was known before."
    )

    _series_uniq = models.UniqueIndex(
        "(kind, company_id, COALESCE(product_id, 0), COALESCE(warehouse_id, 0), date)",
        "There is one forecast for each day or week.",
    )

    # === ACTION === #

    def action_forecast(self):
        """Forecast anew, now.

        :raise AccessError: the user may not read forecasts
        :raise UserError: the library isn't installed
        """
        self.check_access("read")
        if not forecast.available():
            raise UserError(
                self.env._(
                    "Forecasts need the Python library statsmodels. Ask your administrator to"
                    " install it (pip install statsmodels) and to restart Odoo."
                )
            )
        # sudo: derived rows; whoever may read them may ask for them to be right.
        self.env["order.forecast"].sudo()._forecast(self.env.company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # === BUSINESS === #

    @api.model
    def _cron_forecast(self):
        """Forecast for every company; says so in the log when the library is missing."""
        if not forecast.available():
            _logger.info("No forecasts: the Python library statsmodels isn't installed.")
            return
        companies = self.env["res.company"].search([("active", "=", True)])
        for number, company in enumerate(companies, 1):
            self._forecast(company)
            self.env["ir.cron"]._commit_progress(1, remaining=len(companies) - number)

    def _forecast(self, company):
        """Write the forecasts of ``company`` and the actual figures of those that are over."""
        rows = [
            *self._forecast_orders(company),
            *self._forecast_demand(company),
            *self._forecast_picks(company),
            *self._forecast_sales(company),
        ]
        self._store(rows)

    def _forecast_orders(self, company):
        today = fields.Date.context_today(self)
        first = today - timedelta(days=DAYS_BACK)
        counts = dict(self._count_orders(company, first, today))
        if not counts:
            return []
        start = min(counts)
        days = [start + timedelta(days=n) for n in range((today - start).days)]
        result = forecast.predict([float(counts.get(d, 0)) for d in days], 7, DAYS_AHEAD)
        key = {"kind": "orders", "company_id": company.id, "product_id": None, "warehouse_id": None}
        dates = [*days, *(today + timedelta(days=n) for n in range(DAYS_AHEAD))]
        return self._prepare_rows(key, dates, counts, result, len(days))

    def _forecast_demand(self, company):
        today = fields.Date.context_today(self)
        monday = today - timedelta(days=today.weekday())
        first = monday - timedelta(weeks=WEEKS_BACK)
        series = defaultdict(dict)
        for product_id, warehouse_id, week, units in self._count_units(company, first, monday):
            series[product_id, warehouse_id][week] = units
        rows = []
        ranked = sorted(series.items(), key=lambda item: -sum(item[1].values()))
        for (product_id, warehouse_id), units in ranked[:MOST_SERIES]:
            start = min(units)
            weeks = [start + timedelta(weeks=n) for n in range((monday - start).days // 7)]
            result = forecast.predict([float(units.get(w, 0)) for w in weeks], 1, WEEKS_AHEAD)
            key = {
                "kind": "demand",
                "company_id": company.id,
                "product_id": product_id,
                "warehouse_id": warehouse_id,
            }
            dates = [*weeks, *(monday + timedelta(weeks=n) for n in range(WEEKS_AHEAD))]
            rows += self._prepare_rows(key, dates, units, result, len(weeks))
        return rows

    def _forecast_picks(self, company):
        """Orders released to each warehouse a day, against what it can pick."""
        today = fields.Date.context_today(self)
        series = defaultdict(dict)
        first = today - timedelta(days=DAYS_BACK)
        for warehouse_id, day, count in self._count_picks(company, first, today):
            series[warehouse_id][day] = count
        warehouses = self.env["stock.warehouse"].browse(series)
        rows = []
        for warehouse in warehouses:
            counts = series[warehouse.id]
            start = min(counts)
            days = [start + timedelta(days=n) for n in range((today - start).days)]
            result = forecast.predict([float(counts.get(d, 0)) for d in days], 7, DAYS_AHEAD)
            key = {
                "kind": "picks",
                "company_id": company.id,
                "product_id": None,
                "warehouse_id": warehouse.id,
            }
            dates = [*days, *(today + timedelta(days=n) for n in range(DAYS_AHEAD))]
            rows += self._prepare_rows(
                key, dates, counts, result, len(days), warehouse.daily_orders or None
            )
        return rows

    def _forecast_sales(self, company):
        """Amounts ordered in a week, with tax."""
        today = fields.Date.context_today(self)
        monday = today - timedelta(days=today.weekday())
        sales = {
            week: float(amount)
            for week, amount in self._count_sales(
                company, monday - timedelta(weeks=WEEKS_BACK), monday
            )
        }
        if not any(sales.values()):
            return []
        start = min(sales)
        weeks = [start + timedelta(weeks=n) for n in range((monday - start).days // 7)]
        result = forecast.predict([sales.get(w, 0.0) for w in weeks], 1, SALES_WEEKS_AHEAD)
        key = {"kind": "sales", "company_id": company.id, "product_id": None, "warehouse_id": None}
        dates = [*weeks, *(monday + timedelta(weeks=n) for n in range(SALES_WEEKS_AHEAD))]
        return self._prepare_rows(key, dates, sales, result, len(weeks))

    def _prepare_rows(self, key, dates, actuals, result, known, capacity=None):
        """Rows of one series: the trial's past, then what is expected."""
        if result is None:
            return []
        points = {**result.past, **{known + n: point for n, point in enumerate(result.points)}}
        rows = []
        for place, point in points.items():
            actual = float(actuals.get(dates[place], 0)) if place < known else None
            rows.append(
                {
                    **key,
                    "date": dates[place],
                    "expected": point.value,
                    "low": point.low,
                    "high": point.high,
                    "actual": actual,
                    "absolute_error": None if actual is None else abs(actual - point.value),
                    "method": result.method,
                    "error": result.error,
                    "naive_error": result.naive_error,
                    "capacity": capacity,
                    "load_rate": point.value / capacity if capacity else None,
                    "is_trial": place < known,
                }
            )
        return rows

    def _count_orders(self, company, first, until):
        """(day, orders received) in the user's time zone, cancelled ones left out."""
        return self.env.execute_query(
            SQL(
                """
                SELECT (date_received AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day, COUNT(*)
                  FROM order_fact
                 WHERE company_id = %(company)s AND state != 'cancel'
                   AND date_received >= %(first)s
                   AND (date_received AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date < %(until)s
                 GROUP BY 1
                """,
                tz=self.env.user.tz or "UTC",
                company=company.id,
                first=first,
                until=until,
            )
        )

    def _count_units(self, company, first, until):
        """(product, warehouse, Monday, units ordered) of goods released."""
        return self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id,
                       date_trunc(
                           'week', date_received AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s
                       )::date AS week,
                       SUM(units_ordered)
                  FROM order_line_fact
                 WHERE company_id = %(company)s AND state = 'sale' AND is_goods
                   AND warehouse_id IS NOT NULL
                   AND date_received >= %(first)s
                   AND (date_received AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date < %(until)s
                 GROUP BY 1, 2, 3
                """,
                tz=self.env.user.tz or "UTC",
                company=company.id,
                first=first,
                until=until,
            )
        )

    def _count_picks(self, company, first, until):
        """(warehouse, day, orders with goods released to it) in the user's time zone."""
        return self.env.execute_query(
            SQL(
                """
                SELECT warehouse_id,
                       (date_released AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                       COUNT(*)
                  FROM order_fact
                 WHERE company_id = %(company)s AND state = 'sale' AND goods_line_count > 0
                   AND warehouse_id IS NOT NULL AND date_released >= %(first)s
                   AND (date_released AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date < %(until)s
                 GROUP BY 1, 2 ORDER BY 1, 2
                """,
                tz=self.env.user.tz or "UTC",
                company=company.id,
                first=first,
                until=until,
            )
        )

    def _count_sales(self, company, first, until):
        """(Monday, amount ordered with tax) in the user's time zone, in company currency."""
        return self.env.execute_query(
            SQL(
                """
                SELECT date_trunc(
                           'week', date_received AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s
                       )::date AS week,
                       COALESCE(SUM(amount_total), 0)
                  FROM order_fact
                 WHERE company_id = %(company)s AND state = 'sale'
                   AND date_received >= %(first)s
                   AND (date_received AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date < %(until)s
                 GROUP BY 1
                """,
                tz=self.env.user.tz or "UTC",
                company=company.id,
                first=first,
                until=until,
            )
        )

    def _store(self, rows):
        """Upsert: what was expected of a day that is over stays, unless it was a trial."""
        if not rows:
            return
        names = list(rows[0])
        values = SQL(", ").join(SQL("%s", tuple(row[name] for name in names)) for row in rows)
        keep = (
            *("expected", "low", "high", "method", "error", "naive_error", "is_trial"),
            *("capacity", "load_rate"),
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO order_forecast AS old (%(names)s) VALUES %(values)s
                ON CONFLICT (kind, company_id, COALESCE(product_id, 0), COALESCE(warehouse_id, 0),
                             date)
                DO UPDATE SET actual = EXCLUDED.actual, %(updates)s,
                       absolute_error = CASE WHEN old.is_trial OR EXCLUDED.actual IS NULL
                           THEN EXCLUDED.absolute_error
                           ELSE ABS(EXCLUDED.actual - old.expected) END
                """,
                names=SQL(", ").join(map(SQL.identifier, names)),
                values=values,
                updates=SQL(", ").join(
                    SQL(
                        "%(name)s = CASE WHEN old.is_trial OR EXCLUDED.actual IS NULL"
                        " THEN EXCLUDED.%(name)s ELSE old.%(name)s END",
                        name=SQL.identifier(name),
                    )
                    for name in keep
                ),
            )
        )
        self.invalidate_model()

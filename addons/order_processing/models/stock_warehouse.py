from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..engine import promise
from .order_allocation import OPEN_MOVES

#: How many days ahead a warehouse's working days are looked up.
HORIZON = 180


class StockWarehouse(models.Model):
    """When a warehouse ships, and how much it keeps back."""

    _inherit = "stock.warehouse"

    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        help="When orders are picked and leave, and on which days they don't. Empty: the company's"
        " working hours.",
    )
    cutoff_hour = fields.Float(
        string="Cut-Off Time",
        help="Orders until then leave the same day, in the time zone of the working hours. 0:"
        " until work ends.",
    )
    daily_orders = fields.Integer(
        string="Orders a Day",
        help="As many orders can be picked in a day; what is more is promised for the next. 0: no"
        " limit.",
    )
    transit_days = fields.Integer(
        string="Days to the Customer",
        help="Working days from leaving here to arriving there, where the delivery method doesn't"
        " say how many.",
    )
    safety_stock = fields.Float(
        digits="Product Unit",
        help="Of each product so much is never promised, in the product's unit, unless the product"
        " has a safety stock of its own.",
    )

    _planning_not_negative = models.Constraint(
        "CHECK (daily_orders >= 0 AND transit_days >= 0 AND safety_stock >= 0)",
        "Orders a day, days to the customer and safety stock can't be below zero.",
    )

    @api.constrains("cutoff_hour")
    def _check_cutoff_hour(self):
        if any(not 0 <= warehouse.cutoff_hour < 24 for warehouse in self):
            raise ValidationError(self.env._("A cut-off time is between 00:00 and 23:59."))

    # === BUSINESS === #

    def _get_shipping_tz(self):
        """Name of the time zone this warehouse's days and cut-off are told in."""
        self.ensure_one()
        # sudo: hours are read by whoever sells from here.
        warehouse = self.sudo()
        calendar = warehouse.resource_calendar_id or warehouse.company_id.resource_calendar_id
        return calendar.tz or warehouse.partner_id.tz or "UTC"

    def _get_workdays(self, now, limited=True, horizon=HORIZON):
        """The days these warehouses ship on, from today: dict warehouse → ``promise.Workday``.

        Days count as full by what confirmed orders were promised for them.

        :param datetime now: naive, UTC
        :param bool limited: whether the number of orders a day counts
        """
        days, used = {}, self._get_planned_orders(now) if limited else {}
        intervals = {}
        for warehouse in self:
            # sudo: see _get_shipping_tz
            calendar = (
                warehouse.sudo().resource_calendar_id
                or warehouse.sudo().company_id.resource_calendar_id
            )
            zone = pytz.timezone(warehouse._get_shipping_tz())
            if calendar not in intervals:
                intervals[calendar] = self._get_work_intervals(calendar, zone, now, horizon)
            days[warehouse] = promise.workdays(
                intervals[calendar],
                zone.zone,
                cutoff=warehouse.cutoff_hour or None,
                capacity=limited and warehouse.daily_orders or None,
                used=used.get(warehouse.id),
            )
        return days

    @api.model
    def _get_work_intervals(self, calendar, zone, now, horizon):
        """Working time as pairs of naive UTC moments; each day round the clock without calendar."""
        start = pytz.utc.localize(now).astimezone(zone)
        first = zone.localize(datetime.combine(start.date(), time()))
        if not calendar:
            return [
                (
                    self._to_utc(first + timedelta(days=number)),
                    self._to_utc(first + timedelta(days=number + 1, seconds=-1)),
                )
                for number in range(horizon)
            ]
        found = calendar._work_intervals_batch(first, first + timedelta(days=horizon))
        return [(self._to_utc(start), self._to_utc(stop)) for start, stop, _meta in found[False]]

    @staticmethod
    def _to_utc(moment):
        return moment.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_planned_orders(self, now):
        """Orders promised for each day: dict warehouse id → {date: count}; only where it counts."""
        limited = self.filtered("daily_orders")
        if not limited:
            return {}
        moves = self.env["stock.move"]
        moves.flush_model()
        self.env["sale.order.line"].flush_model(["promise_ship_at", "order_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT source.warehouse_id, line.promise_ship_at, line.order_id
                  FROM sale_order_line line
                  JOIN stock_move move ON move.sale_line_id = line.id
                  JOIN stock_location source ON source.id = move.location_id
                 WHERE source.warehouse_id IN %(warehouses)s
                   AND move.state IN %(states)s
                   AND line.promise_ship_at >= %(since)s
                """,
                warehouses=tuple(limited.ids),
                states=OPEN_MOVES,
                since=now - timedelta(days=1),
            )
        )
        zones = {each.id: pytz.timezone(each._get_shipping_tz()) for each in limited}
        planned = {}
        for warehouse, moment, order in rows:
            day = pytz.utc.localize(moment).astimezone(zones[warehouse]).date()
            planned.setdefault(warehouse, {}).setdefault(day, set()).add(order)
        return {
            warehouse: {day: len(orders) for day, orders in days.items()}
            for warehouse, days in planned.items()
        }

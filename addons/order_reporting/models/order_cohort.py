from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..engine import cohort

MONTHS = 12
#: kind → (what puts an order into a cohort, what happened later, whether months add up)
KINDS = {
    "customers": ("date_received", "date_received", False),
    "returns": ("date_first_shipped", "date_returned", True),
}


class OrderCohort(models.AbstractModel):
    """What became of customers and of shipments, by the month in which they began.

    Community has no cohort view; this is its table, on the facts a user may see.
    """

    _name = "order.cohort"
    _description = "Cohorts of Orders"

    @api.model
    def get_cohorts(self, kind="customers", channel_id=False, warehouse_id=False):
        """The cohorts of the last twelve months.

        :param str kind: ``customers`` (by the month of their first order: who ordered again) or
            ``returns`` (by the month orders were shipped: of which something came back so far)
        :return: dict with ``rows``, ``means`` and the choices of filters
        :raise UserError: there is no such kind
        """
        sizes, counts = self._read(kind, channel_id, warehouse_id)
        today = fields.Date.context_today(self)
        rows = cohort.triangle(sizes, counts, today, KINDS[kind][2])
        return {
            "rows": [
                {
                    "month": fields.Date.to_string(row.month),
                    "label": format_date(self.env, row.month, date_format="MMM yyyy"),
                    "size": row.size,
                    "cells": [{"count": cell.count, "share": cell.share} for cell in row.cells],
                }
                for row in rows
            ],
            "means": cohort.means(rows),
            "channels": self.env["order.cockpit"]._choices("order.channel"),
            "warehouses": self.env["order.cockpit"]._choices("stock.warehouse"),
        }

    @api.model
    def action_open_cell(self, kind, month, offset, channel_id=False, warehouse_id=False):
        """Open the orders behind one cell: those of a cohort's month so many months later.

        :param str month: first day of the cohort's month
        :param int offset: months since; -1 opens the whole cohort
        """
        domain = self._get_domain(channel_id, warehouse_id)
        start, event, is_cumulative = KINDS[self._check_kind(kind)]
        month = fields.Date.to_date(month)
        if kind == "customers":
            members = self._read_members(domain, month)
            domain &= Domain("partner_id", "in", members)
        else:
            domain &= self._within(start, month, month)
        if offset >= 0:
            last = cohort.month_after(month, int(offset))
            domain &= self._within(event, month if is_cumulative else last, last)
        action = self.env["ir.actions.act_window"]._for_xml_id("order_reporting.order_fact_action")
        return {
            **action,
            "domain": list(domain),
            "context": {"create": False},
            "views": [(False, view) for view in ("list", "pivot", "graph", "form")],
        }

    # === TOOLING === #

    def _check_kind(self, kind):
        if kind not in KINDS:
            raise UserError(self.env._("There are no cohorts of this kind: %s", kind))
        return kind

    def _get_domain(self, channel_id, warehouse_id):
        self.env["order.fact"].check_access("read")
        domain = Domain("state", "=", "sale")
        if channel_id:
            domain &= Domain("channel_id", "=", channel_id)
        if warehouse_id:
            domain &= Domain("warehouse_id", "=", warehouse_id)
        return domain

    def _zone(self):
        return pytz.timezone(self.env.user.tz or "UTC")

    def _within(self, name, first, last):
        """From the first day of a month to the end of another one, in the user's time zone."""

        def moment(day):
            local = self._zone().localize(datetime.combine(day, time()))
            return local.astimezone(pytz.utc).replace(tzinfo=None)

        end = moment(cohort.month_after(last, 1))
        return Domain(name, ">=", moment(first)) & Domain(name, "<", end)

    def _month(self, name):
        """SQL: the first day of the month of a column, in the user's time zone."""
        return SQL(
            "date_trunc('month', fact.%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
            SQL.identifier(name),
            self._zone().zone,
        )

    def _visible(self, domain):
        facts = self.env["order.fact"]
        facts.flush_model()
        return facts._search(domain).subselect("id")

    def _read(self, kind, channel_id, warehouse_id):
        """Sizes of cohorts, and members by cohort and months since, in one query."""
        domain = self._get_domain(channel_id, warehouse_id)
        start, event, _cumulative = KINDS[self._check_kind(kind)]
        first = cohort.month_after(fields.Date.context_today(self).replace(day=1), 1 - MONTHS)
        # A customer is counted once a month; an order is an order.
        member = SQL.identifier("partner_id" if kind == "customers" else "id")
        rows = self.env.execute_query(
            SQL(
                """
                WITH seen AS (
                    SELECT fact.%(member)s AS member, %(start)s AS began, %(event)s AS later
                      FROM order_fact fact
                     WHERE fact.id IN %(visible)s
                ), cohort AS (
                    SELECT member, MIN(began) AS month FROM seen GROUP BY member
                )
                SELECT cohort.month, seen.later, COUNT(DISTINCT seen.member)
                  FROM seen JOIN cohort USING (member)
                 WHERE cohort.month >= %(first)s
                 GROUP BY GROUPING SETS ((cohort.month, seen.later), (cohort.month))
                HAVING seen.later IS NOT NULL OR GROUPING(seen.later) = 1
                """,
                member=member,
                start=self._month(start),
                event=self._month(event),
                visible=self._visible(domain),
                first=first,
            )
        )
        sizes = {month: count for month, later, count in rows if later is None}
        counts = {
            (month, cohort.months_between(month, later)): count
            for month, later, count in rows
            if later is not None
        }
        return sizes, counts

    def _read_members(self, domain, month):
        """Customers whose first order came in a month."""
        return [
            partner
            for (partner,) in self.env.execute_query(
                SQL(
                    """
                    SELECT fact.partner_id FROM order_fact fact WHERE fact.id IN %s
                     GROUP BY fact.partner_id HAVING MIN(%s) = %s
                    """,
                    self._visible(domain),
                    self._month("date_received"),
                    month,
                )
            )
        ]

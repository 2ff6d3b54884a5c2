from collections import defaultdict
from datetime import date, datetime

import pytz

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import measures


class OrderKpi(models.Model):
    _inherit = "order.kpi"

    def _read_periods(self, periods):
        """Read these KPIs over [start, end) and [previous start, start).

        :param periods: three UTC moments: previous start, start, end
        :return: dict of KPI → Reading
        """
        previous_start, start, end = periods
        by_model = defaultdict(set)
        for kpi in self:
            if measure := measures.BY_CODE.get(kpi.code):
                by_model[measure.model].add(measure)
        rows = {
            model: self._read_rows(model, found, previous_start, end)
            for model, found in by_model.items()
        }
        readings = {}
        for kpi in self:
            measure = measures.BY_CODE.get(kpi.code)
            goal = None if kpi.target is False else kpi.target
            readings[kpi] = (
                measures.read(measure, rows[measure.model], *periods, target=goal)
                if measure
                else measures.Reading(None, None, 0)
            )
        return readings

    def _get_zone(self):
        return pytz.timezone(self.env.user.tz or "UTC")

    def _bound(self, field, moment):
        """A UTC moment as a bound for ``field``: for a date, the user's day that begins then."""
        if field.type == "date":
            return moment.replace(tzinfo=pytz.utc).astimezone(self._get_zone()).date()
        return moment

    def _get_domain(self, measure, start, end):
        """The population of a measure over [start, end) as a domain on its facts."""
        of = self.env[measure.model]._fields
        begin, finish = (self._bound(of[measure.clock], moment) for moment in (start, end))
        if measure.until is None:
            lives = Domain(measure.clock, ">=", begin) & Domain(measure.clock, "<", finish)
        else:
            after = self._bound(of[measure.until], start)
            lives = Domain(measure.clock, "<", finish) & (
                Domain(measure.clock, ">=", begin)
                | Domain(measure.until, "=", False)
                | Domain(measure.until, ">=", after)
            )
        return Domain.AND([lives, *(Domain(*condition) for condition in measure.where)])

    def _prepare_rows_action(self, start, end):
        """The action that opens exactly the rows this KPI counts over [start, end)."""
        self.ensure_one()
        measure = measures.BY_CODE[self.code]
        views = ("list", "pivot", "graph")
        action = {"type": "ir.actions.act_window", "res_model": measure.model}
        if measure.model == "order.fact":
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "order_reporting.order_fact_action"
            )
            views = (*views, "form")
        action.update(
            name=self.name,
            domain=list(self._get_domain(measure, start, end)),
            context={"create": False},
            views=[(False, view) for view in views],
        )
        return action

    def _read_rows(self, model, found, start, end):
        """Rows of ``model`` the user may see that any of the measures needs: one query.

        Money is converted to the current company's currency at today's rate when companies with
        several currencies are looked at together.
        """
        facts = self.env[model]
        columns = sorted(set().union(*(measure.columns() for measure in found)))
        # Said here too, since the nightly reading runs without record rules.
        domain = Domain("company_id", "in", self.env.companies.ids) & Domain.OR(
            self._get_domain(measure, start, end) for measure in found
        )
        query = facts._search(domain)
        facts.flush_model()
        has_currency = "currency_id" in facts._fields
        names = [*columns, *(["currency_id"] if has_currency else [])]
        self.env.cr.execute(query.select(*(SQL.identifier(query.table, name) for name in names)))
        rows = self.env.cr.dictfetchall()
        money = [name for name in columns if facts._fields[name].type == "monetary"]
        days = [name for name in columns if facts._fields[name].type == "date"]
        factors = self._get_currency_factors({row["currency_id"] for row in rows} if money else ())
        for row in rows:
            for name in money:
                if row[name] is not None:
                    row[name] = float(row[name]) * factors[row["currency_id"]]
            for name in days:
                row[name] = self._moment(row[name])
        return rows

    def _moment(self, day):
        """A day as the UTC moment it begins at for the user; None stays None."""
        if not isinstance(day, date):
            return None
        local = self._get_zone().localize(datetime(day.year, day.month, day.day))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_currency_factors(self, currency_ids):
        """Factor from each currency to the current company's, today."""
        company = self.env.company
        today = fields.Date.context_today(self)
        return {
            currency.id: currency._get_conversion_rate(
                currency, company.currency_id, company, today
            )
            for currency in self.env["res.currency"].browse(sorted(filter(None, currency_ids)))
        } | {None: 1.0}

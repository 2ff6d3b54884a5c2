from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import measures
from .order_kpi import PERIOD_DAYS

#: So many of the orders concerned are named in an alert; the link opens all of them.
NAMED = 10


class OrderKpi(models.Model):
    _inherit = "order.kpi"

    @api.model
    def _cron_read(self):
        """Keep today's reading of each KPI and company, and alert whom it concerns.

        A second run of the day writes the same rows again and alerts nobody twice.
        """
        kpis = self.search([("active", "=", True)])
        for company in self.env["res.company"].search([("active", "=", True)]):
            kpis.with_company(company).with_context(allowed_company_ids=company.ids)._keep_readings(
                company
            )

    def _keep_readings(self, company):
        """Write today's readings of ``company`` and send its alerts."""
        periods = self._get_periods()
        today = fields.Date.context_today(self)
        readings = self._read_periods(periods)
        known = {
            row.kpi_id: row
            for row in self.env["order.kpi.reading"].search(
                [("company_id", "=", company.id), ("date", "=", today)]
            )
        }
        alerted = set(
            self.env["order.kpi.reading"]
            .search(
                [
                    ("company_id", "=", company.id),
                    ("is_alert", "=", True),
                    ("date", ">", today - timedelta(days=PERIOD_DAYS)),
                ]
            )
            .kpi_id.ids
        )
        new = []
        for kpi in self:
            reading = readings[kpi]
            vals = {
                "value": reading.value,
                "target": kpi.target,
                "order_count": reading.orders,
                "status": reading.status,
            }
            if kpi._is_beyond(reading.value) and kpi.id not in alerted:
                kpi._alert(company, reading, periods)
                vals["is_alert"] = True
            if kpi in known:
                known[kpi].write(vals)
            else:
                new.append({**vals, "kpi_id": kpi.id, "company_id": company.id, "date": today})
        self.env["order.kpi.reading"].create(new)

    def _is_beyond(self, value):
        """Tell whether ``value`` is past the threshold, with somebody to be told."""
        self.ensure_one()
        if value is None or self.threshold is False or not self.user_id:
            return False
        if self.direction == "down":
            return value > self.threshold
        return value < self.threshold

    def _alert(self, company, reading, periods):
        """Give the responsible person an activity that names the orders concerned."""
        self.ensure_one()
        measure = measures.BY_CODE[self.code]
        domain = self._get_domain(measure, periods[1], periods[2])
        domain &= Domain("company_id", "=", company.id)
        domain &= Domain(self._get_failing_domain(measure))
        facts = self.env[measure.model].search(domain, limit=NAMED)
        note = Markup("<p>%s</p>") % self.env._(
            "%(kpi)s of %(company)s is %(value)s over the last %(days)s days, beyond %(limit)s.",
            kpi=self.name,
            company=company.name,
            value=self._format(reading.value),
            days=PERIOD_DAYS,
            limit=self._format(self.threshold),
        )
        orders = facts.order_id if "order_id" in facts._fields else self.env["sale.order"]
        if orders:
            note += Markup("<p>%s</p><ul>%s</ul>") % (
                self.env._("For example:"),
                Markup("").join(
                    Markup('<li><a href="#" data-oe-model="sale.order" data-oe-id="%s">%s</a></li>')
                    % (order.id, order.name)
                    for order in orders
                ),
            )
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("%s needs a look", self.name),
            note=note,
            user_id=self.user_id.id,
        )

    @staticmethod
    def _get_failing_domain(measure):
        """Those of the population that spoil a rate: 0 where more is better, else 1.

        Compared with a half: Odoo takes 0.0 and False for the same when it joins conditions, so
        that "known" and "= 0" together would find nothing.
        """
        if measure.unit != "percent" or len(measure.fields) != 1:
            return []
        return [(measure.fields[0], "<" if measure.direction > 0 else ">", 0.5)]

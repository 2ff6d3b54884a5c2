from odoo import fields, models


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_order_received = fields.Boolean("Orders Received")
    kpi_order_received_value = fields.Integer(compute="_compute_kpi_order_received_value")
    kpi_order_shipped = fields.Boolean("Orders Shipped")
    kpi_order_shipped_value = fields.Integer(compute="_compute_kpi_order_shipped_value")
    kpi_order_on_time = fields.Boolean("Orders On Time (%)")
    kpi_order_on_time_value = fields.Integer(compute="_compute_kpi_order_on_time_value")

    def _compute_kpi_order_received_value(self):
        self._count_facts("kpi_order_received_value", "date_received")

    def _compute_kpi_order_shipped_value(self):
        self._count_facts("kpi_order_shipped_value", "date_shipped")

    def _compute_kpi_order_on_time_value(self):
        """Share shipped on time of the orders promised for the period, in whole percent."""
        for company, rows in self._read_facts("date_promised", ["on_time_rate:avg"]).items():
            for digest in self._of(company):
                digest.kpi_order_on_time_value = round((rows[0] or 0.0) * 100)

    def _count_facts(self, name, clock):
        for company, rows in self._read_facts(clock, ["__count"]).items():
            for digest in self._of(company):
                digest[name] = rows[0]

    def _of(self, company):
        return self.filtered(lambda digest: (digest.company_id or self.env.company) == company)

    def _read_facts(self, clock, aggregates):
        """dict of company → figures of its released orders in the digest's time."""
        facts = self.env["order.fact"]
        facts.check_access("read")
        start, end, companies = self._get_kpi_compute_parameters()
        domain = [
            ("company_id", "in", companies.ids),
            ("state", "=", "sale"),
            (clock, ">=", start),
            (clock, "<", end),
        ]
        found = dict.fromkeys(companies, [0] * len(aggregates))
        for company, *figures in facts._read_group(domain, ["company_id"], aggregates):
            found[company] = figures
        return found

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("order_processing.menu_reporting").id
        link = f"order_reporting.order_kpi_action?menu_id={menu}"
        return {
            **actions,
            "kpi_order_received": link,
            "kpi_order_shipped": link,
            "kpi_order_on_time": link,
        }

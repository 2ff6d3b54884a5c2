from odoo import fields, models

from ..nullable import NullableFloat


class OrderKpiReading(models.Model):
    """What a KPI of a company was on a day: kept, so that later changes can be seen."""

    _name = "order.kpi.reading"
    _description = "KPI Reading"
    _order = "date desc, id desc"
    _rec_name = "kpi_id"
    _log_access = False

    kpi_id = fields.Many2one("order.kpi", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(
        required=True, readonly=True, index=True, help="The last day of its 30 days."
    )
    value = NullableFloat(readonly=True, aggregator="avg", help="Of the 30 days up to this day.")
    target = NullableFloat(readonly=True, aggregator="avg", help="The goal on that day.")
    order_count = fields.Integer(string="Records", readonly=True, aggregator=None)
    status = fields.Selection(
        [
            ("good", "On target"),
            ("near", "Near target"),
            ("bad", "Off target"),
            ("none", "Not judged"),
        ],
        readonly=True,
    )
    is_alert = fields.Boolean(string="Alert Sent", readonly=True)

    _day_uniq = models.Constraint(
        "UNIQUE (kpi_id, company_id, date)", "A KPI has one reading for each company and day."
    )

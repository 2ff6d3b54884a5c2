from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import format_amount, formatLang

from ..engine import measures
from ..nullable import NullableFloat

PERIOD_DAYS = 30
GROUPS = [
    ("volume", "Volume"),
    ("service", "Service"),
    ("speed", "Speed"),
    ("quality", "Quality"),
    ("money", "Money"),
]


class OrderKpi(models.Model):
    """A figure to steer by: its definition and target, and how it stands today.

    The formula is code (``engine/measures.py``, by ``code``); this record holds what people read
    and what they set. Name and definition come from there too, by ``tools/generate.py``.
    """

    _name = "order.kpi"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Order KPI"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, readonly=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    definition = fields.Text(translate=True, readonly=True)
    source = fields.Char(readonly=True, help="The standard this definition follows.")
    group = fields.Selection(GROUPS, required=True, readonly=True)
    unit = fields.Selection(
        [
            ("percent", "Percent"),
            ("hours", "Hours"),
            ("days", "Days"),
            ("count", "Orders"),
            ("per_hour", "Lines per hour"),
            ("metres", "Metres"),
            ("money", "Company currency"),
        ],
        required=True,
        readonly=True,
    )
    direction = fields.Selection(
        [("up", "More is better"), ("down", "Less is better"), ("none", "Neither")],
        required=True,
        readonly=True,
    )
    target = NullableFloat(
        help="The goal to judge the figure by, in the KPI's unit; 0.95 is 95 %. Empty: no goal."
    )
    threshold = NullableFloat(
        help="Beyond this figure, on the wrong side, the responsible person gets an activity with"
        " the orders concerned, once in 30 days. Empty: no alert."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        domain="[('share', '=', False)]",
        help="Who gets the alert.",
    )
    reading_ids = fields.One2many("order.kpi.reading", "kpi_id", string="History")
    value = NullableFloat(
        compute="_compute_reading", aggregator=None, help="The last 30 days, today included."
    )
    previous_value = NullableFloat(
        compute="_compute_reading", aggregator=None, help="The 30 days before those."
    )
    order_count = fields.Integer(
        string="Records", compute="_compute_reading", help="How many rows this figure is about."
    )
    trend = fields.Selection(
        [
            ("better", "Better"),
            ("worse", "Worse"),
            ("same", "Unchanged"),
            ("up", "Up"),
            ("down", "Down"),
            ("none", "No comparison"),
        ],
        compute="_compute_reading",
        help="Against the 30 days before.",
    )
    status = fields.Selection(
        [
            ("good", "On target"),
            ("near", "Near target"),
            ("bad", "Off target"),
            ("none", "Not judged"),
        ],
        compute="_compute_reading",
        help="Near: within 5 % of the target.",
    )
    has_risen = fields.Boolean(compute="_compute_reading")
    value_text = fields.Char(string="Last 30 Days", compute="_compute_reading")
    previous_text = fields.Char(string="30 Days Before", compute="_compute_reading")
    target_text = fields.Char(string="Goal", compute="_compute_reading")

    _code_uniq = models.Constraint("UNIQUE (code)", "There is one KPI for each code.")

    # === COMPUTE === #

    @api.depends("code", "target")
    @api.depends_context("uid", "tz", "lang", "allowed_company_ids")
    def _compute_reading(self):
        """Read all KPIs in one pass over each kind of fact the user may see."""
        readings = self._read_periods(self._get_periods())
        for kpi in self:
            reading = readings[kpi]
            goal = None if kpi.target is False else kpi.target
            kpi.value = reading.value
            kpi.previous_value = reading.previous
            kpi.order_count = reading.orders
            kpi.trend = reading.trend
            kpi.status = reading.status
            kpi.has_risen = (
                reading.value is not None
                and reading.previous is not None
                and reading.value > reading.previous
            )
            kpi.value_text = kpi._format(reading.value)
            kpi.previous_text = kpi._format(reading.previous)
            kpi.target_text = kpi._format(goal) if goal is not None else ""

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """A KPI starts with its measure's place and target; updates leave what users set alone."""
        places = {measure.code: place for place, measure in enumerate(measures.MEASURES, 1)}
        for vals in vals_list:
            measure = measures.BY_CODE.get(vals.get("code"))
            if measure:
                vals.setdefault("target", measure.target)
                vals.setdefault("sequence", places[measure.code] * 10)
        return super().create(vals_list)

    # === ACTION === #

    def action_open_facts(self):
        """Open the orders this figure is about: exactly its population."""
        self.ensure_one()
        periods = self._get_periods()
        return self._prepare_rows_action(periods[1], periods[2])

    def action_open_history(self):
        """Open the readings kept of this KPI as a graph."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "order.kpi.reading",
            "domain": [("kpi_id", "=", self.id)],
            "views": [(False, "graph"), (False, "list"), (False, "pivot")],
        }

    # === BUSINESS === #

    def _get_periods(self):
        """Start of the period before, start and end of the last 30 days, as UTC moments.

        Days are the user's: the last one is today and ends at midnight.
        """
        zone = pytz.timezone(self.env.user.tz or "UTC")
        today = fields.Datetime.now().replace(tzinfo=pytz.utc).astimezone(zone).date()
        days = (
            today + timedelta(days=1 - 2 * PERIOD_DAYS),
            today + timedelta(days=1 - PERIOD_DAYS),
            today + timedelta(days=1),
        )
        return tuple(
            zone.localize(fields.Datetime.to_datetime(day))
            .astimezone(pytz.utc)
            .replace(tzinfo=None)
            for day in days
        )

    def _format(self, number):
        """``number`` in the KPI's unit as people read it."""
        if number is None:
            return self.env._("no data")
        if self.unit == "percent":
            return self.env._("%(number)s %%", number=formatLang(self.env, number * 100, digits=1))
        if self.unit == "hours":
            return self.env._("%(number)s h", number=formatLang(self.env, number, digits=1))
        if self.unit == "days":
            return self.env._("%(number)s days", number=formatLang(self.env, number, digits=1))
        if self.unit == "per_hour":
            return self.env._("%(number)s per hour", number=formatLang(self.env, number, digits=1))
        if self.unit == "metres":
            return self.env._("%(number)s m", number=formatLang(self.env, number, digits=1))
        if self.unit == "money":
            return format_amount(self.env, number, self.env.company.currency_id)
        return formatLang(self.env, number, digits=0)

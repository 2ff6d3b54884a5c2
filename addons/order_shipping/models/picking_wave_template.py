import logging
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine import batching, batching_schedule

_logger = logging.getLogger(__name__)


class PickingWaveTemplate(models.Model):
    _name = "picking.wave.template"
    _description = "Wave Template"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    picking_type_id = fields.Many2one(
        "stock.picking.type",
        string="Operation Type",
        required=True,
        check_company=True,
        index=True,
        ondelete="cascade",
        help="Its open transfers are planned.",
    )
    warehouse_id = fields.Many2one(related="picking_type_id.warehouse_id", store=True)
    company_id = fields.Many2one(related="picking_type_id.company_id", store=True, index=True)
    strategy = fields.Selection(
        [
            ("cluster", "Cluster with totes"),
            ("batch", "Batch"),
            ("zone", "Zone and consolidate"),
            ("single", "Single"),
        ],
        default="cluster",
        required=True,
        help="Cluster: several orders on one cart, each in a tote of its own.\n"
        "Batch: several orders together, sorted afterwards.\n"
        "Zone: each zone picks its part of the orders; the parts meet at the packing table.\n"
        "Single: one order at a time.",
    )
    by_carrier = fields.Boolean(
        string="Carriers Apart", help="Transfers of different carriers never share a batch."
    )
    max_orders = fields.Integer(
        string="Transfers", default=12, help="Most transfers in a batch; 0: as many as there are."
    )
    max_lines = fields.Integer(string="Lines", help="Most lines in a batch; 0: any.")
    max_items = fields.Float(string="Items", help="Most items in a batch; 0: any.")
    max_weight = fields.Float(string="Weight", help="Most weight in a batch; 0: any.")
    max_volume = fields.Float(string="Volume", help="Most volume in a batch; 0: any.")
    max_totes = fields.Integer(
        string="Totes on a Cart", default=12, help="Only for clusters; 0: any."
    )
    tote_volume = fields.Float(
        string="Volume of a Tote", help="A larger order takes several totes; 0: one for each order."
    )
    picker_ids = fields.Many2many(
        "res.users",
        string="Pickers",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Batches go to whoever of them is free first. Leave empty to assign nobody.",
    )
    metres_per_minute = fields.Float(default=60.0, help="How fast people walk.")
    seconds_per_line = fields.Float(default=15.0, help="Time to find, take and check one line.")
    seconds_per_batch = fields.Float(default=120.0, help="Time to fetch the cart and hand it over.")
    seconds = fields.Float(
        string="Thinking Time (s)",
        default=0.5,
        help="How long the planner improves a plan. Longer finds shorter walks.",
    )
    auto = fields.Selection(
        [
            ("manual", "By hand"),
            ("schedule", "At intervals"),
            ("due", "Before transfers are due"),
            ("worth", "As soon as it is worth it"),
        ],
        string="Plan",
        default="manual",
        required=True,
        help="At intervals: whatever is open then.\n"
        "Before transfers are due: once one is due within the lead time, such as the time between "
        "picking and the carrier's cut-off.\n"
        "As soon as it is worth it: once there are enough open transfers, and picking them "
        "together saves enough of the walk.",
    )
    interval = fields.Integer(string="Every (min)", default=60)
    lead_minutes = fields.Integer(string="Lead Time (min)", default=120)
    worth_orders = fields.Integer(string="Open Transfers", default=20)
    worth_saving = fields.Float(
        string="Walk Saved",
        default=0.4,
        help="Share of the walk that picking together must save against one by one.",
    )
    auto_confirm = fields.Boolean(string="Confirm Batches", default=True)
    date_last = fields.Datetime(string="Last Planned On", readonly=True, copy=False)

    _not_negative = models.Constraint(
        "CHECK (max_orders >= 0 AND max_lines >= 0 AND max_items >= 0 AND max_weight >= 0"
        " AND max_volume >= 0 AND max_totes >= 0 AND tote_volume >= 0)",
        "What a batch holds can't be less than 0.",
    )
    _pace = models.Constraint(
        "CHECK (metres_per_minute > 0 AND seconds_per_line >= 0 AND seconds_per_batch >= 0"
        " AND seconds >= 0 AND seconds <= 60 AND interval > 0)",
        "People walk faster than 0 metres a minute, no step takes less than 0 seconds, and the"
        " planner thinks for 60 seconds at most.",
    )

    @api.constrains("strategy", "picking_type_id")
    def _check_zone(self):
        for template in self:
            if template.strategy == "zone" and template.picking_type_id.code == "outgoing":
                raise ValidationError(
                    self.env._(
                        "Zones pick parts of orders, which have to meet before they ship: let the "
                        "warehouse deliver in two or three steps, and pick by zone in the first."
                    )
                )

    # === BUSINESS === #

    def _get_limits(self, strategy=None):
        """What one batch may hold, as ``batching.Limits``."""
        self.ensure_one()
        if (strategy or self.strategy) == "single":
            return batching.Limits(orders=1)
        return batching.Limits(
            orders=self.max_orders,
            lines=self.max_lines,
            items=self.max_items,
            weight=self.max_weight,
            volume=self.max_volume,
            totes=self.max_totes if (strategy or self.strategy) == "cluster" else None,
        )

    def _get_pace(self):
        self.ensure_one()
        return batching_schedule.Pace(
            self.metres_per_minute, self.seconds_per_line, self.seconds_per_batch
        )

    def _get_picker_loads(self):
        """Minutes of work that each picker has in open batches, by user."""
        self.ensure_one()
        # sudo: pickers' batches in other warehouses keep them busy too.
        groups = (
            self.env["stock.picking.batch"]
            .sudo()
            ._read_group(
                [
                    ("user_id", "in", self.picker_ids.ids),
                    ("state", "in", ("draft", "in_progress")),
                ],
                ["user_id"],
                ["planned_minutes:sum"],
            )
        )
        loads = {user.id: minutes for user, minutes in groups}
        return {user: loads.get(user.id, 0.0) for user in self.picker_ids}

    def _get_open_domain(self):
        """Transfers that wait to be planned."""
        self.ensure_one()
        return [
            ("picking_type_id", "=", self.picking_type_id.id),
            ("state", "=", "assigned"),
            ("batch_id", "=", False),
        ]

    def _is_due(self, now):
        """Whether it is time to plan; that it is worth it only the plan can tell."""
        self.ensure_one()
        if self.auto == "schedule":
            return not self.date_last or self.date_last + timedelta(minutes=self.interval) <= now
        Picking = self.env["stock.picking"]
        domain = self._get_open_domain()
        if self.auto == "due":
            until = now + timedelta(minutes=self.lead_minutes)
            due = Domain("date_deadline", "<=", until) | (
                Domain("date_deadline", "=", False) & Domain("scheduled_date", "<=", until)
            )
            due |= self._get_collected_domain(now, until)
            return bool(Picking.search_count(Domain(domain) & due, limit=1))
        return Picking.search_count(domain, limit=self.worth_orders or 1) >= (
            self.worth_orders or 1
        )

    def _get_collected_domain(self, now, until):
        """Transfers whose carrier collects by ``until``; those scheduled later aren't meant."""
        self.ensure_one()
        zone = self.warehouse_id._get_shipping_tz()
        carriers = self.env["delivery.carrier"].search([("collect_hour", ">", 0)])
        coming = carriers.filtered(
            lambda one: (
                batching_schedule.collection(
                    now, one.collect_hour, zone, *one._get_delivery_days(now.date())
                )
                <= until
            )
        )
        return Domain("carrier_id", "in", coming.ids) & Domain("scheduled_date", "<=", until)

    # === ACTION === #

    def action_plan(self):
        """Open the Plan Picking screen with this template."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("order_shipping.picking_plan_action")
        return action | {"params": {"template_id": self.id}}

    # === CRON === #

    def _plan_now(self):
        """Plan and apply what is open, if it is time and worth it.

        :return: the batches made at once; many are made in jobs
        """
        self.ensure_one()
        nothing = self.env["stock.picking.batch"]
        now = fields.Datetime.now()
        if not self._is_due(now):
            return nothing
        if self.env["picking.plan"]._search_running([("template_id", "=", self.id)]):
            return nothing  # what is open may be in one of their batches in a moment
        plan = self.env["picking.plan"].create({"template_id": self.id})
        plan._make_plan()
        if self.auto == "worth" and plan.saving_single < self.worth_saving:
            return nothing
        self.date_last = now
        return nothing if plan._apply_in_jobs() else plan._apply()

    @api.model
    def _cron_plan(self):
        """Plan every template that plans by itself; one that fails stops no other."""
        templates = self.search([("auto", "!=", "manual")])
        remaining = len(templates)
        for template in templates:
            remaining -= 1
            template = template.with_company(template.company_id)
            template._plan_in_savepoint()
            self.env["ir.cron"]._commit_progress(1, remaining=remaining)

    def _plan_in_savepoint(self):
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                return self._plan_now()
        except SerializationFailure:
            _logger.info("Somebody changed transfers of %s: planned next time", self.display_name)
            return self.env["stock.picking.batch"]
        except Exception:
            _logger.exception("Planning %s failed", self.display_name)
            return self.env["stock.picking.batch"]

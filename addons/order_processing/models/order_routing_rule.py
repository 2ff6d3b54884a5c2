from odoo import api, fields, models


class OrderRoutingRule(models.Model):
    """One rule of a plan: which warehouses may ship, how they are compared, what else to do."""

    _name = "order.routing.rule"
    _description = "Routing Rule"
    _order = "plan_id, sequence, id"

    plan_id = fields.Many2one("order.routing.plan", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    filter_ids = fields.One2many("order.routing.filter", "rule_id", string="Filters", copy=True)
    criterion_ids = fields.One2many(
        "order.routing.criterion",
        "rule_id",
        string="Criteria",
        copy=True,
        help="In this order; the first in which two choices differ decides.",
    )
    is_single = fields.Boolean(
        string="Single Source",
        help="The whole order leaves from one warehouse, or not by this rule.",
    )
    max_sites = fields.Integer(
        string="Most Warehouses", help="Most warehouses one order may leave from. 0: any number."
    )
    action = fields.Selection(
        [
            ("next", "Try the next rule"),
            ("backorder", "Back-order it where it comes in first"),
            ("queue", "Keep the whole order in the queue"),
            ("split", "Ship what is there, queue the rest"),
            ("buy", "Buy or drop-ship the lines nothing is there of"),
            ("cancel", "Queue the rest, cancel it after some days"),
        ],
        string="On Failure",
        required=True,
        default="backorder",
        help="What becomes of what this rule can't place.",
    )
    days = fields.Integer(string="Cancel After (Days)", default=14)
    route_id = fields.Many2one("stock.route", domain=[("sale_selectable", "=", True)])
    summary = fields.Char(compute="_compute_summary")

    _route_given = models.Constraint(
        "CHECK (action != 'buy' OR route_id IS NOT NULL)",
        "Choose the route to buy or drop-ship by.",
    )

    @api.depends("filter_ids.kind", "filter_ids.value", "criterion_ids.kind")
    @api.depends_context("lang")
    def _compute_summary(self):
        for rule in self:
            parts = [row.display_name for row in rule.filter_ids]
            rule.summary = "; ".join(parts) or self.env._("Every warehouse")

    def _definition(self):
        """This rule as JSON values."""
        self.ensure_one()
        return {
            "name": self.name,
            "filters": [row._definition() for row in self.filter_ids],
            "criteria": self.criterion_ids.mapped("kind"),
            "single": self.is_single,
            "max_sites": self.max_sites,
            "action": self.action,
            "days": self.days if self.action == "cancel" else 0,
            "route": self.route_id.id if self.action == "buy" else 0,
        }


class OrderRoutingCriterion(models.Model):
    """One of the things by which a rule compares warehouses."""

    _name = "order.routing.criterion"
    _description = "Routing Criterion"
    _order = "rule_id, sequence, id"
    _rec_name = "kind"

    rule_id = fields.Many2one("order.routing.rule", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("shipments", "Fewest shipments"),
            ("cost", "Lowest landed cost"),
            ("promise", "Earliest promise"),
            ("distance", "Shortest distance"),
            ("balance", "Most stock left over"),
            ("priority", "Order of warehouses"),
            ("default", "Default warehouse"),
        ],
        required=True,
    )

    _kind_uniq = models.UniqueIndex("(rule_id, kind)", "A rule has each criterion once.")

from odoo import api, fields, models


class OrderRoutingDecision(models.Model):
    """One routing of one order: what was considered, what was chosen and why."""

    _name = "order.routing.decision"
    _description = "Routing Decision"
    _order = "id desc"
    _rec_name = "order_id"

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    channel_id = fields.Many2one(related="order_id.channel_id", store=True)
    run_id = fields.Many2one("order.routing.run", index="btree_not_null", ondelete="set null")
    version_id = fields.Many2one("order.routing.version", index="btree_not_null")
    rule = fields.Char(help="The rule that decided.")
    outcome = fields.Selection(
        [
            ("placed", "Placed"),
            ("backorder", "Back-Order"),
            ("queue", "Queued"),
            ("split", "Split, Rest Queued"),
            ("buy", "Bought"),
            ("cancel", "Queued, to Be Cancelled"),
            ("unchanged", "Unchanged"),
            ("error", "Error"),
        ],
        required=True,
    )
    reason = fields.Char()
    parcels = fields.Integer(string="Shipments", aggregator="avg")
    is_split = fields.Integer(aggregator="sum", help="1: leaves from several warehouses.")
    is_short = fields.Integer(aggregator="sum", help="1: something is short.")
    cost = fields.Float(aggregator="avg")
    is_joint = fields.Boolean(help="Decided together with other orders.")
    data = fields.Json(help="All candidates with their values, and what each line got.")
    explanation_html = fields.Html(compute="_compute_explanation_html", sanitize=False)

    @api.depends("data")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for decision in self:
            # sanitize=False on the field: every value in there is escaped by Markup.
            decision.explanation_html = self.env["order.allocation"]._explain(decision.data or {})

from odoo import api, fields, models

#: Open orders a trial looks at, the newest first.
MOST = 500


class OrderRuleTrial(models.TransientModel):
    """Which open orders a rule would hold, found out without touching them."""

    _name = "order.rule.trial"
    _description = "Trial of a Rule"

    rule_id = fields.Many2one("order.rule", readonly=True, required=True, ondelete="cascade")
    looked_at = fields.Integer(string="Open Orders Looked At", readonly=True)
    line_ids = fields.One2many("order.rule.trial.line", "trial_id", readonly=True)
    found_count = fields.Integer(compute="_compute_found_count", string="Would Be Found")

    @api.depends("line_ids")
    def _compute_found_count(self):
        for trial in self:
            trial.found_count = len(trial.line_ids)

    @api.model
    def _run(self, rule):
        """Look at open orders with ``rule`` alone, active or not.

        :return: the trial with a line for each order found
        """
        orders = self.env["sale.order"].search(
            [("state", "in", ("draft", "sent", "sale")), ("invoice_status", "!=", "invoiced")],
            order="id desc",
            limit=MOST,
        )
        # As if each of them was asked for; confirmed ones are looked at as if they had changed.
        pairs = [(rule._prepare_facts(), rule.domain or "[]")]
        findings = orders._find_problems(pairs, asked=True)
        return self.create(
            {
                "rule_id": rule.id,
                "looked_at": len(orders),
                "line_ids": [
                    fields.Command.create(
                        {"order_id": order.id, "reason": order._findings_text(found)}
                    )
                    for order, found in findings.items()
                    if found
                ],
            }
        )


class OrderRuleTrialLine(models.TransientModel):
    """One order a rule would hold."""

    _name = "order.rule.trial.line"
    _description = "Order a Rule Would Hold"
    _order = "id"

    trial_id = fields.Many2one("order.rule.trial", required=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="order_id.partner_id")
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount_total = fields.Monetary(related="order_id.amount_total")
    reason = fields.Char()

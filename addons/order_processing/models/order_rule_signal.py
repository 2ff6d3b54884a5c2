from odoo import Command, api, fields, models

from ..engine.validation import SignalFacts


class OrderRuleSignal(models.Model):
    """A sign of fraud and how much it counts in a rule's score."""

    _name = "order.rule.signal"
    _description = "Sign of Fraud"
    _inherit = ["order.audit.mixin"]
    _order = "points desc, id"
    _rec_name = "code"

    _audited = ("code", "points", "limit", "hours")
    _audit_duties = {"*": "rule"}

    rule_id = fields.Many2one("order.rule", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_id.company_id", store=True, index=True)
    code = fields.Selection(
        [
            ("new_customer", "New customer"),
            ("high_value", "High value"),
            ("address_mismatch", "Billing and delivery address differ"),
            ("many_orders", "Many orders in a short time"),
            ("disposable_email", "Throw-away e-mail address"),
            ("foreign_ip", "Network address in another country"),
        ],
        string="Sign",
        required=True,
    )
    points = fields.Integer(required=True, default=20)
    limit = fields.Float(
        string="More Than",
        help="New customer: orders confirmed before, at most. High value: amount in the company's"
        " currency. Many orders: how many are still normal.",
    )
    hours = fields.Float(string="Within (Hours)", default=24.0)

    _code_uniq = models.Constraint("UNIQUE (rule_id, code)", "Each sign counts once in a rule.")
    _points_positive = models.Constraint("CHECK (points > 0)", "A sign counts at least one point.")

    @api.model_create_multi
    def create(self, vals_list):
        """Rules are read from a cache, see ``order.rule.create``."""
        signals = super().create(vals_list)
        self.env.registry.clear_cache()
        return signals

    def write(self, vals):
        """See :meth:`create`."""
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        """See :meth:`create`."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _audit_title(self):
        return self.rule_id.name

    def _prepare_facts(self):
        """This sign as the engine knows it."""
        self.ensure_one()
        return SignalFacts(self.code, self.points, self.limit, self.hours)

    @api.model
    def _get_usual(self):
        """Commands for the signs most shops begin with."""
        return [
            Command.create({"code": code, "points": points, "limit": limit, "hours": 24.0})
            for code, points, limit in (
                ("disposable_email", 40, 0),
                ("foreign_ip", 30, 0),
                ("many_orders", 30, 3),
                ("address_mismatch", 20, 0),
                ("high_value", 20, 1000),
                ("new_customer", 10, 0),
            )
        ]

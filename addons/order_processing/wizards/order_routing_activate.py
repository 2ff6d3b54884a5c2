from odoo import fields, models


class OrderRoutingActivate(models.TransientModel):
    """Why the rules of a plan change: the comment of a new version."""

    _name = "order.routing.activate"
    _description = "Activate Routing Rules"

    plan_id = fields.Many2one("order.routing.plan", required=True, readonly=True)
    comment = fields.Char(required=True)
    problems = fields.Text(related="plan_id.problems")

    def action_activate(self):
        """Freeze the rules as they are as a version, and put it in force."""
        self.ensure_one()
        self.plan_id.check_access("write")
        versions = self.env["order.routing.version"]
        versions._freeze(self.plan_id, self.plan_id._definition(), self.comment)
        return {"type": "ir.actions.act_window_close"}

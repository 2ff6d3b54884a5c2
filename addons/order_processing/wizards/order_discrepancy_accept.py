from odoo import fields, models


class OrderDiscrepancyAccept(models.TransientModel):
    """Accept discrepancies with a reason that stays with them."""

    _name = "order.discrepancy.accept"
    _description = "Accept Discrepancies"

    discrepancy_ids = fields.Many2many(
        "order.discrepancy",
        required=True,
        default=lambda self: self.env["order.discrepancy"].browse(
            self.env.context.get("active_ids")
        ),
    )
    reason = fields.Char(required=True, help="Why the difference is right as it is.")

    def action_accept(self):
        """Accept them; see ``order.discrepancy.action_accept``."""
        self.ensure_one()
        self.discrepancy_ids.action_accept(self.reason)
        return {"type": "ir.actions.act_window_close"}

from odoo import models


class StockPicking(models.Model):
    """A warehouse rejects what it can't ship."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def action_reject(self):
        """Ask which lines can't be shipped from here, and why."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reject Lines"),
            "res_model": "order.routing.reject",
            "view_mode": "form",
            "target": "new",
            "context": {"default_picking_id": self.id},
        }

    def _is_begun(self):
        """Whether somebody is at work on this transfer: then routing leaves it alone."""
        self.ensure_one()
        return bool(
            self.printed
            or self.user_id
            or any(self.move_ids.mapped("picked"))
            # Batches and labels are other addons'; where they are installed they count. Odoo puts
            # deliveries into batches by itself: somebody who picks one makes the difference.
            or ("batch_id" in self._fields and self.batch_id.user_id)
            or ("label_ids" in self._fields and self.label_ids)
        )

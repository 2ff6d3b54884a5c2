from odoo import models


class StockPicking(models.Model):
    """Transfers of many orders at once, see ``stock_move_bulk``."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    # === ACTION === #

    def action_confirm(self):
        """Wait for the transfers of the other orders that are released in the same call."""
        bulk = self.env.context.get("order_bulk")
        # sudo: whoever releases orders, their transfers are confirmed.
        if (
            bulk is None
            or bulk.is_ending
            or any(picking.sale_id not in bulk.orders for picking in self.sudo())
        ):
            return super().action_confirm()
        bulk.pickings.update(self.ids)
        return True

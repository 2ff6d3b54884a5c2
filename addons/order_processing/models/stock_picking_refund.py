from odoo import models


class StockPicking(models.Model):
    """Returns that are to be refunded are credited the way their orders are billed."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking"

    def _action_done(self):
        """Have the orders of refunded returns credited, where they are billed by themselves."""
        res = super()._action_done()
        back = self.filtered(lambda picking: picking.state == "done").move_ids.filtered(
            lambda move: move.to_refund and move.location_id.usage == "customer"
        )
        # sudo: warehouse staff need no rights on sales orders.
        orders = back.sudo().sale_line_id.order_id
        if orders:
            orders._enqueue_invoicing()
        return res

from odoo import models


class StockMove(models.Model):
    """What routing takes off moves that nobody has begun, or that can't be done."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.move"

    def _is_routed(self):
        """Whether routing decided that this leaves from here, and may decide otherwise."""
        self.ensure_one()
        # sudo: pickers have no rights on sales.
        line = self.sudo().sale_line_id
        warehouse = self.picking_type_id.warehouse_id
        return warehouse in line._get_released().warehouse_id and not line.order_id.locked

    def _take_off(self, quantity):
        """Move so much less, at every step of the delivery that is still open.

        :param quantity: in the product's unit
        """
        self.ensure_one()
        steps = chain = self
        while steps := (steps.move_orig_ids | steps.move_dest_ids).filtered(
            lambda move: move.state not in ("done", "cancel")
        ) - chain:  # fmt: skip
            chain |= steps
        for move in chain:
            less = move.product_id.uom_id._compute_quantity(quantity, move.product_uom)
            rest = move.product_uom_qty - less
            if move.product_uom.compare(rest, 0.0) > 0:
                move.product_uom_qty = rest
            else:
                move._action_cancel()

    def _assign_by_method(self):
        """Reserve anew what its warehouse reserves at once."""
        self.filtered(
            lambda move: move.picking_type_id.reservation_method == "at_confirm"
        )._action_assign()

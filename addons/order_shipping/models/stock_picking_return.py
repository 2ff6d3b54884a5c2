from odoo import api, fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    shipping_return_id = fields.Many2one(
        "shipping.return", string="Return", readonly=True, index="btree_not_null", copy=False
    )
    is_return_receipt = fields.Boolean(compute="_compute_is_return_receipt")

    @api.depends("shipping_return_id", "location_id")
    def _compute_is_return_receipt(self):
        for picking in self:
            picking.is_return_receipt = bool(
                picking.shipping_return_id and picking.location_id.usage == "customer"
            )

    def action_return_goods(self):
        """Open a new return of this delivery's order."""
        self.ensure_one()
        if not self.sale_id:
            raise UserError(self.env._("This delivery belongs to no order."))
        return self.sale_id.action_return()

    def action_cancel(self):
        """What doesn't come back needs no label."""
        result = super().action_cancel()
        self.filtered(lambda picking: picking.state == "cancel").return_parcel_ids._void()
        return result

    def _action_done(self):
        """Note on the returns what arrived with their receipts."""
        result = super()._action_done()
        done = self.filtered(lambda p: p.state == "done" and p.is_return_receipt)
        done.shipping_return_id._note_received()
        return result

    def _create_backorder(self, backorder_moves=None):
        """What is still to come belongs to the same return."""
        backorders = super()._create_backorder(backorder_moves=backorder_moves)
        for backorder in backorders:
            backorder.shipping_return_id = backorder.backorder_id.shipping_return_id
        return backorders

    def _record_delivered(self):
        """A parcel that came back to us is no delivery."""
        return super(
            StockPicking, self.filtered(lambda p: not p.shipping_return_id)
        )._record_delivered()

    def _get_label_references(self):
        """The return's number on its label, so that the dock finds it."""
        names = super()._get_label_references()
        name = self.shipping_return_id.name
        return (name, *names) if name else names

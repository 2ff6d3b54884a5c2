from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    # === ACTION === #

    def button_validate(self):
        """Tell about holds before any question about back-orders is asked."""
        self.filtered(lambda picking: picking.state != "done")._check_ship_gate()
        return super().button_validate()

    def action_cancel(self):
        """Cancel transfers with their order, also those in a batch."""
        self.check_access("write")
        # sudo: a batch is the warehouse's, whoever cancels an order takes its transfers out of it.
        return super(StockPicking, self.sudo()).action_cancel()

    # === BUSINESS === #

    def _action_done(self):
        """Move the orders on: allocations, invoices, closing. The moves keep the "ship" gate."""
        res = super()._action_done()
        orders = self.filtered(lambda picking: picking.state == "done")._orders_leaving()
        if orders:
            orders._record_duty("ship", self.env._("Goods sent out"))
            orders.allocation_ids._update_shipped()
            orders._enqueue_invoicing()
            orders._close_if_complete()
        return res

    def _orders_leaving(self):
        """The orders whose goods these transfers bring out of the house."""
        leaving = self.filtered(lambda picking: picking.location_dest_id._is_outgoing())
        # sudo: warehouse staff need no rights on sales orders to ship them.
        return leaving.sudo().move_ids.sale_line_id.order_id

    def _check_ship_gate(self):
        """Raise if a hold keeps an order of these transfers from shipping."""
        self._orders_leaving()._check_leaving()

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    # === CRUD === #

    def write(self, vals):
        """Keep the "ship" gate where goods become gone: by a transfer, or past it by a script.

        :raise UserError: where a hold keeps an order from shipping
        """
        if vals.get("state") == "done":
            leaving = self.filtered(
                lambda move: move.state != "done" and move.location_dest_id._is_outgoing()
            )
            # sudo: warehouse staff need no rights on sales orders to ship them.
            leaving.sudo().sale_line_id.order_id._check_leaving()
        return super().write(vals)

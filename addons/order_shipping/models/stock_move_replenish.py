from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_unreserved_quantity(self):
        """What no stock is reserved for yet, in the product's unit."""
        self.ensure_one()
        reserved = self.product_uom._compute_quantity(
            self.quantity, self.product_id.uom_id, round=False
        )
        return max(self.product_qty - reserved, 0.0)

from odoo import models


class PaymentTransaction(models.Model):
    """Payments of orders change what rules say about them."""

    _inherit = "payment.transaction"

    def write(self, vals):
        """Have the orders checked again when a payment is authorised, captured or lost."""
        result = super().write(vals)
        if "state" in vals:
            # sudo: who pays may not read the order.
            self.sudo().sale_order_ids._touch_rules()
        return result

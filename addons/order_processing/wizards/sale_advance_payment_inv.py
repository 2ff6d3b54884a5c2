from odoo import models


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def create_invoices(self):
        """Keep the "invoice" gate for down payments too, which are billed past the orders."""
        self.sale_order_ids._check_gate("invoice")
        return super().create_invoices()

from odoo import models


class ProductProduct(models.Model):
    """What scanners read on goods."""

    _inherit = "product.product"

    def _get_scan_codes(self):
        """Barcodes of these products: dict of product to dict of barcode to unit."""
        found = {product: {} for product in self}
        for product in self:
            if product.barcode:
                found[product][product.barcode] = product.uom_id
            if product.default_code:
                found[product].setdefault(product.default_code, product.uom_id)
        # sudo: barcodes of packagings are read for whatever product somebody has in hand.
        packagings = self.env["product.uom"].sudo().search([("product_id", "in", self.ids)])
        for packaging in packagings:
            found[packaging.product_id.with_env(self.env)][packaging.barcode] = packaging.uom_id
        return found

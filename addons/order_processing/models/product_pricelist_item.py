from odoo import models


class ProductPricelistItem(models.Model):
    """Who changes a price of a pricelist is told in the company's log."""

    _name = "product.pricelist.item"
    _inherit = ["product.pricelist.item", "order.audit.mixin"]

    _audited = (
        "applied_on",
        "product_tmpl_id",
        "product_id",
        "categ_id",
        "min_quantity",
        "date_start",
        "date_end",
        "compute_price",
        "fixed_price",
        "percent_price",
        "base",
        "base_pricelist_id",
        "price_discount",
        "price_surcharge",
        "price_markup",
        "price_round",
        "price_min_margin",
        "price_max_margin",
    )
    _audit_duties = {"*": "price"}

    def _audit_title(self):
        return f"{self.pricelist_id.display_name}, {self.name}"

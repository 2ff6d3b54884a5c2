from odoo import models


class ProductTemplate(models.Model):
    """Who changes what a product costs is told in the company's log."""

    _name = "product.template"
    _inherit = ["product.template", "order.audit.mixin"]

    _audited = ("list_price",)
    _audit_duties = {"*": "price"}

    def _audit_wanted(self, operation):
        return operation == "write"

    def _audit_title(self):
        return self.display_name

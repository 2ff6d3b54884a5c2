from odoo import models

from ..engine.intake.resolve import ProductFact


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_intake_fact(self):
        """This product, as the engine of the intake knows products."""
        self.ensure_one()
        unit = self.uom_id
        return ProductFact(
            id=self.id,
            own=bool(self.company_id),
            active=self.active,
            name=self.name or "",
            unit_root=unit._get_intake_fact().root,
            unit_name=unit.name or "",
        )

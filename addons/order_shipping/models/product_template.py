from odoo import fields, models

from ..engine import packing

#: Millimetres, cubed, in a cubic metre.
MM3 = 1e9


class ProductTemplate(models.Model):
    _inherit = "product.template"

    pack_length = fields.Float(
        string="Packed Length",
        help="Of one piece, in the unit of package types. With width and height, packers are told "
        "which box an order fits.",
    )
    pack_width = fields.Float(string="Packed Width")
    pack_height = fields.Float(string="Packed Height")
    picking_skill_ids = fields.Many2many(
        "picking.skill",
        string="Picked With",
        help="Skills and equipment that its pickers must have.",
    )

    _pack_size_not_negative = models.Constraint(
        "CHECK (pack_length >= 0 AND pack_width >= 0 AND pack_height >= 0)",
        "Sizes can't be negative.",
    )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_packing_item(self, key):
        """One piece of this product, for ``packing.pack``.

        :param key: names it in the result
        """
        self.ensure_one()
        # Odoo has volumes in m³ where lengths are in mm, else in ft³ with ft.
        unit = self.env["product.template"]._get_length_uom_name_from_ir_config_parameter()
        return packing.Item(
            key,
            (self.pack_length, self.pack_width, self.pack_height),
            self.weight,
            self.volume * (MM3 if unit == "mm" else 1.0),
        )

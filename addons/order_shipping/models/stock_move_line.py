from odoo import fields, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    pick_sequence = fields.Integer(
        string="Stop",
        readonly=True,
        copy=False,
        help="Place of this line in the planned walk of its batch. Lines at one place share it.",
    )

    def _post_put_in_pack_hook(self, package):
        self.picking_id._record_packed(package.name if package else "")
        return super()._post_put_in_pack_hook(package)

    def _get_picking_skills(self):
        """Skills that whoever picks all of these lines must have."""
        return (
            self.picking_type_id.picking_skill_ids
            | self.product_id.picking_skill_ids
            | self.location_id._get_picking_skills()
        )

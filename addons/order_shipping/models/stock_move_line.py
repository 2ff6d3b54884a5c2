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

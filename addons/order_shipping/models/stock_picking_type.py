from odoo import fields, models


class StockPickingType(models.Model):
    _inherit = "stock.picking.type"

    confirm_place = fields.Boolean(
        string="Scan the Place First",
        default=True,
        help="Pickers scan the barcode of each place before what they take from it.",
    )
    pick_to_tote = fields.Boolean(
        string="Pick into Totes",
        help="Each transfer is picked into a reusable box, whose barcode is scanned as goods are "
        "put into it. A package whose type is reusable is such a tote.",
    )
    picking_skill_ids = fields.Many2many(
        "picking.skill",
        string="Picked With",
        help="Skills and equipment that pickers of these transfers must have.",
    )

from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    channel_line_ref = fields.Char(copy=False, help="The line's identifier at its channel.")
    allocation_ids = fields.One2many("order.allocation", "line_id", string="Allocations")

from odoo import fields, models


class OrderChannel(models.Model):
    _inherit = "order.channel"

    customer_messages = fields.Boolean(
        string="Write to Customers",
        default=True,
        help="Off where the marketplace writes to its customers itself.",
    )

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    order_message_muted_ids = fields.Many2many(
        "order.message.kind",
        "order_message_muted_rel",
        string="Messages Declined",
        domain="[('is_answer', '=', False)]",
        help="What this customer doesn't want to be told by mail.",
    )

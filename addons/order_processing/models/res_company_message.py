from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    order_messages = fields.Boolean(
        string="Write to Customers",
        help="Customers are told when their order is received, shipped, delivered, late …",
    )
    order_quiet_from = fields.Float(string="Quiet From", default=21.0)
    order_quiet_to = fields.Float(string="Quiet Until", default=8.0)
    order_link_days = fields.Integer(
        string="Links Are Valid (days)",
        default=180,
        help="Days after which a customer's link to an order ends. 0: never.",
    )
    order_rating_days = fields.Integer(
        string="Ask for a Rating After (days)",
        default=3,
        help="Days after delivery. Archive the message “Rating” to never ask.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_messages = fields.Boolean(related="company_id.order_messages", readonly=False)
    order_quiet_from = fields.Float(related="company_id.order_quiet_from", readonly=False)
    order_quiet_to = fields.Float(related="company_id.order_quiet_to", readonly=False)
    order_link_days = fields.Integer(related="company_id.order_link_days", readonly=False)
    order_rating_days = fields.Integer(related="company_id.order_rating_days", readonly=False)

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_hold_hours = fields.Float(related="company_id.order_hold_hours", readonly=False)
    order_remind_hours = fields.Float(related="company_id.order_remind_hours", readonly=False)
    order_duty_document = fields.Selection(related="company_id.order_duty_document", readonly=False)
    order_duty_standing = fields.Selection(related="company_id.order_duty_standing", readonly=False)
    order_anchor_emails = fields.Char(related="company_id.order_anchor_emails", readonly=False)

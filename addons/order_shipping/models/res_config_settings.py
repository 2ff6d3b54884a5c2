from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    gs1_company_prefix = fields.Char(related="company_id.gs1_company_prefix", readonly=False)
    pack_weight_tolerance = fields.Float(related="company_id.pack_weight_tolerance", readonly=False)
    replenish_service_level = fields.Float(
        related="company_id.replenish_service_level", readonly=False
    )
    replenish_order_cost = fields.Monetary(
        related="company_id.replenish_order_cost",
        readonly=False,
    )
    replenish_holding_rate = fields.Float(
        related="company_id.replenish_holding_rate", readonly=False
    )
    replenish_weeks = fields.Integer(related="company_id.replenish_weeks", readonly=False)
    replenish_lead_days = fields.Float(related="company_id.replenish_lead_days", readonly=False)

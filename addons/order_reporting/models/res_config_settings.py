from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_cost_of_line = fields.Float(
        string="Handling Cost of a Line",
        config_parameter="order_reporting.cost_of_line",
        help="What picking and packing one order line costs, in company currency. It goes into"
        " cost per order and profit; facts take it up when they are refreshed.",
    )
    order_cost_of_capital = fields.Float(
        string="Cost of Money per Year",
        config_parameter="order_reporting.cost_of_capital",
        help="0.08 is 8 %. What waiting a year for the money of an invoice costs; it goes into"
        " profit.",
    )

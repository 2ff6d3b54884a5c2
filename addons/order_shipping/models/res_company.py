from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import labels, replenishment


class ResCompany(models.Model):
    _inherit = "res.company"

    gs1_company_prefix = fields.Char(
        string="GS1 Company Prefix",
        default=labels.DOCUMENTATION_PREFIX,
        help="Digits GS1 gave your company; parcel numbers (SSCC) on labels begin with them. "
        "0614141 is GS1's prefix for examples: fine inside your own house and van, not for parcels "
        "handed to others.",
    )

    pack_weight_tolerance = fields.Float(
        string="Weight Tolerance (%)",
        default=10.0,
        help="By how much a packed box may differ from what its content should weigh before the "
        "packer is stopped. 0: boxes aren't weighed.",
    )

    replenish_service_level = fields.Float(
        string="Service Level (%)",
        default=95.0,
        help="Share of orders to suppliers that arrive before the stock runs out. The higher it "
        "is, the more safety stock reorder rules keep.",
    )
    replenish_order_cost = fields.Monetary(
        string="Cost of an Order",
        default=25.0,
        currency_field="currency_id",
        help="What placing, receiving and paying an order costs, whatever is in it.",
    )
    replenish_holding_rate = fields.Float(
        string="Cost of Stock (% a Year)",
        default=20.0,
        help="What a year in stock costs, as a share of the goods' cost: capital, space, loss.",
    )
    replenish_weeks = fields.Integer(
        string="Weeks Looked At", default=26, help="Weeks of demand that reorder rules rest on."
    )
    replenish_lead_days = fields.Float(
        string="Lead Time (Days)",
        default=7.0,
        help="From order to receipt, for products without a vendor.",
    )

    _replenish_range = models.Constraint(
        "CHECK (replenish_service_level >= 50 AND replenish_service_level < 100"
        " AND replenish_order_cost >= 0 AND replenish_holding_rate >= 0"
        " AND replenish_weeks BETWEEN 4 AND 156 AND replenish_lead_days >= 0)",
        "The service level is from 50 to below 100 %, the weeks looked at are from 4 to 156, and"
        " costs and days aren't below 0.",
    )
    _pack_weight_tolerance_range = models.Constraint(
        "CHECK (pack_weight_tolerance BETWEEN 0 AND 100)",
        "The weight tolerance must be between 0 and 100 %.",
    )

    @api.constrains("gs1_company_prefix")
    def _check_gs1_company_prefix(self):
        for company in self:
            prefix = company.gs1_company_prefix
            if prefix and not labels.is_company_prefix(prefix):
                raise ValidationError(
                    self.env._(
                        "“%(prefix)s” is no GS1 company prefix: enter its 4 to 12 digits only.",
                        prefix=prefix,
                    )
                )

    def _get_replenish_policy(self):
        """What ordering and stock cost, as ``replenishment.Policy``."""
        self.ensure_one()
        return replenishment.Policy(
            self.replenish_service_level / 100,
            self.replenish_order_cost,
            self.replenish_holding_rate / 100,
        )

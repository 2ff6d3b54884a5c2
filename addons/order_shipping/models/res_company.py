from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import labels


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

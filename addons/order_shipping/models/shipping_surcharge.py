from odoo import api, fields, models

from ..engine import rating_table
from .shipping_rate import to_decimal


class ShippingSurcharge(models.Model):
    """What a carrier adds to the price of its table: fuel, remote places, homes, large parcels."""

    _name = "shipping.surcharge"
    _description = "Surcharge"
    _order = "carrier_id, sequence, id"

    carrier_id = fields.Many2one("delivery.carrier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="carrier_id.company_id", store=True)
    currency_id = fields.Many2one(related="carrier_id.rate_currency_id", string="Currency")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True, help="As it stands on the carrier's bill.")
    percent = fields.Float(help="Of the table's price of the parcel.")
    amount = fields.Monetary(help="For each parcel, without tax; added to the percentage.")
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Where it is charged; empty means everywhere."
    )
    zip_prefix = fields.Char(
        help="First letters or digits of the postal codes it is charged for; empty means all."
    )
    above_weight = fields.Float(
        string="Above (kg)",
        digits="Stock Weight",
        help="Charged for parcels heavier than this, in kilograms; 0 means all.",
    )
    above_side = fields.Float(
        string="Side above (cm)",
        help="Charged for parcels whose longest side is longer than this; 0 means all.",
    )
    above_girth = fields.Float(
        string="Girth above (cm)",
        help="Charged for parcels whose longest side plus twice the two others is more than "
        "this; 0 means all.",
    )
    only_residential = fields.Boolean(
        string="Homes Only", help="Charged for addresses where people live, not for businesses."
    )
    date_from = fields.Date(string="From", help="First day it is charged; empty: since ever.")
    date_to = fields.Date(string="Until", help="Last day it is charged; empty: for ever.")

    _charged = models.Constraint(
        "CHECK (COALESCE(percent, 0) > 0 OR COALESCE(amount, 0) > 0)",
        "A surcharge needs a percentage or an amount above 0.",
    )
    _not_negative = models.Constraint(
        "CHECK (COALESCE(percent, 0) >= 0 AND COALESCE(amount, 0) >= 0"
        " AND COALESCE(above_weight, 0) >= 0 AND COALESCE(above_side, 0) >= 0"
        " AND COALESCE(above_girth, 0) >= 0)",
        "Surcharges and their limits can't be negative.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A surcharge can't end before it begins."
    )

    @api.depends("name", "percent", "amount")
    def _compute_display_name(self):
        for surcharge in self:
            percent = f" {surcharge.percent:g} %" if surcharge.percent else ""
            surcharge.display_name = f"{surcharge.name or ''}{percent}"

    # === BUSINESS === #

    def _filter_valid(self, date):
        """Those that are charged on a day."""
        return self.filtered(
            lambda line: (
                (not line.date_from or line.date_from <= date)
                and (not line.date_to or date <= line.date_to)
            )
        )

    def _get_surcharges(self):
        """These surcharges as plain values for the rating engine."""
        return tuple(
            rating_table.Surcharge(
                key=line.id,
                name=line.name,
                amount=to_decimal(line.amount),
                percent=to_decimal(line.percent),
                zone=rating_table.Zone(
                    frozenset(line.country_ids.mapped("code")), line.zip_prefix or ""
                ),
                above_weight=to_decimal(line.above_weight),
                above_side=to_decimal(line.above_side),
                above_girth=to_decimal(line.above_girth),
                only_residential=line.only_residential,
            )
            for line in self
        )

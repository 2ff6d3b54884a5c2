from odoo import fields, models

from ..engine import rating_table
from .shipping_rate import to_decimal


class ShippingRateTableLine(models.Model):
    """One line of a carrier's price list: a zone, a weight band and what a parcel in it costs."""

    _name = "shipping.rate.table.line"
    _description = "Rate Table Line"
    _order = "carrier_id, sequence, max_weight, id"
    _rec_name = "price"

    carrier_id = fields.Many2one("delivery.carrier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="carrier_id.company_id", store=True)
    currency_id = fields.Many2one(related="carrier_id.rate_currency_id", string="Currency")
    sequence = fields.Integer(default=10)
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Where this line holds; empty means everywhere."
    )
    zip_prefix = fields.Char(
        help="First letters or digits of the postal codes this line holds for; empty means all. "
        "The longest prefix that fits a destination decides.",
    )
    max_weight = fields.Float(
        string="Up to (kg)",
        digits="Stock Weight",
        help="Heaviest parcel this line holds for, in kilograms; 0 means no limit.",
    )
    max_side = fields.Float(
        string="Side up to (cm)",
        help="Longest side of a parcel this line holds for, in centimetres; 0 means no limit.",
    )
    max_girth = fields.Float(
        string="Girth up to (cm)",
        help="Longest side plus twice the two others; 0 means no limit.",
    )
    price = fields.Monetary(help="Price of a parcel, without tax.")
    price_per_kg = fields.Monetary(
        string="Price per kg",
        help="Added for each kilogram over “Above (kg)”, by weight: half a kilogram, half of it.",
    )
    from_weight = fields.Float(
        string="Above (kg)",
        digits="Stock Weight",
        help="Kilograms that the price itself already covers.",
    )
    transit_days_min = fields.Integer(string="Days, from", help="Working days, at best.")
    transit_days_max = fields.Integer(
        string="Days, to", help="Working days the carrier promises; 0 where it promises none."
    )
    is_free = fields.Boolean(
        string="Free", help="The price really is 0. Without this, a price of 0 is never chosen."
    )

    _price_stated = models.Constraint(
        "CHECK (COALESCE(price, 0) > 0 OR COALESCE(price_per_kg, 0) > 0 OR is_free)",
        "A price of 0 is taken for a mistake: enter a price, or tick Free.",
    )
    _not_negative = models.Constraint(
        "CHECK (price >= 0 AND price_per_kg >= 0 AND max_weight >= 0 AND from_weight >= 0"
        " AND COALESCE(max_side, 0) >= 0 AND COALESCE(max_girth, 0) >= 0)",
        "Prices, weights and sizes of a rate table can't be negative.",
    )
    _days_in_order = models.Constraint(
        "CHECK (transit_days_min >= 0 AND transit_days_max >= transit_days_min)",
        "The longest transit time can't be shorter than the shortest.",
    )

    # === BUSINESS === #

    def _get_bands(self):
        """These lines as plain values for the rating engine."""
        return tuple(
            rating_table.Band(
                key=line.id,
                price=to_decimal(line.price),
                max_weight=to_decimal(line.max_weight),
                max_side=to_decimal(line.max_side),
                max_girth=to_decimal(line.max_girth),
                price_per_kg=to_decimal(line.price_per_kg),
                from_weight=to_decimal(line.from_weight),
                zone=rating_table.Zone(
                    frozenset(line.country_ids.mapped("code")), line.zip_prefix or ""
                ),
                days_min=line.transit_days_min,
                days_max=line.transit_days_max,
                is_free=line.is_free,
            )
            for line in self
        )

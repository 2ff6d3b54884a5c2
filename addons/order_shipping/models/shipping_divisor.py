from odoo import fields, models


class ShippingDivisor(models.Model):
    """From which day on a carrier bills how many cubic centimetres as a kilogram."""

    _name = "shipping.divisor"
    _description = "Dimensional Divisor"
    _order = "carrier_id, date_from desc, id"
    _rec_name = "divisor"

    carrier_id = fields.Many2one("delivery.carrier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="carrier_id.company_id", store=True)
    date_from = fields.Date(
        string="From", required=True, default=fields.Date.context_today, help="First day it holds."
    )
    divisor = fields.Integer(
        string="Divisor (cm³/kg)",
        required=True,
        default=5000,
        help="A measured parcel is billed by its length × width × height divided by this, if that "
        "is more than it weighs. 0: only the weight counts.",
    )

    _day_uniq = models.Constraint(
        "UNIQUE (carrier_id, date_from)", "A carrier has one divisor from a day on."
    )
    _not_negative = models.Constraint("CHECK (divisor >= 0)", "A divisor can't be negative.")

    def _get_divisor(self, date):
        """The divisor that holds on a day; 0 where none does."""
        valid = self.filtered(lambda line: line.date_from <= date)
        return max(valid, key=lambda line: line.date_from).divisor if valid else 0

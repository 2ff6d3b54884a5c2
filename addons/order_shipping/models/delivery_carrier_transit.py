from decimal import Decimal

from odoo import fields, models

from ..engine import rating_table, reliability

#: Kilograms of a parcel that any table carries: how long it takes depends on where it goes.
LIGHT = rating_table.Parcel(Decimal("0.1"))


class DeliveryCarrier(models.Model):
    """Days in transit by the rate table, for the dates that are promised."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    def _get_transit(self, warehouse, partner):
        """Extend: what the table says of a light parcel to the customer goes before a guess."""
        days, weekdays = super()._get_transit(warehouse, partner)
        if self and self.delivery_type == "rate_table" and not self.transit_days:
            # sudo: a promise may be asked for by who can't read rate tables.
            price = self.sudo()._get_table_price(partner, [LIGHT], fields.Date.context_today(self))
            days = days if price.problem else price.days_max or days
        if self and self._makes_labels() and not self.transit_days and warehouse and partner:
            # Counted in working days, like the table: nine of ten parcels took no longer.
            lane = self.env["shipping.lane"]._find(self, self.service_code, warehouse, partner)
            days = reliability.honest_days(days, lane)
        if self.sudo().transit_calendar_id:
            weekdays = self.sudo()._get_delivery_days(fields.Date.context_today(self))[0]
        return days, weekdays

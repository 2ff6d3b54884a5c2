from odoo import fields, models

from ..engine.promise import WEEKDAYS


class DeliveryCarrier(models.Model):
    """How long a delivery method takes, for promises."""

    _inherit = "delivery.carrier"

    transit_days = fields.Integer(
        string="Days in Transit",
        help="Days of delivery the carrier takes, for the dates that are promised. 0: as the"
        " warehouse says.",
    )
    delivers_weekends = fields.Boolean(
        string="Delivers at Weekends", help="Otherwise Monday to Friday."
    )

    _transit_not_negative = models.Constraint(
        "CHECK (transit_days >= 0)", "Days in transit can't be below zero."
    )

    # === BUSINESS === #

    def _get_transit(self, warehouse, partner):
        """How long it takes from a warehouse to a customer; extend it for better knowledge.

        Called with no carrier, too: then it is the warehouse's own experience.

        :param warehouse: ``stock.warehouse`` it leaves from
        :param partner: ``res.partner`` it goes to
        :return: (days, weekdays on which it delivers; 0 is Monday)
        """
        # sudo: a promise may be asked for by who can't read delivery methods.
        carrier = self.sudo()
        days = carrier.transit_days or warehouse.transit_days
        return days, frozenset(range(7)) if carrier.delivers_weekends else WEEKDAYS

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import billing


class OrderBillingMixin(models.AbstractModel):
    """The rhythm of periodic invoices, for whoever has one of their own: channels and customers."""

    _name = "order.billing.mixin"
    _description = "Rhythm of Invoices"

    invoice_cadence = fields.Selection(
        list(billing.CADENCES),
        string="Periodic Invoices",
        help="How often periodic invoices are made. Empty: as the company does.",
    )
    invoice_weekday = fields.Selection(list(billing.WEEKDAYS), string="On", default="0")
    invoice_monthday = fields.Integer(
        string="On Day",
        default=31,
        help="Day of the month; beyond a month's end its last day counts.",
    )
    invoice_grouping = fields.Selection(
        list(billing.GROUPINGS),
        string="Periodic Invoices Join",
        help="What shares one periodic invoice. Empty: as the company does.",
    )

    @api.constrains("invoice_monthday")
    def _check_invoice_monthday(self):
        for record in self:
            if not 1 <= record.invoice_monthday <= 31:
                raise ValidationError(self.env._("Choose a day of the month from 1 to 31."))

    def _own_rhythm(self):
        """The parts of ``engine.billing.Policy`` that this record decides, as a dict."""
        rhythm = {}
        if self.invoice_cadence:
            rhythm = {
                "cadence": self.invoice_cadence,
                "weekday": int(self.invoice_weekday or 0),
                "monthday": self.invoice_monthday,
            }
        if self.invoice_grouping:
            rhythm["grouping"] = self.invoice_grouping
        return rhythm

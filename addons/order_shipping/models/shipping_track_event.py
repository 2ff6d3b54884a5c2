from odoo import fields, models

from ..carriers.tracking import STATUSES


class ShippingTrackEvent(models.Model):
    """One scan of a parcel, in our words with the carrier's beside them."""

    _name = "shipping.track.event"
    _description = "Tracking Event"
    _order = "time desc, id desc"
    _rec_name = "text"

    label_id = fields.Many2one(
        "shipping.label", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="label_id.company_id", store=True)
    status = fields.Selection(list(STATUSES), required=True, readonly=True)
    time = fields.Datetime(required=True, readonly=True, help="When it was scanned.")
    place = fields.Char(readonly=True)
    text = fields.Char(string="Carrier's Words", readonly=True)
    code = fields.Char(string="Carrier's Code", readonly=True)

    _scan_uniq = models.UniqueIndex("(label_id, time, code, status)", "This scan is known already.")

from odoo import models

#: What customers are told of a parcel; kinds of messages have the same codes.
TOLD = ("out_for_delivery", "ready_for_pickup", "delivery_failed", "delayed")


class ShippingLabel(models.Model):
    """News of parcels for customers: loaded after ``shipping_label_track``, which it extends."""

    _inherit = "shipping.label"

    def _tell_moved(self):
        """Customers are told what becomes of a parcel: once for each parcel and kind of news."""
        result = super()._tell_moved()
        out = self.filtered(lambda row: not row.is_return and row.order_id)
        for status in TOLD:
            for row in out.filtered(lambda row, s=status: row.track_status == s):
                self.env["order.message"]._queue(
                    row.order_id,
                    status,
                    event=f"parcel:{row.id}",
                    words=f"{row.carrier_id.name} {row.tracking_number}",
                )
        return result

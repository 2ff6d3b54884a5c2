from odoo import models


class ShippingLabel(models.Model):
    """News of parcels for customers."""

    _inherit = "shipping.label"

    def _tell_moved(self):
        """Customers are told that a parcel comes today, or is late: once for each parcel."""
        result = super()._tell_moved()
        out = self.filtered(lambda row: not row.is_return and row.order_id)
        for status, kind in (("out_for_delivery", "out_for_delivery"), ("delayed", "delayed")):
            for row in out.filtered(lambda row, s=status: row.track_status == s):
                self.env["order.message"]._queue(
                    row.order_id,
                    kind,
                    event=f"parcel:{row.id}",
                    words=f"{row.carrier_id.name} {row.tracking_number}",
                )
        return result

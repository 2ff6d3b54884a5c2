from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model
    def _prepare_parcel_status(self, picking):
        """One parcel per label that was bought and isn't void, each with its own link."""
        labels = picking.label_ids.filtered(lambda label: label.state == "bought")
        if not labels:
            return super()._prepare_parcel_status(picking)
        return [
            {
                "tracking_number": label.tracking_number,
                "tracking_url": (label.carrier_id.tracking_url or "").replace(
                    "<shipmenttrackingnumber>", label.tracking_number or ""
                )
                or None,
            }
            for label in labels.sorted("parcel_number")
        ]

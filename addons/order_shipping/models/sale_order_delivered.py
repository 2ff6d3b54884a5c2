from odoo import models


class SaleOrder(models.Model):
    """Whether an order's parcels have arrived: what invoices at delivery wait for."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _is_delivered(self):
        """Every parcel with a label has arrived, not just one of them."""
        # sudo: who bills need not read labels.
        labels = self.sudo().picking_ids.label_ids.filtered(lambda label: label.state == "bought")
        return super()._is_delivered() and all(
            label.track_status in (False, "delivered") for label in labels
        )

from odoo import models


class SaleOrder(models.Model):
    """What the customer sees and may change, where shipping knows more."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _get_open_deliveries(self):
        return self.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel") and not p.shipping_return_id
        )

    def _is_labelled(self):
        """Whether a parcel that is still here has its label."""
        return super()._is_labelled() or any(self._get_open_deliveries().mapped("is_labelled"))

    def _is_on_the_floor(self):
        """Whether a batch with its goods is at work and somebody's to pick."""
        batches = self._get_open_deliveries().batch_id
        return super()._is_on_the_floor() or any(
            batch.state == "in_progress" and batch.user_id for batch in batches
        )

    def _before_change(self, is_cancel):
        """Void labels of what isn't as it was any more, and take it out of batches."""
        result = super()._before_change(is_cancel)
        pickings = self._get_open_deliveries()
        pickings.label_ids._void()
        if is_cancel:
            pickings.filtered("batch_id").batch_id = False
        return result

    def _get_customer_parcels(self):
        """Parcels by their labels, with what their carriers told."""
        self.ensure_one()
        order = self.sudo()  # sudo: parcels of one's own order
        pickings = order.picking_ids.filtered(
            lambda p: p.location_dest_id._is_outgoing() and p.state == "done"
        )
        labels = pickings.label_ids.filtered(lambda row: row.state == "bought")
        if not labels:
            return super()._get_customer_parcels()
        words = dict(labels._fields["track_status"]._description_selection(self.env))
        return [
            {
                "number": label.tracking_number,
                "link": label.tracking_link or "",
                "carrier": label.carrier_id.name,
                "status": words.get(label.track_status, ""),
                "events": [
                    (event.time, words.get(event.status, event.text), event.place or "")
                    for event in label.track_event_ids
                ],
            }
            for label in labels.sorted(lambda row: (row.picking_id.id, row.parcel_number))
        ]

    def _get_customer_returns(self):
        """Returns of this order, newest first."""
        self.ensure_one()
        return self.sudo().return_ids  # sudo: returns of one's own order

    def _is_returnable_by_customer(self):
        """Whether the customer's page offers a return."""
        self.ensure_one()
        order = self.sudo()  # sudo: see _get_customer_returns
        return order.state == "sale" and order.is_returnable

    def _get_customer_returnable(self):
        """What may come back, for the form: list of (line, how many)."""
        self.ensure_one()
        facts = self.sudo()._get_returnable()
        return [(line, each["left"]) for line, each in facts.items() if each["left"] > 0]

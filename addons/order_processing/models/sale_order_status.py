from odoo import api, fields, models

from ..flow import HOLD_BLOCKING, STEPS

_LABELS = {step.code: step.label for step in STEPS}
#: What the sender is told of a delivery; cancelled ones are left out.
DELIVERY_STATES = {"assigned": "ready", "done": "shipped", "cancel": None}


def _iso(value):
    """A naive UTC datetime as ISO 8601 with its zone, or None."""
    return f"{fields.Datetime.to_string(value).replace(' ', 'T')}Z" if value else None


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model
    def _find_by_reference(self, channel, reference):
        """The order of ``channel`` with a reference: the channel's own, or the customer's.

        :param str reference: unchanging reference of its document, or the order's number
        """
        intake = self.env["order.intake"]._find_by_reference(channel, reference)
        if intake.order_id:
            return self.browse(intake.order_id.id)
        return self.search(
            [("channel_id", "=", channel.id), ("channel_ref", "=", reference)],
            order="id desc",
            limit=1,
        )

    def _prepare_status(self):
        """What the channel of one order may know about it, as JSON values.

        Extend this to tell more: it is what ``GET /order/status/…`` answers.
        """
        self.ensure_one()
        deliveries = self.picking_ids.filtered(
            lambda picking: picking.location_dest_id._is_outgoing() and picking.state != "cancel"
        )
        return {
            "order": self.name,
            "number": self.channel_ref or None,
            "state": self.state,
            "step": self.flow_step or None,
            "step_name": _LABELS.get(self.flow_step),
            "on_hold": any(hold.state in HOLD_BLOCKING for hold in self.hold_ids),
            "total": f"{self.amount_total:.{self.currency_id.decimal_places}f}",
            "currency": self.currency_id.name,
            "ordered_at": _iso(self.date_order),
            "promised_at": _iso(self.commitment_date),
            "deliveries": [
                self._prepare_delivery_status(picking) for picking in deliveries.sorted("id")
            ],
        }

    @api.model
    def _prepare_delivery_status(self, picking):
        """What the channel may know about one delivery, as JSON values."""
        return {
            "number": picking.name,
            "state": DELIVERY_STATES.get(picking.state, "waiting"),
            "shipped_at": _iso(picking.date_done),
            "carrier": picking.carrier_id.name or None,
            "lines": [
                {
                    "sku": move.product_id.default_code or None,
                    "quantity": move.quantity if picking.state == "done" else move.product_uom_qty,
                    "unit": move.product_uom.name,
                }
                for move in picking.move_ids
                if move.state != "cancel"
            ],
            "parcels": self._prepare_parcel_status(picking),
        }

    @api.model
    def _prepare_parcel_status(self, picking):
        """The parcels of one delivery with their tracking, as JSON values."""
        if not picking.carrier_tracking_ref:
            return []
        url = picking.carrier_tracking_url or None
        # Several parcels have a list of links in one field, which is none to follow.
        link = url if url and url.startswith(("https://", "http://")) else None
        return [{"tracking_number": picking.carrier_tracking_ref, "tracking_url": link}]

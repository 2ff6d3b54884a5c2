import json

from odoo import http
from odoo.http import request

from odoo.addons.order_processing.controllers.common import MAX_ID, refuse

from ..carriers import webhooks

#: More than any message about one parcel.
MOST_BYTES = 1024 * 1024


class ShippingTrack(http.Controller):
    @http.route(
        "/order_shipping/track/<int:carrier_id>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def track(self, carrier_id):
        """A carrier's news about parcels, proven by the secret agreed with it.

        Repeats and unknown parcels are answered like anything else: nobody learns what exists.
        """
        # sudo: the sender is nobody here; only the secret is read before the signature is proven.
        carrier = request.env["delivery.carrier"].sudo()
        carrier = carrier.browse(carrier_id).exists() if carrier_id <= MAX_ID else carrier
        hook = webhooks.HOOKS.get(carrier.delivery_type)
        secret = carrier.webhook_secret if hook else False
        if (request.httprequest.content_length or MOST_BYTES + 1) > MOST_BYTES:
            return request.make_json_response({"status": "too large"}, status=413)
        body = request.httprequest.get_data()
        refusal = refuse(
            f"carrier {carrier.id}",
            lambda: secret and hook.is_signed(secret, body, request.httprequest.headers),
            lambda: request.make_json_response({"status": "not signed"}, status=401),
        )
        if refusal:
            return refusal
        try:
            found = hook.read(json.loads(body))
        except (ValueError, AttributeError, TypeError, KeyError):
            return request.make_json_response({"status": "not understood"}, status=400)
        labels = request.env["shipping.label"].sudo()
        labels = labels.search(
            [
                ("carrier_id", "=", carrier.id),
                ("tracking_number", "in", [number for number, events in found.items() if events]),
                ("state", "=", "bought"),
            ]
        )
        labels._keep_events({label: found[label.tracking_number] for label in labels})
        return request.make_json_response({"status": "ok"})

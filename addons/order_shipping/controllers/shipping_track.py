import json

from odoo import http
from odoo.http import request

from odoo.addons.order_processing.controllers.common import MAX_ID, refuse

from ..carriers import easypost

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
        """A carrier's news about a parcel, signed with the secret agreed with it.

        Repeats and unknown parcels are answered like anything else: nobody learns what exists.
        """
        # sudo: the sender is nobody here; only the secret is read before the signature is proven.
        carrier = request.env["delivery.carrier"].sudo()
        carrier = carrier.browse(carrier_id).exists() if carrier_id <= MAX_ID else carrier
        secret = carrier.webhook_secret if carrier.delivery_type == "easypost" else False
        if (request.httprequest.content_length or MOST_BYTES + 1) > MOST_BYTES:
            return request.make_json_response({"status": "too large"}, status=413)
        body = request.httprequest.get_data()
        signature = request.httprequest.headers.get("X-Hmac-Signature", "")
        refusal = refuse(
            f"carrier {carrier.id}",
            lambda: secret and easypost.is_signed(secret, body, signature),
            lambda: request.make_json_response({"status": "not signed"}, status=401),
        )
        if refusal:
            return refusal
        try:
            tracker = json.loads(body).get("result") or {}
            events = easypost.events_of(tracker)
        except (ValueError, AttributeError, TypeError, KeyError):
            return request.make_json_response({"status": "not understood"}, status=400)
        labels = request.env["shipping.label"].sudo()
        label = labels.search(
            [
                ("carrier_id", "=", carrier.id),
                ("tracking_number", "=", tracker.get("tracking_code") or ""),
                ("state", "=", "bought"),
            ]
        )
        if label and events:
            labels._keep_events({label: events})
        return request.make_json_response({"status": "ok"})

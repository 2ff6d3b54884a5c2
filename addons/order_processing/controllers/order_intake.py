import base64
import hashlib
import hmac
import logging

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..engine.intake.reading import MAX_BYTES

_logger = logging.getLogger(__name__)

#: What a shop may post here. Others are answered, so that it doesn't repeat them for days.
TOPICS = frozenset({"orders/create", "orders/updated", "orders/paid"})


class OrderIntakeController(http.Controller):
    """The address that channels post their documents to."""

    @http.route(
        "/order/intake/<int:channel_id>",
        type="http",
        auth="public",
        csrf=False,
        save_session=False,
    )
    def receive(self, channel_id, **_params):
        """Take in one signed document and answer with what became of it, as JSON.

        201 an order was created; 200 the same document came before (or its topic is no order);
        401 not signed with the channel's secret; 404 no such channel; 405 not posted; 409 an order
        was made of other content; 413 too large; 422 refused, with the reasons.
        """
        env = request.env
        if request.httprequest.method != "POST":
            reason = env._("Post the document to this address.")
            return self._answer(405, "not_allowed", reason, {"Allow": "POST"})
        # sudo: the sender is nobody here. Only the channel's secret is read before the signature
        # is proven, and only its intake is written after that.
        channel = env["order.channel"].with_user(SUPERUSER_ID).browse(channel_id).exists()
        if not channel or not channel.active or channel.kind == "manual":
            return self._answer(404, "unknown_channel", env._("No channel listens here."))
        if (request.httprequest.content_length or 0) > MAX_BYTES:
            reason = env._(
                "The document is larger than %(limit)s MB.", limit=MAX_BYTES // (1024 * 1024)
            )
            return self._answer(413, "too_large", reason)
        payload = request.httprequest.get_data(cache=True)
        headers = request.httprequest.headers
        if not self._is_signed(payload, headers.get("X-Shopify-Hmac-Sha256"), channel.secret):
            _logger.info("Channel %s: document without a valid signature refused", channel_id)
            reason = env._(
                "The signature is missing or wrong. Check that the shop and the channel have the"
                " same secret."
            )
            return self._answer(401, "not_signed", reason)
        topic = headers.get("X-Shopify-Topic")
        if topic and topic not in TOPICS:
            reason = env._("Nothing is done for the topic %(topic)s.", topic=topic[:80])
            return self._answer(200, "ignored", reason)
        if headers.get("X-Shopify-Test", "").lower() == "true":
            reason = env._("The test notification is signed as it should be. Nothing was kept.")
            return self._answer(200, "ignored", reason)
        return self._take_in(channel, payload, headers)

    def _take_in(self, channel, payload, headers):
        """Keep and process a document whose sender is proven."""
        delivery = headers.get("X-Shopify-Webhook-Id", "")[:80]
        filename = f"{delivery}.json" if delivery else None
        intake = channel._receive(payload, filename=filename, source="webhook")
        # A file of several orders is several documents.
        intake.filtered(lambda each: each.state == "received").action_process()
        status, answer = intake._answer()
        _logger.info("Channel %s: intake %s answered %s", channel.id, intake.ids, status)
        return request.make_json_response(answer, status=status)

    @staticmethod
    def _is_signed(payload, signature, secret):
        """Whether ``signature`` is the base64 of the HMAC-SHA256 of the payload."""
        if not signature or not secret:
            return False
        digest = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(digest), signature.encode())

    @staticmethod
    def _answer(status, code, reason, headers=None):
        """An answer about a document that wasn't kept."""
        return request.make_json_response(
            {"status": code, "intake": None, "order": None, "reason": reason, "findings": []},
            headers=headers,
            status=status,
        )

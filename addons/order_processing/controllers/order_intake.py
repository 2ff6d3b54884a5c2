import logging

from odoo import http
from odoo.http import request

from ..engine import access
from ..engine.intake.reading import MAX_BYTES
from ..logs import log_line
from ..models.ir_attachment import FilestoreFull
from .common import answer, find_channel, refuse

_logger = logging.getLogger(__name__)

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class OrderIntakeController(http.Controller):
    """The address that channels post their documents to."""

    @http.route(
        "/order/intake/<int:channel_id>",
        type="http",
        auth="public",
        csrf=False,
        save_session=False,
    )
    def receive(self, channel_id, **form):
        """Take in one document of a proven sender and answer with what became of it, as JSON.

        201 an order was created; 200 the same document came before (or its topic is no order);
        207 it held several orders; 400 no such idempotency key; 401 the sender isn't proven; 404 no
        such channel; 405 not posted; 409 an order was made of other content; 413 too large; 415 not
        of the channel's format; 422 refused, with the reasons; 429 too many wrong signatures; 503
        no room to keep it: send it again later.
        """
        env = request.env
        if request.httprequest.method != "POST":
            reason = env._("Post the document to this address.")
            return answer(405, "not_allowed", reason, {"Allow": "POST"})
        channel = find_channel(channel_id)
        if not channel:
            return answer(404, "unknown_channel", env._("No channel listens here."))
        refusal = self._refuse_body(channel, form)
        if refusal:
            return refusal
        payload = request.httprequest.get_data(cache=True)
        headers = request.httprequest.headers
        refusal = refuse(
            f"channel {channel.id}",
            lambda: channel._is_authentic(payload, headers),
            lambda: self._refuse_sender(channel),
        )
        if refusal:
            return refusal
        topic = channel._get_ignored_topic(headers)
        if topic:
            reason = env._("Nothing is done for the topic %(topic)s.", topic=topic)
            return answer(200, "ignored", reason)
        if channel.auth == "shopify" and headers.get("X-Shopify-Test", "").lower() == "true":
            reason = env._("The test notification is signed as it should be. Nothing was kept.")
            return answer(200, "ignored", reason)
        try:
            key = access.read_idempotency_key(headers.get("Idempotency-Key"))
        except ValueError:
            reason = env._(
                "The Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID."
            )
            return answer(400, "bad_key", reason)
        # A shop's webhook knows nothing of keys; its deliveries are told apart by their content.
        return self._take_in(channel, payload, key if channel.auth == "key" else "")

    @staticmethod
    def _refuse_body(channel, form):
        """An answer to what can't be a document of this channel, before it is read."""
        env, http_request = request.env, request.httprequest
        if (http_request.content_length or 0) > MAX_BYTES:
            reason = env._(
                "The document is larger than %(limit)s MB.", limit=MAX_BYTES // (1024 * 1024)
            )
            return answer(413, "too_large", reason)
        content_type = http_request.mimetype or ""
        if content_type in FORMS and channel.auth == "woocommerce" and list(form) == ["webhook_id"]:
            # WooCommerce says hello like this, unsigned, when a webhook is saved.
            return answer(200, "ignored", env._("The webhook reaches this channel."))
        if not channel._accepts_type(content_type):
            reason = env._(
                "Channel %(channel)s takes no documents of the type %(type)s. State the type of the"
                " document in the header Content-Type, and post the document itself, not a form.",
                channel=channel.name,
                type=content_type[:80],
            )
            return answer(415, "unsupported_type", reason)
        return None

    @staticmethod
    def _refuse_sender(channel):
        """Tell somebody who couldn't prove to be the channel what is expected."""
        _logger.info("%s", log_line("intake refused", channel=channel))
        env = request.env
        if channel.auth == "key":
            reason = env._(
                "The API key is missing or wrong. Send the channel's secret in the header"
                " “Authorization: Bearer …”."
            )
            return answer(401, "not_signed", reason, {"WWW-Authenticate": "Bearer"})
        reason = env._(
            "The signature is missing or wrong. Check that the shop and the channel have the same"
            " secret."
        )
        return answer(401, "not_signed", reason)

    def _take_in(self, channel, payload, key):
        """Keep and process a document whose sender is proven."""
        env = request.env
        Key = channel.env["order.intake.key"]
        known = Key._find(channel, key) if key else Key
        if known and not known._is_of(payload):
            reason = env._(
                "The Idempotency-Key %(key)s was used for another document. Give each document a"
                " key of its own.",
                key=key[:80],
            )
            return answer(422, "key_reused", reason)
        if known.intake_ids:
            known.intake_ids._count_replay()
            # The order of creation is that of the documents.
            return self._tell(channel, known.intake_ids.sorted("id"))
        name = channel._get_delivery_name(request.httprequest.headers)
        source = "api" if channel.auth == "key" else "webhook"
        try:
            with env.cr.savepoint():
                intakes = channel._receive_documents([(payload, name)], source=source)
        except FilestoreFull as error:
            _logger.error("%s", log_line("intake without room", channel=channel, error=error))
            return answer(503, "no_room", str(error), {"Retry-After": "300"})
        intakes._work_off(name or channel.name)
        if key:
            Key._remember(channel, key, payload, intakes)
        return self._tell(channel, intakes)

    @staticmethod
    def _tell(channel, intakes):
        """The answer of one document, or those of all in one."""
        answers = [intake._answer() for intake in intakes]
        statuses = ",".join(str(status) for status, _body in answers)
        _logger.info(
            "%s",
            log_line(
                "intake answered",
                order=intakes.order_id,
                channel=channel,
                intake=intakes,
                status=statuses,
            ),
        )
        if len(answers) == 1:
            status, body = answers[0]
        else:
            status = 207
            body = {
                "status": "several",
                "intake": None,
                "order": None,
                "reason": request.env._("The document holds %(count)s orders.", count=len(answers)),
                "findings": [],
                "documents": [each | {"http_status": code} for code, each in answers],
            }
        if channel.auth == "woocommerce" and status > 299:
            # WooCommerce drops a webhook after five refusals. The document is kept and waits for a
            # person here, so that the shop has no reason to send it again.
            status = 200
        return request.make_json_response(body, status=status)

import yaml

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import file_open

from ..engine.openapi import outline
from ..models.order_intake_answer import KINDS
from .common import MAX_ID, answer, find_channel, refuse

DESCRIPTION = "order_processing/static/openapi/intake.yaml"
#: The page needs no script and nothing from elsewhere: a browser shall refuse both.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class OrderStatusController(http.Controller):
    """What a channel may ask about its orders, and how."""

    @http.route(
        "/order/status/<int:channel_id>/<path:reference>",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def status(self, channel_id, reference, **_params):
        """Tell how far an order is, as JSON.

        200 what became of it; 401 not the channel's key; 404 no such channel or order.
        """
        env = request.env
        channel = find_channel(channel_id)
        if not channel:
            return answer(404, "unknown_channel", env._("No channel listens here."))
        refusal = self._refuse_stranger(channel)
        if refusal:
            return refusal
        order = channel.env["sale.order"]._find_by_reference(channel, reference)
        intake = channel.env["order.intake"]._find_by_reference(channel, reference)
        if not order and not intake:
            reason = env._("This channel sent no order %(ref)s.", ref=reference[:80])
            return answer(404, "unknown_order", reason)
        status = {
            "status": intake.state or "accepted",
            "reference": intake.external_ref or reference,
            "intake": intake.id or None,
            "reason": intake.error or None,
        }
        if order:
            status |= order._prepare_status()
        return request.make_json_response(status, headers={"Cache-Control": "no-store"})

    @http.route(
        "/order/answer/<int:intake_id>",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def order_answer(self, intake_id, **params):
        """Give the seller's answer to a document, in the document's own format.

        200 the answer; 401 not the key of the document's channel (or no such document); 404 this
        document has no answer of this kind; 409 it waits to be decided.
        """
        env = request.env
        intake, refusal = self._find_intake(intake_id)
        if refusal:
            return refusal
        kinds = intake._get_answer_kinds()
        kind = params.get("kind") or (kinds[-1] if kinds else "")
        if kind not in kinds:
            reason = env._(
                "Documents of this channel have these answers: %(kinds)s.",
                kinds=", ".join(kinds) or env._("none"),
            )
            return answer(404, "no_answer", reason)
        try:
            attachment = intake._get_answer(kind)
        except UserError as error:
            return answer(404, "no_answer", str(error))
        if not attachment:
            return answer(409, "undecided", env._("Nobody has decided about this document yet."))
        return request.make_response(
            attachment.raw,
            headers={
                "Content-Type": KINDS[kind].mimetype,
                "Content-Disposition": http.content_disposition(attachment.name),
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    @http.route(
        "/order/api", type="http", auth="public", methods=["GET"], save_session=False, sitemap=False
    )
    def api_page(self, **_params):
        """The published description of this interface, to read."""
        with file_open(DESCRIPTION) as description:
            values = outline(yaml.safe_load(description))
        page = request.env["ir.qweb"]._render("order_processing.api_page", values)
        return request.make_response(
            f"<!DOCTYPE html>\n{page}",
            headers={
                "Content-Type": "text/html; charset=utf-8",
                "Content-Security-Policy": PAGE_POLICY,
                "X-Content-Type-Options": "nosniff",
            },
        )

    @classmethod
    def _find_intake(cls, intake_id):
        """The document with a number, and the answer if the request bears another key."""
        # sudo: see find_channel; only the channel is read before the key is proven.
        intakes = request.env["order.intake"].sudo()
        intake = intakes.browse(intake_id).exists() if 0 < intake_id <= MAX_ID else intakes
        channel = find_channel(intake.channel_id.id) if intake else intake.channel_id
        refusal = cls._refuse_stranger(channel) if channel else cls._refuse()
        return channel.env["order.intake"].browse(intake_id), refusal

    @classmethod
    def _refuse_stranger(cls, channel):
        """The answer to a request that doesn't bear the channel's key, if it doesn't."""
        headers = request.httprequest.headers
        return refuse(f"channel {channel.id}", lambda: channel._is_key_holder(headers), cls._refuse)

    @staticmethod
    def _refuse():
        reason = request.env._(
            "The API key is missing or wrong. Send the channel's secret in the header"
            " “Authorization: Bearer …”."
        )
        return answer(401, "not_signed", reason, {"WWW-Authenticate": "Bearer"})

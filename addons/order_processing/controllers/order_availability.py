import math
from datetime import datetime, timezone

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.sale_order_status import _iso
from .common import answer, find_channel
from .order_status import OrderStatusController

#: Products in one question, lines in one cart.
MOST_SKUS = 1000
MOST_LINES = 200
MAX_QUANTITY = 10**9


class OrderAvailabilityController(http.Controller):
    """What a channel may sell, and goods its carts keep for a while."""

    @http.route(
        "/order/availability/<int:channel_id>",
        type="http",
        auth="public",
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def availability(self, channel_id, date=None, **_params):
        """Tell what may be promised of products, by SKU, as JSON.

        200 the quantities; 400 a date that is none, or too many products; 401 not the channel's
        key; 404 no such channel.
        """
        channel, refusal = self._find(channel_id)
        if refusal:
            return refusal
        env = channel.env
        skus = [
            sku.strip()
            for value in request.httprequest.args.getlist("sku")
            for sku in value.split(",")
            if sku.strip()
        ]
        if len(skus) > MOST_SKUS:
            reason = env._("Ask for at most %(most)s products at once.", most=MOST_SKUS)
            return answer(400, "bad_request", reason)
        try:
            moment = self._read_date(date)
        except ValueError:
            return answer(400, "bad_request", env._("The date isn't one of ISO 8601."))
        asked = list(dict.fromkeys(skus)) if skus else None
        rows = channel._prepare_availability(asked, moment)
        known = {row["sku"] for row in rows}
        return request.make_json_response(
            {
                "status": "ok",
                "as_of": _iso(fields.Datetime.now()),
                "products": rows,
                "unknown": [sku for sku in asked or [] if sku not in known],
            },
            headers={"Cache-Control": "no-store"},
        )

    @http.route(
        "/order/reservation/<int:channel_id>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def reserve(self, channel_id, **_params):
        """Reserve a cart's goods for a while; the same reference again replaces it.

        200 what could be reserved; 400 no such JSON; 401 not the channel's key; 403 this channel
        doesn't reserve; 404 no such channel; 422 lines that can't be read.
        """
        channel, refusal = self._find(channel_id)
        if refusal:
            return refusal
        env = channel.env
        if not channel.reservation_minutes:
            return answer(403, "not_allowed", env._("Carts of this channel don't reserve."))
        try:
            body = request.get_json_data()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return answer(400, "bad_request", env._("Send a JSON object."))
        try:
            reference, minutes, lines = self._read_cart(env, body, channel.reservation_minutes)
            products = channel._find_sold_products([sku for sku, _quantity in lines])
            missing = [sku for sku, _quantity in lines if sku not in products]
            if missing:
                raise UserError(env._("Unknown: %(skus)s.", skus=", ".join(missing[:10])))
        except UserError as error:
            return answer(422, "bad_request", str(error))
        wanted = {}
        for sku, quantity in lines:
            wanted[products[sku]] = wanted.get(products[sku], 0.0) + quantity
        granted = env["order.reservation"]._reserve(
            wanted, channel._get_shipping_warehouses(), reference, minutes, channel
        )
        kept = env["order.reservation"].sudo()._of_cart(reference, channel)
        return self._tell_reserved(reference, lines, products, granted, kept)

    @http.route(
        "/order/reservation/<int:channel_id>/<path:reference>",
        type="http",
        auth="public",
        methods=["DELETE"],
        csrf=False,
        save_session=False,
    )
    def release(self, channel_id, reference, **_params):
        """Give a cart's goods back; also when there are none any more."""
        channel, refusal = self._find(channel_id)
        if refusal:
            return refusal
        # sudo: nobody edits reservations; only those of the proven channel's cart are ended.
        channel.env["order.reservation"].sudo()._of_cart(reference, channel).state = "released"
        return request.make_json_response({"status": "released", "reference": reference})

    @staticmethod
    def _find(channel_id):
        """The channel as the user it acts as, and the answer if it may not ask."""
        channel = find_channel(channel_id)
        if not channel:
            reason = request.env._("No channel listens here.")
            return channel, answer(404, "unknown_channel", reason)
        refusal = OrderStatusController._refuse_stranger(channel)
        return (channel, refusal) if refusal else (channel._as_acting_user(), None)

    @staticmethod
    def _read_date(text):
        """A moment as naive UTC; a day counts until its end."""
        if not text:
            return None
        if len(text) == 10:
            return datetime.fromisoformat(text).replace(hour=23, minute=59, second=59)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return moment

    @staticmethod
    def _read_cart(env, body, most_minutes):
        """Reference, minutes and (SKU, quantity) pairs of a cart.

        :raises UserError: what is wrong with it
        """
        reference, lines = body.get("reference"), body.get("lines")
        if not isinstance(reference, str) or not 0 < len(reference.strip()) <= 128:
            raise UserError(env._("“reference” names the cart, in at most 128 characters."))
        minutes = body.get("minutes", most_minutes)
        if isinstance(minutes, bool) or not isinstance(minutes, int) or minutes < 1:
            raise UserError(env._("“minutes” is a whole number above zero."))
        if not isinstance(lines, list) or not 0 < len(lines) <= MOST_LINES:
            raise UserError(env._("“lines” has 1 to %(most)s lines.", most=MOST_LINES))
        pairs = []
        for line in lines:
            sku = line.get("sku") if isinstance(line, dict) else None
            quantity = line.get("quantity") if isinstance(line, dict) else None
            number = isinstance(quantity, (int, float)) and not isinstance(quantity, bool)
            if not isinstance(sku, str) or not sku.strip() or len(sku) > 128:
                raise UserError(env._("Each line has a “sku”."))
            if not number or not math.isfinite(quantity) or not 0 < quantity <= MAX_QUANTITY:
                raise UserError(env._("%(sku)s: “quantity” is a number above zero.", sku=sku))
            pairs.append((sku.strip(), float(quantity)))
        return reference.strip(), min(minutes, most_minutes), pairs

    @staticmethod
    def _tell_reserved(reference, lines, products, granted, kept):
        """The answer: what of each line is reserved, in the order of the lines."""
        left, rows = dict(granted), []
        for sku, quantity in lines:
            product = products[sku]
            share = min(quantity, left[product])
            left[product] -= share
            rows.append({"sku": sku, "quantity": quantity, "reserved": product._promisable(share)})
        complete = all(row["reserved"] >= row["quantity"] for row in rows)
        return request.make_json_response(
            {
                "status": "reserved" if complete else "partial",
                "reference": reference,
                "expires_at": _iso(kept[:1].expires_at),
                "lines": rows,
            },
            headers={"Cache-Control": "no-store"},
        )

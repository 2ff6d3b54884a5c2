import io

from PIL import Image, UnidentifiedImageError, WebPImagePlugin

from odoo import Command, http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.order_processing.controllers.order_portal import MOST_WORDS, OrderPortal

#: Photos of one return.
MOST_PHOTOS, MOST_BYTES, MOST_PIXELS = 5, 8 * 1024 * 1024, 50_000_000
FORMATS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    WebPImagePlugin.WebPImageFile.format: ("image/webp", "webp"),
}


class ShippingReturnPortal(OrderPortal):
    """The customer's page: send goods back."""

    @http.route(
        "/my/orders/<int:order_id>/return",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def order_return(self, order_id, access_token=None, **_other):
        """The form to choose what comes back, and why."""
        order, refusal = self._find_order(order_id, access_token)
        if refusal:
            return refusal
        return self._render_return(order, access_token)

    @http.route(
        "/my/orders/<int:order_id>/return/send",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        max_content_length=MOST_PHOTOS * MOST_BYTES + 1024 * 1024,
    )
    def order_return_send(self, order_id, access_token=None, **form):
        """Ask for a return; what the policy lets through is approved at once."""
        order, refusal = self._find_order(order_id, access_token, counts=True)
        if refusal:
            return refusal
        try:
            photos = self._read_photos(request.httprequest.files.getlist("photos"))
            vals = self._read_return(order, form)
            with request.env.cr.savepoint():
                # sudo: which order it is was proven; what may come back is decided by the model.
                asked = self._as_customer(order).env["shipping.return"].sudo().create(vals)
                asked._add_photos(photos)
        except UserError as error:
            return self._render_return(
                order, access_token, status=422, error=str(error.args[0]), form=form
            )
        return request.redirect(order.get_portal_url(query_string="&news=return"))

    @http.route(
        "/my/orders/<int:order_id>/return/<int:return_id>/label",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def order_return_label(self, order_id, return_id, access_token=None, **_other):
        """The label of a return, as PDF."""
        order, refusal = self._find_order(order_id, access_token)
        if refusal:
            return refusal
        # sudo: returns of the very order that was proven.
        mine = order.sudo().return_ids.filtered(lambda each: each.id == return_id)
        paper = mine.label_ids._get_merged_pdf() if mine else b""
        if not paper:
            return self._message(order, 404, request.env._("There is no label for it."))
        return request.make_response(
            paper,
            headers={
                "Content-Type": "application/pdf",
                "Content-Disposition": http.content_disposition(f"{mine.name}.pdf"),
                "Cache-Control": "no-store",
            },
        )

    # === HELPERS === #

    def _render_return(self, order, access_token, **values):
        mine = self._as_customer(order)
        # sudo: customers read the reasons they may choose among, and their order's policy.
        reasons = mine.env["shipping.return.reason"].sudo().search([("is_public", "=", True)])
        policy = mine.env["shipping.return.policy"]._get_for(mine)
        return self._render(
            "order_shipping.portal_order_return",
            order,
            access_token,
            reasons=reasons,
            policy=policy,
            rows=mine._get_customer_returnable(),
            most_photos=MOST_PHOTOS,
            **values,
        )

    @staticmethod
    def _read_return(order, form):
        """Values of a return out of the form.

        :raise UserError: something in it isn't a number, or a reason lacks
        """
        public = request.env["shipping.return.reason"].sudo().search([("is_public", "=", True)])
        lines = []
        for line, _left in order._get_customer_returnable():
            text = (form.get(f"line_{line.id}") or "").strip().replace(",", ".")
            try:
                quantity = float(text or 0)
            except ValueError:
                raise UserError(request.env._("“%s” isn't a number.", text[:20])) from None
            if not 0 <= quantity < 1e9:
                raise UserError(request.env._("“%s” isn't a quantity.", text[:20]))
            if not quantity:
                continue
            code = form.get(f"reason_{line.id}") or ""
            reason = public.filtered(lambda each, c=code: str(each.id) == c)
            if not reason:
                raise UserError(request.env._("Choose why it comes back: %s", line.product_id.name))
            lines.append(
                Command.create(
                    {"sale_line_id": line.id, "quantity": quantity, "reason_id": reason.id}
                )
            )
        settlement = form.get("settlement")
        return {
            "order_id": order.id,
            "source": "portal",
            "settlement": settlement if settlement in ("credit", "exchange") else "refund",
            "note": (form.get("note") or "")[:MOST_WORDS],
            "line_ids": lines,
        }

    @staticmethod
    def _read_photos(files):
        """Check uploads by what they are, not by what they say they are.

        :return: list of (name, bytes, mimetype)
        :raise UserError: too many, too large, or no picture
        """
        photos = []
        for upload in files:
            if not upload.filename:
                continue
            if len(photos) == MOST_PHOTOS:
                raise UserError(request.env._("At most %s photos, please.", MOST_PHOTOS))
            data = upload.stream.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise UserError(request.env._("A photo may have 8 MB at most."))
            try:
                with Image.open(io.BytesIO(data), formats=list(FORMATS)) as picture:
                    kind, size = picture.format, picture.size
                    picture.verify()
            except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
                raise UserError(
                    request.env._("Photos have to be JPEG, PNG or WebP pictures.")
                ) from None
            if size[0] * size[1] > MOST_PIXELS:
                raise UserError(request.env._("This picture is too large: make it smaller."))
            mimetype, ending = FORMATS[kind]
            photos.append((f"photo-{len(photos) + 1}.{ending}", data, mimetype))
        return photos

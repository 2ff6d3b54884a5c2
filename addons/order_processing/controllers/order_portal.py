from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.sale.controllers.portal import CustomerPortal

#: Wishes of one caller within an hour, and wrong links of one address.
MOST_POSTS, MOST_MISSES, WINDOW = 30, 60, 3600
#: Messages of customers.
MOST_WORDS = 4000


class OrderPortal(CustomerPortal):
    """The customer's page of an order: change, cancel, order again, what to be told.

    Every route finds its order by :meth:`_document_check_access`: the customer's own, or one whose
    link is in the request, unless that link has ended or was taken back.
    """

    def _document_check_access(self, model_name, document_id, access_token=None):
        """Links end, and wrong ones are counted."""
        if model_name != "sale.order" or not access_token:
            return super()._document_check_access(model_name, document_id, access_token)
        # sudo: only the link's end is read before it is proven.
        order = request.env["sale.order"].sudo().browse(document_id).exists()
        if not order or order.sudo(False).with_user(request.env.user).has_access("read"):
            return super()._document_check_access(model_name, document_id)
        good = order.access_token and consteq(order.access_token, str(access_token))
        if not good or order._is_link_expired():
            raise AccessError(request.env._("This link has ended, or was cut."))
        return super()._document_check_access(model_name, document_id, access_token)

    # === ROUTES === #

    @http.route(
        "/my/orders/<int:order_id>/change",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def order_change(self, order_id, access_token=None, **_other):
        """The form to change or cancel an order."""
        order, refusal = self._find_order(order_id, access_token)
        if refusal:
            return refusal
        return self._render("order_processing.portal_order_change", order, access_token)

    @http.route(
        "/my/orders/<int:order_id>/change/send",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def order_change_send(self, order_id, access_token=None, **form):
        """Do what the customer wants changed, or pass it on."""
        order, refusal = self._find_order(order_id, access_token, counts=True)
        if refusal:
            return refusal
        try:
            wish = self._read_change(order, form)
            with request.env.cr.savepoint():
                change = (
                    self._as_customer(order)
                    .env["order.change"]
                    ._ask(
                        self._as_customer(order), wish, "portal", form.get("note", "")[:MOST_WORDS]
                    )
                )
        except UserError as error:
            return self._render(
                "order_processing.portal_order_change",
                order,
                access_token,
                status=422,
                error=str(error.args[0]),
                form=form,
            )
        done = "changed" if change.state == "done" else "asked"
        return request.redirect(order.get_portal_url(query_string=f"&news={done}"))

    @http.route(
        "/my/orders/<int:order_id>/again",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def order_again(self, order_id, access_token=None, **_form):
        """A quotation of the same goods at today's prices."""
        order, refusal = self._find_order(order_id, access_token, counts=True)
        if refusal:
            return refusal
        again = self._as_customer(order)._order_again()
        if not again:
            return self._message(
                order, 422, request.env._("None of these goods are sold any more.")
            )
        return request.redirect(again.get_portal_url())

    @http.route(
        "/my/orders/<int:order_id>/message",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def order_message(self, order_id, access_token=None, body="", **_form):
        """An enquiry: it reaches whoever looks after the order, on the order."""
        order, refusal = self._find_order(order_id, access_token, counts=True)
        if refusal:
            return refusal
        text = body.strip()[:MOST_WORDS]
        if not text:
            return self._message(order, 422, request.env._("Write something first."))
        author = self._get_author(order)
        order.message_post(
            body=text,
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        order._warn_responsible(request.env._("A customer asks"), text)
        return request.redirect(order.get_portal_url(query_string="&news=message"))

    @http.route("/my/messages", type="http", auth="user", website=True, methods=["GET", "POST"])
    def order_messages(self, **form):
        """What the customer wants to be told, and whether by text message, too."""
        partner = request.env.user.partner_id
        # sudo: customers choose among the kinds for themselves.
        kinds = request.env["order.message.kind"].sudo().search([("is_answer", "=", False)])
        saved = request.httprequest.method == "POST"
        if saved:
            wanted = {int(v) for v in request.httprequest.form.getlist("kind") if v.isdigit()}
            partner.sudo().order_message_muted_ids = kinds.filtered(
                lambda kind: kind.id not in wanted
            )
            partner.sudo().order_message_sms = bool(form.get("sms"))
        values = self._prepare_portal_layout_values() | {
            "kinds": kinds,
            "muted": partner.sudo().order_message_muted_ids,
            "saved": saved,
            # Where Odoo's SMS isn't installed nobody is asked.
            "phone": "sms.sms" in request.env and partner.phone,
            "wants_sms": partner.sudo().order_message_sms,
            "page_name": "order_messages",
        }
        return request.render("order_processing.portal_messages", values)

    # === HELPERS === #

    def _find_order(self, order_id, access_token, counts=False):
        """The order a request is about, or the page that refuses it.

        :param bool counts: the request changes something: only so many are allowed
        """
        rate = request.env["order.portal.rate"].sudo()  # sudo: everybody is counted
        address = request.httprequest.remote_addr or "-"
        try:
            order = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            if not rate._take(f"miss:{address}", MOST_MISSES, WINDOW):
                return None, self._refuse(429)
            return None, self._refuse(404)
        if counts and not rate._take(f"post:{address}:{order.id}", MOST_POSTS, WINDOW):
            return None, self._refuse(429)
        return order, None

    def _refuse(self, status):
        text = (
            request.env._("Too many tries. Wait an hour, please.")
            if status == 429
            else request.env._("This link has ended, or was cut. Ask us for a new one, or log in.")
        )
        return self._page("order_processing.portal_order_message", status, text=text, order=None)

    def _message(self, order, status, text):
        return self._page("order_processing.portal_order_message", status, text=text, order=order)

    def _render(self, template, order, access_token, status=200, **values):
        values = {
            "order": order,
            "access_token": access_token,
            "is_customer": not request.env.user._is_public(),
            "error": "",
            "form": {},
            "page_name": "order",
            "sale_order": order,
        } | values
        return self._page(template, status, **values)

    def _page(self, template, status=200, **values):
        values = self._prepare_portal_layout_values() | values
        response = request.render(template, values)
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @staticmethod
    def _as_customer(order):
        """The order, logged as the customer's doing, in the customer's language.

        sudo: which order it is was proven by :meth:`_find_order`; what may be done with it is
        decided by the methods called.
        """
        return (
            order.sudo()
            .with_company(order.company_id)
            .with_context(
                lang=request.env.lang, tz=request.env.context.get("tz") or order.partner_id.tz
            )
        )

    @staticmethod
    def _get_author(order):
        user = request.env.user
        return order.partner_id if user._is_public() else user.partner_id

    @staticmethod
    def _read_change(order, form):
        """A wish out of the form.

        :raise UserError: something in it isn't a number or a date
        """
        if form.get("cancel"):
            return {"cancel": True}
        wish = {"lines": {}}
        for line in order.order_line.filtered(lambda each: each._may_be_changed()):
            text = (form.get(f"line_{line.id}") or "").strip().replace(",", ".")
            if not text:
                continue
            try:
                quantity = float(text)
            except ValueError:
                raise UserError(request.env._("“%s” isn't a number.", text[:20])) from None
            if not 0 <= quantity < 1e9:
                raise UserError(request.env._("“%s” isn't a quantity.", text[:20]))
            if quantity != line.product_uom_qty:
                wish["lines"][str(line.id)] = quantity
        if form.get("date"):
            try:
                wish["date"] = str(request.env["sale.order"]._read_day(form["date"]))
            except ValueError:
                raise UserError(request.env._("Choose a day from the calendar.")) from None
        # Somebody who only has the link can't send the goods elsewhere.
        if not request.env.user._is_public() and form.get("street"):
            wish["address"] = order._get_new_address(
                {
                    name: (form.get(name) or "").strip()[:128]
                    for name in ("name", "street", "street2", "zip", "city")
                }
            ).id
        return wish

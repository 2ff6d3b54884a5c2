from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from .order_portal import MOST_POSTS, WINDOW, OrderPortal


class OrderAgreementPortal(OrderPortal):
    """The customer's agreements and repeated deliveries: see them, call off, skip, pause, end.

    Only with a login: an agreement is for the whole company of the customer.
    """

    @http.route("/my/agreements", type="http", auth="user", website=True, methods=["GET"])
    def order_agreements(self, news="", **_other):
        """What is agreed, what of it is left, and which deliveries come again."""
        return self._render_agreements(news=news)

    @http.route(
        "/my/agreements/<int:blanket_id>/call",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def order_agreement_call(self, blanket_id, **form):
        """An order of some of what is left."""
        blanket = self._find_agreement("order.blanket", blanket_id)
        if not blanket:
            return self._refuse(404)
        try:
            with request.env.cr.savepoint():
                order = self._call_off(blanket, form)
        except (UserError, ValueError) as error:
            return self._render_agreements(error=str(error.args[0]), status=422)
        return request.redirect(order.get_portal_url())

    @http.route(
        "/my/schedules/<int:schedule_id>/<string:wish>",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def order_schedule_wish(self, schedule_id, wish, **_form):
        """Leave out the next delivery, pause, go on, or end."""
        schedule = self._find_agreement("order.schedule", schedule_id)
        method = {
            "skip": "action_skip",
            "pause": "action_pause",
            "resume": "action_run",
            "end": "action_end",
        }.get(wish)
        if not schedule or not method or schedule.state not in ("running", "paused"):
            return self._refuse(404)
        try:
            with request.env.cr.savepoint():
                getattr(schedule, method)()
                schedule.message_post(
                    body=request.env._("The customer chose on their page: %s", wish),
                    author_id=request.env.user.partner_id.id,
                )
        except UserError as error:
            return self._render_agreements(error=str(error.args[0]), status=422)
        return request.redirect("/my/agreements?news=saved")

    # === HELPERS === #

    def _find_agreement(self, model, record_id):
        """The record if it is the customer's own, sudo; empty if not, or if too much was sent.

        sudo: customers have no rights on agreements; whose it is is checked here.
        """
        rate = request.env["order.portal.rate"].sudo()
        owner = request.env.user.partner_id.commercial_partner_id
        record = request.env[model].sudo().browse(record_id).exists()
        if record.partner_id.commercial_partner_id != owner:
            return record.browse()
        key = f"post:{model}:{record.id}"
        return record if rate._take(key, MOST_POSTS, WINDOW) else record.browse()

    def _call_off(self, blanket, form):
        """A confirmed order of what the form says.

        :raise UserError: nothing is entered, or more than is left
        :raise ValueError: a quantity is no number
        """
        quantities = {}
        for line in blanket.line_ids:
            text = form.get(f"line_{line.id}", "").strip().replace(",", ".")
            try:
                count = float(text or 0)
            except ValueError:
                raise ValueError(request.env._("Enter numbers.")) from None
            if count < 0 or count > 1e9 or count != count:
                raise ValueError(request.env._("Enter numbers above 0."))
            if line.uom_id.compare(count, 0.0) > 0:
                quantities[line] = line.uom_id.round(count)
        if not quantities:
            raise UserError(request.env._("Enter how many of what."))
        date = self._read_wish_date(form.get("date", ""))
        blanket = blanket.with_company(blanket.company_id)
        order = blanket.env["sale.order"].create(blanket._prepare_call_off(quantities, date))
        failed = order._confirm_each()
        if failed and not order._blocked_by("release"):
            raise UserError(failed[order])
        if failed:
            order.action_quotation_sent()
        return order

    @staticmethod
    def _read_wish_date(text):
        day = fields.Date.to_date(text[:10]) if text else None
        if day and day < fields.Date.context_today(request.env.user):
            raise UserError(request.env._("The day is past: choose a later one."))
        return day

    def _render_agreements(self, status=200, **values):
        owner = request.env.user.partner_id.commercial_partner_id
        theirs = [("partner_id.commercial_partner_id", "=", owner.id)]
        # sudo: customers have no rights on agreements; they see their own here.
        blankets = request.env["order.blanket"].sudo()
        schedules = request.env["order.schedule"].sudo()
        values = {
            "blankets": blankets.search([*theirs, ("state", "=", "running")]),
            "schedules": schedules.search([*theirs, ("state", "in", ("running", "paused"))]),
            "error": "",
            "news": "",
            "page_name": "order_agreements",
        } | values
        return self._page("order_processing.portal_agreements", status, **values)

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.http import request


class OrderApproval(http.Controller):
    """The page a mail's link leads to. Looking decides nothing: mail scanners follow links too."""

    @http.route("/order/approval/<string:token>", type="http", auth="user", methods=["GET"])
    def show(self, token):
        """What is to be approved, with two buttons."""
        asked, refusal = self._find(token)
        if refusal:
            return refusal
        return self._page("order_processing.approval_page", asked=asked, token=token)

    @http.route("/order/approval/<string:token>/decide", type="http", auth="user", methods=["POST"])
    def decide(self, token, decision="", note="", **_other):
        """Carry out what the addressee pressed; a link works once."""
        asked, refusal = self._find(token)
        if refusal:
            return refusal
        action = {"approve": "action_approve", "reject": "action_reject"}.get(decision)
        if not action:
            return self._message(400, request.env._("Choose to approve or to reject."))
        if not asked.try_lock_for_update():
            return self._message(409, request.env._("This is being decided already. Try again."))
        hold = asked.hold_id.sudo(False).with_user(request.env.user)
        try:
            with request.env.cr.savepoint():
                getattr(hold, action)(note.strip() or None)
        except (AccessError, UserError) as error:
            return self._message(409, str(error.args[0]))
        asked.date_used = fields.Datetime.now()
        done = (
            request.env._("Rejected. Whoever looks after the order sees it.")
            if decision == "reject"
            else request.env._("Approved.")
        )
        if hold.state == "pending":
            done += " " + request.env._("It now waits for %s.", hold.waiting_for)
        return self._message(200, done, asked=asked)

    # === helpers === #

    def _find(self, token):
        """The request a link is about, or the page that says why it doesn't work."""
        asked = request.env["order.approval.request"]._from_token(token)
        if not asked:
            return asked, self._message(
                404, request.env._("This link isn't ours, or was cut. Open it from the mail again.")
            )
        if asked.user_id != request.env.user:
            return asked, self._message(
                403,
                request.env._(
                    "This link was sent to somebody else. Whoever it was sent to has to log in"
                    " themselves."
                ),
            )
        if asked.date_used:
            return asked, self._message(410, request.env._("You have used this link already."))
        if asked.date_expires < fields.Datetime.now():
            return asked, self._message(
                410,
                request.env._(
                    "This link is too old. Decide under Order Flow ▸ Orders ▸ Approvals."
                ),
            )
        if not asked.hold_id.sudo(False).with_user(request.env.user).awaits_me:
            return asked, self._message(
                410, request.env._("There is nothing left for you to decide here.")
            )
        return asked, None

    def _message(self, status, text, asked=None):
        return self._page("order_processing.approval_message", status, text=text, asked=asked)

    def _page(self, template, status=200, **values):
        response = request.render(template, values)
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

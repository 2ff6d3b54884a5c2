from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import formatLang

from ..engine import changing


def to_decimal(value):
    """A float of the database as the Decimal it stands for."""
    return Decimal(str(round(value or 0.0, 6)))


class OrderChange(models.Model):
    """A wish to cancel or change an order after it was placed, and what became of it.

    How far the order is decides what is done (see ``engine/changing.py``): it is applied at once,
    the floor is asked while nothing leaves, or it is too late.
    """

    _name = "order.change"
    _description = "Order Change"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "summary"
    _check_company_auto = True

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id")
    currency_id = fields.Many2one(related="order_id.currency_id")
    kind = fields.Selection(
        [("cancel", "Cancel"), ("change", "Change")], required=True, readonly=True
    )
    source = fields.Selection(
        [("staff", "Staff"), ("portal", "Customer")], required=True, readonly=True
    )
    state = fields.Selection(
        [("asked", "Asked"), ("done", "Done"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="asked",
        tracking=True,
        index=True,
        help="Asked: it is being worked on; nothing leaves until somebody answers.",
    )
    stage = fields.Char(readonly=True, help="How far the order was.")
    summary = fields.Char(string="What", required=True, readonly=True)
    wish = fields.Json(readonly=True)
    note = fields.Text(string="Customer's Words", readonly=True)
    answer = fields.Char(help="What the customer is told when it is refused.")
    hold_id = fields.Many2one("order.hold", readonly=True)
    amount_before = fields.Monetary(readonly=True)
    amount_after = fields.Monetary(readonly=True)
    amount_difference = fields.Monetary(compute="_compute_amount_difference", store=True)

    _asked_uniq = models.UniqueIndex(
        "(order_id) WHERE state = 'asked'",
        "This order has a change that waits for an answer already.",
    )

    @api.depends("amount_before", "amount_after", "state")
    def _compute_amount_difference(self):
        for change in self:
            done = change.state == "done"
            change.amount_difference = done and change.amount_after - change.amount_before

    # === CRUD === #

    def write(self, vals):
        """People enter the answer; what was asked for, and what became of it, is a record."""
        mail = {name for name in vals if name.startswith(("activity_", "message_"))}
        if not self.env.su and vals.keys() - {"answer"} - mail:
            raise AccessError(self.env._("A change is answered with its buttons, not edited."))
        return super().write(vals)

    # === ACTION === #

    def action_accept(self):
        """The floor hasn't sent it: do what was asked for.

        :raise UserError: it is answered already, or the goods have left meanwhile
        """
        self._check_answerable()
        for change in self:
            stage = change.order_id._get_change_stage()
            if changing.decide(change._get_facts(), stage, False) != changing.APPLY:
                raise UserError(
                    self.env._(
                        "%s has left meanwhile: refuse the change. A return is possible.",
                        change.order_id.name,
                    )
                )
            change._lift_hold(self.env._("Change accepted"))
            change._apply()
        return True

    def action_refuse(self):
        """It is too late, or not possible: the order goes on as it was.

        :raise UserError: no answer is entered, or it is answered already
        """
        self._check_answerable()
        if any(not change.answer for change in self):
            raise UserError(self.env._("Enter an answer: the customer is told."))
        for change in self:
            change._lift_hold(self.env._("Change refused"))
            # sudo: only these methods move a change on.
            change.sudo().state = "refused"
            change._log(
                self.env._(
                    "Not possible: %(what)s – %(why)s", what=change.summary, why=change.answer
                )
            )
            self.env["order.message"]._queue(
                change.order_id, "change_refused", event=f"change:{change.id}", words=change.answer
            )
            change.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        return True

    def _check_answerable(self):
        self.check_access("write")
        if any(change.state != "asked" for change in self):
            raise UserError(self.env._("This change is answered already."))

    # === BUSINESS === #

    @api.model
    def _ask(self, order, wish, source, note=""):
        """Do what somebody wants changed, or ask those who can tell whether it still is possible.

        :param dict wish: ``cancel``: True; or ``lines``: {line id: quantity}, ``address``: id of a
            partner, ``date``: text of a date
        :param str source: ``staff`` or ``portal``
        :return: the change
        :raise UserError: why it isn't possible, and what is
        """
        order.ensure_one()
        # Of two wishes at once, the second meets what the first left.
        order.lock_for_update()
        facts, summary = order._read_wish(wish)
        stage = order._get_change_stage()
        verdict = changing.decide(facts, stage, source == "portal")
        if verdict == changing.RETURN:
            raise UserError(self.env._("It has been shipped: send it back as a return instead."))
        if verdict == changing.REFUSE:
            raise UserError(self.env._("This can't be changed any more: write to us, please."))
        if self.sudo().search_count([("order_id", "=", order.id), ("state", "=", "asked")]):
            raise UserError(self.env._("A change was asked for already and is being looked at."))
        # sudo: customers and salespeople leave a wish, nobody edits one.
        change = self.sudo().create(
            {
                "order_id": order.id,
                "kind": "cancel" if facts.is_cancel else "change",
                "source": source,
                "stage": stage,
                "summary": summary,
                "wish": wish,
                "note": note,
                "amount_before": order.amount_total,
            }
        )
        if verdict == changing.APPLY:
            change._apply()
        else:
            change._ask_floor()
        return change

    def _get_facts(self):
        facts, _summary = self.order_id._read_wish(self.wish, check=False)
        return facts

    def _ask_floor(self):
        """Nothing leaves until somebody answers; whoever works on it is asked."""
        self.ensure_one()
        order = self.order_id.sudo()  # sudo: the customer asks, the order is stopped
        reason = self.env._("The customer asks: %s", self.summary)
        self.hold_id = order._place_hold("manual", "ship", reason)
        self._log(self.env._("Asked for: %s", self.summary))
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=reason,
            note=self.note or "",
            user_id=(
                order.user_id or order.channel_id.user_id or self.env.ref("base.user_admin")
            ).id,
        )
        for picking in order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")):
            picking.message_post(body=self.env._("Stop: %s", reason))

    def _lift_hold(self, words):
        # sudo: the answer lifts the hold, whoever gives it.
        hold = self.sudo().hold_id
        if hold.state == "pending":
            hold._lift(words)

    def _log(self, words):
        """Log it on the order, for the customer to read."""
        order = self.order_id.sudo()  # sudo: logged whoever asks
        source = "channel" if self.source == "portal" else order._event_source()
        order._record_change(words, {"change": self.id}, source)

    def _apply(self):
        """Do it, bill or credit the difference, and log it."""
        self.ensure_one()
        # sudo: what may be changed was decided; customers have no rights of their own.
        order = self.order_id.sudo()
        order._before_change(self.kind == "cancel")
        if self.kind == "cancel":
            order._apply_cancel()
        else:
            order._apply_change(self.wish)
        order.invalidate_recordset(["amount_total"])
        after = 0.0 if order.state == "cancel" else order.amount_total
        self.sudo().write({"state": "done", "amount_after": after})
        self._log(self._describe_done())
        order._settle_change()
        self.env["order.message"]._queue(
            order, "changed", event=f"change:{self.id}", words=self.summary
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def _describe_done(self):
        difference = self.amount_after - self.amount_before
        if self.currency_id.is_zero(difference):
            return self.summary
        total = formatLang(self.env, difference, currency_obj=self.currency_id)
        return f"{self.summary} ({total})"

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tools import format_list
from odoo.tools.misc import split_every

from ..flow import HOLD_BLOCKING, STEP_SELECTION, EventSource, further

#: Written by the flow itself: readings of the audit log and of the log of matching.
LOGGED = {
    "event_hash",
    "event_sequence",
    "flow_step",
    "match_ids",
    "moved_key",
    "moved_record",
}
#: What the channel said. Validation holds orders against it, so nobody adjusts it to the order.
STATED = {"channel_id", "channel_ref", "channel_total", "channel_total_stated"}
#: Orders a notification names; all are in the list of holds.
LISTED = 8
#: Customers read their orders over RPC too; why one is held is none of their business.
INTERNAL = "base.group_user"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    channel_id = fields.Many2one(
        "order.channel",
        index="btree_not_null",
        copy=False,
        tracking=True,
        check_company=True,
        groups=INTERNAL,
    )
    channel_ref = fields.Char(
        string="Channel Reference",
        copy=False,
        index="btree_not_null",
        groups=INTERNAL,
        help="The order's number at its channel, as the customer knows it.",
    )
    channel_total = fields.Monetary(
        copy=False,
        groups=INTERNAL,
        help="Total the channel stated; the order's own total agreed with it to the cent.",
    )
    intake_ids = fields.One2many("order.intake", "order_id", groups=INTERNAL)
    event_ids = fields.One2many("order.event", "order_id", string="Timeline", groups=INTERNAL)
    event_sequence = fields.Integer(
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="Number of the last event in the order's log.",
    )
    event_hash = fields.Char(
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="Hash of the last event: shows when events were cut off.",
    )
    hold_ids = fields.One2many("order.hold", "order_id", string="Holds", groups=INTERNAL)
    allocation_ids = fields.One2many(
        "order.allocation", "order_id", string="Allocations", groups=INTERNAL
    )
    match_ids = fields.Many2many("order.match", string="Payment Matches", groups=INTERNAL)
    flow_step = fields.Selection(
        STEP_SELECTION,
        string="Step",
        readonly=True,
        copy=False,
        index=True,
        groups=INTERNAL,
        help="The furthest step this order has reached.",
    )

    open_hold_count = fields.Integer(
        compute="_compute_open_holds", compute_sudo=True, string="Open Holds", groups=INTERNAL
    )

    @api.depends("hold_ids.state")
    def _compute_open_holds(self):
        for order in self:
            order.open_hold_count = len(
                order.hold_ids.filtered(lambda hold: hold.state in HOLD_BLOCKING)
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Start every order with an empty log."""
        if not self.env.su and any(LOGGED & vals.keys() for vals in vals_list):
            raise AccessError(self.env._("The flow of an order is recorded, not edited."))
        return super().create(vals_list)

    def write(self, vals):
        """Guard what the log says, and the gate to a confirmed order however it is passed."""
        if not self.env.su:
            if LOGGED & vals.keys():
                raise AccessError(self.env._("The flow of an order is recorded, not edited."))
            if STATED & vals.keys():
                self._check_stated(vals)
        if vals.get("state") == "sale":
            self.filtered(lambda order: order.state != "sale")._check_gate("release")
        return super().write(vals)

    def _check_stated(self, vals):
        """Raise if ``vals`` would change what a channel stated about one of these orders."""
        for order in self.filtered("channel_ref"):
            current = order._convert_to_write({name: order[name] for name in STATED})
            if any(current[name] != vals[name] for name in STATED & vals.keys()):
                raise AccessError(
                    self.env._(
                        "%(order)s: the channel, its number and its total stay as the channel"
                        " stated them.",
                        order=order.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_logged(self):
        """Orders leave the database only as long as nothing happened to them."""
        logged = self.filtered("event_sequence")
        if logged:
            raise UserError(
                self.env._(
                    "Cancel %(orders)s instead of deleting: what happened to an order is kept.",
                    orders=format_list(self.env, logged.mapped("name")),
                )
            )

    # === ACTION === #

    def action_confirm(self):
        """Release to the warehouse, unless a hold keeps an order back.

        Rules are looked at once more: an address, a price or the customer's credit may have
        changed since. Buttons ask with ``order_confirm_each`` in the context: good orders are
        confirmed, the others keep their holds, and the user is told. Programs get an error that
        names orders and reasons, and nothing is confirmed; the holds stay on the orders then too.

        :raises UserError: if one of the orders is on hold
        """
        self.check_access("write")
        if self.env.context.get("order_confirm_each"):
            return self.with_context(order_confirm_each=False)._confirm_or_tell()
        self._check_gate("release")
        return super(SaleOrder, self._as_checked()).action_confirm()

    def _confirm_or_tell(self):
        """Confirm what may be confirmed, and tell about the rest: what a button does."""
        if len(self) != 1:
            return self.action_release_orders()
        self._check_rules("release")
        blocked = self._as_checked()._blocked_by("release")
        if not blocked:
            return self._as_checked().action_confirm()
        reasons = "; ".join(blocked[self].mapped("reason"))
        message = self.env._("%(order)s is on hold: %(why)s", order=self.name, why=reasons)
        return self._prepare_notification(message, is_warning=True)

    def _prepare_notification(self, message, is_warning):
        """A notification of the web client that reloads what is shown."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if is_warning else "success",
                "sticky": is_warning,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_release_orders(self):
        """Confirm those of these orders that may go on; tell which may not, and why.

        :return: notification for the web client
        """
        self.check_access("write")
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        quotations._check_rules("release")
        reasons = {
            order: "; ".join(holds.mapped("reason"))
            for order, holds in quotations._blocked_by("release").items()
        }
        ready = quotations - self.browse([order.id for order in reasons])
        reasons.update(ready._as_checked()._confirm_each())
        confirmed = len(quotations) - len(reasons)
        message = [self.env._("%(count)s orders released.", count=confirmed)]
        if len(quotations) < len(self):
            skipped = len(self) - len(quotations)
            message.append(self.env._("%(count)s were no quotations.", count=skipped))
        message += [f"{order.name}: {reason}" for order, reason in list(reasons.items())[:LISTED]]
        if len(reasons) > LISTED:
            message.append(self.env._("%(count)s more were not.", count=len(reasons) - LISTED))
        # One paragraph: notifications of the web client fold line breaks.
        return self._prepare_notification(" • ".join(message), is_warning=bool(reasons))

    def action_draft(self):
        """Start again: the journey of a cancelled order begins anew, its log goes on."""
        cancelled = self.filtered(lambda order: order.state == "cancel")
        res = super().action_draft()
        if cancelled:
            # sudo: the step is a reading of the log, not something a user edits.
            cancelled.sudo().write({"flow_step": False})
            cancelled._record_event(
                "validate", self.env._("Set back to quotation"), source=self._event_source()
            )
        return res

    def action_verify_log(self):
        """Verify the audit logs of these orders and tell the result."""
        self.check_access("read")
        broken = self.env["order.event"]._verify(self)
        if broken:
            message = self.env._("These logs were changed from outside, from event number:")
            message += " " + ", ".join(f"{order.name}: {at}" for order, at in broken.items())
        else:
            message = self.env._(
                "%(events)s events in %(orders)s logs, all as they were recorded.",
                events=sum(self.mapped("event_sequence")),
                orders=len(self),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if broken else "success",
                "sticky": bool(broken),
                "message": message,
            },
        }

    def action_view_holds(self):
        """Open the holds of these orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id("order_processing.order_hold_action")
        action["domain"] = [("order_id", "in", self.ids)]
        action["context"] = {"default_order_id": self.id if len(self) == 1 else False}
        return action

    def _validate_order(self):
        """Confirm what a customer signed or ordered, but leave what is on hold a quotation.

        Customers are never told about holds, nor is their signature lost over one: whoever looks
        after the order is told instead.
        """
        # sudo: Odoo calls this for visitors of the portal.
        self.sudo()._check_rules("release")
        blocked = self.sudo()._blocked_by("release")
        for order, holds in blocked.items():
            order._warn_responsible(
                self.env._("Accepted by the customer, but on hold"),
                "; ".join(holds.mapped("reason")),
            )
        ready = self - self.browse([order.id for order in blocked])
        return super(SaleOrder, ready._as_checked())._validate_order() if ready else None

    def _action_confirm(self):
        """Route before the warehouse is told, so that procurements follow the allocations."""
        self._record_event(
            "release", self.env._("Released to the warehouse"), source=self._event_source()
        )
        self._plan_routes()
        # sudo: confirming releases what was planned; nobody edits the state of an allocation.
        planned = self.sudo().allocation_ids.filtered(lambda a: a.state == "planned")
        if planned:
            planned.state = "released"
        return super(SaleOrder, self.with_context(order_routed=True))._action_confirm()

    def _action_cancel(self):
        """Close what is open: allocations that haven't shipped, and holds."""
        res = super()._action_cancel()
        # sudo: whoever may cancel the order ends its holds and allocations.
        orders = self.sudo()
        allocations = orders.allocation_ids.filtered(
            lambda a: a.state in ("planned", "queued", "released")
        )
        if allocations:
            allocations.state = "cancelled"
        orders.hold_ids.filtered(lambda hold: hold.state in HOLD_BLOCKING)._lift(
            self.env._("Order cancelled"), state="expired"
        )
        self._record_event("cancel", self.env._("Cancelled"), source=self._event_source())
        return res

    # === BUSINESS: log === #

    def _event_source(self):
        """Who acts now: ``channel`` or ``system`` where our own code says so, else a person."""
        source = self.env.context.get("order_event_source")
        if isinstance(source, EventSource):
            return str(source)
        return "system" if self.env.uid == SUPERUSER_ID else "user"

    def _record_event(self, step, summary, details=None, source="system", duty=None):
        """Append one event per order to the audit log and move ``flow_step`` forward.

        :param str step: a code of ``flow.STEPS``
        :param summary: text, or a function of the order that gives it
        :param details: dict of JSON values, or a function of the order that gives it
        :param str source: ``user``, ``channel`` or ``system``
        :param duty: a code of ``flow.DUTIES``, or a function of the order that gives it: what a
            person did there that others may not do too
        :return: the events
        """
        if not self:
            return self.env["order.event"]
        events = self.env["order.event"]._append(
            [
                {
                    "order": order,
                    "step": step,
                    "summary": summary(order) if callable(summary) else summary,
                    "details": details(order) if callable(details) else details,
                    "source": source,
                    "duty": duty(order) if callable(duty) else duty,
                }
                for order in self
            ]
        )
        behind = self.filtered(lambda order: further(order.flow_step, step) != order.flow_step)
        if behind:
            # sudo: the step is a reading of the log, not something a user edits.
            behind.sudo().write({"flow_step": step})
        return events

    # === BUSINESS: holds and gates === #

    def _place_hold(self, kind, gate, reason, **vals):
        """Hold the orders back at a gate, each unless it has an open hold of that kind there.

        :param str kind: kind of the hold, see ``order.hold``
        :param str gate: a code of ``flow.GATES``
        :param reason: text, or a function of the order that gives it
        :param vals: other values of the hold
        :return: ``order.hold``, one per order, new or found
        """
        return self.env["order.hold"]._place(
            self,
            [
                {
                    "order": order,
                    "kind": kind,
                    "gate": gate,
                    "reason": reason(order) if callable(reason) else reason,
                    **vals,
                }
                for order in self
            ],
        )

    def _blocked_by(self, gate):
        """Holds that keep these orders from passing ``gate``: dict order → open holds."""
        if not self.ids:
            return {}
        # sudo: a gate is shut for everybody, also for users who don't see holds.
        holds = (
            self.env["order.hold"]
            .sudo()
            .search(
                [
                    ("order_id", "in", self.ids),
                    ("gate", "=", gate),
                    ("state", "in", list(HOLD_BLOCKING)),
                ]
            )
        )
        by_order = holds.grouped("order_id")
        return {order: by_order[order] for order in self if order in by_order}

    def _check_gate(self, gate):
        """Raise a UserError that names orders and reasons if a hold shuts ``gate`` for any."""
        blocked = self._blocked_by(gate)
        if blocked:
            raise UserError(self._gate_message(gate, blocked))

    def _check_leaving(self):
        """Raise if a hold, or the duties of the user, keep goods of these orders from leaving."""
        self._check_gate("ship")
        self._check_duty("ship")

    def _gate_message(self, gate, blocked):
        """What keeps orders from passing a gate and what to do about it, for people."""
        lines = [
            f"{order.name}: " + "; ".join(holds.mapped("reason"))
            for order, holds in blocked.items()
        ]
        messages = {
            "release": self.env._("These orders are on hold and can't be confirmed:"),
            "ship": self.env._("These orders are on hold and can't be shipped:"),
            "invoice": self.env._("These orders are on hold and can't be invoiced:"),
            "refund": self.env._("These orders are on hold and can't be refunded:"),
        }
        advice = self.env._(
            "Put it right, then release the hold: open the order, or Order Flow ▸ Orders ▸ Holds."
        )
        return "\n".join([messages[gate], *lines, advice])

    def _confirm_if_automatic(self):
        """Confirm those orders of self-releasing channels that nothing keeps back any more."""
        waiting = self.filtered(
            lambda order: order.state in ("draft", "sent") and order.channel_id.sudo().auto_confirm
        )
        ready = waiting - self.browse([order.id for order in waiting._blocked_by("release")])
        for order, error in ready._confirm_each().items():
            order._warn_responsible(self.env._("Not released by itself"), error)

    def _confirm_each(self, size=50):
        """Confirm many orders; one that can't be never stops the others.

        Tried in chunks, since one call is much cheaper than many; a chunk that fails is rolled
        back and its orders are confirmed one by one.

        :return: dict of the orders that failed → message
        """
        failed = {}
        for ids in split_every(size, self.ids):
            chunk = self.browse(ids)
            try:
                with self.env.cr.savepoint():
                    chunk.action_confirm()
                continue
            except (UserError, RedirectWarning) as error:
                if len(chunk) == 1:
                    failed[chunk] = str(error.args[0])
                    continue
            for order in chunk:
                try:
                    with self.env.cr.savepoint():
                        order.action_confirm()
                except (UserError, RedirectWarning) as error:
                    failed[order] = str(error.args[0])
        return failed

    def _warn_responsible(self, summary, note):
        """Leave one activity on the order for whoever looks after it."""
        self.ensure_one()
        # sudo: what went wrong is told even when the user may not write on the order.
        order = self.sudo()
        if summary not in order.activity_ids.mapped("summary"):
            order.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=note,
                user_id=(order.user_id or order.channel_id.user_id or self.env.user).id,
            )

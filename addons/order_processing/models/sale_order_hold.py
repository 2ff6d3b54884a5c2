from odoo import api, fields, models
from odoo.tools import groupby

from ..flow import HOLD_BLOCKING, may_resolve, resolving_duty
from .sale_order import INTERNAL

#: Icon of each kind of event on the timeline (Font Awesome).
STEP_ICONS = {
    "intake": "fa-inbox",
    "validate": "fa-check-square-o",
    "hold": "fa-hand-paper-o",
    "release": "fa-unlock",
    "route": "fa-map-signs",
    "batch": "fa-cubes",
    "pick": "fa-shopping-basket",
    "pack": "fa-archive",
    "rate": "fa-balance-scale",
    "label": "fa-barcode",
    "ship": "fa-truck",
    "deliver": "fa-home",
    "return": "fa-undo",
    "invoice": "fa-file-text-o",
    "pay": "fa-money",
    "close": "fa-flag-checkered",
    "cancel": "fa-times",
    "change": "fa-pencil",
}


class SaleOrder(models.Model):
    """What the order's form shows of its holds and of its log."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    hold_banner = fields.Json(
        compute="_compute_hold_banner",
        groups=INTERNAL,
        help="Each open hold: why, what to do, and what the user may do about it.",
    )
    timeline = fields.Json(
        string="Timeline by Day",
        compute="_compute_timeline",
        groups=INTERNAL,
        help="The order's log, by day.",
    )

    @api.depends("hold_ids.state", "hold_ids.reason", "hold_ids.user_id", "hold_ids.date_due")
    @api.depends_context("uid", "lang", "tz")
    def _compute_hold_banner(self):
        for order in self:
            holds = order.hold_ids.filtered(lambda hold: hold.state in HOLD_BLOCKING)
            order.hold_banner = [hold._banner_row() for hold in holds]

    @api.depends("event_ids")
    @api.depends_context("lang", "tz")
    def _compute_timeline(self):
        for order in self:
            rows = [event._timeline_row() for event in order.event_ids.sorted("sequence")]
            order.timeline = [
                {"day": day, "events": events}
                for day, events in groupby(rows, key=lambda row: row["day"])
            ]


class OrderHold(models.Model):
    _inherit = "order.hold"

    def _banner_row(self):
        """One open hold as JSON values for the banner."""
        self.ensure_one()
        return {
            "id": self.id,
            "kind": self._label("kind"),
            "gate": self._label("gate"),
            "state": self.state,
            "state_label": self._label("state"),
            "reason": self.reason,
            "advice": self._advice(),
            "owner": self.user_id.sudo().name or "",
            "waiting_for": self.waiting_for or "",
            "due": fields.Datetime.to_string(self.date_due) if self.date_due else False,
            "overdue": self.is_overdue,
            "actions": self._allowed_actions(),
        }

    def _allowed_actions(self):
        """Names of the buttons the user may press on this hold now."""
        self.ensure_one()
        user = self.env.user
        actions = []
        if not user.has_group("order_processing.group_order_user") and not self.awaits_me:
            return actions
        if self.is_refusal:
            pass  # nobody lets it pass as it is: only changing the order helps
        elif self.policy_id:
            if self.awaits_me:
                actions += ["approve", "reject"]
        elif may_resolve(self.kind, user.has_group("order_processing.group_order_manager")):
            actions += ["release", "approve", "reject"] if self.state == "pending" else ["release"]
        if user.has_group("order_processing.group_order_user"):
            if self.state == "rejected":
                actions.append("ask_again")
            elif self.order_id.state in ("draft", "sent"):
                actions.append("check")
        return actions

    def _bar(self):
        """Why the user, who belongs to a level that is asked, may not approve; or nothing."""
        # sudo: who belongs to a level isn't the secret of who may read groups.
        steps = self.sudo().level_ids.filtered("is_open").step_id
        if self.awaits_me or not any(self.env.user in step._members() for step in steps):
            return ""
        clashes = self.order_id._find_clashes(resolving_duty(self.kind)).get(self.order_id, ())
        refused = [clash for clash in clashes if clash.effect == "prevent"]
        if not refused:
            return ""
        return self.env._(
            "Somebody else has to approve: one person may not do both (%s).",
            self.order_id._conflict_names(refused),
        )

    def _advice(self):
        """What to do about a hold of this kind, in one sentence."""
        self.ensure_one()
        if self.state == "rejected":
            return self.env._("Rejected. Change or cancel the order, or ask again.")
        if self.policy_id:
            return self._bar() or self.env._("Waits for approval.")
        if self.what_to_do:
            return self.what_to_do
        return {
            "manual": self.env._("Settle what the reason says, then release."),
            "address": self.env._("Complete the address, then check again."),
            "content": self.env._("Correct the lines, then check again."),
            "total": self.env._("Find out which total is right, then check again or approve."),
            "stock": self.env._("Wait for goods, or agree on a part delivery."),
            "credit": self.env._("Have the customer pay, or an administrator approve."),
            "customer": self.env._("Ask who looks after this customer."),
            "duplicate": self.env._("Compare both orders; cancel one, or release."),
        }.get(self.kind, "")


class OrderEvent(models.Model):
    _inherit = "order.event"

    def _timeline_row(self):
        """One event as JSON values for the timeline."""
        self.ensure_one()
        when = fields.Datetime.context_timestamp(self, self.date)
        return {
            "id": self.id,
            "sequence": self.sequence,
            "step": self.step,
            "label": dict(self._fields["step"]._description_selection(self.env))[self.step],
            "icon": STEP_ICONS.get(self.step, "fa-circle-o"),
            "day": str(when.date()),
            "time": when.strftime("%H:%M"),
            "actor": self.actor or "",
            "by_person": self.source == "user",
            "summary": self.summary,
        }

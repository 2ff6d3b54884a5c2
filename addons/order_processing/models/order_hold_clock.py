import logging
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..flow import BY_ITSELF, HOLD_BLOCKING, may_resolve

_logger = logging.getLogger(__name__)

#: Holds whose clocks are looked at in one transaction.
CHUNK = 100


class _Quiet:
    """A value no call from outside can pass in its context."""


QUIET = _Quiet()


class OrderHold(models.Model):
    """The clocks of a hold: when it is due, checked again, reminded of, escalated, over."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.hold"

    date_recheck = fields.Datetime(
        string="Check Again",
        help="At this time the order is checked again by itself; the hold goes when its cause has.",
    )
    date_expires = fields.Datetime(
        string="Expires", help="At this time the hold ends by itself, in the way chosen below."
    )
    expiry = fields.Selection(
        [
            ("release", "Let the order go on"),
            ("reject", "Reject"),
            ("cancel", "Cancel the order"),
        ],
        string="When It Expires",
        required=True,
        default="release",
    )
    date_reminded = fields.Datetime(string="Reminded", readonly=True, copy=False)
    date_escalated = fields.Datetime(string="Escalated", readonly=True, copy=False)
    age_hours = fields.Float(
        string="Age (hours)",
        compute="_compute_age_hours",
        help="How long the order was, or has been, kept back.",
    )

    def _compute_age_hours(self):
        now = fields.Datetime.now()
        for hold in self:
            end = hold.date_resolved if hold.state not in HOLD_BLOCKING else now
            since = hold.create_date or now
            hold.age_hours = ((end or now) - since).total_seconds() / 3600

    def write(self, vals):
        """Only who may let an order go on now may let it go on at a later time."""
        if not self.env.su and vals.keys() & {"date_expires", "expiry"}:
            is_manager = self.env.user.has_group("order_processing.group_order_manager")
            barred = self.filtered(
                lambda hold: hold.policy_id or not may_resolve(hold.kind, is_manager)
            )
            if barred:
                raise AccessError(
                    self.env._(
                        "When this hold ends isn't yours to say: %s",
                        ", ".join(barred.mapped("reason")),
                    )
                )
        return super().write(vals)

    # === BUSINESS === #

    def _calendar(self):
        """The working calendar this hold's clocks follow."""
        return self.company_id.sudo().resource_calendar_id

    def _plan(self, hours, start):
        """When ``hours`` working hours after ``start`` are over, for each hold: dict hold → time.

        :param hours: function of a hold
        """
        known, planned = {}, {}
        for hold in self:
            key = (hold._calendar(), hours(hold))
            if key not in known:
                calendar, count = key
                known[key] = (
                    calendar.plan_hours(count, start, compute_leaves=True)
                    if calendar
                    else start + timedelta(hours=count)
                )
            planned[hold] = known[key] or start + timedelta(hours=hours(hold))
        return planned

    def _start_clocks(self):
        """Start the approvals of new holds, and the company's clock where nobody set one."""
        self._start_approval()
        waiting = self.filtered(
            lambda hold: not hold.date_due and hold.company_id.sudo().order_hold_hours > 0
        )
        planned = waiting._plan(
            lambda hold: hold.company_id.sudo().order_hold_hours, fields.Datetime.now()
        )
        for due in set(planned.values()):
            # sudo: clocks are the suite's, whoever placed the hold. Nobody changed anything yet.
            holds = self.browse([hold.id for hold, time in planned.items() if time == due])
            holds.sudo()._write_quietly({"date_due": due})

    def _write_quietly(self, vals):
        """Set what the suite decides by itself: neither tracked nor told as a person's change."""
        # sudo: clocks are the suite's, whoever placed the hold.
        quiet = {"tracking_disable": True, "order_audit_quiet": QUIET}
        return self.sudo().with_context(**quiet).write(vals)

    def _audit_wanted(self, operation):
        return (
            super()._audit_wanted(operation)
            and self.env.context.get("order_audit_quiet") is not QUIET
        )

    def _stop_clocks(self):
        """Nothing more is asked of anybody about resolved holds."""
        self.sudo().filtered(lambda hold: hold.state != "pending")._close_levels()
        activities = self.sudo().activity_ids
        if activities:
            activities.unlink()

    def _cron_clocks(self):
        """Look at the clocks of all open holds: over, check again, escalate, remind.

        One hold that fails never stops the others; it is tried again the next time.
        """
        now = fields.Datetime.now()
        today = [("state", "in", list(HOLD_BLOCKING))]
        for domain, method in (
            ([("date_expires", "<=", now)], "_expire"),
            ([("date_recheck", "<=", now)], "_recheck"),
            (
                [
                    ("state", "=", "pending"),
                    ("policy_id", "=", False),
                    ("date_due", "<=", now),
                    ("date_escalated", "=", False),
                ],
                "_escalate",
            ),
            ([("level_ids.is_open", "=", True), ("level_ids.date_due", "<=", now)], "_hand_over"),
            ([("state", "=", "pending"), ("activity_ids", "=", False)], "_give_to_owner"),
            (self._due_for_reminder(now), "_remind"),
        ):
            holds = self.search([*today, *domain], order="id")
            cron = self.env["ir.cron"]
            for start in range(0, len(holds), CHUNK):
                chunk = holds[start : start + CHUNK].with_context(order_event_source=BY_ITSELF)
                chunk._each_safely(method)
                cron._commit_progress(len(chunk))

    def _each_safely(self, method):
        """Call ``method`` for all of these; when that fails, for each, and tell what failed."""
        try:
            with self.env.cr.savepoint():
                getattr(self, method)()
            return
        except UserError as error:
            if len(self) == 1:
                _logger.info("%s of %s: %s", method, self, error)
                self.order_id._warn_responsible(
                    self.env._("The clock of a hold could do nothing"), str(error.args[0])
                )
                return
        for hold in self:
            hold._each_safely(method)

    def _expire(self):
        """End holds whose time is over, each in its way; time alone approves nothing."""
        text = self.env._("Expired")
        for way, holds in self.grouped(
            lambda hold: "reject" if hold.policy_id and hold.expiry == "release" else hold.expiry
        ).items():
            if way == "release":
                holds._lift(text, state="released")
                holds.order_id._confirm_if_automatic()
            elif way == "cancel":
                holds.order_id._action_cancel()
            else:
                pending = holds.filtered(lambda hold: hold.state == "pending")
                pending._lift(text, state="rejected")
                holds._write_quietly({"date_expires": False})

    def _recheck(self):
        """Check the orders again."""
        self._write_quietly({"date_recheck": False})
        self.order_id.action_validate_order()

    def _escalate(self):
        """Tell the team's leader of holds nobody resolved in time."""
        self._write_quietly({"date_escalated": fields.Datetime.now()})
        for hold in self:
            # sudo: whoever leads the team, the cron reads teams for everybody.
            leader = hold.order_id.sudo().team_id.user_id
            hold.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Overdue: %s", hold.reason),
                user_id=(leader or hold.user_id or hold.placed_by_id).id,
            )
        self._tell(
            "pending",
            lambda hold: self.env._("Hold overdue, escalated: %s", hold.reason),
        )

    def _give_to_owner(self):
        """An activity for whoever looks after the hold."""
        for hold in self.filtered(lambda hold: hold.user_id.active and not hold.user_id.share):
            hold.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.context_today(hold, hold.date_due)
                if hold.date_due
                else None,
                summary=hold.reason,
                user_id=hold.user_id.id,
            )

    def _due_for_reminder(self, now):
        """Domain of the pending holds whose last reminder is long enough ago, per company."""
        domain = fields.Domain.FALSE
        for company in self.env["res.company"].search([("order_remind_hours", ">", 0)]):
            limit = now - timedelta(hours=company.order_remind_hours)
            domain |= (
                fields.Domain("company_id", "=", company.id)
                & fields.Domain("create_date", "<", limit)
                & (
                    fields.Domain("date_reminded", "=", False)
                    | fields.Domain("date_reminded", "<", limit)
                )
            )
        return [("state", "=", "pending"), *domain]

    def _remind(self):
        """Remind approvers by mail, other owners by a note that reaches them."""
        self._write_quietly({"date_reminded": fields.Datetime.now()})
        asked = self.filtered("policy_id")
        asked._ask(reminder=True)
        for hold in self - asked:
            if hold.user_id.active and not hold.user_id.share:
                hold.message_notify(
                    partner_ids=hold.user_id.partner_id.ids,
                    subject=self.env._("Reminder: %s", hold.order_id.name),
                    body=self.env._("Still on hold: %s", hold.reason),
                )

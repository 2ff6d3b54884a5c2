from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import approval as engine
from ..flow import resolving_duty


class OrderHold(models.Model):
    """Approvals are holds with levels: who is asked next, who may decide, when it is decided.

    A hold no policy fits is resolved by whoever ``flow.may_resolve`` says.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.hold"

    policy_id = fields.Many2one(
        "order.approval.policy",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The policy whose levels decide about this hold. Empty: the order desk or an"
        " administrator.",
    )
    approval_round = fields.Integer(readonly=True, copy=False)
    approval_ids = fields.One2many("order.approval", "hold_id", string="Decisions")
    level_ids = fields.One2many("order.approval.level", "hold_id", string="Levels Asked")
    waiting_for = fields.Char(
        compute="_compute_waiting_for",
        compute_sudo=True,
        help="The levels that are to decide now, and how many approvals they lack.",
    )
    awaits_me = fields.Boolean(
        string="Waits for Me",
        compute="_compute_awaits_me",
        search="_search_awaits_me",
        help="My approval is asked for, in person or as a substitute, and no duty bars me.",
    )

    @api.depends("policy_id", "state", "approval_ids")
    def _compute_waiting_for(self):
        for hold in self:
            standing = hold._standing() if hold.policy_id and hold.state == "pending" else None
            steps = self.env["order.approval.step"].browse(standing.open if standing else ())
            hold.waiting_for = ", ".join(
                self.env._("%(level)s (%(count)s to approve)", level=step.name, count=lacking)
                if lacking > 1
                else step.name
                for step, lacking in zip(steps, standing.missing if standing else (), strict=True)
            )

    @api.depends_context("uid")
    @api.depends("policy_id", "state", "approval_ids")
    def _compute_awaits_me(self):
        mine = self.filtered("policy_id")._authorities()
        for hold in self:
            hold.awaits_me = bool(mine.get(hold))

    @api.model
    def _search_awaits_me(self, operator, value):
        if operator not in ("=", "in"):
            return NotImplemented
        absent = self._absent_for_me()
        people = self.env.user | self.env["res.users"].browse(absent)
        # sudo: which levels somebody belongs to is asked of groups they may not read.
        steps = (
            self.env["order.approval.step"]
            .sudo()
            .search(
                [
                    "|",
                    ("user_ids", "in", people.ids),
                    ("group_id", "in", people.sudo().all_group_ids.ids),
                ]
            )
        )
        candidates = self.search(
            [
                ("state", "=", "pending"),
                ("level_ids", "any", [("is_open", "=", True), ("step_id", "in", steps.ids)]),
            ]
        )
        mine = [hold.id for hold, authority in candidates._authorities().items() if authority]
        wanted = value in (True, [True]) or (operator == "in" and True in value)
        return [("id", "in" if wanted else "not in", mine)]

    # === ACTION === #

    def action_ask_again(self):
        """Ask for the approvals anew: of a rejected hold, or since order or policies changed.

        :raises UserError: for holds that are resolved
        """
        self.check_access("write")
        if any(hold.state not in ("pending", "rejected") for hold in self):
            raise UserError(self.env._("These holds are resolved already."))
        # sudo: state and round change in here only; rights were checked above.
        for number, holds in self.sudo().grouped("approval_round").items():
            holds._close_levels()
            holds.write(
                {
                    "state": "pending",
                    "approval_round": number + 1,
                    "policy_id": False,
                    "resolved_by_id": False,
                    "date_resolved": False,
                    "date_due": False,
                    "date_escalated": False,
                    "date_reminded": False,
                    "resolution": False,
                }
            )
        self._tell("asked", lambda hold: self.env._("Asked again: %s", hold.reason))
        self._start_clocks()
        return True

    # === BUSINESS: who is asked === #

    def _start_approval(self):
        """Find the policy of each of these holds, and ask its first level."""
        # sudo: policies apply whoever places a hold.
        policies = (
            self.env["order.approval.policy"]
            .sudo()
            .search_fetch(
                [("company_id", "in", self.company_id.ids)], ["company_id", "kind", "gate"]
            )
        )
        if not policies:
            return
        chosen = {}
        for hold in self:
            case = hold._case()
            policy = next((p for p in policies if p._fits(hold, case)), None)
            if policy:
                chosen.setdefault(policy, self.browse())
                chosen[policy] |= hold
        for policy, holds in chosen.items():
            holds.sudo()._write_quietly({"policy_id": policy.id})
        self.browse().union(*chosen.values())._open_levels()

    def _case(self):
        """What is to be approved, as the engine sees it."""
        self.ensure_one()
        # sudo: margins decide also for who doesn't see them.
        order = self.sudo().order_id
        return engine.Case(
            amount=order.amount_total / (order.currency_rate or 1.0),
            discount=max(order.order_line.mapped("discount"), default=0.0),
            margin=100 * order.margin_percent,
        )

    def _decisions(self):
        """Decisions of this round, as the engine sees them."""
        return [
            engine.Decision(row.step_id.id, row.outcome, row.user_id.id, row.principal_id.id)
            for row in self.sudo().approval_ids
            if row.round == self.approval_round
        ]

    def _standing(self):
        """Where the approval of this hold stands."""
        self.ensure_one()
        # sudo: who decides next isn't the secret of who may read policies.
        policy = self.sudo().policy_id
        return engine.standing(
            [step._level() for step in policy.step_ids],
            self._case(),
            self._decisions(),
            policy.is_parallel,
        )

    def _open_levels(self):
        """Bring the levels asked in line with what was decided; ask those that are new."""
        rows, stale = [], self.env["order.approval.level"].sudo()
        now = fields.Datetime.now()
        new = {}
        for hold in self:
            open_steps = hold._standing().open
            current = hold.sudo().level_ids.filtered("is_open")
            stale |= current.filtered(lambda row, steps=open_steps: row.step_id.id not in steps)
            wanted = set(open_steps) - set(current.step_id.ids)
            for step in self.env["order.approval.step"].sudo().browse(sorted(wanted)):
                new.setdefault(step, self.browse())
                new[step] |= hold
        for step, holds in new.items():
            due = holds._plan(lambda hold, step=step: step.hours, now) if step.hours > 0 else {}
            rows += [
                {
                    "hold_id": hold.id,
                    "company_id": hold.company_id.id,
                    "step_id": step.id,
                    "round": hold.approval_round,
                    "date_opened": now,
                    "date_due": due.get(hold, False),
                }
                for hold in holds
            ]
        if stale:
            stale.write({"is_open": False, "date_closed": now})
        if rows:
            # sudo: the clock of a level is the suite's.
            self.env["order.approval.level"].sudo().create(rows)
        self._follow_level_clock()
        asked = self.browse().union(*new.values())
        asked._ask(steps=self.env["order.approval.step"].union(*new))

    def _follow_level_clock(self):
        """A hold is due when the first of the levels asked is."""
        by_due = {}
        for hold in self.sudo():
            times = hold.level_ids.filtered(lambda row: row.is_open and row.date_due)
            due = min(times.mapped("date_due"), default=False)
            if due and due != hold.date_due:
                by_due.setdefault(due, self.browse())
                by_due[due] |= hold
        for due, holds in by_due.items():
            holds.sudo()._write_quietly({"date_due": due})

    def _close_levels(self):
        """Nobody is asked any more."""
        levels = self.sudo().level_ids.filtered("is_open")
        if levels:
            levels.write({"is_open": False, "date_closed": fields.Datetime.now()})

    def _ask(self, steps=None, reminder=False):
        """Ask by mail those who may decide now; who is barred by a duty isn't bothered.

        :param steps: only these levels; all that are open by default
        """
        substitutes = self.env["order.approval.delegation"]._substitutes()
        members = {}
        asked = []
        for hold in self:
            for row in hold.sudo().level_ids.filtered("is_open"):
                step = row.step_id
                if steps is not None and step not in steps:
                    continue
                if step not in members:
                    users = step._members()
                    members[step] = users | users.browse(
                        {stand_in for user in users.ids for stand_in in substitutes.get(user, ())}
                    )
                asked.append((hold, step))
        everybody = self.env["res.users"].union(*members.values())
        barred = self._barred(everybody)
        done = {hold: {(d.level, d.user) for d in hold._decisions()} for hold in self}
        rows = [
            {
                "hold_id": hold.id,
                "company_id": hold.company_id.id,
                "step_id": step.id,
                "user_id": user.id,
                "is_reminder": reminder,
            }
            for hold, step in asked
            for user in members[step]
            if user.email
            and user.id not in barred[hold]
            and (step.id, user.id) not in done[hold]
            and user != self.env.user
        ]
        if not rows:
            return
        # sudo: the suite asks, whoever placed the hold.
        requests = self.env["order.approval.request"].sudo().create(rows)
        template = self.env.ref("order_processing.mail_template_approval").sudo()
        template.send_mail_batch(requests.ids)

    # === BUSINESS: who may decide === #

    def _absent_for_me(self):
        """Ids of the users the current one stands in for now."""
        return [
            absent
            for absent, stand_ins in self.env["order.approval.delegation"]._substitutes().items()
            if self.env.uid in stand_ins
        ]

    def _barred(self, users):
        """Those of ``users`` their duties bar from approving: dict hold → set of ids."""
        barred = {hold: set() for hold in self}
        for duty, holds in self.grouped(lambda hold: resolving_duty(hold.kind)).items():
            found = holds.order_id._find_clashes(duty, users)
            for hold in holds:
                barred[hold] = {
                    clash.user
                    for clash in found.get(hold.order_id, ())
                    if clash.effect == "prevent"
                }
        return barred

    def _authorities(self, approving=True):
        """At which level and in whose place the user may decide now.

        :param bool approving: duties bar from approving, not from rejecting
        :return: dict hold → (``order.approval.step``, user id), or ``None``
        """
        substitutes = self.env["order.approval.delegation"]._substitutes()
        people = self.env.user | self.env["res.users"].browse(self._absent_for_me())
        barred = self._barred(people) if approving else dict.fromkeys(self, set())
        members, found = {}, {}
        for hold in self:
            found[hold] = None
            if hold.state != "pending":
                continue
            for step in self.env["order.approval.step"].sudo().browse(hold._standing().open):
                if step not in members:
                    members[step] = set(step._members().ids)
                principal = engine.authority(
                    self.env.uid,
                    step.id,
                    members[step],
                    substitutes,
                    barred[hold],
                    hold._decisions(),
                )
                if principal:
                    found[hold] = (step, principal)
                    break
        return found

    def _check_may_decide(self, approving=True):
        """Raise for holds with a policy about which the user isn't, or mustn't be, asked.

        :raises AccessError: names orders and reasons
        """
        holds = self.filtered("policy_id")
        if approving:
            for duty, of_duty in holds.grouped(lambda hold: resolving_duty(hold.kind)).items():
                of_duty.order_id._check_duty(duty)
        barred = [hold for hold, found in holds._authorities(approving).items() if not found]
        if barred:
            raise AccessError(
                self.env._(
                    "Your approval isn't asked for:\n%(holds)s",
                    holds="\n".join(
                        self.env._(
                            "%(order)s: %(reason)s – waits for %(level)s",
                            order=hold.order_id.name,
                            reason=hold.reason,
                            level=hold.waiting_for or hold._label("state"),
                        )
                        for hold in barred
                    ),
                )
            )

    def _decide(self, state, note=None):
        """Record the user's decision at the level it is asked at.

        :return: the holds that are decided now, those without a policy included
        """
        holds = self.filtered("policy_id")
        if not holds:
            return self
        authorities = holds._authorities(approving=state != "rejected")
        # sudo: decisions come from here only, rights were checked above.
        self.env["order.approval"].sudo().create(
            [
                {
                    "hold_id": hold.id,
                    "company_id": hold.company_id.id,
                    "step_id": step.id,
                    "level": step.name,
                    "round": hold.approval_round,
                    "outcome": "rejected" if state == "rejected" else "approved",
                    "user_id": self.env.uid,
                    "principal_id": principal if principal != self.env.uid else False,
                    "note": note or hold.resolution,
                }
                for hold, (step, principal) in authorities.items()
            ]
        )
        waiting = holds.filtered(lambda hold: hold._standing().state == "pending")
        waiting._open_levels()
        waiting._tell(
            "partly",
            lambda hold: self.env._(
                "Approved by %(level)s, waits for %(next)s: %(reason)s",
                level=authorities[hold][0].name,
                next=hold.waiting_for,
                reason=hold.reason,
            ),
        )
        return self - waiting

    def _hand_over(self):
        """The clock of a level ran out: the next level decides, or the same is reminded."""
        now = fields.Datetime.now()
        rows, stuck = [], self.env["order.approval.level"].sudo()
        for level in self.sudo().level_ids.filtered(
            lambda row: row.is_open and row.date_due and row.date_due <= now
        ):
            steps = level.hold_id.policy_id.step_ids
            if level.step_id.escalates and level.step_id != steps[-1:]:
                rows.append(
                    {
                        "hold_id": level.hold_id.id,
                        "company_id": level.company_id.id,
                        "step_id": level.step_id.id,
                        "level": level.step_id.name,
                        "round": level.round,
                        "outcome": "escalated",
                    }
                )
            else:
                stuck |= level
        self.env["order.approval"].sudo().create(rows)
        stuck.write({"date_due": False})
        handed = self.browse([row["hold_id"] for row in rows])
        handed._open_levels()
        (self - handed)._ask(reminder=True)
        self._write_quietly({"date_escalated": now})
        handed._tell(
            "asked",
            lambda hold: self.env._(
                "Time is over, %(level)s decides now: %(reason)s",
                level=hold.waiting_for,
                reason=hold.reason,
            ),
        )

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..flow import (
    GATES,
    HOLD_BLOCKING,
    HOLD_STATES,
    hold_can_become,
    may_resolve,
    resolving_duty,
)

#: Set once, when the hold is placed.
FIXED = {"order_id", "kind", "gate", "placed_by_id", "finding_key"}
#: Set by the actions only, so that rights, log and gates are never passed by.
RESOLVED = {
    "state",
    "resolved_by_id",
    "date_resolved",
    "policy_id",
    "approval_round",
    "date_reminded",
    "date_escalated",
}


class OrderHold(models.Model):
    """One reason why an order may not pass one gate."""

    _name = "order.hold"
    _description = "Order Hold"
    _inherit = ["mail.thread", "mail.activity.mixin", "order.audit.mixin"]
    _order = "state, date_due, id"
    _rec_name = "reason"
    _check_company_auto = True

    _audited = ("reason", "user_id", "date_due", "date_recheck", "date_expires", "expiry")

    order_id = fields.Many2one(
        "sale.order", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id")
    channel_id = fields.Many2one(related="order_id.channel_id", store=True, index="btree_not_null")
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount_total = fields.Monetary(related="order_id.amount_total")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        index="btree_not_null",
        tracking=True,
        help="Who looks after this hold: at first the order's salesperson.",
    )
    kind = fields.Selection(
        [
            ("manual", "Manual"),
            ("address", "Address"),
            ("content", "Content"),
            ("total", "Total"),
            ("stock", "Stock"),
            ("credit", "Credit"),
            ("customer", "Customer"),
            ("duplicate", "Suspected Duplicate"),
            ("call_off", "Call-Off"),
        ],
        required=True,
        default="manual",
        help="What it is about. The order desk resolves manual, address, content, stock and"
        " duplicate holds;"
        " the others take an administrator.",
    )
    gate = fields.Selection(
        list(GATES),
        required=True,
        default="release",
        help="What the order may not do while the hold is open.",
    )
    state = fields.Selection(
        list(HOLD_STATES),
        required=True,
        default="pending",
        readonly=True,
        tracking=True,
        index=True,
        copy=False,
    )
    reason = fields.Char(
        required=True, tracking=True, help="What is wrong, in words the order desk acts on."
    )
    finding_key = fields.Char(
        readonly=True,
        copy=False,
        help="The findings of validation behind this hold. When validation no longer finds them"
        " it lifts the hold; once somebody approved them it doesn't hold the order again.",
    )
    placed_by_id = fields.Many2one(
        "res.users", readonly=True, default=lambda self: self.env.user, copy=False
    )
    resolved_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        help="Empty when validation lifted the hold by itself.",
    )
    date_due = fields.Datetime(string="Due")
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    date_resolved = fields.Datetime(readonly=True, copy=False)
    resolution = fields.Char(copy=False, help="Why it was released, approved or rejected.")

    _blocking_uniq = models.UniqueIndex(
        "(order_id, kind, gate) WHERE state IN ('pending', 'rejected')",
        "This order already has an open hold of this kind. Add your reason to that one.",
    )

    @api.depends("date_due", "state")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for hold in self:
            hold.is_overdue = bool(
                hold.state in HOLD_BLOCKING and hold.date_due and hold.date_due < now
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Place holds. Every new hold starts pending and is told on its order."""
        if not self.env.su:
            protected = (RESOLVED | {"finding_key", "placed_by_id"}) - {"state"}
            for vals in vals_list:
                if vals.get("state", "pending") != "pending" or protected & vals.keys():
                    raise AccessError(self.env._("A new hold is pending. Resolve it afterwards."))
        # sudo: whose order it is counts, whoever places the hold.
        orders = self.env["sale.order"].sudo().browse([vals.get("order_id") for vals in vals_list])
        for order, vals in zip(orders, vals_list, strict=True):
            if not vals.get("user_id"):
                vals["user_id"] = (order.user_id or order.channel_id.user_id).id
        holds = super().create(vals_list)
        holds._start_clocks()
        holds._tell(
            "placed",
            lambda hold: self.env._(
                "Held (%(gate)s): %(reason)s", gate=hold._label("gate"), reason=hold.reason
            ),
        )
        return holds

    def write(self, vals):
        """Keep what a hold is about, what its order says, and what only actions may change."""
        copied = {name for name in vals if name in self._fields and self._fields[name].related}
        if not self.env.su and (copied or (FIXED | RESOLVED) & vals.keys()):
            raise AccessError(
                self.env._(
                    "Release, approve or reject a hold with its buttons. What it is about stays"
                    " as it was placed."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Holds stay with their order. Release the hold instead."))

    # === ACTION === #

    def action_release(self, resolution=None):
        """Release: what was wrong is put right, or doesn't matter.

        :param str resolution: why, if there is more to say than the button does
        :raises UserError: if one of the holds is resolved already
        :raises AccessError: if the user may not resolve one of them
        """
        return self._resolve("released", resolution)

    def action_approve(self, resolution=None):
        """Approve: the order may pass as it is. See :meth:`action_release`."""
        return self._resolve("approved", resolution)

    def action_reject(self, resolution=None):
        """Reject: the order stays where it is until somebody changes or cancels it."""
        return self._resolve("rejected", resolution)

    def action_open_order(self):
        """Open the order a hold keeps back."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }

    # === AUDIT === #

    def _audit_order(self):
        return self.order_id

    def _audit_wanted(self, operation):
        return operation == "write"

    def _audit_title(self):
        return self.env._("Hold “%s”", self.reason)

    # === BUSINESS === #

    @api.model
    def _place(self, orders, rows):
        """Place holds where none of the same kind and gate is open already.

        :param orders: orders concerned, read in one query
        :param rows: list of dicts: ``order`` (sale.order), ``kind``, ``gate``, ``reason`` and
            other values of a hold
        :return: for each row its hold, new or found
        """
        # sudo: checks and channels place holds for users who only read them.
        holds = self.sudo()
        found = {
            (hold.order_id.id, hold.kind, hold.gate): hold
            for hold in holds.search(
                [("order_id", "in", orders.ids), ("state", "in", list(HOLD_BLOCKING))]
            )
        }
        wanted = [
            {**row, "order_id": row["order"].id}
            for row in rows
            if (row["order"].id, row["kind"], row["gate"]) not in found
        ]
        for vals in wanted:
            del vals["order"]
        for hold in holds.create(wanted):
            found[hold.order_id.id, hold.kind, hold.gate] = hold
        return self.concat(
            *[found[row["order"].id, row["kind"], row["gate"]] for row in rows]
        ).sudo(self.env.su)

    def _resolve(self, state, resolution=None, by_person=True):
        """Move holds to ``state`` and log it; let orders go on that nothing else keeps back."""
        self._check_may_resolve(state)
        if by_person and not self.env.su:
            self = self._decide(state, resolution)  # pylint: disable=self-cls-assignment
        for note, holds in self.grouped(
            lambda hold: resolution or hold.resolution or False
        ).items():
            # sudo: the fields below change in here only; rights were checked above.
            holds.sudo().write(
                {
                    "state": state,
                    "resolved_by_id": self.env.uid if by_person else False,
                    "date_resolved": fields.Datetime.now(),
                    "resolution": note,
                }
            )
        self._tell(
            state,
            lambda hold: self.env._(
                "Hold %(state)s (%(gate)s): %(reason)s",
                state=hold._label("state").lower(),
                gate=hold._label("gate"),
                reason=f"{hold.reason} – {hold.resolution}" if hold.resolution else hold.reason,
            ),
        )
        self._stop_clocks()
        if by_person and state not in HOLD_BLOCKING:
            self.order_id._confirm_if_automatic()
            # What shipped while invoicing was on hold is invoiced now.
            billable = self.filtered(lambda hold: hold.gate == "invoice").order_id
            billable.filtered(
                lambda o: "done" in o.sudo().picking_ids.mapped("state")
            )._enqueue_invoicing()
        return True

    def _check_may_resolve(self, state):
        """Raise unless the user may move all these holds to ``state`` now."""
        done = self.filtered(lambda hold: not hold_can_become(hold.state, state))
        if done:
            raise UserError(
                self.env._(
                    "These holds are resolved already or can't be changed this way:\n%(holds)s",
                    holds="\n".join(
                        f"{hold.order_id.name}: {hold.reason} ({hold._label('state')})"
                        for hold in done
                    ),
                )
            )
        if self.env.su:
            return
        self.check_access("write")
        self._check_may_decide(approving=state != "rejected")
        is_manager = self.env.user.has_group("order_processing.group_order_manager")
        barred = self.filtered(
            lambda hold: not hold.policy_id and not may_resolve(hold.kind, is_manager)
        )
        if barred:
            raise AccessError(
                self.env._(
                    "Ask an administrator of order processing to resolve:\n%(holds)s",
                    holds="\n".join(
                        f"{hold.order_id.name}: {hold._label('kind')} – {hold.reason}"
                        for hold in barred
                    ),
                )
            )

    def _lift(self, resolution, state="released"):
        """Resolve holds whose cause went away by itself, for whoever happens to notice."""
        # sudo: what lifts a hold is the finding, not the rights of the user validating.
        if self:
            self.sudo()._resolve(state, resolution, by_person=False)

    def _tell(self, state, text):
        """Log what happened to holds on their orders: one event and one note per order."""
        source = self.env["sale.order"]._event_source()
        for index in range(max(map(len, self.grouped("order_id").values()), default=0)):
            # One hold per order at a time: usually there is one, and this loop runs once.
            batch = {
                order: holds[index]
                for order, holds in self.grouped("order_id").items()
                if len(holds) > index
            }
            orders = self.env["sale.order"].union(*batch)
            orders._record_event(
                "hold",
                lambda order, batch=batch: text(batch[order]),
                details=lambda order, batch=batch: {
                    "hold": batch[order].id,
                    "kind": batch[order].kind,
                    "gate": batch[order].gate,
                    "state": "pending" if state in ("placed", "asked", "partly") else state,
                },
                source=source,
                # Releasing what no policy is for is the desk's daily work, not an approval.
                duty=lambda order, batch=batch: (
                    state in ("approved", "released", "partly")
                    and batch[order].policy_id
                    and resolving_duty(batch[order].kind)
                ),
            )
            orders.sudo()._message_log_batch(
                {order.id: text(hold) for order, hold in batch.items()}
            )

    def _label(self, name):
        """The word people read for the value of a selection field."""
        self.ensure_one()
        return dict(self._fields[name]._description_selection(self.env))[self[name]]

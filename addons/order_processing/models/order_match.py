from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import formatLang

#: What may become of a match. Nothing leaves the last four states.
TRANSITIONS = {
    "suggested": {"posted", "rejected", "superseded"},
    "posted": {"undone"},
}


class OrderMatch(models.Model):
    """A decision about a bank line: what it pays, on which evidence, posted or only proposed.

    An append-only log: rows come from matching, and only their state moves on, by the methods
    below. The label, day and amount are kept, so that the log outlives a deleted bank line.
    """

    _name = "order.match"
    _description = "Payment Match"
    _order = "id desc"
    _rec_name = "reason"
    _check_company_auto = True

    statement_line_id = fields.Many2one(
        "account.bank.statement.line",
        string="Bank Line",
        readonly=True,
        index=True,
        ondelete="set null",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    journal_id = fields.Many2one("account.journal", readonly=True, check_company=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    label = fields.Char(readonly=True, help="The bank line's text.")
    date = fields.Date(string="Bank Date", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="The bank line's amount.")
    level = fields.Selection(
        [
            ("structured", "Structured reference"),
            ("end_to_end", "End-to-end id"),
            ("reference", "Reference and amount"),
            ("payment", "Registered payment"),
            ("payout", "Provider's payout"),
            ("batch", "Payment file"),
            ("chargeback", "Taken back"),
            ("discount", "Early payment"),
            ("tolerance", "Reference, less a fee"),
            ("partner", "Customer and amount"),
            ("fee", "Learnt fee"),
            ("manual", "Chosen by a person"),
            ("name", "Name and amount"),
            ("amount", "Amount only"),
            ("sum", "Sum of several"),
        ],
        string="Evidence",
        required=True,
        readonly=True,
        help="The evidence that decided. What a person chose, and names, amounts and sums, never"
        " post by themselves.",
    )
    state = fields.Selection(
        [
            ("suggested", "Suggested"),
            ("posted", "Posted"),
            ("undone", "Undone"),
            ("rejected", "Rejected"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    score = fields.Integer(readonly=True, aggregator="avg", help="Ranks suggestions: 0 to 100.")
    reason = fields.Char(required=True, readonly=True)
    candidates = fields.Json(readonly=True, help="What matching saw and weighed.")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    write_off_amount = fields.Monetary(
        string="Written Off",
        readonly=True,
        currency_field="company_currency_id",
        help="What was booked to the account beside, as a debit.",
    )
    write_off_account_id = fields.Many2one(
        "account.account", string="Written Off To", readonly=True, check_company=True
    )
    item_ids = fields.Many2many("account.move.line", string="Journal Items", readonly=True)
    move_ids = fields.Many2many("account.move", string="Documents", readonly=True)
    order_ids = fields.Many2many("sale.order", string="Orders", readonly=True)
    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, default=lambda self: self.env.user
    )
    is_refusal = fields.Boolean(
        string="Never Propose Again",
        readonly=True,
        help="A person took this back: the same items are not proposed for this line again.",
    )
    closed_date = fields.Datetime(
        string="Changed On", readonly=True, help="When it was accepted, rejected or undone."
    )
    closed_by_id = fields.Many2one("res.users", string="Changed By", readonly=True)

    _line_state_idx = models.Index("(statement_line_id, state)")

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse rows that don't come from matching itself."""
        if not self.env.su:
            raise UserError(self.env._("Matches are recorded by matching itself, not by hand."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        """:raise UserError: always; see :meth:`_become`"""
        raise UserError(self.env._("Matches can't be changed: they are the log of matching."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        """:raise UserError: always, but when the addon is uninstalled"""
        raise UserError(self.env._("Matches can't be deleted: they are the log of matching."))

    # === ACTIONS === #

    def action_accept(self):
        """Post suggestions a person chose, or matches taken back before, line by line.

        :raise UserError: a match that can't be posted any more
        """
        self._check_accountant()
        stale = self.filtered(
            lambda match: match.state in ("posted", "superseded") or not match.statement_line_id
        )
        if stale:
            raise UserError(
                self.env._(
                    "These can't be accepted any more, reload the page: %(labels)s.",
                    labels=", ".join(stale.mapped(lambda match: match.label or "")),
                )
            )
        for match in self:
            match.statement_line_id._accept_match(match)
        return True

    def action_reject(self):
        """Turn suggestions down: the same items are never proposed for that line again."""
        self._check_accountant()
        self.filtered(lambda match: match.state == "suggested")._become("rejected", is_refusal=True)
        return True

    def action_undo(self):
        """Undo posted matches through their bank lines."""
        self._check_accountant()
        self.filtered(lambda match: match.state == "posted").statement_line_id.action_undo_match()
        return True

    # === BUSINESS === #

    @api.model
    def _check_accountant(self):
        """:raise AccessError: for users who may not match payments"""
        if not self.env.su and not self.env.user.has_group(
            "order_processing.group_order_accountant"
        ):
            raise AccessError(self.env._("Only accountants (Payment Matching) may match payments."))

    def _become(self, state, **vals):
        """Move matches to ``state`` where the flow allows it; others stay as they are.

        :param vals: further values that belong to the change
        :return: the matches that changed
        """
        allowed = self.filtered(lambda match: state in TRANSITIONS.get(match.state, ()))
        if state == "undone":
            allowed._tell_orders_undone()
        if allowed:
            # sudo: nobody may write the log; this method is the only way it moves on.
            super(OrderMatch, allowed.sudo()).write(  # pylint: disable=super-method-mismatch
                {
                    "state": state,
                    "closed_date": fields.Datetime.now(),
                    "closed_by_id": self.env.uid,
                    **vals,
                }
            )
        if state == "undone":
            self.env["order.match.memory"]._unlearn(allowed)
        return allowed

    def _tell_orders_undone(self):
        """Note on the orders that a payment they were told of was taken back."""
        # sudo: whoever undoes a match need not have rights on sales.
        for match in self.sudo().filtered("order_ids"):
            text = self.env._(
                "Payment taken back: %(label)s, %(amount)s",
                label=match.label or "",
                amount=formatLang(self.env, match.amount, currency_obj=match.currency_id),
            )
            match.order_ids._message_log_batch(bodies=dict.fromkeys(match.order_ids.ids, text))

    def _log_accepted(self, candidates, **extra):
        """Log that a person had this match posted; taken-back ones get a row of their own.

        :param candidates: what to keep in ``candidates``, the first evidence included
        :param extra: further values of the row
        :return: the row that says so
        """
        self.ensure_one()
        vals = {"level": "manual", "candidates": candidates, "user_id": self.env.uid, **extra}
        if self.state == "suggested":
            return self._become("posted", **vals)
        # sudo: nobody writes the log by hand; the caller checked the group.
        row = self.sudo().copy({**vals, "state": "posted", "is_refusal": False})
        return row.sudo(False)

    def _get_why(self):
        """The code of the evidence this match was proposed or posted on."""
        self.ensure_one()
        return (self.candidates or {}).get("why", "")

    def _has_write_off(self):
        """Whether accepting this match books a difference to an account of its own."""
        self.ensure_one()
        difference = float((self.candidates or {}).get("write_off") or 0)
        return self._get_why() != "discount" and not self.currency_id.is_zero(difference)

    def _get_write_off_text(self):
        """What accepting this match writes off, and where to; empty if nothing."""
        self.ensure_one()
        if not self._has_write_off():
            return ""
        difference = abs(float(self.candidates["write_off"]))
        return self.env._(
            "%(amount)s to %(account)s",
            amount=formatLang(self.env, difference, currency_obj=self.currency_id),
            account=self.write_off_account_id.display_name
            or self.env._("no account: choose it in the settings"),
        )

    def _get_author(self):
        """Who had this match posted."""
        self.ensure_one()
        if self.level != "manual":
            return self.env._("by itself")
        return (self.closed_by_id or self.user_id).name

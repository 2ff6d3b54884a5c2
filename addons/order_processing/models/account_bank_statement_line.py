from odoo import api, fields, models
from odoo.tools import split_every

from ..engine import matching

#: Lines posted together, and lines the scheduled action looks at in one run.
MATCH_BATCH, CRON_LINES = 500, 10_000


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    order_match_ids = fields.One2many(
        "order.match", "statement_line_id", string="Matches", readonly=True
    )
    match_state = fields.Selection(
        [
            ("open", "To Match"),
            ("suggested", "Suggested"),
            ("partial", "Partly Matched"),
            ("credit", "Credit Open"),
            ("matched", "Matched"),
        ],
        string="Matching",
        compute="_compute_match_state",
        store=True,
        index=True,
        help="Matched: everything this line was booked against is settled with it. Credit open: it"
        " is on a customer's account but pays nothing there, for instance after a payment was"
        " taken off an invoice.",
    )
    match_note = fields.Char(
        readonly=True, copy=False, help="What kept matching from posting this line."
    )
    match_date = fields.Datetime(string="Matching Tried On", readonly=True, copy=False)
    suggestion_id = fields.Many2one(
        "order.match", string="Best Suggestion", compute="_compute_suggestion_id"
    )

    # === COMPUTES === #

    @api.depends(
        "is_reconciled",
        "order_match_ids.state",
        "move_id.line_ids.account_id",
        "move_id.line_ids.reconciled",
    )
    def _compute_match_state(self):
        for line in self:
            _liquidity, suspense, others = line._seek_for_lines()
            if line.is_reconciled:
                pending = others.filtered(
                    lambda item: item.account_id.reconcile and not item.reconciled
                )
                line.match_state = "credit" if pending else "matched"
            elif suspense and others:
                line.match_state = "partial"
            elif "suggested" in line.order_match_ids.mapped("state"):
                line.match_state = "suggested"
            else:
                line.match_state = "open"

    @api.depends("order_match_ids.state", "order_match_ids.score", "is_reconciled")
    def _compute_suggestion_id(self):
        for line in self:
            suggested = line.order_match_ids.filtered(lambda match: match.state == "suggested")
            ranked = suggested.sorted(lambda match: (-match.score, match.id))
            line.suggestion_id = False if line.is_reconciled else ranked[:1]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Leave it to matching to find who paid.

        OCA's reconcile screen, where it is installed, enters the first customer of a bank account,
        also where two have the same; matching would take that for what an accountant entered.
        """
        lines = super(
            AccountBankStatementLine, self.with_context(skip_retrieve_partner=True)
        ).create(vals_list)
        return lines.with_env(self.env)

    def unlink(self):
        """The log outlives deleted lines: what they paid is open again."""
        # sudo: whoever deletes, the log must know.
        posted = self.sudo().order_match_ids.filtered(lambda match: match.state == "posted")
        result = super().unlink()
        posted._become("undone")
        return result

    # === ACTIONS === #

    def action_match(self):
        """Match these lines with open invoices: post what is certain, suggest the rest.

        Lines already matched, and those of journals with matching switched off, are left alone;
        so the method may be called again at any time. Very many lines are decided about at once
        and posted in jobs.

        :return: notification with the counts
        """
        self.env["order.match"]._check_accountant()
        lines = self._get_matchable()
        if lines._is_for_jobs():
            lines._match_in_jobs()
            posted, message = self.browse(), self._get_jobs_message(len(lines))
        else:
            posted = lines._match()
            message = self.env._(
                "%(posted)s bank lines matched, %(waiting)s left to you.",
                posted=len(posted),
                waiting=len(lines) - len(posted),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if posted else "info",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_matchable(self):
        """Those of these lines that matching may look at."""
        return self.filtered(
            lambda line: (
                line.state == "posted"
                and not line.is_reconciled
                and line.journal_id.auto_match != "off"
            )
        )

    def _match(self, go_on=lambda count: True):
        """Decide about all these lines at once, then apply batch by batch.

        :param go_on: called after each batch with its length; false ends the work
        :return: the lines that were posted
        """
        posted = self.browse()
        for company, lines in self.grouped("company_id").items():
            mine = lines.with_company(company)
            decisions, documents = mine._decide()
            for batch in split_every(MATCH_BATCH, mine.ids, mine.browse):
                # What others have under way, or did since, is left to them.
                free = batch.try_lock_for_update(allow_referencing=True)
                free = free.filtered(lambda line: not line.is_reconciled)
                posted |= free._apply_decisions(decisions, documents)
                if not go_on(len(batch)):
                    return posted
        return posted

    def _decide(self):
        """What matching makes of these lines of one company; nothing is written.

        :return: dict ``{line id: matching.Decision}``, dict ``{item id: Document}``
        """
        items, documents = self._gather_items()
        closed = self._gather_closed()
        payouts = self.env["order.payout"]._gather_payouts(self)
        batches = self.env["account.payment.file"]._gather_batches(self)
        decisions = matching.match(
            self._gather_lines(), items, closed, payouts, self._get_limits(), batches
        )
        others = {item for document in closed for item, *_rest in document.payments}
        documents.update(self._get_documents(self.env["account.move.line"].browse(sorted(others))))
        return decisions, documents

    def action_accept_suggestion(self):
        """Post the best suggestion of each line."""
        self.suggestion_id.action_accept()
        return True

    def action_undo_match(self):
        """Take these lines off what they pay; the same pair is never proposed again."""
        self.env["order.match"]._check_accountant()
        self.filtered(
            lambda line: line.match_state in ("matched", "credit", "partial")
        ).action_undo_reconciliation()
        return True

    def action_undo_reconciliation(self):
        """Log the matches of these lines as undone, however they are undone."""
        if not self:
            return None  # each write of a journal item calls it, nearly always for nothing
        # sudo: whoever undoes it, the log must know.
        posted = self.sudo().order_match_ids.filtered(lambda match: match.state == "posted")
        result = super().action_undo_reconciliation()
        posted._become("undone", is_refusal=True)
        found = posted.filtered(lambda match: (match.candidates or {}).get("partner_found"))
        # The payer was only known from the match that is gone.
        self.browse(found.statement_line_id.ids).write({"partner_id": False})
        self.write({"match_note": False})
        return result

    @api.model
    def _cron_match(self):
        """Try open lines again, the longest untried first: their invoices may be posted by now."""
        cron = self.env["ir.cron"]
        lines = self.search(
            [
                ("is_reconciled", "=", False),
                ("state", "=", "posted"),
                ("journal_id.auto_match", "!=", "off"),
            ],
            order="match_date NULLS FIRST, id",
            limit=CRON_LINES,
        )
        cron._commit_progress(remaining=len(lines))
        if lines._is_for_jobs():
            lines._match_in_jobs()
            cron._commit_progress(len(lines))
            return
        lines._match(go_on=lambda count: cron._commit_progress(count))

    # === UNDOING === #

    def _log_lost_matches(self):
        """Log posted matches as undone whose documents these lines no longer pay."""
        # sudo: whoever unreconciles, the log must know.
        matches = self.sudo().order_match_ids
        for match in matches.filtered(lambda match: match.state == "posted"):
            counterparts = match.statement_line_id.move_id.line_ids
            paid = (
                counterparts.matched_debit_ids.debit_move_id
                + counterparts.matched_credit_ids.credit_move_id
            )
            if match.item_ids - paid:
                # An invoice taken back to draft is not a person's verdict on the match.
                standing = all(move.state == "posted" for move in match.move_ids)
                match._become("undone", is_refusal=standing)

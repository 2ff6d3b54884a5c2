import logging
from collections import defaultdict
from decimal import Decimal

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import split_every

from ..engine import matching

_logger = logging.getLogger(__name__)

#: Lines matched in one transaction by the scheduled action.
CRON_BATCH = 200


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
        so the method may be called again at any time.

        :return: notification with the counts
        """
        self.env["order.match"]._check_accountant()
        lines = self.filtered(
            lambda line: (
                line.state == "posted"
                and not line.is_reconciled
                and line.journal_id.auto_match != "off"
            )
        ).try_lock_for_update(allow_referencing=True)
        posted = self.browse()
        if lines:
            items, documents = lines._gather_items()
            decisions = matching.match(lines._gather_lines(), items, lines._gather_closed())
            posted = lines._apply_decisions(decisions, documents)
        waiting = len(lines) - len(posted)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if posted else "info",
                "message": self.env._(
                    "%(posted)s bank lines matched, %(waiting)s left to you.",
                    posted=len(posted),
                    waiting=waiting,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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
        )
        cron._commit_progress(remaining=len(lines))
        for company in lines.company_id:
            mine = lines.filtered(lambda line, company=company: line.company_id == company)
            for batch in split_every(CRON_BATCH, mine.ids, self.with_company(company).browse):
                batch.action_match()
                if not cron._commit_progress(len(batch)):
                    return

    # === APPLY === #

    def _apply_decisions(self, decisions, documents):
        """Post what was decided and log everything.

        :param decisions: dict ``{line id: matching.Decision}``
        :param documents: dict ``{item id: Document}``
        :return: the lines that were posted
        """
        chosen = {line: decisions[line.id].post for line in self if decisions[line.id].post}
        wanted = self.env["account.move.line"].browse(
            [item for candidate in chosen.values() for item in candidate.items]
        )
        free = set(wanted.try_lock_for_update(allow_referencing=True).ids)
        errors, pairs = {}, {}
        for line, candidate in chosen.items():
            if free.issuperset(candidate.items):
                pairs[line] = wanted.browse(candidate.items)
            else:
                errors[line] = self.env._("Someone else is working on that invoice. Try again.")
        before = {line: line.partner_id for line in pairs}
        errors.update(self._post_pairs(pairs))
        posted = self.browse([line.id for line in pairs if line not in errors])
        rows = []
        for line in posted:
            found = {"partner_found": bool(line.partner_id and not before[line])}
            rows.append(
                line._prepare_match_vals(decisions[line.id].post, "posted", documents, found)
            )
        stale = self.env["order.match"]
        for line in self - posted:
            vals_list, gone = line._prepare_suggestions(decisions[line.id], documents)
            rows += vals_list
            stale |= gone
        stale |= posted.order_match_ids.filtered(lambda match: match.state == "suggested")
        stale._become("superseded")
        # sudo: nobody writes the log by hand, see order.match.
        self.env["order.match"].sudo().create(rows)
        self._write_notes(decisions, errors)
        return posted

    def _write_notes(self, decisions, errors):
        """Keep on each line what stood in the way, and when it was tried."""
        notes = defaultdict(self.browse)
        for line in self:
            note = errors.get(line) or self.env["order.match"]._describe_note(decisions[line.id])
            notes[note or False] |= line
        now = fields.Datetime.now()
        for note, lines in notes.items():
            lines.write({"match_note": note, "match_date": now})

    def _prepare_match_vals(self, candidate, state, documents, seen=None):
        """Values of an order.match row for one candidate of this line."""
        self.ensure_one()
        items = self.env["account.move.line"].browse(candidate.items)
        orders = sorted({order for item in candidate.items for order in documents[item].orders})
        return {
            "statement_line_id": self.id,
            "company_id": self.company_id.id,
            "journal_id": self.journal_id.id,
            "partner_id": items.partner_id[:1].id if len(items.partner_id) == 1 else False,
            "label": self.payment_ref,
            "date": self.date,
            "currency_id": (self.foreign_currency_id or self.currency_id).id,
            "amount": self.amount_currency if self.foreign_currency_id else self.amount,
            "level": candidate.level,
            "score": candidate.score,
            "state": state,
            "reason": self.env["order.match"]._describe(candidate, documents),
            "candidates": {
                "evidence": candidate.level,
                "why": candidate.why,
                "score": candidate.score,
                "items": [[item, documents[item].title] for item in candidate.items],
                "facts": {key: _plain(value) for key, value in candidate.facts.items()},
                **(seen or {}),
            },
            "item_ids": [Command.set(candidate.items)],
            "move_ids": [Command.set(items.move_id.ids)],
            "order_ids": [Command.set(orders)],
            "user_id": self.env.uid,
        }

    def _prepare_suggestions(self, decision, documents):
        """What to add to this line's suggestions and which of them no longer hold."""
        current = {
            (frozenset(match.item_ids.ids), match.score): match
            for match in self.order_match_ids
            if match.state == "suggested"
        }
        rows = []
        for candidate in decision.suggestions:
            if not current.pop((frozenset(candidate.items), candidate.score), None):
                rows.append(self._prepare_match_vals(candidate, "suggested", documents))
        return rows, self.env["order.match"].union(*current.values())

    def _post_pairs(self, pairs):
        """Reconcile lines with items: one to one in bulk, anything else line by line.

        :param pairs: dict ``{line: account.move.line it pays exactly}``
        :return: dict ``{line: error}`` of those that could not be posted
        """
        plain = {
            line: items
            for line, items in pairs.items()
            if len(items) == 1
            and items.currency_id == line.currency_id == line.company_id.currency_id
        }
        if plain:
            try:
                with self.env.cr.savepoint():
                    self._reconcile_exactly(plain)
            except psycopg2.OperationalError:
                raise  # a conflict with another transaction: the whole call is tried again
            except Exception as error:
                # One of them is to blame; one by one, the others go through.
                _logger.info("Matching line by line, since not all together: %s", error)
                self.env.invalidate_all()
                plain = {}
        errors = {}
        for line, items in pairs.items():
            if line in plain:
                continue
            try:
                with self.env.cr.savepoint():
                    line._reconcile_items(items)
                    line._check_settled(items)
            except psycopg2.OperationalError:
                raise
            except (UserError, RedirectWarning) as error:
                self.env.invalidate_all()
                errors[line] = str(error.args[0])
            except Exception as error:
                _logger.exception("Matching bank line %s failed", line.id)
                self.env.invalidate_all()
                errors[line] = f"{type(error).__name__}: {error}"
        return errors

    @api.model
    def _reconcile_exactly(self, pairs):
        """Reconcile each line with its one item of the same amount, in one plan for all."""
        accounts, partners = defaultdict(self.env["account.move.line"].browse), {}
        suspenses = {}
        for line, item in pairs.items():
            _liquidity, suspenses[line], _others = line._seek_for_lines()
            accounts[item.account_id] |= suspenses[line]
            if not line.partner_id and item.partner_id:
                partners.setdefault(item.partner_id, self.browse())
                partners[item.partner_id] |= line
        quiet = {"skip_account_move_synchronization": True, "skip_readonly_check": True}
        for partner, lines in partners.items():
            for records in (lines, lines.move_id, lines.move_id.line_ids):
                records.with_context(**quiet).write({"partner_id": partner.id})
        for account, items in accounts.items():
            items.with_context(**quiet).write({"account_id": account.id})
        self.env["account.move.line"]._reconcile_plan(
            [suspenses[line] + item for line, item in pairs.items()]
        )
        for line, item in pairs.items():
            line._check_settled(item)

    def _check_settled(self, items):
        """:raise UserError: when reconciling left something open that should be settled"""
        self.ensure_one()
        if self.is_reconciled and all(items.mapped("reconciled")):
            return
        raise UserError(
            self.env._("%(label)s could not be settled in full.", label=self.payment_ref)
        )

    def _reconcile_items(self, items):
        """Book what this line still holds in suspense against open items, oldest due first.

        Credit notes come first, so that they reduce what is paid. What the items can't take stays
        in suspense; what the line can't cover stays open on the last item.

        :param items: open ``account.move.line``
        :raise UserError: nothing to book, or a currency that can't be settled by this line
        """
        self.ensure_one()
        _liquidity, suspense, _others = self._seek_for_lines()
        _amount, currency, _journal, journal_currency, _company, company_currency = (
            self._get_accounting_amounts_and_currencies()
        )
        known = currency + journal_currency + company_currency
        self._check_can_settle(items, suspense, currency, known)
        left, left_balance = suspense.amount_currency, suspense.balance
        sign = 1 if left > 0 else -1
        values, paid = [], []
        for item in items.sorted(
            lambda item: (-item.amount_residual * sign > 0, item.date_maturity or item.date, item)
        ):
            take, balance, own = self._get_counterpart(item, known)
            if (take > 0) == (left > 0) and currency.compare_amounts(abs(take), abs(left)) > 0:
                own = item.currency_id.round(own * left / take)
                take, balance = left, left_balance
            if currency.is_zero(take):
                continue
            values.append(
                {
                    "name": item.move_id.name or item.name,
                    "account_id": item.account_id.id,
                    "partner_id": item.partner_id.id,
                    "currency_id": item.currency_id.id,
                    "amount_currency": own,
                    "balance": balance,
                }
            )
            paid.append(item)
            left, left_balance = currency.round(left - take), left_balance - balance
        wrong_way = (left > 0) != (suspense.amount_currency > 0) and not currency.is_zero(left)
        if not paid or wrong_way or abs(left) > abs(suspense.amount_currency):
            raise UserError(
                self.env._(
                    "%(label)s goes the other way than these documents.", label=self.payment_ref
                )
            )
        created = self._book(suspense, values, left, company_currency.round(left_balance))
        self.env["account.move.line"]._reconcile_plan(
            [new + item for new, item in zip(created, paid, strict=True)]
        )

    def _check_can_settle(self, items, suspense, currency, known):
        """:raise UserError: nothing to book, or a currency that can't be settled by this line"""
        if not suspense or any(items.mapped("reconciled")):
            raise UserError(
                self.env._("%(label)s or its invoice is settled already.", label=self.payment_ref)
            )
        if self.foreign_currency_id and items.currency_id - known:
            raise UserError(
                self.env._(
                    "%(label)s is in %(currency)s and can't settle an invoice in %(others)s.",
                    label=self.payment_ref,
                    currency=currency.name,
                    others=", ".join((items.currency_id - known).mapped("name")),
                )
            )

    def _get_counterpart(self, item, known):
        """Amounts that settle ``item``: in the line's, the company's and the item's currency."""
        own, balance = -item.amount_residual_currency, -item.amount_residual
        if item.currency_id not in known:
            # A third currency is valued at the bank's day, else a gain stays in suspense.
            balance = item.currency_id._convert(
                own, item.company_currency_id, self.company_id, self.date
            )
        found = self._prepare_counterpart_amounts_using_st_line_rate(item.currency_id, balance, own)
        return found["amount_currency"], found["balance"], own

    def _book(self, suspense, values, left, left_balance):
        """Replace the suspense item by counterparts, keeping what is left of it.

        :return: the new journal items, in the order of ``values``
        """
        quiet = {"skip_readonly_check": True, "skip_account_move_synchronization": True}
        move, before = self.move_id, self.move_id.line_ids
        if suspense.currency_id.is_zero(left):
            rest = Command.delete(suspense.id)
        else:
            rest = Command.update(suspense.id, {"amount_currency": left, "balance": left_balance})
        partners = {vals["partner_id"] for vals in values}
        commands = [rest, *(Command.create(vals) for vals in values)]
        move_vals = {"line_ids": commands}
        if not self.partner_id and len(partners) == 1:
            partner = partners.pop()
            move_vals["partner_id"] = partner
            commands += [
                Command.update(item.id, {"partner_id": partner}) for item in before - suspense
            ]
            self.with_context(**quiet).write({"partner_id": partner})
        move.with_context(force_delete=True, **quiet).write(move_vals)
        return (move.line_ids - before).sorted("id")

    def _accept_match(self, match):
        """Post one match a person chose for this line.

        :raise UserError: the line or the documents are settled or busy meanwhile
        """
        self.ensure_one()
        items = match.item_ids
        if self.is_reconciled or not items or any(items.mapped("reconciled")):
            raise UserError(
                self.env._("%(label)s or its invoice is settled already.", label=match.label or "")
            )
        locked = items.try_lock_for_update(allow_referencing=True)
        if locked != items or not self.try_lock_for_update(allow_referencing=True):
            raise UserError(self.env._("Someone else is working on that invoice. Try again."))
        before = self.partner_id
        self._reconcile_items(items)
        found = {**(match.candidates or {}), "partner_found": bool(self.partner_id and not before)}
        match._log_accepted(found)
        others = self.order_match_ids.filtered(lambda other: other.state == "suggested")
        others._become("superseded")
        self.write({"match_note": False})

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


def _plain(value):
    """A JSON value."""
    return str(value) if isinstance(value, Decimal) else value

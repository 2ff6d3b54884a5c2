import logging
from collections import defaultdict

import psycopg2

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command

from ..bulk import write_each
from ..logs import log_line

_logger = logging.getLogger(__name__)


class AccountBankStatementLine(models.Model):
    """Booking bank lines against open items: exact pairs in bulk, anything else in general."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.bank.statement.line"

    def _post_pairs(self, pairs, chosen):
        """Reconcile lines with items: one to one in bulk, anything else line by line.

        :param pairs: dict ``{line: account.move.line it pays}``
        :param chosen: dict ``{line: matching.Candidate}``
        :return: dict ``{line: error}`` of those that could not be posted, and dict ``{line: what
            was written off}``
        """
        plain = {
            line: items for line, items in pairs.items() if line._is_plain(items, chosen[line])
        }
        errors, written_off = {}, {}
        if plain:
            try:
                with self.env.cr.savepoint():
                    written_off = self._reconcile_exactly(plain, chosen)
            except psycopg2.OperationalError:
                raise  # a conflict with another transaction: the whole call is tried again
            except Exception as error:
                # One of them is to blame; one by one, the others go through.
                _logger.info("%s", log_line("match one by one", bank_line=self, error=error))
                self.env.invalidate_all()
                plain = {}
        for line, items in pairs.items():
            if line in plain:
                continue
            try:
                with self.env.cr.savepoint():
                    written_off[line] = line._post_candidate(items, chosen[line])
            except psycopg2.OperationalError:
                raise
            except (UserError, RedirectWarning) as error:
                self.env.invalidate_all()
                errors[line] = str(error.args[0])
            except Exception as error:
                _logger.exception("%s", log_line("match failed", bank_line=line, error=error))
                self.env.invalidate_all()
                errors[line] = f"{type(error).__name__}: {error}"
        return errors, written_off

    def _post_candidate(self, items, candidate):
        """Post one decision about this line.

        :return: what was written off, in the company's currency
        :raise UserError: it can't be posted, or not in full
        """
        self.ensure_one()
        if candidate.level == "chargeback":
            self._take_back(items)
            return 0.0
        extras, write_off = (), None
        if candidate.level == "discount":
            extras = self._get_discounts(items)
        elif candidate.write_off:
            write_off = self._prepare_write_off(self._get_candidate_account(candidate), items)
        written_off = self._reconcile_items(items, write_off, extras)
        if candidate.level in ("fee", "tolerance"):
            self._check_write_off_limits(written_off)
        if not candidate.part:
            self._check_settled(items)
        return written_off

    def _prepare_write_off(self, account, items):
        """Values of what is written off. :raise UserError: nobody said where fees belong"""
        if not account:
            raise UserError(
                self.env._(
                    "Say to which account fees are booked: Settings ▸ Invoicing ▸ Payment"
                    " Matching. Then match again."
                )
            )
        partners = items.partner_id
        return {
            "account_id": account.id,
            "name": self.payment_ref,
            "partner_id": partners.id if len(partners) == 1 else False,
        }

    def _get_discounts(self, items):
        """Values of the items that book an early payment's discount, with its taxes."""
        _liquidity, suspense, _others = self._seek_for_lines()
        found = self.env["account.move"]._get_invoice_counterpart_amls_for_early_payment_discount(
            [
                {
                    "aml": item,
                    "amount_currency": -item.amount_residual_currency,
                    "balance": -item.amount_residual,
                }
                for item in items.filtered("discount_date")
            ],
            sum(items.mapped("amount_residual")) + sum(suspense.mapped("balance")),
        )
        return [vals for group in found.values() for vals in group]

    def _take_back(self, payment):
        """Book money that went back against the payment it belongs to: what that paid is open.

        :param payment: the reconciled ``account.move.line`` that had paid the documents
        :raise UserError: it pays nothing any more
        """
        self.ensure_one()
        paid = payment.matched_debit_ids.debit_move_id | payment.matched_credit_ids.credit_move_id
        moves = (paid - payment).move_id.filtered(lambda move: move.is_invoice())
        if not moves:
            raise UserError(self.env._("%s was taken back already.", self.payment_ref or ""))
        payment.remove_move_reconcile()
        self._reconcile_items(payment)
        details = self.transaction_details or {}
        moves.line_ids._give_back(details.get("return_reason") or self.payment_ref)
        for move in moves:
            move.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Payment taken back: %s", move.name),
                note=self.env._(
                    "The bank took the payment back on %(date)s (%(label)s): the document is open"
                    " again. Ask the customer to pay in another way.",
                    date=self.date,
                    label=self.payment_ref or "",
                ),
                user_id=(move.invoice_user_id or self.env.user).id,
            )

    def _accept_chargeback(self, match):
        """Take back the payment a person agreed was meant."""
        self._lock_for_matching(self.env["account.move.line"])
        self._take_back(match.item_ids)
        match._log_accepted(match.candidates or {})
        others = self.order_match_ids.filtered(lambda other: other.state == "suggested")
        others._become("superseded")
        self.write({"match_note": False})

    def _is_plain(self, items, candidate):
        """Whether this line needs no items of its own: its suspense item can pay all by itself."""
        self.ensure_one()
        currency = self.company_id.currency_id
        if candidate.level == "fee":
            return self.currency_id == currency and not self.foreign_currency_id
        return (
            # Each payment of a file has an item of its own: it may be taken back by itself.
            candidate.level not in ("chargeback", "batch")
            and not candidate.write_off
            and not candidate.part
            and items.currency_id == self.currency_id == currency
            and not self.foreign_currency_id
            and len(items.account_id) == len(items.partner_id) == 1
            # A credit note would be set off against an invoice, not against this line.
            and len({item.amount_residual > 0 for item in items}) == 1
        )

    @api.model
    def _reconcile_exactly(self, pairs, chosen):
        """Reconcile each line with the items that are exactly its amount, in one plan for all.

        :param pairs: dict ``{line: its items}``, all plain; none for a fee
        :param chosen: dict ``{line: matching.Candidate}``
        :return: dict ``{line: what was written off}``
        """
        accounts, payers = defaultdict(self.env["account.move.line"].browse), {}
        suspenses, fees = {}, {}
        for line, items in pairs.items():
            _liquidity, suspenses[line], _others = line._seek_for_lines()
            if chosen[line].level == "fee":
                account = self._get_candidate_account(chosen[line])
                fees[line] = suspenses[line].balance
            else:
                account = items.account_id
            accounts[account] |= suspenses[line]
            if not line.partner_id and items.partner_id:
                payers[line] = items.partner_id
        if fees:
            # Each is under the limit of a line, as matching saw to; here the day's is checked.
            self.browse(next(iter(fees)).id)._check_write_off_limits(
                *(abs(amount) for amount in fees.values())
            )
        Item = self.env["account.move.line"]
        settled = self.browse([line.id for line in pairs if line not in fees])
        # What customers owe bears neither taxes nor analytics: Odoo would look for them line by
        # line as the accounts change.
        needless = [Item._fields["analytic_distribution"], Item._fields["tax_ids"]]
        moves = settled.move_id
        # Nor has a payment taxes that the payer's country would change.
        position = [moves._fields["fiscal_position_id"]]
        with self.env.protecting(needless, moves.line_ids), self.env.protecting(position, moves):
            self._write_counterparts(payers, accounts)
        self._reconcile_groups(
            [suspenses[line] + items for line, items in pairs.items() if line not in fees]
        )
        for line, items in pairs.items():
            line._check_settled(items)
        return fees

    @api.model
    def _reconcile_groups(self, groups):
        """Reconcile the items of each group, as ``_reconcile_plan`` does, in one plan.

        Odoo would also look whether taxes, terms and discounts of all documents are still right.
        Reconciling changes no item of theirs; the entries it may add see to themselves.

        :param groups: list of ``account.move.line``
        """
        plans, items = self.env["account.move.line"]._optimize_reconciliation_plan(groups)
        with items.move_id._check_balanced({"records": items.move_id}):
            items._reconcile_plan_with_sync(plans, items)

    @api.model
    def _write_counterparts(self, payers, accounts):
        """Turn suspense items into what customers owe.

        :param payers: dict ``{bank line: partner}`` of those whose payer was only found now
        :param accounts: dict ``{account: suspense items}``
        """
        # Not tracked: the match itself says which account it was booked to, and why. Neither
        # amounts nor taxes change, so nothing is to be balanced or computed again.
        quiet = {
            "skip_account_move_synchronization": True,
            "skip_invoice_sync": True,
            "skip_invoice_line_sync": True,
            "check_move_validity": False,
            "skip_readonly_check": True,
            "tracking_disable": True,
        }
        # Odoo's own guards of posted and locked entries look at every line here.
        for account, items in accounts.items():
            items.with_context(**quiet).write({"account_id": account.id})
        self.browse().union(*payers)._write_payers(payers)

    def _write_payers(self, payers):
        """Write each of these lines, its entry and its items their payer.

        ``write`` takes one value for all; here customers differ, and a call for each would have
        Odoo compute everything that follows once per customer.

        :param payers: dict ``{bank line: partner}``
        """
        moves = {line.move_id: payers[line].id for line in self}
        items = {item: moves[item.move_id] for item in self.move_id.line_ids}
        self.move_id._track_prepare({"partner_id"})
        for values in ({line: payers[line].id for line in self}, moves, items):
            write_each(values, "partner_id")

    def _check_settled(self, items):
        """:raise UserError: when reconciling left something open that should be settled"""
        self.ensure_one()
        if self.is_reconciled and all(items.mapped("reconciled")):
            return
        raise UserError(
            self.env._("%(label)s could not be settled in full.", label=self.payment_ref)
        )

    def _reconcile_items(self, items, write_off=None, extras=()):
        """Book what this line still holds in suspense against open items, oldest due first.

        Credit notes come first, so that they reduce what is paid. What the items can't take stays
        in suspense; what the line can't cover stays open on the last item. With a write-off the
        items are settled in full, and the rest goes to its account.

        :param items: open ``account.move.line``
        :param write_off: ``account_id``, ``name`` and perhaps ``partner_id`` of the rest's item
        :param extras: values of further items of a known amount: an early payment's discount
        :return: what was written off, in the company's currency, as a debit
        :raise UserError: nothing to book, or a currency that can't be settled by this line
        """
        self.ensure_one()
        _liquidity, suspense, _others = self._seek_for_lines()
        _amount, currency, _journal, journal_currency, _company, company_currency = (
            self._get_accounting_amounts_and_currencies()
        )
        known = currency + journal_currency + company_currency
        self._check_can_settle(items, suspense, currency, known)
        values, paid, left, left_balance = self._get_counterparts(
            items, suspense, known, capped=not write_off and not extras
        )
        for extra in extras:
            values.append(extra)
            left = currency.round(left - extra["amount_currency"])
            left_balance -= extra["balance"]
        written_off = 0.0
        if write_off and not currency.is_zero(left):
            written_off = company_currency.round(left_balance)
            values.append(
                {
                    "partner_id": False,
                    **write_off,
                    "currency_id": currency.id,
                    "amount_currency": left,
                    "balance": written_off,
                }
            )
            left = left_balance = 0.0
        if values and currency.is_zero(left):
            # Rates are rounded for each item: what that leaves of the line belongs to the last one.
            values[-1]["balance"] = company_currency.round(values[-1]["balance"] + left_balance)
            left_balance = 0.0
        wrong_way = (left > 0) != (suspense.amount_currency > 0) and not currency.is_zero(left)
        if not values or wrong_way or abs(left) > abs(suspense.amount_currency):
            raise UserError(
                self.env._(
                    "%(label)s goes the other way than these documents.", label=self.payment_ref
                )
            )
        created = self._book(suspense, values, left, company_currency.round(left_balance))
        self.env["account.move.line"]._reconcile_plan(
            [new + item for new, item in zip(created, paid, strict=False)]
        )
        return written_off

    def _get_counterparts(self, items, suspense, known, capped):
        """Values that settle ``items``, the items in that order, and what is left in suspense.

        :param capped: pay no more than the line holds; else every item in full
        """
        currency = self._get_accounting_amounts_and_currencies()[1]
        left, left_balance = suspense.amount_currency, suspense.balance
        sign = 1 if left > 0 else -1
        values, paid = [], []
        for item in items.sorted(
            lambda item: (-item.amount_residual * sign > 0, item.date_maturity or item.date, item)
        ):
            take, balance, own = self._get_counterpart(item, known)
            more = currency.compare_amounts(abs(take), abs(left)) > 0
            if capped and (take > 0) == (left > 0) and more:
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
        return values, paid, left, left_balance

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
        partners = {vals.get("partner_id") for vals in values} - {False, None}
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

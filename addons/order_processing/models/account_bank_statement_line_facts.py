from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import matching
from ..engine.matching_suggest import plain_name
from ..engine.references import words_with_digits


class Document(NamedTuple):
    """What a journal item is called, and the orders it bills."""

    title: str
    orders: list[int]


class AccountBankStatementLine(models.Model):
    """What matching reads: lines, open items and paid documents as plain values."""

    _inherit = "account.bank.statement.line"

    # === LINES === #

    def _gather_lines(self):
        """Facts of these lines for the engine."""
        partners, likely = self._get_certain_partners()
        fees = self._get_learnt_fees()
        locked = self._get_locked()
        refused = defaultdict(set)
        for match in self.order_match_ids.filtered("is_refusal"):
            refused[match.statement_line_id.id].add(frozenset(match.item_ids.ids))
        facts = []
        for line in self:
            _liquidity, _suspense, others = line._seek_for_lines()
            currency = line.foreign_currency_id or line.currency_id
            details = line.transaction_details or {}
            labels = [line.payment_ref, line.ref]
            labels += [details.get(key) for key in ("memo", "end_to_end_id", "batch")]
            facts.append(
                matching.BankLine(
                    id=line.id,
                    date=line.date,
                    amount=exact(-line.amount_residual, currency),
                    currency=currency.name,
                    scope=line.company_id.id,
                    labels=tuple(dict.fromkeys(label for label in labels if label)),
                    partner=partners.get(line.id),
                    partner_name=line.partner_name or "",
                    refused=frozenset(refused[line.id]),
                    may_post=line._may_post_alone() and not others,
                    end_to_end=details.get("end_to_end_id") or "",
                    likely=likely.get(line.id),
                    fee=fees.get(line.id),
                    returned=bool(details.get("return_reason")),
                    locked=line.id in locked,
                )
            )
        return facts

    def _may_post_alone(self):
        """Whether matching may post this line without a person."""
        if self.env.context.get("match_suggest_only"):
            return False
        if self.env.context.get("match_dry_run"):
            return True
        return self.journal_id.auto_match == "post" and not self.company_id.order_match_stopped

    def _get_locked(self):
        """Ids of lines that lie in a locked period: posting them would fail, or move them."""
        known, locked = {}, set()
        for line in self:
            key = (line.company_id, line.date, line.journal_id)
            if key not in known:
                known[key] = bool(
                    line.company_id._get_violated_lock_dates(line.date, False, line.journal_id)
                )
            if known[key]:
                locked.add(line.id)
        return locked

    def _get_certain_partners(self):
        """Payers that are known: set on the line, sole owner of the paying account, or confirmed.

        :return: dict ``{line id: commercial partner id}``, and one of those only learnt
        """
        partners = {
            line.id: line.partner_id.commercial_partner_id.id for line in self if line.partner_id
        }
        open_lines = self.filtered(lambda line: not line.partner_id)
        numbers = {
            line.id: sanitize_account_number(line.account_number)
            for line in open_lines
            if line.account_number
        }
        owners = defaultdict(set)
        for account in self.env["res.partner.bank"].search(
            [("sanitized_acc_number", "in", list(set(numbers.values())))]
        ):
            owners[account.sanitized_acc_number].add(
                (account.partner_id.commercial_partner_id.id, account.company_id.id)
            )
        own = self.company_id.partner_id.ids
        likely = {}
        for company, lines in open_lines.grouped("company_id").items():
            names = {line.id: plain_name(line.partner_name) for line in lines}
            Fact = self.env["order.match.memory"]
            by_number = Fact._find_partners(company, "account", numbers.values())
            by_name = Fact._find_partners(company, "name", names.values())
            for line in lines:
                found = {
                    partner
                    for partner, where in owners.get(numbers.get(line.id), ())
                    if where in (False, company.id) and partner not in own
                }
                learnt = by_number.get(numbers.get(line.id)) or by_name.get(names[line.id])
                if learnt and learnt[1]:
                    found.add(learnt[0])
                elif learnt:
                    likely[line.id] = learnt[0]
                if len(found) == 1:
                    partners[line.id] = found.pop()
        return partners, likely

    def _get_learnt_fees(self):
        """Where lines with such labels were booked before: dict ``{line id: matching.Fee}``."""
        fees = {}
        for company, lines in self.grouped("company_id").items():
            labels = {line.payment_ref or "" for line in lines}
            found = self.env["order.match.memory"]._find_fees(company, labels)
            for line in lines:
                if line.payment_ref in found:
                    fees[line.id] = matching.Fee(*found[line.payment_ref])
        return fees

    # === OPEN ITEMS === #

    def _gather_items(self):
        """Open items that lines of these companies may pay.

        :return: list of ``matching.Item``, and dict ``{item id: Document}``
        """
        scopes = defaultdict(list)
        for company, lines in self.grouped("company_id").items():
            domain = Domain.AND(
                [lines[:1]._get_default_amls_matching_domain(), self._get_item_domain()]
            )
            for item in self.env["account.move.line"].search(domain, order="id"):
                scopes[item.id].append(company.id)
        return self._prepare_items(scopes)

    @api.model
    def _prepare_items(self, scopes):
        """Open items as the engine takes them.

        :param scopes: dict ``{item id: ids of the companies whose lines may pay it}``
        :return: list of ``matching.Item``, and dict ``{item id: Document}``
        """
        items = self.env["account.move.line"].browse(list(scopes))
        orders = items.move_id._get_billed_orders()
        called = {
            order.id: [
                name
                for name in (
                    order.name,
                    order.channel_ref,
                    order.client_order_ref,
                    *order.channel_payment_ids.mapped("reference"),
                )
                if name
            ]
            for order in self.env["sale.order"].sudo().union(*orders.values())
        }
        nothing = self.env["sale.order"]
        told = self.env["account.payment.file.line"]._get_references(items)
        facts = []
        for item in items:
            billed = orders.get(item.move_id.id, nothing)
            names = [name for order in billed for name in called[order.id]]
            ends = told.get(item.id, ())
            facts.append(self._prepare_item(item, tuple(scopes[item.id]), names, ends))
        return facts, self._get_documents(items, orders)

    @api.model
    def _prepare_item(self, item, scopes, order_names, told=()):
        """One open journal item as a ``matching.Item``. ``told``: ids the bank was told."""
        move, payment, currency = item.move_id, item.payment_id, item.currency_id
        partner = item.partner_id.commercial_partner_id
        own, ends = [move.name, move.payment_reference], []
        if payment:
            # sudo: accountants need not see transactions to recognise their numbers.
            transaction = payment.payment_transaction_id.sudo()
            ends = [payment.name, transaction.reference, transaction.provider_reference]
            own += [payment.memo, payment.payment_reference]
        discounted, until = None, matching.Item.discount_until
        if item.discount_date and item.amount_residual_currency == item.amount_currency:
            discounted = exact(item.discount_amount_currency, currency)
            until = item.discount_date
        return matching.Item(
            id=item.id,
            document=move.id,
            residual=exact(item.amount_residual_currency, currency),
            currency=currency.name,
            scopes=scopes,
            partner=partner.id or None,
            partner_name=partner.name or "",
            due=item.date_maturity or item.date,
            references=tuple(name for name in (*own, *ends[1:]) if name),
            order_references=tuple(name for name in (*order_names, move.ref) if name),
            day=item.date,
            memo=payment.memo or "",
            ends=tuple(end for end in (*ends, *told) if end),
            discounted=discounted,
            discount_until=until,
        )

    @api.model
    def _get_documents(self, items, orders=None):
        """What journal items are called, and the orders they bill: dict ``{id: Document}``."""
        orders = items.move_id._get_billed_orders() if orders is None else orders
        nothing = self.env["sale.order"]
        return {
            item.id: Document(
                item.payment_id.memo or item.move_id.name or "",
                orders.get(item.move_id.id, nothing).ids,
            )
            for item in items
        }

    @api.model
    def _get_item_domain(self):
        """Which open journal items matching looks at, within those Odoo lets a line pay."""
        return Domain("statement_line_id", "=", False) & (
            Domain("account_id.account_type", "in", ("asset_receivable", "liability_payable"))
            | Domain("payment_id", "!=", False)
        )

    # === PAID DOCUMENTS AND LIMITS === #

    def _gather_closed(self):
        """Documents the labels name that are paid already, with what the bank paid them by."""
        words = set()
        for line in self:
            words |= words_with_digits(line.payment_ref)
        told = self.env["account.payment.file.line"]._get_settled(
            {(line.transaction_details or {}).get("end_to_end_id") for line in self} - {None, ""}
        )
        if not words and not told:
            return []
        moves = self.env["account.move"].search(
            (Domain("name", "in", list(words)) | Domain("id", "in", list(told)))
            & Domain("state", "=", "posted")
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("payment_state", "in", ("paid", "in_payment", "reversed"))
        )
        takes_back = any(line.amount < 0 for line in self)
        return [
            matching.Closed(
                move.id,
                (move.company_id.id,),
                (move.name, *told.get(move.id, ())),
                move._get_bank_payments() if takes_back else (),
            )
            for move in moves
        ]

    def _get_limits(self):
        """How far matching may go for these lines of one company."""
        company = self.company_id[:1]
        return matching.Limits(
            oldest=company.order_match_days,
            fee=exact(company.order_fee_max, company.currency_id),
            fee_percent=Decimal(str(company.order_fee_percent)),
            post_fees=bool(company.order_fee_post and company.order_fee_account_id),
            write_off=exact(company.order_write_off_line, company.currency_id),
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_bank_payments(self):
        """What paid this document: ``(journal item id, amount, currency name)`` of each."""
        self.ensure_one()
        own = self.line_ids.filtered(
            lambda item: item.account_id.account_type in ("asset_receivable", "liability_payable")
        )
        others = own.matched_credit_ids.credit_move_id | own.matched_debit_ids.debit_move_id
        return tuple(
            (item.id, exact(-item.amount_currency, item.currency_id), item.currency_id.name)
            for item in (others - own).sorted("id")
            if item.statement_line_id or item.payment_id
        )


def exact(amount, currency):
    """A float amount as the decimal it stands for."""
    return Decimal(f"{currency.round(amount):.{currency.decimal_places}f}")

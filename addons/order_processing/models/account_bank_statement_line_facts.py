from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import matching
from ..engine.matching_suggest import plain_name
from ..engine.references import words_with_digits


class Document(NamedTuple):
    """What a journal item is called, and the orders it bills."""

    title: str
    orders: list[int]


class ItemRow(NamedTuple):
    """What is read of an open journal item."""

    id: int
    move: int
    currency: int
    amount: float
    residual: float
    discount_date: date | None
    discounted: float | None
    day: date
    due: date
    partner: int | None
    partner_name: str | None
    number: str | None
    reference: str | None
    ref: str | None
    payment: str | None
    memo: str | None
    payment_reference: str | None
    transaction: str | None
    provider_reference: str | None


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
        rows = self._read_items(items)
        moves = self.env["account.move"].browse({row.move for row in rows})
        orders = moves._get_billed_orders()
        called = self._get_order_names({each for found in orders.values() for each in found})
        told = self.env["account.payment.file.line"]._get_references(items)
        facts, documents = [], {}
        for row in rows:
            billed = orders.get(row.move, [])
            names = [name for order in billed for name in called[order]]
            ends = told.get(row.id, ())
            facts.append(self._prepare_item(row, tuple(scopes[row.id]), names, ends))
            documents[row.id] = Document(row.memo or row.number or "", billed)
        return facts, documents

    @api.model
    def _get_order_names(self, order_ids):
        """What orders are called by those who pay them: dict ``{order id: list of names}``."""
        self.env["sale.order"].flush_model(["name", "channel_ref", "client_order_ref"])
        self.env["order.payment"].flush_model(["order_id", "reference"])
        # Past the rights on sales: accountants need not see the orders to recognise their numbers.
        rows = self.env.execute_query(
            SQL(
                """SELECT id, name, channel_ref, client_order_ref, ARRAY(
                              SELECT reference FROM order_payment
                               WHERE order_id = sale_order.id ORDER BY id)
                     FROM sale_order WHERE id = ANY(%s)""",
                list(order_ids),
            )
        )
        return {order: [name for name in (*names, *paid) if name] for order, *names, paid in rows}

    @api.model
    def _read_items(self, items):
        """What matching knows of open items: all of a company, ten thousands, in one query.

        :param items: ``account.move.line`` that the user may read
        :return: list of :class:`ItemRow`, in the order of their ids
        """
        needed = {
            "account.move.line": [
                "move_id",
                "partner_id",
                "payment_id",
                "currency_id",
                "amount_currency",
                "amount_residual_currency",
                "discount_date",
                "discount_amount_currency",
                "date",
                "date_maturity",
            ],
            "account.move": ["name", "payment_reference", "ref"],
            "account.payment": ["name", "memo", "payment_reference", "payment_transaction_id"],
            "payment.transaction": ["reference", "provider_reference"],
            "res.partner": ["commercial_partner_id", "name"],
        }
        for model, names in needed.items():
            self.env[model].flush_model(names)
        # Past the rights on transactions: accountants need not see them to recognise their numbers.
        rows = self.env.execute_query(
            SQL(
                """SELECT item.id, item.move_id, item.currency_id,
                          item.amount_currency, item.amount_residual_currency,
                          item.discount_date, item.discount_amount_currency,
                          item.date, COALESCE(item.date_maturity, item.date),
                          owner.id, owner.name,
                          move.name, move.payment_reference, move.ref,
                          payment.name, payment.memo, payment.payment_reference,
                          paid.reference, paid.provider_reference
                     FROM account_move_line item
                     JOIN account_move move ON move.id = item.move_id
                LEFT JOIN res_partner partner ON partner.id = item.partner_id
                LEFT JOIN res_partner owner ON owner.id = partner.commercial_partner_id
                LEFT JOIN account_payment payment ON payment.id = item.payment_id
                LEFT JOIN payment_transaction paid
                       ON paid.id = payment.payment_transaction_id
                    WHERE item.id = ANY(%s)
                 ORDER BY item.id""",
                items.ids,
            )
        )
        return list(map(ItemRow._make, rows))

    @api.model
    def _prepare_item(self, row, scopes, order_names, told=()):
        """One open journal item as a ``matching.Item``. ``told``: ids the bank was told."""
        currency = self.env["res.currency"].browse(row.currency)
        ends = (row.payment, row.transaction, row.provider_reference, *told)
        own = (row.number, row.reference, row.memo, row.payment_reference, *ends[1:3])
        discounted, until = None, matching.Item.discount_until
        if row.discount_date and row.residual == row.amount:
            discounted = exact(row.discounted, currency)
            until = row.discount_date
        return matching.Item(
            id=row.id,
            document=row.move,
            residual=exact(row.residual, currency),
            currency=currency.name,
            scopes=scopes,
            partner=row.partner,
            partner_name=row.partner_name or "",
            due=row.due,
            references=tuple(filter(None, own)),
            order_references=tuple(filter(None, (*order_names, row.ref))),
            day=row.day,
            memo=row.memo or "",
            ends=tuple(filter(None, ends)),
            discounted=discounted,
            discount_until=until,
        )

    @api.model
    def _get_documents(self, items):
        """What journal items are called, and the orders they bill: dict ``{id: Document}``."""
        orders = items.move_id._get_billed_orders()
        return {
            item.id: Document(
                item.payment_id.memo or item.move_id.name or "",
                orders.get(item.move_id.id, []),
            )
            for item in items
        }

    @api.model
    def _get_item_domain(self):
        """Which open journal items matching looks at, within those Odoo lets a line pay."""
        # What has nothing left can't be paid; the index of open items needs to be told so.
        is_open = Domain("amount_residual_currency", "!=", 0)
        return (is_open & Domain("statement_line_id", "=", False)) & (
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


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # Else each match reads every entry of all years: what is open is a small part of them.
    _open_items_idx = models.Index(
        # As a domain says it: != is true of NULL, too.
        "(company_id) WHERE (amount_residual_currency <> 0 OR amount_residual_currency IS NULL)"
        " AND reconciled IS NOT TRUE AND parent_state = 'posted'"
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

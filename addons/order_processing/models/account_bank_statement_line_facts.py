from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import matching
from ..engine.references import words_with_digits


class Document(NamedTuple):
    """What a journal item is called, and the orders it bills."""

    title: str
    orders: list[int]


class AccountBankStatementLine(models.Model):
    """What matching reads: lines, open items and paid documents as plain values."""

    _inherit = "account.bank.statement.line"

    # === GATHER === #

    def _gather_lines(self):
        """Facts of these lines for the engine."""
        partners = self._get_certain_partners()
        refused = defaultdict(set)
        for match in self.order_match_ids.filtered("is_refusal"):
            refused[match.statement_line_id.id].add(frozenset(match.item_ids.ids))
        facts = []
        for line in self:
            _liquidity, _suspense, others = line._seek_for_lines()
            currency = line.foreign_currency_id or line.currency_id
            details = line.transaction_details or {}
            labels = [line.payment_ref, line.ref, details.get("memo"), details.get("end_to_end_id")]
            facts.append(
                matching.BankLine(
                    id=line.id,
                    date=line.date,
                    amount=_exact(-line.amount_residual, currency),
                    currency=currency.name,
                    scope=line.company_id.id,
                    labels=tuple(dict.fromkeys(label for label in labels if label)),
                    partner=partners.get(line.id),
                    partner_name=line.partner_name or "",
                    refused=frozenset(refused[line.id]),
                    may_post=line.journal_id.auto_match == "post"
                    and not line.foreign_currency_id
                    and not others,
                )
            )
        return facts

    def _get_certain_partners(self):
        """Payers that are known: set on the line, or sole owner of the paying bank account.

        :return: dict ``{line id: commercial partner id}``
        """
        partners = {
            line.id: line.partner_id.commercial_partner_id.id for line in self if line.partner_id
        }
        numbers = {
            line.id: sanitize_account_number(line.account_number)
            for line in self
            if line.account_number and not line.partner_id
        }
        owners = defaultdict(set)
        for account in self.env["res.partner.bank"].search(
            [("sanitized_acc_number", "in", list(set(numbers.values())))]
        ):
            owners[account.sanitized_acc_number].add(
                (account.partner_id.commercial_partner_id.id, account.company_id.id)
            )
        own = self.company_id.partner_id.ids
        for line in self:
            found = {
                partner
                for partner, company in owners.get(numbers.get(line.id), ())
                if company in (False, line.company_id.id) and partner not in own
            }
            if len(found) == 1:
                partners[line.id] = found.pop()
        return partners

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
        journal_items = self.env["account.move.line"].browse(list(scopes))
        moves = journal_items.move_id
        orders = moves._get_billed_orders()
        facts, documents = [], {}
        for item in journal_items:
            move, payment = item.move_id, item.payment_id
            own = (move.name, move.payment_reference, payment.memo, payment.payment_reference)
            billed = orders.get(move.id, self.env["sale.order"])
            called = [
                name
                for order in billed
                for name in (
                    order.name,
                    order.channel_ref,
                    order.client_order_ref,
                    *order.channel_payment_ids.mapped("reference"),
                )
            ]
            documents[item.id] = Document(payment.memo or move.name, billed.ids)
            facts.append(
                matching.Item(
                    id=item.id,
                    document=move.id,
                    residual=_exact(item.amount_residual_currency, item.currency_id),
                    currency=item.currency_id.name,
                    scopes=tuple(scopes[item.id]),
                    partner=item.partner_id.commercial_partner_id.id or None,
                    partner_name=item.partner_id.commercial_partner_id.name or "",
                    due=item.date_maturity or item.date,
                    references=tuple(name for name in own if name),
                    order_references=tuple(name for name in (*called, move.ref) if name),
                )
            )
        return facts, documents

    @api.model
    def _get_item_domain(self):
        """Which open journal items matching looks at, within those Odoo lets a line pay."""
        return Domain("statement_line_id", "=", False) & (
            Domain("account_id.account_type", "in", ("asset_receivable", "liability_payable"))
            | Domain("payment_id", "!=", False)
        )

    def _gather_closed(self):
        """Documents the labels name that are paid already."""
        words = set()
        for line in self:
            words |= words_with_digits(line.payment_ref)
        moves = self.env["account.move"].search(
            [
                ("name", "in", list(words)),
                ("state", "=", "posted"),
                ("company_id", "in", self.company_id.ids),
                ("payment_state", "in", ("paid", "in_payment", "reversed")),
            ]
        )
        return [
            matching.Closed(move.id, (move.company_id.id,), (move.name,)) for move in moves if words
        ]


def _exact(amount, currency):
    """A float amount as the decimal it stands for."""
    return Decimal(f"{currency.round(amount):.{currency.decimal_places}f}")

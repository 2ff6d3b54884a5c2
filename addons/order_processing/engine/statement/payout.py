"""What payment providers paid out, from their reports: Stripe and PayPal as CSV or XLSX.

A bank sees a payout as one sum. The report says which transactions it is made of, what they are
called, and the fees that were kept. Stripe names the payout on each transaction; PayPal's activity
is cut where money was withdrawn to the bank.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..intake import spreadsheets, tables
from ..intake.mapping import plain
from . import StatementError
from .reading import check_lines, check_size, one_line
from .table import day_in, day_order, decimal_comma, number_in

#: Field → names of its column in the providers' reports, the best first.
STRIPE = {
    "payout": "automatic_payout_id|payout_id|transfer",
    "paid_on": "automatic_payout_effective_at_utc|automatic_payout_effective_at|effective_at_utc"
    "|effective_at|transfer date (utc)|available on (utc)|available_on_utc|available_on",
    "id": "balance_transaction_id|id",
    "source": "source_id|source",
    "charge": "charge_id",
    "intent": "payment_intent_id",
    "invoice": "invoice_number|invoice_id",
    "order": "payment_metadata[order_id]|order_id (metadata)|metadata[order_id]",
    "text": "description",
    "kind": "reporting_category|type",
    "currency": "currency",
    "gross": "gross|amount",
    "fee": "fee|fees",
    "net": "net",
}
PAYPAL = {
    "day": "date",
    "kind": "type|description",
    "status": "status",
    "currency": "currency",
    "gross": "gross",
    "fee": "fee|fees",
    "net": "net",
    "id": "transaction id",
    "origin": "reference txn id",
    "invoice": "invoice number|invoice id",
    "custom": "custom number",
}
NEEDED = {
    "stripe": ("payout", "gross", "fee", "net", "currency", "kind"),
    "paypal": ("day", "kind", "gross", "fee", "net", "currency", "id"),
}
_WITHDRAWALS = ("general withdrawal", "withdraw", "transfer to bank", "bank transfer")
_DONE = ("", "completed", "cleared")
_ZERO = Decimal()


@dataclass(frozen=True)
class Transaction:
    """One transaction of a payout. ``references`` are all it is called, the provider's id first."""

    references: tuple[str, ...]
    kind: str
    gross: Decimal
    fee: Decimal
    net: Decimal


@dataclass(frozen=True)
class ProviderPayout:
    """One payout. ``amount`` is what the bank should see; ``fee`` what was kept, positive."""

    provider: str
    reference: str
    date: date
    currency: str
    amount: Decimal
    transactions: tuple[Transaction, ...]

    @property
    def fee(self):
        return sum((each.fee for each in self.transactions), _ZERO)

    @property
    def difference(self):
        """By how much transactions less fees miss the amount; none if the report is complete."""
        return self.amount - sum((each.net for each in self.transactions), _ZERO)


def read_payouts(data, day_first=False):
    """Read a provider's report.

    :param bytes data: the whole file
    :param bool day_first: how to read 03/04/2026 where nothing else in the file settles it
    :return: list of :class:`ProviderPayout`, by date
    :raise StatementError: ``too_large``, ``unreadable``, ``not_payouts``, ``row``, ``no_payouts``
    """
    check_size(data)
    table = _load(data)
    if table.failed or not table.rows:
        raise StatementError("unreadable", detail="no rows")
    check_lines(len(table.rows))
    for provider, fields, read in (("stripe", STRIPE, _stripe), ("paypal", PAYPAL, _paypal)):
        columns = _columns(table.headers, fields)
        if all(field in columns for field in NEEDED[provider]):
            payouts = read(_Rows(table, columns, day_first))
            if not payouts:
                raise StatementError("no_payouts", provider=provider)
            return sorted(payouts, key=lambda payout: (payout.date, payout.reference))
    raise StatementError("not_payouts", columns=", ".join(table.headers[:12]))


class _Rows:
    """The rows of a report, their cells by field."""

    def __init__(self, table, columns, day_first):
        self.rows, self.columns = table.rows, columns
        money = [row[columns[field]].strip() for row in table.rows for field in ("gross", "net")]
        self.comma = decimal_comma(money)
        days = columns.get("day", columns.get("paid_on"))
        values = [row[days].strip() for row in table.rows] if days is not None else []
        order = day_order(values)
        self.day_first = day_first if order is None else order

    def __iter__(self):
        return enumerate(self.rows, start=2)

    def cell(self, row, field):
        position = self.columns.get(field)
        return one_line(row[position]) if position is not None else ""

    def money(self, row, field, number):
        value = self.cell(row, field)
        try:
            return number_in(value, self.comma) if value else _ZERO
        except ValueError:
            raise StatementError(
                "row", number=number, detail=f"{value!r} is not an amount", line=" ".join(row)[:120]
            ) from None

    def day(self, row, field, number):
        return day_in(self.cell(row, field), self.day_first, number, " ".join(row)[:120])


def _stripe(rows):
    """Transactions grouped by the payout they are in; the payout's own row states its amount."""
    found, amounts, days = {}, {}, {}
    for number, row in rows:
        reference = rows.cell(row, "payout")
        kind = plain(rows.cell(row, "kind"))
        if kind.startswith("payout"):
            reference = reference or rows.cell(row, "source")
            amounts[reference] = -rows.money(row, "net", number)
            days.setdefault(reference, rows.day(row, "paid_on", number))
            continue
        if not reference:
            continue  # not paid out yet
        names = [rows.cell(row, name) for name in ("charge", "source", "intent", "id")]
        names += [rows.cell(row, name) for name in ("invoice", "order", "text")]
        key = (reference, rows.cell(row, "currency").upper())
        found.setdefault(key, []).append(_transaction(rows, row, number, kind, names))
        days.setdefault(reference, rows.day(row, "paid_on", number))
    return [
        ProviderPayout(
            "stripe",
            reference,
            days[reference],
            currency,
            amounts.get(reference, sum((each.net for each in transactions), _ZERO)),
            tuple(transactions),
        )
        for (reference, currency), transactions in found.items()
    ]


def _paypal(rows):
    """What was earned since the withdrawal before, up to and with each withdrawal."""
    waiting, payouts = {}, []
    ordered = [
        (rows.day(row, "day", number), number, row)
        for number, row in rows
        if plain(rows.cell(row, "status")) in _DONE
    ]
    if len(ordered) > 1 and ordered[0][0] > ordered[-1][0]:
        ordered.reverse()
    for day, number, row in ordered:
        currency = rows.cell(row, "currency").upper()
        kind = plain(rows.cell(row, "kind"))
        if any(word in kind for word in _WITHDRAWALS) and rows.money(row, "net", number) < 0:
            payouts.append(
                ProviderPayout(
                    "paypal",
                    rows.cell(row, "id"),
                    day,
                    currency,
                    -rows.money(row, "net", number),
                    tuple(waiting.pop(currency, ())),
                )
            )
            continue
        names = [rows.cell(row, name) for name in ("id", "invoice", "custom", "origin")]
        waiting.setdefault(currency, []).append(_transaction(rows, row, number, kind, names))
    return payouts


def _transaction(rows, row, number, kind, names):
    gross, net = rows.money(row, "gross", number), rows.money(row, "net", number)
    # Providers differ in the sign of fees; what they kept is the difference.
    return Transaction(
        tuple(dict.fromkeys(name for name in names if name)), kind, gross, gross - net, net
    )


def _columns(headers, fields):
    names = {}
    for position, header in enumerate(headers):
        names.setdefault(plain(header), position)
    columns = {}
    for field, known in fields.items():
        for name in known.split("|"):
            if plain(name) in names:
                columns[field] = names[plain(name)]
                break
    return columns


def _load(data):
    if spreadsheets.is_zip(data):
        return spreadsheets.read_xlsx(data)
    return tables.read_csv(data)

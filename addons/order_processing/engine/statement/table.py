"""Bank lines in a table: CSV or XLSX of a bank or a payment provider, with its columns mapped.

Every bank names and orders its columns as it likes. :func:`guess` proposes what they hold from
their names; a person confirms once, and files with the same columns are then read as told.
Days (3/4 or 4/3) and decimal marks are settled by all values of a column together.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..intake import spreadsheets, tables
from ..intake.mapping import plain
from . import Line, Statement, StatementError
from .reading import MAX_LINES, check_lines, check_size, joined, keyed, one_line

#: What a column may hold → names it is known by, best first, compared without case and signs.
#: Names of Stripe's and PayPal's reports are among them.
FIELDS = {
    "date": "booking date|date|posting date|posted date|transaction date|completed date|created"
    "|created utc|created (utc)|buchungstag|buchungsdatum|datum|date de comptabilisation"
    "|date operation|fecha|fecha operacion|boekdatum|data contabile|data|value date|valuta"
    "|wertstellung",
    "amount": "amount|gross|transaction amount|betrag|umsatz|montant|importe|bedrag|importo|net"
    "|amount in account currency",
    "credit": "credit|deposit|deposits|paid in|money in|haben|credito|bij|accrediti|incoming",
    "debit": "debit|withdrawal|withdrawals|paid out|money out|soll|debito|af|addebiti|outgoing",
    "direction": "credit debit|debit credit|cr dr|dr cr|soll haben|s h|sign|af bij",
    "fee": "fee|fees|gebuhr|frais|comision|kosten",
    "currency": "currency|wahrung|devise|moneda|munt|divisa|valuta isoalpha",
    "label": "payment reference|description|details|memo|verwendungszweck|purpose|narrative"
    "|reference text|libelle|communication|concepto|omschrijving|causale|descrizione|note"
    "|buchungstext|subject|item title",
    "name": "partner name|counterparty|counterparty name|payee|payer|name|beneficiary"
    "|auftraggeber empfanger|beguenstigter zahlungspflichtiger|empfanger|nom|nombre|naam"
    "|tegenpartij|customer description",
    "account": "partner iban|iban|counterparty account|counterparty iban|account number|kontonummer"
    "|compte|tegenrekening",
    "reference": "reference|check number|checknumber|check|customer reference|end to end reference"
    "|invoice number|invoice id|referenz|kundenreferenz",
    "id": "transaction id|balance transaction id|id|bank reference|referenznummer|transaktionscode",
    "type": "type|transaction type|reporting category|umsatzart|art|mutatiesoort",
    "status": "status|state",
    "balance": "balance|running balance|runningbalance|saldo|solde|balance after",
}
#: Rows that moved no money (yet), by what they say in the column "status".
_UNBOOKED = re.compile(
    r"pending|failed|denied|declined|cancel|refused|expired|voided|vorgemerkt|en attente", re.I
)
_CURRENCY_IN_NAME = re.compile(r"\b([A-Z]{3})\b\W*$")
_ISO = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?!\d)")
_DAY = re.compile(
    r"(\d{1,2})\s*[-/. ]\s*(\d{1,2}|[A-Za-z]{3,9}\.?)\s*[-/., ]\s*(\d{4}|\d{2})(?!\d)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"([-+]?)\s*(\d[\d.,' ]*|[.,]\d+)([-+]?)")
#: Currency signs and codes before or behind an amount; a sign may stand before them.
_AROUND = re.compile(r"(?<=^[-+])\s*[^\d.,\s+-]{1,3}\s*|^[^\d.,+-]{1,4}|[^\d.,+-]{1,4}$")
_SWAPPED = str.maketrans(".,", ",.")
_WHOLE = re.compile(r"\d*|\d{1,3}(,\d{3})+")
_DASH = re.compile(r"[\u2212\u2013]")
_OUTGOING = re.compile(r"^(d|dr|dbit|debit|s|soll|af|-)\b|debit", re.IGNORECASE)
#: Lines a bank may write above the names of the columns.
_PREAMBLE = 30


@dataclass(frozen=True)
class Preview:
    """A table as it is understood: its columns, which of them is what, and its first lines."""

    headers: tuple[str, ...]
    mapping: dict
    lines: tuple[Line, ...] = ()
    problem: StatementError | None = None
    currencies: tuple[str, ...] = ()
    ambiguous_days: bool = False


def is_table(data):
    """Tell whether bytes are a table: an XLSX workbook, or text with several columns."""
    if spreadsheets.is_xlsx(data):
        return True
    table = _load(data)
    return not table.failed and len(table.headers) > 1 and bool(table.rows)


def fingerprint(headers):
    """What tells one bank's table from another's: a hash of its columns' names."""
    names = "|".join(plain(header) for header in headers)
    return hashlib.sha256(names.encode()).hexdigest()[:32]


def headers(data):
    """Names of the columns of a table.

    :raise StatementError: as :func:`read` does
    """
    return _table(data).headers


def guess(names):
    """Which column likely holds what: dict field → column."""
    free = {}
    for name in names:
        free.setdefault(plain(_CURRENCY_IN_NAME.sub("", name)) or plain(name), name)
        free.setdefault(plain(name), name)
    mapping, taken = {}, set()
    known = {field: texts.split("|") for field, texts in FIELDS.items()}
    for rank in range(max(map(len, known.values()))):
        for field, texts in known.items():
            column = free.get(plain(texts[rank])) if rank < len(texts) else None
            if column and field not in mapping and column not in taken:
                mapping[field] = column
                taken.add(column)
    if "amount" in mapping and {"credit", "debit"} <= mapping.keys():
        del mapping["credit"], mapping["debit"]
    return mapping


def is_complete(mapping):
    """Whether lines can be read with a mapping: a date, and an amount in one or two columns."""
    return "date" in mapping and bool({"amount", "credit", "debit"} & mapping.keys())


def preview(data, mapping=None, day_first=False, limit=20):
    """A table as it would be read, whatever is wrong with it. See :class:`Preview`."""
    try:
        names = headers(data)
    except StatementError as error:
        return Preview((), {}, problem=error)
    mapping = guess(names) if mapping is None else mapping
    try:
        statements = read(data, mapping, day_first)
    except StatementError as error:
        return Preview(names, mapping, problem=error)
    lines = tuple(line for statement in statements for line in statement.lines)
    table = _table(data)
    order = day_order(_column(table, mapping["date"]))
    return Preview(
        names,
        mapping,
        lines[:limit],
        currencies=tuple(statement.currency for statement in statements),
        ambiguous_days=order is None,
    )


def read(data, mapping, day_first=False):
    """Read a table.

    :param bytes data: the whole file
    :param dict mapping: field of :data:`FIELDS` → name of its column
    :param bool day_first: how to read 03/04/2026 where no other date of the column settles it
    :return: list of :class:`~.Statement`, one per currency; without account, and without
        currency where the table names none
    :raise StatementError: ``too_large``, ``encoding``, ``unreadable``, ``columns`` (which are
        needed or missing), ``line``, ``too_many_lines``, ``no_lines``
    """
    table = _table(data)
    missing = [column for column in mapping.values() if column not in table.headers]
    if missing or not is_complete(mapping):
        raise StatementError("columns", missing=", ".join(missing))
    check_lines(len(table.rows))
    order = day_order(_column(table, mapping["date"]))
    reader = _Rows(table.headers, mapping, day_first if order is None else order)
    reader.learn_decimals(table)
    pending, by_currency, balances = 0, {}, []
    for number, row in enumerate(table.rows, start=2):
        found = reader.lines(row, number)
        if found is None:
            pending += 1
            continue
        currency, lines, balance = found
        by_currency.setdefault(currency, []).extend(lines)
        balances.append((sum(line.amount for line in lines), balance))
    if not by_currency:
        raise StatementError("no_lines", pending=pending)
    opening, closing = _balances(balances) if len(by_currency) == 1 else (None, None)
    return [
        Statement(
            account="",
            currency=currency,
            lines=keyed(lines),
            opening=opening,
            balance=closing,
            date=max(line.date for line in lines),
            pending=pending,
        )
        for currency, lines in by_currency.items()
        if lines
    ]


class _Rows:
    """Reads rows of one table by a mapping."""

    def __init__(self, names, mapping, day_first):
        self.positions = {field: names.index(column) for field, column in mapping.items()}
        self.day_first = day_first
        self.comma = False
        amount = mapping.get("amount") or mapping.get("credit") or mapping.get("debit")
        found = _CURRENCY_IN_NAME.search(amount or "")
        self.currency = found.group(1) if found else ""

    def learn_decimals(self, table):
        """Whether decimals stand behind a comma: by all values of the columns of money."""
        money = ("amount", "credit", "debit", "fee", "balance")
        positions = [self.positions[field] for field in money if field in self.positions]
        values = [row[position].strip() for row in table.rows for position in positions]
        self.comma = decimal_comma(values)

    def cell(self, row, field):
        position = self.positions.get(field)
        return one_line(row[position]) if position is not None else ""

    def lines(self, row, number):
        """``(currency, lines, balance)`` of a row; none for what isn't booked."""
        if _UNBOOKED.search(self.cell(row, "status")):
            return None
        text = one_line(" ".join(row))[:120]
        amount = self.amount(row, number, text)
        name = self.cell(row, "name")
        line = Line(
            id=self.cell(row, "id"),
            key="",
            date=day_in(self.cell(row, "date"), self.day_first, number, text),
            amount=amount,
            name=name,
            memo=joined([self.cell(row, "label")]) or self.cell(row, "type"),
            type=self.cell(row, "type"),
            account=self.cell(row, "account").replace(" ", ""),
            reference=self.cell(row, "reference"),
        )
        lines = [line]
        fee = self.number(row, "fee", number, text)
        if fee:
            # A provider's fee is money that went out, whatever sign its report gives it; what it
            # gives back with a refund comes in.
            sign = -1 if amount >= 0 else 1
            lines.append(
                Line(
                    id=f"{line.id}-fee" if line.id else "",
                    key="",
                    date=line.date,
                    amount=sign * abs(fee),
                    memo=joined(["Fee", line.id or line.memo]),
                    type="FEE",
                )
            )
        currency = (self.cell(row, "currency") or self.currency).upper()
        return currency, lines, self.number(row, "balance", number, text)

    def amount(self, row, number, text):
        """Signed amount of a row, from one column or two."""
        if "amount" in self.positions:
            amount = self.number(row, "amount", number, text)
            if amount is None:
                raise _unreadable(number, "no amount", text)
            if self.cell(row, "direction"):
                outgoing = bool(_OUTGOING.search(self.cell(row, "direction")))
                return -abs(amount) if outgoing else abs(amount)
            return amount
        credit = self.number(row, "credit", number, text) or Decimal()
        debit = self.number(row, "debit", number, text) or Decimal()
        if credit and debit:
            raise _unreadable(number, "both a credit and a debit", text)
        if not credit and not debit:
            raise _unreadable(number, "no amount", text)
        return abs(credit) - abs(debit) if credit >= 0 and debit >= 0 else credit + debit

    def number(self, row, field, number, text):
        value = self.cell(row, field)
        if not value:
            return None
        try:
            return number_in(value, self.comma)
        except ValueError:
            raise _unreadable(number, f"{value!r} is not an amount", text) from None


# === TABLES === #


def _table(data):
    check_size(data)
    table = _load(data)
    if table.failed or not table.rows:
        code = table.findings[0].code if table.findings else "empty_document"
        raise StatementError("unreadable", detail=code.replace("_", " "))
    return table


def _load(data):
    if spreadsheets.is_zip(data):
        return spreadsheets.read_xlsx(data)
    text, findings, _encoding = tables.decode(data)
    if text is None:
        return tables.Table(findings=findings)
    if "\0" in text:
        return tables.failure("not_a_table", line="1")
    rows = re.split(r"\r\n|\r|\n", text)
    start = 0
    for position, row in enumerate(rows[:_PREAMBLE]):
        cells = row.split(tables.sniff_delimiter(row))
        if is_complete(guess([cell.strip('" ') for cell in cells])):
            start = position
            break
    return tables.read_csv("\n".join(rows[start : start + MAX_LINES + 10]).encode())


def _column(table, name):
    position = table.headers.index(name)
    return [row[position].strip() for row in table.rows]


def _balances(rows):
    """Opening and closing balance from a running one, in whichever order rows are."""
    if any(balance is None for _amount, balance in rows):
        return None, None
    for ordered in (rows, rows[::-1]):
        pairs = zip(ordered, ordered[1:], strict=False)
        if all(before[1] + after[0] == after[1] for before, after in pairs):
            return ordered[0][1] - ordered[0][0], ordered[-1][1]
    return None, None


# === VALUES === #


def _unreadable(number, detail, text):
    return StatementError("row", number=number, detail=detail, line=text)


def day_order(values):
    """Which of days and months stands first in ``values``.

    :return: True for days, False for months, None where the values don't settle it
    """
    order = None
    for value in values:
        found = _DAY.match(value)
        if not found or _ISO.match(value):
            continue
        # Who writes dots between them, writes days first.
        if not found[2].isdigit() or int(found[1]) > 12 or "." in value:
            return True
        if int(found[2]) > 12:
            return False
        order = order if found[1] == found[2] else "unsettled"
    return None if order else True


def day_in(text, day_first, number, row):
    """The date a cell holds. :raise StatementError: ``row``, if it holds none"""
    try:
        found = _ISO.match(text)
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        found = _DAY.match(text)
        if not found:
            raise ValueError
        first, second, year = found.groups()
        year = int(year) if len(year) == 4 else 2000 + int(year)
        if not second.isdigit():
            return date(year, _MONTHS.index(second[:3].lower()) + 1, int(first))
        day, month = (first, second) if day_first else (second, first)
        return date(year, int(month), int(day))
    except ValueError:
        raise _unreadable(number, f"{text!r} is not a date", row) from None


def decimal_comma(values):
    """Whether a comma is the decimal mark in these values."""
    for value in values:
        digits = re.sub(r"[^\d.,]", "", value)
        comma, point = digits.rfind(","), digits.rfind(".")
        if comma >= 0 and point >= 0:
            return comma > point
        mark = max(comma, point)
        if mark >= 0 and (len(digits) - mark - 1 != 3 or digits.count(digits[mark]) > 1):
            grouped = digits.count(digits[mark]) > 1
            return (comma >= 0) != grouped
    return False


def number_in(text, comma):
    """An amount with its sign, a currency around it, and brackets for what went out.

    :raise ValueError: it is none
    """
    text = _DASH.sub("-", text.replace("\xa0", " ")).strip()
    bracketed = text.startswith("(") and text.endswith(")")
    body = _AROUND.sub("", text.strip("()"))
    found = _NUMBER.fullmatch(body)
    if not found:
        raise ValueError(text)
    digits = found[2].replace("'", "").replace(" ", "")
    digits = digits.translate(_SWAPPED) if comma else digits
    whole, _point, decimals = digits.partition(".")
    if not _WHOLE.fullmatch(whole) or not (decimals.isdigit() or not decimals):
        raise ValueError(text)
    digits = digits.replace(",", "")
    outgoing = bracketed or "-" in (found[1] + found[3])
    return -Decimal(digits) if outgoing else Decimal(digits)

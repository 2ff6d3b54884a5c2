"""Quicken Interchange Format: bank, cash and card sections.

Few records and one letter a field: read here, since what matters is what libraries guess. A file
says neither its account nor its currency, and dates may be day or month first: a day above 12
settles it for the whole file, otherwise the caller's habit does.
Format: Quicken Interchange Format (QIF) specification, Intuit.
"""

import re
from datetime import date
from decimal import Decimal

from . import Line, Statement, StatementError
from .reading import HEAD, check_lines, check_size, decode, joined, keyed, one_line

#: Sections whose records are movements of money.
_MONEY = {"bank", "cash", "ccard", "oth a", "oth l"}
_SNIFF = re.compile(r"^!(type|account|option|clear)\b", re.IGNORECASE | re.MULTILINE)
_DATE = re.compile(r"\s*(\d{1,4})\s*([-/.'])\s*(\d{1,2})\s*([-/.'])\s*(\d{1,4})\s*\Z")
_AMOUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?\Z")
_AMOUNT_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d{1,2})\Z")
#: Two digits of a year below this are of this century, as Quicken reads them.
_PIVOT = 70


def is_qif(data):
    """Tell whether bytes look like QIF, from their first four kilobytes."""
    return bool(_SNIFF.search(decode(data[:HEAD], strict=False).replace("\r", "\n")))


def read(data, day_first=False):
    """Read a file.

    :param bytes data: the whole file
    :param bool day_first: how to read a date like 03/04/2026 when no other date settles it
    :return: list of one :class:`~.Statement`, without account and currency
    :raise StatementError: ``too_large``, ``encoding``, ``no_account``, ``line``,
        ``too_many_lines``
    """
    check_size(data)
    records = _records(decode(data).replace("\r\n", "\n").replace("\r", "\n"))
    check_lines(len(records))
    if not records:
        raise StatementError("no_account")
    order = _day_first([record.get("D", "") for record in records], day_first)
    lines = keyed([_line(record, order) for record in records])
    return [Statement(account="", currency="", lines=lines, date=max(line.date for line in lines))]


def _records(text):
    """Records of the sections with money: the first value of each letter."""
    records, record, money = [], {}, False
    for raw in text.split("\n"):
        row = raw.strip()
        if row.startswith("!"):
            kind = row[1:].lower().removeprefix("type:").strip()
            money = row.lower().startswith("!type:") and kind in _MONEY
            record = {}
        elif row == "^":
            if money and record:
                records.append(record)
            record = {}
        elif money and row and not row.startswith("#"):
            record.setdefault(row[0].upper(), row[1:])
    if money and {"D", "T"} <= record.keys():
        records.append(record)  # the last mark is left out by some programs
    return records


def _day_first(dates, default):
    """Whether days come before months in this file."""
    for text in dates:
        found = _DATE.match(text)
        if found and len(found[1]) < 3:
            first, second = int(found[1]), int(found[3])
            if first > 12 or second > 12:
                return first > 12
    return default


def _line(record, day_first):
    label = joined([record.get("P"), record.get("M")]) or one_line(record.get("L"))
    check = one_line(record.get("N"))
    return Line(
        id="",
        key="",
        date=_day(record.get("D", ""), day_first, label),
        amount=_amount(record.get("T") or record.get("U") or "", label),
        name=one_line(record.get("P")),
        memo=one_line(record.get("M")) or one_line(record.get("L")),
        reference=check if check.isdigit() else "",
        type="" if check.isdigit() else check,
    )


def _unreadable(detail, label):
    return StatementError("line", account="", count=1, detail=detail, line=label[:120])


def _day(text, day_first, label):
    found = _DATE.match(text)
    if not found:
        raise _unreadable(f"{text!r} is not a date", label)
    first, second, third = int(found[1]), int(found[3]), int(found[5])
    if len(found[1]) == 4:
        year, month, day = first, second, third
    else:
        day, month = (first, second) if day_first else (second, first)
        year = third
        if len(found[5]) <= 2:
            year += 2000 if third < _PIVOT or found[4] == "'" else 1900
    try:
        return date(year, month, day)
    except ValueError:
        raise _unreadable(f"{text!r} is not a date", label) from None


def _amount(text, label):
    text = "".join(text.split())
    if _AMOUNT_COMMA.match(text):
        text = text.replace(".", "").replace(",", ".")
    elif not text or not _AMOUNT.match(text):
        raise _unreadable(f"{text!r} is not an amount", label)
    text = text.replace(",", "")
    if not any(char.isdigit() for char in text):
        raise _unreadable(f"{text!r} is not an amount", label)
    return Decimal(text)

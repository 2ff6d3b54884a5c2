"""BAI2 cash management reports of American and British banks, read with bai2.

The library checks every record count and control total of the file. Amounts have no decimal
point: the currency says where it stands.
Format: BAI Cash Management Balance Reporting Specifications, version 2.
"""

import re
from decimal import Decimal

from bai2 import bai2 as library
from bai2.constants import TypeCodeLevel, TypeCodeTransaction

from . import Line, Statement, StatementError
from .reading import HEAD, check_lines, check_size, decode, keyed, one_line, signed

_SNIFF = re.compile(r"\A\s*01,[^\n]*\n\s*02,", re.MULTILINE)
_DETAIL = re.compile(r"^\s*16,", re.MULTILINE)
#: Decimals of currencies that don't have two (ISO 4217).
_DECIMALS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
}
_OPENING, _CLOSING = "010", "015"
#: Types of what comes back: returned checks, ACH payments and other items, and reversals.
_RETURNS = {
    *("423", "468", "552", "555", "557", "558", "566", "694"),  # taken off the account
    *("123", "252", "255", "257", "258", "266", "395"),  # given back to it
}


def is_bai2(data):
    """Tell whether bytes look like BAI2, from their first four kilobytes."""
    return bool(_SNIFF.search(decode(data[:HEAD], strict=False).replace("\r", "\n")))


def read(data):
    """Read a file.

    :param bytes data: the whole file
    :return: list of :class:`~.Statement`, one per account and day
    :raise StatementError: ``too_large``, ``encoding``, ``unreadable``, ``no_account``,
        ``no_number``, ``no_currency``, ``line``, ``too_many_lines``
    """
    check_size(data)
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    check_lines(len(_DETAIL.findall(text)))
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        parsed = library.parse_from_lines(lines, check_integrity=True)
    except Exception as error:
        # Besides its own errors the library lets through those of int() and of missing records.
        raise StatementError("unreadable", detail=one_line(str(error))[:200]) from error
    statements = [
        _statement(account, group) for group in parsed.children for account in group.children
    ]
    if not statements:
        raise StatementError("no_account")
    return statements


def _statement(account, group):
    header = account.header
    number = one_line(header.customer_account_number)
    if not number:
        raise StatementError("no_number")
    currency = one_line(header.currency or group.header.currency or "USD").upper()
    decimals = _DECIMALS.get(currency, 2)
    day = group.header.as_of_date
    if day is None:
        raise StatementError("unreadable", detail=f"account {number} has no as-of date")
    entries = [entry for entry in account.children if _is_movement(entry)]
    lines = keyed([_line(entry, day, decimals, number) for entry in entries])
    balances = {
        item.type_code.code: Decimal(item.amount).scaleb(-decimals)
        for item in header.summary_items
        if item.type_code and item.amount is not None
    }
    return Statement(
        account=number,
        currency=currency,
        lines=lines,
        opening=balances.get(_OPENING),
        balance=balances.get(_CLOSING),
        date=day,
    )


def _is_movement(entry):
    """Totals and notes that come as details are none; nor is what moved nothing."""
    return bool(entry.amount) and entry.type_code.level == TypeCodeLevel.detail


def _line(entry, day, decimals, number):
    kind = entry.type_code
    if kind.transaction not in (TypeCodeTransaction.credit, TypeCodeTransaction.debit):
        raise StatementError(
            "line",
            account=number,
            count=1,
            detail=f"type {kind.code} is neither a credit nor a debit",
            line=one_line(entry.text)[:120],
        )
    amount = Decimal(entry.amount).scaleb(-decimals)
    reference = one_line(entry.customer_reference)
    return Line(
        id=one_line(entry.bank_reference),
        key="",
        date=day,
        amount=signed(amount, kind.transaction == TypeCodeTransaction.credit),
        memo=(one_line(entry.text) or one_line(kind.description))[:1000],
        type=kind.code,
        reference="" if not reference.strip("0") else reference,
        return_reason=f"BAI {kind.code}" if kind.code in _RETURNS else "",
    )

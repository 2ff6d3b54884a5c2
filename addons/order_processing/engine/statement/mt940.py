"""SWIFT MT940 (customer statement) and MT942 (interim report), read with mt-940.

mt-940 takes statement lines and balances apart; what it leaves to luck is done here: cutting a
file into messages, the sign of reversals, the fields German and Polish banks put into :86:, and
counting that no line was passed over.
Formats: SWIFT Standards MT, category 9; for :86:, annex 3 of the German banks' remote data
transmission agreement (DFÜ-Abkommen), appendix on MT940.
"""

import datetime
import re
from decimal import Decimal

import mt940 as library

from . import Line, Statement, StatementError
from .reading import HEAD, check_lines, check_size, decode, joined, keyed, one_line, signed

_SNIFF = re.compile(r"^:20:.*(?:\n(?!:20:).*)*?\n:(?:25P?|28C?|60[FM]|34F|13D):", re.MULTILINE)
_MESSAGE = re.compile(r"^:20:", re.MULTILINE)
_ENTRY = re.compile(r"^:61:", re.MULTILINE)
_FIELD = re.compile(r"^:\d\d[A-Z]?:|^-", re.MULTILINE)
_SUBFIELD = re.compile(r"\?(\d\d)")
#: Keywords of SEPA payments within what a payer wrote: EREF is the payer's own reference.
_KEYWORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
_NOT_GIVEN = {"NONREF", "NOTPROVIDED", ""}
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")
#: What came in: a credit, or the reversal of a debit.
_INCOMING = {"C", "RD", "EC"}
#: What the bank takes back. In German banks' :86: (business transaction codes 108 and 109, direct
#: debits of businesses and others; 159, transfers), in :61: (RTI, returned item), or by the mark
#: of a credit's reversal.
_RETURNS = {"108", "109", "159"}
_RETURNED_ITEM, _CREDIT_REVERSED = "RTI", "RC"
#: Why, by ISO 20022 (ExternalReturnReason1Code): the ones of direct debits and transfers.
_REASON = re.compile(
    r"\b(AC0[1-9]|AC1[0-8]|AG0[1-9]|AM0[1-9]|BE0[1-9]|DNOR|CNOR|FF0[1-9]|FOCR|MD0[1-9]|MS0[23]"
    r"|NARR|RC01|RR0[1-4]|SL0[1-9]|SVNR|TM01)\b"
)


def is_mt940(data):
    """Tell whether bytes look like MT940 or MT942, from their first four kilobytes."""
    return bool(_SNIFF.search(_lines_of(decode(data[:HEAD], strict=False))))


def read(data):
    """Read a file of one or many messages.

    :param bytes data: the whole file
    :return: list of :class:`~.Statement`, one per message
    :raise StatementError: ``too_large``, ``encoding``, ``unreadable``, ``no_account``,
        ``no_number``, ``no_currency``, ``line``, ``too_many_lines``
    """
    check_size(data)
    text = _lines_of(decode(data))
    starts = [found.start() for found in _MESSAGE.finditer(text)]
    if not starts:
        raise StatementError("no_account")
    check_lines(len(_ENTRY.findall(text)))
    ends = [*starts[1:], len(text)]
    return [_statement(text[begin:end]) for begin, end in zip(starts, ends, strict=True)]


def _lines_of(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _statement(message):
    number = _account(message)
    if not number:
        raise StatementError("no_number")
    try:
        parsed = library.parse(message)
        entries = [dict(entry.data) for entry in parsed if entry.data.get("amount") is not None]
    except Exception as error:
        # Fields that don't fit their form raise whatever the part that reads them raises.
        raise StatementError("unreadable", detail=one_line(str(error))[:200]) from error
    notes = _notes(message)
    if len(entries) != len(notes):
        raise StatementError(
            "line",
            account=number,
            count=abs(len(notes) - len(entries)),
            detail=f":61: was read {len(entries)} times of {len(notes)}",
            line=one_line(message[message.find(":61:") :])[:120],
        )
    opening = _balance(parsed.data, "final_opening_balance", "intermediate_opening_balance")
    closing = _balance(parsed.data, "final_closing_balance", "intermediate_closing_balance")
    currency = _currency(message, opening, closing)
    if not currency:
        raise StatementError("no_currency", account=number)
    lines = keyed([_line(*pair, number) for pair in zip(entries, notes, strict=True)])
    return Statement(
        account=number,
        currency=currency,
        lines=lines,
        opening=Decimal(opening.amount.amount) if opening else None,
        balance=Decimal(closing.amount.amount) if closing else None,
        date=max((line.date for line in lines), default=_day(closing.date) if closing else None),
    )


def _account(message):
    """The account of field 25, without the bank's code before it or the currency behind it."""
    found = re.search(r"^:25P?:(.*)$", message, re.MULTILINE)
    number = one_line(found.group(1)) if found else ""
    if "/" in number:
        number = number.rsplit("/", 1)[1].strip() or number
    iban = re.match(r"([A-Z]{2}\d{2}[A-Z0-9]{8,30}?)\s?([A-Z]{3})?$", number)
    return iban.group(1) if iban else number


def _balance(data, *names):
    return next((data[name] for name in names if data.get(name) is not None), None)


def _currency(message, *balances):
    for balance in balances:
        if balance is not None and balance.amount.currency:
            return balance.amount.currency.upper()
    # An interim report has the currency of its floor limit or totals instead.
    found = re.search(r"^:(?:34F:|90[CD]:\d+)([A-Z]{3})", message, re.MULTILINE)
    return found.group(1) if found else ""


def _notes(message):
    """What each :61: is followed by in :86:, as it stands there."""
    texts = []
    starts = [found.end() for found in _ENTRY.finditer(message)]
    for begin, end in zip(starts, [*starts[1:], len(message)], strict=True):
        _head, found, rest = message[begin:end].partition("\n:86:")
        if found and _FIELD.search(_head):
            rest = ""  # behind a closing balance it is about the whole statement
        cut = _FIELD.search(rest)
        texts.append(rest[: cut.start()] if cut else rest)
    return texts


def _line(entry, note, number):
    day = entry.get("guessed_entry_date") or entry.get("entry_date") or entry.get("date")
    if day is None:
        raise StatementError(
            "line", account=number, count=1, detail="no date", line=one_line(note)[:120]
        )
    told = _parts(note)
    bank_reference = _reference(entry.get("bank_reference"))
    references = [told.get("EREF"), entry.get("customer_reference"), bank_reference]
    memo = joined([told["memo"], entry.get("extra_details")]) or told.get("text", "")
    end_to_end = _reference(told.get("EREF"))
    return Line(
        id=bank_reference,
        key="",
        date=_day(day),
        amount=signed(abs(entry["amount"].amount), entry.get("status") in _INCOMING),
        name=told.get("name", ""),
        memo=memo[:1000],
        type=one_line(entry.get("id")),
        account=told.get("account", ""),
        reference=next(filter(None, map(_reference, references)), ""),
        end_to_end="" if end_to_end.upper() == "NOTPROVIDED" else end_to_end,
        return_reason=_return_reason(entry, note),
    )


def _return_reason(entry, note):
    """Why the bank returns a movement, or the code that says it does; empty if it doesn't."""
    code = note.strip()[:3]
    kind = one_line(entry.get("id"))[1:]
    if kind == _RETURNED_ITEM:
        found = kind
    elif _SUBFIELD.search(note) and code in _RETURNS:
        found = code
    elif entry.get("status") == _CREDIT_REVERSED:
        found = _CREDIT_REVERSED
    else:
        return ""
    # A line may end within the code.
    reason = _REASON.search(note) or _REASON.search(note.replace("\n", ""))
    return reason.group() if reason else found


def _parts(note):
    """Field :86: as a dict: ``memo`` always, other parts where the bank tells them apart."""
    if not _SUBFIELD.search(note):
        return {"memo": one_line(note)}
    # Lines end anywhere, also within a word or a subfield's number.
    pieces = _SUBFIELD.split(note.replace("\n", ""))
    fields = {}
    for code, value in zip(pieces[1::2], pieces[2::2], strict=True):
        fields[code] = fields.get(code, "") + value
    purpose = "".join(fields.get(str(code), "") for code in (*range(20, 30), *range(60, 64)))
    words = _KEYWORD.split(purpose)
    told = dict(zip(words[1::2], map(one_line, words[2::2]), strict=True))
    account = one_line(fields.get("38") or fields.get("31")).replace(" ", "")
    if not _IBAN.fullmatch(account) and _IBAN.fullmatch(told.get("IBAN", "")):
        account = told["IBAN"]
    return {
        **told,
        "memo": joined([words[0], told.get("SVWZ"), told.get("EREF")]),
        "text": one_line(fields.get("00")),
        "name": one_line(fields.get("32", "") + fields.get("33", "")) or told.get("ABWA", ""),
        "account": account,
    }


def _reference(text):
    text = one_line(text)
    # mt-940 takes a type's last letter for a reference where none follows it.
    return "" if text.upper() in _NOT_GIVEN or len(text) < 2 else text


def _day(day):
    """mt-940's own kind of date as a plain one."""
    return datetime.date(day.year, day.month, day.day)

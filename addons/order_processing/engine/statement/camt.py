"""ISO 20022 bank to customer cash messages: camt.052 (report), .053 (statement), .054 (notice).

All versions are read by the names of their elements, which have kept their meaning since .02.
Format: ISO 20022 message definition reports, Bank-to-Customer Cash Management; what banks may
leave out is as in the Common Global Implementation (CGI) guide.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from ..intake.reading_xml import load
from . import Line, Statement, StatementError
from .reading import HEAD, MAX_BYTES, check_lines, check_size, joined, keyed, one_line, signed

#: Element that holds one account, by message.
MESSAGES = {
    "BkToCstmrAcctRpt": "Rpt",
    "BkToCstmrStmt": "Stmt",
    "BkToCstmrDbtCdtNtfctn": "Ntfctn",
}
#: Balances right before the first and right after the last booking.
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_SNIFF = re.compile(rb"camt\.05[234]|<(\w+:)?BkToCstmr", re.IGNORECASE)
_NOT_GIVEN = {"", "NOTPROVIDED", "NOT PROVIDED", "NONREF"}
_AMOUNT = re.compile(r"\d+(\.\d*)?|\.\d+")


def is_camt(data):
    """Tell whether bytes look like one of these messages, from their first four kilobytes."""
    return bool(_SNIFF.search(data[:HEAD].replace(b"\0", b"")))


def read(data):
    """Read a message.

    :param bytes data: the whole file
    :return: list of :class:`~.Statement`, one per account
    :raise StatementError: ``too_large``, ``document_type``, ``unreadable``, ``no_account``,
        ``no_number``, ``no_currency``, ``line``, ``line_currency``, ``too_many_lines``
    """
    check_size(data)
    root, finding = load(data, MAX_BYTES)
    if finding:
        if finding.code == "xml_doctype":
            raise StatementError("document_type")
        where = ", ".join(f"{name} {value}" for name, value in (finding.args or {}).items())
        raise StatementError("unreadable", detail=where or finding.code)
    found = [
        part
        for name, account in MESSAGES.items()
        for message in root.iter("{*}" + name)
        for part in _children(message, account)
    ]
    if not found:
        raise StatementError("no_account")
    check_lines(sum(len(_children(part, "Ntry")) for part in found))
    return [_statement(part) for part in found]


def _statement(part):
    number = _text(part, "Acct/Id/IBAN") or _text(part, "Acct/Id/Othr/Id")
    if not number:
        raise StatementError("no_number")
    entries = _children(part, "Ntry")
    currency = _text(part, "Acct/Ccy") or next(
        (_currency(node) for node in _nodes(part, "Bal/Amt") + _nodes(part, "Ntry/Amt")), ""
    )
    if not currency:
        raise StatementError("no_currency", account=number)
    booked = [entry for entry in entries if _status(entry) == "BOOK"]
    lines = [line for entry in booked for line in _lines(entry, currency, number)]
    check_lines(len(lines))
    lines = keyed(lines)
    opening, _day = _balance(part, _OPENING, currency, number)
    closing, day = _balance(part, _CLOSING, currency, number)
    return Statement(
        account=number,
        currency=currency,
        lines=lines,
        opening=opening,
        balance=closing,
        date=max((line.date for line in lines), default=day) or day,
        pending=len(entries) - len(booked),
    )


def _status(entry):
    # Newer versions put the code into an element of its own; without one it is booked.
    return _text(entry, "Sts/Cd") or _text(entry, "Sts") or "BOOK"


def _balance(part, codes, currency, number):
    """The first stated balance of these codes in the account's currency, and its day."""
    for balance in _children(part, "Bal"):
        amount = _node(balance, "Amt")
        if amount is None or _currency(amount) != currency:
            continue
        if _text(balance, "Tp/CdOrPrtry/Cd") in codes:
            value = signed(_amount(amount, number, balance), _is_credit(balance))
            return value, _day(balance, "Dt", number, required=False)
    return None, None


def _lines(entry, currency, number):
    """An entry as one line, or as many as the payments it books together, if they add up."""
    amount = _node(entry, "Amt")
    if amount is None:
        raise _unreadable(number, entry, "no Amt")
    if _currency(amount) != currency:
        raise StatementError(
            "line_currency", account=number, currency=_currency(amount), line=_label(entry)
        )
    total = signed(_amount(amount, number, entry), _is_credit(entry, number))
    day = _day(entry, "BookgDt", number, required=False) or _day(entry, "ValDt", number)
    reference = one_line(_text(entry, "AcctSvcrRef"))
    common = {"date": day, "type": _kind(entry)}
    details = _nodes(entry, "NtryDtls/TxDtls")
    parts = [_part_amount(detail, currency, total, number) for detail in details]
    if len(details) > 1 and None not in parts and sum(parts) == total:
        return [
            _line(entry, detail, part, position, **common, entry=_own_reference(reference))
            for position, (detail, part) in enumerate(zip(details, parts, strict=True), start=1)
        ]
    if len(details) == 1:
        return [_line(entry, details[0], total, 0, **common, batch=_batch(entry))]
    memo = joined(
        [*(_remittance(detail) for detail in details), _text(entry, "AddtlNtryInf")]
        if details
        else [_text(entry, "AddtlNtryInf")]
    )
    own = _own_reference(reference)
    common["batch"] = _batch(entry)
    return [Line(id=own, key="", amount=total, memo=memo[:1000], reference=own, **common)]


def _batch(entry):
    """Ids of the payment file that the bank booked as one sum, if it says so."""
    paths = ("Btch/PmtInfId", "Btch/MsgId", "TxDtls/Refs/PmtInfId", "TxDtls/Refs/MsgId")
    found = [
        _own_reference(node.text) for path in paths for node in _nodes(entry, f"NtryDtls/{path}")
    ]
    return joined(dict.fromkeys(found))[:300]


def _line(booking, detail, amount, position, **common):
    """One payment of an entry. ``position`` counts within it; 0 where there is just one."""
    party, account = _counterparty(detail, amount >= 0)
    bank_reference = _own_reference(
        _text(detail, "Refs/AcctSvcrRef") if position else _text(booking, "AcctSvcrRef")
    )
    if position and not bank_reference and _own_reference(_text(booking, "AcctSvcrRef")):
        bank_reference = f"{_text(booking, 'AcctSvcrRef')}/{position}"
    end_to_end = _own_reference(_text(detail, "Refs/EndToEndId"))
    structured = _own_reference(_text(detail, "RmtInf/Strd/CdtrRefInf/Ref"))
    reason = _text(detail, "RtrInf/Rsn/Cd")
    foreign, foreign_currency = _foreign(booking, detail, amount)
    memo = joined([_remittance(detail), f"Return {reason}" if reason else ""]) or one_line(
        _text(booking, "AddtlNtryInf")
    )
    return Line(
        id=one_line(bank_reference),
        key="",
        amount=amount,
        name=party,
        memo=memo[:1000],
        account=account,
        reference=one_line(structured or end_to_end or bank_reference),
        foreign_amount=foreign,
        foreign_currency=foreign_currency,
        end_to_end=end_to_end,
        return_reason=reason,
        **common,
    )


def _part_amount(detail, currency, total, number):
    """Signed amount of one payment in the account's currency; none if it isn't stated."""
    for path in ("AmtDtls/TxAmt/Amt", "Amt"):
        node = _node(detail, path)
        if node is not None and _currency(node) == currency:
            credit = _is_credit(detail) if _text(detail, "CdtDbtInd") else total >= 0
            return signed(_amount(node, number, detail), credit)
    return None


def _foreign(entry, detail, amount):
    """What was instructed in another currency: ``(amount, currency)``, with the line's sign."""
    own = _currency(_node(entry, "Amt"))
    for parent in (detail, entry):
        node = _node(parent, "AmtDtls/InstdAmt/Amt")
        if node is not None and _currency(node) not in ("", own):
            try:
                value = Decimal(one_line(node.text))
            except InvalidOperation:
                return None, ""
            if value.is_finite() and value:
                return signed(abs(value), amount >= 0), _currency(node)
    return None, ""


def _counterparty(detail, incoming):
    """Name and account of the other side: the debtor of what came in, the creditor otherwise."""
    role = "Dbtr" if incoming else "Cdtr"
    base = f"RltdPties/{role}"
    name = _text(detail, f"{base}/Pty/Nm") or _text(detail, f"{base}/Nm")
    ultimate = f"RltdPties/Ultmt{role}"
    name = name or _text(detail, f"{ultimate}/Pty/Nm") or _text(detail, f"{ultimate}/Nm")
    account = _text(detail, f"{base}Acct/Id/IBAN") or _text(detail, f"{base}Acct/Id/Othr/Id")
    return one_line(name), one_line(account)


def _remittance(detail):
    """What the payer wrote, and the references stated in a field of their own."""
    texts = [node.text for node in _nodes(detail, "RmtInf/Ustrd")]
    texts += [node.text for node in _nodes(detail, "RmtInf/Strd/CdtrRefInf/Ref")]
    texts += [node.text for node in _nodes(detail, "RmtInf/Strd/RfrdDocInf/Nb")]
    return joined([*texts, _text(detail, "AddtlTxInf")])


def _kind(entry):
    code = "BkTxCd/Domn"
    parts = [_text(entry, f"{code}/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(part for part in parts if part) or _text(entry, "BkTxCd/Prtry/Cd")


def _own_reference(text):
    text = one_line(text)
    return "" if text.upper() in _NOT_GIVEN else text


# === ELEMENTS === #


def _children(element, name):
    return element.findall("{*}" + name)


def _nodes(element, path):
    return element.findall("/".join("{*}" + name for name in path.split("/")))


def _node(element, path):
    return next(iter(_nodes(element, path)), None)


def _text(element, path):
    node = _node(element, path)
    return one_line(node.text) if node is not None else ""


def _currency(node):
    return one_line(node.get("Ccy")).upper()


def _label(element):
    return (_remittance_of(element) or one_line(" ".join(element.itertext())))[:120]


def _remittance_of(entry):
    return joined(_remittance(detail) for detail in _nodes(entry, "NtryDtls/TxDtls"))


def _unreadable(number, element, detail):
    return StatementError("line", account=number, count=1, detail=detail, line=_label(element))


def _amount(node, number, element):
    text = one_line(node.text)
    if not _AMOUNT.fullmatch(text):
        raise _unreadable(number, element, f"{text!r} is not an amount")
    return Decimal(text)


def _is_credit(element, number=""):
    indicator = _text(element, "CdtDbtInd")
    if indicator not in ("CRDT", "DBIT"):
        raise _unreadable(number, element, f"CdtDbtInd is {indicator!r}, not CRDT or DBIT")
    return indicator == "CRDT"


def _day(element, path, number, required=True):
    """Day of a choice of date and date with time: as the bank writes it, in its own time zone."""
    text = _text(element, f"{path}/Dt") or _text(element, f"{path}/DtTm")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        if required or text:
            raise _unreadable(number, element, f"{path} is {text!r}, not a date") from None
    return None

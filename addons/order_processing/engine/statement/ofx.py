"""OFX 1 (SGML) and OFX 2 (XML) bank files, read with ofxparse.

ofxparse takes the fields out; what it leaves to luck is done here: finding the character set,
closing SGML's open tags in linear time, refusing document types, and reading amounts and dates
strictly. Dates stay the bank's own: ofxparse turns them to UTC, which moves evening payments of
American banks to the next day.
Format: OFX 1.0.2 and 2.2 specifications, sections 3.2.8 (amounts, dates) and 11.4 (statements).
"""

import codecs
import html
import re
import warnings
from collections import Counter
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from io import BytesIO

from ofxparse import OfxParser
from ofxparse.ofxparse import AccountType, OfxParserException

from . import Line, Statement, StatementError

# ofxparse 0.21 calls Beautiful Soup by names that still work; its log lines help nobody.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"ofxparse\.")

#: Larger files than any bank makes; reading one this size takes seconds, not minutes.
MAX_BYTES = 16 * 1024 * 1024
MAX_LINES = 20_000
MAX_DEPTH = 40

_HEAD = 4096
_SNIFF = re.compile(r"OFXHEADER\s*[:=]|<OFX>|<\?OFX\b", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"(</?[A-Za-z][A-Za-z0-9_.]*\s*/?>)")
_ENTITY = re.compile(r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_AMOUNT = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)\Z")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([,.])\d{3})(?:\1\d{3})*(?!\1)[.,]\d*\Z")
#: Currencies with thousandths, where "1,234" can't mean a thousand and more.
_THOUSANDTHS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def is_ofx(data):
    """Tell whether bytes look like OFX, from their first four kilobytes."""
    return bool(_SNIFF.search(_decode(data[:_HEAD], strict=False)))


def read(data):
    """Read an OFX file.

    :param bytes data: the whole file
    :return: list of :class:`Statement`, one per bank or card account
    :raise StatementError: ``too_large``, ``encoding``, ``document_type``, ``too_deep``,
        ``unreadable``, ``no_account``, ``no_number``, ``no_currency``, ``line`` (a line that
        can't be read), ``line_currency``, ``too_many_lines``
    """
    if len(data) > MAX_BYTES:
        raise StatementError("too_large", limit=MAX_BYTES // (1024 * 1024))
    text = _decode(data)
    start = text.upper().find("<OFX>")
    if start < 0:
        raise StatementError("unreadable", detail="no <OFX> element")
    if _DOCTYPE.search(text):
        raise StatementError("document_type")
    body = _close_tags(text[start:])
    # Headers of our own: the text is decoded, and odd headers make ofxparse stumble.
    clean = b"OFXHEADER:100\nENCODING:UTF-8\n\n" + body.encode("utf-8", "replace")
    try:
        parsed = _Reader.parse(BytesIO(clean), fail_fast=False)
    except StatementError:
        raise
    except Exception as error:
        # ofxparse lets through whatever its parts raise: IndexError, AttributeError, TypeError…
        raise StatementError("unreadable", detail=_text(str(error))[:200]) from error
    accounts = [
        account
        for account in parsed.accounts
        if account.type in (AccountType.Bank, AccountType.CreditCard) and account.statement
    ]
    if not accounts:
        raise StatementError("no_account")
    if sum(len(account.statement.transactions) for account in accounts) > MAX_LINES:
        raise StatementError("too_many_lines", limit=MAX_LINES)
    return [_statement(account) for account in accounts]


# === READING === #


class _Reader(OfxParser):
    """ofxparse with strict amounts, the bank's own dates and the fields it leaves out."""

    @classmethod
    def parseOfxDateTime(cls, ofxDateTime):
        """Day of an OFX date as the bank wrote it (YYYYMMDD…); the rest tells only the hour."""
        text = ofxDateTime.strip()
        if not re.match(r"\d{8}(?!\d{7})", text):
            raise ValueError(f"{text!r} is not a date (YYYYMMDD)")
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))

    @classmethod
    def toDecimal(cls, tag):
        text = "".join(tag.contents[0].split())
        if _GROUPED.match(text):
            decimal_mark = max(text.rfind("."), text.rfind(","))
            whole = text[:decimal_mark].replace(",", "").replace(".", "")
            text = f"{whole}.{text[decimal_mark + 1 :]}"
        if not _AMOUNT.match(text):
            raise InvalidOperation(text)
        return Decimal(text.replace(",", "."))

    @classmethod
    def parseTransaction(cls, txn_ofx):
        fitid = txn_ofx.find("fitid")
        if fitid is not None and not fitid.get_text(strip=True):
            fitid.string = "0"
        for required in ("dtposted", "trnamt"):
            tag = txn_ofx.find(required)
            if tag is None or not tag.get_text(strip=True):
                raise OfxParserException(f"no {required.upper()}")
        name = txn_ofx.find("name")
        if name is not None and not name.get_text(strip=True):
            name.extract()
        transaction = super().parseTransaction(txn_ofx)
        transaction.raw_amount = txn_ofx.find("trnamt").get_text(strip=True)
        transaction.extended = _child_text(txn_ofx, "extdname")
        transaction.refnum = _child_text(txn_ofx, "refnum")
        other = txn_ofx.find("bankacctto") or txn_ofx.find("bankacctfrom")
        transaction.other_account = _child_text(other, "acctid") if other else ""
        stated = txn_ofx.find("currency")
        transaction.currency = _child_text(stated, "cursym") if stated else ""
        return transaction


def _statement(account):
    """Turn one account of ofxparse into a :class:`Statement`."""
    source = account.statement
    number = _text(account.account_id)
    if not number:
        raise StatementError("no_number")
    currency = _text(account.curdef).upper()
    if not currency:
        raise StatementError("no_currency", account=number)
    if source.discarded_entries:
        first = source.discarded_entries[0]
        raise StatementError(
            "line",
            account=number,
            count=len(source.discarded_entries),
            detail=_text(first["error"])[:200],
            line=_text(first["content"].get_text(" ", strip=True))[:120],
        )
    lines = _keyed([_line(entry, currency, number) for entry in source.transactions])
    return Statement(account=number, currency=currency, lines=lines, **_balance(source, lines))


def _line(entry, currency, number):
    if entry.currency and entry.currency.upper() != currency:
        raise StatementError(
            "line_currency", account=number, currency=entry.currency, line=_text(entry.payee)[:120]
        )
    if re.match(r"[+-]?\d{1,3}(,\d{3})+\Z", entry.raw_amount) and currency not in _THOUSANDTHS:
        raise StatementError(
            "line",
            account=number,
            count=1,
            detail=f"amount {entry.raw_amount} may mean thousands or thousandths",
            line=_text(entry.payee)[:120],
        )
    name = _text(entry.extended) or _text(entry.payee)
    check = _text(entry.checknum).strip("0")
    return Line(
        id=_text(entry.id),
        key="",
        date=entry.date,
        amount=Decimal(entry.amount),
        name=name,
        memo=_text(entry.memo),
        type=_text(entry.type).upper(),
        account=_text(entry.other_account),
        reference=_text(entry.refnum) or check,
    )


def _balance(source, lines):
    """Ledger balance, when it holds right after the last line: then it can be checked."""
    balance = getattr(source, "balance", None)
    as_of = getattr(source, "balance_date", None) or None
    until = source.end_date or None
    last = max((line.date for line in lines), default=None)
    holds = as_of is None or ((until is None or as_of <= until) and (not last or as_of >= last))
    return {"balance": balance if holds else None, "date": last or as_of or until}


def _keyed(lines):
    """Give each line a key that a second export of the same account repeats.

    Banks promise a unique FITID and some use one for many movements. Day and amount tell those
    apart; equal ones are counted, so that two true equal payments survive and reading the file
    again adds nothing. An id that identifies nothing (empty or zeros) is helped by the text.
    """
    seen = Counter()
    keyed = []
    for line in lines:
        amount = f"{line.amount.normalize():f}"
        parts = [line.id, line.date.isoformat(), amount]
        if not line.id.strip("0"):
            parts += [" ".join(line.name.upper().split()), " ".join(line.memo.upper().split())]
        key = "|".join(parts)
        seen[key] += 1
        if seen[key] > 1:
            key = f"{key}|{seen[key]}"
        keyed.append(Line(**{**line.__dict__, "key": key}))
    return tuple(keyed)


# === TEXT === #


def _text(value):
    """One clean line of text: no control characters, no runs of blanks."""
    return " ".join(_CONTROL.sub(" ", str(value or "")).split())


def _child_text(tag, name):
    child = tag.find(name)
    return _text(child.get_text()) if child is not None else ""


def _decode(data, strict=True):
    """Decode by byte order mark, then UTF-8 if it is that, then as the header says."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                if not strict:
                    return data.decode(encoding, "replace")
                raise StatementError("encoding", encoding=encoding) from None
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8")
    declared = _declared_encoding(data[:_HEAD].decode("latin-1")) if strict else "latin-1"
    try:
        return data.decode(declared)
    except LookupError:
        raise StatementError("encoding", encoding=declared) from None
    except UnicodeDecodeError:
        # A stray byte spoils one label; that is no reason to refuse a bank's file.
        return data.decode("latin-1")


def _declared_encoding(head):
    found = re.search(r"encoding\s*=\s*[\"']([\w.:-]+)", head, re.IGNORECASE)
    if found:
        return found.group(1)
    charset = re.search(r"^\s*CHARSET\s*:\s*([\w-]+)", head, re.IGNORECASE | re.MULTILINE)
    name = charset.group(1).upper() if charset else "NONE"
    if name in ("NONE", "1252"):
        return "cp1252"
    if name in ("8859-1", "ISO-8859-1"):
        return "iso-8859-1"
    return f"cp{name}" if name.isdigit() else name


def _close_tags(text):
    """Close the tags SGML may leave open, drop what isn't OFX and escape the values.

    A tag followed by text, or never closed, is a value; any other is a group of tags.
    """
    text = _COMMENT.sub("", text)
    text = _CDATA.sub(lambda match: html.escape(match.group(1), quote=False), text)
    pieces = _TAG.split(text)
    closed, values, opened = set(), set(), set()
    for tag, after in zip(pieces[1::2], pieces[2::2], strict=True):
        name = tag.strip("</ >").lower()
        if tag.startswith("</"):
            closed.add(name)
        else:
            opened.add(name)
            if after.strip():
                values.add(name)
    values |= opened - closed
    out, depth = [], 0
    for tag, after in zip(pieces[1::2], pieces[2::2], strict=True):
        name = tag.strip("</ >").lower()
        closing = tag.startswith("</")
        if name in values:
            if not closing:
                out.append(f"<{name}>{_escape(after.strip())}</{name}>")
            continue
        if tag.rstrip("> ").endswith("/"):
            continue
        depth += -1 if closing else 1
        if depth > MAX_DEPTH:
            raise StatementError("too_deep", limit=MAX_DEPTH)
        out.append(f"</{name}>\n" if closing else f"<{name}>")
    return "".join(out)


def _escape(value):
    known = _ENTITY.sub(lambda match: html.unescape(match.group(0)), value)
    return html.escape(known, quote=False)

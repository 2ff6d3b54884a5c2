"""OFX 1 (SGML) and OFX 2 (XML) bank files, read with ofxparse.

ofxparse takes the fields out; what it leaves to luck is done here: finding the character set,
closing SGML's open tags in linear time, refusing document types, and reading amounts and dates
strictly. Dates stay the bank's own: ofxparse turns them to UTC, which moves evening payments of
American banks to the next day.
Format: OFX 1.0.2 and 2.2 specifications, sections 3.2.8 (amounts, dates) and 11.4 (statements).
"""

import html
import re
import warnings
from datetime import date
from decimal import Decimal, InvalidOperation
from io import BytesIO

from ofxparse import OfxParser
from ofxparse.ofxparse import AccountType, OfxParserException

from . import Line, Statement, StatementError
from .reading import HEAD, check_lines, check_size, decode, keyed, one_line

# ofxparse 0.21 calls Beautiful Soup by names that still work; its log lines help nobody.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"ofxparse\.")

MAX_DEPTH = 40

_SNIFF = re.compile(r"OFXHEADER\s*[:=]|<OFX>|<\?OFX\b", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"(</?[A-Za-z][A-Za-z0-9_.]*\s*/?>)")
_ENTITY = re.compile(r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_AMOUNT = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)\Z")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([,.])\d{3})(?:\1\d{3})*(?!\1)[.,]\d*\Z")
#: Currencies with thousandths, where "1,234" can't mean a thousand and more.
_THOUSANDTHS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def is_ofx(data):
    """Tell whether bytes look like OFX, from their first four kilobytes."""
    return bool(_SNIFF.search(decode(data[:HEAD], _declared_encoding, strict=False)))


def read(data):
    """Read an OFX file.

    :param bytes data: the whole file
    :return: list of :class:`Statement`, one per bank or card account
    :raise StatementError: ``too_large``, ``encoding``, ``document_type``, ``too_deep``,
        ``unreadable``, ``no_account``, ``no_number``, ``no_currency``, ``line`` (a line that
        can't be read), ``line_currency``, ``too_many_lines``
    """
    check_size(data)
    text = decode(data, _declared_encoding)
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
        raise StatementError("unreadable", detail=one_line(str(error))[:200]) from error
    accounts = [
        account
        for account in parsed.accounts
        if account.type in (AccountType.Bank, AccountType.CreditCard) and account.statement
    ]
    if not accounts:
        raise StatementError("no_account")
    check_lines(sum(len(account.statement.transactions) for account in accounts))
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
    number = one_line(account.account_id)
    if not number:
        raise StatementError("no_number")
    currency = one_line(account.curdef).upper()
    if not currency:
        raise StatementError("no_currency", account=number)
    if source.discarded_entries:
        first = source.discarded_entries[0]
        raise StatementError(
            "line",
            account=number,
            count=len(source.discarded_entries),
            detail=one_line(first["error"])[:200],
            line=one_line(first["content"].get_text(" ", strip=True))[:120],
        )
    lines = keyed([_line(entry, currency, number) for entry in source.transactions])
    return Statement(account=number, currency=currency, lines=lines, **_balance(source, lines))


def _line(entry, currency, number):
    if entry.currency and entry.currency.upper() != currency:
        raise StatementError(
            "line_currency",
            account=number,
            currency=entry.currency,
            line=one_line(entry.payee)[:120],
        )
    if re.match(r"[+-]?\d{1,3}(,\d{3})+\Z", entry.raw_amount) and currency not in _THOUSANDTHS:
        raise StatementError(
            "line",
            account=number,
            count=1,
            detail=f"amount {entry.raw_amount} may mean thousands or thousandths",
            line=one_line(entry.payee)[:120],
        )
    name = one_line(entry.extended) or one_line(entry.payee)
    check = one_line(entry.checknum).strip("0")
    return Line(
        id=one_line(entry.id),
        key="",
        date=entry.date,
        amount=Decimal(entry.amount),
        name=name,
        memo=one_line(entry.memo),
        type=one_line(entry.type).upper(),
        account=one_line(entry.other_account),
        reference=one_line(entry.refnum) or check,
    )


def _balance(source, lines):
    """Ledger balance, when it holds right after the last line: then it can be checked."""
    balance = getattr(source, "balance", None)
    as_of = getattr(source, "balance_date", None) or None
    until = source.end_date or None
    last = max((line.date for line in lines), default=None)
    holds = as_of is None or ((until is None or as_of <= until) and (not last or as_of >= last))
    return {"balance": balance if holds else None, "date": last or as_of or until}


# === TEXT === #


def _child_text(tag, name):
    child = tag.find(name)
    return one_line(child.get_text()) if child is not None else ""


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

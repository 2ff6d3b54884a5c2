"""Numbers and dates as people and spreadsheets write them, told apart by all that a file has."""

import re
from datetime import date
from decimal import Decimal

from .reading import MAX_AMOUNT

#: Currency signs and codes, blanks of all kinds, and the Swiss apostrophe.
_NOISE = re.compile(r"[\s\u00a0\u202f\u2009'’$€£¥₹]|\b[A-Za-z]{3}\b")
_POINT = re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3})+|\d{1,24})?(\.\d{0,24})?", re.ASCII)
_COMMA = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d{1,24})?(,\d{0,24})?", re.ASCII)
#: 1,234 or 1.234: a thousand, or a bit more than one.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?", re.ASCII)
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?P<rest>[T ].*)?", re.ASCII)


def _fits(pattern, text):
    return bool(pattern.fullmatch(text)) and any(char.isdigit() for char in text)


def decimal_mark(texts, delimiter=","):
    """The decimal mark of a file, ``.`` or ``,``, and whether its numbers prove it.

    Only numbers that can be read one way count. Without any, the delimiter tells: spreadsheet
    programs part cells with ``;`` where the comma is the decimal mark.

    :param texts: everything in its number columns
    """
    points = commas = 0
    for text in texts:
        text = _NOISE.sub("", text)
        if _EITHER.fullmatch(text):
            continue
        point, comma = _fits(_POINT, text), _fits(_COMMA, text)
        points += point and not comma
        commas += comma and not point
    if points != commas:
        return "." if points > commas else ",", not (points and commas)
    return "," if delimiter == ";" else ".", False


def is_ambiguous(text):
    """Tell whether a number means another with the other decimal mark."""
    return bool(_EITHER.fullmatch(_NOISE.sub("", text)))


def to_decimal(text, mark="."):
    """A number with the decimal mark ``mark`` and perhaps groups of thousands; None if it isn't.

    A minus may stand behind the digits, and parentheses mean one, as accountants write it.
    """
    text = _NOISE.sub("", text).removesuffix("%")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    elif text.endswith("-") and text[:1].isdigit():
        text = "-" + text[:-1]
    if not _fits(_COMMA if mark == "," else _POINT, text):
        return None
    if mark == ",":
        text = text.replace(".", "").replace(",", ".")
    number = Decimal(text.replace(",", ""))
    return number if abs(number) < MAX_AMOUNT else None


def day_first(texts):
    """Whether dates of a file that have two short numbers begin with the day; None if unknown."""
    first = second = False
    for text in texts:
        match = _DATE.fullmatch(text)
        if not match or len(match[1]) > 2:
            continue
        if match[2] == ".":
            return True
        first, second = first or int(match[1]) > 12, second or int(match[3]) > 12
    return first if first != second else None


def to_iso(text, days_first):
    """A date as ISO 8601, with what follows it (a time) as it was.

    :param days_first: see :func:`day_first`
    :return: the text, or None when it isn't a date or its order isn't known
    """
    if _ISO_DATE.fullmatch(text):
        return text
    match = _DATE.fullmatch(text)
    if not match:
        return None
    one, two, three = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = one, two, three
    elif days_first is None and one != two:
        return None
    else:
        year = three if len(match[4]) == 4 else 2000 + three
        day, month = (one, two) if days_first else (two, one)
    try:
        return date(year, month, day).isoformat() + (match["rest"] or "")
    except ValueError:
        return None

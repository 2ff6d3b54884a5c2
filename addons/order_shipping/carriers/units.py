"""Weights, lengths, days and texts as carriers want them. No ``odoo`` import."""

import base64
import datetime
import math
from decimal import ROUND_CEILING, Decimal

POUND = Decimal("0.45359237")  # kilograms
INCH = Decimal("2.54")  # centimetres
MIMETYPES = {
    b"%PDF": "application/pdf",
    b"\x89PNG": "image/png",
    b"GIF8": "image/gif",
    b"^XA": "text/plain",
    b"<": "text/html",
}
#: Countries whose carriers weigh in pounds.
IMPERIAL = frozenset({"US", "PR", "LR", "MM"})


def pounds(kilograms, places="0.01"):
    """Kilograms in pounds, never rounded down."""
    return (Decimal(kilograms) / POUND).quantize(Decimal(places), ROUND_CEILING)


def kilograms(pounds_):
    """Pounds in kilograms, to the gram."""
    return (Decimal(str(pounds_)) * POUND).quantize(Decimal("0.001"))


def inches(centimetres):
    """Centimetres in whole inches, each fraction rounded up as carriers bill it."""
    return math.ceil(Decimal(centimetres) / INCH)


def whole(value):
    """A length in whole units, rounded up."""
    return math.ceil(Decimal(value))


def money(value):
    """An amount of a carrier's answer as Decimal; 0 where it has none."""
    try:
        return Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except ArithmeticError:
        return Decimal(0)


def day(value):
    """The date an ISO date or time begins with; None where there is none."""
    try:
        return datetime.date.fromisoformat((value or "")[:10])
    except ValueError:
        return None


def shares(amount, count):
    """An amount in so many equal parts, to the cent; the first has what is over."""
    part = round(amount / count, 2)
    return [amount - part * (count - 1)] + [part] * (count - 1)


def plain(value):
    """A Decimal as JSON number."""
    return float(round(Decimal(value), 3))


def text(value, length):
    """A text cut to what the carrier's field takes, at a word where one ends late enough."""
    value = " ".join((value or "").split())
    if len(value) <= length:
        return value
    cut = value[:length].rsplit(" ", 1)[0]
    return cut if len(cut) > length // 2 else value[:length]


def digits(value, most=15):
    """The digits of a phone number."""
    return "".join(char for char in value or "" if char.isdigit())[:most]


def many(value):
    """A list: carriers answer with one object where there is one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mimetype(document):
    """What kind of document these bytes are, by how they begin."""
    return next(
        (kind for start, kind in MIMETYPES.items() if document.lstrip().startswith(start)),
        "application/octet-stream",
    )


def image_bytes(value):
    """The document behind base64; b"" where there is none, or only part of one."""
    try:
        return base64.b64decode(value or "")
    except ValueError:
        return b""

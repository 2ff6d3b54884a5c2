"""What the readers of bank files share: bounds, character sets, amounts, and keys of lines."""

import codecs
import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from . import StatementError

#: Larger files than any bank makes; reading one this size takes seconds, not minutes.
MAX_BYTES = 16 * 1024 * 1024
MAX_LINES = 20_000
#: Bytes in which a format is recognised.
HEAD = 4096

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def check_size(data):
    """:raise StatementError: ``too_large``"""
    if len(data) > MAX_BYTES:
        raise StatementError("too_large", limit=MAX_BYTES // (1024 * 1024))


def check_lines(count):
    """:raise StatementError: ``too_many_lines``"""
    if count > MAX_LINES:
        raise StatementError("too_many_lines", limit=MAX_LINES)


def one_line(value):
    """One clean line of text: no control characters, no runs of blanks."""
    return " ".join(_CONTROL.sub(" ", str(value or "")).split())


def decode(data, declared=lambda head: "cp1252", strict=True):
    """Decode by byte order mark, then UTF-8 if it is that, then as the file declares.

    :param declared: function from the file's first characters to the name of a character set
    :param bool strict: raise for a character set that isn't known; else make do
    :raise StatementError: ``encoding``
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                if not strict:
                    return data.decode(encoding, "replace")
                raise StatementError("encoding", encoding=encoding) from None
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8")
    encoding = declared(data[:HEAD].decode("latin-1")) if strict else "latin-1"
    try:
        return data.decode(encoding)
    except LookupError:
        raise StatementError("encoding", encoding=encoding) from None
    except UnicodeDecodeError:
        # A stray byte spoils one label; that is no reason to refuse a bank's file.
        return data.decode("latin-1")


def keyed(lines):
    """Give each line a key that a second export of the same account repeats.

    Banks promise a unique id and some use one for many movements. Day and amount tell those
    apart; equal ones are counted, so that two true equal payments survive and reading the file
    again adds nothing. An id that identifies nothing (empty or zeros) is helped by the text.
    """
    seen = Counter()
    found = []
    for line in lines:
        amount = f"{line.amount.normalize():f}"
        parts = [line.id, line.date.isoformat(), amount]
        if not line.id.strip("0"):
            parts += [" ".join(line.name.upper().split()), " ".join(line.memo.upper().split())]
        key = "|".join(parts)
        seen[key] += 1
        if seen[key] > 1:
            key = f"{key}|{seen[key]}"
        found.append(replace(line, key=key))
    return tuple(found)


def signed(amount, credit):
    """An unsigned amount as money that came in (``credit``) or went out."""
    return Decimal(amount) if credit else -Decimal(amount)


def joined(parts):
    """Different, non-empty texts in order, as one line; what another one holds isn't repeated."""
    texts = []
    for text in map(one_line, parts):
        if text and not any(text in other for other in texts):
            texts = [other for other in texts if other not in text]
            texts.append(text)
    return " ".join(texts)

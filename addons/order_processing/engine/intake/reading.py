"""Reading of JSON that strangers send: bounded, tolerant of wrong types, never raising.

A :class:`Reader` walks the document, gives clean Python values and keeps a finding for each thing
that isn't what it should be.
"""

import json
import re
from decimal import Decimal

from .canonical import ERROR, Finding

MAX_BYTES = 5 * 1024 * 1024
#: A file of many orders may be larger: each of them is read alone.
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_DEPTH = 40
MAX_TEXT = 500
MAX_ITEMS = 2000
#: Nothing sold costs more, and Decimal stays exact far beyond it.
MAX_AMOUNT = Decimal(10) ** 12

_NUMBER = re.compile(r"[+-]?(\d{1,24}(\.\d{0,24})?|\.\d{1,24})([eE][+-]?\d{1,2})?", re.ASCII)
# Control characters, and halves of surrogate pairs: PostgreSQL stores neither.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Duplicates(dict):
    """A JSON object in which a key came twice with different values."""

    def __init__(self, pairs, key):
        super().__init__(pairs)
        self.key = key


def _object(pairs):
    found = {}
    twice = None
    for key, value in pairs:
        if key in found and found[key] != value:
            twice = twice or key
        found[key] = value
    return found if twice is None else _Duplicates(found, twice)


def clean(text, limit=MAX_TEXT):
    """``text`` without what a database can't store, trimmed and cut to ``limit`` characters."""
    return _UNSTORABLE.sub("", text).strip()[:limit].strip()


def to_number(text):
    """``text`` as a Decimal, or None when it isn't a number of a believable size."""
    text = text.strip()
    value = Decimal(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and abs(value) < MAX_AMOUNT else None


def load(payload, max_bytes=MAX_BYTES):
    """Read JSON bytes.

    Numbers with a point come as their text in a Decimal, others too; NaN and Infinity as None.

    :return: ``(value, None)`` or ``(None, finding)``
    """
    if not payload.strip():
        return None, Finding("empty_document")
    if len(payload) > max_bytes:
        return None, Finding("too_large", args={"limit": str(max_bytes // (1024 * 1024))})
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, Finding("not_utf8", args={"position": str(error.start)})
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_number,
            parse_constant=lambda _name: None,
        )
    except RecursionError:
        return None, Finding("too_deep", args={"limit": str(MAX_DEPTH)})
    except ValueError as error:
        position = getattr(error, "pos", 0)
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        return None, Finding("not_json", args={"line": str(line), "column": str(column)})
    return _check_shape(value)


def split_json(payload, key):
    """The members of a list of orders, each as the bytes it had in the document.

    :param str key: of the list, when the document is an object around it
    :return: list of bytes; ``[payload]`` when it is one order or can't be read, which the reader
        has findings for
    """
    if len(payload) > MAX_FILE_BYTES:
        return [payload]
    try:
        text = payload.decode("utf-8-sig")
        start = _list_start(text, key)
        parts = list(_list_members(text, start)) if start is not None else []
    except (ValueError, IndexError, RecursionError):
        return [payload]
    return [part.encode() for part in parts] or [payload]


_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


def _skip(text, position):
    return _BLANK.match(text, position).end()


def _list_start(text, key):
    """Where the list of orders begins: it is the document, or stands under ``key`` of it."""
    position = _skip(text, 0)
    if text[position] == "[":
        return position
    if text[position] != "{":
        return None
    position = _skip(text, position + 1)
    while text[position] != "}":
        name, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position] != ":":
            raise ValueError
        position = _skip(text, position + 1)
        if name == key:
            return position if text[position] == "[" else None
        _value, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return None


def _list_members(text, start):
    position = _skip(text, start + 1)
    while text[position] != "]":
        _value, end = _DECODER.raw_decode(text, position)
        yield text[position:end]
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
        elif text[position] != "]":
            raise ValueError


def _number(text):
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _check_shape(value):
    """Refuse what is too deep to be an order, and keys that contradict themselves."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return None, Finding("too_deep", args={"limit": str(MAX_DEPTH)})
        below = []
        for item in level:
            if isinstance(item, _Duplicates):
                return None, Finding("duplicate_key", args={"key": clean(item.key, 80)})
            if isinstance(item, dict):
                below.extend(child for child in item.values() if isinstance(child, dict | list))
            elif isinstance(item, list):
                below.extend(child for child in item if isinstance(child, dict | list))
        level = below
    return value, None


class Reader:
    """Typed access to one JSON object; shares its list of findings with the readers below it."""

    def __init__(self, data, path="", findings=None):
        self.data = data if isinstance(data, dict) else {}
        self.path = path
        self.findings = [] if findings is None else findings

    def at(self, key):
        """Path of ``key`` in the whole document."""
        return f"{self.path}.{key}" if self.path else key

    def note(self, code, key="", severity=ERROR, **args):
        """Keep a finding about ``key``."""
        self.findings.append(Finding(code, self.at(key) if key else self.path, args, severity))

    def has(self, key):
        """Tell whether ``key`` is there with a value."""
        return self.data.get(key) is not None

    def text(self, key, limit=MAX_TEXT):
        """The value as clean text; numbers are taken as written, other types as nothing."""
        value = self.data.get(key)
        if isinstance(value, Decimal):
            value = format(value, "f")
        return clean(value, limit) if isinstance(value, str) else ""

    def reference(self, key, limit):
        """The order's unchanging reference under ``key``; nothing, and a finding, if unusable."""
        ref = self.text(key)
        if ref and len(ref) <= limit:
            return ref
        self.note("no_reference", key)
        return ""

    def flag(self, key, default=False):
        """The value as a truth value; ``"true"`` and ``"false"`` are understood."""
        value = self.data.get(key)
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.strip().lower(), default)
        return value if isinstance(value, bool) else default

    def amount(self, key, required=False, default=Decimal()):
        """The value as a decimal, from a number or a text; a finding if it is neither.

        :param required: whether a missing value is a finding, too
        """
        value = self.data.get(key)
        number = to_number(value) if isinstance(value, str) else value
        if isinstance(number, Decimal) and abs(number) < MAX_AMOUNT:
            return number
        if key in self.data and value is None and not required:
            return default
        if key in self.data and value not in (None, ""):
            self.note("not_a_number", key, value=clean(str(value), 60))
        elif required:
            self.note("missing_value", key)
        return default

    def child(self, key):
        """A reader of the object under ``key``; of nothing when there is none."""
        return Reader(self.data.get(key), self.at(key), self.findings)

    def children(self, key):
        """Readers of the objects in the list under ``key``; a finding per member that isn't one."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.note("not_a_list", key)
            return []
        if len(value) > MAX_ITEMS:
            self.note("too_many_items", key, limit=str(MAX_ITEMS), count=str(len(value)))
            return []
        found = []
        for position, item in enumerate(value):
            path = f"{self.at(key)}[{position}]"
            if isinstance(item, dict):
                found.append(Reader(item, path, self.findings))
            else:
                self.findings.append(Finding("not_an_object", path))
        return found

"""A log that shows tampering: each entry is sealed by a hash over itself and the one before.

Source of the scheme: linked time-stamping, Haber and Stornetta, J. Cryptology 3 (1991).
"""

import hashlib
import json
import math
from decimal import Decimal
from typing import NamedTuple

GENESIS = "0" * 64


def canonical(value):
    """``value`` as JSON values that read back the same from a database's JSON column.

    A JSONB column keeps numbers as decimals: 2.0, -0.0 and 1e22 come back as 2, 0 and an integer.
    So whole floats become integers here; NaN and infinities, which JSON has no word for, become
    text; keys and anything else (dates, records…) become text too.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        return int(value) if value.is_integer() else value
    if isinstance(value, Decimal):
        # As verifying reads numbers: more digits than were ever written are no rounding.
        number = float(value)
        return canonical(number) if Decimal(repr(number)) == value else str(value)
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((canonical(item) for item in value), key=str)
    return str(value)


def seal(previous_hash, entry):
    """Hash ``entry`` (a dict of JSON values) onto ``previous_hash``; both ends are hex SHA-256."""
    body = json.dumps(canonical(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous_hash}\n{body}".encode()).hexdigest()


class Row(NamedTuple):
    """One row of a log as it is stored: its place, what is sealed, and the two hashes."""

    sequence: int
    entry: dict
    previous_hash: str
    hash: str


def _genuine(rows, head):
    """Numbers of the rows one reaches from the last hash recorded, each naming the one before."""
    first, reached = {}, set()
    for row in rows:
        first.setdefault(row.hash, row)
    while head in first and first[head].sequence not in reached:
        reached.add(first[head].sequence)
        head = first[head].previous_hash
    return reached


def problems(rows, sequence, head):
    """What is wrong with one log, as ``(number of the row, code)``, in order; empty when whole.

    Codes: ``changed`` (the row isn't what was sealed), ``link`` (the row after it follows from
    another: written anew, inserted or put elsewhere), ``missing`` (removed), ``beyond`` (a row past
    the last one recorded), ``head`` (the last row isn't the one recorded as the last).

    :param rows: list of :class:`Row`, by sequence
    :param int sequence: number of the last row, kept apart from the log
    :param str head: hash of the last row, kept apart from the log: shows what was cut off
    """
    found = {}
    # Place of each hash; of a row whose own hash was changed also of the one it should have, so
    # that it is named itself, not the one after it too.
    expected, places, genuine = 1, {GENESIS: 0}, _genuine(rows, head)
    for row in rows:
        found.update((number, "missing") for number in range(expected, row.sequence))
        before, after_gap, expected = row.sequence - 1, row.sequence > expected, row.sequence + 1
        sealed, follows = seal(row.previous_hash, row.entry), places.get(row.previous_hash)
        places |= {row.hash: row.sequence, sealed: row.sequence}
        if row.sequence > sequence:
            found[row.sequence] = "beyond"
        elif sealed != row.hash:
            found[row.sequence] = "changed"
        elif follows is None and not after_gap:
            found.setdefault(max(before, 1), "link")
        if follows is not None and row.sequence in genuine:
            for number in range(follows + 1, row.sequence):
                found.setdefault(number, "link")
    found.update((number, "missing") for number in range(expected, sequence + 1))
    if not found and (rows[-1].hash if rows else GENESIS) != head:
        found[sequence] = "head"
    return sorted(found.items())

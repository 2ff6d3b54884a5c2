"""A log that shows tampering: each entry is sealed by a hash over itself and the one before.

Source of the scheme: linked time-stamping, Haber and Stornetta, J. Cryptology 3 (1991).
"""

import hashlib
import json
import math

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


def first_broken(entries, head=None):
    """Position of the first entry that doesn't follow from the one before it, or ``None``.

    :param entries: iterable of ``(entry, previous_hash, hash)`` in order
    :param head: hash the last entry should have, kept apart from the log. It shows what the chain
        alone can't: entries cut off at its end. The position is then the number of entries.
    """
    expected = GENESIS
    position = -1
    for position, (entry, previous_hash, sealed) in enumerate(entries):
        if previous_hash != expected or seal(previous_hash, entry) != sealed:
            return position
        expected = sealed
    if head is not None and head != expected:
        return position + 1
    return None

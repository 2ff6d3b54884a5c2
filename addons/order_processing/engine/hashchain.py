"""A log that shows tampering: each entry is sealed by a hash over itself and the one before.

Source of the scheme: linked time-stamping, Haber and Stornetta, J. Cryptology 3 (1991).
"""

import hashlib
import json

GENESIS = "0" * 64


def seal(previous_hash, entry):
    """Hash ``entry`` (a dict of JSON values) onto ``previous_hash``; both ends are hex SHA-256."""
    body = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(f"{previous_hash}\n{body}".encode()).hexdigest()


def first_broken(entries):
    """Position of the first entry that doesn't follow from the one before it, or ``None``.

    :param entries: iterable of ``(entry, previous_hash, hash)`` in order
    """
    expected = GENESIS
    for position, (entry, previous_hash, sealed) in enumerate(entries):
        if previous_hash != expected or seal(previous_hash, entry) != sealed:
            return position
        expected = sealed
    return None

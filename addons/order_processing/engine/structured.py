"""Structured payment references: recognise one whichever way it is grouped.

The check digits are those of ISO 11649 (RF…), Belgium (+++…+++), Finland, Norway and Sweden
(Luhn), the Netherlands (betalingskenmerk) and Slovenia (SI01): the kinds that Odoo's invoices can
carry. A number of digits alone passes one of the checks by chance now and then: being valid says
that a text may be a reference, only being an open document's says that it is one.
"""

import re

from stdnum import iso11649, luhn

#: Shorter ones are numbers like any other.
LEAST_DIGITS = 5

_JUNK = re.compile(r"[\s+*/.\-_]+")
_DIGITS = re.compile(r"[0-9]+")


def canonical(text):
    """The one form of a structured reference in ``text``; empty where it is none.

    >>> canonical("RF18 5390 0754 7034"), canonical("+++020/3430/57642+++"), canonical("INV/1")
    ('RF18539007547034', '20343057642', '')
    """
    compact = compacted(text)
    if _DIGITS.fullmatch(compact.removeprefix("SI01")):
        valid = any(check(compact) for check in (_belgian, _finnish, _luhn, _dutch, _slovenian))
        return _bare(compact) if valid and len(_bare(compact)) >= LEAST_DIGITS else ""
    return compact if compact.startswith("RF") and iso11649.is_valid(compact) else ""


def compacted(text):
    """``text`` without what groups it: blanks, slashes, plus signs, dashes."""
    return _JUNK.sub("", (text or "").upper())


def lookup_key(compact):
    """How a piece of a label compares with :func:`canonical`: leading zeros only fill up."""
    return _bare(compact)


def _bare(compact):
    return compact.lstrip("0") if compact.isdigit() else compact


def _belgian(number):
    return number.isdigit() and len(number) == 12 and int(number[:10]) % 97 == int(number[10:]) % 97


def _finnish(number):
    if not 2 <= len(number) <= 20 or not number.isdigit():
        return False
    digits = number[:-1][::-1]
    total = sum((7, 3, 1)[place % 3] * int(digit) for place, digit in enumerate(digits))
    return (10 - total % 10) % 10 == int(number[-1])


def _luhn(number):
    return number.isdigit() and 2 <= len(number) <= 25 and luhn.is_valid(number)


def _dutch(number):
    if not number.isdigit() or len(number) not in (9, 10, 11, 12, 13, 14, 16):
        return False
    weights = (2, 4, 8, 5, 10, 9, 7, 3, 6, 1)
    digits = number[1:].zfill(16)[::-1]
    total = sum(int(digit) * weights[place % 10] for place, digit in enumerate(digits))
    return {11: 0, 10: 1}.get(11 - total % 11, 11 - total % 11) == int(number[0])


def _slovenian(number):
    if not number.startswith("SI01"):
        return False
    digits = number[4:]
    if not 2 <= len(digits) <= 13 or not digits.isdigit():
        return False
    total = sum(int(digit) * place for place, digit in enumerate(digits[-2::-1], start=2))
    check = 11 - total % 11
    return (0 if check > 9 else check) == int(digits[-1])

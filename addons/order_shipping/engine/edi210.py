"""A carrier's bill as ANSI ASC X12 transaction set 210 (Motor Carrier Freight Details and Invoice).

Segments and their elements as in release 004010: B3 (invoice), C3 (currency), N9 (references),
LX (line), L5, L0 (weight), L1 (charge), L3 (totals). Amounts are N2: two decimals are implied where
no point is written. What reads segments out of bytes is order_processing's.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

#: References that name a parcel, the best first: tracking number, carrier's own, air waybill.
TRACKING = ("2I", "CN", "AW")
KILOGRAMS = {"K": Decimal(1), "L": Decimal("0.45359237"), "G": Decimal("0.001")}
CHARGES = {"400": "Freight", "405": "Fuel surcharge", "FUE": "Fuel surcharge"}

NO_INVOICE = "no_invoice"
NO_TRACKING = "no_tracking"
NO_AMOUNT = "no_amount"
TOTAL = "total"


@dataclass(frozen=True)
class Line:
    """One charge of a parcel; ``weight`` in kilograms, 0 where not stated."""

    tracking_number: str
    amount: Decimal
    weight: Decimal = Decimal(0)
    description: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with the invoice of one transaction, counted from 1."""

    transaction: int
    code: str
    detail: str = ""


def money(text):
    """An amount as X12 writes it (N2): ``1250`` and ``12.50`` are the same; None if it's none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite():
        return None
    return amount if "." in text else amount / 100


def read(transactions):
    """All charges of an interchange's transactions 210; those of another kind are left out.

    :param transactions: iterable of objects with ``type`` and ``segments``, each segment with
        ``tag`` and ``get(position)``
    :return: list of :class:`Line`, list of :class:`Problem`, set of currency codes
    """
    lines, problems, currencies = [], [], set()
    for number, transaction in enumerate(transactions, 1):
        if transaction.type != "210":
            continue
        found, problem = _read_one(number, transaction.segments, currencies)
        lines += found
        if problem:
            problems.append(problem)
    return lines, problems, currencies


def _read_one(number, segments, currencies):
    """Charges of one invoice, and what is wrong with it."""
    head = next((segment for segment in segments if segment.tag == "B3"), None)
    if head is None:
        return [], Problem(number, NO_INVOICE)
    tracking = _tracking(_before_lines(segments)) or head.get(2)
    lines, weight, current, is_line = [], Decimal(0), tracking, False
    for segment in segments:
        if segment.tag == "C3":
            currencies.add(segment.get(0))
        elif segment.tag == "LX":
            is_line, current, weight = True, tracking, Decimal(0)
        elif segment.tag == "N9" and segment.get(0) in TRACKING and is_line:
            current = segment.get(1) or current
        elif segment.tag == "L0":
            weight = _weight(segment, 3, 10) or weight
        elif segment.tag == "L1":
            amount = money(segment.get(3))
            if amount is None:
                return [], Problem(number, NO_AMOUNT, head.get(1))
            code = segment.get(7)
            words = segment.get(11) or CHARGES.get(code, code)
            lines.append(Line(current, amount, weight, words))
    total = money(head.get(6))
    if not lines and total is not None:
        whole = next((segment for segment in segments if segment.tag == "L3"), None)
        weight = _weight(whole, 0, 11) if whole else Decimal(0)
        lines = [Line(tracking, total, weight, CHARGES["400"])]
    if not lines:
        return [], Problem(number, NO_AMOUNT, head.get(1))
    if any(not line.tracking_number for line in lines):
        return [], Problem(number, NO_TRACKING, head.get(1))
    if total is not None and sum(line.amount for line in lines) != total:
        return [], Problem(number, TOTAL, head.get(1))
    return lines, None


def _before_lines(segments):
    """Segments of the invoice itself."""
    head = []
    for segment in segments:
        if segment.tag == "LX":
            break
        head.append(segment)
    return head


def _tracking(segments):
    """The best reference among these that names a parcel."""
    found = {segment.get(0): segment.get(1) for segment in segments if segment.tag == "N9"}
    return next((found[kind] for kind in TRACKING if found.get(kind)), "")


def _weight(segment, position, unit):
    """A weight in kilograms; pounds where no unit is told, as X12's carriers bill."""
    try:
        weight = Decimal(segment.get(position) or 0)
    except InvalidOperation:
        return Decimal(0)
    return weight * KILOGRAMS.get(segment.get(unit), KILOGRAMS["L"])

"""A carrier's bill against what was bought: what is right, what isn't, and by how much.

Money is ``Decimal`` in the bill's currency, weights are kilograms.
"""

import datetime
import re
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

OK = "ok"
UNKNOWN = "unknown"
DUPLICATE = "duplicate"
VOIDED = "voided"
NEVER_SHIPPED = "never_shipped"
WEIGHT = "weight"
SURCHARGE = "surcharge"
PRICE = "price"
LATE = "late"
CHEAPER = "cheaper"
#: Findings that are worth a claim.
CLAIMS = frozenset({UNKNOWN, DUPLICATE, VOIDED, NEVER_SHIPPED, WEIGHT, SURCHARGE, PRICE, LATE})

#: Column names carriers use, without blanks and signs, by what they hold.
COLUMNS = {
    "tracking_number": (
        "trackingnumber",
        "trackingid",
        "expressorgroundtrackingid",
        "shipmenttrackingnumber",
        "airwaybillnumber",
        "awb",
        "shipmentnumber",
        "parcelnumber",
        "tracking",
    ),
    "amount": (
        "netamount",
        "netchargeamount",
        "netcharge",
        "totalcharge",
        "totalcharges",
        "totalamountexclvat",
        "amount",
        "charge",
        "total",
    ),
    "weight": ("billedweight", "ratedweight", "ratedweightamount", "billedweightkg", "weight"),
    "service": ("service", "servicetype", "servicelevel", "product", "productname"),
    "description": ("chargedescription", "description", "chargetype"),
    "date": ("shipmentdate", "shipdate", "transactiondate", "date"),
}


@dataclass(frozen=True)
class Billed:
    """One line of a bill."""

    key: Hashable
    tracking_number: str
    amount: Decimal
    weight: Decimal = Decimal(0)  # 0: not stated
    description: str = ""


@dataclass(frozen=True)
class Bought:
    """What is known of a parcel: the label's cost, weight and fate."""

    key: Hashable
    amount: Decimal
    weight: Decimal = Decimal(0)
    is_voided: bool = False
    is_shipped: bool = True
    promised: datetime.date | None = None
    delivered: datetime.date | None = None
    is_guaranteed: bool = False
    billed_before: bool = False


@dataclass(frozen=True)
class Finding:
    """What a line is worth arguing about; ``difference`` is what was charged too much."""

    key: Hashable
    code: str
    difference: Decimal = Decimal(0)
    label: Hashable = None


def guess_columns(headers):
    """Which column holds what, by its name.

    :return: dict of our name to the column's index
    """
    found = {}
    plain = [re.sub(r"[^a-z0-9]", "", header.lower()) for header in headers]
    for name, known in COLUMNS.items():
        for candidate in known:
            if candidate in plain:
                found[name] = plain.index(candidate)
                break
    return found


def normal(number):
    """A tracking number as it is compared: no blanks, capitals."""
    return re.sub(r"\s", "", number or "").upper()


def audit(lines, bought, tolerance, share=Decimal(0)):
    """Compare a bill with what was bought.

    Lines of the same parcel that add up (base and surcharges on lines of their own) are compared
    together: the first carries the finding. The very same line twice is a duplicate.

    :param lines: iterable of :class:`Billed`
    :param dict bought: of normal tracking number to :class:`Bought`
    :param Decimal tolerance: money a parcel may differ by
    :param Decimal share: or this share of what it should cost, whichever is more
    :return: list of :class:`Finding`, in the order of ``lines``
    """
    lines = list(lines)
    findings, groups, seen = {}, {}, set()
    for line in lines:
        number = normal(line.tracking_number)
        same = (number, line.amount, line.description, line.weight)
        if same in seen:
            label = bought[number].key if number in bought else None
            findings[line.key] = Finding(line.key, DUPLICATE, line.amount, label)
            continue
        seen.add(same)
        groups.setdefault(number, []).append(line)
    for number, group in groups.items():
        for finding in _audit_parcel(group, bought.get(number), tolerance, share):
            findings[finding.key] = finding
    return [findings[line.key] for line in lines]


def _audit_parcel(group, bought, tolerance, share):
    """Findings of the lines of one parcel."""
    total = sum((line.amount for line in group), Decimal(0))
    first, rest = group[0], group[1:]
    if bought is None:
        return [Finding(line.key, UNKNOWN, line.amount) for line in group]
    for code, applies in (
        (DUPLICATE, bought.billed_before),
        (VOIDED, bought.is_voided),
        (NEVER_SHIPPED, not bought.is_shipped),
    ):
        if applies:
            return [Finding(line.key, code, line.amount, bought.key) for line in group]
    more = total - bought.amount
    allowed = max(tolerance, bought.amount * share)
    if more > allowed:
        code = _why_more(group, bought)
    elif bought.is_guaranteed and _days_late(bought):
        code, more = LATE, total
    elif more < -allowed:
        code = CHEAPER
    else:
        code, more = OK, Decimal(0)
    others = [Finding(line.key, OK, Decimal(0), bought.key) for line in rest]
    return [Finding(first.key, code, more, bought.key), *others]


def _why_more(group, bought):
    weight = max(line.weight for line in group)
    if weight and bought.weight and weight > bought.weight * Decimal("1.01"):
        return WEIGHT
    return SURCHARGE if len(group) > 1 else PRICE


def _days_late(bought):
    if not bought.promised or not bought.delivered:
        return 0
    return max((bought.delivered - bought.promised).days, 0)

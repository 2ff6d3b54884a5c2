"""Which dangerous goods a carrier takes, and what keeps a parcel from going with it.

Classes and divisions, packing groups and limited quantities are those of the UN Model Regulations
(chapters 2.0, 3.2 and 3.4), on which ADR, IATA-DGR, IMDG and 49 CFR rest. Quantities are net
kilograms or litres.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

# Why goods don't go.
NOT_CARRIED = "not_carried"
NOT_LIMITED = "not_limited"
TOO_MUCH = "too_much"


@dataclass(frozen=True)
class Goods:
    """One dangerous product in one parcel."""

    key: Hashable
    un_number: str
    hazard_class: str
    net: Decimal  # in one piece, which is its inner packing
    count: Decimal  # pieces in the parcel
    limit: Decimal = Decimal(0)  # most in an inner packing as a limited quantity; 0: none goes so
    is_small_battery: bool = False  # lithium within special provision 188

    @property
    def is_limited(self):
        return 0 < self.net <= self.limit


@dataclass(frozen=True)
class Terms:
    """What a carrier takes: classes, only limited quantities and small batteries, or all, most net
    in a parcel.
    """

    classes: frozenset = frozenset()
    only_limited: bool = True
    max_net: Decimal = Decimal(0)  # 0: no limit


@dataclass(frozen=True)
class Problem:
    """Why these goods don't go with a carrier."""

    code: str
    goods: Goods
    net: Decimal = Decimal(0)  # in the parcel, where it is too much


def check(parcels, terms):
    """The first thing that keeps parcels from going with a carrier; None if nothing does.

    :param parcels: iterable of lists of :class:`Goods`, one for each parcel
    :param Terms terms: what the carrier takes
    :return: :class:`Problem` or None
    """
    for parcel in parcels:
        for goods in parcel:
            if goods.hazard_class not in terms.classes:
                return Problem(NOT_CARRIED, goods)
            if terms.only_limited and not (goods.is_limited or goods.is_small_battery):
                return Problem(NOT_LIMITED, goods)
        net = sum((goods.net * goods.count for goods in parcel), Decimal(0))
        if terms.max_net and net > terms.max_net:
            return Problem(TOO_MUCH, max(parcel, key=lambda goods: goods.net * goods.count), net)
    return None

"""When to refill a pick face, and when and how much to order from a supplier.

How much: the economic order quantity of F. W. Harris, "How Many Parts to Make at Once", Factory,
The Magazine of Management 10 (1913) 135-136, 152. When: at the demand of the lead time plus a
safety stock of so many standard deviations of it as the service level asks for, with demand by day
taken as independent and the total as normal, and the lead time as certain: E. A. Silver, D. F. Pyke
and D. J. Thomas, Inventory and Production Management in Supply Chains, 4th ed. (2017), chapter 6.
The service level is the share of order cycles without a stock-out. Stock is looked at once a day,
so the lead time counts a day more.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

DAYS_OF_WEEK, DAYS_OF_YEAR = 7.0, 365.0
#: Fewer weeks tell little about how much demand varies.
FEW_WEEKS = 8
#: So many weeks are counted at least, empty or not.
LEAST_WEEKS = 4
#: Weeks with demand below this share: the normal distribution doesn't describe such goods.
SELDOM = 0.5


# === WITHIN THE WAREHOUSE === #


@dataclass(frozen=True)
class Face:
    """A place that one product is picked from, in the product's own unit.

    :ivar float minimum: it is refilled when less would be left after the open transfers
    :ivar float maximum: what fits there
    :ivar float on_hand: what lies there now
    :ivar float reserved: of that, what open transfers take
    :ivar float incoming: what other transfers, drafts too, bring
    """

    key: Hashable
    product: Hashable
    minimum: float
    maximum: float
    on_hand: float = 0.0
    reserved: float = 0.0
    incoming: float = 0.0


class Source(NamedTuple):
    """Goods in reserve: so many of a product at a place, nobody's yet."""

    place: Hashable
    product: Hashable
    quantity: float


class Refill(NamedTuple):
    """Bring ``quantity`` to a face.

    ``taken`` is what open transfers want of it, ``needed`` what of that it hasn't got.
    """

    face: Hashable
    place: Hashable
    quantity: float
    needed: float
    taken: float


def refill(faces, sources, demand=None):
    """What to bring to which face, those first that open transfers wait for.

    A face is refilled up to its maximum, never above, when its stock and what is on the way, less
    open transfers, is below its minimum. Reserve is taken in the order of ``sources``.

    :param list faces: :class:`Face`
    :param list sources: :class:`Source`, the one to be used first at the beginning
    :param dict demand: what open transfers want and have no stock reserved for, by product
    :return: list of :class:`Refill`, one for each place goods come from
    """
    left = dict(demand or {})
    wants = []
    for face in faces:
        open_demand = max(left.get(face.product, 0.0), 0.0)
        # The next face of this product takes what this one can't hold.
        share = min(open_demand, face.maximum)
        left[face.product] = open_demand - share
        stock = face.on_hand + face.incoming
        taken = face.reserved + share
        room = face.maximum - stock
        if stock - taken < face.minimum - 1e-9 and room > 1e-9:
            wants.append((face, room, max(taken - stock, 0.0), taken))
    wants.sort(key=lambda want: -want[2])
    available = [[source, max(source.quantity, 0.0)] for source in sources]
    found = []
    for face, room, needed, taken in wants:
        for entry in available:
            source, left_there = entry
            quantity = min(room, left_there)
            if source.product == face.product and quantity > 1e-9:
                found.append(Refill(face.key, source.place, quantity, needed, taken))
                entry[1] -= quantity
                room -= quantity
    return found


# === FROM SUPPLIERS === #


@dataclass(frozen=True)
class Policy:
    """What ordering and stock cost.

    :ivar float service: share of order cycles without a stock-out, 0.5 to below 1
    :ivar float order_cost: money for each order, whatever is in it
    :ivar float holding: share of its cost that a unit in stock costs a year
    """

    service: float = 0.95
    order_cost: float = 25.0
    holding: float = 0.2

    @property
    def z(self):
        """Standard deviations of safety stock."""
        return NormalDist().inv_cdf(min(max(self.service, 0.5), 0.9999))


@dataclass(frozen=True)
class Reorder:
    """Minimum and maximum of one product, and the figures they come from.

    :ivar float daily: mean demand of a day
    :ivar float deviation: its standard deviation
    :ivar float lead: days from order to receipt
    :ivar float safety: stock against demand above the mean
    :ivar float quantity: how much to order at once
    :ivar tuple doubts: ``few`` weeks to go by, ``seldom`` in demand, ``no_cost``, ``capped`` to
        a year's demand, ``supplier_minimum``
    """

    daily: float
    deviation: float
    lead: float
    safety: float
    quantity: float
    minimum: float
    maximum: float
    doubts: tuple = ()


def order_quantity(yearly, cost, policy):
    """The economic order quantity; None where the cost of a unit or of stock isn't known.

    :param float yearly: demand of a year
    :param float cost: cost of a unit
    """
    if cost <= 0 or policy.holding <= 0:
        return None
    return math.sqrt(2 * max(yearly, 0.0) * max(policy.order_cost, 0.0) / (policy.holding * cost))


def reorder(weeks, lead, cost, policy, least=0.0, step=1.0, expected=None):
    """Minimum and maximum for a product.

    :param list weeks: demand of each past week, weeks without any included
    :param float lead: days from order to receipt
    :param float cost: cost of a unit; 0 if it isn't known: then a month's demand is ordered
    :param Policy policy: what ordering and stock cost
    :param float least: what the supplier sells at least
    :param float step: quantities are rounded up to a multiple of this
    :param float expected: demand of a coming week where somebody forecasts it; else the past
        weeks' mean is expected to go on. How much demand varies is the past weeks' either way.
    :return: :class:`Reorder`, or None without demand
    """
    weeks = [max(week, 0.0) for week in weeks]
    mean = fmean(weeks) if weeks else 0.0
    daily = (mean if expected is None else max(expected, 0.0)) / DAYS_OF_WEEK
    if daily <= 0:
        return None
    deviation = stdev(weeks) / math.sqrt(DAYS_OF_WEEK) if len(weeks) > 1 else daily
    days = max(lead, 0.0) + 1.0
    safety = policy.z * deviation * math.sqrt(days)
    doubts = []
    if len(weeks) < FEW_WEEKS:
        doubts.append("few")
    if sum(week > 0 for week in weeks) < SELDOM * len(weeks):
        doubts.append("seldom")
    quantity = order_quantity(daily * DAYS_OF_YEAR, cost, policy)
    if quantity is None:
        doubts.append("no_cost")
        quantity = daily * 30
    if quantity > daily * DAYS_OF_YEAR:
        doubts.append("capped")
        quantity = daily * DAYS_OF_YEAR
    if quantity < least:
        doubts.append("supplier_minimum")
        quantity = least
    minimum = _up(daily * days + safety, step)
    quantity = _up(quantity, step)
    return Reorder(
        *(daily, deviation, lead, safety, quantity, minimum, minimum + quantity), tuple(doubts)
    )


def _up(quantity, step):
    """The next multiple of ``step``."""
    return math.ceil(quantity / step - 1e-9) * step


def differs(now, then, share=0.1):
    """Whether a minimum or maximum is so far from what it is that it is worth a change."""
    return any(abs(a - b) > share * max(abs(a), abs(b)) for a, b in zip(now, then, strict=True))

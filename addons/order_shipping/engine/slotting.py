"""Where goods should lie: those picked most often nearest to the start of walks.

Classes by share of picks and of value follow H. F. Dickie, "ABC Inventory Analysis Shoots for
Dollars, not Pennies", Factory Management and Maintenance 109 (1951); XYZ tells by the coefficient
of variation how evenly something is picked. Moves follow J. L. Heskett, "Cube-per-order index: a
key to warehouse stock location", Transportation and Distribution Management 3 (1963), for goods of
about one size: exchange what lies far and is picked often with what lies near and is not.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import NamedTuple

#: Only so many of the most walked-to goods, and of the places nearer than theirs, are compared.
_COMPARED = 400


@dataclass(frozen=True)
class Item:
    """:ivar place: key of the place it lies at; :ivar float picks: how often it was picked"""

    key: Hashable
    place: Hashable
    picks: float


class Move(NamedTuple):
    """Move ``key`` to a place, and what lies there (``other``, or None) back to the old one."""

    key: Hashable
    source: Hashable
    target: Hashable
    other: Hashable
    saved: float


def classify_share(amounts, a=0.8, b=0.95):
    """``A`` for what makes up the first 80 % of the total, ``B`` to 95 %, ``C`` the rest.

    :param dict amounts: amount by key; those of 0 and below are ``C``
    """
    total = sum(max(amount, 0.0) for amount in amounts.values())
    classes, before = {}, 0.0
    for key, amount in sorted(amounts.items(), key=lambda pair: -pair[1]):
        share = before / total if total and amount > 0 else 1.0
        classes[key] = "A" if share < a else "B" if share < b else "C"
        before += max(amount, 0.0)
    return classes


def classify_variation(series, x=0.5, y=1.0):
    """``X`` for what is picked evenly, ``Y`` for what goes up and down, ``Z`` for now and then.

    :param dict series: list of amounts, one for each period, by key
    """
    classes = {}
    for key, amounts in series.items():
        mean = fmean(amounts) if amounts else 0.0
        variation = pstdev(amounts) / mean if mean > 0 else float("inf")
        classes[key] = "X" if variation <= x else "Y" if variation <= y else "Z"
    return classes


def suggest(items, metres, free, most=20):
    """The moves and exchanges that save most, the best first; each good is moved once at most.

    :param list items: :class:`Item`, one for each place
    :param dict metres: metres there and back of each place
    :param list free: keys of empty places
    :param int most: so many moves at most
    :return: list of :class:`Move`; ``saved`` is metres over the time of the picks, as if every pick
        were a walk of its own: an upper bound where orders are picked together
    """
    far = sorted(items, key=lambda item: -item.picks * metres[item.place])[:_COMPARED]
    near = sorted(
        [(metres[item.place], item.place, item) for item in items]
        + [(metres[place], place, None) for place in free],
        key=lambda spot: spot[0],
    )[:_COMPARED]
    found = []
    for item in far:
        for there, place, other in near:
            closer = metres[item.place] - there
            if closer <= 0:
                break
            saved = closer * (item.picks - (other.picks if other else 0.0))
            if saved > 0:
                found.append((saved, item, place, other))
    found.sort(key=lambda one: -one[0])
    moves, used = [], set()
    for saved, item, place, other in found:
        if len(moves) == most:
            break
        if item.place not in used and place not in used:
            used |= {item.place, place}
            key = other.key if other else None
            moves.append(Move(item.key, item.place, place, key, saved))
    return moves

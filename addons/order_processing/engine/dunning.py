"""Which overdue items are reminded of at which level: pure.

The usual rule of collections: an item climbs one level at a time, each level has its days overdue
and a pause since the letter before; a customer gets one letter over everything overdue, at the
highest level any of its items has reached now.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Level:
    """``days`` overdue from which it applies; ``pause`` days since the letter before."""

    id: int
    days: int
    pause: int = 0


@dataclass(frozen=True)
class Item:
    """An open item. ``last`` is the place of the level it was reminded of last, ``-1`` if never."""

    id: int
    customer: int
    due: date
    amount: float
    last: int = -1
    last_sent: date | None = None
    blocked: bool = False


@dataclass(frozen=True)
class Letter:
    """One letter: the level's place among the levels, and (item id, place) of what it lists.

    The place of an item that is listed without climbing is the one it had before.
    """

    customer: int
    place: int
    items: tuple
    total: float


def reached(item, levels, today):
    """The place of the level an item climbs to today, or ``None``.

    :param levels: :class:`Level` by days
    """
    place = item.last + 1
    if item.blocked or place >= len(levels):
        return None
    level = levels[place]
    if (today - item.due).days < max(level.days, 1):
        return None
    if item.last_sent and (today - item.last_sent).days < level.pause:
        return None
    return place


def plan(items, levels, today, least=0.0):
    """The letters to write today.

    :param items: open :class:`Item` of any customers; credits have amounts below zero
    :param levels: :class:`Level` by days
    :param least: customers who owe less than this overdue are left alone
    :return: list of :class:`Letter`, by customer
    """
    by_customer = {}
    for item in items:
        if not item.blocked:
            by_customer.setdefault(item.customer, []).append(item)
    letters = []
    for customer, mine in sorted(by_customer.items()):
        overdue = [item for item in mine if item.amount > 0 and item.due < today]
        # What isn't matched yet may well be the payment.
        credit = sum(item.amount for item in mine if item.amount < 0)
        total = sum(item.amount for item in overdue) + credit
        climbing = {item.id: reached(item, levels, today) for item in overdue}
        places = [place for place in climbing.values() if place is not None]
        if not places or total <= 0 or total < least:
            continue
        listed = tuple(
            (item.id, item.last if climbing[item.id] is None else climbing[item.id])
            for item in sorted(overdue, key=lambda item: (item.due, item.id))
        )
        letters.append(Letter(customer, max(places), listed, total))
    return letters

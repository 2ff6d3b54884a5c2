"""The winner among several carriers' quotes, and why each other one lost.

Money is ``Decimal`` in one currency, days are the carrier's working days.
"""

import datetime
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

#: Monday to Friday.
WEEKDAYS = frozenset(range(5))

# Why a quote won or lost.
CHEAPEST = "cheapest"
FASTEST_LATE = "fastest_late"
UNAVAILABLE = "unavailable"
NOT_POSITIVE = "not_positive"
NO_LABEL = "no_label"
TOO_LATE = "too_late"
DEARER = "dearer"
SLOWER = "slower"
NEXT_IN_ORDER = "next_in_order"
FASTEST = "fastest"
PREFERRED = "preferred"
NOT_PREFERRED = "not_preferred"
EXCLUDED = "excluded"
UNRELIABLE = "unreliable"
MOST_RELIABLE = "most_reliable"
LESS_RELIABLE = "less_reliable"


@dataclass(frozen=True)
class Quote:
    """One carrier's offer for one shipment."""

    key: Hashable
    amount: Decimal
    days: int = 0  # 0: the carrier promises nothing
    arrives: datetime.date | None = None
    sequence: int = 0
    is_free: bool = False
    has_label: bool = True
    problem: str = ""
    is_parcel_problem: bool = False  # weighing or packing it otherwise would give a price
    carrier: Hashable = None
    on_time: Decimal | None = None  # learnt share of parcels that came as promised; None: unknown


@dataclass(frozen=True)
class Policy:
    """What decides among quotes that arrive in time: ``strategy`` is CHEAPEST or FASTEST."""

    strategy: str = CHEAPEST
    preferred: frozenset = frozenset()  # carriers taken before others, if they arrive in time
    excluded: frozenset = frozenset()  # carriers that may not be taken
    min_on_time: Decimal = Decimal(0)  # share of parcels that must have come as promised


@dataclass(frozen=True)
class Verdict:
    """What became of a quote: ``code`` says why, ``difference`` by how much (money or days)."""

    key: Hashable
    chosen: bool
    code: str
    difference: Decimal = Decimal(0)


def add_working_days(start, days, weekdays=WEEKDAYS, closed=frozenset()):
    """The day ``days`` working days after ``start``.

    :param weekdays: days of the week the carrier works on; 0 is Monday
    :param closed: dates it doesn't, whatever day of the week they are
    """
    day = start
    while days > 0:
        day += datetime.timedelta(days=1)
        if day.weekday() in weekdays and day not in closed:
            days -= 1
    return day


def choose(quotes, promised=None, policy=None):
    """Pick the cheapest quote that arrives as promised; say of each other one why it lost.

    Quotes that aren't priced, cost nothing without being marked free, or come too late are out.
    If all come too late the earliest wins, marked so. A carrier that makes no label only wins
    where no carrier with labels is left, and not where one only lacks a weight or a smaller parcel.
    What is known to be less reliable than the policy wants is out, too; where all are, the most
    reliable wins, marked so. Ties: fewer days, then the carriers' own order.

    :param quotes: iterable of :class:`Quote` in one currency
    :param datetime.date promised: latest day of arrival, if any was promised
    :param Policy policy: what else is to be regarded
    :return: list of :class:`Verdict`, in the order of ``quotes``
    """
    quotes, policy = list(quotes), policy or Policy()
    out = {}
    for quote in quotes:
        if quote.carrier is not None and quote.carrier in policy.excluded:
            out[quote.key] = Verdict(quote.key, False, EXCLUDED)
        elif quote.problem:
            out[quote.key] = Verdict(quote.key, False, UNAVAILABLE)
        elif quote.amount < 0 or (quote.amount == 0 and not quote.is_free):
            out[quote.key] = Verdict(quote.key, False, NOT_POSITIVE)
    left = [quote for quote in quotes if quote.key not in out]
    if any(quote.has_label and (quote in left or quote.is_parcel_problem) for quote in quotes):
        out |= {q.key: Verdict(q.key, False, NO_LABEL) for q in left if not q.has_label}
        left = [quote for quote in left if quote.has_label]
    poor = [q for q in left if q.on_time is not None and q.on_time < policy.min_on_time]
    if poor and len(poor) == len(left):
        return _most_reliable(quotes, left, out)
    out |= {q.key: Verdict(q.key, False, UNRELIABLE, q.on_time * 100) for q in poor}
    left = [quote for quote in left if quote.key not in out]
    in_time = [q for q in left if not promised or (q.arrives and q.arrives <= promised)]
    code = CHEAPEST
    if in_time:
        for quote in left:
            if quote not in in_time:
                late = (quote.arrives - promised).days if quote.arrives else 0
                out[quote.key] = Verdict(quote.key, False, TOO_LATE, Decimal(late))
        winner, code = _best(in_time, policy)
    elif left:
        code = FASTEST_LATE
        winner = min(left, key=lambda q: (q.arrives or datetime.date.max, *_by_price(q)))
    else:
        return [out[quote.key] for quote in quotes]
    for quote in left:
        if quote.key not in out:
            out[quote.key] = _compare(quote, winner, code)
    return [out[quote.key] for quote in quotes]


def _most_reliable(quotes, left, out):
    """Verdicts where no quote is as reliable as it should be: the most reliable is taken."""
    winner = min(left, key=lambda quote: (-quote.on_time, *_by_price(quote)))
    for quote in left:
        is_winner = quote is winner
        code = MOST_RELIABLE if is_winner else LESS_RELIABLE
        out[quote.key] = Verdict(quote.key, is_winner, code, quote.on_time * 100)
    return [out[quote.key] for quote in quotes]


def _best(quotes, policy):
    """The winner among quotes in time, and why it wins."""
    favoured = [quote for quote in quotes if quote.carrier in policy.preferred]
    if policy.strategy == FASTEST:
        return min(favoured or quotes, key=lambda q: (q.days or 999, *_by_price(q))), FASTEST
    if favoured:
        return min(favoured, key=_by_price), PREFERRED
    return min(quotes, key=_by_price), CHEAPEST


def _by_price(quote):
    return (quote.amount, quote.days or 999, quote.sequence)


def _compare(quote, winner, code):
    if quote is winner:
        return Verdict(quote.key, True, code)
    if code == FASTEST_LATE and quote.arrives != winner.arrives:
        days = (quote.arrives - winner.arrives).days if quote.arrives and winner.arrives else 0
        return Verdict(quote.key, False, SLOWER, Decimal(days))
    if code == PREFERRED and quote.carrier != winner.carrier and quote.amount <= winner.amount:
        return Verdict(quote.key, False, NOT_PREFERRED)
    slower = (quote.days or 999) - (winner.days or 999)
    if code == FASTEST and slower > 0:
        return Verdict(quote.key, False, SLOWER, Decimal(slower if quote.days else 0))
    if quote.amount > winner.amount:
        return Verdict(quote.key, False, DEARER, quote.amount - winner.amount)
    if (quote.days or 999) > (winner.days or 999):
        days = quote.days - winner.days if quote.days else 0
        return Verdict(quote.key, False, SLOWER, Decimal(days))
    return Verdict(quote.key, False, NEXT_IN_ORDER)

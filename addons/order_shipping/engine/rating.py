"""Prices of carriers: the right band of a rate table, and the winner among several quotes.

Money is ``Decimal`` in one currency, weights are kilograms, days are the carrier's working days.
"""

import datetime
from collections.abc import Hashable
from dataclasses import dataclass, replace
from decimal import Decimal

# Why a parcel has no price in a table.
NO_WEIGHT = "no_weight"
NO_ZONE = "no_zone"
TOO_HEAVY = "too_heavy"

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


@dataclass(frozen=True)
class Band:
    """One line of a rate table: where it holds, up to which weight, and what it costs."""

    key: Hashable
    price: Decimal
    max_weight: Decimal = Decimal(0)  # 0: no limit
    price_per_kg: Decimal = Decimal(0)  # for each kilogram above ``from_weight``
    from_weight: Decimal = Decimal(0)
    countries: frozenset = frozenset()  # ISO codes; empty: everywhere
    zip_prefix: str = ""
    days_min: int = 0
    days_max: int = 0
    is_free: bool = False


@dataclass(frozen=True)
class Price:
    """What a table says: an amount, or why there is none (``problem``)."""

    amount: Decimal = Decimal(0)
    days_min: int = 0
    days_max: int = 0
    is_free: bool = False
    problem: str = ""
    band: Hashable = None


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


@dataclass(frozen=True)
class Policy:
    """What decides among quotes that arrive in time: ``strategy`` is CHEAPEST or FASTEST."""

    strategy: str = CHEAPEST
    preferred: frozenset = frozenset()  # carriers taken before others, if they arrive in time
    excluded: frozenset = frozenset()  # carriers that may not be taken


@dataclass(frozen=True)
class Verdict:
    """What became of a quote: ``code`` says why, ``difference`` by how much (money or days)."""

    key: Hashable
    chosen: bool
    code: str
    difference: Decimal = Decimal(0)


# === RATE TABLE === #


def _zone_rank(band, country, zip_code):
    """How closely a band names the destination; None where it doesn't hold."""
    if band.countries and country not in band.countries:
        return None
    prefix = band.zip_prefix.replace(" ", "").upper()
    if not (zip_code or "").replace(" ", "").upper().startswith(prefix):
        return None
    return (len(prefix), bool(band.countries))


def parcel_price(bands, country, zip_code, weight):
    """Price of one parcel: the narrowest zone that holds, then its lightest band that carries it.

    :param bands: iterable of :class:`Band`
    :param str country: ISO code of the destination
    :param str zip_code: of the destination
    :param Decimal weight: kilograms
    :return: :class:`Price`
    """
    weight = Decimal(weight)
    if weight <= 0:
        return Price(problem=NO_WEIGHT)
    ranked = [(band, _zone_rank(band, country, zip_code)) for band in bands]
    ranked = [(band, rank) for band, rank in ranked if rank is not None]
    if not ranked:
        return Price(problem=NO_ZONE)
    best = max(rank for _band, rank in ranked)
    zone = [band for band, rank in ranked if rank == best]
    fitting = [band for band in zone if not band.max_weight or weight <= band.max_weight]
    if not fitting:
        return Price(problem=TOO_HEAVY)
    band = min(fitting, key=lambda band: (not band.max_weight, band.max_weight, band.price))
    extra = max(weight - band.from_weight, Decimal(0)) * band.price_per_kg
    return Price(
        amount=band.price + extra,
        days_min=band.days_min,
        days_max=band.days_max,
        is_free=band.is_free,
        band=band.key,
    )


def shipment_price(bands, country, zip_code, weights):
    """Price of all parcels of a shipment; it arrives with its slowest parcel.

    :param weights: kilograms of each parcel
    :return: :class:`Price`, with the first parcel's ``problem`` if one has no price
    """
    bands = list(bands)
    prices = [parcel_price(bands, country, zip_code, weight) for weight in weights]
    if not prices:
        return Price(problem=NO_WEIGHT)
    for price in prices:
        if price.problem:
            return price
    return replace(
        max(prices, key=lambda price: price.days_max),
        amount=sum((price.amount for price in prices), Decimal(0)),
        days_min=max(price.days_min for price in prices),
        is_free=all(price.is_free for price in prices),
    )


# === CHOICE === #


def add_working_days(start, days):
    """The day ``days`` working days (Monday to Friday) after ``start``."""
    day = start
    while days > 0:
        day += datetime.timedelta(days=1)
        if day.weekday() < 5:
            days -= 1
    return day


def choose(quotes, promised=None, policy=None):
    """Pick the cheapest quote that arrives as promised; say of each other one why it lost.

    Quotes that aren't priced, cost nothing without being marked free, or come too late are out.
    If all come too late the earliest wins, marked so. A carrier that makes no label only wins
    where no carrier with labels is left, and not where one only lacks a weight or a smaller parcel.
    Ties: fewer days, then the carriers' own order.

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

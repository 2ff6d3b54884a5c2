"""What a parcel costs by a carrier's price list: zone, band, weight of the space, surcharges.

Money is ``Decimal`` in the table's currency, weights are kilograms, sizes are centimetres, days are
the carrier's working days. Girth is what carriers call so: the longest side plus twice the two
others.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from decimal import Decimal

# Why a parcel has no price.
NO_WEIGHT = "no_weight"
NO_ZONE = "no_zone"
TOO_HEAVY = "too_heavy"
TOO_LARGE = "too_large"

BASE = "base"
ZERO = Decimal(0)


@dataclass(frozen=True)
class Parcel:
    """One parcel: kilograms, and its three sides where it was measured."""

    weight: Decimal
    sides: tuple = ()

    @property
    def longest(self):
        return max(self.sides, default=ZERO)

    @property
    def girth(self):
        return 2 * sum(self.sides, ZERO) - self.longest

    @property
    def volume(self):
        """Cubic centimetres; 0 where not measured."""
        length, width, height = self.sides or (ZERO, ZERO, ZERO)
        return length * width * height


@dataclass(frozen=True)
class Destination:
    """Where a parcel goes: ISO code of the country, postal code, whether somebody lives there."""

    country: str = ""
    zip_code: str = ""
    is_residential: bool = False


@dataclass(frozen=True)
class Zone:
    """Countries (none: everywhere) and the first letters of the postal codes in them."""

    countries: frozenset = frozenset()
    zip_prefix: str = ""

    def rank(self, place):
        """How closely it names a destination; None where it doesn't hold."""
        if self.countries and place.country not in self.countries:
            return None
        prefix = _plain(self.zip_prefix)
        if not _plain(place.zip_code).startswith(prefix):
            return None
        return (len(prefix), bool(self.countries))


@dataclass(frozen=True)
class Band:
    """One line of a rate table: where it holds, which parcels it carries, and what it costs."""

    key: Hashable
    price: Decimal
    max_weight: Decimal = ZERO  # 0: no limit, as below
    max_side: Decimal = ZERO
    max_girth: Decimal = ZERO
    price_per_kg: Decimal = ZERO  # for each kilogram above ``from_weight``
    from_weight: Decimal = ZERO
    zone: Zone = Zone()
    days_min: int = 0
    days_max: int = 0
    is_free: bool = False

    def holds_size(self, parcel):
        """Whether a parcel is small enough; one that nobody measured is taken to be."""
        return not (
            (self.max_side and parcel.longest > self.max_side)
            or (self.max_girth and parcel.girth > self.max_girth)
        )


@dataclass(frozen=True)
class Surcharge:
    """What is added for a parcel when all that is said here holds."""

    key: Hashable
    name: str
    amount: Decimal = ZERO
    percent: Decimal = ZERO  # of the band's price
    zone: Zone = Zone()
    above_weight: Decimal = ZERO  # 0: whatever it weighs, as below
    above_side: Decimal = ZERO
    above_girth: Decimal = ZERO
    only_residential: bool = False

    def applies(self, parcel, place):
        return (
            self.zone.rank(place) is not None
            and (not self.above_weight or parcel.weight > self.above_weight)
            and (not self.above_side or parcel.longest > self.above_side)
            and (not self.above_girth or parcel.girth > self.above_girth)
            and (place.is_residential or not self.only_residential)
        )


@dataclass(frozen=True)
class Table:
    """A price list as it holds on one day; ``divisor``: cubic centimetres billed as a kilogram."""

    bands: tuple
    surcharges: tuple = ()
    divisor: Decimal = ZERO  # 0: only the real weight counts


@dataclass(frozen=True)
class Charge:
    """One part of a price; ``key`` is BASE or the surcharge's."""

    key: Hashable
    name: str
    amount: Decimal


@dataclass(frozen=True)
class Price:
    """What a table says: an amount and its parts, or why there is none (``problem``)."""

    amount: Decimal = ZERO
    days_min: int = 0
    days_max: int = 0
    is_free: bool = False
    problem: str = ""
    band: Hashable = None
    billed_weight: Decimal = ZERO
    charges: tuple = ()


def _plain(zip_code):
    return (zip_code or "").replace(" ", "").upper()


def billed_weight(parcel, divisor):
    """The weight that is charged: the real one, or that of the space it takes (IATA's rule)."""
    if not divisor:
        return parcel.weight
    return max(parcel.weight, (parcel.volume / divisor).quantize(Decimal("0.001")))


def parcel_price(table, place, parcel):
    """Price of one parcel: the narrowest zone that holds, its lightest band that carries it.

    :param Table table: the price list
    :param Destination place: where it goes
    :param Parcel parcel: what goes
    :return: :class:`Price`
    """
    if parcel.weight <= 0:
        return Price(problem=NO_WEIGHT)
    ranked = [(band, band.zone.rank(place)) for band in table.bands]
    ranked = [(band, rank) for band, rank in ranked if rank is not None]
    if not ranked:
        return Price(problem=NO_ZONE)
    best = max(rank for _band, rank in ranked)
    weight = billed_weight(parcel, table.divisor)
    zone = [band for band, rank in ranked if rank == best]
    small = [band for band in zone if band.holds_size(parcel)]
    if not small:
        return Price(problem=TOO_LARGE)
    fitting = [band for band in small if not band.max_weight or weight <= band.max_weight]
    if not fitting:
        return Price(problem=TOO_HEAVY)
    band = min(fitting, key=lambda band: (not band.max_weight, band.max_weight, band.price))
    base = band.price + max(weight - band.from_weight, ZERO) * band.price_per_kg
    charges = [Charge(BASE, "", base)]
    for surcharge in table.surcharges:
        if surcharge.applies(parcel, place):
            amount = surcharge.amount + base * surcharge.percent / 100
            charges.append(Charge(surcharge.key, surcharge.name, amount))
    amount = sum((charge.amount for charge in charges), ZERO)
    return Price(
        amount=amount,
        days_min=band.days_min,
        days_max=band.days_max,
        is_free=band.is_free and not amount,
        band=band.key,
        billed_weight=weight,
        charges=tuple(charges),
    )


def shipment_price(table, place, parcels):
    """Price of all parcels of a shipment; it arrives with its slowest parcel.

    :return: :class:`Price`, with the first parcel's ``problem`` if one has no price
    """
    prices = [parcel_price(table, place, parcel) for parcel in parcels]
    if not prices:
        return Price(problem=NO_WEIGHT)
    for price in prices:
        if price.problem:
            return price
    charges = {}
    for charge in (charge for price in prices for charge in price.charges):
        before = charges.get(charge.key)
        charges[charge.key] = (
            replace(before, amount=before.amount + charge.amount) if before else charge
        )
    return replace(
        max(prices, key=lambda price: price.days_max),
        amount=sum((price.amount for price in prices), ZERO),
        days_min=max(price.days_min for price in prices),
        is_free=all(price.is_free for price in prices),
        billed_weight=sum((price.billed_weight for price in prices), ZERO),
        charges=tuple(charges.values()),
    )

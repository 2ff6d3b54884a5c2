"""How reliable a carrier's service is on its way somewhere, and what its promises are worth.

Learnt from parcels that were delivered. Days are working days, shares are between 0 and 1.
"""

from dataclasses import dataclass
from decimal import Decimal

#: Fewer parcels than this say nothing: the next wider lane is looked at.
MIN_PARCELS = 20
#: Letters of a postal code that make a zone.
ZONE_LETTERS = 3


@dataclass(frozen=True)
class Lane:
    """What is known of one way: ``judged`` parcels had a promise, ``on_time`` of them kept it."""

    parcels: int
    judged: int
    on_time: int
    days_p50: int
    days_p90: int

    @property
    def share(self):
        """Share of parcels that came as promised; None where too few had a promise."""
        if self.judged < MIN_PARCELS:
            return None
        return Decimal(self.on_time) / self.judged


def zone_of(zip_code):
    """The first letters and digits of a postal code, in capitals."""
    return "".join(filter(str.isalnum, zip_code or "")).upper()[:ZONE_LETTERS]


def find(book, way, country, zip_code):
    """The closest lane that enough parcels went: to the zone, else the country, else anywhere.

    :param dict book: of (way, country, zone) to :class:`Lane`; 0 and "" stand for everywhere
    :param way: carrier, service and origin
    :return: :class:`Lane`, or None
    """
    for place in ((country, zone_of(zip_code)), (country, ""), (0, "")):
        lane = book.get((way, *place))
        if lane and lane.parcels >= MIN_PARCELS:
            return lane
    return None


def honest_days(promised, lane):
    """Days to count with: what nine of ten parcels took, but never less than was promised."""
    return max(promised or 0, lane.days_p90) if lane else promised

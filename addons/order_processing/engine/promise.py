"""When can it ship, when will it arrive? Readiness and a warehouse's days in, dates out.

The steps, each of which may only make it later: the goods are there; the order's lead time is
over; it is before the cut-off of a working day; that day's pick capacity isn't used up; the carrier
takes its days. What made it later is told, so that a promise explains itself.

Moments are naive datetimes in UTC; days are those of the warehouse's own time zone. Pure Python.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Days on which carriers deliver, unless said otherwise: Monday to Friday.
WEEKDAYS = frozenset(range(5))

#: Why a promise isn't for today, in the order they are asked; the addon has the words.
REASONS = ("incoming", "lead", "closed", "cutoff", "full", "transit")


@dataclass(frozen=True)
class Workday:
    """A day on which a warehouse ships.

    :param day: the date in the warehouse's time zone
    :param opens: when work begins, UTC
    :param cutoff: what is ready until then leaves the same day, UTC
    :param closes: when the parcels leave, UTC
    :param room: orders that may still be picked that day; None: as many as come
    """

    day: date
    opens: datetime
    cutoff: datetime
    closes: datetime
    room: float | None = None


@dataclass(frozen=True)
class Promise:
    """The answer. Without dates: not within the days that were given, or never.

    :param ship_at: when it leaves
    :param deliver_at: when it arrives: the same time of the day of arrival
    :param ship_day: the day it leaves, in the warehouse's time zone
    :param reasons: codes of :data:`REASONS`
    """

    ship_at: datetime | None = None
    deliver_at: datetime | None = None
    ship_day: date | None = None
    reasons: tuple[str, ...] = ()


def workdays(
    intervals: Sequence[tuple[datetime, datetime]],
    tz: str,
    cutoff: float | None = None,
    capacity: float | None = None,
    used: dict[date, float] | None = None,
) -> tuple[Workday, ...]:
    """The days of a warehouse's calendar.

    :param intervals: working time, pairs of UTC moments in any order
    :param tz: the warehouse's time zone
    :param cutoff: hour of the day (14.5 is half past two) in that zone; None: when work ends
    :param capacity: orders a day; None or 0: no limit
    :param used: by date, orders that are planned for it already
    """
    zone, days = ZoneInfo(tz), {}
    for start, stop in intervals:
        day = _local(start, zone).date()
        opens, closes = days.get(day, (start, stop))
        days[day] = (min(opens, start), max(closes, stop))
    result = []
    for day, (opens, closes) in sorted(days.items()):
        last_call = closes if cutoff is None else _utc(day, cutoff, zone)
        room = max(capacity - (used or {}).get(day, 0.0), 0.0) if capacity else None
        result.append(Workday(day, opens, min(last_call, closes), closes, room))
    return tuple(result)


def promise(
    ready: datetime | None,
    days: Sequence[Workday],
    tz: str,
    *,
    now: datetime,
    lead_until: datetime | None = None,
    transit_days: int = 0,
    carrier_days: Collection[int] = WEEKDAYS,
) -> Promise:
    """When what is ready at a moment leaves and arrives.

    :param ready: when the goods are there; None: never
    :param days: see :func:`workdays`, the first not after today
    :param lead_until: end of the lead time of order and product
    :param transit_days: days the carrier takes, of its own
    :param carrier_days: weekdays on which it delivers, 0 is Monday; empty: all
    """
    if ready is None:
        return Promise(reasons=("incoming",))
    reasons = ["incoming"] if ready > now else []
    start = max(ready, now)
    if lead_until and lead_until > start:
        start = lead_until
        reasons.append("lead")
    zone, found = ZoneInfo(tz), None
    first_day = _local(start, zone).date()
    for day in days:
        if day.cutoff < start:
            if day.day == first_day:
                reasons.append("cutoff")
            continue
        if day.room is not None and day.room < 1:
            reasons.append("full")
            continue
        found = day
        break
    if found is None:
        return Promise(reasons=_once(reasons))
    if found.day > first_day and not {"cutoff", "full"} & set(reasons):
        reasons.append("closed")
    if transit_days:
        reasons.append("transit")
    return Promise(
        ship_at=found.closes,
        deliver_at=arrival(found.closes, tz, transit_days, carrier_days),
        ship_day=found.day,
        reasons=_once(reasons),
    )


def arrival(ship_at, tz, transit_days=0, carrier_days=WEEKDAYS):
    """When what leaves at a moment arrives: the same time of day, ``transit_days`` of the carrier
    later. Without transit it is there when it leaves."""
    if not transit_days:
        return ship_at
    zone = ZoneInfo(tz)
    local = _local(ship_at, zone)
    day, left = local.date(), transit_days
    works = set(carrier_days) or set(range(7))
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() in works
    return _naive(datetime.combine(day, local.time(), zone))


def occupy(days: Sequence[Workday], day: date) -> tuple[Workday, ...]:
    """``days`` with one order more planned for ``day``."""
    return tuple(
        replace(each, room=each.room - 1) if each.day == day and each.room is not None else each
        for each in days
    )


def latest(promises):
    """The promise of a whole order that leaves as one: its latest; none if a part has none."""
    promises = tuple(promises)
    if not promises or any(each.ship_at is None for each in promises):
        return Promise(reasons=_once(r for each in promises for r in each.reasons))
    last = max(promises, key=lambda each: (each.deliver_at, each.ship_at))
    return replace(last, ship_at=max(each.ship_at for each in promises))


@dataclass(frozen=True)
class Risk:
    """How an order stands to what was promised.

    :param is_late: it will arrive, or has to be feared to arrive, after the promise
    :param delay: by how much; None when nobody knows when it will
    :param keys: the lines that make it late
    """

    is_late: bool
    delay: timedelta | None = None
    keys: tuple = field(default=())


def assess(promised_at, expected, grace=timedelta(0)):
    """Compare what is expected now with what was promised.

    :param promised_at: moment of the promise; None: nothing was promised, nothing is late
    :param expected: pairs of (key, moment or None) of the lines that aren't delivered yet
    :param grace: how much later doesn't matter
    """
    if promised_at is None:
        return Risk(False)
    late = [(key, when) for key, when in expected if when is None or when > promised_at + grace]
    if not late:
        return Risk(False, timedelta(0))
    known = [when for _key, when in late if when is not None]
    delay = max(known) - promised_at if len(known) == len(late) else None
    return Risk(True, delay, tuple(key for key, _when in late))


def end_of_day(moment, tz):
    """The end of a moment's day in a time zone, UTC: a promise of a day holds until then."""
    zone = ZoneInfo(tz)
    day = _local(moment, zone).date() + timedelta(days=1)
    return _naive(datetime.combine(day, time(), zone)) - timedelta(seconds=1)


def _once(codes):
    return tuple(sorted(set(codes), key=REASONS.index))


def _local(moment, zone):
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)


def _naive(moment):
    return moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def _utc(day, hours, zone):
    """An hour of a local day as UTC; what is past midnight counts on the next day."""
    minutes = round(hours * 60)
    moment = datetime.combine(day, time(), zone) + timedelta(minutes=minutes)
    return _naive(moment)

"""Who picks which batch when, and batches that keep urgent orders on time.

Batches go to whoever is free first: urgent ones, then the earliest due (J. R. Jackson's rule,
1955). Where that leaves orders late, orders due early are batched apart from the others: the walk
gets longer, but fewer orders are late.

A batch goes only to a picker with the skills and equipment that its orders need. Orders with other
needs share batches as long as that works; where it leaves a batch to nobody, or orders late, they
are batched apart.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from . import batching

#: Orders are set apart by due time into this many classes at most.
_CLASSES = (1, 2, 4)
NEVER = float("inf")


@dataclass(frozen=True)
class Pace:
    """How fast people pick."""

    metres_per_minute: float = 60.0
    seconds_per_line: float = 15.0
    seconds_per_batch: float = 120.0

    def minutes(self, batch):
        """Minutes that a batch takes: the walk, the lines, and fetching the cart."""
        walk = batch.metres / (self.metres_per_minute or 60.0)
        return walk + (batch.load["lines"] * self.seconds_per_line + self.seconds_per_batch) / 60


@dataclass(frozen=True)
class Turn:
    """A batch in the hands of a picker, in minutes from now; ``late``: keys of its late orders.

    :ivar picker: None if nobody is given, or nobody has what the batch needs
    """

    batch: batching.Batch
    picker: Hashable
    start: float
    end: float
    late: tuple


#: The furthest a carrier is looked out for, in days: longer holidays are a mistake.
MOST_DAYS = 60
EVERY_DAY = frozenset(range(7))


def collection(after, hour, zone, weekdays=EVERY_DAY, closed=frozenset()):
    """When a carrier that comes at the same hour of its working days comes next.

    :param datetime after: naive, UTC
    :param float hour: hour of the day (14.5 is half past two) in that zone
    :param str zone: name of a time zone
    :param weekdays: on which it comes, 0 is Monday
    :param closed: dates on which it doesn't
    :return: naive, UTC, not before ``after``; any day if it came on none of the next ones
    """
    here = ZoneInfo(zone)
    minutes = round(hour * 60)
    today = after.replace(tzinfo=timezone.utc).astimezone(here).date()
    first = None
    for days in range(MOST_DAYS):
        day = today + timedelta(days=days)
        local = datetime.combine(day, time(minutes // 60, minutes % 60), here)
        moment = local.astimezone(timezone.utc).replace(tzinfo=None)
        if moment < after:
            continue
        first = first or moment
        if day.weekday() in weekdays and day not in closed:
            return moment
    return first


def schedule(batches, orders, pace, pickers, skills=None):
    """Give the batches to pickers.

    :param list batches: :class:`batching.Batch`
    :param list orders: every :class:`batching.Order` in them
    :param dict pickers: minutes until each is free, by picker; empty: one who is free now
    :param dict skills: what each picker has and can do, by picker; those left out have nothing
    :return: list of :class:`Turn` in the order in which they start
    """
    due = {order.key: NEVER if order.due is None else order.due for order in orders}
    needs = {order.key: order.needs for order in orders} if pickers else {}
    free = {picker: max(minutes, 0.0) for picker, minutes in (pickers or {None: 0.0}).items()}
    skills = skills or {}
    turns = []
    urgent = {order.key for order in orders if order.urgent}

    def rank(batch):
        return urgent.isdisjoint(batch.keys), min(due[key] for key in batch.keys)

    for batch in sorted(batches, key=rank):
        needed = frozenset().union(*(needs.get(key, ()) for key in batch.keys))
        able = [picker for picker in free if needed <= frozenset(skills.get(picker, ()))]
        # Of those free at the same time the one who can do least: the others may be needed more.
        picker = min(able, key=lambda one: (free[one], len(skills.get(one, ()))), default=None)
        start = free[picker] if able else 0.0
        end = start + pace.minutes(batch)
        if able:
            free[picker] = end
        late = tuple(key for key in batch.keys if due[key] < end)
        turns.append(Turn(batch, picker, start, end, late))
    return sorted(turns, key=lambda turn: turn.start)


def lateness(turns, orders, pickers=None):
    """(Batches for nobody, late orders, minutes late in all, metres): the first counts most."""
    due = {order.key: order.due for order in orders}
    minutes = sum(turn.end - due[key] for turn in turns for key in turn.late)
    return (
        sum(turn.picker is None for turn in turns) if pickers else 0,
        sum(len(turn.late) for turn in turns),
        round(minutes, 3),
        round(sum(turn.batch.metres for turn in turns), 3),
    )


def plan_at_once(block, orders, limits, pace, pickers=None, seed=0, skills=None):
    """A good plan for somebody who waits: by savings, in small parts.

    :func:`plan_on_time` finds a better one, and keeps more orders on time.

    :return: list of :class:`Turn`
    """
    most = max(2 * batching.PAIRS_AT_ONCE // max(len(orders), 1), batching.PART_AT_ONCE)
    batches = batching.plan(block, orders, limits, batching.Budget(moves=0), seed, most)
    return schedule(batches, orders, pace, pickers, skills)


def plan_on_time(
    block, orders, limits, pace, pickers=None, budget=batching.DEFAULT, seed=0, skills=None
):
    """Batches and turns with the fewest for nobody, then the fewest late orders and metres.

    :return: list of :class:`Turn`
    """
    best = None
    for grouped in _ways_apart(orders):
        batches = batching.plan(block, grouped, limits, budget, seed)
        turns = schedule(batches, orders, pace, pickers, skills)
        score = lateness(turns, orders, pickers)
        if best is None or score < best[0]:
            best = (score, turns)
        if not any(score[:2]):
            break
    return best[1]


def _ways_apart(orders):
    """The orders with more and more of them kept apart: by needs, by due time, by both."""
    kinds = {order.needs for order in orders}
    apart = (False, True) if len(kinds) > 1 else (False,)
    seen = set()
    for classes in _CLASSES:
        for by_needs in apart:
            grouped = _by_due(orders, classes)
            if by_needs:
                grouped = [replace(o, group=(o.group, tuple(sorted(o.needs)))) for o in grouped]
            count = len({order.group for order in grouped})
            if (count, by_needs) not in seen:
                seen.add((count, by_needs))
                yield grouped


def _by_due(orders, classes):
    """The orders with their class of due time in their group; those never due come last."""
    dues = sorted(order.due for order in orders if order.due is not None)
    if classes == 1 or not dues:
        return orders
    bounds = [dues[len(dues) * rank // classes] for rank in range(1, classes)]

    def rank(order):
        return classes if order.due is None else sum(order.due >= bound for bound in bounds)

    return [replace(order, group=(order.group, rank(order))) for order in orders]

"""Who picks which batch when, and batches that keep urgent orders on time.

Batches go to whoever is free first: urgent ones, then the earliest due (J. R. Jackson's rule,
1955). Where that leaves orders late, orders due early are batched apart from the others: the walk
gets longer, but fewer orders are late.
"""

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, replace

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
    """A batch in the hands of a picker, in minutes from now; ``late``: keys of its late orders."""

    batch: batching.Batch
    picker: Hashable
    start: float
    end: float
    late: tuple


def schedule(batches, orders, pace, pickers):
    """Give the batches to pickers.

    :param list batches: :class:`batching.Batch`
    :param list orders: every :class:`batching.Order` in them
    :param dict pickers: minutes until each is free, by picker; empty: one who is free now
    :return: list of :class:`Turn` in the order in which they start
    """
    due = {order.key: NEVER if order.due is None else order.due for order in orders}
    numbered = list((pickers or {None: 0.0}).items())
    free = [(max(minutes, 0.0), rank) for rank, (_picker, minutes) in enumerate(numbered)]
    heapq.heapify(free)
    turns = []
    urgent = {order.key for order in orders if order.urgent}

    def rank(batch):
        return urgent.isdisjoint(batch.keys), min(due[key] for key in batch.keys)

    for batch in sorted(batches, key=rank):
        start, number = heapq.heappop(free)
        end = start + pace.minutes(batch)
        heapq.heappush(free, (end, number))
        late = tuple(key for key in batch.keys if due[key] < end)
        turns.append(Turn(batch, numbered[number][0], start, end, late))
    return turns


def lateness(turns, orders):
    """(Late orders, minutes late in all, metres): the first counts most."""
    due = {order.key: order.due for order in orders}
    minutes = sum(turn.end - due[key] for turn in turns for key in turn.late)
    return (
        sum(len(turn.late) for turn in turns),
        round(minutes, 3),
        round(sum(turn.batch.metres for turn in turns), 3),
    )


def plan_on_time(block, orders, limits, pace, pickers=None, budget=batching.DEFAULT, seed=0):
    """Batches and turns with the fewest late orders, then the fewest metres.

    :return: list of :class:`Turn`
    """
    best = None
    for classes in _CLASSES:
        grouped = _by_due(orders, classes)
        if classes > 1 and len({order.group for order in grouped}) == len(
            {order.group for order in orders}
        ):
            break  # nothing to set apart
        batches = batching.plan(block, grouped, limits, budget, seed)
        turns = schedule(batches, orders, pace, pickers)
        score = lateness(turns, orders)
        if best is None or score < best[0]:
            best = (score, turns)
        if not score[0]:
            break
    return best[1]


def _by_due(orders, classes):
    """The orders with their class of due time in their group; those never due come last."""
    dues = sorted(order.due for order in orders if order.due is not None)
    if classes == 1 or not dues:
        return orders
    bounds = [dues[len(dues) * rank // classes] for rank in range(1, classes)]

    def rank(order):
        return classes if order.due is None else sum(order.due >= bound for bound in bounds)

    return [replace(order, group=(order.group, rank(order))) for order in orders]

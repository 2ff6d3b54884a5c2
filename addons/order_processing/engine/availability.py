"""What may be promised of a product, and when: stock, receipts and commitments in, dates out.

Cumulative available to promise with look-ahead: at a moment *t* there may be promised what is left
at the lowest point of the projected stock from *t* on,

    ATP(t) = min over u >= t of (on hand + receipts until u - commitments until u) - kept back

so that nothing promised today breaks a commitment of next week that no receipt covers. Source:
Vollmann, Berry, Whybark, Jacobs, Manufacturing Planning and Control for Supply Chain Management,
"Available-to-promise", the cumulative variant; Odoo's own forecast is the sum without the minimum.

Moments are naive datetimes in UTC, quantities are in the product's own unit. Pure Python.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

#: Quantities closer than this are equal: sums of floats, not a unit's rounding.
EPSILON = 1e-6
#: A receipt or delivery that is overdue is expected this long from now: it isn't there yet.
OVERDUE = timedelta(days=1)
#: What can't run out: services, and goods that aren't counted.
UNLIMITED = math.inf


class Step(NamedTuple):
    """From ``when`` on ``quantity`` may be promised, until the next step."""

    when: datetime
    quantity: float


class Portion(NamedTuple):
    """``quantity`` that a place can give from ``when`` on."""

    place: object
    when: datetime
    quantity: float


@dataclass(frozen=True)
class Outlook:
    """One product in one place.

    :param now: the moment it was made
    :param steps: what may be promised, by :func:`look_ahead`; never less later than earlier
    :param on_hand: what lies there, reserved or not
    :param reserved: the part of it that deliveries have reserved already
    :param committed: everything open deliveries want, reserved or not, whenever
    :param incoming: everything open receipts bring, whenever
    :param held: reserved softly, by carts and quotations, or planned by routing
    :param kept_back: safety stock and the channel's buffer
    """

    now: datetime
    steps: tuple[Step, ...]
    on_hand: float = 0.0
    reserved: float = 0.0
    committed: float = 0.0
    incoming: float = 0.0
    held: float = 0.0
    kept_back: float = 0.0

    @property
    def is_unlimited(self):
        return bool(self.steps) and math.isinf(self.steps[0].quantity)

    def at(self, when=None):
        """What may be promised to leave at ``when``, now at the earliest; never below zero."""
        return max(quantity_at(self.steps, max(when or self.now, self.now)), 0.0)

    def earliest(self, quantity):
        """The first moment at which ``quantity`` may be promised, or None."""
        return earliest(self.steps, quantity)

    @property
    def most(self):
        """What may be promised at all, once everything has come in."""
        return max(self.steps[-1].quantity, 0.0) if self.steps else 0.0


def look_ahead(now, on_hand, receipts=(), commitments=(), kept_back=0.0, overdue=OVERDUE):
    """The steps of what may be promised; see the module's formula.

    :param receipts: pairs of (when, quantity) to come in; overdue ones count ``overdue`` from now
    :param commitments: pairs of (when, quantity) to go out; overdue ones go out now
    :param kept_back: quantity that is never promised
    :return: tuple of :class:`Step`, the first at ``now``, quantities not falling
    """
    changes = {now: on_hand - kept_back}
    for when, quantity in receipts:
        moment = when if when > now else now + overdue
        changes[moment] = changes.get(moment, 0.0) + quantity
    for when, quantity in commitments:
        moment = max(when, now)
        changes[moment] = changes.get(moment, 0.0) - quantity
    moments = sorted(changes)
    balance, balances = 0.0, []
    for moment in moments:
        balance += changes[moment]
        balances.append(balance)
    lowest, steps = math.inf, []
    for moment, level in zip(reversed(moments), reversed(balances), strict=True):
        lowest = min(lowest, level)
        steps.append(Step(moment, lowest))
    return _merged(reversed(steps))


def unlimited(now):
    """The outlook of what can't run out."""
    return Outlook(now, (Step(now, UNLIMITED),))


def quantity_at(steps, when):
    """The quantity of the last of ``steps`` that isn't after ``when``; nothing before the first."""
    position = bisect_right(steps, when, key=lambda step: step.when)
    return steps[position - 1].quantity if position else 0.0


def earliest(steps, quantity):
    """The moment of the first of ``steps`` with at least ``quantity``, or None."""
    return next((step.when for step in steps if step.quantity >= quantity - EPSILON), None)


def take(steps, quantity, when):
    """``steps`` after ``quantity`` more was promised for ``when``.

    What is promised for later may still be used before, as far as a receipt replaces it by then.
    """
    taken = [Step(step.when, step.quantity - quantity * (step.when >= when)) for step in steps]
    if not any(step.when == when for step in steps):
        at = bisect_right(steps, when, key=lambda step: step.when)
        taken.insert(at, Step(when, quantity_at(steps, when) - quantity))
    lowest, result = math.inf, []
    for step in reversed(taken):
        lowest = min(lowest, step.quantity)
        result.append(Step(step.when, lowest))
    return _merged(reversed(result))


def pool(many):
    """What several places may promise together, as steps.

    :param many: sequence of steps, one for each place; a place that lacks goods adds nothing
    """
    moments = sorted({step.when for steps in many for step in steps})
    return _merged(
        Step(moment, sum(max(quantity_at(steps, moment), 0.0) for steps in many))
        for moment in moments
    )


def kit(components):
    """The steps of a kit that is put together from its components when it leaves.

    :param components: pairs of (steps, quantity for one kit)
    """
    needed = [(steps, quantity) for steps, quantity in components if quantity > EPSILON]
    moments = sorted({step.when for steps, _quantity in needed for step in steps})
    return _merged(
        Step(
            moment,
            min(
                _whole(max(quantity_at(steps, moment), 0.0) / quantity)
                for steps, quantity in needed
            ),
        )
        for moment in moments
    )


def portions(
    outlooks: Sequence[tuple[object, Sequence[Step]]], quantity: float
) -> tuple[Portion, ...]:
    """Who gives ``quantity`` the earliest: one place if it is as early as all of them together.

    :param outlooks: pairs of (place, steps), the preferred places first
    :return: the portions, in all ``quantity``; empty when it can't be had whatever one waits
    """
    alone = [
        (when, rank, place)
        for rank, (place, steps) in enumerate(outlooks)
        if (when := earliest(steps, quantity)) is not None
    ]
    together = earliest(pool([steps for _place, steps in outlooks]), quantity)
    if together is None:
        return ()
    if alone and min(alone)[0] <= together:
        when, _rank, place = min(alone)
        return (Portion(place, when, quantity),)
    rest, parts = quantity, []
    for place, steps in outlooks:
        share = min(max(quantity_at(steps, together), 0.0), rest)
        if share > EPSILON:
            parts.append(Portion(place, earliest(steps, share), share))
            rest -= share
    return tuple(parts)


@dataclass(frozen=True)
class Demand:
    """An open delivery of a product from a place.

    :param key: whatever tells it from others
    :param when: when it shall leave
    :param quantity: what is still to leave
    :param reserved: the part of it that lies reserved for it
    """

    key: object
    when: datetime
    quantity: float
    reserved: float = 0.0


def peg(now, on_hand, receipts, demands, overdue=OVERDUE):
    """When each open delivery is covered by stock or a receipt, the first to leave served first.

    What is reserved for a delivery is its own; free stock, then receipts as they come, go to the
    deliveries by date. (Pegging as in material requirements planning; Odoo's forecast report does
    it the same way.)

    :param demands: sequence of :class:`Demand`
    :return: dict key → moment at which all of it is there; None when nothing covers it
    """
    supply = [[now, on_hand - sum(demand.reserved for demand in demands)]]
    supply += [
        [when if when > now else now + overdue, quantity] for when, quantity in sorted(receipts)
    ]
    supply.sort(key=lambda each: each[0])
    covered, position = {}, 0
    for demand in sorted(demands, key=lambda each: (each.when, each.key)):
        rest, moment = demand.quantity - demand.reserved, now
        while rest > EPSILON and position < len(supply):
            source = supply[position]
            share = min(max(source[1], 0.0), rest)
            if share > EPSILON:
                source[1] -= share
                rest -= share
                moment = max(moment, source[0])
            if source[1] <= EPSILON:
                position += 1
        covered[demand.key] = moment if rest <= EPSILON else None
    return covered


def _merged(steps):
    """Steps of which each has another quantity than the one before."""
    merged = []
    for step in steps:
        if not merged or abs(step.quantity - merged[-1].quantity) > EPSILON:
            if merged and math.isinf(merged[-1].quantity) and math.isinf(step.quantity):
                continue
            merged.append(step)
    return tuple(merged)


def _whole(quantity):
    """Whole kits in a quantity; a float a hair below a whole number is that number."""
    return quantity if math.isinf(quantity) else math.floor(quantity + EPSILON)

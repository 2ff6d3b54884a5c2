"""Each KPI, defined once: name, words for the card, unit, clock, population and formula.

Pure Python. A measure works on plain rows (anything that gives ``row[field]``), one per order. Its
*population* is a list of simple conditions in Odoo's domain form, so that the figure and the list
of orders opened behind it are the same set by construction. Its *clock* is the date that puts an
order into a period. A measure with nobody in its population has no value: ``None``, shown as
"no data", never 0 % or 100 %.

The measures themselves are in ``measures_order.py`` and ``measures_step.py``.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field

_COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Measure:
    """One KPI.

    ``where`` are the conditions of its population beside the clock; ``formula`` takes the rows of
    the population (never empty) and gives a number or None; ``direction`` is +1 when more is
    better, -1 when less is, 0 when it is only a fact.
    """

    code: str
    name: str
    definition: str
    unit: str
    group: str
    direction: int
    clock: str
    formula: Callable
    fields: tuple
    where: tuple = ()
    target: float | None = None
    source: str = ""
    model: str = "order.fact"
    #: The date that ends a row's life. With it a row belongs to every period it lived in, from its
    #: clock on; without it only to the period of its clock.
    until: str | None = None
    #: The formula also takes the start and the end of the period.
    needs_period: bool = False

    def population(self, rows, start, end):
        """Rows that belong to [start, end) and meet every condition."""
        return [row for row in rows if self._lives(row, start, end) and self.counts(row)]

    def _lives(self, row, start, end):
        moment = row[self.clock]
        if moment is None or moment >= end:
            return False
        if self.until is None:
            return moment >= start
        return moment >= start or row[self.until] is None or row[self.until] >= start

    def counts(self, row):
        """Tell whether ``row`` meets the conditions; an unknown number meets only ``= False``."""
        return all(_meets(row[name], comparison, value) for name, comparison, value in self.where)

    def value(self, rows, start, end):
        """The figure over [start, end), or None when there is no data."""
        return self.figure(self.population(rows, start, end), start, end)

    def figure(self, population, start, end):
        """The figure of a population over [start, end), or None when there is no data."""
        if not population:
            return None
        if self.needs_period:
            return self.formula(population, start, end)
        return self.formula(population)

    def columns(self):
        """All columns this measure reads."""
        names = {self.clock, *self.fields, *(name for name, _comparison, _value in self.where)}
        return names | {self.until} if self.until else names


def _meets(actual, comparison, value):
    if value is False:
        is_set = actual is not None and actual is not False
        return is_set if comparison == "!=" else not is_set
    if actual is None:
        return comparison == "!="
    return _COMPARE[comparison](actual, value)


# === FORMULAS === #


def mean(name):
    """Plain average of a column over the rows that know it."""

    def formula(rows):
        values = [row[name] for row in rows if row[name] is not None]
        return sum(values) / len(values) if values else None

    return formula


def ratio(top, bottom):
    """Sum of one column over the sum of another: weighted, as a mean of ratios would not be."""

    def formula(rows):
        total = sum(row[bottom] or 0.0 for row in rows)
        return sum(row[top] or 0.0 for row in rows) / total if total else None

    return formula


def percentile(name, share, scale=1.0):
    """Continuous percentile (as PostgreSQL's ``percentile_cont``) of a column, over ``scale``."""

    def formula(rows):
        values = sorted(row[name] for row in rows if row[name] is not None)
        if not values:
            return None
        place = share * (len(values) - 1)
        low = math.floor(place)
        high = min(low + 1, len(values) - 1)
        return (values[low] + (values[high] - values[low]) * (place - low)) / scale

    return formula


def product(*names):
    """Product of the averages of several columns (APQC's index)."""
    means = [mean(name) for name in names]

    def formula(rows):
        values = [part(rows) for part in means]
        return None if None in values else math.prod(values)

    return formula


def count(rows):
    """How many orders."""
    return float(len(rows))


def total(name):
    """Sum of a column."""

    def formula(rows):
        return sum(row[name] or 0.0 for row in rows)

    return formula


def sales_outstanding(rows, start, end):
    """DSO: what is open at the end, over what was invoiced in the period, times its days."""
    invoiced = sum(row["amount"] or 0.0 for row in rows if start <= row["date_invoiced"] < end)
    if invoiced <= 0:
        return None
    return _open_at(rows, end) / invoiced * ((end - start).total_seconds() / 86400)


def overdue_share(rows, start, end):
    """What is open at the end and was due before, of all that is open at the end."""
    open_ = _open_at(rows, end)
    late = [row for row in rows if row["date_due"] is not None and row["date_due"] < end]
    return _open_at(late, end) / open_ if open_ > 0 else None


def _open_at(rows, end):
    """What was open at ``end``: all of an invoice paid later, else what it leaves open now."""
    return sum(
        (row["amount"] if row["date_paid"] is not None else row["amount_open"]) or 0.0
        for row in rows
        if row["date_paid"] is None or row["date_paid"] >= end
    )


def rate_of(
    code,
    name,
    definition,
    column,
    clock,
    direction,
    target=None,
    group="service",
    source="",
    model="order.fact",
):
    """A KPI that is the average of a column of 1, 0 and unknown."""
    return Measure(
        code=code,
        name=name,
        definition=definition,
        unit="percent",
        group=group,
        direction=direction,
        clock=clock,
        formula=mean(column),
        fields=(column,),
        where=((column, "!=", False),),
        target=target,
        source=source,
        model=model,
    )


def duration_of(
    code, name, definition, column, clock, share, target=None, unit="hours", model="order.fact"
):
    """A KPI that is a percentile of a column of hours."""
    return Measure(
        code=code,
        name=name,
        definition=definition,
        unit=unit,
        group="speed",
        direction=-1,
        clock=clock,
        formula=percentile(column, share, 24.0 if unit == "days" else 1.0),
        fields=(column,),
        where=((column, "!=", False),),
        target=target,
        model=model,
    )


@dataclass(frozen=True)
class Reading:
    """A KPI's figure of a period, that of the period before, and how many orders made them."""

    value: float | None
    previous: float | None
    orders: int
    trend: str = field(default="none")  # better | worse | same | up | down | none
    status: str = field(default="none")  # good | near | bad | none


#: A figure within this share of its target, on the wrong side, is "near".
NEAR = 0.05


def read(measure, rows, previous_start, start, end, target=None):
    """Read one measure over [start, end) and compare with [previous_start, start).

    :param target: the goal to judge by; None judges nothing
    """
    population = measure.population(rows, start, end)
    value = measure.figure(population, start, end)
    previous = measure.value(rows, previous_start, start)
    return Reading(
        value=value,
        previous=previous,
        orders=len(population),
        trend=_trend(measure.direction, value, previous),
        status=_status(measure.direction, value, target),
    )


def _trend(direction, value, previous):
    if value is None or previous is None:
        return "none"
    if math.isclose(value, previous, rel_tol=1e-9, abs_tol=1e-9):
        return "same"
    if not direction:
        return "up" if value > previous else "down"
    return "better" if (value > previous) == (direction > 0) else "worse"


def _status(direction, value, target):
    if value is None or target is None or not direction:
        return "none"
    gap = (value - target) * direction
    if gap >= -1e-9:
        return "good"
    return "near" if -gap <= abs(target) * NEAR else "bad"

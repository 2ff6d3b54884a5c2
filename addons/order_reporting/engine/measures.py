"""Each KPI, defined once: name, words for the card, unit, clock, population and formula.

Pure Python. A measure works on plain rows (anything that gives ``row[field]``), one per order. Its
*population* is a list of simple conditions in Odoo's domain form, so that the figure and the list
of orders opened behind it are the same set by construction. Its *clock* is the date that puts an
order into a period. A measure with nobody in its population has no value: ``None``, shown as
"no data", never 0 % or 100 %.

Definitions: SCOR RL.1.1 (perfect order, counted), APQC 101741 (perfect order, index), WERC (fill
rate, on-time shipping, back-orders).
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

    def population(self, rows, start, end):
        """Rows whose clock is in [start, end) and that meet every condition."""
        found = []
        for row in rows:
            moment = row[self.clock]
            if moment is not None and start <= moment < end and self.counts(row):
                found.append(row)
        return found

    def counts(self, row):
        """Tell whether ``row`` meets the conditions; an unknown number meets only ``= False``."""
        return all(_meets(row[name], comparison, value) for name, comparison, value in self.where)

    def value(self, rows, start, end):
        """The figure over [start, end), or None when there is no data."""
        population = self.population(rows, start, end)
        return self.formula(population) if population else None

    def columns(self):
        """All columns this measure reads."""
        return {self.clock, *self.fields, *(name for name, _comparison, _value in self.where)}


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


def _rate(
    code, name, definition, column, clock, direction, target=None, group="service", source=""
):
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
    )


def _duration(code, name, definition, column, clock, share, target=None, unit="hours"):
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
    )


SALE = ("state", "=", "sale")

MEASURES = (
    Measure(
        code="orders",
        name="Orders",
        definition="Orders released to the warehouse in the period. Cancelled orders don't count.",
        unit="count",
        group="volume",
        direction=1,
        clock="date_released",
        formula=count,
        fields=(),
        where=(SALE,),
    ),
    Measure(
        code="revenue",
        name="Revenue Ordered",
        definition="Untaxed amount of the orders released in the period, in company currency at"
        " each order's own rate.",
        unit="money",
        group="volume",
        direction=1,
        clock="date_released",
        formula=total("amount_ordered"),
        fields=("amount_ordered",),
        where=(SALE,),
    ),
    _rate(
        "on_time",
        "On-Time Shipping",
        "Orders whose last parcel left on or before the promised day, of all orders promised for"
        " the period. The promise is the delivery date of the order or else order date plus lead"
        " time; days are the warehouse's local days. An order that is due and not shipped counts"
        " as late; one that is not due yet doesn't count.",
        "on_time_rate",
        "date_promised",
        1,
        target=0.95,
        source="WERC",
    ),
    _rate(
        "in_full",
        "In Full",
        "Orders of which every line shipped at least what was ordered when the order was"
        " released, of all orders promised for the period and shipped or due. Later cuts of a"
        " line don't make it full.",
        "in_full_rate",
        "date_promised",
        1,
        target=0.97,
        source="SCOR RL.2.1",
    ),
    _rate(
        "otif",
        "On Time In Full",
        "Orders that are both on time and in full, of all orders promised for the period and"
        " shipped or due.",
        "otif_rate",
        "date_promised",
        1,
        target=0.93,
    ),
    _rate(
        "perfect_order",
        "Perfect Order (counted)",
        "Orders on time, in full, with no return and no credit note, of all orders promised for"
        " the period and shipped or due.",
        "perfect_rate",
        "date_promised",
        1,
        target=0.90,
        group="quality",
        source="SCOR RL.1.1",
    ),
    Measure(
        code="perfect_index",
        name="Perfect Order (index)",
        definition="On-time rate × in-full rate × rate without return × rate without credit"
        " note, of the orders promised for the period. Equals the counted figure only when"
        " failures are independent; compare both.",
        unit="percent",
        group="quality",
        direction=1,
        clock="date_promised",
        formula=product("on_time_rate", "in_full_rate", "damage_free_rate", "documents_rate"),
        fields=("on_time_rate", "in_full_rate", "damage_free_rate", "documents_rate"),
        where=(("on_time_rate", "!=", False),),
        target=0.88,
        source="APQC 101741",
    ),
    Measure(
        code="line_fill",
        name="Line Fill Rate",
        definition="Lines shipped complete the first time (without a back-order), of all lines"
        " of goods of orders that started shipping in the period.",
        unit="percent",
        group="service",
        direction=1,
        clock="date_first_shipped",
        formula=ratio("lines_filled", "goods_line_count"),
        fields=("lines_filled", "goods_line_count"),
        where=(("lines_filled", "!=", False),),
        target=0.97,
        source="SCOR, WERC",
    ),
    Measure(
        code="unit_fill",
        name="Unit Fill Rate",
        definition="Units shipped the first time (without a back-order), of all units of orders"
        " that started shipping in the period. Units are the products' own.",
        unit="percent",
        group="service",
        direction=1,
        clock="date_first_shipped",
        formula=ratio("units_filled", "units_ordered"),
        fields=("units_filled", "units_ordered"),
        where=(("units_filled", "!=", False),),
        target=0.98,
        source="WERC",
    ),
    _rate(
        "backorder",
        "Back-Order Rate",
        "Orders with a back-order, of all orders that started shipping in the period.",
        "backorder_rate",
        "date_first_shipped",
        -1,
        target=0.05,
        source="WERC",
    ),
    _rate(
        "split",
        "Split Rate",
        "Orders that ship from more than one warehouse, of all orders released in the period for"
        " which warehouses are chosen.",
        "split_rate",
        "date_released",
        -1,
        target=0.10,
    ),
    _rate(
        "touchless",
        "Touchless Orders",
        "Orders that came in by a channel and shipped with no person acting on them at the order"
        " desk (intake, validation, holds, release, routing), of all orders shipped in the"
        " period. Picking and packing are done by hand anyway and don't count as touches; orders"
        " from before the event log don't count at all.",
        "touchless_rate",
        "date_shipped",
        1,
        target=0.80,
        group="quality",
    ),
    _rate(
        "hold_rate",
        "Hold Rate",
        "Orders that were put on hold at least once, of all orders received in the period.",
        "held_rate",
        "date_received",
        -1,
        target=0.10,
        group="quality",
    ),
    Measure(
        code="hold_hours",
        name="Hours on Hold",
        definition="Median hours from the first hold to its release, holds that overlap counted"
        " once, of orders received in the period of which no hold is open.",
        unit="hours",
        group="speed",
        direction=-1,
        clock="date_received",
        formula=percentile("hold_hours", 0.5),
        fields=("hold_hours",),
        where=(("hold_hours", "!=", False), ("is_on_hold", "=", False)),
        target=8.0,
    ),
    _rate(
        "return_rate",
        "Return Rate",
        "Orders of which something came back since, of all orders that started shipping in the"
        " period (a cohort by ship date: recent ones may still grow).",
        "return_rate",
        "date_first_shipped",
        -1,
        target=0.05,
        group="quality",
    ),
    _duration(
        "order_to_ship",
        "Order to Ship (median)",
        "Median hours from receipt to the last parcel, of orders shipped complete in the period.",
        "hours_order_to_ship",
        "date_shipped",
        0.5,
        target=24.0,
    ),
    _duration(
        "order_to_ship_p90",
        "Order to Ship (90 %)",
        "Nine of ten orders shipped in the period took at most this long from receipt to the"
        " last parcel.",
        "hours_order_to_ship",
        "date_shipped",
        0.9,
        target=48.0,
    ),
    _duration(
        "release_to_ship",
        "Release to Ship (median)",
        "Median hours from release to the last parcel (the warehouse's part of order to ship), of"
        " orders shipped complete in the period.",
        "hours_to_ship",
        "date_shipped",
        0.5,
        target=12.0,
    ),
    _duration(
        "ship_to_invoice",
        "Ship to Invoice (median)",
        "Median hours from the last parcel to the last invoice, of orders fully invoiced in the"
        " period. An invoice of the same day counts as 0.",
        "hours_to_invoice",
        "date_invoiced",
        0.5,
        target=1.0,
    ),
    _duration(
        "order_to_cash",
        "Order to Cash (median)",
        "Median days from receipt to the payment that left nothing open, of orders paid in the"
        " period.",
        "hours_order_to_cash",
        "date_paid",
        0.5,
        target=30.0,
        unit="days",
    ),
    Measure(
        code="freight_ratio",
        name="Freight Cost Ratio",
        definition="Freight paid to carriers over the value of goods delivered, of orders shipped"
        " complete in the period whose freight cost is known.",
        unit="percent",
        group="money",
        direction=-1,
        clock="date_shipped",
        formula=ratio("freight_cost", "amount_delivered"),
        fields=("freight_cost", "amount_delivered"),
        where=(("freight_cost", "!=", False),),
        target=0.08,
    ),
    Measure(
        code="margin_ratio",
        name="Margin",
        definition="Margin over untaxed amount of the orders released in the period.",
        unit="percent",
        group="money",
        direction=1,
        clock="date_released",
        formula=ratio("margin", "amount_ordered"),
        fields=("margin", "amount_ordered"),
        where=(SALE,),
        target=0.30,
    ),
)
BY_CODE = {measure.code: measure for measure in MEASURES}


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
    value = measure.formula(population) if population else None
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

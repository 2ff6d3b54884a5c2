"""The KPIs of steps and the added figures of facts: by hand, and against a slow way to count."""

import math
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_reporting.engine import facts, measures
from odoo.addons.order_reporting.engine.facts import Costs, History, Invoice, Line

START = datetime(2026, 3, 1)
END = datetime(2026, 3, 31)
INSIDE = START + timedelta(days=5)


def table(code, *rows, **shared):
    """Rows for measure ``code``, inside the period unless they say otherwise."""
    measure = measures.BY_CODE[code]
    blank = dict.fromkeys(measure.columns()) | {measure.clock: INSIDE} | shared
    return [blank | row for row in rows]


def value(code, *rows, **shared):
    return measures.BY_CODE[code].value(table(code, *rows, **shared), START, END)


#: Each measure that isn't tested beside the facts, with its rows and the figure worked out by hand.
BY_HAND = [
    ("order_fill", "filled_rate", [1.0, 1.0, 0.0, None], 2 / 3),
    ("delivered_on_time", "delivered_on_time_rate", [1.0, 0.0, None], 0.5),
    ("accuracy", "accuracy_rate", [1.0, 1.0, 1.0, 0.0], 0.75),
    ("waiting", "hours_waiting", [1.0, 5.0, 9.0, None], 5.0),
    ("working", "hours_working", [2.0, 4.0], 3.0),
    ("release_to_ship", "hours_to_ship", [5.0, 1.0, 3.0], 3.0),
    ("release_to_ship_p90", "hours_to_ship", [1.0, 2.0, 3.0, 4.0, 10.0], 7.6),
    ("in_transit", "hours_in_transit", [24.0, 48.0, 30.0], 30.0),
    ("cost_per_order", "fulfilment_cost", [10.0, 20.0, None], 15.0),
    ("carrier_on_time", "delivered_on_time_rate", [1.0, 0.0, 0.0, None], 1 / 3),
    ("carrier_exceptions", "exception_rate", [0.0, 0.0, 0.0, 1.0], 0.25),
    ("dock_to_stock", "hours", [1.0, 2.0, 30.0], 2.0),
    ("hold_time", "hours", [8.0, 4.0, None], 6.0),
    ("intake_errors", "error_rate", [0.0, 1.0, 0.0, 0.0], 0.25),
    ("auto_match", "auto_rate", [1.0, 1.0, 0.0, 0.0], 0.5),
    ("match_precision", "precision_rate", [1.0, 1.0, 1.0, 0.0, None], 0.75),
    ("in_full", "in_full_rate", [1.0, 0.0], 0.5),
    ("otif", "otif_rate", [1.0, 0.0, None, 0.0, 1.0], 0.5),
    ("backorder", "backorder_rate", [1.0, 0.0, 0.0, 0.0, 0.0], 0.2),
    ("split", "split_rate", [1.0, 0.0], 0.5),
    ("touchless", "touchless_rate", [1.0, 1.0, 0.0, None], 2 / 3),
    ("hold_rate", "held_rate", [0.0, 1.0], 0.5),
    ("return_rate", "return_rate", [0.0, 0.0, 0.0, 1.0], 0.25),
    ("ship_to_invoice", "hours_to_invoice", [0.0, 1.0, 5.0], 1.0),
]


@pytest.mark.parametrize(("code", "column", "values", "expected"), BY_HAND)
def test_rates_and_times_by_hand(code, column, values, expected):
    assert value(code, *({column: item} for item in values)) == pytest.approx(expected)


def test_weighted_ratios_by_hand():
    assert value(
        "pick_rate", {"lines_timed": 30, "hours": 0.5}, {"lines_timed": 30, "hours": 1.0}
    ) == pytest.approx(40.0)
    assert value(
        "metres_per_line",
        {"metres": 100.0, "lines_walked": 10},
        {"metres": None, "lines_walked": 0},
        {"metres": 20.0, "lines_walked": 5},
    ) == pytest.approx(8.0)
    goods = {"is_goods": True, "state": "sale"}
    assert value(
        "units_returned",
        {"units_returned": 1.0, "units_shipped": 9.0},
        {"units_returned": 0.0, "units_shipped": 11.0},
        **goods,
    ) == pytest.approx(0.05)
    assert (
        value("units_returned", {"units_returned": 1.0, "units_shipped": 9.0}, is_goods=False)
        is None
    )
    assert value(
        "forecast_error",
        {"actual": 10.0, "absolute_error": 2.0},
        {"actual": 30.0, "absolute_error": 4.0},
        {"actual": None, "absolute_error": None},
        kind="orders",
    ) == pytest.approx(0.15)
    sale = {"state": "sale"}
    assert value(
        "profit_ratio",
        {"profit": 10.0, "amount_ordered": 100.0},
        {"profit": -5.0, "amount_ordered": 100.0},
        **sale,
    ) == pytest.approx(0.025)
    assert value("average_order", {"amount_ordered": 10.0}, {"amount_ordered": 30.0}, **sale) == 20


def invoice_row(amount, invoiced, paid=None, open_=None, due=None):
    """An invoice; days are counted from the period's start."""

    def day(number):
        return None if number is None else START + timedelta(days=number)

    return {
        "amount": amount,
        "amount_open": (0.0 if paid is not None else amount) if open_ is None else open_,
        "date_invoiced": day(invoiced),
        "date_paid": day(paid),
        "date_due": day(due),
    }


def test_dso_and_overdue_by_hand():
    rows = [
        invoice_row(100.0, 2, due=12),  # open at the end, overdue
        invoice_row(200.0, 5, paid=20, due=15),  # paid in the period
        invoice_row(300.0, 10, paid=40, due=45),  # paid later: open at the end, not due
        invoice_row(50.0, -30, due=-10),  # of before, still open: overdue
        invoice_row(70.0, -40, paid=-5, due=-10),  # long over
        invoice_row(80.0, 35, due=60),  # of the next period
    ]
    dso = measures.BY_CODE["dso"]
    assert len(dso.population(rows, START, END)) == 4
    # (100 + 300 + 50) open over 600 invoiced in 30 days
    assert dso.value(rows, START, END) == pytest.approx(450 / 600 * 30)
    assert measures.BY_CODE["overdue"].value(rows, START, END) == pytest.approx(150 / 450)
    assert dso.value([], START, END) is None
    assert dso.value(rows[3:4], START, END) is None  # nothing invoiced: no figure, not infinity


# === PROPERTIES: against a slow, straightforward way === #

days = st.integers(-60, 60)
amounts = st.integers(1, 1000).map(float)


@given(st.lists(st.tuples(amounts, days, st.none() | st.integers(0, 90), days), max_size=30))
def test_dso_equals_walking_through_the_ledger(drawn):
    rows = [
        invoice_row(amount, invoiced, None if wait is None else invoiced + wait, due=due)
        for amount, invoiced, wait, due in drawn
    ]
    balance, invoiced, overdue = 0.0, 0.0, 0.0
    for row in rows:
        if row["date_invoiced"] < END:
            balance += row["amount"]
            if row["date_invoiced"] >= START:
                invoiced += row["amount"]
            is_paid = row["date_paid"] is not None and row["date_paid"] < END
            if is_paid:
                balance -= row["amount"]
            elif row["date_due"] < END:
                overdue += row["amount"]
    dso = measures.BY_CODE["dso"].value(rows, START, END)
    share = measures.BY_CODE["overdue"].value(rows, START, END)
    if invoiced:
        assert math.isclose(dso, balance / invoiced * 30, abs_tol=1e-9)
    else:
        assert dso is None
    if balance:
        assert math.isclose(share, overdue / balance, abs_tol=1e-9)
    else:
        assert share is None


@given(
    st.sampled_from([measure.code for measure in measures.MEASURES if measure.until is None]),
    st.lists(st.tuples(days, st.none() | st.integers(0, 50).map(float)), max_size=25),
)
def test_every_measure_counts_only_its_period(code, drawn):
    """Rows outside change nothing; cutting a period in two loses and doubles no row."""
    measure = measures.BY_CODE[code]
    fixed = {name: wanted for name, comparison, wanted in measure.where if comparison == "="}
    rows = table(
        code,
        *(
            {name: number for name in measure.fields}
            | {measure.clock: START + timedelta(days=day)}
            | fixed
            for day, number in drawn
        ),
    )
    inside = [row for row in rows if START <= row[measure.clock] < END]
    assert measure.value(rows, START, END) == measure.value(inside, START, END)
    middle = START + timedelta(days=11)
    whole = measure.population(rows, START, END)
    first = measure.population(rows, START, middle)
    second = measure.population(rows, middle, END)
    assert len(whole) == len(first) + len(second)


quantities = st.integers(0, 12).map(float)


@given(
    st.lists(st.tuples(quantities, quantities, quantities, quantities), min_size=1, max_size=6),
    st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland"]),
    st.integers(0, 96),
    st.booleans(),
)
def test_facts_of_random_histories(drawn, tz, hour, is_open):
    """Partial deliveries, returns and later edits, counted line by line."""
    ordered_on = datetime(2026, 3, 2, 8)
    shipped_at = ordered_on + timedelta(hours=hour)
    lines = [
        Line(
            number,
            True,
            ordered,
            shipped=shipped,
            shipped_first=min(first, shipped),
            returned=min(returned, shipped),
        )
        for number, (ordered, shipped, first, returned) in enumerate(drawn, 1)
    ]
    history = History(
        state="sale",
        created=ordered_on,
        ordered_on=ordered_on,
        commitment=ordered_on + timedelta(days=2),
        tz=tz,
        lines=lines,
        shipments=1,
        open_shipments=int(is_open),
        first_done=shipped_at,
        last_done=shipped_at,
        confirmed={1: 5.0},
        events={
            "pick": (ordered_on + timedelta(hours=1),) * 2 + (None,),
            "deliver": (shipped_at + timedelta(hours=30),) * 2 + (None,),
        },
    )
    vals = facts.measure(history, datetime(2026, 3, 30))
    due = [max(line.ordered, 5.0 if line.id == 1 else 0.0) for line in lines]
    is_full = all(line.shipped >= want for line, want in zip(lines, due, strict=True))
    is_exact = all(
        line.shipped == want and not line.returned for line, want in zip(lines, due, strict=True)
    )
    assert vals["units_ordered"] == sum(due)
    assert vals["filled_rate"] == float(
        all(line.shipped_first >= want for line, want in zip(lines, due, strict=True))
    )
    if is_open:
        assert vals["accuracy_rate"] is None and vals["date_shipped"] is None
        assert vals["in_full_rate"] == 0.0 and vals["promise_state"] == "overdue"
    else:
        assert vals["accuracy_rate"] == float(is_exact)
        assert vals["in_full_rate"] == float(is_full)
        assert vals["hours_waiting"] == min(hour, 1)
        assert vals["hours_working"] == max(hour - 1, 0)
        assert vals["hours_in_transit"] == 30
    zone = facts.zone(tz)
    arrived = facts.local_day(shipped_at + timedelta(hours=30), zone)
    assert vals["delivered_on_time_rate"] == float(
        arrived <= facts.local_day(ordered_on + timedelta(days=2), zone)
    )


# === MONEY OF A FACT === #


def bill(**changes):
    values = {
        "kind": "out_invoice",
        "state": "posted",
        "day": date(2026, 3, 3),
        "untaxed": 100.0,
        "share_total": 120.0,
        "total": 240.0,
        "residual": 60.0,
        "paid_day": None,
        "due_day": date(2026, 4, 2),
    }
    return Invoice(**(values | changes))


def test_what_is_open_and_due():
    history = History("sale", START, START, invoices=[bill(), bill(due_day=date(2026, 3, 20))])
    assert facts.amount_open(history) == pytest.approx(2 * 120 * 60 / 240)
    assert facts.date_due(history) == date(2026, 3, 20)
    paid = History("sale", START, START, invoices=[bill(residual=0.0), bill(state="draft")])
    assert facts.amount_open(paid) == 0.0
    assert facts.date_due(paid) is None


def test_profit_by_hand():
    """40 margin − 6 freight − 5 credited − 3 lines × 0.50 − 8 % × 73/365 × 120."""
    costs = Costs(line=0.5, capital=0.08)
    assert facts.profit(40, 6, 5, 73 * 24, 120, costs, 3) == pytest.approx(40 - 6 - 5 - 1.5 - 1.92)
    assert facts.profit(40, None, 0, None, 120, Costs(), 3) == 40

"""Treasury on sets computed by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine import treasury
from odoo.addons.order_processing.engine.treasury import Flow

TODAY = date(2026, 3, 4)  # a Wednesday


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-5, "not_due"),
        (0, "not_due"),
        (1, "d30"),
        (30, "d30"),
        (31, "d60"),
        (60, "d60"),
        (61, "d90"),
        (90, "d90"),
        (91, "older"),
    ],
)
def test_buckets(days, bucket):
    assert treasury.bucket(TODAY - timedelta(days=days), TODAY) == bucket


@pytest.mark.parametrize(
    ("overdue", "total", "delay", "oldest", "risk"),
    [
        (0, 100, 0, 0, "low"),
        (20, 100, 5, 10, "low"),
        (30, 100, 5, 10, "medium"),
        (0, 100, 20, 0, "medium"),
        (60, 100, 5, 40, "high"),
        (1, 100, 0, 91, "high"),
        (0, 0, 50, 0, "high"),
    ],
)
def test_risk(overdue, total, delay, oldest, risk):
    assert treasury.risk(overdue, total, delay, oldest) == risk


def test_delays_are_weighted_and_need_evidence():
    own, usual = treasury.delays([(1, 10, 100.0), (1, 0, 300.0), (1, 20, 100.0), (2, 50, 500.0)])
    assert own == {1: (1000 + 0 + 2000) / 500}
    assert usual == (1000 + 2000 + 25000) / 1000
    assert treasury.delays([]) == ({}, 0.0)


def test_nobody_pays_in_the_past():
    assert treasury.expected_day(TODAY, 5.4, TODAY) == date(2026, 3, 9)
    assert treasury.expected_day(date(2026, 1, 1), 5, TODAY) == TODAY
    assert treasury.expected_day(date(2026, 3, 20), -6, TODAY) == date(2026, 3, 14)


def test_forecast():
    flows = [
        Flow("receivable", 1, date(2026, 3, 4), 100.0),
        Flow("receivable", 2, date(2026, 3, 8), 50.0),
        Flow("unbilled", 1, date(2026, 3, 9), 30.0),
        Flow("order", 1, date(2026, 3, 22), 20.0),
        Flow("order", 1, date(2027, 1, 1), 1000.0),
    ]
    weeks = treasury.forecast(flows, 500.0, TODAY, weeks=3)
    assert [week.start for week in weeks] == [
        date(2026, 3, 2),
        date(2026, 3, 9),
        date(2026, 3, 16),
    ]
    assert [week.expected for week in weeks] == [150.0, 30.0, 20.0]
    assert [week.balance for week in weeks] == [650.0, 680.0, 700.0]
    nothing = {kind: 0.0 for kind, _label in treasury.KINDS}
    assert weeks[1].amounts == {**nothing, "unbilled": 30.0}


def test_money_on_its_way_is_in_the_bank_some_days_later():
    assert treasury.transit_day(TODAY, TODAY) == TODAY + timedelta(days=3)
    assert treasury.transit_day(date(2026, 1, 1), TODAY) == TODAY


def test_error():
    assert treasury.error(120.0, 100.0) == 20.0
    assert treasury.error(0.0, 100.0) == 100.0
    assert treasury.error(10.0, 0.0) is None


def test_dso():
    assert treasury.dso_simple(50.0, 150.0, 90) == 30.0
    assert treasury.dso_simple(50.0, 0.0, 90) is None
    # 60 open: 40 of this month (31 days), 20 of 80 of the month before (28 days)
    assert treasury.dso_count_back(60.0, [(40.0, 31), (80.0, 28)]) == 31 + 7
    assert treasury.dso_count_back(20.0, [(40.0, 30)]) == 15
    assert treasury.dso_count_back(0.0, [(40.0, 30)]) == 0
    assert treasury.dso_count_back(100.0, [(40.0, 30)]) is None
    # a month of credit notes takes nothing off, but its days pass
    assert treasury.dso_count_back(30.0, [(-5.0, 30), (60.0, 30)]) == 45


def test_revenue():
    january, february, march = (date(2026, month, 1) for month in (1, 2, 3))
    events = [
        (1, january, 0.0, 100.0),  # billed before it leaves
        (1, february, 60.0, 0.0),
        (1, march, 40.0, 0.0),
        (2, february, 50.0, 0.0),  # leaves before it is billed
        (2, march, 0.0, 50.0),
    ]
    assert treasury.revenue(events, [january, february, march]) == {
        january: (0.0, 100.0, 100.0, 0.0),
        february: (110.0, 0.0, 40.0, 50.0),
        march: (40.0, 50.0, 0.0, 0.0),
    }
    # what happened before the months asked for is carried in
    assert treasury.revenue(events, [march]) == {march: (40.0, 50.0, 0.0, 0.0)}
    assert treasury.revenue([], [march]) == {march: (0.0, 0.0, 0.0, 0.0)}


@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.integers(1, 12).map(lambda month: date(2026, month, 1)),
            st.integers(0, 100).map(float),
            st.integers(0, 100).map(float),
        )
    )
)
def test_deferred_less_unbilled_is_billed_less_earned(events):
    months = [date(2026, month, 1) for month in range(1, 13)]
    result = treasury.revenue(events, months)
    difference = sum(billed - shipped for _line, _month, shipped, billed in events)
    _recognised, _billed, deferred, unbilled = result[months[-1]]
    assert deferred - unbilled == pytest.approx(difference)
    assert deferred >= 0
    assert unbilled >= 0


def test_amounts_by_week():
    pairs = [(TODAY, 5.0), (TODAY + timedelta(days=5), 7.0), (TODAY + timedelta(days=6), 1.0)]
    late = [(TODAY + timedelta(weeks=13), 100.0), (TODAY - timedelta(days=3), 100.0)]
    found = treasury.by_week(pairs + late, TODAY)
    assert len(found) == 13
    assert {week: amount for week, amount in found.items() if amount} == {
        date(2026, 3, 2): 5.0,
        date(2026, 3, 9): 8.0,
    }


DAYS = st.integers(-40, 130).map(lambda days: TODAY + timedelta(days=days))
AMOUNTS = st.integers(-500, 500).map(float)


@given(
    st.lists(
        st.tuples(st.sampled_from([kind for kind, _label in treasury.KINDS]), DAYS, AMOUNTS),
        max_size=30,
    ),
    AMOUNTS,
    DAYS,
    st.integers(1, 15),
)
def test_columns_of_the_forecast_as_counting_day_by_day(drawn, balance, today, count):
    """Each column of each week is what falls on its seven days, and nothing is in two weeks."""
    flows = [Flow(kind, 1, day, amount) for kind, day, amount in drawn]
    weeks = treasury.forecast(flows, balance, today, count)
    assert [week.start.weekday() for week in weeks] == [0] * count
    assert weeks[0].start <= today < weeks[0].start + timedelta(days=7)
    sales = treasury.by_week([(day, amount) for _kind, day, amount in drawn], today, count)
    for week in weeks:
        days = {week.start + timedelta(days=number) for number in range(7)}
        for kind, _label in treasury.KINDS:
            assert week.amounts[kind] == sum(
                flow.amount for flow in flows if flow.kind == kind and flow.day in days
            )
        whole = sum(flow.amount for flow in flows if flow.day in days)
        balance += whole
        assert (week.expected, week.balance, sales[week.start]) == (whole, balance, whole)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-30, 60), st.integers(1, 900))))
def test_delays_as_weighing_each_customer_s_payments(drawn):
    own, usual = treasury.delays([(who, days, float(amount)) for who, days, amount in drawn])

    def weighed(pairs):
        coins = [days for days, amount in pairs for _coin in range(amount)]
        return sum(coins) / len(coins) if coins else 0.0

    assert usual == pytest.approx(weighed([pair[1:] for pair in drawn]))
    for who in range(1, 5):
        pairs = [pair[1:] for pair in drawn if pair[0] == who]
        if len(pairs) < treasury.ENOUGH:
            assert who not in own
        else:
            assert own[who] == pytest.approx(weighed(pairs))

"""Facts and KPIs on histories worked out by hand."""

import math
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_reporting.engine import facts, measures
from odoo.addons.order_reporting.engine.facts import History, Hold, Invoice, Line

DAY = datetime(2026, 3, 2)
NOW = datetime(2026, 3, 31, 12)


def history(**changes):
    """Two lines, ordered 2 March 08:00 UTC, promised 3 March, shipped 3 March 10:00."""
    values = {
        "state": "sale",
        "created": DAY + timedelta(hours=8),
        "ordered_on": DAY + timedelta(hours=8),
        "commitment": DAY + timedelta(days=1, hours=9),
        "lines": [
            Line(1, True, ordered=10, shipped=10, shipped_first=10),
            Line(2, True, ordered=4, shipped=4, shipped_first=4),
            Line(3, False, ordered=1),
        ],
        "shipments": 1,
        "first_done": DAY + timedelta(days=1, hours=10),
        "last_done": DAY + timedelta(days=1, hours=10),
        "warehouses": 1,
        "confirmed": {1: 10, 2: 4},
    }
    return History(**(values | changes))


def invoice(**changes):
    values = {
        "kind": "out_invoice",
        "state": "posted",
        "day": date(2026, 3, 3),
        "untaxed": 100.0,
        "share_total": 120.0,
        "total": 120.0,
        "residual": 0.0,
        "paid_day": date(2026, 3, 13),
    }
    return Invoice(**(values | changes))


# === FACTS === #


def test_on_time_compares_days_not_seconds():
    """Promised 09:00, shipped 10:00 the same day: on time."""
    vals = facts.measure(history(), NOW)
    assert (vals["on_time_rate"], vals["in_full_rate"], vals["otif_rate"]) == (1.0, 1.0, 1.0)
    assert vals["promise_state"] == "on_time"
    assert vals["hours_order_to_ship"] == 26.0


@pytest.mark.parametrize(
    ("tz", "expected"),
    # 3 March 23:30 UTC is 4 March 00:30 in Brussels, still 3 March 18:30 in New York.
    [("UTC", 1.0), ("Europe/Brussels", 0.0), ("America/New_York", 1.0), ("No/Where", 1.0)],
)
def test_on_time_is_a_day_of_the_warehouse(tz, expected):
    late_evening = DAY + timedelta(days=1, hours=23, minutes=30)
    vals = facts.measure(history(tz=tz, last_done=late_evening), NOW)
    assert vals["on_time_rate"] == expected


def test_the_promise_is_order_date_plus_lead_time_without_a_delivery_date():
    vals = facts.measure(history(commitment=None, lead_days=2), NOW)
    assert vals["date_promised"] == DAY + timedelta(days=2, hours=8)


def test_an_order_not_due_and_not_shipped_is_undecided():
    waiting = {"shipments": 0, "open_shipments": 1, "first_done": None, "last_done": None}
    before = facts.measure(history(**waiting), DAY + timedelta(days=1, hours=20))
    assert before["promise_state"] == "open"
    assert before["on_time_rate"] is None and before["otif_rate"] is None
    after = facts.measure(history(**waiting), DAY + timedelta(days=2))
    assert after["promise_state"] == "overdue"
    assert (after["on_time_rate"], after["otif_rate"], after["perfect_rate"]) == (0.0, 0.0, 0.0)


def test_a_part_shipped_order_is_not_shipped():
    vals = facts.measure(history(open_shipments=1, has_backorder=True), NOW)
    assert vals["date_first_shipped"] and vals["date_shipped"] is None
    assert vals["promise_state"] == "overdue"
    assert vals["backorder_rate"] == 1.0


def test_cutting_the_line_down_does_not_hide_the_short():
    cut = [Line(1, True, ordered=6, shipped=6, shipped_first=6)]
    vals = facts.measure(history(lines=cut, confirmed={1: 10}), NOW)
    assert vals["in_full_rate"] == 0.0
    assert vals["units_ordered"] == 10
    assert facts.measure(history(lines=cut, confirmed={1: 6}), NOW)["in_full_rate"] == 1.0


def test_a_rounding_error_is_not_a_short():
    line = [Line(1, True, ordered=1 / 3, shipped=0.333, shipped_first=0.333)]
    assert facts.measure(history(lines=line, confirmed={}), NOW)["in_full_rate"] == 1.0


def test_cancelled_and_quoted_orders_have_no_rates():
    for state in ("cancel", "draft"):
        vals = facts.measure(history(state=state), NOW)
        rates = [name for name in vals if name.endswith("_rate") and name != "held_rate"]
        assert {vals[name] for name in rates} == {None}
    assert facts.measure(history(state="cancel"), NOW)["document_step"] == "cancel"


def test_services_have_no_promise():
    vals = facts.measure(history(lines=[Line(3, False, ordered=1)], shipments=0), NOW)
    assert vals["promise_state"] == "none" and vals["on_time_rate"] is None


def test_fill_rates_count_what_left_without_a_back_order():
    lines = [
        Line(1, True, ordered=10, shipped=10, shipped_first=7),
        Line(2, True, ordered=4, shipped=4, shipped_first=4),
    ]
    vals = facts.measure(history(lines=lines), NOW)
    assert (vals["lines_filled"], vals["goods_line_count"]) == (1, 2)
    assert (vals["units_filled"], vals["units_ordered"]) == (11, 14)


def test_a_return_or_a_credit_note_ends_perfection():
    assert facts.measure(history(), NOW)["perfect_rate"] == 1.0
    back = [Line(1, True, ordered=10, shipped=10, shipped_first=10, returned=1)]
    assert facts.measure(history(lines=back), NOW)["perfect_rate"] == 0.0
    credit = invoice(kind="out_refund", untaxed=-10, share_total=-12, total=-12)
    vals = facts.measure(history(invoices=[invoice(), credit], is_fully_invoiced=True), NOW)
    assert (vals["otif_rate"], vals["documents_rate"], vals["perfect_rate"]) == (1.0, 0.0, 0.0)
    assert vals["amount_invoiced"] == 90.0
    assert vals["amount_paid"] == 108.0


def test_a_discrepancy_of_the_three_way_match_ends_perfection():
    billed = {"invoices": [invoice()], "is_fully_invoiced": True}
    vals = facts.measure(history(**billed, discrepancies=1), NOW)
    assert (vals["otif_rate"], vals["documents_rate"], vals["perfect_rate"]) == (1.0, 0.0, 0.0)
    assert facts.measure(history(**billed), NOW)["documents_rate"] == 1.0
    # Nothing is billed yet: nobody knows how the documents will be.
    assert facts.measure(history(discrepancies=1), NOW)["documents_rate"] is None


def test_order_to_cash_takes_the_payment_that_left_nothing_open():
    bills = [invoice(), invoice(day=date(2026, 3, 5), paid_day=date(2026, 3, 20))]
    vals = facts.measure(history(invoices=bills, is_fully_invoiced=True), NOW)
    assert vals["date_invoiced"] == datetime(2026, 3, 5)
    assert vals["date_paid"] == datetime(2026, 3, 20)
    assert vals["hours_order_to_cash"] == 17 * 24 + 16
    bills[1].residual = 60.0
    vals = facts.measure(history(invoices=bills, is_fully_invoiced=True), NOW)
    assert vals["date_paid"] is None
    assert vals["amount_paid"] == 120.0 + 60.0


def test_an_event_of_the_same_day_gives_the_invoice_its_hour():
    at = DAY + timedelta(days=1, hours=11)
    bills = {"invoices": [invoice()], "is_fully_invoiced": True}
    vals = facts.measure(history(events={"invoice": (at, at, None)}, **bills), NOW)
    assert vals["hours_to_invoice"] == 1.0
    backdated = at + timedelta(days=9)
    vals = facts.measure(history(events={"invoice": (backdated, backdated, None)}, **bills), NOW)
    assert vals["date_invoiced"] == datetime(2026, 3, 3)
    assert vals["hours_to_invoice"] == 0.0  # the same day, never below zero


def test_a_draft_invoice_is_no_invoice():
    bills = [invoice(), invoice(state="draft", day=None)]
    vals = facts.measure(history(invoices=bills, is_fully_invoiced=True), NOW)
    assert vals["date_invoiced"] is None
    assert vals["amount_invoiced"] == 100.0


def test_touchless_needs_an_intake_and_no_hand_at_the_desk():
    at = DAY + timedelta(hours=9)
    by_channel = {"intake": (at, at, None), "release": (at, at, None)}
    assert facts.measure(history(events=by_channel), NOW)["touchless_rate"] == 1.0
    picked = by_channel | {"pick": (at, at, at)}
    assert facts.measure(history(events=picked), NOW)["touchless_rate"] == 1.0
    released = by_channel | {"release": (at, at, at)}
    assert facts.measure(history(events=released), NOW)["touchless_rate"] == 0.0
    typed = {"release": (at, at, None)}
    assert facts.measure(history(events=typed), NOW)["touchless_rate"] == 0.0
    assert facts.measure(history(), NOW)["touchless_rate"] is None


def test_overlapping_holds_count_once():
    holds = [
        Hold(DAY, DAY + timedelta(hours=4), False),
        Hold(DAY + timedelta(hours=2), DAY + timedelta(hours=6), False),
        Hold(DAY + timedelta(hours=10), DAY + timedelta(hours=11), False),
        Hold(DAY + timedelta(hours=20), None, True),
    ]
    assert facts.hold_hours(holds) == 7.0
    vals = facts.measure(history(holds=holds), NOW)
    assert vals["is_on_hold"] and vals["held_rate"] == 1.0


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 50)),
        max_size=12,
    )
)
def test_hold_hours_equal_counting_the_hours_one_by_one(spans):
    holds = [
        Hold(DAY + timedelta(hours=start), DAY + timedelta(hours=start + length), False)
        for start, length in spans
    ]
    slow = {hour for start, length in spans for hour in range(start, start + length)}
    assert math.isclose(facts.hold_hours(holds), len(slow))


# === MEASURES === #


def rows(**columns):
    """Rows of facts with a clock in March and the given columns, None elsewhere."""
    names = set().union(*(measure.columns() for measure in measures.MEASURES))
    length = len(next(iter(columns.values())))
    clocks = {name: DAY for name in names if name.startswith("date_")}
    blank = dict.fromkeys(names) | clocks | {"state": "sale", "is_on_hold": False}
    return [
        blank | {name: values[index] for name, values in columns.items()} for index in range(length)
    ]


def value(code, table):
    return measures.BY_CODE[code].value(table, DAY, DAY + timedelta(days=1))


def test_apqc_index_of_its_own_example():
    """APQC 101741: .98 × .97 × .99 × .82 = 77.16 %, over 100 orders."""
    table = rows(
        on_time_rate=[1.0] * 98 + [0.0] * 2,
        in_full_rate=[1.0] * 97 + [0.0] * 3,
        damage_free_rate=[0.0] + [1.0] * 99,
        documents_rate=[1.0] * 82 + [0.0] * 18,
    )
    assert value("perfect_index", table) == pytest.approx(0.98 * 0.97 * 0.99 * 0.82)
    assert round(value("perfect_index", table) * 100, 2) == 77.17  # 77.1697, printed as 77.16


def test_perfect_orders_are_counted():
    assert value("perfect_order", rows(perfect_rate=[1.0, 1.0, 0.0, None])) == pytest.approx(2 / 3)


def test_weighted_ratios_are_not_means_of_ratios():
    table = rows(freight_cost=[10.0, 1.0], amount_delivered=[100.0, 100.0])
    assert value("freight_ratio", table) == pytest.approx(0.055)
    table = rows(lines_filled=[1, 9], goods_line_count=[2, 9])
    assert value("line_fill", table) == pytest.approx(10 / 11)


def test_unknown_freight_is_left_out_and_not_zero():
    table = rows(freight_cost=[10.0, None], amount_delivered=[100.0, 900.0])
    assert value("freight_ratio", table) == pytest.approx(0.1)


def test_percentiles_are_those_of_postgresql():
    """percentile_cont over 1, 2, 3, 4, 10: median 3, p90 4 + 0.6 × 6 = 7.6."""
    table = rows(hours_order_to_ship=[10.0, 1.0, 4.0, 3.0, 2.0, None])
    assert value("order_to_ship", table) == 3.0
    assert value("order_to_ship_p90", table) == pytest.approx(7.6)
    assert value("order_to_cash", rows(hours_order_to_cash=[48.0, 96.0])) == 3.0  # days


def test_no_data_is_none_for_every_measure():
    for measure in measures.MEASURES:
        assert measure.value([], DAY, NOW) is None
        unknown = rows(state=["draft"])
        assert measure.value(unknown, DAY, NOW) is None, measure.code


def test_a_period_is_half_open():
    measure = measures.BY_CODE["orders"]
    assert measure.value(rows(state=["sale"]), DAY, NOW) == 1.0
    assert measure.value(rows(state=["sale"]), DAY - timedelta(days=1), DAY) is None


def test_trend_and_status_follow_the_direction():
    on_time = measures.BY_CODE["on_time"]
    now = rows(on_time_rate=[1.0, 1.0, 1.0, 0.0])
    before = rows(on_time_rate=[1.0, 0.0])
    for row in before:
        row["date_promised"] = DAY - timedelta(days=1)
    start = DAY - timedelta(days=1)
    reading = measures.read(on_time, now + before, start, DAY, NOW, target=0.95)
    assert (reading.value, reading.previous, reading.orders) == (0.75, 0.5, 4)
    assert (reading.trend, reading.status) == ("better", "bad")
    assert measures.read(on_time, now, start, DAY, NOW, target=0.78).status == "near"
    assert measures.read(on_time, now, start, DAY, NOW, target=0.75).status == "good"
    slower = measures.BY_CODE["order_to_ship"]
    table = rows(hours_order_to_ship=[30.0])
    reading = measures.read(slower, table, start, DAY, NOW, target=24.0)
    assert (reading.trend, reading.status) == ("none", "bad")


def test_every_measure_is_complete():
    assert len(measures.BY_CODE) == len(measures.MEASURES)
    for measure in measures.MEASURES:
        assert measure.name and len(measure.definition) > 40
        assert measure.unit in (
            *("percent", "hours", "days", "count", "money"),
            *("per_hour", "metres"),
        )
        assert measure.clock.startswith("date")
        assert measure.model.startswith("order.")

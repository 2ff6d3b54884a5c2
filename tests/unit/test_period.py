"""Periods by hand, and against counting days one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_reporting.engine import period

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("name", "offset", "first", "last"),
    [
        ("today", 0, TODAY, TODAY),
        ("today", -1, date(2026, 3, 30), date(2026, 3, 30)),
        ("yesterday", 0, date(2026, 3, 30), date(2026, 3, 30)),
        ("yesterday", -1, date(2026, 3, 29), date(2026, 3, 29)),
        ("last_7_days", 0, date(2026, 3, 25), TODAY),
        ("last_7_days", -1, date(2026, 3, 18), date(2026, 3, 24)),
        ("last_90_days", 0, date(2026, 1, 1), TODAY),
        ("month_to_date", 0, date(2026, 3, 1), TODAY),
        ("month_to_date", -1, date(2026, 2, 1), date(2026, 2, 28)),
        ("last_month", 0, date(2026, 2, 1), date(2026, 2, 28)),
        ("last_month", -1, date(2026, 1, 1), date(2026, 1, 31)),
        # On the last day of March, as Odoo reckons from tomorrow, March is whole already.
        ("last_12_months", 0, date(2025, 4, 1), TODAY),
        ("last_12_months", -1, date(2024, 4, 1), date(2025, 3, 31)),
        ("year_to_date", 0, date(2026, 1, 1), TODAY),
        ("year_to_date", -1, date(2025, 1, 1), date(2025, 3, 31)),
    ],
)
def test_days_of_a_period(name, offset, first, last):
    assert period.span(name, TODAY, offset) == period.Span(first, last)


def test_no_such_period():
    with pytest.raises(ValueError, match="fortnight"):
        period.span("fortnight", TODAY)


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["last_7_days", "last_30_days", "last_90_days"]),
)
def test_the_period_before_ends_where_the_period_begins(today, name):
    now, before = period.span(name, today), period.span(name, today, -1)
    days = [now.first + timedelta(days=n) for n in range((now.last - now.first).days + 1)]
    assert f"last_{len(days)}_days" == name
    assert before.last + timedelta(days=1) == now.first
    assert before.last - before.first == now.last - now.first


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from([*period.LENGTHS, "last_12_months", "last_month"]),
)
def test_periods_are_in_order(today, name):
    now, before = period.span(name, today), period.span(name, today, -1)
    assert before.first <= before.last < now.last <= today
    assert before.first < now.first <= now.last


def test_steps():
    assert period.steps(date(2026, 1, 30), date(2026, 2, 1), "day") == [
        date(2026, 1, 30),
        date(2026, 1, 31),
        date(2026, 2, 1),
    ]
    assert len(period.steps(date(2026, 1, 4), date(2026, 2, 1), "week")) == 5
    assert period.steps(date(2025, 11, 1), date(2026, 1, 1), "month")[1] == date(2025, 12, 1)
    assert period.steps(TODAY, TODAY, "month") == [TODAY]

"""Cohorts by hand, and against counting each member one by one."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_reporting.engine import cohort

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def test_customers_who_ordered_again():
    rows = cohort.triangle(
        {JAN: 4, FEB: 2}, {(JAN, 0): 4, (JAN, 1): 1, (JAN, 2): 2, (FEB, 0): 2}, date(2026, 3, 20)
    )
    assert [row.month for row in rows] == [JAN, FEB]
    assert [cell.share for cell in rows[0].cells] == [1.0, 0.25, 0.5]
    assert [cell.count for cell in rows[1].cells] == [2, 0], "March isn't over, but it has begun"
    assert cohort.means(rows) == [1.0, 1 / 6, 0.5]


def test_returns_add_up():
    rows = cohort.triangle({JAN: 10}, {(JAN, 0): 1, (JAN, 2): 2}, date(2026, 3, 1), True)
    assert [cell.count for cell in rows[0].cells] == [1, 1, 3]


def test_nothing():
    assert cohort.triangle({}, {}, MAR) == []
    assert cohort.means([]) == []


def test_months_over_the_end_of_a_year():
    assert cohort.month_after(date(2025, 11, 1), 3) == FEB
    assert cohort.month_after(MAR, -3) == date(2025, 12, 1)
    assert cohort.months_between(date(2025, 12, 31), FEB) == 2


MONTH = st.integers(0, 11)


@given(st.lists(st.tuples(st.integers(1, 6), MONTH), max_size=40))
def test_as_counting_one_by_one(orders):
    def month(number):
        return cohort.month_after(JAN, number)

    first = {}
    for customer, when in orders:
        first[customer] = min(first.get(customer, 12), when)
    sizes = Counter(month(when) for when in first.values())
    seen = {(customer, when) for customer, when in orders}
    counts = Counter((month(first[one]), when - first[one]) for one, when in seen)
    for row in cohort.triangle(sizes, counts, date(2026, 12, 31)):
        start = cohort.months_between(JAN, row.month)
        for offset, cell in enumerate(row.cells):
            members = [one for one, when in first.items() if when == start]
            again = [one for one in members if (one, start + offset) in seen]
            assert (cell.count, row.size) == (len(again), len(members))
            assert cell.share == len(again) / len(members)

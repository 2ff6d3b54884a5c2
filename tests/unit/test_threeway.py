"""Three-way match: the eight cases of the report, and what becomes of a discrepancy on record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.threeway import Billed, Finding, Line, compare, settle


def line(ordered=10.0, shipped=10.0, billed=None, price=10.0, **values):
    """A line at 10.00; ``billed`` is (quantity, amount), the amount at the line's price if left."""
    parts = ()
    if billed is not None:
        quantity, amount = billed if isinstance(billed, tuple) else (billed, billed * price)
        parts = (Billed(quantity, amount, 0.01),)
    return Line(1, ordered, shipped, unit_price=price, billed=parts, **values)


@pytest.mark.parametrize(
    ("given_line", "verdict", "quantity", "amount"),
    [
        (line(shipped=6, billed=10), "billed_more_than_shipped", 4, 40),
        (line(returned=3, billed=10), "credit_missing", 3, 30),
        (line(), "shipped_not_billed", -10, -100),
        (line(billed=(10, 80.0)), "other_price", 0, -20),
        (line(shipped=6, billed=6), "short_closed", 4, 0),
        (line(shipped=12, billed=12), "over_shipped", 2, 20),
        (line(shipped=6, billed=6, moving=True), "ok", 0, 0),
        (line(returned=3, billed=7, credited=3), "ok", 0, 0),
    ],
)
def test_the_table_of_the_report(given_line, verdict, quantity, amount):
    finding = compare(given_line)
    assert (finding.verdict, finding.quantity, finding.amount) == (verdict, quantity, amount)


def test_paid_before_goods_leave_is_no_discrepancy_as_long_as_they_may_come():
    assert compare(line(shipped=0, billed=10, moving=True)).verdict == "billed_ahead"
    assert compare(line(shipped=0, billed=10)).verdict == "billed_more_than_shipped"
    assert compare(line(shipped=0, billed=11, moving=True)).verdict == "billed_more_than_shipped"


def test_what_is_not_due_yet_waits():
    assert compare(line(due=False)).verdict == "to_bill"


def test_rounding_is_no_price():
    thirds = line(ordered=3, shipped=3, price=10 / 3, billed=(3, 10.01))
    assert compare(thirds).verdict == "ok"
    assert compare(line(billed=(10, 100.03))).verdict == "other_price"
    other_currency = Line(1, 10.0, 10.0, unit_price=10.0, billed=(Billed(10.0, 100.14, 0.2),))
    assert compare(other_currency).verdict == "ok"


def test_an_over_shipment_that_came_back_is_none():
    assert compare(line(shipped=12, returned=2, billed=10, credited=2)).verdict == "ok"


@pytest.mark.parametrize(
    ("current", "finding", "fate"),
    [
        (None, Finding(1, "ok"), "none"),
        (None, Finding(1, "billed_ahead", 3, 30), "none"),
        (None, Finding(1, "other_price", 0, 20), "create"),
        (("open", "other_price", 0, 20), Finding(1, "ok"), "resolve"),
        (("ignored", "other_price", 0, 20), Finding(1, "to_bill"), "resolve"),
        (("open", "other_price", 0, 20), Finding(1, "other_price", 0, 20), "keep"),
        (("ignored", "other_price", 0, 20), Finding(1, "other_price", 0, 20), "keep"),
        (("ignored", "other_price", 0, 20), Finding(1, "other_price", 0, 25), "reopen"),
        (("open", "other_price", 0, 20), Finding(1, "over_shipped", 1, 20), "update"),
    ],
)
def test_fates(current, finding, fate):
    assert settle(current, finding) == fate


quantities = st.integers(0, 50)


@given(quantities, quantities, quantities, quantities, st.booleans())
def test_the_amount_has_the_sign_of_who_lost(ordered, shipped, returned, billed, moving):
    returned = min(returned, shipped)
    found = compare(
        line(float(ordered), float(shipped), float(billed), returned=float(returned), moving=moving)
    )
    if billed == shipped - returned:
        assert found.verdict in ("ok", "over_shipped", "short_closed")
    elif billed > shipped - returned:
        assert found.amount > 0
    else:
        assert found.amount < 0
        assert found.verdict == "shipped_not_billed"

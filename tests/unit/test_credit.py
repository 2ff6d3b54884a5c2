"""Exposure: what counts, in which order, and how it is drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.credit import Standing, bar

OWED = Standing(
    limit=1000.0,
    insured=800.0,
    overdue=100.0,
    overdue_days=12,
    not_due=200.0,
    unmatched=50.0,
    to_invoice=300.0,
    held=((4, 40.0), (8, 80.0)),
)


def test_everything_counts_once():
    assert OWED.receivable == 250.0
    assert OWED.firm == 550.0
    assert OWED.exposure() == 670.0
    assert OWED.exposure(count_held=False) == 550.0


def test_an_order_counts_those_held_before_it_and_itself_once():
    assert OWED.exposure_with(8, 80.0) == 550.0 + 40.0 + 80.0
    assert OWED.exposure_with(4, 40.0) == 550.0 + 40.0
    assert OWED.exposure_with(9, 10.0) == 550.0 + 120.0 + 10.0
    assert OWED.exposure_with(9, 10.0, count_held=False) == 560.0


@pytest.mark.parametrize(
    ("base", "ceiling"), [("limit", 1000.0), ("insured", 800.0), ("lower", 800.0)]
)
def test_ceilings(base, ceiling):
    assert OWED.ceiling(base) == ceiling


def test_no_limit_is_no_ceiling():
    assert Standing().ceiling() is None
    assert Standing().ceiling("lower") is None
    assert Standing(insured=5.0).ceiling("lower") == 5.0


def test_what_is_confirmed_is_taken_and_no_longer_held():
    after = OWED.after(4, 40.0, held=False, confirmed=True)
    assert after.taken == 40.0
    assert after.held == ((8, 80.0),)
    assert after.exposure() == OWED.exposure()
    waiting = OWED.after(9, 90.0, held=True, confirmed=False)
    assert waiting.exposure() == OWED.exposure() + 90.0
    assert OWED.after(9, 90.0, held=False, confirmed=False) == OWED


def test_the_bar_of_an_order():
    drawn = bar(OWED, 9, 500.0)
    assert drawn["exposure"] == 1170.0
    assert drawn["over"] == 170.0
    assert drawn["free"] == 0.0
    assert {part["name"]: part["amount"] for part in drawn["parts"]} == {
        "overdue": 50.0,  # less the payment that isn't matched
        "not_due": 200.0,
        "to_invoice": 300.0,
        "held": 120.0,
        "this": 500.0,
    }
    # of 1170 in all, the limit lies at 1000
    assert drawn["mark"] == pytest.approx(100 * 1000 / 1170)


def test_the_bar_of_a_held_order_counts_it_once():
    assert bar(OWED, 8, 80.0, waits=True)["exposure"] == OWED.exposure()


AMOUNTS = st.floats(0, 1e6)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_the_parts_of_a_bar_make_the_whole(limit, overdue, not_due, unmatched, ordered, amount):
    standing = Standing(
        limit=limit or None,
        overdue=overdue,
        not_due=not_due,
        unmatched=unmatched,
        to_invoice=ordered,
    )
    drawn = bar(standing, 1, amount)
    used = sum(part["amount"] for part in drawn["parts"] if part["name"] != "free")
    assert drawn["exposure"] == pytest.approx(standing.exposure_with(1, amount), abs=1e-6)
    assert used >= drawn["exposure"] - 1e-6
    assert sum(part["share"] for part in drawn["parts"]) <= 100 + 1e-6

import datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import returning as r

TODAY = datetime.date(2026, 3, 1)
UNWANTED = r.Reason("unwanted")
FAULTY = r.Reason("faulty", is_our_fault=True)
WARRANTY = r.Reason("warranty", is_warranty=True)
POLICY = r.Policy(days=30, warranty_days=365, fee_percent=D(15), approval_limit=D(100))


def ask(quantity="1", shipped="3", taken="0", rounding="1", value="20", reason=UNWANTED, days=5):
    delivered = TODAY - datetime.timedelta(days=days)
    return r.Ask("a", D(quantity), D(shipped), D(taken), D(rounding), D(value), reason, delivered)


@pytest.mark.parametrize(
    ("asks", "kwargs", "expected"),
    [
        ([ask()], {}, (r.APPROVED, (), ())),
        ([ask("3")], {}, (r.APPROVED, (), ())),
        ([ask("4")], {}, (r.REFUSED, ("too_many",), ())),
        ([ask("2", taken="2")], {}, (r.REFUSED, ("too_many",), ())),
        ([ask("-1")], {}, (r.REFUSED, ("nothing", "too_many"), ())),
        ([ask("0")], {}, (r.REFUSED, ("nothing",), ())),
        ([], {}, (r.REFUSED, ("nothing",), ())),
        ([ask(days=30)], {}, (r.APPROVED, (), ())),
        ([ask(days=31)], {}, (r.REQUESTED, (), ("warranty",))),
        ([ask(days=366)], {}, (r.REFUSED, ("too_late",), ())),
        ([ask(days=366)], {"by_customer": False}, (r.REQUESTED, (), ("too_late",))),
        ([ask(reason=WARRANTY)], {}, (r.REQUESTED, (), ("warranty",))),
        ([ask(value="100")], {}, (r.APPROVED, (), ())),
        ([ask(value="60"), ask(value="41")], {}, (r.REQUESTED, (), ("value",))),
        ([ask()], {"is_blind": True}, (r.REQUESTED, (), ("blind",))),
    ],
)
def test_judge(asks, kwargs, expected):
    verdict = r.judge(asks, POLICY, TODAY, **kwargs)
    codes = tuple(code for _key, code, _most in verdict.problems)
    assert (verdict.state, codes, verdict.causes) == expected


def test_too_many_says_how_many():
    (problem,) = r.judge(
        [ask("0.75", shipped="1.5", taken="1", rounding="0.25")], POLICY, TODAY
    ).problems
    assert problem == ("a", "too_many", D("0.50"))


@pytest.mark.parametrize(
    ("shipped", "taken", "rounding", "left"),
    [
        ("3", "1", "1", "2"),
        ("1", "2", "1", "0"),
        ("1.3", "0.05", "0.1", "1.3"),
        ("2", "0", "0", "2"),
    ],
)
def test_returnable(shipped, taken, rounding, left):
    assert r.returnable(D(shipped), D(taken), D(rounding)) == D(left)


@pytest.mark.parametrize(
    ("price", "discount", "quantity", "percent", "rounding", "expected"),
    [
        ("19.99", "0", "3", "15", "0.01", "9.00"),  # 8.9955
        ("19.99", "10", "1", "15", "0.01", "2.70"),  # 2.69865
        ("19.99", "0", "3", "0", "0.01", "0"),
        ("19.99", "0", "1", "100", "0.01", "19.99"),
        ("19.99", "100", "1", "50", "0.01", "0"),
        ("1500", "0", "1", "15", "1", "225"),  # a currency without cents
        ("0.333", "0", "0.5", "10", "0.01", "0.02"),
    ],
)
def test_fee(price, discount, quantity, percent, rounding, expected):
    assert r.fee(D(price), D(discount), D(quantity), D(percent), D(rounding)) == D(expected)


def test_no_fee_where_it_is_our_fault():
    assert r.fee_percent(POLICY, UNWANTED) == 15
    assert r.fee_percent(POLICY, FAULTY) == r.fee_percent(POLICY, WARRANTY) == 0


def test_one_faulty_piece_and_the_way_is_free():
    assert r.customer_pays_way(POLICY, [UNWANTED])
    assert not r.customer_pays_way(POLICY, [UNWANTED, FAULTY])
    assert not r.customer_pays_way(r.Policy(30, customer_pays=False), [UNWANTED])


def test_the_way_back_never_costs_more_than_is_refunded():
    assert r.way_charge(D("12.004"), D("50"), D("0.01")) == D("12.00")
    assert r.way_charge(D("12"), D("5"), D("0.01")) == D("5")
    assert r.way_charge(D("12"), D("-5"), D("0.01")) == 0


def test_spread_oldest_first_and_what_is_left():
    billed = [r.Billed("a", D(2), D(1)), r.Billed("b", D(2)), r.Billed("c", D(1), D(1))]
    assert r.spread(D(2), billed, D(1)) == ([("a", D(1)), ("b", D(1))], D(0))
    assert r.spread(D(5), billed, D(1)) == ([("a", D(1)), ("b", D(2))], D(2))
    assert r.spread(D(1), [], D(1)) == ([], D(1))


quarter = st.integers(0, 400).map(lambda n: D(n) / 4)


@given(quarter, st.lists(st.tuples(quarter, quarter), max_size=5))
def test_spread_credits_nothing_twice(quantity, rows):
    billed = [r.Billed(i, most, back) for i, (most, back) in enumerate(rows)]
    parts, rest = r.spread(quantity, billed, D("0.25"))
    assert sum((q for _key, q in parts), D(0)) + rest == quantity
    for key, part in parts:
        assert 0 < part <= billed[key].quantity - billed[key].credited


@given(quarter, quarter, quarter)
def test_what_is_returnable_is_never_refused(shipped, taken, quantity):
    left = r.returnable(shipped, taken, D("0.25"))
    asked = r.Ask("a", quantity, shipped, taken, D("0.25"), D(0), UNWANTED, TODAY)
    verdict = r.judge([asked], r.Policy(days=1), TODAY)
    assert (verdict.state == r.APPROVED) == (0 < quantity <= left)


def test_outcomes_have_to_add_up():
    rows = [("restock", D("1")), ("scrap", D("0.5"))]
    assert r.outcome_problem(D("2"), rows, D("0.5")) == D("0.5")
    assert r.outcome_problem(D("1.5"), rows, D("0.5")) == 0
    assert r.outcome_problem(D("1"), rows, D("0.5")) == D("-0.5")

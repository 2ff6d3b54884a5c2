"""What a change makes of an order, and what differs between two versions of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake.canonical import (
    Address,
    Change,
    Charge,
    Line,
    LineChange,
    Order,
    Tax,
)
from odoo.addons.order_processing.engine.intake.change import (
    apply_change,
    differences,
    line_keys,
)


def line(ref, sku="A", quantity=1, price=10, **values):
    price = None if price is None else Decimal(price)
    return Line(ref, sku, sku, Decimal(quantity), price, **values)


def order(*lines, **values):
    lines = lines or (line("1"), line("2", "B", 2, 5))
    return Order("r", "n", "USD", None, Decimal(), False, lines, **values)


def kinds(old, new):
    return [each.kind for each in differences(old, new)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"lines": (line("1"),)}, ["line_removed"]),
        ({"lines": (line("1"), line("2", "B", 3, 5))}, ["quantity"]),
        ({"lines": (line("1", price=11), line("2", "C", 2, 5))}, ["price", "product"]),
        ({"lines": (line("2", "B", 2, 5), line("1"))}, []),
        ({"lines": (line("1"), line("2", "B", 2, 5), line("3"))}, ["line_added"]),
        ({"charges": (Charge("shipping", "Post", Decimal(4)),)}, ["charge"]),
        ({"shipping": Address(city="Berlin")}, ["shipping"]),
        ({"shipping": Address(phone="1")}, []),
        ({"requested_date": "2026-01-01", "note": "x"}, ["date", "note"]),
        ({"email": "a@b.c", "currency": "EUR"}, ["currency", "customer"]),
        ({"total": Decimal(20)}, []),
    ],
)
def test_differences(changes, expected):
    assert kinds(order(), replace(order(), **changes)) == expected


def test_lines_without_references_are_told_by_product():
    old = order(line("", "A"), line("", "A", 2), line("", "B"))
    new = order(line("", "B"), line("", "A"), line("", "A", 3))
    assert kinds(old, new) == ["quantity"]
    assert len(set(line_keys(old.lines))) == 3


def test_change_of_single_lines():
    rate = (Tax("VAT", Decimal("0.2"), Decimal(2)),)
    old = order(line("1", taxes=rate), line("2", "B", 2, 5, taxes=rate), line("3", "C"))
    change = Change(
        "change",
        "r#1",
        "r",
        lines=(
            LineChange("change", "1", line("1", "", 4, None), frozenset({"quantity"})),
            LineChange("cancel", "2", line("2", "", 0)),
            LineChange("keep", "3", line("3", "", 0)),
            LineChange("add", "4", line("4", "D")),
            LineChange("cancel", "9", line("9")),
        ),
    )
    new = apply_change(old, change)
    assert [(each.ref, each.sku, each.quantity) for each in new.lines] == [
        ("1", "A", 4),
        ("3", "C", 1),
        ("4", "D", 1),
    ]
    assert new.lines[0].taxes[0].amount == Decimal("8.00")
    assert (new.total, new.total_tax) == (None, Decimal("8.00"))


def test_whole_order_keeps_what_it_leaves_out():
    old = order(email="a@b.c", shipping=Address(city="Berlin"))
    whole = replace(order(line("1", "", 7, None)), ref="other", number="9", email="x@y.z")
    new = apply_change(old, Change("change", "r#1", "r", order=whole))
    assert (new.ref, new.number, new.email, new.shipping.city) == ("r", "n", "a@b.c", "Berlin")
    (only,) = new.lines
    assert (only.sku, only.quantity, only.unit_price) == ("A", 7, 10)


lines = st.lists(
    st.builds(
        line,
        st.sampled_from(["", "1", "2", "3"]),
        st.sampled_from(["", "A", "B"]),
        st.integers(0, 3),
        st.none() | st.integers(0, 3),
    ),
    max_size=5,
).map(tuple)


@given(lines, lines)
def test_never_raises_and_equal_orders_do_not_differ(some, others):
    old, new = replace(order(), lines=some), replace(order(), lines=others)
    assert differences(old, old) == []
    assert bool(differences(old, new)) or sorted(map(str, line_keys(some))) == sorted(
        map(str, line_keys(others))
    )
    changes = tuple(
        LineChange("change", each.ref, each, frozenset({"quantity"})) for each in others
    )
    apply_change(old, Change("change", "r#1", "r", lines=changes))

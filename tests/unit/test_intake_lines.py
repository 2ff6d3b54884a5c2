"""Totals, and the planned lines that must give them back to the cent."""

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import shopify
from odoo.addons.order_processing.engine.intake.canonical import (
    Charge,
    Line,
    Order,
    Tax,
    minor_digits,
    spread,
    to_cents,
)
from odoo.addons.order_processing.engine.intake.lines import plan_lines
from odoo.addons.order_processing.engine.intake.totals import check_totals, computed_total

FILES = Path(__file__).resolve().parents[2] / "addons" / "order_processing" / "demo" / "files"


def sample(number):
    payload = (FILES / f"shopify_order_{number}.json").read_bytes()
    return shopify.parse(payload).order


def planned_total(planned):
    """What the planned lines cost, each rounded as Odoo rounds a line, without Odoo's taxes."""
    return sum(
        to_cents(line.quantity * line.price_unit * (1 - line.discount / 100), 2) for line in planned
    )


def test_as_charged_taxes_are_lines():
    order = sample(1001)
    planned = plan_lines(order, "line")
    assert [line.kind for line in planned] == [
        "product",
        "product",
        "product",
        "shipping",
        "discount",
        "tax",
    ]
    assert not any(line.rates for line in planned)
    assert (planned[4].title, planned[4].price_unit) == ("TENOFF", Decimal("-10.00"))
    assert (planned[5].title, planned[5].price_unit) == ("State Tax (6 %)", Decimal("11.94"))
    assert planned_total(planned) == order.total


def test_exact_percentages_stay_on_their_lines():
    order = sample(1002)
    planned = plan_lines(order, "odoo")
    assert [(line.kind, line.discount) for line in planned] == [
        ("product", Decimal("10.00")),
        ("product", Decimal("10.00")),
        ("shipping", 0),
    ]
    assert {line.rates for line in planned} == {(Decimal("0.06"),)}
    assert planned_total(planned) == order.total - order.total_tax


def test_two_taxes_of_one_rate_count_twice():
    tax = Tax("Tax", Decimal("0.05"), Decimal("5"))
    line = Line("1", "A", "A", Decimal(1), Decimal(100), taxes=(tax, tax))
    order = Order("1", "1", "USD", Decimal(110), Decimal(10), False, (line,))
    assert plan_lines(order, "odoo")[0].rates == (Decimal("0.10"),)


def test_wrong_total_names_both_amounts():
    line = Line("1", "A", "A", Decimal(2), Decimal("10.00"))
    order = Order("1", "1", "USD", Decimal("19.99"), Decimal(), False, (line,))
    (finding,) = check_totals(order)
    assert finding.code == "wrong_total"
    assert (finding.args["computed"], finding.args["stated"]) == ("20.00", "19.99")


def test_currencies_have_their_own_decimals():
    assert [minor_digits(code) for code in ("USD", "JPY", "KWD")] == [2, 0, 3]


cents = st.integers(min_value=0, max_value=100_000).map(lambda n: Decimal(n) / 100)


either = st.booleans()


@st.composite
def orders(draw, included=either):
    """Orders that add up, with discounts and taxes of any amount anywhere."""
    taxes_included = draw(included)
    lines = []
    for number in range(draw(st.integers(1, 5))):
        quantity, price = Decimal(draw(st.integers(1, 9))), draw(cents)
        discount = min(draw(cents), quantity * price) if draw(st.booleans()) else Decimal()
        tax = draw(cents) / 10 if not taxes_included else (quantity * price - discount) / 11
        taxes = (Tax("VAT", Decimal("0.1"), to_cents(tax, 2)),) if draw(st.booleans()) else ()
        lines.append(Line(str(number), "A", "A", quantity, price, discount, taxes))
    charges = (Charge("shipping", "Post", draw(cents)),)
    part_taxes = sum((tax.amount for line in lines for tax in line.taxes), Decimal())
    order = Order(
        ref="1",
        number="1",
        currency="USD",
        total=Decimal(),
        total_tax=part_taxes,
        taxes_included=taxes_included,
        lines=tuple(lines),
        charges=charges,
        taxes=(Tax("VAT", Decimal("0.1"), part_taxes),) if part_taxes else (),
        discount=draw(cents) if draw(st.booleans()) else Decimal(),
    )
    return Order(**{**vars(order), "total": computed_total(order)})


@given(orders())
def test_lines_with_taxes_as_charged_give_the_total(order):
    assert planned_total(plan_lines(order, "line")) == order.total


@given(orders(included=st.just(False)))
def test_lines_for_odoos_taxes_give_the_total_before_tax(order):
    assert planned_total(plan_lines(order, "odoo")) == order.total - order.total_tax


@given(orders(included=st.just(True)))
def test_lines_with_included_taxes_give_the_total(order):
    assert planned_total(plan_lines(order, "odoo")) == order.total


@given(cents, st.lists(cents, min_size=1, max_size=9))
def test_spread_loses_nothing(amount, weights):
    parts = spread(amount, weights, 2)
    assert sum(parts) == amount
    assert all(part == to_cents(part, 2) for part in parts)

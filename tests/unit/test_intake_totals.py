"""Totals of orders that state all, some or none of them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine.intake.canonical import (
    HOLD,
    Charge,
    Line,
    Order,
    Tax,
    to_cents,
)
from odoo.addons.order_processing.engine.intake.lines import plan_lines
from odoo.addons.order_processing.engine.intake.resolve import SERVICES
from odoo.addons.order_processing.engine.intake.totals import (
    check_lines,
    check_tax,
    check_totals,
    computed_total,
)

ORDER = Order(
    ref="1",
    number="1",
    currency="EUR",
    total=Decimal("120"),
    net_total=Decimal("100"),
    total_tax=Decimal("20"),
    taxes_included=False,
    lines=(Line("1", "A", "A", Decimal(10), Decimal(9)),),
    charges=(Charge("fee", "Handling", Decimal(10), taxes=(Tax("VAT", Decimal("0.2"), 2),)),),
)


def codes(order):
    return [(finding.code, finding.field) for finding in check_totals(order)]


@pytest.mark.parametrize("stated", [{}, {"total": None}, {"net_total": None}])
def test_totals_that_are_not_stated_are_not_checked(stated):
    assert codes(replace(ORDER, **stated)) == []


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"total": Decimal("119.99")}, [("wrong_total", "total_price")]),
        ({"net_total": Decimal("99.99")}, [("wrong_total", "net_total")]),
        ({"total": None, "net_total": Decimal("99.99")}, [("wrong_total", "net_total")]),
        ({"total": Decimal("120.001")}, [("too_many_decimals", "total_price")]),
    ],
)
def test_totals_that_are_stated_are_checked(stated, expected):
    assert codes(replace(ORDER, **stated)) == expected


def test_lines_without_a_price_add_up_to_nothing_known():
    line = Line("1", "A", "A", Decimal(10), None)
    order = replace(ORDER, lines=(line,))
    assert (line.gross, line.net) == (0, 0)
    assert codes(order) == []
    assert plan_lines(order, "odoo")[0].price_unit is None


def test_each_line_is_rounded_by_itself():
    line = Line("1", "A", "A", Decimal(1), Decimal("0.333"))
    order = replace(ORDER, lines=(line,) * 3, charges=(), total_tax=Decimal())
    assert computed_total(order) == Decimal("0.99")


def test_a_fee_is_a_service_with_its_taxes():
    _product, fee = plan_lines(ORDER, "odoo")
    assert (fee.kind, fee.price_unit, fee.rates) == ("fee", 10, (Decimal("0.2"),))
    assert SERVICES["fee"] == "shipping"


def test_lines_and_taxes_that_come_to_something_else():
    plans = plan_lines(ORDER, "odoo")
    exact = [to_cents(each.quantity * each.price_unit, 2) for each in plans]
    assert check_lines(ORDER, zip(plans, exact, strict=True)) == []
    exact[0] += 1
    (finding,) = check_lines(ORDER, zip(plans, exact, strict=True))
    assert (finding.code, finding.severity) == ("odoo_line_total", HOLD)
    assert finding.args["difference"] == "+1.00"
    assert check_tax(ORDER, ORDER.total_tax) == []
    (finding,) = check_tax(ORDER, ORDER.total_tax - 1)
    assert (finding.code, finding.args["difference"]) == ("odoo_tax", "-1.00")
    assert check_tax(replace(ORDER, taxes_stated=False), Decimal(0)) == []

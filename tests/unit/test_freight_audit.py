from decimal import Decimal

import pytest

from odoo.addons.order_shipping.engine import freight_audit
from odoo.addons.order_shipping.engine.freight_audit import Billed, Bought, audit, guess_columns


def line(key, amount, number="1Z 1", **values):
    return Billed(key, number, Decimal(amount), **values)


def check(lines, tolerance="0.50", share="0.02", **values):
    bought = {"1Z1": Bought("label", Decimal(10), Decimal(2), **values)}
    found = audit(lines, bought, Decimal(tolerance), Decimal(share))
    return [(finding.code, finding.difference) for finding in found]


def test_as_bought_within_the_tolerance():
    assert check([line(1, "10.50")]) == [("ok", 0)]
    assert check([line(1, "10.51")]) == [("price", Decimal("0.51"))]
    assert check([line(1, "9")]) == [("cheaper", -1)]
    # two per cent of 10 are less than half a unit, so that decides; ten per cent are more
    assert check([line(1, "10.90")], share="0.1") == [("ok", 0)]


def test_base_and_surcharges_add_up():
    lines = [line(1, "8", description="Base"), line(2, "2", description="Fuel")]
    assert check(lines) == [("ok", 0), ("ok", 0)]
    lines.append(line(3, "4", description="Residential"))
    assert check(lines) == [("surcharge", 4), ("ok", 0), ("ok", 0)]


def test_the_same_line_twice_is_billed_twice():
    lines = [line(1, "10", description="Base"), line(2, "10", description="Base")]
    assert check(lines) == [("ok", 0), ("duplicate", 10)]
    assert check([line(1, "10")], billed_before=True) == [("duplicate", 10)]


def test_weight_explains_a_higher_price():
    assert check([line(1, "14", weight=Decimal(5))]) == [("weight", 4)]


@pytest.mark.parametrize(
    "values, code",
    [({"is_voided": True}, "voided"), ({"is_shipped": False}, "never_shipped")],
)
def test_what_never_left_is_claimed_whole(values, code):
    assert check([line(1, "10")], **values) == [(code, 10)]


def test_unknown_parcels():
    assert check([line(1, "7", number="other")]) == [("unknown", 7)]


def test_late_with_a_guarantee_is_refunded():
    import datetime

    days = {
        "promised": datetime.date(2026, 11, 20),
        "delivered": datetime.date(2026, 11, 23),
    }
    assert check([line(1, "10")], is_guaranteed=True, **days) == [("late", 10)]
    assert check([line(1, "10")], is_guaranteed=False, **days) == [("ok", 0)]


def test_every_line_has_one_finding_in_order():
    lines = [line(rank, "1", number=str(rank % 3)) for rank in range(9)]
    found = audit(lines, {}, Decimal(0))
    assert [finding.key for finding in found] == list(range(9))


def test_columns_by_the_names_carriers_use():
    headers = ["Invoice Date", "Express or Ground Tracking ID", "Net Charge Amount", "Rated Weight"]
    assert guess_columns(headers) == {"tracking_number": 1, "amount": 2, "weight": 3}
    assert "amount" not in guess_columns(["Tracking Number", "Colour"])
    assert freight_audit.normal(" 1z 99 ") == "1Z99"

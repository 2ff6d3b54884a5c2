"""The WooCommerce reader, on the examples of WooCommerce's own API reference and made cases."""

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import woocommerce
from odoo.addons.order_processing.engine.intake.lines import plan_lines

ROOT = Path(__file__).resolve().parents[2]
# woocommerce/woocommerce-rest-api-docs, the examples of the chapter on orders (Apache-2.0).
SHARED = ROOT.parent / "shared" / "order-samples" / "woocommerce"


def shared(name):
    path = SHARED / name
    assert path.exists(), f"Public sample ../shared/order-samples/woocommerce/{name} is missing"
    return path.read_bytes()


def sample():
    return json.loads(shared("order_1.json"))


def parse(document):
    return woocommerce.parse(json.dumps(document).encode())


def codes(result):
    return [finding.code for finding in result.findings]


def dutch():
    """An order of a shop whose prices include 21 % tax; nets don't add up to whole cents."""

    def line(number, quantity, net, tax, sku):
        return {
            "id": number,
            "name": f"Item {number}",
            "sku": sku,
            "quantity": quantity,
            "subtotal": net,
            "subtotal_tax": tax,
            "total": net,
            "total_tax": tax,
            "taxes": [{"id": 4, "total": tax, "subtotal": tax}],
        }

    return {
        "id": 31,
        "number": "NL-31",
        "status": "processing",
        "currency": "EUR",
        "date_created_gmt": "2025-03-01T10:00:00",
        "prices_include_tax": True,
        "total": "34.95",
        "total_tax": "6.06",
        "billing": {
            "first_name": "Anna",
            "last_name": "de Vries",
            "email": "anna@example.nl",
            "address_1": "Singel 1",
            "city": "Amsterdam",
            "postcode": "1012",
            "country": "NL",
            "state": "Noord-Holland",
        },
        "shipping": {"first_name": "", "city": ""},
        "line_items": [
            line(1, 1, "8.26", "1.74", "A"),
            line(2, 2, "16.53", "3.47", "B"),
        ],
        "shipping_lines": [
            {
                "method_title": "PostNL",
                "total": "4.09",
                "total_tax": "0.86",
                "taxes": [{"id": 4, "total": "0.86"}],
            }
        ],
        "tax_lines": [
            {
                "rate_id": 4,
                "label": "BTW",
                "rate_percent": 21,
                "tax_total": "5.21",
                "shipping_tax_total": "0.86",
            }
        ],
    }


@pytest.mark.parametrize("name", ["order_1.json", "order_2.json"])
def test_documented_order(name):
    result = woocommerce.parse(shared(name))
    order = result.order
    assert codes(result) == ["no_tax_rate", "sku_from_id"]
    assert (order.ref, order.number, order.currency) == ("727", "727", "USD")
    assert (order.total, order.total_tax) == (Decimal("29.35"), Decimal("1.35"))
    assert [(line.sku, line.quantity, line.net) for line in order.lines] == [
        ("id:93", 2, Decimal("6.00")),
        ("Bar3", 1, Decimal("12.00")),
    ]
    assert order.lines[1].title == "Ship Your Idea – Color: Black, Size: M Test"
    assert order.lines[1].properties == (("pa_color", "black"), ("size", "M Test"))
    (tax,) = order.taxes
    assert (tax.title, tax.rate, tax.amount) == ("State Tax", None, Decimal("1.35"))
    assert (order.charges[0].title, order.charges[0].net) == ("Flat Rate", 10)
    assert order.placed_at == "2017-03-22T19:28:02Z"
    assert order.email == "john.doe@example.com"
    assert order.billing.state_code == "CA"
    assert order.attributes == ()
    planned = plan_lines(order, "line")
    assert sum(line.quantity * line.price_unit for line in planned) == order.total


def test_prices_with_tax_are_put_back_together():
    result = parse(dutch())
    order = result.order
    assert result.findings == ()
    assert order.taxes_included
    assert [line.unit_price for line in order.lines] == [10, 10]
    assert order.charges[0].net == Decimal("4.95")
    assert order.lines[0].taxes[0].rate == Decimal("0.21")
    assert order.billing.state_name == "Noord-Holland"
    assert order.shipping == order.billing
    # The order's tax is rounded once, its lines' each: the stated total stays.
    assert sum(tax.amount for tax in order.taxes) == order.total_tax == Decimal("6.06")
    assert {rate for plan in plan_lines(order, "odoo") for rate in plan.rates} == {Decimal("0.21")}


def test_discount_and_fee():
    document = sample()
    document["line_items"][1] |= {"total": "9.00", "sku": "Bar3"}
    document["coupon_lines"] = [{"code": "spring"}]
    document["fee_lines"] = [{"name": "Gift &amp; card", "total": "2.50", "taxes": []}]
    document["total"] = "28.85"
    order = parse(document).order
    assert order.lines[1].discount == 3
    assert order.discount_title == "spring"
    assert order.charges[1].title == "Gift & card"


def test_gift_cards_pay_and_lower_no_price():
    """As WooCommerce's own extension lists them: the total is what was left to pay."""
    cards = [{"id": 7, "code": "AAAA-BBBB", "amount": 10}, {"id": 8, "code": "X", "amount": "2.35"}]
    before = parse(sample())
    result = parse(sample() | {"gift_cards": cards, "total": "17.00", "transaction_id": "pi_1"})
    assert codes(result) == codes(before)
    assert result.order.total == before.order.total == Decimal("29.35")
    assert [(each.kind, each.amount, each.reference) for each in result.order.payments] == [
        ("gift_card", 10, ""),
        ("gift_card", Decimal("2.35"), ""),
        ("payment", 17, "pi_1"),
    ]
    # A shop that states the whole total means the same.
    assert parse(sample() | {"gift_cards": cards, "transaction_id": "pi_1"}).order == result.order


def test_gift_cards_that_do_not_explain_the_total_hold_the_order():
    result = parse(sample() | {"gift_cards": [{"amount": "5.00"}], "total": "20.00"})
    assert "wrong_total" in codes(result)


def test_coupon_that_no_line_knows_of_holds_the_order():
    coupons = [{"code": "ten", "discount": "10.00"}]
    assert "wrong_total" in codes(parse(sample() | {"coupon_lines": coupons, "total": "19.35"}))


def test_fee_below_zero_takes_off():
    fees = [{"name": "Bulk rebate", "total": "-4.35", "taxes": []}]
    result = parse(sample() | {"fee_lines": fees, "total": "25.00"})
    assert not result.errors
    charge = result.order.charges[-1]
    assert (charge.kind, charge.title, charge.amount) == ("fee", "Bulk rebate", Decimal("-4.35"))
    planned = plan_lines(result.order, "line")
    assert sum(each.quantity * each.price_unit for each in planned) == 25


def test_price_that_does_not_divide():
    document = sample()
    document["line_items"][0] |= {"quantity": 7}
    order = parse(document).order
    assert order.lines[0].unit_price == Decimal("0.8571428571")
    assert order.total == Decimal("29.35")


def test_surcharge_is_no_negative_discount():
    document = sample() | {"total": "30.35"}
    document["line_items"][1] |= {"total": "13.00"}
    order = parse(document).order
    assert (order.lines[1].unit_price, order.lines[1].discount) == (13, 0)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("cancelled", "order_cancelled"),
        ("wc-cancelled", "order_cancelled"),
        ("trash", "order_cancelled"),
        ("refunded", "order_refunded"),
        ("failed", "payment_failed"),
        ("pending", "payment_pending"),
        ("checkout-draft", "payment_pending"),
        ("completed", "already_shipped"),
    ],
)
def test_dead_status(status, code):
    result = parse(sample() | {"status": status})
    assert result.order is None
    assert code in codes(result)
    assert result.ref == "727"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "on-hold"}, "payment_awaited"),
        ({"refunds": [{"id": 1, "total": "-5.00"}]}, "partly_refunded"),
    ],
)
def test_taken_with_a_warning(changes, code):
    result = parse(sample() | changes)
    assert result.order
    assert code in codes(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": None}, "no_reference"),
        ({"currency": ""}, "missing_value"),
        ({"total": None}, "missing_value"),
        ({"line_items": []}, "no_lines"),
        ({"line_items": {}}, "not_a_list"),
        ({"billing": None, "shipping": None}, "no_customer"),
        ({"tax_lines": 3}, "not_a_list"),
    ],
)
def test_refused(changes, code):
    result = parse(sample() | changes)
    assert result.order is None
    assert codes(result).count(code) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total": "29.34"}, "wrong_total"),
    ],
)
def test_totals_that_differ_hold_the_order(changes, code):
    result = parse(sample() | changes)
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_document"),
        (b"webhook_id=5", "not_json"),
        (b"{}", "other_format"),
        (b"[]", "several_orders"),
        (b'{"id": 1, "line_items": [], "total_price": "1"}', "other_format"),
    ],
)
def test_not_an_order(payload, code):
    assert codes(woocommerce.parse(payload)) == [code]


def test_wrapped_and_several():
    assert parse({"order": sample()}).ref == "727"
    first, second = sample(), sample() | {"id": 728}
    payload = json.dumps([first, second], indent=1).encode()
    parts = woocommerce.split(payload)
    assert [woocommerce.parse(part).ref for part in parts] == ["727", "728"]
    assert all(part in payload for part in parts)
    assert codes(woocommerce.parse(payload)) == ["several_orders"]
    assert woocommerce.split(shared("order_1.json")) == [shared("order_1.json")]
    for end in range(0, len(payload), 501):
        assert woocommerce.split(payload[:end]) == [payload[:end]]


def test_meta_and_purchase_order():
    document = sample()
    document["meta_data"] = [
        {"key": "_po_number", "value": "PO-7"},
        {"key": "_hidden", "value": "x"},
        {"key": "gift", "value": "yes", "display_key": "Gift", "display_value": "<p>Yes</p>"},
        {"key": "list", "value": [1, 2]},
    ]
    order = parse(document).order
    assert order.po_number == "PO-7"
    assert order.attributes == (("Gift", "Yes"),)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SAMPLES = [sample(), dutch()]


@settings(deadline=None)
@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = woocommerce.parse(payload)
    assert result.order is not None or result.errors
    assert woocommerce.split(payload)


@settings(deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.dictionaries(st.sampled_from(sorted(sample())), json_values, max_size=5),
    st.dictionaries(st.sampled_from(sorted(sample()["line_items"][0])), json_values, max_size=4),
)
def test_never_raises_on_a_distorted_order(document, changes, line_changes):
    document = copy.deepcopy(document)
    document["line_items"][0] |= line_changes
    result = parse(document | changes)
    assert result.order is not None or result.errors

"""The reader of Amazon's Selling Partner API, on the sandbox's own answers and made cases."""

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import amazon_api

ROOT = Path(__file__).resolve().parents[2]
# amzn/selling-partner-api-models, models/orders-api-model/ordersV0.json (Apache-2.0).
SHARED = ROOT.parent / "shared" / "order-samples" / "amazon" / "ordersV0.json"
ANSWER = "/orders/v0/orders/{orderId}"


def sandbox(path, position=0):
    """A sandbox's answer, out of the published model."""
    assert SHARED.exists(), "Public sample ../shared/order-samples/amazon/ordersV0.json is missing"
    model = json.loads(SHARED.read_text(encoding="utf-8"))
    answer = model["paths"][ANSWER + path]["get"]["responses"]["200"]
    return answer["x-amzn-api-sandbox"]["static"][position]["response"]


def example(path):
    model = json.loads(SHARED.read_text(encoding="utf-8"))
    answer = model["paths"][ANSWER + path]["get"]["responses"]["200"]
    return answer["examples"]["application/json"]


def document():
    return {
        "order": sandbox("")["payload"],
        "items": sandbox("/orderItems")["payload"],
        "address": sandbox("/address")["payload"],
        "buyer": sandbox("/buyerInfo")["payload"],
    }


def parse(value):
    return amazon_api.parse(json.dumps(value).encode())


def codes(result):
    return [finding.code for finding in result.findings]


def test_sandbox_order():
    result = parse(document())
    order = result.order
    assert codes(result) == ["cancel_requested"]
    assert (order.ref, order.currency, order.total) == (
        "902-1845936-5435065",
        "USD",
        Decimal("11.01"),
    )
    (line,) = order.lines
    assert (line.sku, line.net) == ("NABetaASINB00551Q3CS", Decimal("10.00"))
    assert order.total_tax == Decimal("1.01")
    assert not order.taxes_included
    assert order.shipping.city == "SEATTLE"
    assert order.email == "fzyrv6gwkhbb15c@example.com"


def test_answers_in_their_envelopes_are_the_same_order():
    value = {
        "order": sandbox(""),
        "items": sandbox("/orderItems"),
        "address": sandbox("/address"),
        "buyer": sandbox("/buyerInfo"),
    }
    assert parse(value).order == parse(document()).order
    bare = document()
    bare["items"] = bare["items"]["OrderItems"]
    assert parse(bare).order == parse(document()).order


def test_documented_example_is_pending_incomplete_and_of_mixed_currencies():
    example_order = example("")["payload"]
    result = parse({"order": example_order, "items": example("/orderItems")["payload"]})
    assert result.order is None
    assert {"payment_pending", "items_missing", "other_order", "mixed_currencies"} <= set(
        codes(result)
    )


def test_shipped_by_amazon():
    order = sandbox("", 1)["payload"]
    result = parse({"order": order, "items": []})
    assert {"already_shipped", "fulfilled_elsewhere"} <= set(codes(result))


@pytest.mark.parametrize(
    ("total", "channel", "included"),
    [
        ("20.00", "Amazon.de", True),
        ("23.80", "Amazon.de", False),
        ("23.80", "Amazon.com", False),
        ("20.00", "Amazon.com", True),
    ],
)
def test_the_total_tells_whether_prices_include_tax(total, channel, included):
    value = document()
    value["order"] |= {
        "OrderTotal": {"CurrencyCode": "EUR", "Amount": total},
        "SalesChannel": channel,
    }
    value["items"]["OrderItems"][0] |= {
        "ItemPrice": {"CurrencyCode": "EUR", "Amount": "20.00"},
        "ItemTax": {"CurrencyCode": "EUR", "Amount": "3.80"},
    }
    order = parse(value).order
    assert order.taxes_included is included


def test_shipping_promotions_gift_wrap_and_cash_on_delivery():
    def euro(amount):
        return {"CurrencyCode": "EUR", "Amount": amount}

    value = document()
    value["order"]["OrderTotal"] = euro("31.00")
    value["items"]["OrderItems"][0] |= {
        "QuantityOrdered": 3,
        "ItemPrice": euro("20.00"),
        "ItemTax": euro("3.80"),
        "PromotionDiscount": euro("1.00"),
        "ShippingPrice": euro("5.00"),
        "ShippingDiscount": euro("2.00"),
        "CODFee": euro("5.00"),
        "BuyerInfo": {"GiftMessageText": "Hi", "GiftWrapPrice": euro("4.00")},
    }
    order = parse(value).order
    assert [(charge.title, charge.net) for charge in order.charges] == [
        ("Std US D2D Dom", 3),
        ("Gift wrap", 4),
        ("Cash on delivery", 5),
    ]
    assert order.lines[0].discount == 1
    assert order.lines[0].properties == (("Gift message", "Hi"),)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AmazonOrderId": ""}, "no_reference"),
        ({"OrderStatus": "Canceled"}, "order_cancelled"),
        ({"OrderStatus": "PartiallyShipped"}, "partly_shipped"),
        ({"OrderTotal": None}, "missing_value"),
        ({"OrderTotal": {"CurrencyCode": "USD", "Amount": "x"}}, "not_a_number"),
    ],
)
def test_refused(changes, code):
    value = document()
    value["order"] |= changes
    result = parse(value)
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"OrderTotal": {"CurrencyCode": "USD", "Amount": "12"}}, "wrong_total"),
    ],
)
def test_totals_that_differ_hold_the_order(changes, code):
    value = document()
    value["order"] |= changes
    result = parse(value)
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


@pytest.mark.parametrize("value", [{}, [], 1, {"order": {}, "items": []}, {"order": 1, "items": 2}])
def test_not_an_order(value):
    assert codes(parse(value)) == ["other_format"]


def test_split():
    parts = amazon_api.split(json.dumps({"orders": [document(), document()]}).encode())
    assert [amazon_api.parse(part).order for part in parts] == [parse(document()).order] * 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SAMPLE = document()


@settings(deadline=None)
@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = amazon_api.parse(payload)
    assert result.order is not None or result.errors


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(SAMPLE["order"])), json_values, max_size=5),
    st.dictionaries(
        st.sampled_from(
            [*sorted(SAMPLE["items"]["OrderItems"][0]), "BuyerInfo", "CODFee", "ShippingTax"]
        ),
        json_values,
        max_size=4,
    ),
    st.dictionaries(st.sampled_from(["items", "address", "buyer"]), json_values, max_size=2),
)
def test_never_raises_on_a_distorted_order(changes, item_changes, parts):
    value = copy.deepcopy(SAMPLE)
    value["order"] |= changes
    value["items"]["OrderItems"][0] |= item_changes
    result = parse(value | parts)
    assert result.order is not None or result.errors

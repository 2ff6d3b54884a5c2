"""The Shopify reader, on Shopify's own documents and on everything that isn't one."""

import copy
import json
import runpy
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import shopify
from odoo.addons.order_processing.engine.intake.reading import MAX_BYTES

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "addons" / "order_processing" / "demo" / "files"
SHARED = ROOT.parent / "shared" / "order-samples" / "shopify"


def shared(name):
    path = SHARED / name
    assert path.exists(), f"Public sample ../shared/order-samples/shopify/{name} is missing"
    return path.read_bytes()


def sample(number=1001):
    return json.loads((FILES / f"shopify_order_{number}.json").read_text(encoding="utf-8"))


def parse(document):
    return shopify.parse(json.dumps(document).encode())


def codes(result):
    return [finding.code for finding in result.findings]


def test_old_documented_order_is_held_for_its_total():
    result = shopify.parse(shared("order.json"))
    assert result.order.total == Decimal("409.94")
    assert (result.ref, result.number) == ("450789469", "#1001")
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("wrong_total", "hold")
    assert finding.args == {
        "computed": "608.94",
        "stated": "409.94",
        "difference": "+199.00",
        "currency": "USD",
    }


def test_demo_document_is_what_its_script_makes_of_the_documented_one():
    path = ROOT / "tests" / "data" / "make_shopify_documents.py"
    script = runpy.run_path(str(path))
    assert sample() == script["newer_edition"](json.loads(shared("order.json"))["order"])


def test_documented_order_list_of_one():
    result = shopify.parse(shared("orders.json"))
    assert result.ref == "450789469"
    assert "several_orders" not in codes(result)


def test_newer_documented_order():
    result = parse(sample())
    order = result.order
    assert result.findings == ()
    assert [line.sku for line in order.lines] == ["IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK"]
    assert [line.discount for line in order.lines] == [
        Decimal("3.34"),
        Decimal("3.33"),
        Decimal("3.33"),
    ]
    assert order.total == Decimal("598.94")
    assert order.discount == 0
    assert order.discount_title == "TENOFF"
    (tax,) = order.taxes
    assert (tax.title, tax.rate, tax.amount) == ("State Tax", Decimal("0.06"), Decimal("11.94"))
    assert order.email == "bob.norman@mail.example.com"
    assert order.po_number == "ABC123"
    assert order.billing.phone == "+1(502)-459-2181"
    assert (order.shipping.country_code, order.shipping.state_code) == ("US", "KY")
    assert order.attributes == (("custom engraving", "Happy Birthday"), ("colour", "green"))
    assert order.lines[0].properties == (("Custom Engraving", "Happy Birthday"),)


def test_trade_order():
    order = parse(sample(1002)).order
    assert [line.quantity for line in order.lines] == [2, 3]
    assert [line.net for line in order.lines] == [Decimal("358.20"), Decimal("537.30")]
    (shipping,) = order.charges
    assert (shipping.net, shipping.taxes[0].amount) == (Decimal("14.50"), Decimal("0.87"))
    assert order.company_name == "Acme Instruments"
    assert order.shipping.street == "77 River Road"


@pytest.mark.parametrize("wrap", [lambda o: o, lambda o: {"order": o}, lambda o: {"orders": [o]}])
def test_wrapped(wrap):
    assert parse(wrap(sample())).order.ref == "450789469"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_document"),
        (b"  \n", "empty_document"),
        (b"{", "not_json"),
        (b'{"id": 1, "total_price": "12', "not_json"),
        (b"\xff\xfe{}", "not_utf8"),
        (b"<html>Bad gateway</html>", "not_json"),
        (b"[]", "not_an_order"),
        (b"42", "not_an_order"),
        (b"null", "not_an_order"),
        (b'{"hello": "world"}', "not_an_order"),
        (b'{"orders": [{}, {}]}', "several_orders"),
        (b'{"orders": []}', "several_orders"),
        (b'{"order": null}', "not_an_order"),
        (b'{"id": 1, "id": 2, "line_items": []}', "duplicate_key"),
        (b"[" * 100_000, "too_deep"),
        (b"[" * 100 + b"]" * 100, "too_deep"),
        (b" " * MAX_BYTES + b"{}", "too_large"),
    ],
)
def test_not_an_order_at_all(payload, code):
    result = shopify.parse(payload)
    assert result.order is None
    assert codes(result) == [code]


def test_truncated_anywhere_never_raises():
    payload = json.dumps(sample()).encode()
    for end in range(0, len(payload), 97):
        result = shopify.parse(payload[:end])
        assert result.order is None
        assert codes(result) in (["not_json"], ["empty_document"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cancelled_at": "2025-01-01T00:00:00Z"}, "order_cancelled"),
        ({"test": True}, "test_order"),
        ({"financial_status": "voided"}, "order_refunded"),
        ({"current_total_price": "199.65"}, "order_edited"),
        ({"id": None}, "no_reference"),
        ({"id": "x" * 5000}, "no_reference"),
        ({"currency": None}, "missing_value"),
        ({"total_price": None}, "missing_value"),
        ({"total_price": "many"}, "not_a_number"),
        ({"total_price": "1e30"}, "not_a_number"),
        ({"total_price": {}}, "not_a_number"),
        ({"line_items": []}, "no_lines"),
        ({"line_items": None}, "no_lines"),
        ({"line_items": {"0": {}}}, "not_a_list"),
        ({"line_items": ["a"]}, "not_an_object"),
        ({"tax_lines": 7}, "not_a_list"),
    ],
)
def test_refused(changes, code):
    result = parse(sample() | changes)
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total_price": "598.93"}, "wrong_total"),
        ({"total_price": "598.944"}, "too_many_decimals"),
    ],
)
def test_totals_that_differ_hold_the_order(changes, code):
    result = parse(sample() | changes)
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


def test_infinity_and_nan_are_no_numbers():
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        payload = json.dumps(sample()).encode().replace(b'"598.94"', word)
        assert codes(shopify.parse(payload)) == ["missing_value"]
    assert "not_a_number" in codes(parse(sample() | {"total_price": "NaN"}))


def test_all_findings_at_once():
    document = sample() | {"test": True, "total_price": "x"}
    document["line_items"][1]["sku"] = None
    document["line_items"][2]["quantity"] = -1
    assert set(codes(parse(document))) == {"test_order", "not_a_number", "no_sku", "negative_value"}


def test_numbers_may_be_texts_or_numbers():
    document = sample() | {"total_price": 598.94, "total_tax": 11.94, "id": "450789469"}
    document["line_items"][0] |= {"price": 199, "quantity": "1"}
    assert parse(document).order == parse(sample()).order


def test_text_a_database_cannot_store_is_cleaned():
    document = sample() | {"note": "nul \x00 half \ud800 end", "name": "#1\x00001"}
    order = parse(document).order
    assert order.note == "nul  half  end"
    assert order.number == "#1001"


def test_lines_edited_away_are_left_out():
    document = sample()
    gone = copy.deepcopy(document["line_items"][0]) | {"quantity": 0}
    document["line_items"].append(gone)
    assert len(parse(document).order.lines) == 3


def test_tip_and_duties_are_charged():
    document = sample() | {
        "total_tip_received": "5.00",
        "original_total_duties_set": {"shop_money": {"amount": "2.50", "currency_code": "USD"}},
        "total_price": "606.44",
    }
    order = parse(document).order
    assert [(charge.kind, charge.net) for charge in order.charges[1:]] == [
        ("tip", Decimal("5.00")),
        ("duty", Decimal("2.50")),
    ]


def test_discount_that_no_line_states():
    document = sample()
    for item in document["line_items"]:
        item.pop("discount_allocations")
    assert parse(document).order.discount == Decimal("10.00")


def test_free_shipping_by_discount():
    document = sample() | {"total_discounts": "25.00"}
    document["shipping_lines"] = [
        {
            "title": "Express",
            "price": "15.00",
            "discounted_price": "0.00",
            "discount_allocations": [{"amount": "15.00"}],
            "tax_lines": [],
        }
    ]
    order = parse(document).order
    assert order.charges[0].net == 0
    assert order.discount == 0


def test_yen_has_no_cents():
    document = {
        "id": 9,
        "name": "#9",
        "email": "a@b.example",
        "currency": "JPY",
        "taxes_included": True,
        "total_tax": "91",
        "total_price": "1000",
        "line_items": [{"id": 1, "sku": "A", "quantity": 1, "price": "1000"}],
    }
    assert parse(document).order.digits == 0
    assert codes(parse(document | {"total_price": "1000.50"})) == [
        "too_many_decimals",
        "wrong_total",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = shopify.parse(payload)
    assert result.order is not None or result.errors


@given(json_values)
def test_never_raises_on_json(value):
    result = shopify.parse(json.dumps(value).encode())
    assert result.order is not None or result.errors


KEYS = sorted(sample()) + ["current_total_price", "original_total_duties_set"]


@given(st.dictionaries(st.sampled_from(KEYS), json_values, max_size=5))
def test_never_raises_on_a_distorted_order(changes):
    result = parse(sample() | changes)
    assert result.order is not None or result.errors


LINE_KEYS = sorted(sample()["line_items"][0])


@given(st.dictionaries(st.sampled_from(LINE_KEYS), json_values, max_size=4))
def test_never_raises_on_a_distorted_line(changes):
    document = sample()
    document["line_items"][0] |= changes
    result = parse(document)
    assert result.order is not None or result.errors

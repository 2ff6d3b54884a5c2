"""The addon's own order JSON: round trip, and agreement of the reader with the published schema."""

import json
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import canonical_json, shopify, woocommerce
from odoo.addons.order_processing.engine.intake.canonical import (
    Address,
    Charge,
    Line,
    Order,
    Party,
    Payment,
    Tax,
    merge_taxes,
)
from odoo.addons.order_processing.engine.intake.payments import KINDS, STATUSES
from odoo.addons.order_processing.engine.intake.totals import computed_net, computed_total

ROOT = Path(__file__).resolve().parents[2]
ADDON = ROOT / "addons" / "order_processing"
SCHEMA = json.loads((ADDON / "static" / "openapi" / "order.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def shared(name):
    path = ROOT.parent / "shared" / "order-samples" / name
    assert path.exists(), f"Public sample ../shared/order-samples/{name} is missing"
    return path.read_bytes()


def parse(document):
    return canonical_json.parse(json.dumps(document).encode())


def codes(result):
    return [finding.code for finding in result.findings]


def words(limit=20, minimum=0):
    characters = st.characters(exclude_categories=("Cs", "Cc"))
    texts = st.text(characters, min_size=minimum, max_size=limit).map(str.strip)
    return texts.filter(lambda text: len(text) >= minimum)


def codes_of(limit):
    return st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=limit)


amounts = st.decimals(0, 99999, places=2)
signed = st.decimals(-99999, 99999, places=2)
taxes = st.lists(
    st.builds(Tax, words(), st.none() | st.decimals(0, 1, places=4), amounts), max_size=2
).map(tuple)
pairs = st.lists(st.tuples(words(20, 1), words()), max_size=2).map(tuple)
days = st.just("") | st.dates().map(lambda day: day.isoformat())
lines = st.builds(
    Line,
    ref=words(10),
    sku=words(10, 1),
    title=words(),
    quantity=st.decimals("0.001", 500, places=3),
    unit_price=st.none() | st.decimals(0, 9999, places=10),
    discount=amounts,
    taxes=taxes,
    requires_shipping=st.booleans(),
    properties=pairs,
    gtin=st.sampled_from(["", "4006381333931"]),
    buyer_sku=words(10),
    manufacturer_sku=words(10),
    uom=st.sampled_from(["", "C62", "KGM"]),
    price_basis=st.sampled_from([Decimal(1), Decimal(100)]),
    requested_date=days,
    note=words(),
)
parties = st.none() | st.builds(
    Party,
    name=words(20, 1),
    gln=st.sampled_from(["", "5790000000005"]),
    vat=words(10),
    registry=words(10),
    endpoint=words(10),
    endpoint_scheme=words(4),
    ids=pairs.map(lambda found: tuple((value, name) for name, value in found)),
    contact=words(),
    email=words(),
    phone=words(),
)
charges = st.builds(
    Charge,
    kind=st.sampled_from(canonical_json.CHARGE_KINDS),
    title=words(),
    amount=signed,
    discount=amounts,
    taxes=taxes,
)
payments = st.builds(
    Payment,
    kind=st.sampled_from(KINDS),
    amount=amounts,
    status=st.sampled_from(STATUSES),
    method=words(),
    reference=words(),
    paid_at=words(),
)
addresses = st.none() | st.builds(
    Address,
    name=words(20, 1),
    zip=words(10),
    country_code=codes_of(2),
    state_code=codes_of(3),
    phone=words(),
)


@st.composite
def orders(draw):
    order = draw(
        st.builds(
            Order,
            ref=words(20, 1),
            number=words(20, 1),
            currency=st.sampled_from(["USD", "EUR", "JPY", "KWD", ""]),
            total=st.just(Decimal()),
            total_tax=st.just(Decimal()),
            taxes_included=st.booleans(),
            lines=st.lists(lines, min_size=1, max_size=4).map(tuple),
            charges=st.lists(charges, max_size=2).map(tuple),
            taxes=taxes,
            discount=amounts,
            discount_title=words(),
            email=words(20, 1),
            company_name=words(),
            billing=addresses,
            shipping=addresses,
            po_number=words(),
            note=words(200),
            attributes=pairs,
            payments=st.lists(payments, max_size=2).map(tuple),
            placed_at=words(),
            financial_status=words(),
            payment_terms=words(),
            taxes_stated=st.booleans(),
            requested_date=days,
            not_before=days,
            ship_date=days,
            buyer=parties,
            seller=parties,
            delivery=parties,
        )
    )
    if not order.taxes:
        parts = [tax for part in (*order.lines, *order.charges) for tax in part.taxes]
        order = replace(order, taxes=merge_taxes(parts))
    order = replace(order, total_tax=sum((tax.amount for tax in order.taxes), Decimal()))
    total = computed_total(order)
    if total < 0:
        order = replace(order, charges=(*order.charges, Charge("shipping", "", -total)))
    net_total = draw(st.sampled_from([None, computed_net(order)]))
    if net_total is not None and net_total < 0:
        net_total = None
    total = draw(st.sampled_from([None, computed_total(order)]))
    return replace(order, total=total, net_total=net_total)


@settings(deadline=None, max_examples=60)
@given(orders())
def test_what_is_dumped_is_read_back_and_fits_the_schema(order):
    payload = canonical_json.dump(order)
    result = canonical_json.parse(payload)
    assert result.findings == ()
    assert result.order == order
    assert canonical_json.dump(result.order) == payload
    VALIDATOR.validate(json.loads(payload))


@pytest.mark.parametrize(
    ("reader", "payload"),
    [
        (shopify, (ADDON / "demo" / "files" / "shopify_order_1001.json").read_bytes()),
        (shopify, (ADDON / "demo" / "files" / "shopify_order_1002.json").read_bytes()),
        (woocommerce, shared("woocommerce/order_1.json")),
    ],
)
def test_orders_of_other_formats_go_out_and_come_back(reader, payload):
    order = reader.parse(payload).order
    dumped = canonical_json.dump(order)
    VALIDATOR.validate(json.loads(dumped))
    assert canonical_json.parse(dumped).order == order


def test_schema_is_valid_and_its_example_is_read():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    (example,) = SCHEMA["examples"]
    VALIDATOR.validate(example)
    result = parse(example)
    assert result.findings == ()
    assert result.order.total == Decimal("24.99")
    assert [(tax.rate, tax.amount) for tax in result.order.taxes] == [
        (Decimal("0.19"), Decimal("3.99"))
    ]


def test_schema_names_every_field():
    for model, schema in [
        (Order, SCHEMA),
        (Line, SCHEMA["$defs"]["line"]),
        (Charge, SCHEMA["$defs"]["charge"]),
        (Tax, SCHEMA["$defs"]["tax"]),
        (Address, SCHEMA["$defs"]["address"]),
        (Party, SCHEMA["$defs"]["party"]),
    ]:
        assert {field.name for field in fields(model)} == set(schema["properties"])


def minimal(**changes):
    return {
        "ref": "1",
        "currency": "EUR",
        "total": 10,
        "email": "a@b.example",
        "lines": [{"sku": "A", "quantity": 1, "unit_price": 10.0}],
    } | changes


def test_minimal():
    VALIDATOR.validate(minimal())
    order = parse(minimal()).order
    assert (order.number, order.total, order.total_tax) == ("1", 10, 0)
    assert parse({"order": minimal()}).order == order
    payload = json.dumps([minimal(), minimal(ref="2")]).encode()
    assert [canonical_json.parse(part).ref for part in canonical_json.split(payload)] == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ref": ""}, "no_reference"),
        ({"ref": "x" * 65}, "no_reference"),
        ({"currency": None}, "missing_value"),
        ({"lines": []}, "no_lines"),
        ({"lines": "A"}, "not_a_list"),
        ({"lines": [{"sku": "", "quantity": 1, "unit_price": 10}]}, "no_sku"),
        ({"lines": [{"sku": "A", "quantity": 0, "unit_price": 10}]}, "zero_quantity"),
        ({"lines": [{"sku": "A", "quantity": -1, "unit_price": -10}]}, "negative_value"),
        ({"lines": [{"sku": "A", "quantity": 1e308, "unit_price": 0}]}, "missing_value"),
        ({"email": ""}, "no_customer"),
        ({"charges": [{"kind": "bribe", "amount": 0}]}, "unknown_kind"),
        ({"payments": [{"amount": 1, "status": "promised"}]}, "unknown_word"),
        ({"payments": [{"amount": -1, "status": "captured"}]}, "negative_value"),
    ],
)
def test_refused(changes, code):
    result = parse(minimal(**changes))
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total": 9.99}, "wrong_total"),
        ({"total_tax": 1, "total": 11, "taxes": [{"amount": 2}]}, "wrong_tax_total"),
    ],
)
def test_totals_that_differ_hold_the_order(changes, code):
    result = parse(minimal(**changes))
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


def test_what_may_be_left_open():
    document = minimal(total=None, currency="", requested_date="31.12.2026")
    document["lines"][0]["unit_price"] = None
    result = parse(document)
    assert codes(result) == ["not_a_date"]
    order = result.order
    assert (order.total, order.currency, order.lines[0].unit_price) == (None, "", None)
    del document["total"], document["lines"][0]["unit_price"]
    assert codes(parse(document)) == ["missing_value", "missing_value", "not_a_date"]
    document = minimal(total=None, net_total=11)
    assert codes(parse(document)) == ["wrong_total"]


@pytest.mark.parametrize("value", [{}, [], 1, None, {"order": {}}, {"line_items": []}])
def test_not_an_order(value):
    assert codes(parse(value)) == ["other_format"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = canonical_json.parse(payload)
    assert result.order is not None or result.errors
    assert canonical_json.split(payload)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), json_values, max_size=4),
    st.dictionaries(
        st.sampled_from(sorted(SCHEMA["$defs"]["line"]["properties"])), json_values, max_size=4
    ),
)
def test_never_raises_on_a_distorted_order(changes, line_changes):
    document = minimal()
    document["lines"][0] |= line_changes
    result = parse(document | changes)
    assert result.order is not None or result.errors

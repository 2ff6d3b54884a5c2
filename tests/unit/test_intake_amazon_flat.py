"""The reader of Amazon's order reports.

No report is public; these are made after the field lists of Seller Central (help pages 201648780
and 200547170).
"""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import amazon_flat
from odoo.addons.order_processing.engine.intake.lines import plan_lines

COLUMNS = (
    "amazon-order-id order-item-id purchase-date payments-date buyer-email buyer-name"
    " buyer-phone-number sku product-name quantity-purchased currency item-price item-tax"
    " shipping-price shipping-tax ship-service-level recipient-name ship-address-1 ship-address-2"
    " ship-address-3 ship-city ship-state ship-postal-code ship-country ship-phone-number"
    " item-promotion-discount item-promotion-id ship-promotion-discount sales-channel"
).split()


def row(**values):
    cells = {
        "amazon_order_id": "113-1111111-1111111",
        "order_item_id": "1",
        "purchase_date": "2025-02-03T04:05:06+00:00",
        "buyer_email": "x1@marketplace.amazon.com",
        "buyer_name": "Ann Buyer",
        "sku": "SKU-1",
        "product_name": "Teapot",
        "quantity_purchased": "2",
        "currency": "USD",
        "item_price": "39.98",
        "item_tax": "3.30",
        "shipping_price": "5.99",
        "shipping_tax": "0.49",
        "ship_service_level": "Standard",
        "recipient_name": "Ann Receiver",
        "ship_address_1": "12 Main St",
        "ship_address_2": "Apt 4",
        "ship_address_3": "Rear",
        "ship_city": "Portland",
        "ship_state": "OR",
        "ship_postal_code": "97201",
        "ship_country": "US",
        "sales_channel": "Amazon.com",
    } | values
    return [cells.get(name.replace("-", "_"), "") for name in COLUMNS]


SECOND = row(
    order_item_id="2", sku="SKU-2", quantity_purchased="1", item_price="10.00", item_tax=""
)
OTHER = row(amazon_order_id="113-2222222-2222222", item_promotion_discount="4.00")


def report(*rows, columns=COLUMNS, encoding="utf-8"):
    return "\n".join("\t".join(cells) for cells in (columns, *rows)).encode(encoding)


def codes(result):
    return [finding.code for finding in result.findings]


def test_order_of_two_items():
    result = amazon_flat.parse(report(row(), SECOND))
    order = result.order
    assert result.findings == ()
    assert order.ref == "113-1111111-1111111"
    assert [(line.sku, line.quantity, line.net) for line in order.lines] == [
        ("SKU-1", 2, Decimal("39.98")),
        ("SKU-2", 1, Decimal("10.00")),
    ]
    (shipping,) = order.charges
    assert (shipping.title, shipping.net) == ("Standard", Decimal("11.98"))
    assert order.total_tax == Decimal("4.28")
    assert order.total == Decimal("66.24")
    assert not order.taxes_included
    assert (order.customer_name, order.shipping.name) == ("Ann Buyer", "Ann Receiver")
    assert (order.shipping.street2, order.shipping.state_code) == ("Apt 4, Rear", "OR")
    assert sum(line.quantity * line.price_unit for line in plan_lines(order, "line")) == order.total


def test_several_orders_are_split_into_reports_of_their_own():
    payload = report(row(), OTHER, SECOND)
    assert codes(amazon_flat.parse(payload)) == ["several_orders"]
    parts = amazon_flat.split(payload)
    orders = [amazon_flat.parse(part).order for part in parts]
    assert [(order.ref, len(order.lines)) for order in orders] == [
        ("113-1111111-1111111", 2),
        ("113-2222222-2222222", 1),
    ]
    assert orders[1].lines[0].discount == 4
    assert [amazon_flat.split(part) for part in parts] == [[part] for part in parts]


def test_european_prices_include_tax():
    order = amazon_flat.parse(
        report(row(currency="EUR", sales_channel="Amazon.de", shipping_price="", shipping_tax=""))
    ).order
    assert order.taxes_included
    assert order.total == Decimal("39.98")


def test_without_marketplace_the_currency_decides_and_it_is_said():
    result = amazon_flat.parse(report(row(sales_channel="", currency="GBP")))
    assert result.order.taxes_included
    assert codes(result) == ["prices_assumed_gross"]


def test_more_promotions_on_a_row_of_their_own():
    blank = ["113-1111111-1111111", "1", *[""] * (len(COLUMNS) - 2)]
    blank[COLUMNS.index("item-promotion-discount")] = "-1.50"
    order = amazon_flat.parse(report(row(item_promotion_discount="-2.00"), blank)).order
    assert [line.discount for line in order.lines] == [Decimal("3.50")]


def test_names_of_the_all_orders_report():
    columns = ["order-id" if name == "amazon-order-id" else name for name in COLUMNS]
    columns = ["quantity" if name == "quantity-purchased" else name for name in columns]
    assert amazon_flat.parse(report(row(), columns=columns)).order.lines[0].quantity == 2


@pytest.mark.parametrize(
    ("encoding", "name", "values", "expected"),
    [
        ("utf-8", "Zoë 東京", {}, []),
        ("utf-8-sig", "Zoë 東京", {}, []),
        ("utf-16", "Zoë 東京", {}, []),
        ("cp1252", "Zoë", {"currency": "USD"}, ["encoding_guessed"]),
        (
            "cp932",
            "東京都千代田区 表示",
            {"currency": "JPY", "sales_channel": "Amazon.co.jp"},
            ["encoding_guessed"],
        ),
    ],
)
def test_encodings(encoding, name, values, expected):
    payload = report(
        row(recipient_name=name, **values),
        row(amazon_order_id="2", **values),
        encoding=encoding,
    )
    first, _second = amazon_flat.split(payload)
    part = amazon_flat.parse(first)
    assert part.order.shipping.name == name
    assert codes(part) == expected
    alone = amazon_flat.parse(report(row(recipient_name=name, **values), encoding=encoding))
    assert alone.order.shipping.name == name
    assert codes(alone) == expected


def test_a_quote_in_a_title_swallows_nothing():
    payload = report(row(product_name='"Best 5" teapot'), SECOND, OTHER)
    parts = amazon_flat.split(payload)
    assert len(parts) == 2
    assert amazon_flat.parse(parts[0]).order.lines[0].title == '"Best 5" teapot'


@pytest.mark.parametrize(
    ("columns", "code", "named"),
    [
        (["order-id", "sku", "currency"], "missing_columns", "quantity-purchased, item-price"),
        (["a", "b"], "other_format", None),
        (["sku", "sku", "order-id"], "duplicate_column", None),
    ],
)
def test_missing_columns_are_named(columns, code, named):
    result = amazon_flat.parse(report(["1", "2", "3"], columns=columns))
    assert codes(result) == [code]
    assert named is None or result.findings[0].args["columns"] == named


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"quantity_purchased": "-1"}, "negative_value"),
        ({"quantity_purchased": "1e308"}, "not_a_number"),
        ({"item_price": "ten"}, "not_a_number"),
        ({"sku": ""}, "no_sku"),
        ({"currency": ""}, "missing_value"),
        ({"quantity_purchased": "0"}, "no_lines"),
        ({"amazon_order_id": ""}, "no_reference"),
    ],
)
def test_refused(values, code):
    result = amazon_flat.parse(report(row(**values)))
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("order-status", "Cancelled", "order_cancelled"),
        ("order-status", "Shipped - Delivered to Buyer", "already_shipped"),
        ("order-status", "Pending", "payment_pending"),
        ("fulfillment-channel", "Amazon", "fulfilled_elsewhere"),
    ],
)
def test_nothing_to_ship(column, value, code):
    result = amazon_flat.parse(report([*row(), value], columns=[*COLUMNS, column]))
    assert codes(result) == [code]


def test_mixed_currencies():
    payload = report(row(), row(order_item_id="2", currency="CAD"))
    assert codes(amazon_flat.parse(payload)) == ["mixed_currencies"]


cells = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "1", "-1", "0", "1e99", "9.99", "NaN"])
)


@settings(deadline=None)
@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = amazon_flat.parse(payload)
    assert result.order is not None or result.errors
    assert amazon_flat.split(payload)


@settings(deadline=None)
@given(st.lists(st.lists(cells, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=4))
def test_never_raises_on_any_cells(rows):
    payload = report(*rows, encoding="utf-8").replace(b"\x00", b"") if rows else b"x"
    for part in [payload, *amazon_flat.split(payload)]:
        result = amazon_flat.parse(part)
        assert result.order is not None or result.errors

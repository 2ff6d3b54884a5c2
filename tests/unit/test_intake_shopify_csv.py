"""The reader of Shopify's order export.

The orders are those of Shopify's own documented JSON (demo files), laid out as the export does.
"""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import shopify, shopify_csv
from odoo.addons.order_processing.engine.intake.lines import plan_lines

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "addons" / "order_processing" / "demo" / "files"
COLUMNS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,"
    "Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,"
    "Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,"
    "Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,"
    "Tax 2 Name,Tax 2 Value,Phone,Receipt Number,Duties"
).split(",")
HEAD = {
    "Name": "#1001",
    "Email": "bob.norman@mail.example.com",
    "Financial Status": "paid",
    "Fulfillment Status": "unfulfilled",
    "Currency": "USD",
    "Subtotal": "587.00",
    "Shipping": "0.00",
    "Taxes": "11.94",
    "Total": "598.94",
    "Discount Code": "TENOFF",
    "Discount Amount": "10.00",
    "Shipping Method": "Free Shipping",
    "Created at": "2008-01-10 11:00:00 -0500",
    "Billing Name": "Bob Norman",
    "Billing Address1": "Chestnut Street 92",
    "Billing City": "Louisville",
    "Billing Zip": "'40202",
    "Billing Province": "KY",
    "Billing Country": "US",
    "Note Attributes": "custom engraving: Happy Birthday\n_internal: 1\ncolour: green",
    "Id": "450789469",
    "Tax 1 Name": "State Tax 6%",
    "Tax 1 Value": "11.94",
}


def line(name="#1001", **values):
    cells = {
        "Name": name,
        "Lineitem quantity": "1",
        "Lineitem name": "IPod Nano - 8GB",
        "Lineitem price": "199.00",
        "Lineitem requires shipping": "true",
        "Lineitem discount": "0.00",
    }
    return cells | {key.replace("_", " "): value for key, value in values.items()}


def documented(**changes):
    """Order #1001, with lines that come to 597.00 before its discount."""
    head = HEAD | {key.replace("_", " "): value for key, value in changes.items()}
    return [
        head | line(head["Name"], Lineitem_sku="IPOD2008GREEN"),
        line(head["Name"], Lineitem_sku="IPOD2008RED"),
        line(head["Name"], Lineitem_sku="IPOD2008BLACK"),
    ]


def export(rows, columns=COLUMNS):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def codes(result):
    return [finding.code for finding in result.findings]


def test_the_same_order_as_in_json():
    result = shopify_csv.parse(export(documented()))
    order = result.order
    other = shopify.parse((FILES / "shopify_order_1001.json").read_bytes()).order
    assert result.findings == ()
    for name in ("ref", "number", "currency", "total", "total_tax", "taxes", "email", "attributes"):
        assert getattr(order, name) == getattr(other, name), name
    assert [(each.sku, each.quantity, each.unit_price) for each in order.lines] == [
        (each.sku, each.quantity, each.unit_price) for each in other.lines
    ]
    assert order.discount == 10
    assert order.billing.zip == "40202"
    assert not order.taxes_included
    planned = plan_lines(order, "line")
    assert sum(each.quantity * each.price_unit for each in planned) == order.total


def test_split_orders_and_parts_stand_alone():
    rows = documented() + documented(Name="#1002", Id="77")
    payload = export(rows)
    assert codes(shopify_csv.parse(payload)) == ["several_orders"]
    parts = shopify_csv.split(payload)
    orders = [shopify_csv.parse(part).order for part in parts]
    assert [(order.ref, order.number, len(order.lines)) for order in orders] == [
        ("450789469", "#1001", 3),
        ("77", "#1002", 3),
    ]
    assert shopify_csv.split(parts[0]) == [parts[0]]


def test_prices_that_include_tax():
    order = shopify_csv.parse(export(documented(Total="587.00"))).order
    assert order.taxes_included
    assert order.total_tax == Decimal("11.94")


@pytest.mark.parametrize(
    ("changes", "line_discount", "discount"),
    [
        # The amount counts the lines' discounts, or doesn't.
        ({"Discount Amount": "10.00", "Subtotal": "587.00"}, "4.00", "6.00"),
        ({"Discount Amount": "10.00", "Subtotal": "583.00", "Total": "594.94"}, "4.00", "10.00"),
        # A discount on shipping: stated shipping is after it.
        ({"Discount Amount": "10.00", "Subtotal": "597.00", "Total": "608.94"}, "0", "0"),
        ({"Discount Amount": "10.00", "Subtotal": ""}, "4.00", "6.00"),
    ],
)
def test_which_discount_is_meant(changes, line_discount, discount):
    rows = documented()
    rows[0] |= changes | {"Lineitem discount": line_discount}
    order = shopify_csv.parse(export(rows)).order
    assert order.discount == Decimal(discount)


def test_tip_and_duties():
    rows = documented(Total="606.44", Duties="2.50")
    rows.append(
        line(
            Lineitem_name="Tip",
            Lineitem_price="5.00",
            Lineitem_requires_shipping="false",
        )
    )
    order = shopify_csv.parse(export(rows)).order
    assert [(charge.kind, charge.net) for charge in order.charges] == [
        ("shipping", 0),
        ("duty", Decimal("2.50")),
        ("tip", 5),
    ]


def test_tax_titles():
    rows = documented()
    rows[0] |= {
        "Tax 1 Name": "MwSt 7,7 %",
        "Tax 1 Value": "10.94",
        "Tax 2 Name": "City (2%)",
        "Tax 2 Value": "1.00",
    }
    taxes = shopify_csv.parse(export(rows)).order.taxes
    assert [(tax.title, tax.rate) for tax in taxes] == [
        ("MwSt", Decimal("0.077")),
        ("City", Decimal("0.02")),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Cancelled_at": "2025-01-01"}, "order_cancelled"),
        ({"Financial_Status": "refunded"}, "order_refunded"),
        ({"Fulfillment_Status": "fulfilled"}, "already_shipped"),
        ({"Fulfillment_Status": "partial"}, "partly_shipped"),
        ({"Id": "4.50789E+12"}, "mangled_reference"),
        ({"Total": ""}, "missing_value"),
        ({"Currency": ""}, "missing_value"),
        ({"Total": "=1+1"}, "not_a_number"),
        ({"Email": "", "Billing_Name": ""}, "no_customer"),
    ],
)
def test_refused(changes, code):
    result = shopify_csv.parse(export(documented(**changes)))
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Total": "598.93"}, "wrong_total"),
    ],
)
def test_totals_that_differ_hold_the_order(changes, code):
    result = shopify_csv.parse(export(documented(**changes)))
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


def test_partly_refunded_is_a_warning():
    result = shopify_csv.parse(export(documented(Refunded_Amount="5.00")))
    assert result.order
    assert codes(result) == ["partly_refunded"]


def test_old_export_without_id():
    columns = [name for name in COLUMNS if name != "Id"]
    assert shopify_csv.parse(export(documented(), columns)).order.ref == "#1001"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_document"),
        (b"a,b\n1,2\n", "other_format"),
        (b"Name,Lineitem name\nx,y\n", "missing_columns"),
        (b"Name,Name\nx,y\n", "duplicate_column"),
        (export([]), "no_lines"),
        (b"\x81\x8d\x8f\xff\xfe", "unknown_encoding"),
    ],
)
def test_not_an_export(payload, code):
    assert codes(shopify_csv.parse(payload)) == [code]


def test_bad_row_stops_no_other_order():
    payload = export(documented()) + b"#1002" + b",x" * 100 + b"\r\n"
    first, second = shopify_csv.split(payload)
    assert shopify_csv.parse(first).order
    assert "too_many_cells" in codes(shopify_csv.parse(second))


def test_truncated_anywhere_never_raises():
    payload = export(documented())
    for end in range(0, len(payload), 53):
        result = shopify_csv.parse(payload[:end])
        assert result.order is not None or result.errors


cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["1", "-1", "1e99", "9.99", "NaN", "Tip", "20%", "=cmd()", "٣"]),
)


@settings(deadline=None)
@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = shopify_csv.parse(payload)
    assert result.order is not None or result.errors
    assert shopify_csv.split(payload)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), cells, max_size=12), max_size=4))
def test_never_raises_on_any_cells(rows):
    payload = export([HEAD | rows[0], *rows[1:]] if rows else []).replace(b"\x00", b"")
    for part in [payload, *shopify_csv.split(payload)]:
        result = shopify_csv.parse(part)
        assert result.order is not None or result.errors

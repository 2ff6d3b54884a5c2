"""Tables with a column mapping: guessing it, numbers and dates as people write them, XLSX."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.addons.order_processing.engine.intake import csv_mapped, numerals, spreadsheets
from odoo.addons.order_processing.engine.intake.mapping import FIELDS, guess_mapping

#: As Odoo exports sales orders with their lines.
ODOO = """\
Order Reference,Customer,Order Date,Currency,Total,Taxes,Order Lines/Product/Internal Reference,\
Order Lines/Quantity,Order Lines/Unit Price,Order Lines/Discount (%),Order Lines/Taxes
S00021,Acme Corp,2025-02-03 10:00:00,USD,235.75,30.75,DESK-1,2.00,100.00,10.00,15% S
,,,,,,LAMP,1.00,25.00,0.00,15% S
S00022,Jane Roe,2025-02-04 10:00:00,USD,11.50,1.50,LAMP,1.00,10.00,0.00,15% S
"""
GERMAN = """\
Bestellnummer;Datum;Kunde;Währung;Artikelnummer;Bezeichnung;Menge;Einzelpreis;Versandkosten
4711;31.01.2025;Müller GmbH;EUR;A-1;Teekanne;2;1.234,50;4,90
4711;31.01.2025;Müller GmbH;EUR;A-2;Tasse;0,5;3,20;
4712;01.02.2025;Schulz;EUR;A-1;Teekanne;1;1.234;
"""
FLAT = "Order,SKU,Qty,Price,Customer,Currency\n1,A,2,9.99,Ann,EUR\n"


def codes(result):
    return [finding.code for finding in result.findings]


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_odoo_export():
    first, second = csv_mapped.split(ODOO.encode())
    result = csv_mapped.parse(first)
    order = result.order
    assert result.findings == ()
    assert (order.ref, order.customer_name, order.total) == (
        "S00021",
        "Acme Corp",
        Decimal("235.75"),
    )
    assert [(line.sku, line.net) for line in order.lines] == [("DESK-1", 180), ("LAMP", 25)]
    assert order.lines[0].taxes[0].rate == Decimal("0.15")
    assert order.total_tax == Decimal("30.75")
    assert csv_mapped.parse(second).order.total == Decimal("11.50")
    assert codes(csv_mapped.parse(ODOO.encode())) == ["several_orders"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_german_table(encoding):
    first, second = csv_mapped.split(GERMAN.encode(encoding))
    order = csv_mapped.parse(first).order
    assert [(line.quantity, line.unit_price) for line in order.lines] == [
        (2, Decimal("1234.50")),
        (Decimal("0.5"), Decimal("3.20")),
    ]
    assert order.total == Decimal("2475.50")
    assert order.charges[0].amount == Decimal("4.90")
    assert order.customer_name == "Müller GmbH"
    assert order.placed_at == "2025-01-31"
    # This order's only number could be either; the whole file's decimal comma went along.
    assert csv_mapped.parse(second).order.total == 1234


def test_given_mapping_with_constants():
    payload = b"no;what;how many;each\n7;A;3;2,5\n"
    mapping = {
        "ref": "no",
        "sku": "what",
        "quantity": "how many",
        "unit_price": "each",
        "currency": "=EUR",
        "customer_name": "=Walk-in",
        "tax_rate": "=19.0",
        "taxes_included": "=true",
    }
    order = csv_mapped.parse(payload, mapping).order
    assert (order.total, order.total_tax) == (Decimal("7.50"), Decimal("1.20"))
    assert order.taxes_included
    assert order.taxes[0].rate == Decimal("0.19")


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"ref": "Order"}, "unmapped_fields"),
        ({"ref": "Nope", "sku": "SKU"}, "missing_columns"),
        ({"colour": "SKU"}, "unknown_fields"),
        ({"ref": "=1", "sku": "SKU", "quantity": "Qty", "unit_price": "Price"}, "unmapped_fields"),
        ({"ref": False}, "unmapped_fields"),
    ],
)
def test_mapping_that_does_not_fit(mapping, code):
    assert codes(csv_mapped.parse(FLAT.encode(), mapping)) == [code]
    assert csv_mapped.split(FLAT.encode(), mapping) == [FLAT.encode()]
    assert code in codes(csv_mapped.preview(FLAT.encode(), mapping))


def test_guessed_mapping():
    assert guess_mapping(["E-Mail", "Ship to City", "SKU", "Discount", "Invoice Address/City"]) == {
        "email": "E-Mail",
        "shipping_city": "Ship to City",
        "sku": "SKU",
        "billing_city": "Invoice Address/City",
    }
    headers = GERMAN.splitlines()[0].split(";")
    found = list(guess_mapping(headers).values())
    assert found == [header for header in headers if header in found]
    assert set(guess_mapping(headers)) == {
        "ref",
        "placed_at",
        "customer_name",
        "currency",
        "sku",
        "title",
        "quantity",
        "unit_price",
        "shipping_amount",
    }


def test_addresses():
    header = "Order,SKU,Qty,Price,Currency,Ship to Name,Street,City,Zip,Country,State,Billing City"
    payload = f"{header}\n1,A,1,1.00,USD,Ann,1 High St,Troy,12180,US,NY,Albany\n".encode()
    order = csv_mapped.parse(payload).order
    assert (order.shipping.name, order.shipping.street) == ("Ann", "1 High St")
    assert (order.shipping.country_code, order.shipping.state_code) == ("US", "NY")
    assert order.billing.city == "Albany"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1,A,-2,9.99,Ann,EUR", "negative_value"),
        ("1,A,1e308,9.99,Ann,EUR", "not_a_number"),
        ("1,A,two,9.99,Ann,EUR", "not_a_number"),
        ("1,A,,9.99,Ann,EUR", "missing_value"),
        ("1,A,0,9.99,Ann,EUR", "no_lines"),
        ("1,,2,9.99,Ann,EUR", "no_sku"),
        ("1,A,2,9.99,,EUR", "no_customer"),
        ("1,A,2,9.99,Ann,", "missing_value"),
        (",A,2,9.99,Ann,EUR", "no_reference"),
        ("1,A,2,9.99,Ann,EUR,surplus", "too_many_cells"),
        ("1,A,2,9.99,Ann,EUR\n1,B,1,1.00,Bob,EUR", "contradiction"),
        (f"{'9' * 65},A,2,9.99,Ann,EUR", "no_reference"),
    ],
)
def test_refused(row, code):
    payload = (FLAT.splitlines()[0] + "\n" + row + "\n").encode()
    result = csv_mapped.parse(payload)
    assert result.order is None
    assert code in codes(result)


def test_formulas_are_plain_text():
    payload = FLAT.replace("Ann", "=HYPERLINK(0)").encode()
    assert csv_mapped.parse(payload).order.customer_name == "=HYPERLINK(0)"
    payload = FLAT.replace("9.99", "=1+1").encode()
    assert codes(csv_mapped.parse(payload)) == ["not_a_number"]


def test_preview():
    shown = csv_mapped.preview(GERMAN.encode() + b"4713;x;;EUR;A;B;2;zwei;\n")
    assert shown.count == 3
    assert shown.rows[0]["unit_price"] == "1234.50"
    assert shown.rows[3]["unit_price"] == "zwei"
    assert {"not_a_number", "no_customer", "ambiguous_date"} <= set(codes(shown))
    assert any(finding.field == "4713: row[2].unit_price" for finding in shown.findings)
    unused = csv_mapped.preview(b"Order,SKU,Qty,Price,Discount\n1,A,1,1,5\n").unused
    assert unused == ("Discount",)


def test_ten_thousand_lines():
    rows = "".join(f"{n // 10},A,1,1.00,Ann,EUR\n" for n in range(10_000))
    parts = csv_mapped.split((FLAT.splitlines()[0] + "\n" + rows).encode())
    assert len(parts) == 1000
    assert csv_mapped.parse(parts[-1]).order.total == 10
    one = FLAT.splitlines()[0] + "\n" + "1,A,1,1.00,Ann,EUR\n" * 10_000
    assert codes(csv_mapped.parse(one.encode())) == ["too_many_items"]


@pytest.mark.parametrize(
    ("texts", "delimiter", "expected"),
    [
        (["1,5"], ",", (",", True)),
        (["1.5", "1,234"], ",", (".", True)),
        (["1.234,5"], ",", (",", True)),
        (["1,234,567"], ";", (".", True)),
        (["1.234"], ";", (",", False)),
        (["1.234"], ",", (".", False)),
        (["0.125"], ";", (".", True)),
        (["abc", ""], ",", (".", False)),
    ],
)
def test_decimal_mark(texts, delimiter, expected):
    assert numerals.decimal_mark(texts, delimiter) == expected


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1.234,50 €", ",", "1234.50"),
        ("$1,234.50", ".", "1234.50"),
        ("1 234,5", ",", "1234.5"),
        ("CHF 1'234.50", ".", "1234.50"),
        ("(12.00)", ".", "-12"),
        ("12.00-", ".", "-12"),
        ("15%", ".", "15"),
        ("1,5", ".", None),
        ("1e5", ".", None),
        ("٣", ".", None),
        ("", ".", None),
        (".", ".", None),
        ("9" * 20, ".", None),
    ],
)
def test_to_decimal(text, mark, value):
    assert numerals.to_decimal(text, mark) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "others", "expected"),
    [
        ("2025-02-03", [], "2025-02-03"),
        ("2025-02-03T10:00:00Z", [], "2025-02-03T10:00:00Z"),
        ("3.2.2025", [], "2025-02-03"),
        ("03/02/2025", ["31/01/2025"], "2025-02-03"),
        ("03/02/2025", ["01/31/2025"], "2025-03-02"),
        ("03/02/2025", [], None),
        ("03/03/25 10:00", [], "2025-03-03 10:00"),
        ("2025/2/3", [], "2025-02-03"),
        ("31/31/2025", [], None),
        ("soon", [], None),
    ],
)
def test_dates(text, others, expected):
    assert numerals.to_iso(text, numerals.day_first([text, *others])) == expected


def test_ambiguous_number_is_said():
    result = csv_mapped.parse(FLAT.replace("9.99", "1.234").encode())
    assert codes(result) == ["ambiguous_number"]
    assert result.order.lines[0].unit_price == Decimal("1.234")


def test_xlsx():
    payload = workbook(
        ["Order", "SKU", "Qty", "Price", "Customer", "Currency", "Date"],
        [1001, "A", 2, 9.99, "Ann", "EUR", datetime(2025, 2, 3)],
        [None, "B", 1.5, 1234, None, None, None],
        [],
        [1002, 12345, 1, 0.1, "Bob", "EUR", datetime(2025, 2, 3, 10, 30)],
    )
    first, second = (csv_mapped.parse(part).order for part in csv_mapped.split(payload))
    assert (first.ref, first.total, first.placed_at) == ("1001", Decimal("1870.98"), "2025-02-03")
    assert [line.sku for line in first.lines] == ["A", "B"]
    assert (second.lines[0].sku, second.placed_at) == ("12345", "2025-02-03 10:30:00")
    assert csv_mapped.preview(payload).count == 2


def test_zip_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (spreadsheets.MAX_UNPACKED + 1))
    assert len(out.getvalue()) < 100_000
    assert codes(csv_mapped.parse(out.getvalue())) == ["zip_bomb"]


def test_entities_in_a_workbook_are_refused():
    out = io.BytesIO(workbook(["Order"], [1]))
    with zipfile.ZipFile(out, "a") as archive:
        text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
        archive.writestr("xl/extra.xml", text.encode("utf-16"))
    assert codes(csv_mapped.parse(out.getvalue())) == ["not_a_workbook"]


def test_broken_workbooks():
    payload = workbook(["Order", "SKU", "Qty", "Price"], [1, "A", 1, 1])
    for end in range(4, len(payload), 211):
        assert codes(csv_mapped.parse(payload[:end])) == ["not_a_workbook"]
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    assert codes(csv_mapped.parse(out.getvalue())) == ["not_a_workbook"]


COLUMNS = ["Order", "SKU", "Qty", "Price", "Customer", "Currency", "Total", "Tax rate", "Date"]
cells = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["1", "1,5", "1.234", "-3", "1e9", "EUR", "2025-01-01", "01/02/2025", "99%"]),
)


@settings(deadline=None)
@given(st.binary(), st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"Order,SKU,Qty,Price\n"]))
def test_never_raises_on_bytes(payload, start):
    result = csv_mapped.parse(start + payload)
    assert result.order is not None or result.errors
    assert csv_mapped.split(start + payload)
    csv_mapped.preview(start + payload)


@settings(deadline=None)
@given(
    st.lists(st.lists(cells, min_size=9, max_size=9), max_size=4),
    st.sampled_from([",", ";", "\t"]),
    st.none() | st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([*COLUMNS, "=1"])),
)
def test_never_raises_on_any_cells(rows, delimiter, mapping):
    payload = "\n".join(delimiter.join(row) for row in [COLUMNS, *rows]).encode("utf-8", "replace")
    for part in csv_mapped.split(payload, mapping):
        result = csv_mapped.parse(part, mapping)
        assert result.order is not None or result.errors
    csv_mapped.preview(payload, mapping)

"""Bundles of orders that move: what is read, and what wants to do harm."""

import io
import json
import struct
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine import moving
from odoo.addons.order_processing.engine.intake import csv_mapped, csv_order, ubl, ubl_order
from odoo.addons.order_processing.engine.intake.canonical import (
    Address,
    Charge,
    Line,
    Order,
    Party,
    Tax,
)

RECORD = {
    "format": moving.FORMAT,
    "version": 1,
    "key": "db/1",
    "order": {
        "name": "S00001",
        "state": "sale",
        "ordered_at": "2026-01-02T03:04:05Z",
        "currency": "EUR",
        "untaxed": "10.00",
        "tax": "1.90",
        "total": "11.90",
        "customer": 0,
        "invoice_to": 0,
        "deliver_to": 0,
    },
    "partners": [{"name": "Anna"}],
    "lines": [],
    "events": [],
    "files": [],
}


def bundle(*files, record=RECORD):
    writer = moving.Writer()
    writer.add("S00001", record, files=[({"name": name}, content) for name, content in files])
    return writer.close()


def code(payload):
    with pytest.raises(moving.MovingError) as caught:
        moving.Bundle(payload)
    return caught.value.code


def only(payload):
    (found,) = moving.Bundle(payload)
    return found


def test_what_is_written_is_read():
    payload = bundle(("a.txt", b"one"), ("a.txt", b"two"), ("../../etc/passwd", b"three"))
    reader = moving.Bundle(payload)
    (found,) = reader
    assert found.error is None
    assert found.record["order"] == RECORD["order"]
    assert [content for _about, content in reader.files(found)] == [b"one", b"two", b"three"]
    names = zipfile.ZipFile(io.BytesIO(payload)).namelist()
    assert all(".." not in name and not name.startswith("/") for name in names)


def test_orders_of_one_name_keep_folders_of_their_own():
    writer = moving.Writer()
    for key in ("db/1", "db/2", "db/3"):
        writer.add("s/1" if key == "db/2" else "S-1", {**RECORD, "key": key})
    assert [found.record["key"] for found in moving.Bundle(writer.close())] == [
        "db/1",
        "db/2",
        "db/3",
    ]


def test_plain_json_is_read_too():
    assert only(json.dumps(RECORD).encode()).record == RECORD
    several = json.dumps({"orders": [RECORD, RECORD, {"format": "x"}]}).encode()
    assert [found.error and found.error.code for found in moving.Bundle(several)] == [
        None,
        None,
        "other_format",
    ]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "bad_json"),
        (b"PK\x03\x04 and no zip", "bad_zip"),
        (bundle()[:-30], "bad_zip"),
        (b"[" * 200_000, "bad_json"),
        (b"\xff\xfe\x00", "bad_json"),
    ],
)
def test_files_that_are_none(payload, expected):
    assert code(payload) == expected


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def test_zip_without_orders():
    assert code(zipped(("other.txt", b""))) == "no_record"


def test_bombs_are_not_unpacked():
    found = only(zipped(("a/record.json", b" " * (moving.MAX_RECORD * 3))))
    assert found.error.code == "large_entry"
    bomb = b"\0" * (30 * moving.SMALL)
    about = {"name": "b", "path": "b", "size": len(bomb), "sha256": moving.digest(bomb)}
    reader = moving.Bundle(
        zipped(("record.json", json.dumps({**RECORD, "files": [about]})), ("b", bomb))
    )
    (found,) = reader
    with pytest.raises(moving.MovingError, match="large_entry"):
        list(reader.files(found))


def test_sizes_in_the_header_are_not_believed():
    payload = bytearray(zipped(("record.json", b" " * (moving.MAX_RECORD * 2))))
    place = payload.rindex(b"PK\x01\x02")
    payload[place + 24 : place + 28] = struct.pack("<I", 10)
    assert only(bytes(payload)).error.code in ("large_entry", "bad_entry")


def test_many_entries_are_refused(monkeypatch):
    monkeypatch.setattr(moving, "MAX_ENTRIES", 5)
    assert code(zipped(*((f"{n}/record.json", b"{}") for n in range(6)))) == "many_entries"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "files\\x", "S00001/../record.json"])
def test_paths_lead_nowhere_else(path):
    about = {"name": "x", "path": path, "size": 1, "sha256": "0" * 64}
    reader = moving.Bundle(zipped(("S00001/record.json", json.dumps({**RECORD, "files": [about]}))))
    (found,) = reader
    with pytest.raises(moving.MovingError, match="bad_entry"):
        list(reader.files(found))


def test_changed_files_are_noticed():
    about = {"name": "x", "path": "x", "size": 3, "sha256": moving.digest(b"abc")}
    reader = moving.Bundle(
        zipped(("record.json", json.dumps({**RECORD, "files": [about]})), ("x", b"abd"))
    )
    (found,) = reader
    with pytest.raises(moving.MovingError, match="changed_file"):
        list(reader.files(found))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"order": {**RECORD["order"], "state": "done"}}, "order.state"),
        ({"order": {**RECORD["order"], "total": 11.9}}, "order.total"),
        ({"order": {**RECORD["order"], "total": "NaN"}}, "order.total"),
        ({"partners": []}, "partners"),
        ({"files": [{"name": "x"}]}, "files[0]"),
        ({"surplus": 1}, "–"),
    ],
)
def test_record_that_does_not_fit_says_where(change, where):
    with pytest.raises(moving.MovingError) as caught:
        moving.check({**RECORD, **change})
    assert caught.value.args_["where"] == where


@given(st.binary(max_size=300), st.integers(0, 3000))
def test_damaged_bundles_never_raise_anything_else(noise, place):
    payload = bytearray(bundle(("a.txt", b"content" * 20)))
    place = min(place, len(payload))
    payload[place : place + len(noise)] = noise
    try:
        reader = moving.Bundle(bytes(payload))
        for found in reader:
            if not found.error:
                list(reader.files(found))
    except moving.MovingError:
        pass


ORDER = Order(
    ref="S00007",
    number="S00007",
    currency="EUR",
    total=Decimal("128.40"),
    total_tax=Decimal("20.50"),
    taxes_included=False,
    lines=(
        Line(
            ref="1",
            sku="A-1",
            title="Ärmel <lang>",
            quantity=Decimal("2"),
            unit_price=Decimal("50.125"),
            discount=Decimal("0.25"),
            taxes=(Tax("VAT", Decimal("0.19"), Decimal("19.00")),),
            gtin="4006381333931",
            uom="C62",
        ),
    ),
    charges=(
        Charge(
            "shipping",
            "Parcel",
            Decimal("9.90"),
            taxes=(Tax("V", Decimal("0.19"), Decimal("1.88")),),
        ),
    ),
    taxes=(Tax("VAT", None, Decimal("20.50")),),
    discount=Decimal("2.00"),
    email="anna@mail.example.com",
    customer_name="Anna",
    company_name="Anna GmbH",
    billing=Address(
        name="Anna",
        company="Anna GmbH",
        street="Weg 1",
        city="Bonn",
        zip="53111",
        country_code="DE",
    ),
    shipping=Address(
        name="Lager",
        company="Anna GmbH",
        street="Weg 2",
        city="Bonn",
        zip="53111",
        country_code="DE",
    ),
    po_number="PO 1",
    placed_at="2026-01-02T03:04:05Z",
    net_total=Decimal("107.90"),
    buyer=Party(name="Anna GmbH", vat="DE123456788", email="anna@mail.example.com"),
    seller=Party(name="We"),
    requested_date="2026-02-01",
)


def test_ubl_is_read_back():
    result = ubl.parse(ubl_order.dump(ORDER))
    assert not [finding for finding in result.findings if finding.severity != "warning"]
    read = result.order
    assert (read.total, read.total_tax, read.currency) == (ORDER.total, ORDER.total_tax, "EUR")
    assert read.discount == ORDER.discount
    assert [charge.net for charge in read.charges] == [Decimal("9.90")]
    line, known = read.lines[0], ORDER.lines[0]
    for name in ("sku", "title", "quantity", "unit_price", "discount", "gtin", "uom"):
        assert getattr(line, name) == getattr(known, name)
    assert read.buyer.vat == "DE123456788"
    assert (read.shipping.street, read.shipping.zip) == ("Weg 2", "53111")
    assert read.requested_date == "2026-02-01"


def test_csv_is_read_back_and_no_spreadsheet_runs_it():
    table = csv_order.dump([ORDER])
    read = csv_mapped.parse(table).order
    assert (read.total, read.total_tax, read.discount) == (
        ORDER.total,
        ORDER.total_tax,
        ORDER.discount,
    )
    assert [line.net for line in read.lines] == [line.net for line in ORDER.lines]
    assert read.shipping.street == "Weg 2"
    assert read.billing.street == "Weg 1"
    wild = Order(**{**ORDER.__dict__, "customer_name": "=cmd()"})
    assert b"'=cmd()" in csv_order.dump([wild])

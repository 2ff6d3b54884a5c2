"""Telling formats apart: by their public samples and the documents of the other tests."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from odoo.addons.order_processing.engine.intake import canonical_json
from odoo.addons.order_processing.engine.intake.registry import READERS, sniff

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "addons" / "order_processing" / "demo" / "files"
SHARED = ROOT.parent / "shared" / "order-samples"


def shared(name):
    path = SHARED / name
    assert path.exists(), f"Public sample ../shared/order-samples/{name} is missing"
    return path.read_bytes()


def amazon_document():
    paths = json.loads(shared("amazon/ordersV0.json"))["paths"]

    def answer(path):
        ok = paths["/orders/v0/orders/{orderId}" + path]["get"]["responses"]["200"]
        return ok["x-amzn-api-sandbox"]["static"][0]["response"]

    return json.dumps({"order": answer(""), "items": answer("/orderItems")}).encode()


def workbook():
    book = Workbook()
    book.active.append(["Order", "SKU", "Qty", "Price"])
    book.active.append(["1", "A", 1, 2.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def own_json():
    order = READERS["shopify"].parse((FILES / "shopify_order_1001.json").read_bytes()).order
    return canonical_json.dump(order)


SHOPIFY_CSV = (
    b"Name,Email,Currency,Total,Lineitem quantity,Lineitem name,Lineitem price\n#1,,,,,,\n"
)
AMAZON = (
    b"order-id\torder-item-id\tsku\tquantity-purchased\tcurrency\titem-price\n1\t1\tA\t1\tEUR\t2\n"
)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: shared("shopify/order.json"), "shopify"),
        (lambda: shared("shopify/orders.json"), "shopify"),
        (lambda: (FILES / "shopify_order_1001.json").read_bytes(), "shopify"),
        (lambda: shared("woocommerce/order_1.json"), "woocommerce"),
        (lambda: shared("woocommerce/order_2.json"), "woocommerce"),
        (lambda: b"[" + shared("woocommerce/order_1.json") + b"]", "woocommerce"),
        (amazon_document, "amazon_api"),
        (own_json, "json"),
        (lambda: b'{"orders": [' + own_json() + b"]}", "json"),
        (lambda: SHOPIFY_CSV, "shopify_csv"),
        (lambda: b"\xef\xbb\xbf" + SHOPIFY_CSV, "shopify_csv"),
        (lambda: AMAZON, "amazon_flat"),
        (lambda: AMAZON.decode().encode("utf-16"), "amazon_flat"),
        (lambda: b"Bestellnummer;Artikelnummer;Menge;Preis\n1;A;2;3,50\n", "csv"),
        (workbook, "csv"),
        (lambda: shared("shopify/refund.json"), None),
        (lambda: shared("shopify/transactions.json"), None),
        (lambda: shared("shopify/fulfillment.json"), None),
        (lambda: shared("amazon/ordersV0.json"), None),
        (
            lambda: json.dumps(
                json.loads(shared("shopify/fulfillment.json"))["fulfillment"]
            ).encode(),
            None,
        ),
        (lambda: b"", None),
        (lambda: b"{", None),
        (lambda: b"[" * 100_000, None),
        (lambda: b"Dear all,\nplease send two teapots.\n", None),
        (lambda: b"PK\x03\x04 broken", None),
        (lambda: b"<html><body>orders</body></html>", None),
    ],
)
def test_formats_are_told_by_their_content(make, kind):
    assert sniff(make(), "document.dat") == kind


def test_a_name_helps_where_the_content_does_not():
    payload = b"A;B\n1;2\n"
    assert sniff(payload) is None
    assert sniff(payload, "orders.CSV") == "csv"
    assert sniff(b"PK\x03\x04 broken", "orders.csv") is None


def test_every_reader_reads_and_splits_nothing():
    for kind, reader in READERS.items():
        assert reader.label
        assert all(extension.startswith(".") for extension in reader.extensions), kind
        assert reader.split(b"") == [b""], kind
        assert reader.parse(b"").errors, kind


@settings(deadline=None)
@given(
    st.sampled_from(
        [b"", b"{", b"[", b"\xff\xfe", b"\xef\xbb\xbf", b"PK\x03\x04", b"UNB", b"ISA*", b"<"]
    ),
    st.binary(),
    st.sampled_from(["", "a.csv", "b.xlsx"]),
)
def test_never_raises(start, payload, filename):
    assert sniff(start + payload, filename) in {None, *READERS}

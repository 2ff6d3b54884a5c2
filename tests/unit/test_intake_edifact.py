"""The EDIFACT reader and writers.

Samples: nerdocs/pydifact, tests/data; the others are written after the UN/CEFACT descriptions.
"""

import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import edifact, edifact_syntax
from odoo.addons.order_processing.engine.intake.canonical import Party

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "order-samples" / "edifact"


def shared(name):
    path = SHARED / name
    assert path.exists(), f"Public sample ../shared/order-samples/edifact/{name} is missing"
    return path.read_bytes()


def codes(result):
    return [finding.code for finding in result.findings]


D01B = """
BGM+220+PO?'4711+9
DTM+137:202402291200:203
DTM+2:20240304:102
DTM+10:20240301:102
FTX+AAI+++Ring twice:and wait
RFF+CT:C-77
NAD+BY+4012345000009::9++Käufer & Co+Hauptstr. 1:Hof+Köln++50667+DE
RFF+VA:DE123456789
CTA+OC+:Eva Beispiel
COM+eva?@example.com:EM+?+49221555:TE
NAD+SU+4098765000005::9
NAD+DP+++Lager Nord+Kai 7+Hamburg+HH+20095+DE
NAD+IV+4012345000016::9++Buchhaltung+Postfach 9+Köln++50668+DE
TAX+7+VAT+++:::19+S
CUX+2:EUR:9
ALC+C++++FC:::Fracht
MOA+8:10
ALC+A++++DI:::Rabatt
MOA+8:5
LIN+1++4000862141404:EN
PIA+1+SKU-1:SA+B-1:IN
IMD+F++:::Blue pen:medium
QTY+21:10:PCE
DTM+2:20240305:102
MOA+203:25
PRI+AAA:2.5
LIN+2
PIA+5+SKU-2:SA
QTY+21:3:KGM
MOA+203:12.15
PRI+AAB:450:::100:KGM
ALC+A
PCD+1:10
UNS+S
MOA+79:37.15
MOA+86:50.16
TAX+7+VAT
MOA+124:8.01
CNT+1:13
CNT+2:2
"""


def message(body, ref="1", kind="ORDERS:D:01B:UN:EAN010"):
    segments = [line for line in body.strip().splitlines() if line]
    return "\n".join(
        line.replace("PO?'", "PO?'") + "'"
        for line in (f"UNH+{ref}+{kind}", *segments, f"UNT+{len(segments) + 2}+{ref}")
    )


def interchange(*messages, identifier="UNOC:3", una="UNA:+.? '", extra=""):
    head = f"UNB+{identifier}+4012345000009:14+4098765000005:14+240229:1200+IC1{extra}'"
    return "\n".join((una + head, *messages, f"UNZ+{len(messages)}+IC1'"))


def document(body=D01B, **options):
    return interchange(message(body), **options).encode("iso8859-1")


def parse(*replacements, body=D01B, **options):
    for old, new in replacements:
        assert old in body
        body = body.replace(old, new)
    return edifact.parse(document(body, **options))


def test_public_order_without_prices_and_totals():
    result = edifact.parse(shared("order.edi"))
    order = result.order
    assert set(codes(result)) == {"no_trailer", "no_price", "no_currency"}
    assert not result.errors
    assert (order.ref, order.number) == ("12345678/801715918011", "801715918011")
    assert (order.total, order.net_total, order.taxes_stated) == (None, None, False)
    assert (order.placed_at, order.requested_date) == ("2015-08-03", "2015-08-06")
    assert order.buyer.gln == "8711576000012"
    assert order.seller.gln == "5020436000004"
    assert order.delivery.gln == "8711576100019"
    assert [(line.gtin, line.sku, line.quantity) for line in order.lines] == [
        ("5020436373085", "5020436373085", 8),
        ("5020436373108", "5020436373108", 8),
    ]
    assert order.lines[0].unit_price is None


def test_public_message_of_another_kind():
    assert codes(edifact.parse(shared("wikipedia_en.edi"))) == ["wrong_message_type"]
    assert edifact.looks_like(shared("wikipedia_en.edi"))


def test_everything_of_an_order_is_read():
    result = parse()
    assert result.findings == ()
    order = result.order
    assert (order.ref, order.number) == ("4012345000009/PO'4711", "PO'4711")
    assert (order.currency, order.total, order.total_tax) == (
        "EUR",
        Decimal("50.16"),
        Decimal("8.01"),
    )
    assert order.buyer == Party(
        name="Käufer & Co",
        gln="4012345000009",
        vat="DE123456789",
        contact="Eva Beispiel",
        email="eva@example.com",
        phone="+49221555",
    )
    assert (order.requested_date, order.ship_date) == ("2024-03-04", "2024-03-01")
    assert order.note == "Ring twice and wait"
    assert order.attributes == (("CT", "C-77"),)
    assert order.billing.company == "Buchhaltung"
    shipping = order.shipping
    assert (shipping.street, shipping.city, shipping.zip) == ("Kai 7", "Hamburg", "20095")
    assert (shipping.state_code, shipping.country_code) == ("HH", "DE")
    assert [(c.kind, c.title, c.amount) for c in order.charges] == [("shipping", "Fracht", 10)]
    assert order.discount == 5
    pen, seed = order.lines
    assert (pen.sku, pen.gtin, pen.buyer_sku) == ("SKU-1", "4000862141404", "B-1")
    assert (pen.title, pen.uom, pen.requested_date) == ("Blue pen medium", "PCE", "2024-03-05")
    assert pen.taxes[0].rate == Decimal("0.19")
    assert (seed.unit_price, seed.price_basis) == (Decimal("4.5"), 100)
    assert (seed.discount, seed.net) == (Decimal("1.35"), Decimal("12.15"))
    assert order.taxes[0].rate == Decimal("0.19")


@pytest.mark.parametrize(
    ("segments", "terms"),
    [
        ("PAT+1++5:3:D:30", "net 30 days"),
        ("PAT+22++5:3:D:10\nPCD+12:2\nPAT+1++5:3:M:1", "2 % 10 days; net 1 month"),
        ("PAT+1+:::30 Tage netto", "30 Tage netto"),
        ("PAT+7", ""),
        ("PAT", ""),
    ],
)
def test_payment_terms(segments, terms):
    result = parse(("TAX+7+VAT+++:::19+S\nCUX", f"{segments}\nTAX+7+VAT+++:::19+S\nCUX"))
    assert (result.order.payment_terms, result.findings) == (terms, ())


D96A = """
BGM+220+A1+9
DTM+137:240229:101
NAD+BY+C100::91+Free Text Ltd:12 High Street:Leeds
LIN+1++ABC:SA
QTY+21:2
PRI+AAA:10,50
UNS+S
CNT+2:1
"""


def test_older_directory_unstructured_address_decimal_comma_no_taxes():
    body = D96A.replace("UNS+S", "UNS+S\nMOA+86:21,00")
    payload = interchange(message(body, kind="ORDERS:D:96A:UN"), identifier="UNOA:1", una="")
    order = edifact.parse(payload.encode()).order
    assert (order.net_total, order.total, order.taxes_stated) == (21, None, False)
    assert order.buyer.ids == (("91", "C100"),)
    assert (order.billing.company, order.billing.street) == ("Free Text Ltd", "12 High Street")
    assert order.billing.street2 == "Leeds"
    assert order.placed_at == "2024-02-29"
    assert order.lines[0].unit_price == Decimal("10.50")


def test_net_price_is_not_reduced_twice():
    body = D96A.replace("PRI+AAA:10,50", "PRI+AAA:10\nALC+A\nMOA+8:2")
    assert parse(body=body).order.lines[0].net == 20
    stated = body.replace("QTY+21:2", "QTY+21:2\nMOA+203:18")
    assert parse(body=stated).order.lines[0].net == 18


def test_own_separators_and_escapes():
    text = message(D96A).replace("'", "~").replace("+", "|").replace(":", "^").replace("?", "!")
    text = text.replace("Free Text Ltd", "Free !| Text !^ O'Hara !! !~ Ltd")
    head = "UNA^|,! ~UNB|UNOA^2|S|R|240229^1200|9~"
    payload = (head + text.replace("\n", "") + "UNZ|1|9~").encode()
    result = edifact.parse(payload)
    assert not result.errors
    assert result.order.buyer.name == "Free | Text ^ O'Hara ! ~ Ltd"
    again = edifact_syntax.read(payload)
    assert edifact.parse(edifact_syntax.alone(again, again.messages[0])).order == result.order


def test_no_release_character():
    text = interchange(message(D96A), una="UNA:+.  '").replace("High", "High?")
    assert edifact.parse(text.encode()).order.billing.street == "12 High? Street"


@pytest.mark.parametrize(
    ("identifier", "charset", "name"),
    [
        ("UNOC:3", "iso8859-1", "Käufer"),
        ("UNOD:3", "iso8859-2", "Łódź"),
        ("UNOE:3", "iso8859-5", "Москва"),
        ("UNOF:3", "iso8859-7", "Αθήνα"),
        ("UNOY:4", "utf-8", "東京 Łódź"),
    ],
)
def test_character_sets(identifier, charset, name):
    text = interchange(message(D96A.replace("Free Text Ltd", name)), identifier=identifier)
    result = edifact.parse(text.encode(charset))
    assert (result.order.buyer.name, codes(result)) == (name, ["no_currency"])


@pytest.mark.parametrize("charset", ["utf-8", "iso8859-1"])
def test_beyond_the_character_set_it_states(charset):
    text = interchange(message(D96A.replace("Free Text Ltd", "Käufer")), identifier="UNOA:1")
    result = edifact.parse(text.encode(charset))
    assert result.order.buyer.name == "Käufer"
    assert "edi_beyond_charset" in codes(result)


def test_several_messages():
    payload = interchange(message(D01B, "1"), message(D96A, "2")).encode("iso8859-1")
    assert codes(edifact.parse(payload)) == ["several_orders"]
    parts = edifact.split(payload)
    first, second = (edifact.parse(part) for part in parts)
    assert (first.order.number, second.order.number) == ("PO'4711", "A1")
    assert first.order == parse().order
    assert edifact.split(parts[0]) == [parts[0]]


def test_broken_interchange_is_not_split():
    payload = interchange(message(D01B, "1"), message(D96A, "2")).replace("UNZ+2", "UNZ+3")
    payload = payload.encode("iso8859-1")
    assert edifact.split(payload) == [payload]
    assert codes(edifact.parse(payload)) == ["control_count"]


def test_message_alone():
    result = edifact.parse(message(D96A).encode())
    assert "no_envelope" in codes(result)
    assert result.order.ref == "91:C100/A1"


@pytest.mark.parametrize(("function", "kind"), [("1", "cancel"), ("3", "cancel"), ("4", "change")])
def test_message_that_acts_on_an_earlier_order(function, kind):
    result = parse(("4711+9", f"4711+{function}"))
    change = result.change
    assert result.order is None
    assert (change.kind, change.original_ref) == (kind, parse().order.ref)
    assert change.ref.startswith(change.original_ref + "#")
    assert len(change.lines) == (2 if kind == "change" else 0)
    assert bool(change.order) == (kind == "change")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("BGM+220+PO?'4711+9", "BGM+220++9", "no_order_number"),
        ("BGM+220+PO?'4711+9", "BGM+220+1+31", "copy_only"),
        ("BGM+220+PO?'4711+9\n", "", "missing_segment"),
        ("CNT+2:2", "CNT+2:3", "control_count"),
        ("CNT+1:13", "CNT+1:14", "control_count"),
        ("MOA+86:50.16", "MOA+86:50.16:USD", "mixed_currency"),
        ("PRI+AAA:2.5", "PRI+AAA:2.5x", "not_a_number"),
        ("PRI+AAA:2.5", "PRI+AAA:1e308", "not_a_number"),
        ("PRI+AAA:2.5", "PRI+AAA:-2.5", "negative_value"),
        ("QTY+21:10:PCE", "QTY+21:-10:PCE", "negative_value"),
        ("QTY+21:10:PCE", "QTY+21:0:PCE", "zero_quantity"),
        ("QTY+21:10:PCE\n", "", "missing_value"),
        ("LIN+2", "LIN+1", "duplicate_line"),
        ("LIN+2", "LIN+2+++1:1", "sub_line"),
        ("PCD+1:10\n", "", "no_allowance_amount"),
    ],
)
def test_refused(old, new, code):
    result = parse((old, new))
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("MOA+203:25\n", "MOA+203:26\n", "wrong_line_total"),
        ("MOA+79:37.15", "MOA+79:37.16", "wrong_total"),
        ("MOA+86:50.16", "MOA+86:50.17", "wrong_total"),
    ],
)
def test_totals_that_differ_hold_the_order(old, new, code):
    result = parse((old, new))
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


def test_prepaid_amount_is_a_payment_and_no_total():
    order = parse(("UNS+S", "UNS+S\nMOA+113:10")).order
    (payment,) = order.payments
    assert (payment.amount, payment.status) == (10, "captured")
    assert order.total == parse().order.total


def test_no_lines():
    body = D96A[: D96A.index("LIN")] + "UNS+S"
    assert "no_lines" in codes(parse(body=body))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("UNT+10+1", "UNT+9+1", "control_count"),
        ("UNT+10+1", "UNT+x+1", "control_count"),
        ("UNT+10+1", "UNT+10+2", "control_number"),
        ("UNZ+1+IC1", "UNZ+1+IC2", "control_number"),
        ("UNZ+1+IC1", "UNZ+2+IC1", "control_count"),
        ("UNT+10+1'", "", "edi_misplaced"),
        ("UNB+UNOC:3", "UNB+UNOX:3", "edi_charset"),
        ("UNA:+.? '", "UNA::.? '", "edi_separators"),
        ("UNA:+.? '", "UNAA+.? '", "edi_separators"),
        ("UNB+", "XXX+", "not_edifact"),
        ("BGM+", "B+", "edi_syntax"),
        ("UNZ+1+IC1'", "UNZ+1+IC1'UNH+2+ORDERS'", "edi_after_end"),
        ("DTM+137", "UNB+137", "edi_misplaced"),
    ],
)
def test_broken_envelope(old, new, code):
    text = interchange(message(D96A))
    assert old in text
    result = edifact.parse(text.replace(old, new).encode())
    assert (result.order, code in codes(result)) == (None, True), codes(result)


def test_test_interchange():
    assert "test_order" in codes(parse(extra="++++++1"))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_document"),
        (b" \n", "empty_document"),
        (b"{}", "not_edifact"),
        (b"UNA", "edi_separators"),
        (b"UNB+UNOA", "edi_truncated"),
        (b"UNB+UNOY:4+\xff'", "edi_bytes"),
        (b"UNB+UNOA:1'UNZ+0+'", "edi_no_message"),
        (b"UNB+UNOA:1+'" + b"A" * edifact_syntax.MAX_BYTES, "too_large"),
    ],
)
def test_not_an_order_at_all(payload, code):
    assert codes(edifact.parse(payload)) == [code]


def test_service_string_advice_inside_data_is_data():
    body = D96A.replace("Free Text Ltd", "RESTA?'UNA.,!# ")
    assert parse(body=body).order.buyer.name == "RESTA'UNA.,!#"


def test_truncated_anywhere_is_never_an_order():
    payload = document()
    for end in range(0, len(payload) - 12):
        result = edifact.parse(payload[:end])
        if result.order:
            assert "no_trailer" in codes(result)  # The message is whole, the rest is missing.
            assert b"UNT+" in payload[:end]
        else:
            assert result.errors


def test_thousands_of_lines_are_refused_in_time():
    body = D96A.replace("UNS+S", "LIN+1++ABC:SA\nQTY+21:2\n" * 10_000 + "UNS+S")
    started = time.process_time()
    assert "too_many_items" in codes(parse(body=body))
    assert time.process_time() - started < 10


@given(st.binary())
def test_never_raises_on_bytes(payload):
    for start in (b"", b"UNB+UNOA:1+", b"UNA:+.? '"):
        result = edifact.parse(start + payload)
        assert result.order or result.change or result.errors
        edifact.looks_like(payload)
        assert edifact.split(start + payload) == [start + payload]


LINES = D01B.strip().splitlines()
pieces = st.text(st.sampled_from(list("+:?'A1.,-9é\n ")), max_size=12)


@given(st.data())
def test_never_raises_on_a_distorted_order(data):
    lines = list(LINES)
    for _times in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(lines) - 1))
        line = lines[position]
        at = data.draw(st.integers(0, len(line)))
        lines[position] = line[:at] + data.draw(pieces) + line[at + data.draw(st.integers(0, 6)) :]
    result = parse(body="\n".join(lines))
    assert result.order or result.change or result.errors


# === Writing ===

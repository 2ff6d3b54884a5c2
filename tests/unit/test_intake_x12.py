"""The X12 reader and writers.

Samples: Inteligenz/X12Parser, sample files; the others are written after partners' public guides.
"""

import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import x12
from odoo.addons.order_processing.engine.intake.reading import MAX_BYTES

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "order-samples" / "x12"
PGW, ADOBE = "850-Example1_PGWGlass.txt", "850-Example2_Adobe_TLP.txt"
AOJUK, CHANGE = "850-From_aojuk.txt", "860-Example1.txt"


def shared(name):
    path = SHARED / name
    assert path.exists(), f"Public sample ../shared/order-samples/x12/{name} is missing"
    return path.read_bytes()


def codes(result):
    return [finding.code for finding in result.findings]


ORDER = """
BEG*00*SA*PO-4711**20240229
CUR*BY*USD
REF*CT*C-77
PER*BD*Jane Doe*TE*555-0100*EM*jane@example.com
ITD*01*3*****30*****Net 30
DTM*002*20240304
DTM*010*20240301
N9*ZZ*NOTE
MSG*Ring twice
N1*BY*Acme Inc*UL*0012345000009
N3*1 Main St*Suite 2
N4*Austin*TX*78701*US
N1*ST*Acme Dock*92*D7
N2*Receiving
N3*7 Dock Rd
N4*Waco*TX*76701*US
PER*DC*Joe*TE*555-0199
N1*SE*Us*92*V1
N1*BT*Acme Payables
N3*PO Box 9
N4*Austin*TX*78702*US
SAC*C*D240***1000**********Freight
SAC*A*C310***500**********Promo
PO1*1*10*EA*2.5**VP*SKU-1*UP*012345678905*BP*B-1
PID*F****Blue pen
PO1*2*3*CA*450*HP*VP*SKU-2*MG*M-2
PID*F****Seed
SAC*A*C310****Z*10
CTT*2*13
AMT*TT*42.15
"""
SEPARATORS = "*>~"


def envelope(*groups, control="000000007", usage="P", newline=""):
    head = "ISA*00*          *00*          *01*123456789      *ZZ*US             *240229*1200*U"
    lines = [f"{head}*00401*{control}*0*{usage}*>"]
    for number, (kind, transactions) in enumerate(groups, start=1):
        lines.append(f"GS*{kind}*THEM*USAPP*20240229*1200*{number}*X*004010")
        lines += transactions
        lines.append(f"GE*{len(transactions)}*{number}")
    lines.append(f"IEA*{len(groups)}*{control}")
    text = "~\n".join(lines) + "~"
    return text.replace("\n", newline).encode()


def transaction(body=ORDER, kind="850", number="0001"):
    segments = body.strip().splitlines()
    return "~\n".join((f"ST*{kind}*{number}", *segments, f"SE*{len(segments) + 2}*{number}"))


def parse(*replacements, body=ORDER, kind="850", **options):
    for old, new in replacements:
        assert old in body
        body = body.replace(old, new)
    return x12.parse(envelope(("PO", [transaction(body, kind)]), **options))


def test_public_order_whose_products_only_the_buyer_numbers():
    result = x12.parse(shared(PGW))
    order = result.order
    assert codes(result) == ["buyer_code_only"] * 4
    assert (order.ref, order.number) == ("01:828513080/S41000439", "S41000439")
    assert (order.currency, order.net_total, order.total) == ("USD", Decimal("884.06"), None)
    assert not order.taxes_stated
    assert sum(line.net for line in order.lines) == Decimal("884.06")
    assert order.lines[1].buyer_sku == "0650002027"
    assert order.lines[1].requested_date == "2010-08-20"
    assert order.lines[1].note.endswith("MODEL NO. SKO200EA250")
    assert (order.shipping.city, order.shipping.country_code) == ("BEREA", "US")
    assert order.buyer.ids == (("92", "D_POF341"),)
    assert order.seller.name == "GENERAL SUPPLY CO"


def test_public_order_with_the_sellers_numbers():
    result = x12.parse(shared(AOJUK))
    order = result.order
    assert codes(result) == ["no_currency"]
    assert order.net_total == Decimal("229.98")
    assert [line.sku for line in order.lines] == ["123456", "654321"]
    assert [line.uom for line in order.lines] == ["PK", "EA"]
    assert order.buyer.name == "Demo Customer"
    assert order.delivery.email == "john.doe@email.com"
    assert order.shipping.street2 == "suite 1"
    assert order.note == "test shipping instructions"


def test_public_order_that_does_not_add_up():
    # Its one line costs 665, its total is 12; there is no segment terminator but the line's end.
    result = x12.parse(shared(ADOBE))
    assert (result.order.net_total, result.number) == (12, "TLP-X12")
    assert codes(result) == ["buyer_code_only", "wrong_total"]
    order = x12.parse(shared(ADOBE).replace(b"AMT~TT~12", b"AMT~TT~665")).order
    assert order.net_total == 665
    assert order.lines[0].manufacturer_sku == "64113730AD01A00"
    assert (order.shipping.company, order.shipping.name) == ("SHIP TO", "ShipTo NameII")
    assert (order.buyer.name, order.ship_date) == ("SOLD TO", "2010-06-14")


def test_public_change_lacks_a_terminator():
    # One segment of the sample runs into the next, so that the count is one short.
    assert "control_count" in codes(x12.parse(shared(CHANGE)))
    result = x12.parse(shared(CHANGE).replace(b"92*1129", b"92*1129~"))
    change = result.change
    assert codes(result) == ["no_currency"]
    assert (change.kind, change.original_ref) == ("change", "12:SENDERID/PO NUMBER")
    assert change.ref != change.original_ref
    assert [(each.action, each.ref) for each in change.lines] == [("cancel", "1"), ("cancel", "2")]
    assert change.lines[0].line.sku == "018100775285"
    assert change.lines[0].line.buyer_sku == "59123"
    assert change.buyer.name == "RETAILER"


@pytest.mark.parametrize(
    "name", ["810-Example5_Walmart.txt", "855-Example1_Adobe.txt", "856-Example1.txt"]
)
def test_other_transactions_are_not_orders(name):
    assert codes(x12.parse(shared(name))) == ["wrong_message_type"]
    assert x12.looks_like(shared(name))


@pytest.mark.parametrize("newline", ["", "\n", "\r\n", "\r\n      "])
def test_with_and_without_line_breaks(newline):
    assert parse(newline=newline).order == parse().order
    assert parse(newline=newline).findings == ()


def test_wrapped_at_a_fixed_width():
    text = envelope(("PO", [transaction()])).decode()
    head, body = text[:106], text[106:]
    wrapped = head + "\r\n".join(body[at : at + 80] for at in range(0, len(body), 80))
    assert x12.parse(wrapped.encode()).order == parse().order


def test_own_separators():
    text = envelope(("PO", [transaction()])).decode()
    for old, new in (("*", "|"), ("~", "\x1c"), (">", "^")):
        text = text.replace(old, new)
    result = x12.parse(text.encode())
    assert result.order == parse().order
    assert x12.looks_like(text.encode())


def test_everything_of_an_order_is_read():
    result = parse()
    assert result.findings == ()
    order = result.order
    assert (order.ref, order.number) == ("01:123456789/PO-4711", "PO-4711")
    # 25 + 13.50 - 1.35 + 10 - 5
    assert (order.net_total, order.total, order.taxes_stated) == (Decimal("42.15"), None, False)
    assert order.buyer.gln == "0012345000009"
    assert (order.email, order.phone) == ("jane@example.com", "555-0100")
    assert order.customer_name == "Jane Doe"
    assert (order.requested_date, order.ship_date) == ("2024-03-04", "2024-03-01")
    assert (order.placed_at, order.payment_terms) == ("2024-02-29", "Net 30")
    assert (order.note, order.attributes) == ("Ring twice", (("CT", "C-77"),))
    assert (order.shipping.name, order.shipping.company) == ("Receiving", "Acme Dock")
    assert order.delivery.ids == (("92", "D7"),)
    assert (order.billing.company, order.billing.zip) == ("Acme Payables", "78702")
    assert [(c.kind, c.title, c.amount) for c in order.charges] == [("shipping", "Freight", 10)]
    assert order.discount == 5
    pen, seed = order.lines
    assert (pen.sku, pen.gtin, pen.buyer_sku) == ("SKU-1", "012345678905", "B-1")
    assert (pen.title, pen.uom) == ("Blue pen", "EA")
    assert (seed.unit_price, seed.price_basis, seed.uom) == (Decimal("4.5"), 100, "CS")
    assert (seed.discount, seed.manufacturer_sku) == (Decimal("1.35"), "M-2")


@pytest.mark.parametrize(
    ("segments", "terms"),
    [
        ("ITD*01*3*2**10**30", "2 % 10 days, net 30 days"),
        ("ITD*05*3****20240331", "net 2024-03-31"),
        ("ITD*01*3*****60\nITD*08*3*1**15", "net 60 days; 1 % 15 days"),
        ("ITD*04*3", ""),
        ("ITD", ""),
    ],
)
def test_payment_terms(segments, terms):
    assert parse(("ITD*01*3*****30*****Net 30", segments)).order.payment_terms == terms


def test_tax():
    rated = ORDER.replace("DTM*002", "TXI*ST**8.25\nDTM*002").replace("42.15", "45.63")
    order = parse(body=rated).order
    assert (order.total, order.net_total, order.total_tax) == (
        Decimal("45.63"),
        None,
        Decimal("3.48"),
    )
    assert order.taxes[0].rate == Decimal("0.0825")
    before = parse(body=rated.replace("45.63", "42.15")).order
    assert (before.total, before.net_total) == (None, Decimal("42.15"))
    stated = parse(body=rated.replace("TXI*ST**8.25", "TXI*ST*3.48")).order
    assert (stated.total_tax, stated.total) == (Decimal("3.48"), Decimal("45.63"))


def test_prices_left_to_the_seller():
    result = parse(("EA*2.5*", "EA**"), ("AMT*TT*42.15\n", ""))
    assert codes(result) == ["no_price"]
    assert (result.order.net_total, result.order.lines[0].unit_price) == (None, None)


def test_several_transactions():
    second = transaction(ORDER.replace("PO-4711", "PO-4712"), number="0002")
    third = transaction(ORDER.replace("PO-4711", "PO-4713"), number="0001")
    payload = envelope(("PO", [transaction(), second]), ("PO", [third]))
    assert codes(x12.parse(payload)) == ["several_orders"]
    orders = [x12.parse(part).order for part in x12.split(payload)]
    assert [order.number for order in orders] == ["PO-4711", "PO-4712", "PO-4713"]
    assert orders[0] == parse().order
    alone = x12.split(payload)[1]
    assert x12.split(alone) == [alone]


def test_broken_interchange_is_not_split():
    payload = envelope(("PO", [transaction(), transaction(number="0002")]))
    payload = payload.replace(b"GE*2*", b"GE*3*")
    assert x12.split(payload) == [payload]
    assert codes(x12.parse(payload)) == ["control_count"]


@pytest.mark.parametrize(("purpose", "kind"), [("01", "cancel"), ("04", "change")])
def test_order_that_acts_on_an_earlier_one(purpose, kind):
    result = parse(("BEG*00", f"BEG*{purpose}"))
    assert result.order is None
    assert (result.change.kind, result.change.original_ref) == (kind, parse().order.ref)
    assert bool(result.change.order) == (kind == "change")


AMENDMENT = """
BCH*04*SA*PO-4711**2*20240229*****20240302
CUR*BY*USD
N1*BY*Acme Inc*UL*0012345000009
POC*1*QD*8**EA*2.5**VP*SKU-1
POC*2*DI
POC*3*AI*4*4*EA*7**VP*SKU-3
PID*F****Red pen
POC*4*CA***EA*6*HP*VP*SKU-4
DTM*002*20240310
CTT*4
"""


def test_change():
    result = parse(body=AMENDMENT, kind="860")
    assert codes(result) == ["check_quantity"]
    change = result.change
    assert change.original_ref == parse().order.ref
    assert (change.ref, change.number) == (f"{change.original_ref}#change:2/20240302", "2")
    assert change.issued_at == "2024-03-02"
    found = [(c.action, c.ref, c.line.quantity, c.line.unit_price) for c in change.lines]
    assert found == [
        ("change", "1", 8, Decimal("2.5")),
        ("cancel", "2", 0, None),
        ("add", "3", 4, 7),
        ("change", "4", 0, Decimal("0.06")),
    ]
    assert change.lines[0].states == {"quantity", "unit_price", "sku"}
    assert change.lines[3].states == {"unit_price", "sku", "requested_date"}


def test_cancellation():
    result = parse(("BCH*04", "BCH*01"), body=AMENDMENT[: AMENDMENT.index("POC")], kind="860")
    assert (result.change.kind, result.change.lines) == ("cancel", ())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("POC*1*QD", "POC*1*ZZ", "unknown_line_change"),
        ("AI*4*4", "AI**4", "missing_value"),
        ("CTT*4", "CTT*5", "control_count"),
        ("*PO-4711*", "**", "no_order_number"),
    ],
)
def test_change_refused(old, new, code):
    result = parse((old, new), body=AMENDMENT, kind="860")
    assert (result.change, code in codes(result)) == (None, True)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("BEG*00*SA*PO-4711", "BEG*00*SA*", "no_order_number"),
        ("BEG*00*SA*PO-4711", "BEG*00*SA*" + "9" * 80, "no_order_number"),
        ("BEG*00", "BEG*22", "copy_only"),
        ("BEG*", "BGE*", "missing_segment"),
        ("CTT*2*13", "CTT*3*13", "control_count"),
        ("AMT*TT*42.15", "AMT*TT*1e308", "not_a_number"),
        ("EA*2.5*", "EA*2.5x*", "not_a_number"),
        ("EA*2.5*", "EA*-2.5*", "negative_value"),
        ("PO1*1*10*", "PO1*1*-10*", "negative_value"),
        ("PO1*1*10*", "PO1*1*0*", "zero_quantity"),
        ("PO1*1*10*", "PO1*1**", "missing_value"),
        ("PO1*1*10*", "PO1*1*1e308*", "not_a_number"),
        ("PO1*1*10*EA*2.5", "PO1*1*999999999999*EA*9999", "not_a_number"),
        ("PO1*2*", "PO1*1*", "duplicate_line"),
        ("***1000*", "****", "no_allowance_amount"),
    ],
)
def test_refused(old, new, code):
    result = parse((old, new))
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("AMT*TT*42.15", "AMT*TT*42.16", "wrong_total"),
        ("PID*F****Blue pen", "AMT*1*26", "wrong_line_total"),
    ],
)
def test_totals_that_differ_hold_the_order(old, new, code):
    result = parse((old, new))
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


def test_hash_total_is_only_a_warning_and_may_leave_points_out():
    assert codes(parse(("CTT*2*13", "CTT*2*14"))) == ["control_count"]
    assert parse(("CTT*2*13", "CTT*2*14")).order
    halves = (("PO1*1*10*EA*2.5", "PO1*1*2.5*EA*10"), ("CTT*2*13", "CTT*2*28"))
    assert codes(parse(*halves)) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("SE*32*", "SE*31*", "control_count"),
        ("SE*32*0001", "SE*32*0002", "control_number"),
        ("GE*1*1", "GE*2*1", "control_count"),
        ("GE*1*1", "GE*1*9", "control_number"),
        ("IEA*1*", "IEA*2*", "control_count"),
        ("IEA*1*000000007", "IEA*1*000000008", "control_number"),
        ("SE*32*0001~", "", "edi_misplaced"),
        ("GE*1*1~", "", "edi_misplaced"),
        ("GS*PO", "XX*PO", "edi_misplaced"),
        ("CUR*BY", "cur*BY", "edi_syntax"),
        ("*P*>~", "*P*~~", "edi_separators"),
        ("ISA*", "ISAX", "not_x12"),
    ],
)
def test_broken_envelope(old, new, code):
    text = envelope(("PO", [transaction()])).decode()
    assert old in text
    result = x12.parse(text.replace(old, new).encode())
    assert (result.order, code in codes(result)) == (None, True), codes(result)


def test_test_interchange():
    assert "test_order" in codes(parse(usage="T"))


def test_latin_and_unicode_names():
    for charset in ("utf-8", "iso8859-1"):
        text = envelope(("PO", [transaction(ORDER.replace("Acme Inc", "Café"))])).decode()
        assert x12.parse(text.encode(charset)).order.buyer.name == "Café"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_document"),
        (b" \n", "empty_document"),
        (b"{}", "not_x12"),
        (b"ISA", "not_x12"),
        (b"ISA*00*", "edi_truncated"),
        (b"ISA" + b"*" * 400, "edi_separators"),
        (envelope(), "edi_no_message"),
        (b"ISA*" + b"A" * MAX_BYTES, "too_large"),
    ],
)
def test_not_an_order_at_all(payload, code):
    assert codes(x12.parse(payload)) == [code]


def test_truncated_anywhere_is_never_an_order():
    payload = envelope(("PO", [transaction()]))
    for end in range(0, len(payload) - 1):  # The last terminator adds nothing.
        result = x12.parse(payload[:end])
        assert result.order is None
        assert result.errors


def test_thousands_of_lines_are_refused_in_time():
    line = "PO1*1*10*EA*2.5**VP*SKU-1\n"
    started = time.process_time()
    assert "too_many_items" in codes(parse(("CTT*2", line * 10_000 + "CTT*2")))
    assert time.process_time() - started < 5


@given(st.binary())
def test_never_raises_on_bytes(payload):
    for start in (b"", b"ISA*", envelope()[:106]):
        result = x12.parse(start + payload)
        assert result.order or result.change or result.errors
        x12.looks_like(payload)
        assert x12.split(start + payload) == [start + payload]


pieces = st.text(st.sampled_from(list("*>~A1.,-9é\n ")), max_size=12)


@given(st.data())
def test_never_raises_on_a_distorted_order(data):
    body, kind = data.draw(st.sampled_from([(ORDER, "850"), (AMENDMENT, "860")]))
    lines = body.strip().splitlines()
    for _times in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(lines) - 1))
        line = lines[position]
        at = data.draw(st.integers(0, len(line)))
        lines[position] = line[:at] + data.draw(pieces) + line[at + data.draw(st.integers(0, 6)) :]
    result = parse(body="\n".join(lines), kind=kind)
    assert result.order or result.change or result.errors


# === Writing ===

"""The UBL reader and writer, on Peppol's own examples and on what wants to do harm.

Samples: OpenPEPPOL/poacc-upgrade-3, rules/examples.
"""

import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from odoo.addons.order_processing.engine.intake import ubl, ubl_answer
from odoo.addons.order_processing.engine.intake.answers import AnswerFacts, AnswerLine
from odoo.addons.order_processing.engine.intake.canonical import Party
from odoo.addons.order_processing.engine.intake.lines import plan_lines
from odoo.addons.order_processing.engine.intake.reading import MAX_BYTES
from odoo.addons.order_processing.engine.intake.trade import gtin_forms

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "order-samples" / "ubl"


def shared(name):
    path = SHARED / name
    assert path.exists(), f"Public sample ../shared/order-samples/ubl/{name} is missing"
    return path.read_bytes()


def codes(result):
    return [finding.code for finding in result.findings]


def edited(name, *replacements):
    text = shared(name).decode()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


@pytest.mark.parametrize(
    ("name", "total", "net", "tax", "warnings"),
    [
        ("Order_Example.xml", "6372.50", "6272.50", "100.00", {"tax_differs"}),
        ("Order_sc1.xml", "840", "700", "140", {"no_product_id"}),
        ("UC1_Order.xml", "143.75", None, "28.75", set()),
        ("UC2_Order.xml", "875.00", None, "175.00", {"no_product_id"}),
        ("UC4_Order.xml", "55", "50", "5", set()),
    ],
)
def test_public_orders(name, total, net, tax, warnings):
    result = ubl.parse(shared(name))
    order = result.order
    assert order.total == Decimal(total)
    assert order.net_total == (net and Decimal(net))
    assert order.total_tax == Decimal(tax)
    assert set(codes(result)) == warnings
    assert not result.errors
    assert ubl.looks_like(shared(name))
    assert ubl.split(shared(name)) == [shared(name)]


@pytest.mark.parametrize(
    "name", ["Order_Example.xml", "Order_sc1.xml", "UC1_Order.xml", "UC4_Order.xml"]
)
def test_planned_lines_cost_what_the_document_says(name):
    order = ubl.parse(shared(name)).order

    def cost(policy):
        planned = plan_lines(order, policy)
        return sum(p.quantity * p.price_unit * (1 - p.discount / 100) for p in planned)

    assert cost("line") == order.total
    assert cost("odoo") == order.total - order.total_tax


def test_everything_of_an_order_is_read():
    order = ubl.parse(shared("Order_Example.xml")).order
    assert (order.ref, order.number, order.po_number) == ("0192:987654325/34", "34", "34")
    assert order.currency == "NOK"
    assert order.buyer == Party(
        name="Helseforetak",
        gln="7300010000001",
        vat="NO9311867455MVA",
        registry="931186755",
        endpoint="987654325",
        endpoint_scheme="0192",
        contact="Ole Olsen",
        email="post@helseforetak.no",
        phone="23055000",
    )
    assert order.seller.name == "Medical"
    assert (order.customer_name, order.company_name) == ("Ole Olsen", "Helseforetak")
    assert (order.not_before, order.requested_date) == ("2012-10-10", "2012-10-20")
    assert order.ship_date == "2025-02-17"
    assert order.placed_at == "2018-09-01T12:30:00"
    assert order.note == "Information text for the whole order"
    assert order.payment_terms == "Payment terms description"
    assert ("Contract", "34322") in order.attributes
    assert (order.discount, order.discount_title) == (Decimal("652.50"), "Discount")
    assert [(c.kind, c.amount) for c in order.charges] == [("fee", 600), ("fee", 400)]
    assert order.billing.street == "Sinsenveien 42"
    assert order.shipping.city == "Lørenskog"
    assert order.shipping.company == "Helseavdeling"
    needle, tissue = order.lines
    assert (needle.sku, needle.gtin) == ("121212", "7560000012345")
    assert (needle.buyer_sku, needle.manufacturer_sku) == ("123456", "manid659")
    assert (needle.quantity, needle.unit_price, needle.discount) == (120, 50, 300)
    assert (needle.uom, needle.requested_date) == ("EA", "2010-02-25")
    assert needle.properties == (("Length", "30 mm"),)
    assert needle.taxes[0].rate == Decimal("0.25")
    assert tissue.note == "Freetext note on line 2"


def test_charge_without_category_is_taxed_as_the_rest_when_the_sums_say_so():
    order = ubl.parse(shared("UC4_Order.xml")).order
    (freight,) = order.charges
    assert (freight.kind, freight.taxes[0].rate) == ("shipping", Decimal("0.1"))
    assert order.taxes[0].rate == Decimal("0.1")


def test_product_by_barcode():
    payload = edited("UC1_Order.xml", ("<cbc:ID>SN-33</cbc:ID>", "<cbc:ID/>"))
    line = ubl.parse(payload).order.lines[0]
    assert (line.sku, line.gtin) == ("5704066204093", "05704066204093")
    assert gtin_forms(line.gtin) == ("05704066204093", "5704066204093")
    assert gtin_forms("012345678905") == (
        "012345678905",
        "12345678905".zfill(13),
        "12345678905".zfill(14),
    )


def test_price_for_a_hundred():
    payload = edited(
        "UC1_Order.xml",
        (
            '<cbc:PriceAmount currencyID="EUR">4</cbc:PriceAmount>',
            '<cbc:PriceAmount currencyID="EUR">400</cbc:PriceAmount>'
            "<cbc:BaseQuantity>100</cbc:BaseQuantity>",
        ),
    )
    order = ubl.parse(payload).order
    assert (order.lines[0].unit_price, order.lines[0].price_basis) == (4, 100)
    assert order.total == Decimal("143.75")


def test_no_totals_stated():
    payload = shared("UC1_Order.xml").decode()
    start = payload.index("<cac:TaxTotal>")
    end = payload.index("</cac:AnticipatedMonetaryTotal>")
    result = ubl.parse((payload[:start] + payload[end + 31 :]).encode())
    assert result.findings == ()
    assert (result.order.total, result.order.net_total) == (None, None)
    assert result.order.total_tax == Decimal("28.75")


def test_total_without_the_tax_that_the_lines_name():
    payload = edited(
        "UC1_Order.xml",
        ('<cbc:TaxAmount currencyID="EUR">28.75</cbc:TaxAmount>', ""),
        ("143.75", "115"),
    )
    order = ubl.parse(payload).order
    assert (order.total, order.net_total, order.total_tax) == (None, 115, Decimal("28.75"))


def test_prices_left_to_the_seller():
    payload = shared("UC1_Order.xml").decode()
    for price in "463":
        old = f'<cbc:PriceAmount currencyID="EUR">{price}</cbc:PriceAmount>'
        payload = payload.replace(old, "")
    result = ubl.parse(payload.encode())
    assert codes(result) == ["no_price"] * 3
    assert (result.order.total, result.order.lines[0].unit_price) == (None, None)


@pytest.mark.parametrize("name", ["OrderChange_Example.xml", "OrderChange_sc1.xml"])
def test_public_changes(name):
    result = ubl.parse(shared(name))
    original = ubl.parse(shared("Order_sc1.xml")).order
    change = result.change
    assert (result.order, result.findings) == (None, ())
    assert (change.kind, change.original_ref) == ("change", original.ref)
    assert change.ref == result.ref == "0088:7300010000001/Order-1#change:Change-1"
    assert (change.number, change.original_number) == ("Change-1", "Order-1")
    assert [(each.action, each.ref) for each in change.lines] == [("change", "1"), ("change", "2")]
    assert change.lines[0].line.quantity == 5
    assert change.lines[0].states == {"quantity", "unit_price"}
    assert (change.order.total, change.order.total_tax) == (600, 100)


def test_change_that_takes_out_a_line():
    payload = edited(
        "OrderChange_Example.xml",
        (
            "<cbc:ID>2</cbc:ID>\n      <cbc:LineStatusCode>3<",
            "<cbc:ID>2</cbc:ID>\n      <cbc:LineStatusCode>2<",
        ),
        (">500<", ">200<"),
        (">600<", ">240<"),
        (">100<", ">40<"),
    )
    change = ubl.parse(payload).change
    assert [each.action for each in change.lines] == ["change", "cancel"]
    assert [line.ref for line in change.order.lines] == ["1"]
    assert change.order.total == 240


@pytest.mark.parametrize("name", ["OrderCancellation_Example.xml", "OrderCancellation_sc1.xml"])
def test_public_cancellations(name):
    result = ubl.parse(shared(name))
    assert result.findings == ()
    change = result.change
    assert (change.kind, change.original_ref) == ("cancel", "0088:7300010000001/Order-1")
    assert (change.note, change.lines, change.order) == ("With reference to phone call", (), None)


def test_change_without_the_order_it_changes():
    payload = edited("OrderCancellation_Example.xml", ("<cbc:ID>Order-1</cbc:ID>", ""))
    result = ubl.parse(payload)
    assert (result.change, codes(result)) == (None, ["no_original"])


@pytest.mark.parametrize(
    "name", ["DespatchAdvice_Example.xml", "OrderResponse_Example.xml", "OrderResponse_sc1.xml"]
)
def test_other_documents_are_not_orders(name):
    assert codes(ubl.parse(shared(name))) == ["not_ubl_order"]
    assert not ubl.looks_like(shared(name))


def test_envelope():
    def enveloped(*names):
        inner = b"".join(shared(name).split(b"?>", 1)[1] for name in names)
        return (
            b'<sbd:StandardBusinessDocument xmlns:sbd="urn:x">'
            + inner
            + (b"</sbd:StandardBusinessDocument>")
        )

    assert ubl.parse(enveloped("UC1_Order.xml")).order == ubl.parse(shared("UC1_Order.xml")).order
    both = enveloped("UC1_Order.xml", "UC4_Order.xml")
    assert codes(ubl.parse(both)) == ["several_orders"]
    first, second = map(ubl.parse, ubl.split(both))
    assert (first.order.number, second.order.number) == ("1", "5")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<cbc:ID>1</cbc:ID>\n  <cbc:IssueDate", "<cbc:IssueDate", "no_order_number"),
        (">28.75<", ">28.7x<", "not_a_number"),
        (">28.75<", ">1e308<", "not_a_number"),
        ('UNECERec20">10<', 'UNECERec20">-10<', "negative_value"),
        ('UNECERec20">10<', 'UNECERec20">0<', "zero_quantity"),
        ('UNECERec20">10<', 'UNECERec20">1e308<', "not_a_number"),
        ('UNECERec20">10<', 'UNECERec20"><', "missing_value"),
        ('currencyID="EUR">4<', 'currencyID="USD">4<', "mixed_currency"),
        ('currencyID="EUR">4<', 'currencyID="EUR">-4<', "negative_value"),
        ("<cbc:ID>2</cbc:ID>", "<cbc:ID>1</cbc:ID>", "duplicate_line"),
        ("OrderLine>", "Orderline>", "no_lines"),
        ("BuyerCustomerParty>", "Buyer>", "no_customer"),
    ],
)
def test_refused(old, new, code):
    result = ubl.parse(edited("UC1_Order.xml", (old, new)))
    assert result.order is None
    assert code in codes(result)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (">143.75<", ">143.74<", "wrong_total"),
        (">115<", ">114<", "wrong_total"),
        (">40<", ">41<", "wrong_line_total"),
    ],
)
def test_totals_that_differ_hold_the_order(old, new, code):
    result = ubl.parse(edited("UC1_Order.xml", (old, new)))
    assert result.order
    assert (code, "hold") in [(each.code, each.severity) for each in result.findings]


def test_bad_date_is_only_a_warning():
    result = ubl.parse(edited("UC1_Order.xml", ("2013-07-16", "2013-02-30")))
    assert codes(result) == ["not_a_date"]
    assert result.order.requested_date == "2013-07-15"
    zoned = ubl.parse(edited("UC1_Order.xml", ("2013-07-16", "2013-07-16+02:00")))
    assert zoned.order.requested_date == "2013-07-16"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "laughs": f'<!DOCTYPE Order [<!ENTITY l0 "lol">{LAUGHS}]>\n<Order>&l9;</Order>',
    "file": '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><Order>&x;</Order>',
    "net": '<!DOCTYPE o SYSTEM "http://127.0.0.1:9/o.dtd"><Order/>',
    "parameter": '<!DOCTYPE o [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><Order/>',
    "quadratic": f'<!DOCTYPE o [<!ENTITY a "{"a" * 9000}">]><Order>{"&a;" * 9000}</Order>',
    "comment first": "<!-- <a> --><!DOCTYPE o [<!ENTITY a 'b'>]><Order>&a;</Order>",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_document_types_are_refused_unread(kind, encoding):
    started = time.process_time()
    result = ubl.parse(HOSTILE[kind].encode(encoding))
    assert codes(result) in (["xml_doctype"], ["not_xml"])
    if encoding == "utf-8":
        assert codes(result) == ["xml_doctype"]
    assert time.process_time() - started < 2


def test_doctype_in_text_is_text():
    note = "<cbc:Note><![CDATA[<!DOCTYPE html>]]></cbc:Note><cbc:DocumentCurrencyCode"
    payload = edited("UC1_Order.xml", ("<cbc:DocumentCurrencyCode", note))
    assert ubl.parse(payload).order.note == "<!DOCTYPE html>"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_document"),
        (b"\n ", "empty_document"),
        (b"{}", "not_xml"),
        (b"<Order>", "not_xml"),
        (b"<Order/>", "not_ubl_order"),
        (b"<!-- nothing -->", "not_xml"),
        (b"<?xml version='1.0' encoding='nonsense'?><Order/>", "not_xml"),
        (b"<a>" * 5000, "not_xml"),
        (b"<a>" * 5000 + b"</a>" * 5000, "not_xml"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "too_large"),
        (b"<a>&undefined;</a>", "not_xml"),
    ],
)
def test_not_an_order_at_all(payload, code):
    assert codes(ubl.parse(payload)) == [code]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_other_encodings(encoding):
    text = shared("UC4_Order.xml").decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
    result = ubl.parse(text.encode(encoding))
    assert result.order.total == 55
    assert ubl.looks_like(text.encode(encoding))


def test_byte_order_mark():
    assert ubl.parse(b"\xef\xbb\xbf" + shared("UC1_Order.xml")).order
    assert ubl.looks_like(b"\xef\xbb\xbf" + shared("UC1_Order.xml"))


def test_truncated_anywhere_never_raises():
    payload = shared("UC1_Order.xml")
    for end in range(0, len(payload) - 10, 101):
        assert codes(ubl.parse(payload[:end])) in (["not_xml"], ["empty_document"])


def test_thousands_of_lines_are_refused_at_once():
    payload = shared("UC1_Order.xml").decode()
    start = payload.index("<cac:OrderLine>")
    line = payload[start : payload.index("</cac:OrderLine>") + 16]
    body = payload[:start] + line * 3000 + "</Order>"
    started = time.process_time()
    assert "too_many_items" in codes(ubl.parse(body.encode(), max_bytes=10**8))
    assert time.process_time() - started < 5


@given(st.binary())
def test_never_raises_on_bytes(payload):
    result = ubl.parse(payload)
    assert result.order or result.change or result.errors
    ubl.looks_like(payload)
    assert ubl.split(payload) == [payload]


texts = st.text(st.characters(codec="utf-8", exclude_characters="<&>\r")).filter(
    lambda text: all(char >= " " or char in "\t\n" for char in text)
) | st.from_regex(r"-?\d{0,30}(\.\d{0,30})?(e\d{1,3})?", fullmatch=True)


@given(st.data())
def test_never_raises_on_a_distorted_order(data):
    root = etree.fromstring(
        shared(data.draw(st.sampled_from(["Order_Example.xml", "UC4_Order.xml"])))
    )
    leaves = [element for element in root.iter() if not len(element)]
    for _times in range(data.draw(st.integers(1, 4))):
        leaf = data.draw(st.sampled_from(leaves))
        try:
            leaf.text = data.draw(texts)
        except ValueError:
            return  # What XML can't carry.
    if data.draw(st.booleans()):
        element = data.draw(st.sampled_from([e for e in root.iter() if e.getparent() is not None]))
        element.getparent().remove(element)
    result = ubl.parse(etree.tostring(root))
    assert result.order or result.errors


# === Writing ===

FACTS = AnswerFacts(
    number="R-1",
    order_number="Order-1",
    sales_number="S00042",
    issued_at=datetime(2024, 2, 29, 23, 5, 9),
    currency="EUR",
    seller=Party(name="The Supplier & Söhne", endpoint="7302347231110", endpoint_scheme="0088"),
    buyer=Party(name="City Hospital", gln="7300010000001", ids=(("0007", "5541277710"),)),
    note="Two < three",
    promised_from=date(2024, 3, 1),
    promised_until=date(2024, 3, 4),
)
LINES = (
    AnswerLine("1", "accepted", Decimal("10.00"), title="Item 1", sku="SN-1", gtin="7400000001234"),
    AnswerLine(
        "2",
        "changed",
        Decimal("2.50"),
        Decimal(4),
        "KGM",
        Decimal("1.2300"),
        "Item 2",
        "SN-2",
        promised=date(2024, 3, 9),
        note="Less",
    ),
    AnswerLine("3", "rejected", title="Item 3", buyer_sku="B3"),
)


def order_of_children(samples):
    """For each element name, the order in which the samples have its children."""
    known = {}
    for root in samples:
        for element in root.iter():
            names = [etree.QName(child).localname for child in element]
            known.setdefault(element.tag, []).append(list(dict.fromkeys(names)))
    return known


def test_response_has_the_structure_of_the_samples():
    samples = [
        etree.fromstring(shared(name))
        for name in ("OrderResponse_Example.xml", "OrderResponse_sc1.xml")
    ]
    known = order_of_children(samples)
    root = etree.fromstring(ubl_answer.response(FACTS, LINES, "CA"))
    assert root.tag == samples[0].tag
    for element in root.iter():
        assert element.tag in known, element.tag
        names = list(dict.fromkeys(etree.QName(child).localname for child in element))
        allowed = {name for each in known[element.tag] for name in each}
        assert set(names) <= allowed, (element.tag, names)
        for each in known[element.tag]:
            shared_names = [name for name in each if name in names]
            assert shared_names == [name for name in names if name in each]
        assert len(element) or (element.text or "").strip()


def test_response_says_what_it_was_told():
    root = etree.fromstring(ubl_answer.response(FACTS, LINES, "CA"))

    def texts_at(path):
        path = "/".join(f"{{*}}{name}" for name in path.split("/"))
        return [element.text for element in root.findall(path)]

    assert texts_at("ID") + texts_at("OrderReference/ID") == ["R-1", "Order-1"]
    assert texts_at("OrderResponseCode") == ["CA"]
    assert texts_at("Note") == ["Two < three"]
    assert texts_at("OrderLine/LineItem/LineStatusCode") == ["5", "3", "7"]
    assert texts_at("OrderLine/LineItem/Quantity") == ["10", "2.5"]
    assert texts_at("OrderLine/LineItem/MaximumBackorderQuantity") == ["1.5"]
    assert texts_at("OrderLine/OrderLineReference/LineID") == ["1", "2", "3"]
    assert texts_at("OrderLine/LineItem/Price/PriceAmount") == ["1.23"]
    assert texts_at("BuyerCustomerParty/Party/EndpointID") == ["7300010000001"]
    assert texts_at("SellerSupplierParty/Party/PartyLegalEntity/RegistrationName") == [
        "The Supplier & Söhne"
    ]


@pytest.mark.parametrize("code", ["AB", "AP", "RE"])
def test_answer_to_the_whole_order_has_no_lines(code):
    root = etree.fromstring(ubl_answer.response(FACTS, LINES, code))
    assert root.find("{*}OrderResponseCode").text == code
    assert root.find("{*}OrderLine") is None


def test_unknown_response_code():
    with pytest.raises(ValueError):
        ubl_answer.response(FACTS, LINES, "OK")

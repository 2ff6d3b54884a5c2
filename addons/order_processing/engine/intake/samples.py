"""A small order in every format, to try out a channel with; one line, no taxes."""

import csv
import io
import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import NamedTuple
from xml.sax.saxutils import escape

from . import edifact_syntax, x12_syntax

#: A name that nobody takes for a customer's.
CUSTOMER = "Test Order"


class SampleFacts(NamedTuple):
    """What a sample is made of.

    :param ref: digits; the order's reference
    :param price: of one piece, with the currency's decimals
    :param country: ISO 3166 code of where it goes
    :param state: code of the state there, where addresses have one
    """

    ref: str
    sku: str
    title: str
    price: Decimal
    currency: str
    country: str
    state: str = ""
    now: datetime = datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def sample(kind, facts):
    """Bytes of a sample order.

    :param str kind: key of :data:`.registry.READERS`
    :param facts: :class:`SampleFacts`
    :raise KeyError: no such format
    """
    return _WRITERS[kind](facts)


def _address(names, facts):
    """A made-up address: its parts by the names a format has for them."""
    values = (CUSTOMER, "1 Test Street", "Testville", "00000", facts.country, facts.state)
    return dict(zip(names.split("|"), values, strict=True))


def _json(value):
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _shopify(facts):
    address = _address("name|address1|city|zip|country_code|province_code", facts)
    return _json(
        {
            "id": int(facts.ref),
            "name": f"#{facts.ref}",
            "email": "test@example.com",
            "currency": facts.currency,
            "total_price": str(facts.price),
            "total_tax": "0",
            "created_at": facts.now.isoformat(),
            "shipping_address": address,
            "billing_address": address,
            "line_items": [
                {
                    "id": 1,
                    "sku": facts.sku,
                    "title": facts.title,
                    "quantity": 1,
                    "price": str(facts.price),
                }
            ],
        }
    )


def _woocommerce(facts):
    address = _address("first_name|address_1|city|postcode|country|state", facts)
    price = str(facts.price)
    line = {"id": 1, "name": facts.title, "sku": facts.sku, "quantity": 1, "subtotal": price}
    return _json(
        {
            "id": int(facts.ref),
            "number": facts.ref,
            "order_key": f"wc_order_{facts.ref}",
            "status": "processing",
            "currency": facts.currency,
            "total": price,
            "total_tax": "0",
            "prices_include_tax": False,
            "billing": address | {"email": "test@example.com"},
            "shipping": address,
            "line_items": [line | {"total": price, "subtotal_tax": "0", "total_tax": "0"}],
        }
    )


def _order_json(facts):
    price = str(facts.price)
    line = {"ref": "1", "sku": facts.sku, "title": facts.title, "quantity": "1"}
    return _json(
        {
            "ref": facts.ref,
            "currency": facts.currency,
            "total": price,
            "customer_name": CUSTOMER,
            "shipping": _address("name|street|city|zip|country_code|state_code", facts),
            "lines": [line | {"unit_price": price}],
        }
    )


def _amazon_api(facts):
    money = {"CurrencyCode": facts.currency, "Amount": str(facts.price)}
    number = f"000-{facts.ref[-7:]:0>7}-0000000"
    place = _address("Name|AddressLine1|City|PostalCode|CountryCode|StateOrRegion", facts)
    item = {"OrderItemId": "1", "SellerSKU": facts.sku, "Title": facts.title, "ItemPrice": money}
    return _json(
        {
            "order": {
                "AmazonOrderId": number,
                "PurchaseDate": f"{facts.now:%Y-%m-%dT%H:%M:%SZ}",
                "OrderStatus": "Unshipped",
                "FulfillmentChannel": "MFN",
                "OrderTotal": money,
                "BuyerInfo": {"BuyerName": CUSTOMER, "BuyerEmail": "test@example.com"},
                "ShippingAddress": place,
            },
            "items": {"AmazonOrderId": number, "OrderItems": [item | {"QuantityOrdered": 1}]},
        }
    )


def _table(row, delimiter=","):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(row), delimiter=delimiter)
    writer.writeheader()
    writer.writerow(row)
    return stream.getvalue().encode()


def _amazon_flat(facts):
    names = "recipient-name|ship-address-1|ship-city|ship-postal-code|ship-country|ship-state"
    row = {
        "order-id": f"000-{facts.ref[-7:]:0>7}-0000000",
        "order-item-id": "1",
        "purchase-date": f"{facts.now:%Y-%m-%dT%H:%M:%S+00:00}",
        "buyer-email": "test@example.com",
        "buyer-name": CUSTOMER,
        "sku": facts.sku,
        "product-name": facts.title,
        "quantity-purchased": "1",
        "currency": facts.currency,
        "item-price": str(facts.price),
    }
    return _table(row | _address(names, facts), "\t")


def _shopify_csv(facts):
    names = "Name|Address1|City|Zip|Country|Province"
    names = "|".join(f"Shipping {name}" for name in names.split("|"))
    price = str(facts.price)
    row = {
        "Name": f"#{facts.ref}",
        "Email": "test@example.com",
        "Financial Status": "paid",
        "Currency": facts.currency,
        "Subtotal": price,
        "Shipping": "0.00",
        "Taxes": "0.00",
        "Total": price,
        "Discount Amount": "0.00",
        "Created at": f"{facts.now:%Y-%m-%d %H:%M:%S +0000}",
        "Lineitem quantity": "1",
        "Lineitem name": facts.title,
        "Lineitem price": price,
        "Lineitem sku": facts.sku,
        "Id": facts.ref,
    }
    return _table(row | _address(names, facts))


def _csv(facts):
    row = {
        "Order": facts.ref,
        "Customer": CUSTOMER,
        "Currency": facts.currency,
        "SKU": facts.sku,
        "Description": facts.title,
        "Qty": "1",
        "Price": str(facts.price),
    }
    return _table(row | _address("Delivery name|Street|City|Zip|Country|State", facts))


def _ubl(facts):
    text = {name: escape(str(value)) for name, value in facts._asdict().items()}
    state = ""
    if facts.state:
        state = f"<cbc:CountrySubentity>{text['state']}</cbc:CountrySubentity>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>{text["ref"]}</cbc:ID>
 <cbc:IssueDate>{facts.now:%Y-%m-%d}</cbc:IssueDate>
 <cbc:DocumentCurrencyCode>{text["currency"]}</cbc:DocumentCurrencyCode>
 <cac:BuyerCustomerParty><cac:Party><cac:PartyLegalEntity>
  <cbc:RegistrationName>{CUSTOMER}</cbc:RegistrationName>
 </cac:PartyLegalEntity></cac:Party></cac:BuyerCustomerParty>
 <cac:SellerSupplierParty><cac:Party><cac:PartyLegalEntity>
  <cbc:RegistrationName>Seller</cbc:RegistrationName>
 </cac:PartyLegalEntity></cac:Party></cac:SellerSupplierParty>
 <cac:Delivery><cac:DeliveryLocation><cac:Address>
  <cbc:StreetName>1 Test Street</cbc:StreetName><cbc:CityName>Testville</cbc:CityName>
  <cbc:PostalZone>00000</cbc:PostalZone>{state}
  <cac:Country><cbc:IdentificationCode>{text["country"]}</cbc:IdentificationCode></cac:Country>
 </cac:Address></cac:DeliveryLocation></cac:Delivery>
 <cac:AnticipatedMonetaryTotal>
  <cbc:LineExtensionAmount currencyID="{text["currency"]}">{facts.price}</cbc:LineExtensionAmount>
  <cbc:PayableAmount currencyID="{text["currency"]}">{facts.price}</cbc:PayableAmount>
 </cac:AnticipatedMonetaryTotal>
 <cac:OrderLine><cac:LineItem>
  <cbc:ID>1</cbc:ID><cbc:Quantity unitCode="C62">1</cbc:Quantity>
  <cbc:LineExtensionAmount currencyID="{text["currency"]}">{facts.price}</cbc:LineExtensionAmount>
  <cac:Price>
   <cbc:PriceAmount currencyID="{text["currency"]}">{facts.price}</cbc:PriceAmount>
  </cac:Price>
  <cac:Item><cbc:Name>{text["title"]}</cbc:Name>
   <cac:SellersItemIdentification><cbc:ID>{text["sku"]}</cbc:ID></cac:SellersItemIdentification>
  </cac:Item>
 </cac:LineItem></cac:OrderLine>
</Order>
""".encode()


def _edifact(facts):
    day = f"{facts.now:%y%m%d}"
    place = (CUSTOMER, "1 Test Street", "Testville", facts.state, "00000", facts.country)
    body = [
        ("UNH", "1", ("ORDERS", "D", "96A", "UN")),
        ("BGM", "220", facts.ref, "9"),
        ("DTM", ("137", f"{facts.now:%Y%m%d}", "102")),
        ("NAD", "BY", "", "", *place),
        ("NAD", "DP", "", "", *place),
        ("CUX", ("2", facts.currency, "9")),
        ("LIN", "1"),
        ("PIA", "5", (facts.sku, "SA")),
        ("IMD", "F", "", ("", "", "", facts.title[:35])),
        ("QTY", ("21", "1", "PCE")),
        ("PRI", ("AAA", str(facts.price))),
        ("UNS", "S"),
    ]
    segments = [
        ("UNB", ("UNOY", "4"), "TESTBUYER", "TESTSELLER", (day, "0900"), facts.ref),
        *body,
        ("UNT", str(len(body) + 1), "1"),
        ("UNZ", "1", facts.ref),
    ]
    return edifact_syntax.write(segments).encode()


def _x12(facts):
    body = [
        ("BEG", "00", "SA", facts.ref, "", f"{facts.now:%Y%m%d}"),
        ("CUR", "BY", facts.currency),
        ("N1", "BY", CUSTOMER, "92", "TEST"),
        ("N1", "ST", CUSTOMER, "92", "TEST"),
        ("N3", "1 Test Street"),
        ("N4", "Testville", facts.state, "00000", facts.country),
        ("PO1", "1", "1", "EA", str(facts.price), "", "VP", facts.sku),
        ("PID", "F", "", "", "", facts.title[:80]),
        ("CTT", "1"),
    ]
    number, day = f"{int(facts.ref) % 10**9:09d}", f"{facts.now:%y%m%d}"
    ids = ("ZZ", "TESTBUYER".ljust(15), "ZZ", "TESTSELLER".ljust(15))
    isa = ("ISA", "00", " " * 10, "00", " " * 10, *ids, day, "0900", "U", "00401", number)
    rest = [
        ("GS", "PO", "TESTBUYER", "TESTSELLER", f"20{day}", "0900", "1", "X", "004010"),
        ("ST", "850", "0001"),
        *body,
        ("SE", str(len(body) + 2), "0001"),
        ("GE", "1", "1"),
        ("IEA", "1", number),
    ]
    head = "*".join((*isa, "0", "P", ">"))
    return f"{head}~{x12_syntax.write(rest)}".encode()


_WRITERS = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
    "amazon_api": _amazon_api,
    "json": _order_json,
    "amazon_flat": _amazon_flat,
    "shopify_csv": _shopify_csv,
    "csv": _csv,
    "ubl": _ubl,
    "edifact": _edifact,
    "x12": _x12,
}

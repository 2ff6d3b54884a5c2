"""FedEx's published descriptions: no request of ours may break them."""

import dataclasses
from decimal import Decimal

import prism
import pytest
from carrier_cases import (
    ABROAD,
    PAINT,
    PHONE,
    SPRAY,
    WAREHOUSE,
    account,
    at_point,
    cases,
    shipment,
    with_hazards,
)

from odoo.addons.order_shipping.carriers.base import CarrierError
from odoo.addons.order_shipping.carriers.fedex import FedEx

SOURCES = [
    ("fixed-FedEx-rate-api.json", "", ["POST /rate/v1/rates/quotes"]),
    (
        "fixed-FedEx-ship-api.json",
        "",
        ["POST /ship/v1/shipments", "PUT /ship/v1/shipments/cancel"],
    ),
    (
        "FedEx-track.json",
        "",
        [
            "POST /track/v1/trackingnumbers",
            "POST /track/v1/referencenumbers",
            "POST /track/v1/trackingdocuments",
        ],
    ),
]
TOKENS = ("/oauth/token",)


def describe():
    joined = prism.join(SOURCES)
    letter = {"documentType": "SIGNATURE_PROOF_OF_DELIVERY", "documents": ["JVBERi0xLjQ="]}
    path = "POST /track/v1/trackingdocuments"
    prism.answer_with(joined, path, {"output": letter})
    return joined


def make(url):
    return FedEx(account(url, number="740561073", options=(("paperless", "yes"),)))


def operations(fedex):
    """(name, call) of everything FedEx is asked."""
    yield "check", fedex.check
    for name, sent in cases("FEDEX_GROUND", "INTERNATIONAL_PRIORITY"):
        shop = shipment(recipient=sent.recipient, customs=sent.customs, boxes=sent.boxes)
        yield f"shop, {name}", lambda shop=shop: fedex.rates(shop)
        yield f"rate, {name}", lambda sent=sent: fedex.rates(sent)
        yield f"buy, {name}", lambda sent=sent: fedex.buy(sent)
    for name, sent in declared():
        yield f"rate, {name}", lambda sent=sent: fedex.rates(sent)
        yield f"buy, {name}", lambda sent=sent: fedex.buy(sent)
    yield "find", lambda: fedex.find(shipment())
    yield "void", lambda: fedex.void("794953555571", [])
    yield "proof", lambda: fedex.proof("", "128667043726")
    yield "track", lambda: fedex.track("128667043726")


def declared():
    """(name, shipment): dangerous goods by road and air, and parcels held at a shop."""
    customs = dict(cases("FEDEX_GROUND", "INTERNATIONAL_PRIORITY"))["international"].customs
    bare = dataclasses.replace(PHONE, un_number="3480", instruction="965")
    return [
        ("limited quantity", with_hazards("FEDEX_GROUND", SPRAY)),
        ("by air", with_hazards("PRIORITY_OVERNIGHT", PAINT)),
        ("lithium", with_hazards("FEDEX_GROUND", PHONE, signature="adult")),
        ("bare lithium", with_hazards("INTERNATIONAL_PRIORITY", bare)),
        ("cash", shipment(service="FEDEX_GROUND", collect=Decimal("99.95"))),
        ("held", at_point("FEDEX_GROUND", "YBZA")),
        ("abroad", shipment(service="INTERNATIONAL_PRIORITY", recipient=ABROAD, customs=customs)),
    ]


@pytest.fixture(scope="module")
def answers():
    with prism.trying(make, operations, describe(), "fedex", CarrierError, TOKENS) as found:
        yield found


def test_no_request_breaks_the_description(answers):
    assert not answers.contract.violations, "\n".join(answers.contract.violations)
    assert not answers.errors, answers.errors
    assert answers.contract.asked("POST", "/ship/v1/shipments") >= 10


def test_rates(answers):
    offer = answers["shop, domestic"][0]
    assert offer.service == "INTERNATIONAL_FIRST"
    # ACCOUNT and LIST in CAD: the account's price, not the cheapest number in some currency.
    assert (str(offer.amount), offer.currency) == ("445.54", "CAD")
    assert sum(charge.amount for charge in offer.charges) == offer.amount
    assert offer.days == 3 and str(offer.arrives) == "2019-07-22"


def test_labels(answers):
    purchase = answers["buy, domestic"]
    assert purchase.labels[0].tracking_number == "794953535000"
    assert purchase.amount > 0
    assert answers["void"] is True
    assert answers["proof"] == b"%PDF-1.4"


def test_dangerous_goods_are_declared(answers):
    sent = answers.contract.last("/ship/v1/shipments", [name for name, _sent in declared()])

    def services(name):
        [package] = sent[name]["requestedShipment"]["requestedPackageLineItems"]
        return package["packageSpecialServices"]

    spray = services("limited quantity")
    assert spray["specialServiceTypes"] == ["DANGEROUS_GOODS"]
    detail = {"regulation": "DOT", "options": ["LIMITED_QUANTITIES_COMMODITIES"]}
    assert spray["dangerousGoodsDetail"] == detail
    paint = services("by air")["dangerousGoodsDetail"]
    assert (paint["regulation"], paint["accessibility"]) == ("IATA", "ACCESSIBLE")
    assert paint["options"] == ["HAZARDOUS_MATERIALS"]
    phone = services("lithium")
    assert phone["specialServiceTypes"] == ["BATTERY"]
    assert phone["signatureOptionType"] == "ADULT"
    assert phone["batteryDetails"][0]["batteryPackingType"] == "CONTAINED_IN_EQUIPMENT"
    assert services("bare lithium")["standaloneBatteryDetails"] == [
        {"batteryMaterialType": "LITHIUM_ION"}
    ]
    held = sent["held"]["requestedShipment"]["shipmentSpecialServices"]
    assert held["specialServiceTypes"] == ["HOLD_AT_LOCATION"]
    assert held["holdAtLocationDetail"]["locationId"] == "YBZA"


def test_cash_is_collected(answers):
    sent = answers.contract.last("/ship/v1/shipments", [name for name, _sent in declared()])
    shipped = sent["cash"]["requestedShipment"]
    assert shipped["shipmentSpecialServices"]["specialServiceTypes"] == ["COD"]
    amount = {"amount": 99.95, "currency": "USD"}
    assert shipped["shipmentSpecialServices"]["shipmentCODDetail"]["codCollectionAmount"] == amount


def test_customs_gets_tax_numbers_and_eori(answers):
    sent = answers.contract.last("/ship/v1/shipments", [name for name, _sent in declared()])
    shipped = sent["abroad"]["requestedShipment"]
    assert shipped["shipper"]["tins"] == [
        {"number": WAREHOUSE.tax_number, "tinType": "BUSINESS_NATIONAL"},
        {"number": WAREHOUSE.eori, "tinType": "BUSINESS_UNION"},
    ]
    assert [each["number"] for each in shipped["recipients"][0]["tins"]] == [
        ABROAD.tax_number,
        ABROAD.eori,
    ]
    assert shipped["shipmentSpecialServices"] == {
        "specialServiceTypes": ["ELECTRONIC_TRADE_DOCUMENTS"],
        "etdDetail": {"requestedDocumentTypes": ["COMMERCIAL_INVOICE"]},
    }
    invoice = shipped["customsClearanceDetail"]["commercialInvoice"]
    assert invoice["termsOfSale"] == "DAP"


def test_tracking(answers):
    assert [event.status for event in answers["track"]] == ["picked_up"]
    assert answers["track"][0].time.isoformat() == "2018-02-02T19:01:00"

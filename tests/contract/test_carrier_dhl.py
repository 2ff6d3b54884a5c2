"""DHL Express's published description (MyDHL): no request of ours may break it."""

import datetime

import prism
import pytest
from carrier_cases import (
    ABROAD,
    BOX,
    DAY,
    HOME,
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
from odoo.addons.order_shipping.carriers.dhl import Dhl

SOURCES = [
    (
        "fixed-MyDHL.json",
        "",
        [
            "POST /rates",
            "POST /shipments",
            "GET /tracking",
            "GET /shipments/{shipmentTrackingNumber}/get-image",
            "GET /shipments/{shipmentTrackingNumber}/proof-of-delivery",
            "GET /address-validate",
            "GET /servicepoints",
            "POST /pickups",
        ],
    )
]


def describe():
    """DHL's description, without a check that numbers in binary can't pass (49.3 by 0.001)."""
    joined = prism.join(SOURCES)
    for part in (joined["paths"], joined["components"]):
        prism.forget(part, "multipleOf")
    document = {"typeCode": "waybill", "content": "JVBERi0xLjQ="}
    path = "GET /shipments/{shipmentTrackingNumber}/get-image"
    prism.answer_with(joined, path, {"documents": [document]})
    path = "GET /shipments/{shipmentTrackingNumber}/proof-of-delivery"
    prism.answer_with(joined, path, {"documents": [document]})
    return joined


def make(url):
    options = (("dg_3481", "HV/967"), ("dg_1950", "HE/910"), ("paperless", "yes"))
    return Dhl(account(url, number="123456789", options=options))


def operations(dhl):
    """(name, call) of everything DHL Express is asked."""
    ready = datetime.datetime.combine(DAY, datetime.time(14))
    close = ready + datetime.timedelta(hours=3)
    yield "check", dhl.check
    for name, sent in cases("N", "P"):
        shop = shipment(recipient=sent.recipient, customs=sent.customs, boxes=sent.boxes)
        yield f"shop, {name}", lambda shop=shop: dhl.rates(shop)
        yield f"rate, {name}", lambda sent=sent: dhl.rates(sent)
        yield f"buy, {name}", lambda sent=sent: dhl.buy(sent)
    for name, sent in declared():
        yield f"rate, {name}", lambda sent=sent: dhl.rates(sent)
        yield f"buy, {name}", lambda sent=sent: dhl.buy(sent)
    yield "points", lambda: dhl.points(ABROAD)
    yield "find", lambda: dhl.find(shipment())
    yield "documents", lambda: dhl.documents("1234567890", DAY)
    yield "proof", lambda: dhl.proof("1234567890", "JD014600004617230711")
    yield "track", lambda: dhl.track("1234567890")
    yield "address", lambda: dhl.check_address(HOME)
    yield "pickup", lambda: dhl.book_pickup(WAREHOUSE, [BOX, BOX], ready, close)


def declared():
    """(name, shipment): dangerous goods, and a parcel that is fetched at a service point."""
    customs = dict(cases("N", "P"))["international"].customs
    abroad = {"recipient": ABROAD, "customs": customs}
    return [
        ("dangerous goods", with_hazards("P", SPRAY, PHONE, **abroad)),
        ("service point", at_point("P", "PAR001", **abroad)),
    ]


@pytest.fixture(scope="module")
def answers():
    with prism.trying(make, operations, describe(), "dhl", CarrierError) as found:
        yield found


def test_no_request_breaks_the_description(answers):
    assert not answers.contract.violations, "\n".join(answers.contract.violations)
    assert not answers.errors, answers.errors
    assert answers.contract.asked("POST", "/shipments") >= 10


def test_rates(answers):
    offers = answers["shop, international"]
    assert offers and all(offer.amount > 0 and offer.currency for offer in offers)
    assert all(offer.name.startswith("DHL ") for offer in offers)


def test_labels(answers):
    purchase = answers["buy, international"]
    assert purchase.shipment_id and purchase.labels[0].document
    assert answers["find"].shipment_id == "1234567890"
    kinds = [kind for kind, _paper in answers["documents"]]
    assert kinds == ["waybill", "commercial-invoice", "customs-entry"]
    assert answers["documents"][0][1] == b"%PDF-1.4"
    assert answers["proof"] == b"%PDF-1.4"


def test_dangerous_goods_are_declared(answers):
    sent = answers.contract.last("/shipments", ["goods", "point"])["goods"]
    services = {each["serviceCode"]: each for each in sent["valueAddedServices"]}
    assert "WY" in services
    assert services["HE"]["dangerousGoods"] == [{"contentId": "910", "unCodes": ["1950"]}]
    assert services["HV"]["dangerousGoods"] == [{"contentId": "967", "unCodes": ["3481"]}]
    with pytest.raises(CarrierError, match="dg_1263=HE/910 in the account"):
        make("http://127.0.0.1:9").buy(with_hazards("P", PAINT))


def test_service_points(answers):
    point = answers["points"][0]
    assert (point.code, point.address.name) == ("PRG041", "CK Kentlucky s.r.o.")
    assert (point.address.zip, point.address.country_code) == ("120 00", "CZ")
    assert point.hours.startswith("Mo 10:00-16:30; Tu 10:00-16:30")
    sent = answers.contract.last("/shipments", ["point"])["point"]
    assert sent["onDemandDelivery"]["servicePointId"] == "PAR001"
    assert sent["customerDetails"]["buyerDetails"]["contactInformation"]["fullName"] == ABROAD.name


def test_tracking(answers):
    [event] = answers["track"]
    assert (event.status, event.time.isoformat()) == ("picked_up", "2020-06-10T04:06:00")
    assert event.place == "Brisbane-AU"


def test_address_and_pickup(answers):
    assert answers["address"].is_deliverable
    assert answers["pickup"]

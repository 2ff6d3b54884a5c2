"""DHL Express's published description (MyDHL): no request of ours may break it."""

import datetime

import prism
import pytest
from carrier_cases import BOX, DAY, HOME, WAREHOUSE, account, cases, shipment

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
            "GET /address-validate",
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
    return joined


def make(url):
    return Dhl(account(url, number="123456789"))


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
    yield "find", lambda: dhl.find(shipment())
    yield "document", lambda: dhl.document("1234567890", DAY)
    yield "track", lambda: dhl.track("1234567890")
    yield "address", lambda: dhl.check_address(HOME)
    yield "pickup", lambda: dhl.book_pickup(WAREHOUSE, [BOX, BOX], ready, close)


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
    assert answers["document"]


def test_tracking(answers):
    [event] = answers["track"]
    assert (event.status, event.time.isoformat()) == ("picked_up", "2020-06-10T04:06:00")
    assert event.place == "Brisbane-AU"


def test_address_and_pickup(answers):
    assert answers["address"].is_deliverable
    assert answers["pickup"]

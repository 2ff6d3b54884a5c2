"""USPS's published descriptions: no request of ours may break them."""

import base64
import dataclasses
import datetime
from decimal import Decimal

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
    cases,
    shipment,
    with_hazards,
)

from odoo.addons.order_shipping.carriers.base import CarrierError
from odoo.addons.order_shipping.carriers.usps import Usps

SOURCES = [
    ("USPS-domestic-prices.yaml", "/prices/v3", ["POST /total-rates/search"]),
    ("USPS-shipping-options.yaml", "/shipments/v3", ["POST /options/search"]),
    (
        "USPS-domestic-labels.yaml",
        "/labels/v3",
        [
            "POST /label",
            "POST /return-label",
            "POST /label-reprint",
            "DELETE /label/{trackingNumber}",
        ],
    ),
    ("USPS-tracking.yaml", "/tracking/v3", ["GET /tracking/{trackingNumber}"]),
    ("USPS-scan-forms.yaml", "/scan-forms/v3", ["POST /scan-form"]),
    ("USPS-addresses.yaml", "/addresses/v3", ["GET /address"]),
    ("USPS-carrier-pickup.yaml", "/pickup/v3", ["POST /carrier-pickup"]),
    ("USPS-payments.yaml", "/payments/v3", ["POST /payment-authorization"]),
]
TOKENS = ("/oauth2/v3/token",)
PDF = base64.b64encode(b"%PDF-1.4 label").decode()
LABEL = {"trackingNumber": "9234690000000000000001", "postage": 8.15, "labelImage": PDF}
SCANS = [
    {"eventCode": "GX", "eventType": "Label created", "GMTTimestamp": "2026-11-24T14:03:12Z"},
    {
        "eventCode": "01",
        "eventType": "Delivered",
        "eventCity": "SAN FRANCISCO",
        "eventState": "CA",
        "GMTTimestamp": "2026-11-27T18:20:00Z",
    },
]
FOUND = {
    "address": {
        "streetAddress": "5 ELM ST",
        "city": "SAN FRANCISCO",
        "state": "CA",
        "ZIPCode": "94105",
        "ZIPPlus4": "1234",
    },
    "additionalInfo": {"DPVConfirmation": "Y", "business": "N"},
}


def describe():
    """USPS's descriptions, with answers where they only say "string"."""
    joined = prism.join(SOURCES)
    # A contact is "exactly one" of two shapes, each of which allows the other.
    for entries in joined["components"].values():
        prism.loosen([entry for name, entry in entries.items() if name.startswith("s6_")])
    vendor = "application/vnd.usps.labels+json"
    for path in ("label", "label-reprint"):
        prism.answer_with(joined, f"POST /labels/v3/{path}", LABEL, mimetype=vendor)
    returned = {"labelMetadata": LABEL, "labelImage": PDF}
    prism.answer_with(joined, "POST /labels/v3/return-label", returned, mimetype=vendor)
    tracked = {"trackingNumber": "9234690000000000000001", "trackingEvents": SCANS}
    prism.answer_with(joined, "GET /tracking/v3/tracking/{trackingNumber}", tracked)
    prism.answer_with(joined, "GET /addresses/v3/address", FOUND)
    return joined


def make(url):
    options = (("crid", "12345678"), ("mid", "123456789"))
    return Usps(account(url, number="1000405525", options=options))


def operations(usps):
    """(name, call) of everything USPS is asked."""
    ready = datetime.datetime.combine(DAY, datetime.time(9))
    yield "check", usps.check
    for name, sent in cases("USPS_GROUND_ADVANTAGE", ""):
        shop = dataclasses.replace(sent, service="")
        yield f"shop, {name}", lambda shop=shop: usps.rates(shop)
        yield f"rate, {name}", lambda sent=sent: usps.rates(sent)
        for number, box in enumerate(sent.boxes, 1):
            one = dataclasses.replace(
                sent, boxes=(box,), box_number=number, box_count=len(sent.boxes)
            )
            yield f"buy, {name}, {number}", lambda one=one: usps.buy(one)
    yield "shop, international", lambda: usps.rates(shipment(recipient=ABROAD))
    for name, sent in declared():
        yield f"rate, {name}", lambda sent=sent: usps.rates(sent)
        yield f"buy, {name}", lambda sent=sent: usps.buy(sent)
    yield "find", lambda: usps.find(shipment())
    yield "void", lambda: usps.void("", ["9234690000000000000001"])
    yield "track", lambda: usps.track("9234690000000000000001")
    yield "address", lambda: usps.check_address(HOME)
    yield "pickup", lambda: usps.book_pickup(WAREHOUSE, [BOX, BOX], ready, ready)
    yield "close out", lambda: usps.close_out(WAREHOUSE, ["9234690000000000000001"], DAY)


def declared():
    """(name, shipment): dangerous goods that USPS has a service for."""
    sent_back = {"sender": HOME, "recipient": WAREHOUSE, "is_return": True}
    return [
        ("lithium back", with_hazards("USPS_GROUND_ADVANTAGE", PHONE, **sent_back)),
        ("limited quantity", with_hazards("USPS_GROUND_ADVANTAGE", SPRAY)),
        ("class 3", with_hazards("USPS_GROUND_ADVANTAGE", PAINT)),
        ("lithium", with_hazards("PRIORITY_MAIL", PHONE, insurance=Decimal(100))),
    ]


@pytest.fixture(scope="module")
def answers():
    with prism.trying(make, operations, describe(), "usps", CarrierError, TOKENS) as found:
        yield found


def test_no_request_breaks_the_description(answers):
    assert not answers.contract.violations, "\n".join(answers.contract.violations)
    assert not answers.errors, answers.errors
    assert answers.contract.asked("POST", "/labels/v3/label") >= 8


def test_rates(answers):
    [offer] = answers["shop, domestic"]
    # The published example has a base price and fees: 0 would have been chosen first.
    assert (str(offer.amount), offer.currency) == ("9.17", "USD")
    assert sum(charge.amount for charge in offer.charges) == offer.amount
    assert str(answers["shop, several boxes"][0].amount) == "27.51"
    abroad = answers["shop, international"][0]
    assert abroad.amount > 0 and "within the United States only" in abroad.problem
    assert not offer.problem


def test_labels_abroad_are_refused_before_anything_is_sent():
    usps = make("http://127.0.0.1:9")
    with pytest.raises(CarrierError, match="within the United States only") as caught:
        usps.buy(shipment(recipient=ABROAD, service="PRIORITY_MAIL_INTERNATIONAL"))
    assert caught.value.outcome == "rejected"


def test_labels(answers):
    purchase = answers["buy, domestic, 1"]
    assert purchase.labels[0].tracking_number == "9234690000000000000001"
    assert purchase.labels[0].mimetype == "application/pdf"
    assert str(purchase.amount) == "8.15"
    assert answers["buy, return, 1"].labels[0].document.startswith(b"%PDF")
    assert answers["find"].labels == purchase.labels
    assert answers["void"] is True


def test_dangerous_goods_are_declared(answers):
    names = [name for name, _sent in declared() if name != "lithium back"]
    sent = answers.contract.last("/labels/v3/label", names)
    services = {name: sent[name]["packageDescription"]["extraServices"] for name in names}
    assert services == {"limited quantity": [831], "class 3": [812], "lithium": [818, 930]}
    assert sent["class 3"]["packageDescription"]["packageOptions"] == {"contentType": "HAZMAT"}
    usps = make("http://127.0.0.1:9")
    bare = dataclasses.replace(PHONE, un_number="3480")
    for service, goods, words in (
        ("PRIORITY_MAIL", SPRAY, "only as a limited quantity by Ground"),
        ("PRIORITY_MAIL", bare, "without equipment by Ground"),
        ("USPS_GROUND_ADVANTAGE", dataclasses.replace(PHONE, is_small_battery=False), "small"),
    ):
        with pytest.raises(CarrierError, match=words):
            usps.rates(with_hazards(service, goods))


def test_tracking(answers):
    assert [event.status for event in answers["track"]] == ["label_created", "delivered"]
    assert answers["track"][-1].place == "SAN FRANCISCO, CA"


def test_address_pickup_and_scan_form(answers):
    check = answers["address"]
    assert check.is_deliverable and check.residential is True
    assert check.suggestion.street == "5 ELM ST"
    assert answers["pickup"]
    assert answers["close out"].number == "9475038234567000031430"

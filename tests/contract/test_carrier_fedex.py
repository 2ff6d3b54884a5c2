"""FedEx's published descriptions: no request of ours may break them."""

import prism
import pytest
from carrier_cases import account, cases, shipment

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
        ["POST /track/v1/trackingnumbers", "POST /track/v1/referencenumbers"],
    ),
]
TOKENS = ("/oauth/token",)


def describe():
    return prism.join(SOURCES)


def make(url):
    return FedEx(account(url, number="740561073"))


def operations(fedex):
    """(name, call) of everything FedEx is asked."""
    yield "check", fedex.check
    for name, sent in cases("FEDEX_GROUND", "INTERNATIONAL_PRIORITY"):
        shop = shipment(recipient=sent.recipient, customs=sent.customs, boxes=sent.boxes)
        yield f"shop, {name}", lambda shop=shop: fedex.rates(shop)
        yield f"rate, {name}", lambda sent=sent: fedex.rates(sent)
        yield f"buy, {name}", lambda sent=sent: fedex.buy(sent)
    yield "find", lambda: fedex.find(shipment())
    yield "void", lambda: fedex.void("794953555571", [])
    yield "track", lambda: fedex.track("128667043726")


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


def test_tracking(answers):
    assert [event.status for event in answers["track"]] == ["picked_up"]
    assert answers["track"][0].time.isoformat() == "2018-02-02T19:01:00"

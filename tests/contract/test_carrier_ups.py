"""UPS's published descriptions: no request of ours may break them."""

import dataclasses
import datetime
import json
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
    at_point,
    cases,
    shipment,
    with_hazards,
)

from odoo.addons.order_shipping.carriers import ups_ship
from odoo.addons.order_shipping.carriers.base import CarrierError, Offer
from odoo.addons.order_shipping.carriers.ups import Ups

SOURCES = [
    ("fixed-UPS-oauth.json", "", ["POST /security/v1/oauth/token"]),
    ("fixed-UPS-rating.json", "/api", ["POST /rating/{version}/{requestoption}"]),
    (
        "fixed-UPS-ship.json",
        "/api",
        [
            "POST /shipments/{version}/ship",
            "DELETE /shipments/{version}/void/cancel/{shipmentidentificationnumber}",
            "POST /labels/{version}/recovery",
        ],
    ),
    (
        "fixed-UPS-track.json",
        "/api",
        [
            "GET /track/v1/details/{inquiryNumber}",
            "GET /track/v1/reference/details/{referenceNumber}",
        ],
    ),
    ("UPS-AddressValidation.yaml", "/api", ["POST /addressvalidation/{version}/{requestoption}"]),
    ("UPS-Pickup.yaml", "/api", ["POST /pickupcreation/{version}/pickup"]),
    ("UPS-TimeInTransit.yaml", "/api", ["POST /shipments/{version}/transittimes"]),
]
CANDIDATE = {
    "AddressClassification": {"Code": "2", "Description": "Residential"},
    "AddressKeyFormat": {
        "AddressLine": ["5 ELM ST"],
        "PoliticalDivision2": "SAN FRANCISCO",
        "PoliticalDivision1": "CA",
        "PostcodePrimaryLow": "94105",
        "PostcodeExtendedLow": "1234",
        "CountryCode": "US",
    },
}
LEVEL = {
    "serviceLevel": "GND",
    "serviceLevelDescription": "UPS Ground",
    "deliveryDate": "2026-12-01",
    "businessTransitDays": 4,
}


#: Track Alert's subscription, by hand: its description isn't among those at hand.
SUBSCRIPTION = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("transId", "transactionSrc")
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["locale", "countryCode", "trackingNumberList", "destination"],
                    "properties": {
                        "locale": {"type": "string", "pattern": "^[a-z]{2}_[A-Z]{2}$"},
                        "countryCode": {"type": "string"},
                        "trackingNumberList": {
                            "type": "array",
                            "maxItems": 100,
                            "items": {"type": "string", "pattern": "^1Z[0-9A-Z]{16}$"},
                        },
                        "destination": {
                            "type": "object",
                            "required": ["url", "credentialType", "credential"],
                            "properties": {
                                name: {"type": "string"}
                                for name in ("url", "credentialType", "credential")
                            },
                        },
                    },
                }
            }
        },
    },
    "responses": {
        "200": {
            "description": "Done",
            "content": {
                "application/json": {"example": {"validTrackingNumbers": ["1Z1442YY7229014688"]}}
            },
        }
    },
}


def describe():
    """UPS's descriptions, with answers where they only say "string"."""
    joined = prism.join(SOURCES)
    joined["paths"]["/api/track/v1/subscription/standard/package"] = {"post": SUBSCRIPTION}
    # UPS writes "maximum: 1" for "at most once", also at numbers.
    prism.forget(joined["paths"]["/api/shipments/{version}/transittimes"], "maximum")
    prism.forget(joined["components"]["schemas"], "maximum")
    # Its own answers to Label Recovery name the formats GIF and ZPL.
    prism.widen(joined, "LabelImageFormat", 3)
    # "012", told of Access Points, is among the codes it lists, and has three digits.
    joined["components"]["schemas"]["s2_ShipmentServiceOptions_Notification"]["properties"][
        "NotificationCode"
    ]["maxLength"] = 3
    # Five characters for what may be up to 50000.00.
    for place in ("s2_COD_CODAmount", "s2_PackageServiceOptions_COD_CODAmount"):
        amount = joined["components"]["schemas"][place]["properties"]["MonetaryValue"]
        amount.update(minLength=4, maxLength=8)
    prism.answer_with(
        joined,
        "POST /api/addressvalidation/{version}/{requestoption}",
        {"XAVResponse": {"Candidate": [CANDIDATE], "AddressClassification": {"Code": "2"}}},
    )
    prism.answer_with(
        joined,
        "POST /api/shipments/{version}/transittimes",
        {"emsResponse": {"services": [LEVEL]}},
    )
    return joined


def make(url):
    return Ups(account(url))


def operations(ups):
    """(name, call) of everything UPS is asked."""
    ready = datetime.datetime.combine(DAY, datetime.time(14))
    close = ready + datetime.timedelta(hours=3)
    yield "check", ups.check
    for name, sent in cases("03", "65"):
        shop = shipment(recipient=sent.recipient, customs=sent.customs)
        yield f"shop, {name}", lambda shop=shop: ups.rates(shop)
        yield f"rate, {name}", lambda sent=sent: ups.rates(sent)
        yield f"transit, {name}", lambda sent=sent: ups.transit(sent)
        yield f"buy, {name}", lambda sent=sent: ups.buy(sent)
    for name, sent in declared():
        shop = dataclasses.replace(sent, service="")
        yield f"shop, {name}", lambda shop=shop: ups.rates(shop)
        yield f"rate, {name}", lambda sent=sent: ups.rates(sent)
        yield f"buy, {name}", lambda sent=sent: ups.buy(sent)
    yield "find", lambda: ups.find(shipment(service="03"))
    yield "void", lambda: ups.void("1Z2220060290602143", [])
    yield "proof", lambda: ups.proof("", "1Z1442YY7229014688")
    yield "track", lambda: ups.track("1Z1442YY7229014688")
    numbers = ["1Z1442YY7229014688", "1ZCIETST0111111114"]
    yield "subscribe", lambda: ups.subscribe(numbers, "https://shop.example.com/hook", "secret")
    yield "address", lambda: ups.check_address(HOME)
    yield "pickup", lambda: ups.book_pickup(WAREHOUSE, [BOX, BOX], ready, close)


def declared():
    """(name, shipment): dangerous goods by road and air, and parcels to an Access Point."""
    customs = dict(cases("03", "65"))["international"].customs
    return [
        ("limited quantity", with_hazards("03", SPRAY)),
        ("fully regulated", with_hazards("03", PAINT)),
        ("two kinds", with_hazards("03", SPRAY, PAINT)),
        ("by air", with_hazards("01", PAINT)),
        ("lithium", with_hazards("03", PHONE)),
        ("lithium abroad", with_hazards("65", PHONE, recipient=ABROAD, customs=customs)),
        ("cash", shipment(service="03", collect=Decimal(100), boxes=(BOX,) * 3)),
        ("access point", at_point("03", "U12345678")),
        ("access point abroad", at_point("65", "U12345678", recipient=ABROAD, customs=customs)),
    ]


def bodies(answers, part):
    return answers.contract.last(part, [name for name, _sent in declared()])


@pytest.fixture(scope="module")
def answers():
    with prism.trying(make, operations, describe(), "ups", CarrierError) as found:
        yield found


def test_no_request_breaks_the_description(answers):
    assert not answers.contract.violations, "\n".join(answers.contract.violations)
    assert not answers.errors, answers.errors
    assert answers.contract.asked("POST", "/ship") >= 10


def test_rates(answers):
    [offer] = answers["shop, domestic"]
    assert (offer.service, str(offer.amount), offer.currency) == ("03", "15.54", "USD")
    assert offer.billed_weight == round(offer.billed_weight, 3) > 3
    assert sum(charge.amount for charge in offer.charges) == offer.amount
    assert answers["transit, domestic"]["03"] == (datetime.date(2026, 12, 1), 4)


def test_days_that_a_quote_lacks_are_asked_for(monkeypatch):
    ups = make("http://127.0.0.1:9")  # nothing is sent
    known = Offer("02", "UPS 2nd Day Air", Decimal(20), "USD", days=2)
    unknown = Offer("03", "UPS Ground", Decimal(10), "USD")
    foreign = dataclasses.replace(unknown, service="99")
    monkeypatch.setattr(ups, "_rate", lambda _shipment: [known, unknown, foreign])
    monkeypatch.setattr(
        ups, "_call", lambda *_args, **_options: {"emsResponse": {"services": [LEVEL]}}
    )
    found = ups.rates(shipment())
    assert [offer.days for offer in found] == [2, 4, 0]
    assert found[1].arrives == datetime.date(2026, 12, 1)

    def refuse(*_args, **_options):
        raise CarrierError("rejected", "No such place.")

    monkeypatch.setattr(ups, "_call", refuse)
    assert [offer.days for offer in ups.rates(shipment())] == [2, 0, 0]


def test_labels(answers):
    purchase = answers["buy, domestic"]
    assert purchase.labels[0].tracking_number.startswith("1Z")
    assert purchase.labels[0].document.startswith(b"GIF8")
    assert purchase.labels[0].mimetype == "image/gif"
    assert answers["find"].labels[0].tracking_number
    assert answers["void"] is True


def test_dangerous_goods_are_declared(answers):
    sent = bodies(answers, "/ship")

    def records(name):
        package = sent[name]["ShipmentRequest"]["Shipment"]["Package"][0]
        return package["PackageServiceOptions"]["HazMat"]

    [spray] = records("limited quantity")
    assert (spray["CommodityRegulatedLevelCode"], spray["RegulationSet"]) == ("LQ", "CFR")
    assert (spray["IDNumber"], spray["Quantity"], spray["UOM"]) == ("UN1950", "0.3", "L")
    [paint] = records("by air")
    assert (paint["RegulationSet"], paint["TransportationMode"]) == ("IATA", "PAX")
    assert (paint["PackagingGroupType"], paint["EmergencyPhone"]) == ("II", "18005550100")
    assert [each["ChemicalRecordIdentifier"] for each in records("two kinds")] == ["1", "2"]
    [phone] = records("lithium")
    assert phone["CommodityRegulatedLevelCode"] == "LR"
    assert sent["lithium"]["ShipmentRequest"]["Request"]["SubVersion"] == "2205"


def test_dangerous_goods_are_quoted_as_they_are_declared(answers):
    rated = [
        body["RateRequest"]["Shipment"]["Package"]
        for body in answers.contract.posted("/Rate")
        if "HazMat" in json.dumps(body)
    ]
    records = [
        record
        for packages in rated
        for record in packages[0]["PackageServiceOptions"]["HazMat"]["HazMatChemicalRecord"]
    ]
    assert [record["TransportationMode"] for record in records] == "01 01 01 01 03 01 03".split()
    assert float(records[0]["Quantity"]) == 0.3
    # Any service: the one way round the rules of the road, the other those of the air.
    assert {offer.service for offer in answers["shop, limited quantity"]} == {"03"}
    modes = {
        record["TransportationMode"]
        for body in answers.contract.posted("/Shop")
        for package in body["RateRequest"]["Shipment"]["Package"]
        for record in package.get("PackageServiceOptions", {})
        .get("HazMat", {})
        .get("HazMatChemicalRecord", [])
    }
    assert modes == {"01", "03"}


def test_what_can_not_be_declared_is_refused():
    ups = make("http://127.0.0.1:9")  # nothing is sent
    unnamed = dataclasses.replace(PAINT, name="")
    for sent, words in (
        (with_hazards("03", unnamed), "UN1263 .* proper shipping name"),
        (with_hazards("03", PAINT, emergency_phone=""), "emergency phone"),
        (with_hazards("01", dataclasses.replace(PAINT, instruction="")), "packing instruction"),
        (with_hazards("01", PAINT, SPRAY), "pack apart"),
    ):
        with pytest.raises(CarrierError, match=words) as caught:
            ups.buy(sent)
        assert caught.value.outcome == "rejected"


def test_an_access_point_is_where_it_goes(answers):
    sent = bodies(answers, "/ship")["access point"]["ShipmentRequest"]["Shipment"]
    assert sent["AlternateDeliveryAddress"]["UPSAccessPointID"] == "U12345678"
    assert sent["AlternateDeliveryAddress"]["Name"] == "Corner Shop"
    assert sent["ShipmentIndicationType"] == [{"Code": "02"}]
    assert sent["ShipTo"]["Name"] == "Ann Buyer"
    assert sent["ShipmentServiceOptions"]["Notification"][0]["NotificationCode"] == "012"
    rated = bodies(answers, "/Rate")["access point"]["RateRequest"]["Shipment"]
    assert rated["ShipmentIndicationType"] == [{"Code": "02"}]


def test_customs_gets_tax_numbers_and_eori(answers):
    sent = bodies(answers, "/ship")["lithium abroad"]["ShipmentRequest"]["Shipment"]
    agents = sent["GlobalTaxInformation"]["AgentTaxIdentificationNumber"]
    found = {
        (agent["AgentRole"], each["IDNumberPurposeCode"]): each["IdentificationNumber"]
        for agent in agents
        for each in agent["TaxIdentificationNumber"]
    }
    assert found == {
        ("20", "01"): WAREHOUSE.tax_number,
        ("20", "02"): WAREHOUSE.eori,
        ("30", "01"): ABROAD.tax_number,
        ("30", "02"): ABROAD.eori,
    }
    form = sent["ShipmentServiceOptions"]["InternationalForms"]
    assert form["TermsOfShipment"] == "DAP"
    assert (
        "GlobalTaxInformation"
        not in (bodies(answers, "/ship")["lithium"]["ShipmentRequest"]["Shipment"])
    )


def test_cash_is_collected(answers):
    packages = bodies(answers, "/ship")["cash"]["ShipmentRequest"]["Shipment"]["Package"]
    told = [package["PackageServiceOptions"]["COD"] for package in packages]
    assert {each["CODFundsCode"] for each in told} == {"0"}
    amounts = [each["CODAmount"]["MonetaryValue"] for each in told]
    assert amounts == ["33.34", "33.33", "33.33"]
    signed = dataclasses.replace(dict(declared())["cash"], signature="direct")
    package = ups_ship.ship_request(signed, account(""))["ShipmentRequest"]["Shipment"]["Package"][
        0
    ]
    assert "DeliveryConfirmation" not in package["PackageServiceOptions"]


def test_what_is_asked_for_abroad():
    sent = dict(cases("03", "65"))
    signed, within = sent["international, signed for"], sent["within a customs union"]
    told = ups_ship.ship_request(signed, account(""))["ShipmentRequest"]["Shipment"]
    assert told["ShipmentServiceOptions"]["DeliveryConfirmation"] == {"DCISType": "2"}
    told = ups_ship.ship_request(within, account(""))["ShipmentRequest"]["Shipment"]
    assert "ShipmentServiceOptions" not in told
    rated = ups_ship.rate_request(signed, account(""))["RateRequest"]["Shipment"]
    assert rated["DeliveryTimeInformation"]["PackageBillType"] == "03"  # no pallet


def test_tracking(answers):
    events = answers["track"]
    assert [event.status for event in events] == ["label_created", "delivered"]
    assert events[-1].place == "PARAMUS, NJ, US"
    assert answers["subscribe"] == {"1Z1442YY7229014688"}


def test_address(answers):
    check = answers["address"]
    assert check.is_deliverable and check.residential is True
    assert (check.suggestion.street, check.suggestion.city) == ("5 ELM ST", "San Francisco")
    assert check.suggestion.zip == "94105"  # what is right stays as the customer wrote it


def test_pickup(answers):
    assert answers["pickup"]

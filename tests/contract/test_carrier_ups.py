"""UPS's published descriptions: no request of ours may break them."""

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
    at_point,
    cases,
    shipment,
    with_hazards,
)

from odoo.addons.order_shipping.carriers.base import CarrierError
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


def describe():
    """UPS's descriptions, with answers where they only say "string"."""
    joined = prism.join(SOURCES)
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
        yield f"rate, {name}", lambda sent=sent: ups.rates(sent)
        yield f"buy, {name}", lambda sent=sent: ups.buy(sent)
    yield "find", lambda: ups.find(shipment(service="03"))
    yield "void", lambda: ups.void("1Z2220060290602143", [])
    yield "proof", lambda: ups.proof("", "1Z1442YY7229014688")
    yield "track", lambda: ups.track("1Z1442YY7229014688")
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
    assert answers["transit, domestic"]["GND"] == (datetime.date(2026, 12, 1), 4)


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


def test_tracking(answers):
    events = answers["track"]
    assert [event.status for event in events] == ["label_created", "delivered"]
    assert events[-1].place == "PARAMUS, NJ, US"


def test_address(answers):
    check = answers["address"]
    assert check.is_deliverable and check.residential is True
    assert (check.suggestion.street, check.suggestion.city) == ("5 ELM ST", "San Francisco")
    assert check.suggestion.zip == "94105"  # what is right stays as the customer wrote it


def test_pickup(answers):
    assert answers["pickup"]

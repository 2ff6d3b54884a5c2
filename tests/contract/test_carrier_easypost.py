"""EasyPost publishes no description: what its documentation says is written down here, strictly.

Fields and values are those of docs.easypost.com (shipments, options, customs infos, pickups, scan
forms); whatever isn't named there is a violation.
"""

import dataclasses
import datetime
import http.server
import threading
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
from odoo.addons.order_shipping.carriers.easypost import EasyPost

PDF = b"%PDF-1.4 label"
SERVICE = "USPS/GroundAdvantage"
TEXT, AMOUNT = {"type": "string"}, {"type": "string", "pattern": r"^\d+\.\d\d$"}
WORD, COUNTRY = {"type": "string", "minLength": 1}, {"type": "string", "pattern": "^[A-Z]{2}$"}
OVER_ZERO = {"type": "number", "minimum": 0, "exclusiveMinimum": True}


def one_of(*values):
    return {"type": "string", "enum": list(values)}


def record(required, **fields):
    return {
        "type": "object",
        "required": required.split(),
        "properties": fields,
        "additionalProperties": False,
    }


ADDRESS = record(
    "street1 city country",
    **dict.fromkeys("name company street1 street2 city state zip phone email".split(), TEXT),
    country=COUNTRY,
    residential={"type": "boolean", "nullable": True},
)
PARCEL = record("weight", **dict.fromkeys("weight length width height".split(), OVER_ZERO))
OPTIONS = record(
    "",
    label_format=one_of("PNG", "PDF", "ZPL", "EPL2"),
    print_custom_1=TEXT,
    label_date=TEXT,
    delivery_confirmation=one_of("NO_SIGNATURE", "SIGNATURE", "ADULT_SIGNATURE"),
    cod_method=one_of("CASH", "CHECK", "MONEY_ORDER"),
    cod_amount=AMOUNT,
    hazmat=one_of("LITHIUM", "LIMITED_QUANTITY"),
    incoterm=one_of(*"EXW FCA CPT CIP DAT DAP DDP FAS FOB CFR CIF DDU".split()),
)
ITEM = record(
    "description quantity value weight origin_country",
    description=WORD,
    quantity={"type": "integer", "minimum": 1},
    value=AMOUNT,
    currency={"type": "string", "pattern": "^[A-Z]{3}$"},
    weight=OVER_ZERO,
    hs_tariff_number={"type": "string", "pattern": r"^\d*$"},
    origin_country=COUNTRY,
    code=TEXT,
)
CUSTOMS = record(
    "contents_type restriction_type customs_certify customs_signer eel_pfc customs_items",
    contents_type=one_of("merchandise", "returned_goods"),
    contents_explanation={"type": "string", "maxLength": 255},
    restriction_type=one_of("none"),
    non_delivery_option=one_of("return", "abandon"),
    customs_certify={"type": "boolean"},
    customs_signer=WORD,
    eel_pfc=one_of("NOEEI 30.36", "NOEEI 30.37(a)"),
    customs_items={"type": "array", "minItems": 1, "items": ITEM},
)
TAX = record(
    "entity tax_id tax_id_type issuing_country",
    entity=one_of("SENDER", "RECEIVER"),
    tax_id=WORD,
    tax_id_type=one_of("EORI", "VAT", "EIN", "GST", "IOSS"),
    issuing_country=COUNTRY,
)
SHIPMENT = record(
    "from_address to_address parcel",
    reference=TEXT,
    from_address=ADDRESS,
    to_address=ADDRESS,
    parcel=PARCEL,
    options=OPTIONS,
    is_return={"type": "boolean"},
    customs_info=CUSTOMS,
    tax_identifiers={"type": "array", "items": TAX},
)
NAMED = record("id", id=WORD)
PICKUP = record(
    "address min_datetime max_datetime",
    address=ADDRESS,
    min_datetime=TEXT,
    max_datetime=TEXT,
    is_account_address={"type": "boolean"},
    instructions=TEXT,
)
TRACKER = {
    "tracking_code": "9400100000000000000001",
    "tracking_details": [
        {
            "status": "pre_transit",
            "status_detail": "label_created",
            "message": "Label created",
            "datetime": "2026-11-24T14:03:12Z",
        },
        {
            "status": "failure",
            "status_detail": "damaged",
            "message": "Parcel damaged",
            "datetime": "2026-11-25T10:00:00Z",
            "tracking_location": {"city": "RENO", "state": "NV", "country": "US"},
        },
    ],
}


def rate(service, amount, days):
    return {
        "id": f"rate_{service}",
        "carrier": "USPS",
        "service": service,
        "rate": amount,
        "list_rate": "12.00",
        "currency": "USD",
        "delivery_days": days,
    }


def describe(label_url):
    created = {
        "id": "shp_1",
        "rates": [rate("GroundAdvantage", "7.50", 4), rate("Priority", "9", 2)],
    }
    bought = created | {
        "tracking_code": "9400100000000000000001",
        "postage_label": {"label_url": label_url, "label_pdf_url": label_url},
        "selected_rate": rate("GroundAdvantage", "7.50", 4),
        "fees": [
            {"type": "PostageFee", "amount": "7.50"},
            {"type": "InsuranceFee", "amount": "1.25"},
            {"type": "LabelFee", "amount": "0.00"},
        ],
    }
    verified = {"residential": True, "verifications": {"delivery": {"success": True}}}
    pickup = {"id": "pickup_1", "pickup_rates": [rate("NextDay", "0.00", 1)]}
    buy = record("rate", rate=NAMED, insurance=AMOUNT)
    calls = {
        "get /shipments": (None, {"shipments": []}),
        "post /shipments": (record("shipment", shipment=SHIPMENT), created),
        "get /shipments/{id}": (None, bought),
        "post /shipments/{id}/buy": (buy, bought),
        "post /shipments/{id}/refund": (None, {"refund_status": "submitted"}),
        "post /trackers": (
            record("tracker", tracker=record("tracking_code", tracking_code=WORD)),
            TRACKER,
        ),
        "post /addresses": (
            record("address", address=ADDRESS, verify={"type": "boolean"}),
            verified,
        ),
        "post /scan_forms": (
            record("shipments", shipments={"type": "array", "minItems": 1, "items": NAMED}),
            {"id": "sf_1", "form_url": label_url},
        ),
        "post /pickups": (record("pickup", pickup=PICKUP), pickup),
        "post /pickups/{id}/buy": (
            record("carrier service", carrier=WORD, service=WORD),
            pickup | {"confirmation": "WTC60"},
        ),
    }
    paths = {}
    for call, (schema, example) in calls.items():
        method, path = call.split()
        content = {"application/json": {"example": example}}
        operation = {"responses": {"200": {"description": "Done", "content": content}}}
        if schema:
            body = {"application/json": {"schema": schema}}
            operation["requestBody"] = {"required": True, "content": body}
        place = paths.setdefault(f"/v2{path}", {})
        place[method] = operation
        if "{id}" in path:
            place["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": WORD}]
    info = {"title": "EasyPost, as documented", "version": "2"}
    return {"openapi": "3.0.3", "info": info, "paths": paths}


def make(url):
    return EasyPost(account(url, client_secret="EZTK-secret"))


def declared():
    """(name, shipment): what is asked for besides bringing it."""
    customs = dict(cases(SERVICE, SERVICE))["international"].customs
    return [
        ("insured", shipment(service=SERVICE, insurance=Decimal(250))),
        ("adult", shipment(service=SERVICE, signature="adult")),
        ("cash", shipment(service=SERVICE, collect=Decimal("33.5"))),
        ("limited quantity", with_hazards(SERVICE, SPRAY)),
        ("lithium", with_hazards(SERVICE, PHONE)),
        ("abroad", shipment(service=SERVICE, recipient=ABROAD, customs=customs)),
    ]


def operations(easypost):
    """(name, call) of everything EasyPost is asked."""
    ready = datetime.datetime.combine(DAY, datetime.time(9))
    yield "check", easypost.check
    for name, sent in cases(SERVICE, SERVICE):
        shop = dataclasses.replace(sent, service="")
        yield f"shop, {name}", lambda shop=shop: easypost.rates(shop)
        for number, box in enumerate(sent.boxes, 1):
            one = dataclasses.replace(
                sent, boxes=(box,), box_number=number, box_count=len(sent.boxes)
            )
            yield f"buy, {name}, {number}", lambda one=one: easypost.buy(one)
    for name, sent in declared():
        yield f"buy, {name}", lambda sent=sent: easypost.buy(sent)
    known = dataclasses.replace(shipment(), carrier_ref="shp_1")
    yield "find", lambda: easypost.find(known)
    yield "void", lambda: easypost.void("shp_1", [])
    yield "track", lambda: easypost.track("9400100000000000000001")
    yield "address", lambda: easypost.check_address(HOME)
    yield "pickup", lambda: easypost.book_pickup(WAREHOUSE, [BOX, BOX], ready, ready)
    yield "close out", lambda: easypost.close_out(WAREHOUSE, ["shp_1", "shp_2"], DAY)


class Labels(http.server.BaseHTTPRequestHandler):
    """Where labels lie: elsewhere than the interface."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PDF)))
        self.end_headers()
        self.wfile.write(PDF)

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def answers():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Labels)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    description = describe(f"http://127.0.0.1:{server.server_address[1]}/label.pdf")
    try:
        with prism.trying(make, operations, description, "easypost", CarrierError) as found:
            yield found
    finally:
        server.shutdown()
        server.server_close()


def drafts(answers):
    """What was asked for with each of ``declared``."""
    sent = answers.contract.last("/v2/shipments", [name for name, _sent in declared()])
    return {name: body["shipment"] for name, body in sent.items()}


def test_no_request_breaks_the_documentation(answers):
    assert not answers.contract.violations, "\n".join(answers.contract.violations)
    assert not answers.errors, answers.errors
    assert answers.contract.asked("POST", "/buy") >= 15


def test_rates(answers):
    ground, priority = answers["shop, domestic"]
    assert (ground.service, str(ground.amount), ground.days) == (SERVICE, "7.50", 4)
    assert str(ground.list_amount) == "12.00"
    assert [str(each.amount) for each in answers["shop, several boxes"]] == ["22.50", "27"]
    assert priority.name == "USPS Priority"


def test_labels(answers):
    purchase = answers["buy, domestic, 1"]
    assert purchase.labels[0].document == PDF
    assert (purchase.shipment_id, str(purchase.amount)) == ("shp_1", "7.50")
    assert [charge.code for charge in purchase.charges] == ["PostageFee", "InsuranceFee"]
    assert answers["find"] == purchase
    assert answers["void"] is True


def test_what_is_asked_for_besides(answers):
    sent = drafts(answers)
    assert sent["adult"]["options"]["delivery_confirmation"] == "ADULT_SIGNATURE"
    assert sent["cash"]["options"]["cod_amount"] == "33.50"
    assert sent["cash"]["options"]["cod_method"] == "CASH"
    assert sent["limited quantity"]["options"]["hazmat"] == "LIMITED_QUANTITY"
    assert sent["lithium"]["options"]["hazmat"] == "LITHIUM"
    [insured] = [body for body in answers.contract.posted("/buy") if body.get("insurance")][-1:]
    assert insured["insurance"] == "250.00"
    returns = [body["shipment"] for body in answers.contract.posted("/v2/shipments")]
    assert any(each["is_return"] for each in returns)


def test_customs(answers):
    sent = drafts(answers)["abroad"]
    info = sent["customs_info"]
    assert (info["contents_type"], info["eel_pfc"]) == ("merchandise", "NOEEI 30.37(a)")
    assert [item["value"] for item in info["customs_items"]] == ["39.80", "9.50"]
    assert [(tax["entity"], tax["tax_id_type"]) for tax in sent["tax_identifiers"]] == [
        ("SENDER", "VAT"),
        ("SENDER", "EORI"),
        ("RECEIVER", "VAT"),
        ("RECEIVER", "EORI"),
    ]
    bodies = [body["shipment"] for body in answers.contract.posted("/v2/shipments")]
    kinds = [body["customs_info"]["contents_type"] for body in bodies if "customs_info" in body]
    assert "returned_goods" in kinds  # of the international return
    assert all("customs_info" not in body for body in bodies if not body.get("tax_identifiers"))


def test_what_can_not_be_said_is_refused():
    easypost = make("http://127.0.0.1:9")  # nothing is sent
    abroad = dict(declared())["abroad"]
    dear = dataclasses.replace(abroad.customs.items[0], value=Decimal(2000))
    customs = dataclasses.replace(abroad.customs, items=(dear,))
    for sent, words in (
        (with_hazards(SERVICE, PAINT), "limited quantities or small lithium"),
        (with_hazards(SERVICE, SPRAY, PHONE), "one or the other"),
        (dataclasses.replace(abroad, customs=customs), "must be filed as an export"),
    ):
        with pytest.raises(CarrierError, match=words) as caught:
            easypost.buy(sent)
        assert caught.value.outcome == "rejected"
    assert not {"to_points", "proof"} & EasyPost.offers


def test_tracking_address_pickup_and_scan_form(answers):
    assert [event.status for event in answers["track"]] == ["label_created", "damaged"]
    assert answers["track"][-1].place == "RENO, NV, US"
    assert answers["address"].is_deliverable and answers["address"].residential is True
    assert answers["pickup"] == "WTC60"
    assert (answers["close out"].number, answers["close out"].document) == ("sf_1", PDF)

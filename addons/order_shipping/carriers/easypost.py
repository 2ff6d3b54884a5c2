"""EasyPost, aggregator for the long tail of carriers (easypost.com, API v2). No ``odoo`` import.

Thin HTTP of our own rather than their client (MIT): that one raises the same error for "no" and for
"nobody knows", and limits the time between two bytes, not that of the whole answer.

Bought in two steps: a shipment is created, which costs nothing and has a name, then its rate is
bought. Whether a named shipment was bought can be asked for certain. Box by box.
"""

import datetime
import hashlib
import hmac
import unicodedata

from .base import (
    REJECTED,
    UNKNOWN,
    AddressCheck,
    CarrierError,
    Charge,
    Manifest,
    NetworkCarrier,
    Offer,
    ParcelLabel,
    Purchase,
    TrackEvent,
)
from .tracking import EASYPOST_DETAILS, EASYPOST_STATUSES, status_of, trouble
from .transport import Transport
from .units import day, digits, inches, many, money, plain, pounds, text

URL = "https://api.easypost.com"
TEST_URL = URL  # a test key makes it a test
#: Value of goods of one kind, in dollars, from which an export from the United States is filed.
FILED_FROM = 2500
SIGNATURES = {"direct": "SIGNATURE", "adult": "ADULT_SIGNATURE"}


class EasyPost(NetworkCarrier):
    """EasyPost for one API key; a service is named "Carrier/Service"."""

    buys_all_boxes = False
    finds_for_certain = True
    offers = frozenset(
        {
            "rates",
            "buy",
            "find",
            "void",
            "track",
            "check_address",
            "book_pickup",
            "close_out",
            "collect",
        }
    )

    def __init__(self, account):
        self.account = account
        self.transport = Transport(account.base_url, (account.client_secret,))

    def _call(self, method, path, body=None, **options):
        answer = self.transport.call(
            method, "/v2" + path, json=body, auth=(self.account.client_secret, ""), **options
        )
        return answer.json()

    def check(self):
        self._call("GET", "/shipments?page_size=1")

    # === RATES AND LABELS === #

    def rates(self, shipment):
        totals = None
        for box in shipment.boxes:
            created = self._create(shipment, box)
            found = {_service(rate): rate for rate in many(created.get("rates"))}
            names = [name for name in (found if totals is None else totals) if name in found]
            totals = {name: [*(totals or {}).get(name, []), found[name]] for name in names}
        return [
            _offer(name, rates)
            for name, rates in (totals or {}).items()
            if shipment.service in ("", name)
        ]

    def _create(self, shipment, box):
        return self._call("POST", "/shipments", {"shipment": _shipment(shipment, box)})

    def buy(self, shipment, remember=None):
        [box] = shipment.boxes
        try:
            created = self._create(shipment, box)
        except CarrierError as error:
            # A draft costs nothing: whatever became of it, nothing was bought.
            raise CarrierError(REJECTED, error.message, error.code, error.retry_after) from error
        rates = {_service(rate): rate for rate in many(created.get("rates"))}
        rate = (
            rates.get(shipment.service)
            if shipment.service
            else min(rates.values(), key=lambda rate: money(rate["rate"]), default=None)
        )
        if rate is None:
            messages = [entry.get("message") for entry in many(created.get("messages"))]
            words = " ".join(filter(None, messages))
            raise CarrierError(REJECTED, words or "This service isn't offered.", "no-rate")
        if remember:
            remember(created["id"])
        body = {"rate": {"id": rate["id"]}}
        if shipment.insurance:
            body["insurance"] = f"{shipment.insurance:.2f}"
        bought = self._call("POST", f"/shipments/{created['id']}/buy", body, spends=True)
        purchase = self._purchase(bought)
        if purchase is None:
            raise CarrierError(UNKNOWN, "The answer lacks the label.", "incomplete")
        return purchase

    def _purchase(self, bought):
        """The purchase in a shipment of EasyPost's; None where no label was bought."""
        postage = bought.get("postage_label") or {}
        if not postage.get("label_url") or not bought.get("tracking_code"):
            return None
        document, mimetype = self._fetch(postage)
        rate = bought.get("selected_rate") or {}
        charges = tuple(
            Charge(fee["type"], money(fee["amount"]), fee["type"])
            for fee in many(bought.get("fees"))
            if money(fee.get("amount"))
        )
        return Purchase(
            labels=(ParcelLabel(bought["tracking_code"], document, mimetype),),
            shipment_id=bought["id"],
            amount=money(rate.get("rate")),
            currency=rate.get("currency") or "USD",
            charges=charges,
        )

    def _fetch(self, postage):
        """The label's bytes. They lie elsewhere; without them the label is bought all the same."""
        url = postage.get("label_pdf_url") or postage.get("label_zpl_url") or postage["label_url"]
        kind = {"label_pdf_url": "application/pdf", "label_zpl_url": "text/plain"}
        mimetype = next((m for name, m in kind.items() if postage.get(name)), "image/png")
        try:
            return Transport(url).call("GET", "").body, mimetype
        except (CarrierError, ValueError):
            return b"", mimetype

    def find(self, shipment):
        """By the name of the draft; without one nothing was ever bought."""
        if not shipment.carrier_ref:
            return None
        return self._purchase(self._call("GET", f"/shipments/{shipment.carrier_ref}"))

    def void(self, shipment_id, tracking_numbers):
        try:
            answer = self._call("POST", f"/shipments/{shipment_id}/refund", spends=True)
        except CarrierError as error:
            if error.outcome == REJECTED and "already" in error.message.lower():
                return True
            raise
        return answer.get("refund_status") in ("submitted", "refunded", "not_applicable")

    # === TRACKING, ADDRESSES, HAND-OVER === #

    def track(self, tracking_number):
        body = {"tracker": {"tracking_code": tracking_number}}
        return events_of(self._call("POST", "/trackers", body))

    def check_address(self, address):
        body = {"address": _address(address), "verify": True}
        answer = self._call("POST", "/addresses", body)
        delivery = (answer.get("verifications") or {}).get("delivery") or {}
        problems = [entry.get("message") for entry in many(delivery.get("errors"))]
        return AddressCheck(
            bool(delivery.get("success")), answer.get("residential"), message=" ".join(problems)
        )

    def close_out(self, sender, shipment_ids, day):
        """SCAN form of shipments, by EasyPost's own names of them."""
        body = {"shipments": [{"id": shipment_id} for shipment_id in shipment_ids]}
        answer = self._call("POST", "/scan_forms", body, spends=True)
        document = b""
        if answer.get("form_url"):
            document = self._fetch({"label_pdf_url": answer["form_url"]})[0]
        return Manifest(answer["id"], document)

    def book_pickup(self, sender, boxes, ready, close, service=""):
        pickup = {
            "address": _address(sender),
            "min_datetime": ready.isoformat(),
            "max_datetime": close.isoformat(),
            "is_account_address": False,
            "instructions": f"{len(boxes)} parcels",
        }
        created = self._call("POST", "/pickups", {"pickup": pickup})
        rates = many(created.get("pickup_rates"))
        if not rates:
            raise CarrierError(REJECTED, "No carrier collects there then.", "no-rate")
        best = min(rates, key=lambda rate: money(rate["rate"]))
        body = {"carrier": best["carrier"], "service": best["service"]}
        return self._call("POST", f"/pickups/{created['id']}/buy", body, spends=True)[
            "confirmation"
        ]


def events_of(tracker):
    """Events of one of EasyPost's trackers, as asked for or as its webhook sends it."""
    number = tracker.get("tracking_code") or ""
    found = (_event(number, detail) for detail in many(tracker.get("tracking_details")))
    return sorted((event for event in found if event), key=lambda event: event.time)


def is_signed(secret, body, signature):
    """Whether a webhook's body was signed with ``secret``, as EasyPost signs them."""
    key = unicodedata.normalize("NFKD", secret).encode()
    digest = hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"hmac-sha256-hex={digest}".encode(), signature.encode())


def _service(rate):
    return f"{rate['carrier']}/{rate['service']}"


def _offer(name, rates):
    days = max(int(rate.get("delivery_days") or 0) for rate in rates)
    dates = [day(rate.get("delivery_date")) for rate in rates]
    total = sum(money(rate["rate"]) for rate in rates)
    listed = [money(rate.get("list_rate")) for rate in rates]
    return Offer(
        service=name,
        name=name.replace("/", " "),
        amount=total,
        currency=rates[0]["currency"],
        list_amount=sum(listed) if all(listed) else money(0),
        charges=(Charge("POSTAGE", total, "Postage"),),
        days=days,
        arrives=max(dates) if all(dates) else None,
        is_guaranteed=all(rate.get("delivery_date_guaranteed") for rate in rates),
    )


def _address(address):
    return {
        "name": address.name,
        "company": address.company,
        "street1": address.street,
        "street2": address.street2,
        "city": address.city,
        "state": address.state,
        "zip": address.zip,
        "country": address.country_code,
        "phone": digits(address.phone),
        "email": address.email,
    }


def _hazmat(box):
    """EasyPost's one word for dangerous goods in a box.

    :raise CarrierError: it has none for them
    """
    if all(goods.is_small_battery for goods in box.hazards):
        return "LITHIUM"
    if all(goods.is_limited for goods in box.hazards):
        return "LIMITED_QUANTITY"
    raise CarrierError(
        REJECTED,
        "EasyPost takes limited quantities or small lithium batteries, one or the other in a box.",
        "hazard",
    )


def _shipment(shipment, box):
    parcel = {"weight": plain(pounds(box.weight) * 16)}  # ounces
    if box.is_measured:
        parcel |= {
            "length": inches(box.length),
            "width": inches(box.width),
            "height": inches(box.height),
        }
    options = {
        "label_format": "ZPL" if shipment.label_format == "zpl" else "PDF",
        "print_custom_1": text(shipment.reference, 30),
        "label_date": shipment.ship_date.isoformat(),
    }
    if shipment.signature:
        options["delivery_confirmation"] = SIGNATURES[shipment.signature]
    if shipment.collect:
        options["cod_method"] = "CASH"
        options["cod_amount"] = f"{shipment.collect:.2f}"
    if box.hazards:
        options["hazmat"] = _hazmat(box)
    body = {
        "reference": shipment.key,
        "from_address": _address(shipment.sender),
        "to_address": _address(shipment.recipient) | {"residential": shipment.residential},
        "parcel": parcel,
        "options": options,
        "is_return": shipment.is_return,
    }
    if shipment.is_declared:
        options["incoterm"] = shipment.customs.incoterm
        body["customs_info"] = _customs(shipment)
        if numbers := _tax_identifiers(shipment):
            body["tax_identifiers"] = numbers
    return body


def _exemption(shipment):
    """Why no export has to be filed with the authorities of the United States.

    :raise CarrierError: one has to be, so claiming an exemption would be false
    """
    if shipment.recipient.country_code == "CA":
        return "NOEEI 30.36"
    dear = any(item.value * item.quantity > FILED_FROM for item in shipment.customs.items)
    if shipment.sender.country_code == "US" and dear:
        raise CarrierError(
            REJECTED,
            f"Goods of one kind worth more than {FILED_FROM} must be filed as an export: buy the "
            "label where its number (ITN) can be entered.",
            "export",
        )
    return "NOEEI 30.37(a)"


def _customs(shipment):
    customs = shipment.customs
    return {
        "contents_type": "returned_goods" if customs.reason == "RETURN" else "merchandise",
        "contents_explanation": text(customs.items[0].description, 255) if customs.items else "",
        "restriction_type": "none",
        "non_delivery_option": "return",
        "customs_certify": True,
        "customs_signer": shipment.sender.name,
        "eel_pfc": _exemption(shipment),
        "customs_items": [
            {
                "description": item.description,
                "quantity": item.quantity,
                "value": f"{item.value * item.quantity:.2f}",
                "currency": customs.currency,
                "weight": max(plain(pounds(item.weight * item.quantity) * 16), 0.1),
                "hs_tariff_number": item.hs_code.replace(".", ""),
                "origin_country": item.origin or shipment.sender.country_code,
                "code": text(item.sku, 20),
            }
            for item in customs.items
        ],
    }


def _tax_identifiers(shipment):
    """VAT and EORI numbers of who sends and who receives."""
    return [
        {
            "entity": entity,
            "tax_id": number,
            "tax_id_type": kind,
            "issuing_country": number[:2] if kind == "EORI" else address.country_code,
        }
        for entity, address in (("SENDER", shipment.sender), ("RECEIVER", shipment.recipient))
        for kind, number in (("VAT", address.tax_number), ("EORI", address.eori))
        if number
    ]


def _event(number, detail):
    try:
        time = datetime.datetime.fromisoformat(detail["datetime"].replace("Z", "+00:00"))
    except (KeyError, ValueError):
        return None
    place = detail.get("tracking_location") or {}
    words = text(detail.get("message"), 200)
    known = EASYPOST_DETAILS.get(detail.get("status_detail"))
    where = (place.get("city"), place.get("state"), place.get("country"))
    return TrackEvent(
        tracking_number=number,
        status=known or trouble(status_of(EASYPOST_STATUSES, detail.get("status")), words),
        time=time.astimezone(datetime.timezone.utc).replace(tzinfo=None),
        code=detail.get("status_detail") or detail.get("status") or "",
        text=words,
        place=", ".join(filter(None, where)),
    )

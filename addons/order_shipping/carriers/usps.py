"""USPS, by its REST interface v3 (developers.usps.com). No ``odoo`` import.

Bought from box by box. The same ``X-Idempotency-Key`` gives the label bought under it again: what
became of a purchase can be found out for certain. Labels are for the United States; abroad it only
quotes, since labels for abroad are another interface of theirs.
"""

import dataclasses
import datetime
import uuid
from decimal import Decimal

from . import usps_label
from .base import (
    REJECTED,
    UNKNOWN,
    AddressCheck,
    CarrierError,
    Charge,
    Manifest,
    Offer,
    ParcelLabel,
    Purchase,
    TrackEvent,
)
from .oauth import OAuthCarrier
from .tracking import USPS_CATEGORIES, USPS_CODES, status_of, trouble
from .transport import Token
from .units import day, image_bytes, kilograms, many, mimetype, money, text

URL = "https://apis.usps.com"
TEST_URL = "https://apis-tem.usps.com"
#: Mail classes that are quoted, and what people call them.
SERVICES = {
    "USPS_GROUND_ADVANTAGE": "USPS Ground Advantage",
    "PRIORITY_MAIL": "USPS Priority Mail",
    "PRIORITY_MAIL_EXPRESS": "USPS Priority Mail Express",
}
ABROAD = {
    "FIRST-CLASS_PACKAGE_INTERNATIONAL_SERVICE": "USPS First-Class Package International",
    "PRIORITY_MAIL_INTERNATIONAL": "USPS Priority Mail International",
    "PRIORITY_MAIL_EXPRESS_INTERNATIONAL": "USPS Priority Mail Express International",
}


HOME_ONLY = "Labels of USPS can be bought here within the United States only."


class Usps(OAuthCarrier):
    """USPS for one account (CRID, MIDs and EPS number are its options)."""

    buys_all_boxes = False
    finds_for_certain = True
    offers = frozenset(
        {"rates", "buy", "find", "void", "track", "check_address", "book_pickup", "close_out"}
    )

    def __init__(self, account):
        super().__init__(account)
        name = (self.transport.base_url, account.client_id, account.client_secret, "payment")
        self.payment = Token(name, self._fetch_payment)

    def _ask_token(self):
        return self.transport.call(
            "POST",
            "/oauth2/v3/token",
            json={
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
                "grant_type": "client_credentials",
            },
        ).json()

    def _fetch_payment(self):
        body = usps_label.payment_request(self.account)
        answer = self.http.call("POST", "/payments/v3/payment-authorization", json=body).json()
        return answer["paymentAuthorizationToken"], 6 * 3600.0

    # === RATES === #

    def rates(self, shipment):
        if not shipment.is_domestic:
            return self._rates_abroad(shipment)
        wanted = [shipment.service] if shipment.service else list(SERVICES)
        totals = None
        for box in shipment.boxes:
            body = usps_label.price_request(shipment, box, wanted, self.account)
            answer = self.http.call("POST", "/prices/v3/total-rates/search", json=body).json()
            found = _cheapest(answer.get("rateOptions"))
            # A class that doesn't carry every box carries none.
            names = found if totals is None else totals.keys() & found
            totals = {name: [*(totals or {}).get(name, []), found[name]] for name in names}
        promises = self._promises(shipment)
        return [_offer(name, options, promises) for name, options in (totals or {}).items()]

    def _promises(self, shipment):
        """Day of arrival of each mail class; prices don't tell it."""
        body = usps_label.options_request(shipment, shipment.boxes[0], self.account)
        try:
            answer = self.http.call("POST", "/shipments/v3/options/search", json=body).json()
        except CarrierError:
            return {}  # a price without a promise is still a price
        return {
            name: day((option.get("commitment") or {}).get("scheduleDeliveryDate"))
            for name, option in _options(answer)
        }

    def _rates_abroad(self, shipment):
        totals = None
        for box in shipment.boxes:
            body = usps_label.options_request(shipment, box, self.account)
            answer = self.http.call("POST", "/shipments/v3/options/search", json=body).json()
            found = {}
            for name, option in _options(answer):
                if name not in found or _total(option) < _total(found[name]):
                    found[name] = option
            names = found if totals is None else totals.keys() & found
            totals = {name: [*(totals or {}).get(name, []), found[name]] for name in names}
        return [
            dataclasses.replace(_offer(name, options, {}), problem=HOME_ONLY)
            for name, options in (totals or {}).items()
        ]

    # === LABELS === #

    def _headers(self, key=""):
        try:
            payment = self.payment.get()
        except CarrierError as error:
            raise CarrierError(REJECTED, error.message, error.code or "payment") from error
        self.transport.hide(payment)
        headers = {
            "X-Payment-Authorization-Token": payment,
            "Accept": "application/vnd.usps.labels+json",
        }
        return headers | ({"X-Idempotency-Key": str(uuid.UUID(key))} if key else {})

    def buy(self, shipment, remember=None):
        if not shipment.is_domestic:
            raise CarrierError(REJECTED, HOME_ONLY, "abroad")
        path = "/labels/v3/return-label" if shipment.is_return else "/labels/v3/label"
        answer = self.http.call(
            "POST",
            path,
            json=usps_label.label_request(shipment),
            headers=self._headers(shipment.key),
            spends=True,
        )
        return self._purchase(answer.json(), shipment)

    def _purchase(self, answer, shipment):
        data = answer.get("returnLabelMetadata") or answer.get("labelMetadata") or answer
        image = answer.get("returnLabelImage") or answer.get("labelImage")
        number = data.get("trackingNumber")
        document = image_bytes(image)
        if not number or not document:
            raise CarrierError(UNKNOWN, "The answer lacks the label.", "incomplete")
        charges = [Charge("POSTAGE", money(data.get("postage")), "Postage")]
        charges += [
            Charge(entry.get("SKU") or entry["name"], money(entry.get("price")), entry["name"])
            for entry in [*many(data.get("extraServices")), *many(data.get("fees"))]
        ]
        charges = tuple(charge for charge in charges if charge.amount)
        return Purchase(
            labels=(ParcelLabel(number, document, mimetype(document)),),
            shipment_id=number,
            amount=sum((charge.amount for charge in charges), Decimal(0)),
            currency="USD",
            charges=charges,
        )

    def find(self, shipment):
        """Have the label of this key printed again; USPS says for certain if there is none."""
        try:
            answer = self.http.call(
                "POST",
                "/labels/v3/label-reprint",
                json={"imageInfo": usps_label.image_info(shipment, is_reprint=True)},
                headers=self._headers(shipment.key),
            )
        except CarrierError as error:
            if error.outcome == REJECTED and error.code in ("400", "404"):
                return None
            raise
        return self._purchase(answer.json(), shipment)

    def void(self, shipment_id, tracking_numbers):
        for number in tracking_numbers or [shipment_id]:
            headers = self._headers() | {"Accept": "application/json"}
            path = f"/labels/v3/label/{number}"
            try:
                answer = self.http.call("DELETE", path, headers=headers, spends=True).json()
            except CarrierError as error:
                if error.outcome == REJECTED and "already" in error.message.lower():
                    continue
                raise
            if answer.get("status", "").upper() not in ("CANCELED", "REFUND SUBMITTED", "REFUND"):
                return False
        return True

    def close_out(self, sender, tracking_numbers, day):
        """SCAN form: one barcode for all parcels of the day."""
        body = usps_label.scan_request(sender, tracking_numbers, day)
        headers = {"Accept": "application/vnd.usps.labels+json"}
        answer = self.http.call(
            "POST", "/scan-forms/v3/scan-form", json=body, headers=headers, spends=True
        ).json()
        data = answer.get("SCANFormMetaData") or answer
        document = image_bytes(answer.get("SCANFormImage"))
        return Manifest(data["manifestNumber"], document, mimetype(document))

    # === TRACKING, ADDRESSES, COLLECTION === #

    def track(self, tracking_number):
        answer = self.http.call(
            "GET", f"/tracking/v3/tracking/{tracking_number}", params={"expand": "DETAIL"}
        ).json()
        return events_of(tracking_number, answer)

    def check_address(self, address):
        if address.country_code != "US":
            raise CarrierError(REJECTED, "USPS checks addresses in the United States only.")
        params = usps_label.address_params(address)
        try:
            answer = self.http.call("GET", "/addresses/v3/address", params=params).json()
        except CarrierError as error:
            if error.outcome == REJECTED and error.code in ("400", "404"):
                return AddressCheck(False, message=error.message)
            raise
        extra = answer.get("additionalInfo") or {}
        suggestion = usps_label.address_of(answer.get("address") or {}, address)
        return AddressCheck(
            is_deliverable=extra.get("DPVConfirmation", "Y") != "N",
            residential={"Y": False, "N": True}.get(extra.get("business")),
            suggestion=suggestion if suggestion != address else None,
            message=text(" ".join(many(answer.get("warnings"))), 200),
        )

    def book_pickup(self, sender, boxes, ready, close, service=""):
        body = usps_label.pickup_request(sender, boxes, ready)
        answer = self.http.call("POST", "/pickup/v3/carrier-pickup", json=body, spends=True).json()
        return answer["confirmationNumber"]


def events_of(tracking_number, answer):
    """Scans as USPS tells them when asked, and by itself: list of ``TrackEvent``."""
    scans = many(answer.get("trackingEvents"))
    category = (answer.get("statusCategory") or "").lower()
    events = [_event(tracking_number, scan) for scan in scans]
    events = sorted((event for event in events if event), key=lambda event: event.time)
    if events and events[-1].status == "unknown" and category in USPS_CATEGORIES:
        last = events.pop()
        fields = vars(last) | {"status": USPS_CATEGORIES[category]}
        events.append(TrackEvent(**fields))
    return events


def _total(option):
    """What an option really costs. Some answers have only the base price: 0 is never meant."""
    return money(option.get("totalPrice")) or money(option.get("totalBasePrice"))


def _cheapest(options):
    """The cheapest priced option of each mail class."""
    found = {}
    for option in many(options):
        for rate in many(option.get("rates")):
            name, total = rate.get("mailClass"), _total(option)
            if total and (name not in found or total < _total(found[name])):
                found[name] = option
    return found


def _options(answer):
    """(mail class, rate option) of every priced option in a Shipping Options answer."""
    for pricing in many(answer.get("pricingOptions")):
        for shipping in many(pricing.get("shippingOptions")):
            for option in many(shipping.get("rateOptions")):
                if _total(option):
                    yield shipping["mailClass"], option


def _offer(name, options, promises):
    rates = [rate for option in options for rate in many(option.get("rates"))]
    charges = [
        Charge(rate.get("SKU") or name, money(rate.get("price")), text(rate.get("description"), 60))
        for rate in rates
    ]
    charges += [
        Charge(fee.get("SKU") or fee["name"], money(fee.get("price")), fee["name"])
        for rate in rates
        for fee in many(rate.get("fees"))
    ]
    billed = sum(
        (max(money(r.get("weight")), money(r.get("dimWeight"))) for r in rates), Decimal(0)
    )
    return Offer(
        service=name,
        name=SERVICES.get(name) or ABROAD.get(name) or name.replace("_", " ").title(),
        amount=sum((_total(option) for option in options), Decimal(0)),
        currency="USD",
        charges=tuple(charge for charge in charges if charge.amount),
        billed_weight=kilograms(billed),
        arrives=promises.get(name),
        is_guaranteed=name.startswith("PRIORITY_MAIL_EXPRESS"),
    )


def _event(number, scan):
    stamp = scan.get("GMTTimestamp") or scan.get("eventTimestamp") or ""
    try:
        time = datetime.datetime.fromisoformat(stamp.replace("Z", "")[:19])
    except ValueError:
        return None
    code = scan.get("eventCode") or ""
    words = text(scan.get("eventType"), 200)
    place = (scan.get("eventCity"), scan.get("eventState"), scan.get("eventCountry"))
    return TrackEvent(
        tracking_number=number,
        status=trouble(status_of(USPS_CODES, code), words),
        time=time,
        code=code,
        text=words,
        place=", ".join(filter(None, place)),
    )

"""UPS, by its REST interface v2409 (developer.ups.com). No ``odoo`` import."""

import dataclasses
import datetime
import uuid

from . import ups_ship
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
from .tracking import UPS_CODES, UPS_TYPES, status_of, trouble
from .units import image_bytes, kilograms, many, money, text
from .ups_hazard import GROUND

URL = "https://onlinetools.ups.com"
TEST_URL = "https://wwwcie.ups.com"
VERSION = "v2409"
#: Prices aren't kept waiting longer for their days of arrival.
TRANSIT_SECONDS = 2.0
#: UPS's words for these, since its answers leave the name out.
SERVICES = {
    "01": "Next Day Air",
    "02": "2nd Day Air",
    "03": "Ground",
    "07": "Worldwide Express",
    "08": "Worldwide Expedited",
    "11": "Standard",
    "12": "3 Day Select",
    "13": "Next Day Air Saver",
    "14": "Next Day Air Early",
    "54": "Worldwide Express Plus",
    "59": "2nd Day Air A.M.",
    "65": "Worldwide Saver",
}
MIMETYPES = {"GIF": "image/gif", "PNG": "image/png", "ZPL": "text/plain", "PDF": "application/pdf"}


class Ups(OAuthCarrier):
    """UPS for one account."""

    offers = frozenset(
        {
            "rates",
            "buy",
            "find",
            "void",
            "track",
            "check_address",
            "book_pickup",
            "to_points",
            "proof",
            "collect",
            "subscribe",
        }
    )

    def _ask_token(self):
        return self.transport.call(
            "POST",
            "/security/v1/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"x-merchant-id": self.account.number},
            auth=(self.account.client_id, self.account.client_secret),
        ).json()

    def _call(self, method, path, **options):
        headers = {"transId": uuid.uuid4().hex[:32], "transactionSrc": "odoo"}
        prefix = self.account.option("path", "/api")
        return self.http.call(method, prefix + path, headers=headers, **options).json()

    # === RATES === #

    def rates(self, shipment):
        if shipment.hazards and not shipment.service:
            return self._with_days(self._shop_hazards(shipment), shipment)
        return self._with_days(self._rate(shipment), shipment)

    def _rate(self, shipment, by_ground=None):
        wanted = "Rate" if shipment.service else "Shop"
        body = ups_ship.rate_request(shipment, self.account, by_ground)
        path = f"/rating/{VERSION}/{wanted}"
        answer = self._call("POST", path, params={"additionalinfo": "timeintransit"}, json=body)
        rated = many(answer.get("RateResponse", {}).get("RatedShipment"))
        return [self._offer(entry, shipment) for entry in rated]

    def _shop_hazards(self, shipment):
        """Dangerous goods go by other rules on the road than in the air: asked for both."""
        offers, refusal = [], None
        for by_ground in (True, False):
            try:
                found = self._rate(shipment, by_ground)
            except CarrierError as error:
                if error.outcome != REJECTED:
                    raise
                refusal = refusal or error
                continue
            offers += [each for each in found if (each.service in GROUND) == by_ground]
        if refusal and not offers:
            raise refusal
        return offers

    def _with_days(self, offers, shipment):
        """Rating leaves the day of arrival out here and there: Time in Transit knows more."""
        if all(offer.arrives or offer.days for offer in offers):
            return offers
        try:
            levels = self.transit(shipment)
        except CarrierError:
            return offers  # a price without a promise is still a price
        found = []
        for offer in offers:
            arrives, days = levels.get(offer.service, (None, 0))
            if not offer.arrives and not offer.days:
                offer = dataclasses.replace(offer, arrives=arrives, days=days)
            found.append(offer)
        return found

    def _offer(self, entry, shipment):
        code = entry["Service"]["Code"]
        list_total = entry["TotalCharges"]
        negotiated = entry.get("NegotiatedRateCharges") or {}
        total = negotiated.get("TotalCharge") or list_total
        summary = (entry.get("TimeInTransit") or {}).get("ServiceSummary") or {}
        arrival = (summary.get("EstimatedArrival") or {}).get("Arrival") or {}
        days = (entry.get("GuaranteedDelivery") or {}).get("BusinessDaysInTransit") or (
            (summary.get("EstimatedArrival") or {}).get("BusinessDaysInTransit")
        )
        billed = entry.get("BillingWeight") or {}
        return Offer(
            service=code,
            name=f"UPS {SERVICES.get(code, code)}",
            amount=money(total["MonetaryValue"]),
            currency=total["CurrencyCode"],
            list_amount=money(list_total["MonetaryValue"]),
            charges=_charges(entry),
            billed_weight=_weight(billed),
            days=int(days or 0),
            arrives=_date(arrival.get("Date")),
            is_guaranteed=bool(entry.get("GuaranteedDelivery")),
        )

    def transit(self, shipment):
        """Days of arrival of every service (Time in Transit).

        :return: dict of service to (date of arrival, working days)
        """
        body = ups_ship.transit_request(shipment)
        path = "/shipments/v1/transittimes"
        answer = self._call("POST", path, json=body, seconds=TRANSIT_SECONDS)
        services = many((answer.get("emsResponse") or {}).get("services"))
        # Its levels have codes of their own, and the same names.
        codes = {_plain(name): code for code, name in SERVICES.items()}
        return {
            codes[name]: (
                _date(entry.get("deliveryDate")),
                int(entry.get("businessTransitDays") or 0),
            )
            for entry in services
            if (name := _plain(entry.get("serviceLevelDescription"))) in codes
        }

    # === LABELS === #

    def buy(self, shipment, remember=None):
        body = ups_ship.ship_request(shipment, self.account)
        answer = self._call("POST", f"/shipments/{VERSION}/ship", json=body, spends=True)
        try:
            return self._purchase(answer["ShipmentResponse"]["ShipmentResults"], shipment)
        except (KeyError, TypeError, ValueError) as error:
            raise CarrierError(UNKNOWN, "The answer lacks the label.", "incomplete") from error

    def _purchase(self, results, shipment):
        labels = []
        for entry in many(results["PackageResults"]):
            image = entry["ShippingLabel"]
            kind = image["ImageFormat"]["Code"].upper()
            labels.append(
                ParcelLabel(
                    entry["TrackingNumber"],
                    image_bytes(image["GraphicImage"]),
                    MIMETYPES.get(kind, "application/octet-stream"),
                )
            )
        charges = results.get("ShipmentCharges") or {}
        negotiated = (results.get("NegotiatedRateCharges") or {}).get("TotalCharge")
        total = negotiated or charges.get("TotalCharges") or {}
        form = (results.get("Form") or {}).get("Image") or {}
        papers = ()
        if form.get("GraphicImage"):
            papers = (("commercial-invoice.pdf", image_bytes(form["GraphicImage"])),)
        return Purchase(
            labels=tuple(labels),
            shipment_id=results.get("ShipmentIdentificationNumber") or labels[0].tracking_number,
            amount=money(total.get("MonetaryValue")),
            currency=total.get("CurrencyCode") or shipment.currency,
            charges=_charges(charges),
            papers=papers,
        )

    def find(self, shipment):
        """By our reference, then the label itself by Label Recovery.

        A new parcel may not be found for a while, so nothing found proves nothing.
        """
        numbers = self._numbers_of(shipment)
        if not numbers:
            return None
        labels = []
        for number in numbers:
            answer = self._call(
                "POST",
                "/labels/v1/recovery",
                json=ups_ship.recovery_request(shipment, self.account, number),
            )
            for result in many(answer["LabelRecoveryResponse"].get("LabelResults")):
                image = result["LabelImage"]
                kind = image["LabelImageFormat"]["Code"].upper()
                labels.append(
                    ParcelLabel(
                        result["TrackingNumber"],
                        image_bytes(image.get("GraphicImage")),
                        MIMETYPES.get(kind, "application/octet-stream"),
                    )
                )
        return Purchase(tuple(labels), shipment_id=labels[0].tracking_number) if labels else None

    def _numbers_of(self, shipment):
        path = f"/track/v1/reference/details/{ups_ship.short_key(shipment.key)}"
        begin = shipment.ship_date - datetime.timedelta(days=3)
        params = {
            "fromPickUpDate": begin.strftime("%Y%m%d"),
            "toPickUpDate": (begin + datetime.timedelta(days=13)).strftime("%Y%m%d"),
            "shipperNum": self.account.number,
            "refNumType": "SmallPackage",
        }
        try:
            answer = self._call("GET", path, params=params)
        except CarrierError as error:
            if error.outcome == REJECTED and error.code == "404":
                return []
            raise
        shipments = many(answer.get("trackResponse", {}).get("shipment"))
        packages = [package for entry in shipments for package in many(entry.get("package"))]
        return [package["trackingNumber"] for package in packages if package.get("trackingNumber")]

    def void(self, shipment_id, tracking_numbers):
        path = f"/shipments/{VERSION}/void/cancel/{shipment_id}"
        try:
            answer = self._call("DELETE", path, spends=True)
        except CarrierError as error:
            # 190117 and 190102: voided before.
            if error.outcome == REJECTED and "already" in error.message.lower():
                return True
            raise
        summary = answer["VoidShipmentResponse"]["SummaryResult"]["Status"]
        return summary.get("Code") == "1"

    # === TRACKING === #

    def track(self, tracking_number):
        path = f"/track/v1/details/{tracking_number}"
        answer = self._call("GET", path, params={"locale": "en_US"})
        events = []
        for shipment in many(answer.get("trackResponse", {}).get("shipment")):
            for package in many(shipment.get("package")):
                events += [_event(package, entry) for entry in many(package.get("activity"))]
        return sorted(events, key=lambda event: event.time)

    def subscribe(self, tracking_numbers, url, secret):
        self.transport.hide(secret)
        body = ups_ship.subscription_request(tracking_numbers, url, secret, self.account)
        answer = self._call("POST", "/track/v1/subscription/standard/package", json=body)
        return set(many(answer.get("validTrackingNumbers")))

    def proof(self, shipment_id, tracking_number):
        params = {"locale": "en_US", "returnPOD": "true", "returnSignature": "true"}
        answer = self._call("GET", f"/track/v1/details/{tracking_number}", params=params)
        for shipment in many(answer.get("trackResponse", {}).get("shipment")):
            for package in many(shipment.get("package")):
                told = package.get("deliveryInformation") or {}
                letter = image_bytes((told.get("pod") or {}).get("content"))
                signature = image_bytes((told.get("signature") or {}).get("image"))
                if letter or signature:
                    return letter or signature
        return b""

    # === ADDRESSES AND COLLECTION === #

    def check_address(self, address):
        """Street level, with the residential flag (US and Puerto Rico only)."""
        answer = self._call(
            "POST", "/addressvalidation/v2/3", json=ups_ship.address_request(address)
        )["XAVResponse"]
        kind = (answer.get("AddressClassification") or {}).get("Code")
        residential = {"1": False, "2": True}.get(kind)
        candidates = many(answer.get("Candidate"))
        if "NoCandidatesIndicator" in answer and not candidates:
            return AddressCheck(False, residential, message="UPS knows no such address.")
        suggestion = None
        if candidates:
            suggestion = ups_ship.address_of(candidates[0]["AddressKeyFormat"], address)
        return AddressCheck(True, residential, suggestion if suggestion != address else None)

    def book_pickup(self, sender, boxes, ready, close, service=""):
        body = ups_ship.pickup_request(sender, boxes, ready, close, service or "03", self.account)
        answer = self._call("POST", f"/pickupcreation/{VERSION}/pickup", json=body, spends=True)
        return answer["PickupCreationResponse"]["PRN"]

    def close_out(self, sender, tracking_numbers, day):
        """UPS closes by itself when it scans; there is no paper to fetch."""
        return Manifest(number=f"UPS-{day:%Y%m%d}")


def told_event(document):
    """One event as UPS's Track Alert sends it."""
    place = document.get("activityLocation") or {}
    entry = {
        "status": document["activityStatus"],
        "gmtDate": document.get("gmtActivityDate"),
        "gmtTime": document.get("gmtActivityTime"),
        "date": document.get("localActivityDate"),
        "time": document.get("localActivityTime"),
        "location": {"address": place | {"countryCode": place.get("country")}},
    }
    return _event({"trackingNumber": document["trackingNumber"].strip()}, entry)


def _charges(entry):
    """Base, surcharges and taxes of a rated or bought shipment, those of 0 left out."""
    parts = [("BASE", "BaseServiceCharge"), ("TRANSPORT", "TransportationCharges")]
    parts += [("OPTIONS", "ServiceOptionsCharges")]
    base = entry.get("BaseServiceCharge")
    found = []
    for code, name in parts:
        amount = money((entry.get(name) or {}).get("MonetaryValue"))
        is_double = code == "TRANSPORT" and base and money(base["MonetaryValue"])
        if amount and not is_double:
            found.append(Charge(code, amount, name))
    for name in ("ItemizedCharges", "TaxCharges"):
        for charge in many(entry.get(name)):
            code = charge.get("Code") or charge.get("Type") or name
            amount = money(charge.get("MonetaryValue"))
            if amount:
                found.append(Charge(code, amount, text(charge.get("Description"), 60)))
    return tuple(found)


def _plain(name):
    """The name of a service, letters and digits only and without "UPS"."""
    letters = "".join(char for char in (name or "").casefold() if char.isascii() and char.isalnum())
    return letters.removeprefix("ups")


def _weight(weight):
    value = money(weight.get("Weight"))
    unit = (weight.get("UnitOfMeasurement") or {}).get("Code") or "LBS"
    return value if unit.startswith("KG") else kilograms(value)


def _date(value):
    digits = (value or "").replace("-", "")
    if len(digits) != 8 or not digits.isdecimal():
        return None
    return datetime.datetime.strptime(digits, "%Y%m%d").date()


def _event(package, entry):
    """One activity. UPS tells the place's own time, and GMT beside it in newer answers."""
    status = entry.get("status") or {}
    day = entry.get("gmtDate") or entry.get("date")
    hour = (entry.get("gmtTime") or entry.get("time") or "000000").replace(":", "")
    address = (entry.get("location") or {}).get("address") or {}
    place = (address.get("city"), address.get("stateProvince"), address.get("countryCode"))
    code, words = status.get("code", ""), text(status.get("description"), 200)
    known = status_of(UPS_CODES, code)
    if known == "unknown":
        known = status_of(UPS_TYPES, (status.get("type") or "").strip())
    return TrackEvent(
        tracking_number=package["trackingNumber"],
        status=trouble(known, words),
        time=datetime.datetime.strptime(day.replace("-", "") + hour[:6], "%Y%m%d%H%M%S"),
        code=code or status.get("type", ""),
        text=words,
        place=", ".join(filter(None, place)),
    )

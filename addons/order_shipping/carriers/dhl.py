"""DHL Express, by the MyDHL interface 3.1 (developer.dhl.com). No ``odoo`` import.

DHL Express has no call that cancels a shipment: what isn't handed over isn't billed. Voiding here
means crossing the label out on our side.
"""

import datetime
import uuid

from . import dhl_ship
from .base import (
    REJECTED,
    UNKNOWN,
    Address,
    AddressCheck,
    CarrierError,
    Charge,
    NetworkCarrier,
    Offer,
    ParcelLabel,
    PickupPoint,
    Purchase,
    TrackEvent,
)
from .tracking import DHL_CODES, status_of, trouble
from .transport import Transport
from .units import day, image_bytes, kilograms, many, money, text

URL = "https://express.api.dhl.com/mydhlapi"
TEST_URL = "https://express.api.dhl.com/mydhlapi/test"
VERSION = "3.1.0"
MOST_POINTS = 20
#: What DHL keeps of a shipment: its waybill, the invoice, and what customs wrote.
PAPERS = ("waybill", "commercial-invoice", "customs-entry")
#: Currency in which the account is billed, and that of the price list.
BILLED, LISTED = "BILLC", "PULCL"


class Dhl(NetworkCarrier):
    """DHL Express for one account."""

    offers = frozenset(
        {
            "rates",
            "buy",
            "find",
            "track",
            "check_address",
            "book_pickup",
            "points",
            "to_points",
            "proof",
            "documents",
        }
    )

    def __init__(self, account):
        self.account = account
        self.transport = Transport(
            account.base_url, (account.client_id, account.client_secret, account.number)
        )

    def _call(self, method, path, **options):
        headers = {
            "x-version": VERSION,
            "Message-Reference": uuid.uuid4().hex,
            "Message-Reference-Date": datetime.datetime.now(datetime.timezone.utc).strftime(
                "%a, %d %b %Y %H:%M:%S GMT"
            ),
        }
        return self.transport.call(
            method,
            path,
            headers=headers,
            auth=(self.account.client_id, self.account.client_secret),
            **options,
        ).json()

    def check(self):
        """Ask for a place that exists: costs nothing, and needs the credentials."""
        params = {"type": "pickup", "countryCode": "DE", "postalCode": "53113", "cityName": "Bonn"}
        self._call("GET", "/address-validate", params=params)

    # === RATES === #

    def rates(self, shipment):
        body = dhl_ship.rate_request(shipment, self.account)
        answer = self._call("POST", "/rates", json=body)
        offers = (_offer(product, shipment) for product in many(answer.get("products")))
        return [offer for offer in offers if offer]

    # === LABELS === #

    def buy(self, shipment, remember=None):
        body = dhl_ship.ship_request(shipment, self.account)
        answer = self._call("POST", "/shipments", json=body, spends=True)
        try:
            return self._purchase(answer, shipment)
        except (KeyError, IndexError, TypeError) as error:
            raise CarrierError(UNKNOWN, "The answer lacks the label.", "incomplete") from error

    def _purchase(self, answer, shipment):
        number = answer["shipmentTrackingNumber"]
        documents = many(answer.get("documents"))
        drawn = [doc for doc in documents if doc.get("typeCode") == "label"]
        kind = "text/plain" if shipment.label_format == "zpl" else "application/pdf"
        pieces = many(answer.get("packages"))
        numbers = [piece.get("trackingNumber") or number for piece in pieces] or [number]
        # DHL draws the labels of all pieces as one document: it stays with the first.
        labels = tuple(
            ParcelLabel(
                piece, image_bytes(drawn[rank]["content"]) if rank < len(drawn) else b"", kind
            )
            for rank, piece in enumerate(numbers)
        )
        charge = next(
            (c for c in many(answer.get("shipmentCharges")) if c.get("currencyType") == BILLED), {}
        )
        papers = tuple(
            (f"{doc.get('typeCode', 'document')}.pdf", image_bytes(doc.get("content")))
            for doc in documents
            if doc.get("typeCode") != "label" and doc.get("content")
        )
        return Purchase(
            labels=labels,
            shipment_id=number,
            amount=money(charge.get("price")),
            currency=charge.get("priceCurrency") or shipment.currency,
            charges=tuple(
                Charge(part.get("typeCode") or part.get("name", ""), money(part.get("price")))
                for part in many(charge.get("serviceBreakdown"))
                if money(part.get("price"))
            ),
            papers=papers,
        )

    def find(self, shipment):
        """By our reference. A new shipment may not be found for a while: nothing proves nothing."""
        params = {
            "shipmentReference": dhl_ship.short_key(shipment.key),
            "shipmentReferenceType": "CU",
            "shipperAccountNumber": self.account.number,
            "dateRangeFrom": (shipment.ship_date - datetime.timedelta(days=3)).isoformat(),
            "dateRangeTo": (shipment.ship_date + datetime.timedelta(days=10)).isoformat(),
            "levelOfDetail": "all",
        }
        try:
            answer = self._call("GET", "/tracking", params=params)
        except CarrierError as error:
            if error.outcome == REJECTED and error.code == "404":
                return None
            raise
        found = many(answer.get("shipments"))
        if not found:
            return None
        number = found[0]["shipmentTrackingNumber"]
        pieces = [
            piece["trackingNumber"]
            for piece in many(found[0].get("pieces"))
            if piece.get("trackingNumber")
        ] or [number]
        return Purchase(tuple(ParcelLabel(piece) for piece in pieces), shipment_id=number)

    def documents(self, shipment_id, day):
        found = []
        for kind in PAPERS:
            params = {
                "shipperAccountNumber": self.account.number,
                "typeCode": kind,
                "pickupYearAndMonth": f"{day:%Y-%m}",
                "encodingFormat": "pdf",
            }
            try:
                answer = self._call("GET", f"/shipments/{shipment_id}/get-image", params=params)
            except CarrierError as error:
                if error.outcome == REJECTED and error.code in ("400", "404"):
                    continue  # it has no paper of that kind
                raise
            papers = (image_bytes(each.get("content")) for each in many(answer.get("documents")))
            found += [(kind, paper) for paper in papers if paper]
        return found

    def proof(self, shipment_id, tracking_number):
        params = {"shipperAccountNumber": self.account.number, "content": "epod-detail"}
        path = f"/shipments/{shipment_id}/proof-of-delivery"
        documents = many(self._call("GET", path, params=params).get("documents"))
        return image_bytes(documents[0].get("content")) if documents else b""

    def void(self, shipment_id, tracking_numbers):
        return True

    # === TRACKING, ADDRESSES, COLLECTION === #

    def track(self, tracking_number):
        params = {"trackingView": "all-checkpoints", "levelOfDetail": "all"}
        # Pieces have their own long numbers (JD…); shipments ten digits.
        which = "shipmentTrackingNumber" if tracking_number.isdecimal() else "pieceTrackingNumber"
        answer = self._call("GET", "/tracking", params={which: tracking_number} | params)
        events = []
        for shipment in many(answer.get("shipments")):
            own = [
                scan
                for piece in many(shipment.get("pieces"))
                if piece.get("trackingNumber") == tracking_number
                for scan in many(piece.get("events"))
            ]
            for scan in own or many(shipment.get("events")):
                if event := _event(tracking_number, scan):
                    events.append(event)
        return sorted(events, key=lambda event: event.time)

    def check_address(self, address):
        """Whether DHL serves the place; it doesn't look at streets."""
        params = {
            "type": "delivery",
            "countryCode": address.country_code,
            "postalCode": address.zip,
            "cityName": address.city,
        }
        params = {name: value for name, value in params.items() if value}
        try:
            answer = self._call("GET", "/address-validate", params=params)
        except CarrierError as error:
            if error.outcome == REJECTED and error.code in ("400", "404"):
                return AddressCheck(False, message=error.message)
            raise
        return AddressCheck(bool(answer.get("address")))

    def points(self, address):
        """DHL's service points where parcels can be fetched."""
        params = {
            "address": ", ".join(filter(None, (address.street, address.zip, address.city))),
            "countryCode": address.country_code,
            "servicePointResults": str(MOST_POINTS),
            "resultUom": "km",
        }
        answer = self._call("GET", "/servicepoints", params=params)
        found = (_point(entry) for entry in many(answer.get("servicePoints")))
        return [point for point in found if point]

    def book_pickup(self, sender, boxes, ready, close, service=""):
        body = dhl_ship.pickup_request(sender, boxes, ready, close, service or "P", self.account)
        answer = self._call("POST", "/pickups", json=body, spends=True)
        return many(answer["dispatchConfirmationNumbers"])[0]


def _point(entry):
    """One service point; None where parcels can't be fetched, or it has no address."""
    place, where = entry.get("address") or {}, entry.get("geoLocation") or {}
    can = entry.get("servicePointCapabilities") or {}
    code, street = entry.get("facilityId"), place.get("addressLine1")
    if not code or not street or can.get("shipmentCollection") is False:
        return None
    hours = (entry.get("openingHours") or {}).get("openingHours")
    return PickupPoint(
        code=code,
        address=Address(
            name=text(entry.get("localName") or entry.get("servicePointName") or code, 60),
            street=street,
            street2=place.get("addressLine2") or "",
            city=(place.get("city") or "").title(),
            state=place.get("countryDivisionCode") or "",
            zip=place.get("zipCode") or "",
            country_code=place.get("country") or "",
        ),
        latitude=where.get("latitude") or 0.0,
        longitude=where.get("longitude") or 0.0,
        hours="; ".join(_hours(span) for span in many(hours)),
    )


def _hours(span):
    """A day and its hours, which DHL counts in minutes: "Mo 10:00-16:30"."""
    start, end = (
        f"{span.get(name, 0) // 60}:{span.get(name, 0) % 60:02d}"
        for name in ("openingTime", "closingTime")
    )
    return f"{(span.get('dayOfWeek') or '')[:2].title()} {start}-{end}"


def _offer(product, shipment):
    """One product in the currency the account is billed in; None where it has no price."""
    prices = {price.get("currencyType"): price for price in many(product.get("totalPrice"))}
    price = prices.get(BILLED) or next(iter(prices.values()), {})
    currency = price.get("priceCurrency")
    if not money(price.get("price")) or not currency:
        return None
    detail = next(
        (
            entry
            for entry in many(product.get("detailedPriceBreakdown"))
            if entry.get("currencyType") == price.get("currencyType")
        ),
        {},
    )
    charges = [
        Charge(
            part.get("serviceCode") or part.get("typeCode") or part.get("name", ""),
            money(part.get("price")),
            text(part.get("name"), 60),
        )
        for part in many(detail.get("breakdown"))
    ]
    weight = product.get("weight") or {}
    billed = max(money(weight.get("provided")), money(weight.get("volumetric")))
    is_metric = weight.get("unitOfMeasurement", "metric") == "metric"
    delivery = product.get("deliveryCapabilities") or {}
    listed = prices.get(LISTED) or {}
    return Offer(
        service=product["productCode"],
        name=f"DHL {text((product.get('productName') or '').title(), 60)}".strip(),
        amount=money(price.get("price")),
        currency=currency,
        list_amount=money(listed.get("price"))
        if listed.get("priceCurrency") == currency
        else money(0),
        charges=tuple(charge for charge in charges if charge.amount),
        billed_weight=billed if is_metric else kilograms(billed),
        days=int(delivery.get("totalTransitDays") or 0),
        arrives=day(delivery.get("estimatedDeliveryDateAndTime")),
    )


def _event(number, scan):
    """One checkpoint, from the place's own time to UTC."""
    try:
        time = datetime.datetime.fromisoformat(
            f"{scan['date']}T{scan['time']}{scan.get('GMTOffset') or '+00:00'}"
        )
    except (KeyError, ValueError):
        return None
    code = scan.get("typeCode") or ""
    area = (many(scan.get("serviceArea")) or [{}])[0]
    return TrackEvent(
        tracking_number=number,
        status=trouble(status_of(DHL_CODES, code), scan.get("description")),
        time=time.astimezone(datetime.timezone.utc).replace(tzinfo=None),
        code=code,
        text=text(scan.get("description"), 200),
        place=area.get("description") or area.get("code") or "",
    )

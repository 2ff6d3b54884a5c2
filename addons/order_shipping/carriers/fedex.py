"""FedEx, by its REST interface v1 (developer.fedex.com). No ``odoo`` import."""

import datetime
import uuid

from . import fedex_ship
from .base import (
    REJECTED,
    UNKNOWN,
    CarrierError,
    Charge,
    Offer,
    ParcelLabel,
    Purchase,
    TrackEvent,
)
from .oauth import OAuthCarrier
from .tracking import FEDEX_CODES, status_of, trouble
from .units import day, image_bytes, kilograms, many, money, text

URL = "https://apis.fedex.com"
TEST_URL = "https://apis-sandbox.fedex.com"
#: FedEx writes days as words.
DAYS = (
    "ONE_DAY TWO_DAYS THREE_DAYS FOUR_DAYS FIVE_DAYS SIX_DAYS SEVEN_DAYS EIGHT_DAYS NINE_DAYS"
).split()
MIMETYPES = {"PDF": "application/pdf", "PNG": "image/png", "ZPLII": "text/plain"}
#: What this account pays, in FedEx's order of preference, and what everybody would.
ACCOUNT_TYPES = ("ACCOUNT", "PREFERRED_INCENTIVE", "PREFERRED_CURRENCY", "INCENTIVE")
LIST_TYPES = ("LIST", "PREFERRED_LIST", "RETAIL")


class FedEx(OAuthCarrier):
    """FedEx for one account."""

    offers = frozenset({"rates", "buy", "find", "void", "track", "to_points", "proof", "collect"})

    def _ask_token(self):
        return self.transport.call(
            "POST",
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
            },
        ).json()

    def _call(self, method, path, body, key="", **options):
        headers = {
            "x-customer-transaction-id": key or str(uuid.uuid4()),
            "x-locale": "en_US",
            "content-type": "application/json",
        }
        answer = self.http.call(method, path, json=body, headers=headers, **options).json()
        return answer.get("output") or {}

    # === RATES === #

    def rates(self, shipment):
        body = fedex_ship.rate_request(shipment, self.account)
        output = self._call("POST", "/rate/v1/rates/quotes", body)
        offers = (_offer(entry) for entry in many(output.get("rateReplyDetails")))
        return [offer for offer in offers if offer]

    # === LABELS === #

    def buy(self, shipment, remember=None):
        body = fedex_ship.ship_request(shipment, self.account)
        output = self._call("POST", "/ship/v1/shipments", body, key=shipment.key, spends=True)
        try:
            return self._purchase(many(output["transactionShipments"])[0], shipment)
        except (KeyError, IndexError, TypeError) as error:
            raise CarrierError(UNKNOWN, "The answer lacks the label.", "incomplete") from error

    def _purchase(self, sold, shipment):
        labels = []
        for piece in many(sold["pieceResponses"]):
            paper = next(
                (doc for doc in many(piece.get("packageDocuments")) if doc.get("encodedLabel")), {}
            )
            labels.append(
                ParcelLabel(
                    piece["trackingNumber"],
                    image_bytes(paper.get("encodedLabel")),
                    MIMETYPES.get(paper.get("docType"), "application/pdf"),
                )
            )
        rating = (sold.get("completedShipmentDetail") or {}).get("shipmentRating") or {}
        detail = (many(rating.get("shipmentRateDetails")) or [{}])[0]
        papers = tuple(
            (f"{doc.get('contentType', 'document').lower()}.pdf", image_bytes(doc["encodedLabel"]))
            for doc in many(sold.get("shipmentDocuments"))
            if doc.get("encodedLabel")
        )
        pieces = sum(money(piece.get("netChargeAmount")) for piece in many(sold["pieceResponses"]))
        return Purchase(
            labels=tuple(labels),
            shipment_id=sold.get("masterTrackingNumber") or labels[0].tracking_number,
            amount=money(detail.get("totalNetCharge")) or pieces,
            currency=detail.get("currency") or shipment.currency,
            charges=_surcharges(detail),
            papers=papers,
        )

    def find(self, shipment):
        """By our reference. FedEx gives no label again, so the numbers come without paper.

        A new parcel may not be found for a while, so nothing found proves nothing.
        """
        body = fedex_ship.reference_request(shipment, self.account)
        try:
            output = self._call("POST", "/track/v1/referencenumbers", body)
        except CarrierError as error:
            if error.outcome == REJECTED and error.code == "404":
                return None
            raise
        numbers = [
            entry["trackingNumber"]
            for entry in many(output.get("completeTrackResults"))
            if entry.get("trackingNumber")
            and not any(result.get("error") for result in many(entry.get("trackResults")))
        ]
        if not numbers:
            return None
        return Purchase(tuple(ParcelLabel(number) for number in numbers), shipment_id=numbers[0])

    def void(self, shipment_id, tracking_numbers):
        body = fedex_ship.cancel_request(shipment_id, self.account)
        try:
            output = self._call("PUT", "/ship/v1/shipments/cancel", body, spends=True)
        except CarrierError as error:
            if error.outcome == REJECTED and "already" in error.message.lower():
                return True
            raise
        return bool(output.get("cancelledShipment"))

    # === TRACKING === #

    def track(self, tracking_number):
        body = {
            "includeDetailedScans": True,
            "trackingInfo": [{"trackingNumberInfo": {"trackingNumber": tracking_number}}],
        }
        output = self._call("POST", "/track/v1/trackingnumbers", body)
        found = events_of(output, tracking_number).values()
        return sorted((event for each in found for event in each), key=lambda event: event.time)

    def proof(self, shipment_id, tracking_number):
        body = {
            "trackDocumentDetail": {
                "documentType": "SIGNATURE_PROOF_OF_DELIVERY",
                "documentFormat": "PDF",
            },
            "trackDocumentSpecification": [
                {
                    "trackingNumberInfo": {"trackingNumber": tracking_number},
                    "accountNumber": self.account.number,
                }
            ],
        }
        output = self._call("POST", "/track/v1/trackingdocuments", body)
        documents = many(output.get("documents"))
        return image_bytes(documents[0]) if documents else b""


def events_of(output, tracking_number=""):
    """Scans as FedEx tells them when asked, and by itself.

    :param str tracking_number: the one that was asked for
    :return: dict of tracking number to list of ``TrackEvent``
    """
    found = {}
    for entry in many(output.get("completeTrackResults")):
        number = tracking_number or entry.get("trackingNumber") or ""
        for result in many(entry.get("trackResults")):
            events = [_event(number, scan) for scan in many(result.get("scanEvents"))]
            found.setdefault(number, []).extend(event for event in events if event)
    return found


def _offer(entry):
    """What one service costs; None where FedEx names the service without a price."""
    details = {detail.get("rateType"): detail for detail in many(entry.get("ratedShipmentDetails"))}
    ours = next((details[kind] for kind in ACCOUNT_TYPES if kind in details), None)
    if ours is None:
        ours = next(iter(details.values()), None)
    if ours is None:
        return None
    currency = ours.get("currency")
    listed = next((details[kind] for kind in LIST_TYPES if kind in details), {})
    rate = ours.get("shipmentRateDetail") or {}
    operational = entry.get("operationalDetail") or {}
    commit = entry.get("commit") or {}
    arrives = (commit.get("dateDetail") or {}).get("dayFormat") or operational.get("commitDate")
    transit = operational.get("transitTime") or ""
    weight = rate.get("totalBillingWeight") or {}
    billed = money(weight.get("value"))
    return Offer(
        service=entry["serviceType"],
        name=entry.get("serviceName") or entry["serviceType"].replace("_", " ").title(),
        amount=money(ours.get("totalNetCharge")),
        currency=currency,
        list_amount=money(listed.get("totalNetCharge"))
        if listed.get("currency") == currency
        else money(None),
        charges=_surcharges(rate, base=ours.get("totalBaseCharge")),
        billed_weight=billed if weight.get("units") == "KG" else kilograms(billed),
        days=DAYS.index(transit) + 1 if transit in DAYS else 0,
        arrives=day(arrives),
        is_guaranteed=operational.get("ineligibleForMoneyBackGuarantee") is False,
    )


def _surcharges(rate, base=None):
    charges = [Charge("BASE", money(base or rate.get("totalBaseCharge")), "Base")]
    for entry in [*many(rate.get("surCharges")), *many(rate.get("surcharges"))]:
        if isinstance(entry, dict):
            amount = money(entry.get("amount"))
            kind = entry.get("type") or entry.get("surchargeType") or "SURCHARGE"
            charges.append(Charge(kind, amount, text(entry.get("description"), 60)))
    charges.append(Charge("DISCOUNT", -money(rate.get("totalFreightDiscount")), "Discount"))
    charges.append(Charge("TAX", money(rate.get("totalTaxes")), "Taxes"))
    return tuple(charge for charge in charges if charge.amount)


def _event(number, scan):
    try:
        time = datetime.datetime.fromisoformat(scan.get("date") or "")
    except ValueError:
        return None
    if time.tzinfo:
        time = time.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    place = scan.get("scanLocation") or {}
    where = (place.get("city"), place.get("stateOrProvinceCode"), place.get("countryCode"))
    words = " – ".join(
        filter(None, (scan.get("eventDescription"), scan.get("exceptionDescription")))
    )
    return TrackEvent(
        tracking_number=number,
        status=trouble(
            status_of(FEDEX_CODES, scan.get("eventType"), scan.get("derivedStatusCode")), words
        ),
        time=time,
        code=scan.get("eventType") or "",
        text=text(words, 200),
        place=", ".join(filter(None, where)),
    )

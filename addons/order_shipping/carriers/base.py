"""The port to carriers: what is asked of one and what it may answer. No ``odoo`` import.

A carrier is one file beside this one, with a class that has the methods of :class:`Carrier`
(it prints its own labels) or :class:`NetworkCarrier` (it is asked over the network).

Carriers over the network are bought from in three steps, each in a transaction of its own, so that
whatever happens to the transfer's transaction no label is paid for twice and none is lost:

1. a ``shipping.label`` row with its ``key`` is written in state ``buying`` and committed;
2. :meth:`NetworkCarrier.buy` is called once, never again by itself;
3. its outcome is written and committed: ``bought``, ``rejected`` (the carrier said no, or nothing
   was sent) or ``unknown`` (a time-out, a broken connection or an error after sending).

``unknown`` is resolved by asking the carrier for ``key``, not by buying again; until then the
unique index on live labels keeps anybody from buying another one for that parcel. A carrier without
a network (``is_local``) needs none of that: its label is made within the transaction and rolls
back with it.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from unicodedata import category, normalize

BOUGHT = "bought"
REJECTED = "rejected"
UNKNOWN = "unknown"
#: The carrier didn't do it, for a reason that passes: busy, unreachable, out of tokens.
RETRYABLE = "retryable"
#: Lithium batteries by UN number: of what, and whether they travel by themselves.
LITHIUM = {
    "3090": ("LITHIUM_METAL", True),
    "3091": ("LITHIUM_METAL", False),
    "3480": ("LITHIUM_ION", True),
    "3481": ("LITHIUM_ION", False),
}


def one_line(text):
    """``text`` as it is printed: accents joined to letters, one line, nothing invisible in it."""
    visible = (char for char in normalize("NFC", text or "") if category(char) != "Cf")
    return " ".join("".join(visible).split())


class CarrierError(Exception):
    """A carrier didn't do what it was asked. ``outcome`` says what that means for a purchase.

    :param str outcome: REJECTED (it said no), RETRYABLE (nothing happened, later it may) or
        UNKNOWN (nobody knows whether it happened)
    :param str code: the carrier's or our code of the problem
    :param float retry_after: seconds the carrier asks to wait
    """

    def __init__(self, outcome, message, code="", retry_after=0.0):
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.code = code
        self.retry_after = retry_after


# === WHAT IS ASKED === #


@dataclass(frozen=True)
class Account:
    """How a carrier is reached. Secrets stay out of ``repr``, and so out of logs."""

    base_url: str
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    number: str = ""
    options: tuple = ()  # of (name, value): what only this carrier needs
    is_test: bool = False

    def option(self, name, default=""):
        """Value of one of the carrier's own settings."""
        return dict(self.options).get(name) or default


@dataclass(frozen=True)
class Address:
    """Where a parcel comes from or goes to."""

    name: str
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country_code: str = ""
    country_name: str = ""
    phone: str = ""
    email: str = ""
    tax_number: str = ""
    eori: str = ""  # under which customs of the EU or the UK knows a company

    def missing(self, needs_zip=True):
        """Names of the parts without which nothing can be delivered."""
        needed = ["name", "street", "city", "country_code"] + ["zip"] * needs_zip
        return [part for part in needed if not (getattr(self, part) or "").strip()]

    def lines(self):
        """The address as it is written on paper, empty lines left out."""
        place = " ".join(part for part in (self.city, self.state, self.zip) if part)
        name = self.name if self.name != self.company else ""
        parts = [self.company, name, self.street, self.street2, place, self.country_name]
        return tuple(filter(None, map(one_line, parts)))


@dataclass(frozen=True)
class Hazard:
    """Dangerous goods of one kind in one parcel, in the words of the UN Model Regulations."""

    un_number: str
    hazard_class: str
    name: str = ""  # proper shipping name
    packing_group: str = ""
    instruction: str = ""  # packing instruction
    net: Decimal = Decimal(0)  # of all pieces in the parcel
    unit: str = "kg"  # or "L"
    is_limited: bool = False
    is_small_battery: bool = False  # within Section II of IATA, special provision 188

    @property
    def battery(self):
        """LITHIUM_ION or LITHIUM_METAL; "" for anything else."""
        return LITHIUM.get(self.un_number, ("", False))[0]

    @property
    def is_bare_battery(self):
        """Lithium batteries by themselves, neither with nor in what they power."""
        return LITHIUM.get(self.un_number, ("", False))[1]

    def need(self, **parts):
        """Refuse to declare goods of which something is missing.

        :param parts: what is needed by its name, as it is said to people
        :raise CarrierError: one of them is empty
        """
        missing = [name.replace("_", " ") for name, value in parts.items() if not value]
        if missing:
            raise CarrierError(
                REJECTED,
                f"UN{self.un_number} can't be declared: enter the {' and '.join(missing)}.",
                "hazard",
            )


@dataclass(frozen=True)
class PickupPoint:
    """A shop or locker of a carrier where the recipient fetches the parcel."""

    code: str  # the carrier's name of it
    address: "Address"
    latitude: float = 0.0
    longitude: float = 0.0
    hours: str = ""  # such as "Mo-Fr 9:00-18:00; Sa 9:00-12:00"


@dataclass(frozen=True)
class Box:
    """One parcel: kilograms and centimetres (0: not measured)."""

    weight: Decimal
    length: Decimal = Decimal(0)
    width: Decimal = Decimal(0)
    height: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    hazards: tuple = ()  # of Hazard, where the carrier is to be told

    @property
    def is_measured(self):
        return bool(self.length and self.width and self.height)


@dataclass(frozen=True)
class CustomsItem:
    """One kind of goods as customs wants it: ``value`` and ``weight`` (kg) of one unit."""

    description: str
    quantity: int
    value: Decimal
    weight: Decimal
    hs_code: str = ""
    origin: str = ""
    sku: str = ""


@dataclass(frozen=True)
class Customs:
    """The customs declaration of a shipment that crosses a border."""

    items: tuple
    currency: str
    incoterm: str = "DAP"
    invoice_number: str = ""
    reason: str = "SALE"

    @property
    def total(self):
        return sum((item.value * item.quantity for item in self.items), Decimal(0))


@dataclass(frozen=True)
class Shipment:
    """Everything a carrier is told. ``key`` names the purchase: the same key, the same purchase."""

    key: str
    sender: Address
    recipient: Address
    boxes: tuple
    ship_date: datetime.date
    currency: str = "USD"
    service: str = ""
    reference: str = ""
    residential: bool | None = None
    insurance: Decimal = Decimal(0)  # value to insure, in ``currency``
    signature: str = ""  # "", "direct" or "adult"
    is_return: bool = False
    emergency_phone: str = ""  # answered day and night, for dangerous goods
    point: PickupPoint | None = None  # where it goes instead of to the recipient's address
    collect: Decimal = Decimal(0)  # cash to take from the recipient, in ``currency``
    customs: Customs | None = None
    in_union: bool = False  # both ends lie in one customs union, such as that of the EU
    label_format: str = "pdf"  # or "zpl"
    box_number: int = 1  # where a carrier is bought from box by box
    box_count: int = 1
    carrier_ref: str = ""  # what the carrier named its draft, from an earlier try

    @property
    def is_domestic(self):
        return self.sender.country_code == self.recipient.country_code

    @property
    def is_declared(self):
        """Whether customs sees it: it leaves the country, and not within a customs union."""
        return bool(self.customs) and not self.is_domestic and not self.in_union

    @property
    def hazards(self):
        """Dangerous goods of all boxes."""
        return tuple(goods for box in self.boxes for goods in box.hazards)

    @property
    def weight(self):
        return sum((box.weight for box in self.boxes), Decimal(0))


@dataclass(frozen=True)
class LabelRequest:
    """One label for one parcel of a carrier that prints its own."""

    key: str
    sender: Address
    recipient: Address
    weight: Decimal  # kilograms
    carrier: str
    service: str = ""
    weight_text: str = ""
    references: tuple = ()
    parcel_number: int = 1
    parcel_count: int = 1
    cost: Decimal = Decimal(0)
    currency: str = ""
    tracking_number: str = ""  # only where we, not the carrier, give the number
    needs_zip: bool = True
    collect: Decimal = Decimal(0)  # cash to take from the recipient


# === WHAT IS ANSWERED === #


@dataclass(frozen=True)
class LabelResult:
    """What became of a request: ``code`` is ours, ``detail`` its data or the carrier's words."""

    outcome: str
    tracking_number: str = ""
    document: bytes = b""
    mimetype: str = "application/pdf"
    cost: Decimal = Decimal(0)
    currency: str = ""
    code: str = ""
    detail: tuple = field(default=())


@dataclass(frozen=True)
class Charge:
    """One component of a price, under the carrier's code: what an audit compares."""

    code: str
    amount: Decimal
    name: str = ""


@dataclass(frozen=True)
class Offer:
    """What one service of a carrier costs for a whole shipment, and when it arrives."""

    service: str
    name: str
    amount: Decimal  # what this account pays
    currency: str
    list_amount: Decimal = Decimal(0)  # 0: not told
    charges: tuple = ()
    billed_weight: Decimal = Decimal(0)  # kilograms
    days: int = 0
    arrives: datetime.date | None = None
    is_guaranteed: bool = False
    problem: str = ""  # why no label can be bought for it here


@dataclass(frozen=True)
class ParcelLabel:
    """One label: the carrier's bytes, untouched."""

    tracking_number: str
    document: bytes = b""
    mimetype: str = "application/pdf"


@dataclass(frozen=True)
class Purchase:
    """Labels that were bought, in the order of the shipment's boxes."""

    labels: tuple
    shipment_id: str = ""  # what the carrier calls it, for voiding
    amount: Decimal = Decimal(0)
    currency: str = ""
    charges: tuple = ()
    papers: tuple = ()  # of (name, bytes): commercial invoice and the like


@dataclass(frozen=True)
class AddressCheck:
    """What a carrier thinks of an address; ``suggestion`` only where it knows better."""

    is_deliverable: bool
    residential: bool | None = None
    suggestion: Address | None = None
    message: str = ""


@dataclass(frozen=True)
class TrackEvent:
    """One scan: our ``status`` (see tracking.py), and the carrier's own code and words."""

    tracking_number: str
    status: str
    time: datetime.datetime  # UTC, without tzinfo
    code: str = ""
    text: str = ""
    place: str = ""


@dataclass(frozen=True)
class Manifest:
    """The paper the driver signs for many parcels."""

    number: str
    document: bytes = b""
    mimetype: str = "application/pdf"


# === CARRIERS === #


class Carrier:
    """What every carrier can do."""

    #: True: nothing leaves this machine, so labels are made within the transaction.
    is_local = False

    def buy(self, request):
        """Buy one label; return a :class:`LabelResult` and raise nothing."""
        raise NotImplementedError

    def void(self, tracking_number):
        """Give a label back; return True once the carrier agreed (again, if it did before)."""
        raise NotImplementedError


class NetworkCarrier(Carrier):
    """A carrier that is asked over the network. Every method may raise :class:`CarrierError`.

    What a carrier doesn't offer stays as it is here; ``offers`` names what it does.
    """

    #: One purchase for all boxes of a shipment; False: one for each box.
    buys_all_boxes = True
    #: ``find`` answers for certain: None means that nothing was bought.
    finds_for_certain = False
    #: How many purchases at once the carrier stands.
    concurrency = 4
    offers = frozenset()

    def check(self):
        """Prove that credentials and address work, at no cost."""
        raise NotImplementedError

    def rates(self, shipment):
        """List of :class:`Offer`, of all services or of ``shipment.service``."""
        raise NotImplementedError

    def buy(self, shipment, remember=None):
        """Buy the labels of a shipment.

        :param remember: called with the carrier's name of a draft before money is spent
        :return: :class:`Purchase`
        """
        raise NotImplementedError

    def find(self, shipment):
        """The :class:`Purchase` made under ``shipment.key``; None if the carrier knows of none."""
        raise NotImplementedError

    def void(self, shipment_id, tracking_numbers):
        """Give labels back; True once the carrier agreed, also if it did so before."""
        raise NotImplementedError

    def track(self, tracking_number):
        """List of :class:`TrackEvent` of one parcel, oldest first."""
        raise NotImplementedError

    def proof(self, shipment_id, tracking_number):
        """The proof that a parcel was delivered, as bytes; b"" where the carrier has none yet."""
        raise NotImplementedError

    def documents(self, shipment_id, day):
        """Papers that the carrier keeps of a shipment of a day: list of (kind, bytes)."""
        raise NotImplementedError

    def subscribe(self, tracking_numbers, url, secret):
        """Have news of parcels sent to ``url``, with ``secret`` to prove who sends it.

        :param list tracking_numbers: at most 100
        :return: set of those the carrier will tell of
        """
        raise NotImplementedError

    def check_address(self, address):
        """:class:`AddressCheck` of an address."""
        raise NotImplementedError

    def points(self, address):
        """List of :class:`PickupPoint` near an address, the nearest first."""
        raise NotImplementedError

    def close_out(self, sender, tracking_numbers, day):
        """Hand over the day's parcels: :class:`Manifest`."""
        raise NotImplementedError

    def book_pickup(self, sender, boxes, ready, close, service=""):
        """Have parcels collected between two times of one day; the confirmation number."""
        raise NotImplementedError

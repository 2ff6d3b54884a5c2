"""The port to carriers: what is asked of one and what it may answer. No ``odoo`` import.

A carrier is one file beside this one, with a class that has the methods of :class:`Carrier`.

Carriers that are called over the network (none yet) are bought from in three steps, each in a
transaction of its own, so that whatever happens to the transfer's transaction no label is paid for
twice and none is lost:

1. a ``shipping.label`` row with its ``key`` is written in state ``buying`` and committed;
2. :meth:`Carrier.buy` is called once, never again by itself;
3. its outcome is written and committed: ``bought``, ``rejected`` (the carrier said no, or nothing
   was sent) or ``unknown`` (a time-out, a broken connection or an error after sending).

``unknown`` is resolved by asking the carrier for ``key``, not by buying again; until then the
unique index on live labels keeps anybody from buying another one for that parcel. A carrier without
a network (``is_local``) needs none of that: its label is made within the transaction and rolls
back with it.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from unicodedata import category, normalize

BOUGHT = "bought"
REJECTED = "rejected"
UNKNOWN = "unknown"


def one_line(text):
    """``text`` as it is printed: accents joined to letters, one line, nothing invisible in it."""
    visible = (char for char in normalize("NFC", text or "") if category(char) != "Cf")
    return " ".join("".join(visible).split())


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
class LabelRequest:
    """One label for one parcel. ``key`` names the purchase: the same key is the same purchase."""

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

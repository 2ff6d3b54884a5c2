"""What a seller answers to an order, whatever format the answer goes out in."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .canonical import Party

ACCEPTED, CHANGED, REJECTED = "accepted", "changed", "rejected"
STATUSES = (ACCEPTED, CHANGED, REJECTED)


@dataclass(frozen=True)
class AnswerFacts:
    """The answer as a whole.

    :param number: number of this answer, unique among all of ours
    :param order_number: the buyer's number of his order
    :param sales_number: our number of the order
    :param issued_at: when, UTC
    :param currency: ISO 4217
    :param order_date: ISO date of the buyer's order
    :param promised_from: first day of the promised delivery, if one is promised
    :param promised_until: last day of it
    """

    number: str
    order_number: str
    issued_at: datetime
    seller: Party
    buyer: Party
    currency: str = ""
    sales_number: str = ""
    order_date: str = ""
    note: str = ""
    promised_from: date | None = None
    promised_until: date | None = None


@dataclass(frozen=True)
class AnswerLine:
    """The answer to one line.

    :param ref: the line's reference in the buyer's order
    :param status: one of :data:`STATUSES`
    :param quantity: what will be delivered; nothing for a rejected line
    :param ordered: what was ordered
    :param uom: code of UN/ECE recommendation 20
    :param unit_price: None to confirm the buyer's
    """

    ref: str
    status: str
    quantity: Decimal = Decimal()
    ordered: Decimal | None = None
    uom: str = "C62"
    unit_price: Decimal | None = None
    title: str = ""
    sku: str = ""
    gtin: str = ""
    buyer_sku: str = ""
    promised: date | None = None
    note: str = ""


def overall(lines):
    """The status of an order from those of its lines."""
    statuses = {line.status for line in lines}
    return statuses.pop() if len(statuses) == 1 else CHANGED


def plain(number):
    """A decimal as documents write it: no exponent, no zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

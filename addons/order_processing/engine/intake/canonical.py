"""One order, whatever channel and format it came from, and what may be wrong with it.

A reader is a module with ``parse(payload)``, which gives a :class:`ParseResult` for one order, and
``split(payload)``, which takes a file of several orders apart: a list of bytes, each a document
that stands alone and becomes an intake of its own. Neither ever raises.

Everything the readers give and the addon takes is here. Amounts are :class:`~decimal.Decimal` in
the order's currency. Findings carry a code and plain arguments; the addon has the words.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

ERROR = "error"
HOLD = "hold"
WARNING = "warning"

#: Decimal places of currencies that don't have two. Source: ISO 4217 amendment 177, list one.
MINOR_DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

_STATE_CODE = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)


@dataclass(frozen=True)
class Finding:
    """One thing a reader or check has to say about a document.

    :param code: what is wrong; the addon has one message per code
    :param field: path in the document, e.g. ``line_items[2].sku``
    :param args: plain strings for the message
    :param severity: ``error`` refuses the document, ``hold`` keeps its order from being released,
        ``warning`` is only shown
    """

    code: str
    field: str = ""
    args: Mapping[str, str] = dataclasses.field(default_factory=dict)
    severity: str = ERROR


@dataclass(frozen=True)
class Address:
    """A postal address. Codes are ISO 3166 where the document gives them."""

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    country_code: str = ""
    country_name: str = ""
    state_code: str = ""
    state_name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Party:
    """A trading partner as its documents identify it.

    :param gln: GS1 global location number, digits only
    :param endpoint: electronic address, with its ISO 6523 scheme in ``endpoint_scheme``
    :param ids: further pairs of scheme and identifier, as the document has them
    :param name: the trading name, or the registered one
    """

    name: str = ""
    gln: str = ""
    vat: str = ""
    registry: str = ""
    endpoint: str = ""
    endpoint_scheme: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    contact: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Tax:
    """One tax as the channel charged it. ``rate`` is a fraction (0.06), or None when not said."""

    title: str
    rate: Decimal | None
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """One ordered product. ``discount`` is the amount off the whole line.

    :param unit_price: price of one ``uom``; None when the document leaves it to the pricelist
    :param uom: unit of measure, code of UN/ECE recommendation 20; empty for the product's own
    :param price_basis: how many units the channel's price was for; ``unit_price`` is divided by it
    :param requested_date: ISO date by which the line shall arrive, if not that of the order
    """

    ref: str
    sku: str
    title: str
    quantity: Decimal
    unit_price: Decimal | None
    discount: Decimal = Decimal()
    taxes: tuple[Tax, ...] = ()
    requires_shipping: bool = True
    properties: tuple[tuple[str, str], ...] = ()
    gtin: str = ""
    buyer_sku: str = ""
    manufacturer_sku: str = ""
    uom: str = ""
    price_basis: Decimal = Decimal(1)
    requested_date: str = ""
    note: str = ""

    @property
    def gross(self):
        """Quantity times price, before the discount; nothing when no price is stated."""
        return self.quantity * (self.unit_price or 0)

    @property
    def net(self):
        """What the line costs after its discount; with tax if the order's prices include it."""
        return self.gross - self.discount


@dataclass(frozen=True)
class Charge:
    """A cost that isn't a product: ``kind`` is ``shipping``, ``fee``, ``tip`` or ``duty``."""

    kind: str
    title: str
    amount: Decimal
    discount: Decimal = Decimal()
    taxes: tuple[Tax, ...] = ()

    @property
    def net(self):
        """What is charged after the discount."""
        return self.amount - self.discount


@dataclass(frozen=True)
class Payment:
    """What was paid, or is to be, as the channel states it. It changes no total.

    :param kind: ``payment``, ``gift_card`` or ``store_credit``
    :param status: ``captured`` (the channel has the money), ``authorised`` (it may take it) or
        ``awaited``
    :param method: what the channel calls the way it is paid
    :param reference: the transaction's own, which bank lines may bear
    """

    kind: str
    amount: Decimal
    status: str
    method: str = ""
    reference: str = ""
    paid_at: str = ""


@dataclass(frozen=True)
class Order:
    """An order as its channel states it.

    :param currency: ISO 4217 code; empty when the document leaves it to the channel
    :param total: with taxes; None when the document doesn't state it
    :param net_total: before taxes; None when the document doesn't state it
    :param taxes_stated: False when the document says nothing of taxes: Odoo's own apply then
    :param requested_date: ISO date by which the goods shall arrive
    :param not_before: ISO date before which they shall not
    :param ship_date: ISO date on which they shall leave
    :param delivery: who shall get the goods, which may be all that is said of where
    """

    ref: str
    number: str
    currency: str
    total: Decimal | None
    total_tax: Decimal
    taxes_included: bool
    lines: tuple[Line, ...]
    charges: tuple[Charge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    discount: Decimal = Decimal()
    discount_title: str = ""
    email: str = ""
    phone: str = ""
    customer_name: str = ""
    company_name: str = ""
    billing: Address | None = None
    shipping: Address | None = None
    po_number: str = ""
    note: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    placed_at: str = ""
    financial_status: str = ""
    net_total: Decimal | None = None
    taxes_stated: bool = True
    buyer: Party | None = None
    seller: Party | None = None
    delivery: Party | None = None
    requested_date: str = ""
    not_before: str = ""
    ship_date: str = ""
    payment_terms: str = ""
    payments: tuple[Payment, ...] = ()

    @property
    def wanted_date(self):
        """The day, as an ISO date, that says best when the goods shall be there."""
        return self.requested_date or self.ship_date or self.not_before

    @property
    def digits(self):
        """Decimal places of the order's currency."""
        return minor_digits(self.currency)


@dataclass(frozen=True)
class LineChange:
    """What a change does to one line of the earlier order.

    :param action: ``add``, ``change``, ``cancel`` or ``keep``
    :param ref: the line's reference in the earlier order
    :param line: the line as it shall be; what a ``cancel`` says of it may be incomplete
    :param states: names of the line's fields that the change states; the others stay as they are
    """

    action: str
    ref: str
    line: Line
    states: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """A document that acts on an earlier order.

    :param kind: ``change`` or ``cancel``
    :param ref: reference of this document; never that of an order
    :param original_ref: ``ref`` of the order it acts on
    :param number: this document's number, as its sender knows it
    :param original_number: number of the order it acts on
    :param lines: what happens to the lines it names; those it doesn't name stay
    :param order: the whole order as it shall be, when the document states all of it
    """

    kind: str
    ref: str
    original_ref: str
    number: str = ""
    original_number: str = ""
    lines: tuple[LineChange, ...] = ()
    order: Order | None = None
    note: str = ""
    issued_at: str = ""
    buyer: Party | None = None
    seller: Party | None = None


@dataclass(frozen=True)
class ParseResult:
    """What a reader made of a document: an order if it could, and everything it noticed.

    ``ref`` and ``number`` are given as soon as they could be read, even when the rest couldn't.
    ``change`` is given instead of the order when the document acts on an earlier one.
    """

    order: Order | None
    findings: tuple[Finding, ...] = ()
    ref: str = ""
    number: str = ""
    change: Change | None = None

    @property
    def errors(self):
        """The findings that refuse the document."""
        return tuple(finding for finding in self.findings if finding.severity == ERROR)


def minor_digits(currency):
    """Decimal places that amounts of an ISO 4217 ``currency`` code have."""
    return MINOR_DIGITS.get(currency, 2)


def to_cents(amount, digits):
    """Round ``amount`` half up to ``digits`` decimal places."""
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def spread(amount, weights, digits):
    """Divide ``amount`` over ``weights`` in whole cents, so that the parts add up to it exactly.

    Largest remainder (Hamilton's) method. Without any weight, the first takes all.

    :param weights: decimals, none negative
    :return: list of decimals, as long as ``weights``
    """
    if not weights:
        return []
    total = sum(weights)
    if total <= 0:
        return [amount, *(Decimal() for _weight in weights[1:])]
    cent = Decimal(1).scaleb(-digits)
    exact = [amount * weight / total for weight in weights]
    parts = [part.quantize(cent, rounding="ROUND_FLOOR") for part in exact]
    missing = int((amount - sum(parts)) / cent)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for position in by_remainder[:missing]:
        parts[position] += cent
    # What isn't a whole cent of the amount itself stays on the first.
    parts[0] += amount - sum(parts)
    return parts


def state_fields(text):
    """The fields of an :class:`Address` for a state that is a code or a name in one column."""
    if _STATE_CODE.fullmatch(text):
        return {"state_code": text}
    return {"state_name": text}


def price_each(total, quantity):
    """The price of one, from the price of ``quantity``: to ten decimals, as Odoo keeps more too.

    Times the quantity it is ``total`` again once it is rounded to the currency's decimal places.
    """
    if not quantity:
        return total
    with localcontext() as context:
        context.prec = 60
        price = total / quantity
        return price.quantize(Decimal("1E-10"), rounding=ROUND_HALF_UP).normalize() + 0


def merge_taxes(taxes):
    """Taxes of one title and rate added up, in the order they first came, without empty ones."""
    totals = {}
    for tax in taxes:
        key = (tax.title, tax.rate)
        totals[key] = totals.get(key, Decimal()) + tax.amount
    return tuple(Tax(title, rate, amount) for (title, rate), amount in totals.items() if amount)


def agreed_taxes(candidates, total):
    """The first of ``candidates`` (tuples of taxes) that adds up to ``total``, merged.

    When none does, one tax without title and rate has the whole amount.
    """
    for candidate in candidates:
        if candidate and sum(tax.amount for tax in candidate) == total:
            return merge_taxes(candidate)
    return (Tax("", None, total),) if total else ()

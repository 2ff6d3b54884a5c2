"""WooCommerce's order JSON: webhook bodies and answers of its REST API.

Written from WooCommerce's reference of the Order resource (REST API v1 to v3). Amounts of lines
come without tax there, also in shops whose prices include it: those are put back together, as the
price with tax is the one the customer saw and the only one that is a whole number of cents.
"""

import html
import re
from dataclasses import replace
from decimal import Decimal

from . import payments
from .canonical import (
    WARNING,
    Address,
    Charge,
    Finding,
    Line,
    Order,
    ParseResult,
    Tax,
    agreed_taxes,
    merge_taxes,
    price_each,
    state_fields,
)
from .reading import MAX_BYTES, Reader, clean, load, split_json
from .totals import computed_total, conclude

MAX_REF = 64
#: Statuses of orders that nothing may be shipped for, with the finding that says so.
DEAD_STATUSES = {
    "cancelled": "order_cancelled",
    "trash": "order_cancelled",
    "refunded": "order_refunded",
    "completed": "already_shipped",
    "failed": "payment_failed",
    "pending": "payment_pending",
    "checkout-draft": "payment_pending",
    "auto-draft": "payment_pending",
}
#: Names under which common plugins keep the customer's order number.
PO_KEYS = frozenset({"po_number", "_po_number", "purchase_order_number", "_purchase_order_number"})


def parse(payload, max_bytes=MAX_BYTES):
    """Read one WooCommerce order.

    :param bytes payload: a bare order (webhooks), ``{"order": {…}}`` or a list of one
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    document, finding = load(payload, max_bytes)
    if not finding:
        document, finding = _unwrap(document)
    if finding:
        return ParseResult(None, (finding,))
    reader = Reader(document)
    ref = reader.reference("id", MAX_REF)
    number = reader.text("number", MAX_REF)
    order = _read_order(reader, ref, number or ref)
    return conclude(order, reader.findings, ref, number)


def split(payload):
    """The documents in a list of orders, as the API gives it, one per order."""
    return split_json(payload, "orders")


def _unwrap(document):
    """The order inside ``document``."""
    if isinstance(document, dict) and "line_items" not in document:
        document = document.get("order", document.get("orders"))
    if isinstance(document, list):
        if len(document) != 1:
            return None, Finding("several_orders", "", {"count": str(len(document))})
        document = document[0]
    if not isinstance(document, dict) or not {"line_items", "status"} <= document.keys():
        return None, Finding("other_format", args={"format": "WooCommerce"})
    return document, None


def _read_order(reader, ref, number):
    _check_usable(reader)
    included = reader.flag("prices_include_tax")
    tax_lines = reader.children("tax_lines")
    rates = _read_rates(tax_lines)
    billing, shipping = _read_address(reader, "billing"), _read_address(reader, "shipping")
    email = reader.child("billing").text("email")
    named = billing or shipping or Address()
    if not (email or named.name or named.company):
        reader.note("no_customer", "billing")
    currency = reader.text("currency", 8).upper()
    if not currency:
        reader.note("missing_value", "currency")
    lines = tuple(_read_lines(reader, rates, included))
    charges = tuple(_read_charges(reader, rates, included))
    total_tax = reader.amount("total_tax")
    attributes, po_number = _read_order_meta(reader)
    order = Order(
        ref=ref,
        number=number,
        currency=currency,
        total=reader.amount("total", required=True),
        total_tax=total_tax,
        taxes_included=included,
        lines=lines,
        charges=charges,
        taxes=_read_order_taxes(tax_lines, rates, lines, charges, total_tax),
        discount_title=", ".join(
            filter(None, (coupon.text("code", 80) for coupon in reader.children("coupon_lines")))
        )[:160],
        email=email,
        phone=named.phone,
        customer_name=named.name,
        company_name=named.company,
        billing=billing,
        # WooCommerce leaves it empty for what isn't shipped, or shipped to the billing address.
        shipping=shipping or billing,
        po_number=po_number,
        note=reader.text("customer_note", 5000),
        attributes=attributes,
        placed_at=_read_date(reader),
        financial_status=reader.text("status", 40),
    )
    cards = tuple(_read_gift_cards(reader))
    given = sum((card.amount for card in cards), Decimal())
    if computed_total(order) == order.total + given:
        # The shop states what was left to pay after the cards; they pay, and lower no price.
        order = replace(order, total=order.total + given)
    return replace(order, payments=cards + _read_payments(reader, order.total - given))


def _read_gift_cards(reader):
    """Gift cards that were redeemed, as the shop's extension of that name lists them."""
    for card in reader.children("gift_cards"):
        yield from payments.paid(card.amount("amount"), payments.CAPTURED, "gift_card")


def _read_payments(reader, amount):
    """One payment of everything else: the shop takes orders only as a whole."""
    method = html.unescape(reader.text("payment_method_title", 120))
    method = method or reader.text("payment_method", 120)
    when = reader.text("date_paid_gmt", 40) or reader.text("date_paid", 40)
    if not (method or when):
        return ()
    status = payments.CAPTURED if when else payments.AWAITED
    return payments.paid(amount, status, method, reader.text("transaction_id", 120), when)


def _check_usable(reader):
    """Orders that were read well and still must not be shipped, or not before somebody looked."""
    status = reader.text("status", 40).lower().removeprefix("wc-")
    code = DEAD_STATUSES.get(status)
    if code:
        reader.note(code, "status", status=status, date=reader.text("date_modified", 40))
    elif status == "on-hold":
        reader.note(
            "payment_awaited", "status", WARNING, method=reader.text("payment_method_title")
        )
    if not code and reader.children("refunds"):
        reader.note("partly_refunded", "refunds", WARNING)


def _read_date(reader):
    utc = reader.text("date_created_gmt", 40)
    return f"{utc}Z" if utc and not utc.endswith("Z") else utc or reader.text("date_created", 40)


def _read_address(reader, key):
    """The address under ``key``, or None when nothing in it says where."""
    address = reader.child(key)
    found = Address(
        name=" ".join(filter(None, (address.text("first_name"), address.text("last_name")))),
        company=address.text("company"),
        street=address.text("address_1"),
        street2=address.text("address_2"),
        city=address.text("city"),
        zip=address.text("postcode", 24),
        country_code=address.text("country", 8).upper(),
        phone=address.text("phone", 64),
        **state_fields(address.text("state", 120)),
    )
    return found if found != Address() else None


def _read_rates(tax_lines):
    """``{rate id: (title, rate)}`` from the order's list of taxes; older shops state no rate."""
    rates = {}
    for tax in tax_lines:
        title = tax.text("label", 120) or tax.text("rate_code", 120)
        percent = tax.amount("rate_percent", default=None)
        if percent is None:
            tax.note("no_tax_rate", "rate_percent", WARNING, title=title)
        rates[tax.text("rate_id")] = (title, None if percent is None else percent / 100)
    return rates


def _read_taxes(item, rates):
    for tax in item.children("taxes"):
        title, rate = rates.get(tax.text("id"), ("", None))
        # An empty text stands for a rate that doesn't apply to this item.
        amount = tax.amount("total") if tax.text("total") else Decimal()
        if amount:
            yield Tax(title, rate, amount)


def _read_lines(reader, rates, included):
    items = reader.children("line_items")
    found = False
    for item in items:
        quantity = item.amount("quantity", required=True, default=Decimal(1))
        if quantity == 0:
            continue
        found = True
        total = item.amount("total", required=True)
        subtotal = item.amount("subtotal") if item.has("subtotal") else total
        if included:
            total += item.amount("total_tax")
            subtotal += item.amount("subtotal_tax" if item.has("subtotal") else "total_tax")
        for key, value in (("quantity", quantity), ("total", total)):
            if value < 0:
                item.note("negative_value", key, value=f"{value:f}")
        # A shop's own coding may raise a price after the fact; that isn't a discount.
        subtotal = max(subtotal, total)
        title = html.unescape(item.text("name"))
        yield Line(
            ref=item.text("id", MAX_REF),
            sku=_read_sku(item, title),
            title=title,
            quantity=quantity,
            unit_price=price_each(subtotal, quantity),
            discount=subtotal - total,
            taxes=merge_taxes(_read_taxes(item, rates)),
            properties=tuple(_read_meta(item)),
        )
    # A list that isn't one has a finding already; this one is for an order of nothing.
    if not found and (items or not any(note.field == "line_items" for note in reader.findings)):
        reader.note("no_lines", "line_items")


def _read_sku(item, title):
    """The SKU, or the shop's id of a product that has none: unique, and nameable in Odoo."""
    sku = item.text("sku", 120)
    if sku:
        return sku
    for key in ("variation_id", "product_id"):
        product = item.text(key, 40)
        if product not in ("", "0"):
            item.note("sku_from_id", "sku", WARNING, title=title, sku=f"id:{product}")
            return f"id:{product}"
    item.note("no_sku", "sku", title=title or item.text("id"))
    return ""


def _read_charges(reader, rates, included):
    """Shipping and fees, each under its own title; a fee below zero takes something off."""
    for key, kind, title_key in (
        ("shipping_lines", "shipping", "method_title"),
        ("fee_lines", "fee", "name"),
    ):
        for item in reader.children(key):
            amount = item.amount("total", required=True)
            if included:
                amount += item.amount("total_tax")
            title = html.unescape(item.text(title_key, 200)) or item.text("method_id", 200)
            taxes = merge_taxes(_read_taxes(item, rates))
            if amount or taxes or key == "shipping_lines":
                yield Charge(kind, title, amount, taxes=taxes)


def _read_order_taxes(tax_lines, rates, lines, charges, total):
    """The order's taxes, adding up to its total tax, whichever part states them so."""
    stated = []
    for tax in tax_lines:
        title, rate = rates.get(tax.text("rate_id"), ("", None))
        stated.append(Tax(title, rate, tax.amount("tax_total") + tax.amount("shipping_tax_total")))
    parts = tuple(tax for part in (*lines, *charges) for tax in part.taxes)
    return agreed_taxes((tuple(stated), parts), total)


def _read_meta(reader):
    """What was chosen or typed; a leading underscore hides a name, by WordPress's convention."""
    for meta in reader.children("meta_data"):
        name = meta.text("display_key", 120) or meta.text("key", 120)
        value = meta.text("display_value") or meta.text("value")
        # Values for display come as HTML.
        value = clean(html.unescape(re.sub(r"<[^<>]*>", "", value)))
        hidden = meta.text("key", 120).startswith("_") and meta.text("key") not in PO_KEYS
        if name and value and not hidden:
            yield name, value


def _read_order_meta(reader):
    """``(attributes, purchase order number)`` of an order."""
    pairs = tuple(_read_meta(reader))
    po_number = next((value[:120] for name, value in pairs if name.lower() in PO_KEYS), "")
    return tuple(pair for pair in pairs if pair[0].lower() not in PO_KEYS), po_number

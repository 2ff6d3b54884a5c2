"""Shopify's order JSON: webhook bodies and answers of the Admin REST API.

Written from Shopify's reference of the Order resource (REST Admin API 2023-10 and later); older
editions differ in what they leave out, which is read as nothing.
"""

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
)
from .reading import MAX_BYTES, Reader, clean, load, split_json
from .totals import conclude

MAX_REF = 64
#: No goods may leave for an order whose money has gone back.
DEAD_STATUSES = frozenset({"refunded", "voided"})


def parse(payload, max_bytes=MAX_BYTES):
    """Read one Shopify order.

    :param bytes payload: a bare order (webhooks), ``{"order": {…}}`` or ``{"orders": [{…}]}``
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    document, finding = load(payload, max_bytes)
    if finding:
        return ParseResult(None, (finding,))
    data, finding = _unwrap(document)
    if finding:
        return ParseResult(None, (finding,))
    reader = Reader(data)
    ref = reader.reference("id", MAX_REF)
    number = reader.text("name", MAX_REF) or reader.text("order_number", MAX_REF)
    order = _read_order(reader, ref, number or ref)
    return conclude(order, reader.findings, ref, number)


def split(payload):
    """The documents in ``{"orders": [{…}, …]}`` or a bare list, one per order, as they were."""
    return split_json(payload, "orders")


def _unwrap(document):
    """The order inside ``document``, whichever way Shopify wrapped it."""
    if isinstance(document, dict) and isinstance(document.get("orders"), list):
        orders = document["orders"]
        if len(orders) != 1:
            return None, Finding("several_orders", "orders", {"count": str(len(orders))})
        document = orders[0]
    elif isinstance(document, dict) and "order" in document and "line_items" not in document:
        document = document["order"]
    if not isinstance(document, dict):
        return None, Finding("not_an_order")
    if "line_items" not in document and "total_price" not in document:
        return None, Finding("not_an_order")
    return document, None


def _read_order(reader, ref, number):
    _check_usable(reader)
    customer = reader.child("customer")
    default_address = customer.child("default_address")
    billing = _read_address(reader, "billing_address")
    shipping = _read_address(reader, "shipping_address")
    lines = tuple(_read_lines(reader))
    charges = tuple(_read_charges(reader))
    named = billing or shipping or Address()
    email = reader.text("email") or reader.text("contact_email") or customer.text("email")
    name = " ".join(filter(None, (customer.text("first_name"), customer.text("last_name"))))
    if not (email or name or named.name or named.company):
        reader.note("no_customer", "customer")
    currency = reader.text("currency", 8).upper()
    if not currency:
        reader.note("missing_value", "currency")
    taxes, total_tax = _read_order_taxes(reader, lines, charges)
    return Order(
        ref=ref,
        number=number,
        currency=currency,
        total=reader.amount("total_price", required=True),
        total_tax=total_tax,
        taxes_included=reader.flag("taxes_included"),
        lines=lines,
        charges=charges,
        taxes=taxes,
        discount=_unallocated_discount(reader, lines, charges),
        discount_title=", ".join(
            filter(None, (code.text("code", 80) for code in reader.children("discount_codes")))
        )[:160],
        email=email,
        phone=reader.text("phone", 64) or customer.text("phone", 64) or named.phone,
        customer_name=name or named.name,
        company_name=named.company or default_address.text("company"),
        billing=billing,
        shipping=shipping,
        po_number=reader.text("po_number", 120),
        note=reader.text("note", 5000),
        attributes=tuple(_read_pairs(reader, "note_attributes")),
        placed_at=reader.text("processed_at", 40) or reader.text("created_at", 40),
        financial_status=reader.text("financial_status", 40),
        payments=_read_payments(reader),
    )


def _read_payments(reader):
    """From the transactions if the document has them, else from the status of the order."""
    if reader.has("transactions"):
        return payments.from_transactions(reader)
    names = reader.data.get("payment_gateway_names")
    methods = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return payments.from_status(
        reader.text("financial_status", 40),
        reader.amount("total_price"),
        reader.amount("total_outstanding", default=None),
        [clean(name, 120) for name in methods] or [reader.text("gateway", 120)],
        paid_at=reader.text("processed_at", 40),
    )


def _check_usable(reader):
    """Orders that were read well and still must not be shipped."""
    if reader.has("cancelled_at"):
        reader.note("order_cancelled", "cancelled_at", date=reader.text("cancelled_at", 40))
    if reader.flag("test"):
        reader.note("test_order", "test")
    status = reader.text("financial_status", 40).lower()
    if status in DEAD_STATUSES:
        reader.note("order_refunded", "financial_status", status=status)
    if reader.has("current_total_price"):
        now, then = reader.amount("current_total_price"), reader.amount("total_price")
        if now != then:
            reader.note("order_edited", "current_total_price", now=f"{now:f}", then=f"{then:f}")
    elif status == "partially_refunded":
        reader.note("partly_refunded", "financial_status", WARNING)


def _read_address(reader, key):
    """The address under ``key``, or None when nothing in it says where."""
    address = reader.child(key)
    names = (address.text("first_name"), address.text("last_name"))
    found = Address(
        name=address.text("name") or " ".join(filter(None, names)),
        company=address.text("company"),
        street=address.text("address1"),
        street2=address.text("address2"),
        city=address.text("city"),
        zip=address.text("zip", 24),
        country_code=address.text("country_code", 8).upper(),
        country_name=address.text("country"),
        state_code=address.text("province_code", 8).upper(),
        state_name=address.text("province"),
        phone=address.text("phone", 64),
    )
    return found if found != Address() else None


def _read_lines(reader):
    items = reader.children("line_items")
    found = False
    for item in items:
        quantity = item.amount("quantity", required=True, default=Decimal(1))
        if quantity == 0:
            continue  # Taken out of the order by an edit; Shopify keeps the row.
        found = True
        if quantity < 0:
            item.note("negative_value", "quantity", value=f"{quantity:f}")
        price = item.amount("price", required=True)
        if price < 0:
            item.note("negative_value", "price", value=f"{price:f}")
        allocated = _allocated(item)
        line = Line(
            ref=item.text("id", MAX_REF),
            sku=item.text("sku", 120),
            title=item.text("name") or item.text("title") or item.text("variant_title"),
            quantity=quantity,
            unit_price=price,
            discount=allocated if allocated is not None else item.amount("total_discount"),
            taxes=tuple(_read_taxes(item)),
            requires_shipping=item.flag("requires_shipping", True),
            properties=tuple(_read_pairs(item, "properties")),
        )
        if not line.sku:
            code = "gift_card_line" if item.flag("gift_card") else "no_sku"
            item.note(code, "sku", title=line.title or line.ref)
        yield line
    # A list that isn't one has a finding already; this one is for an order of nothing.
    if not found and (items or not any(note.field == "line_items" for note in reader.findings)):
        reader.note("no_lines", "line_items")


def _read_charges(reader):
    for shipping in reader.children("shipping_lines"):
        allocated = _allocated(shipping)
        price = shipping.amount("price", required=True)
        if allocated is None and shipping.has("discounted_price"):
            allocated = price - shipping.amount("discounted_price")
        yield Charge(
            kind="shipping",
            title=shipping.text("title", 200) or shipping.text("code", 200),
            amount=price,
            discount=allocated or Decimal(),
            taxes=tuple(_read_taxes(shipping)),
        )
    tip = reader.amount("total_tip_received")
    if tip:
        yield Charge("tip", "", tip)
    for key in ("original_total_duties_set", "current_total_duties_set"):
        duties = reader.child(key).child("shop_money").amount("amount")
        if duties:
            yield Charge("duty", "", duties)
            break


def _allocated(reader):
    """The sum of ``discount_allocations``, or None when the document has none."""
    allocations = reader.children("discount_allocations")
    if not allocations:
        return None
    return sum((allocation.amount("amount") for allocation in allocations), Decimal())


def _read_taxes(reader):
    for tax in reader.children("tax_lines"):
        rate = tax.amount("rate", default=None)
        yield Tax(tax.text("title", 120), rate, tax.amount("price"))


def _read_order_taxes(reader, lines, charges):
    """The order's taxes by title, adding up to its total tax, whichever part states them so."""
    stated = tuple(_read_taxes(reader))
    parts = tuple(tax for part in (*lines, *charges) for tax in part.taxes)
    total = reader.amount("total_tax", default=None)
    if total is None:
        total = sum((tax.amount for tax in stated or parts), Decimal())
    return agreed_taxes((stated, parts), total), total


def _unallocated_discount(reader, lines, charges):
    """The part of the order's discount that no line states (old editions allocate nothing)."""
    if reader.has("total_discounts"):
        total = reader.amount("total_discounts")
    else:
        codes = reader.children("discount_codes")
        total = sum((code.amount("amount") for code in codes), Decimal())
    # Whether the total counts discounts on shipping differs between editions, so that only what
    # exceeds both readings is still to be given. The check of the totals has the last word.
    given = sum((part.discount for part in (*lines, *charges)), Decimal())
    return max(total - given, Decimal())


def _read_pairs(reader, key):
    """Names and values people typed; a leading underscore hides one, by Shopify's convention."""
    for pair in reader.children(key):
        name = pair.text("name", 120)
        if name and not name.startswith("_"):
            yield name, pair.text("value")

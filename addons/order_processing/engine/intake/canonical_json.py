"""The addon's own order JSON, for senders that have no format yet, and for taking orders out.

Published as ``static/openapi/order.schema.json``. What :func:`dump` writes, :func:`parse` reads
back as the same order. Amounts are written as texts, which no JSON library rounds; numbers are
read, too.
"""

import json
from decimal import Decimal

from .canonical import (
    HOLD,
    WARNING,
    Address,
    Charge,
    Finding,
    Line,
    Order,
    ParseResult,
    Party,
    Payment,
    Tax,
    agreed_taxes,
    merge_taxes,
)
from .payments import KINDS, STATUSES
from .reading import MAX_BYTES, Reader, load, split_json
from .totals import conclude, difference
from .trade import is_known, iso_date

MAX_REF = 64
CHARGE_KINDS = ("shipping", "fee", "tip", "duty")
#: Texts of an address and of an order, with the most characters each may have.
ADDRESS_TEXTS = {
    "name": 500,
    "company": 500,
    "street": 500,
    "street2": 500,
    "city": 500,
    "zip": 24,
    "country_code": 8,
    "country_name": 500,
    "state_code": 8,
    "state_name": 500,
    "phone": 64,
}
ORDER_TEXTS = {
    "discount_title": 160,
    "email": 500,
    "phone": 64,
    "customer_name": 500,
    "company_name": 500,
    "po_number": 120,
    "note": 5000,
    "placed_at": 40,
    "financial_status": 40,
    "payment_terms": 500,
}
ORDER_DATES = ("requested_date", "not_before", "ship_date")
LINE_TEXTS = {
    "gtin": 14,
    "buyer_sku": 120,
    "manufacturer_sku": 120,
    "uom": 8,
    "note": 2000,
}
PAYMENT_TEXTS = {"method": 120, "reference": 120, "paid_at": 40}
PARTIES = ("buyer", "seller", "delivery")
PARTY_TEXTS = {
    "name": 500,
    "gln": 13,
    "vat": 40,
    "registry": 120,
    "endpoint": 120,
    "endpoint_scheme": 20,
    "contact": 500,
    "email": 500,
    "phone": 64,
}


def parse(payload, max_bytes=MAX_BYTES):
    """Read one order.

    :param bytes payload: an order, or ``{"order": {…}}``
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    document, finding = load(payload, max_bytes)
    if finding:
        return ParseResult(None, (finding,))
    if isinstance(document, dict) and "lines" not in document and "order" in document:
        document = document["order"]
    if not isinstance(document, dict) or not {"ref", "lines"} & document.keys():
        return ParseResult(None, (Finding("other_format", args={"format": "order JSON"}),))
    reader = Reader(document)
    ref, number = reader.reference("ref", MAX_REF), reader.text("number", MAX_REF)
    order = _read_order(reader, ref, number or ref)
    return conclude(order, reader.findings, ref, number or ref)


def split(payload):
    """The documents in ``{"orders": [{…}, …]}`` or a bare list, one per order."""
    return split_json(payload, "orders")


def dump(order):
    """The order as JSON in UTF-8, the same for equal orders."""
    document = {
        "ref": order.ref,
        "number": order.number,
        "currency": order.currency,
        "total": _text(order.total),
        "total_tax": _text(order.total_tax),
        "taxes_included": order.taxes_included,
        "lines": [_dump_line(line) for line in order.lines],
        "charges": [_dump_charge(charge) for charge in order.charges],
        "taxes": _dump_taxes(order.taxes),
        "discount": _text(order.discount),
        **{name: getattr(order, name) for name in (*ORDER_TEXTS, *ORDER_DATES)},
        "billing": _dump_address(order.billing),
        "shipping": _dump_address(order.shipping),
        "attributes": _dump_pairs(order.attributes),
        "net_total": _text(order.net_total),
        "taxes_stated": order.taxes_stated,
        "payments": [_dump_payment(payment) for payment in order.payments],
        **{name: _dump_party(getattr(order, name)) for name in PARTIES},
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _text(amount):
    return None if amount is None else format(amount, "f")


def _dump_taxes(taxes):
    return [
        {
            "title": tax.title,
            "rate": _text(tax.rate),
            "amount": _text(tax.amount),
        }
        for tax in taxes
    ]


def _dump_pairs(pairs):
    return [{"name": name, "value": value} for name, value in pairs]


def _dump_line(line):
    return {
        "ref": line.ref,
        "sku": line.sku,
        "title": line.title,
        "quantity": _text(line.quantity),
        "unit_price": _text(line.unit_price),
        "discount": _text(line.discount),
        "taxes": _dump_taxes(line.taxes),
        "requires_shipping": line.requires_shipping,
        "properties": _dump_pairs(line.properties),
        **{name: getattr(line, name) for name in LINE_TEXTS},
        "price_basis": _text(line.price_basis),
        "requested_date": line.requested_date,
    }


def _dump_charge(charge):
    return {
        "kind": charge.kind,
        "title": charge.title,
        "amount": _text(charge.amount),
        "discount": _text(charge.discount),
        "taxes": _dump_taxes(charge.taxes),
    }


def _dump_payment(payment):
    return {
        "kind": payment.kind,
        "amount": _text(payment.amount),
        "status": payment.status,
        **{name: getattr(payment, name) for name in PAYMENT_TEXTS},
    }


def _dump_address(address):
    return None if address is None else {name: getattr(address, name) for name in ADDRESS_TEXTS}


def _dump_party(party):
    if party is None:
        return None
    ids = [{"scheme": scheme, "id": code} for scheme, code in party.ids]
    return {name: getattr(party, name) for name in PARTY_TEXTS} | {"ids": ids}


def _read_order(reader, ref, number):
    lines = tuple(_read_lines(reader))
    charges = tuple(_read_charges(reader))
    billing, shipping = _read_address(reader, "billing"), _read_address(reader, "shipping")
    named = billing or shipping or Address()
    texts = {name: reader.text(name, limit) for name, limit in ORDER_TEXTS.items()}
    parties = {name: _read_party(reader, name) for name in PARTIES}
    who = (texts["email"], texts["customer_name"], texts["company_name"], named.name, named.company)
    if not any(who) and not is_known(parties["buyer"]):
        reader.note("no_customer", "email")
    currency = reader.text("currency", 8).upper()
    # An empty text leaves the currency to the channel, as null does totals and prices: on purpose.
    if not currency and reader.data.get("currency") != "":
        reader.note("missing_value", "currency")
    taxes, total_tax = _read_order_taxes(reader, lines, charges)
    return Order(
        ref=ref,
        number=number,
        currency=currency,
        total=reader.amount("total", required="total" not in reader.data, default=None),
        total_tax=total_tax,
        taxes_included=reader.flag("taxes_included"),
        lines=lines,
        charges=charges,
        taxes=taxes,
        discount=reader.amount("discount"),
        billing=billing,
        shipping=shipping,
        attributes=tuple(_read_pairs(reader, "attributes")),
        net_total=reader.amount("net_total", default=None),
        taxes_stated=reader.flag("taxes_stated", True),
        payments=tuple(_read_payments(reader)),
        **{name: _read_day(reader, name) for name in ORDER_DATES},
        **parties,
        **texts,
    )


def _read_day(reader, key):
    """The day under ``key`` as ISO date; nothing, and a warning, when it isn't one."""
    text = reader.text(key, 40)
    day = iso_date(text)
    if text and not day:
        reader.note("not_a_date", key, WARNING, value=text)
    return day


def _read_party(reader, key):
    """The trading partner under ``key``, or None when nothing in it says who."""
    party = reader.child(key)
    found = {name: party.text(name, limit) for name, limit in PARTY_TEXTS.items()}
    ids = tuple(
        (each.text("scheme", 20), each.text("id", 120))
        for each in party.children("ids")
        if each.text("id", 120)
    )
    return Party(**found, ids=ids) if ids or any(found.values()) else None


def _read_order_taxes(reader, lines, charges):
    """The order's taxes: as stated when they are; else what the parts state."""
    stated = tuple(_read_taxes(reader))
    parts = tuple(tax for part in (*lines, *charges) for tax in part.taxes)
    total = reader.amount("total_tax", default=None)
    if total is None:
        total = sum((tax.amount for tax in stated or parts), Decimal())
    elif stated and sum(tax.amount for tax in stated) != total:
        args = difference(total, sum(tax.amount for tax in stated))
        reader.note("wrong_tax_total", "total_tax", HOLD, **args)
    return stated or agreed_taxes((merge_taxes(parts),), total), total


def _read_taxes(reader):
    for tax in reader.children("taxes"):
        rate = tax.amount("rate", default=None)
        yield Tax(tax.text("title", 120), rate, tax.amount("amount", required=True))


def _read_lines(reader):
    items = reader.children("lines")
    for item in items:
        quantity = item.amount("quantity", required=True, default=Decimal(1))
        if not quantity:
            item.note("zero_quantity", "quantity")
        price = item.amount("unit_price", required="unit_price" not in item.data, default=None)
        basis = item.amount("price_basis", default=Decimal(1))
        for key, value in (("quantity", quantity), ("unit_price", price), ("price_basis", basis)):
            if value is not None and value < 0:
                item.note("negative_value", key, value=f"{value:f}")
        sku, title, ref = item.text("sku", 120), item.text("title"), item.text("ref", MAX_REF)
        texts = {name: item.text(name, limit) for name, limit in LINE_TEXTS.items()}
        if not (sku or texts["gtin"] or texts["buyer_sku"]):
            if title:
                item.note("no_product_id", "sku", WARNING, title=title, ref=ref)
            else:
                item.note("no_sku", "sku", title=ref)
        yield Line(
            ref=ref,
            sku=sku,
            title=title,
            quantity=quantity,
            unit_price=price,
            discount=item.amount("discount"),
            taxes=tuple(_read_taxes(item)),
            requires_shipping=item.flag("requires_shipping", True),
            properties=tuple(_read_pairs(item, "properties")),
            price_basis=basis,
            requested_date=_read_day(item, "requested_date"),
            **texts,
        )
    if not items and not any(note.field == "lines" for note in reader.findings):
        reader.note("no_lines", "lines")


def _read_charges(reader):
    for item in reader.children("charges"):
        kind = item.text("kind", 20)
        if kind not in CHARGE_KINDS:
            item.note("unknown_kind", "kind", value=kind, known=", ".join(CHARGE_KINDS))
            kind = "shipping"
        yield Charge(
            kind=kind,
            title=item.text("title", 200),
            amount=item.amount("amount", required=True),
            discount=item.amount("discount"),
            taxes=tuple(_read_taxes(item)),
        )


def _read_payments(reader):
    for item in reader.children("payments"):
        kind, status = item.text("kind", 20) or KINDS[0], item.text("status", 20)
        for key, value, known in (("kind", kind, KINDS), ("status", status, STATUSES)):
            if value not in known:
                item.note("unknown_word", key, value=value, known=", ".join(known))
        amount = item.amount("amount", required=True)
        if amount < 0:
            item.note("negative_value", "amount", value=f"{amount:f}")
        texts = {name: item.text(name, limit) for name, limit in PAYMENT_TEXTS.items()}
        yield Payment(kind, amount, status, **texts)


def _read_address(reader, key):
    """The address under ``key``, or None when nothing in it says where."""
    address = reader.child(key)
    found = {name: address.text(name, limit) for name, limit in ADDRESS_TEXTS.items()}
    for name in ("country_code", "state_code"):
        found[name] = found[name].upper()
    return Address(**found) if any(found.values()) else None


def _read_pairs(reader, key):
    for pair in reader.children(key):
        name = pair.text("name", 120)
        if name:
            yield name, pair.text("value")

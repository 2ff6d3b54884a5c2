"""Amazon's order reports: tab separated files with one row an item and several orders a file.

Written from Seller Central's field lists of the Order Report and of the All Orders Report; they
name some columns differently, and leave columns out by marketplace and by the seller's choice. All
amounts are of the whole quantity. A row without quantity goes on with the item above it (more
promotions). The reports state no total of an order: it is what its rows add up to.
"""

from collections import defaultdict
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
    minor_digits,
    price_each,
    state_fields,
    to_cents,
)
from .reading import MAX_BYTES, MAX_ITEMS, clean
from .tables import group_rows, read_csv, split_table
from .totals import computed_total, conclude

MAX_REF = 64
REF_COLUMNS = ("amazon-order-id", "order-id")
#: Columns no order can be read without: each may have one of the names.
NEEDED = (
    REF_COLUMNS,
    ("sku",),
    ("quantity-purchased", "quantity"),
    ("currency",),
    ("item-price",),
)
#: Marketplaces whose prices come without tax; everywhere else they include it.
NET_MARKETPLACES = frozenset({"amazon.com", "amazon.ca", "non-amazon us", "non-amazon ca"})
NET_CURRENCIES = frozenset({"USD", "CAD"})
CANCELLED = frozenset({"cancelled", "canceled"})
SHIPPED = frozenset({"shipped", "complete", "completed"})
PENDING = frozenset({"pending", "pendingavailability", "unfulfillable", "invoiceunconfirmed"})


def parse(payload, max_bytes=MAX_BYTES):
    """Read the one order of an order report. Amazon doesn't quote: quotes belong to titles.

    :param bytes payload: a report, or a part of one from :func:`split`
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    table = read_csv(payload, "\t", False, max_bytes)
    if table.failed:
        return ParseResult(None, table.findings)
    missing = [names[0] for names in NEEDED if not set(names) & set(table.headers)]
    if missing:
        if len(missing) == len(NEEDED):
            return ParseResult(None, (Finding("other_format", args={"format": "Amazon"}),))
        args = {"columns": ", ".join(missing)}
        return ParseResult(None, (Finding("missing_columns", "row[1]", args),))
    groups = group_rows(table, REF_COLUMNS)
    if len(groups) != 1:
        count = Finding("several_orders", args={"count": str(len(groups))})
        return ParseResult(None, (count if groups else Finding("no_lines"),))
    ref = next(iter(groups))
    findings = list(table.findings)
    rows = list(table.readers(findings))
    if not ref or len(ref) > MAX_REF:
        findings.append(Finding("no_reference", REF_COLUMNS[0]))
        ref = ""
    if len(rows) > MAX_ITEMS:
        args = {"limit": str(MAX_ITEMS), "count": str(len(rows))}
        return ParseResult(None, (Finding("too_many_items", args=args),), ref, ref)
    return conclude(_read_order(rows, ref, findings), findings, ref, ref)


def split(payload):
    """One report for each order of a report."""
    return split_table(payload, REF_COLUMNS, "\t", quoted=False)


def includes_tax(marketplace, currency):
    """Tell whether prices of a marketplace include tax.

    :param str marketplace: as in ``sales-channel``, e.g. ``Amazon.de``; may be empty
    :return: ``(answer, whether it was assumed from the currency alone)``
    """
    if marketplace:
        return marketplace.lower() not in NET_MARKETPLACES, False
    return currency not in NET_CURRENCIES, True


def _either(row, *names, limit=120):
    """The text of the first of some columns that has one."""
    return next(filter(None, (row.text(name, limit) for name in names)), "")


def _read_order(rows, ref, findings):
    head = rows[0]
    _check_usable(head)
    currency = head.text("currency", 8).upper()
    if not currency:
        head.note("missing_value", "currency")
    lines = tuple(_read_lines(rows, currency))
    if not lines and not any(finding.code == "order_cancelled" for finding in findings):
        head.note("no_lines")
    charges = tuple(_read_charges(rows, head))
    taxes = [tax for part in (*lines, *charges) for tax in part.taxes]
    total_tax = sum((tax.amount for tax in taxes), Decimal())
    shipping = _read_shipping(head)
    email, name = head.text("buyer-email"), head.text("buyer-name")
    if not (email or name or shipping):
        head.note("no_customer", "buyer-email")
    included, assumed = includes_tax(head.text("sales-channel"), currency)
    if total_tax and assumed and not _either(head, "vat-exclusive-item-price"):
        code = "prices_assumed_gross" if included else "prices_assumed_net"
        head.note(code, "item-tax", WARNING, currency=currency)
    order = Order(
        ref=ref,
        number=ref,
        currency=currency,
        total=Decimal(),
        total_tax=total_tax,
        taxes_included=included or bool(_either(head, "vat-exclusive-item-price")),
        lines=lines,
        charges=charges,
        taxes=agreed_taxes((taxes,), total_tax),
        email=email,
        phone=_either(head, "buyer-phone-number", "ship-phone-number", limit=64),
        customer_name=name or (shipping.name if shipping else ""),
        company_name=_either(head, "buyer-company-name"),
        billing=_read_address(head, "bill"),
        shipping=shipping,
        po_number=_either(head, "purchase-order-number"),
        note=_either(head, "delivery-Instructions", "delivery-instructions", limit=5000),
        placed_at=_either(head, "purchase-date", limit=40),
        financial_status=_either(head, "order-status", limit=40),
    )
    order = _with_total(order, currency)
    return replace(order, payments=_read_payments(head, order.total))


def _with_total(order, currency):
    """The order with the total its parts have; the reports state none."""
    total = to_cents(computed_total(order), minor_digits(currency))
    return replace(order, total=total)


def _read_payments(head, total):
    """What the courier collects; the rest Amazon takes from the buyer once the goods have left."""
    at_the_door = min(head.amount("cod-collectible-amount"), total)
    method = head.text("payment-method", 120)
    if payments.is_at_the_door(method):
        at_the_door = at_the_door or total
    return (
        *payments.paid(at_the_door, payments.AWAITED, "COD"),
        *payments.paid(total - at_the_door, payments.AUTHORISED, "Amazon"),
    )


def _check_usable(head):
    """Orders that were read well and still must not be shipped."""
    status = head.text("order-status", 40)
    known = status.lower().replace(" ", "")
    if known in CANCELLED:
        head.note("order_cancelled", "order-status", date=head.text("last-updated-date", 40))
    elif known.startswith("shipped") or known in SHIPPED:
        head.note("already_shipped", "order-status", status=status)
    elif known in PENDING:
        head.note("payment_pending", "order-status", status=status)
    if head.text("fulfillment-channel", 40).lower() in {"afn", "amazon"}:
        head.note("fulfilled_elsewhere", "fulfillment-channel", by="Amazon")


def _read_lines(rows, currency):
    """Lines of the rows; one without quantity adds its promotions to the item above."""
    items = []
    for row in rows:
        if row.text("item-status", 40).lower() in CANCELLED:
            continue
        if items and not _either(row, "quantity-purchased", "quantity", "sku", "item-price"):
            items[-1].append(row)
            continue
        other = row.text("currency", 8).upper()
        if other and other != currency:
            row.note("mixed_currencies", "currency", one=currency, other=other)
        items.append([row])
    for first, *more in items:
        key = "quantity-purchased" if first.has("quantity-purchased") else "quantity"
        quantity = first.amount(key, required=True, default=Decimal(1))
        if quantity == 0:
            continue
        price = first.amount("item-price", required=True)
        for name, value in ((key, quantity), ("item-price", price)):
            if value < 0:
                first.note("negative_value", name, value=f"{value:f}")
        title = _either(first, "product-name", "item-name", limit=500)
        sku = first.text("sku", 120)
        if not sku:
            first.note("no_sku", "sku", title=title)
        yield Line(
            ref=_either(first, "order-item-id", "amazon-order-item-id", limit=MAX_REF),
            sku=sku,
            title=title,
            quantity=quantity,
            unit_price=price_each(price, quantity),
            discount=sum(
                (_discount(row, "item-promotion-discount") for row in (first, *more)), Decimal()
            ),
            taxes=_tax(first.amount("item-tax")),
            properties=_properties(first),
        )


def _discount(row, key):
    """A promotion's amount; some reports write it below zero."""
    return abs(row.amount(key))


def _tax(amount):
    return (Tax("Tax", None, amount),) if amount else ()


def _properties(row):
    pairs = (
        ("Gift message", row.text("gift-message-text")),
        ("Gift wrap", row.text("gift-wrap-type", 120)),
        ("Customization", row.text("customized-url")),
    )
    return tuple(pair for pair in pairs if pair[1])


def _read_charges(rows, head):
    """Shipping and gift wrap of all items, each as one."""
    sums = defaultdict(Decimal)
    for row in rows:
        if row.text("item-status", 40).lower() in CANCELLED:
            continue
        for name in ("shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax"):
            sums[name] += row.amount(name)
        sums["discount"] += _discount(row, "ship-promotion-discount")
    if sums["shipping-price"] or sums["shipping-tax"] or sums["discount"]:
        service = head.text("ship-service-level", 200)
        taxes = _tax(sums["shipping-tax"])
        yield Charge("shipping", service, sums["shipping-price"], sums["discount"], taxes)
    if sums["gift-wrap-price"] or sums["gift-wrap-tax"]:
        taxes = _tax(sums["gift-wrap-tax"])
        yield Charge("shipping", "Gift wrap", sums["gift-wrap-price"], taxes=taxes)


def _read_shipping(row):
    found = _read_address(row, "ship")
    name = row.text("recipient-name")
    if found is None:
        return Address(name=name) if name else None
    return replace(found, name=name or found.name)


def _read_address(row, kind):
    """The address in columns ``<kind>-…``, or None when nothing in it says where."""
    streets = [row.text(f"{kind}-address-{number}") for number in (1, 2, 3)]
    streets = [street for street in streets if street]
    country = row.text(f"{kind}-country", 120)
    found = Address(
        name=row.text(f"{kind}-name"),
        street=streets[0] if streets else "",
        street2=clean(", ".join(streets[1:])),
        city=row.text(f"{kind}-city"),
        zip=row.text(f"{kind}-postal-code", 24),
        country_code=country.upper() if len(country) == 2 else "",
        country_name="" if len(country) == 2 else country,
        phone=row.text(f"{kind}-phone-number", 64),
        **state_fields(row.text(f"{kind}-state", 120)),
    )
    return found if found != Address() else None

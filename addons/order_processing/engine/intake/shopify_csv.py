"""Shopify's CSV export of orders: one row a line, the order itself only on its first row.

Written from Shopify's help on exporting orders. The export has no number of a line, doesn't say
whether prices include tax, and gives discounts as one sum: the stated subtotal and total tell how
they are meant. The order's reference is its ``Id``, as in the shop's JSON, so that an order that
came by webhook isn't taken in again from an export.
"""

import re
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
    state_fields,
)
from .reading import MAX_BYTES, MAX_ITEMS
from .shopify import DEAD_STATUSES
from .tables import group_rows, read_csv, split_table
from .totals import conclude

MAX_REF = 64
REF_COLUMNS = ("Name",)
NEEDED = ("Name", "Currency", "Total", "Lineitem quantity", "Lineitem name", "Lineitem price")
MAX_TAXES = 5
#: ``State Tax 6%`` or ``VAT 7.7 %``: the export has no column for rates.
_TITLE_RATE = re.compile(r"(?P<title>.*?)\s*\(?(?P<percent>\d{1,2}([.,]\d{1,4})?)\s?%\)?", re.ASCII)
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d+", re.ASCII)


def parse(payload, max_bytes=MAX_BYTES):
    """Read the one order of an export.

    :param bytes payload: an export, or a part of one from :func:`split`
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    table = read_csv(payload, max_bytes=max_bytes)
    if table.failed:
        return ParseResult(None, table.findings)
    missing = [name for name in NEEDED if name not in table.headers]
    if missing:
        if "Lineitem name" in missing:
            return ParseResult(None, (Finding("other_format", args={"format": "Shopify CSV"}),))
        args = {"columns": ", ".join(missing)}
        return ParseResult(None, (Finding("missing_columns", "row[1]", args),))
    groups = group_rows(table, REF_COLUMNS)
    if len(groups) != 1:
        count = Finding("several_orders", args={"count": str(len(groups))})
        return ParseResult(None, (count if groups else Finding("no_lines"),))
    findings = list(table.findings)
    rows = list(table.readers(findings))
    head = rows[0]
    number = head.text("Name", MAX_REF)
    ref = _read_ref(head, number)
    if len(rows) > MAX_ITEMS:
        args = {"limit": str(MAX_ITEMS), "count": str(len(rows))}
        return ParseResult(None, (Finding("too_many_items", args=args),), ref, number)
    return conclude(_read_order(rows, ref, number or ref, findings), findings, ref, number)


def split(payload):
    """One export for each order of an export."""
    return split_table(payload, REF_COLUMNS)


def _read_ref(head, number):
    """The order's id; its name in old exports that have no id."""
    ref = head.text("Id")
    if _SCIENTIFIC.fullmatch(ref):
        head.note("mangled_reference", "Id", value=ref)
        return ""
    ref = ref or number
    if not ref or len(ref) > MAX_REF:
        head.note("no_reference", "Id")
        return ""
    return ref


def _read_order(rows, ref, number, findings):
    head = rows[0]
    _check_usable(head)
    lines, tips = _read_lines(rows)
    if not lines:
        head.note("no_lines", "Lineitem quantity")
    billing, shipping = _read_address(head, "Billing"), _read_address(head, "Shipping")
    named = billing or shipping or Address()
    email = head.text("Email")
    if not (email or named.name or named.company):
        head.note("no_customer", "Email")
    currency = head.text("Currency", 8).upper()
    if not currency:
        head.note("missing_value", "Currency")
    charges = [*_read_charges(head), *tips]
    total, total_tax = head.amount("Total", required=True), head.amount("Taxes")
    discount = _order_discount(head, lines)
    net = sum((line.net for line in lines), Decimal()) - discount
    net += sum((charge.net for charge in charges), Decimal())
    return Order(
        ref=ref,
        number=number,
        currency=currency,
        total=total,
        total_tax=total_tax,
        # Only if nothing is to be added to come to the total, the tax is in the prices.
        taxes_included=bool(total_tax) and net == total,
        lines=tuple(lines),
        charges=tuple(charges),
        taxes=agreed_taxes((tuple(_read_taxes(head)),), total_tax),
        discount=discount,
        discount_title=head.text("Discount Code", 160),
        email=email,
        phone=_plain(head, "Phone", 64) or named.phone,
        customer_name=named.name,
        company_name=named.company,
        billing=billing,
        shipping=shipping,
        po_number=head.text("PO Number", 120),
        note=head.text("Notes", 5000),
        attributes=tuple(_read_attributes(head)),
        placed_at=head.text("Created at", 40),
        financial_status=head.text("Financial Status", 40),
        payments=payments.from_status(
            head.text("Financial Status", 40),
            total,
            head.amount("Outstanding Balance", default=None),
            [head.text("Payment Method", 120)],
            head.text("Payment Reference", 120) or head.text("Payment ID", 120),
            head.text("Paid at", 40),
        ),
    )


def _check_usable(head):
    """Orders that were read well and still must not be shipped."""
    if head.text("Cancelled at"):
        head.note("order_cancelled", "Cancelled at", date=head.text("Cancelled at", 40))
    status = head.text("Financial Status", 40).lower()
    if status in DEAD_STATUSES:
        head.note("order_refunded", "Financial Status", status=status)
    elif status == "partially_refunded" or head.amount("Refunded Amount"):
        head.note("partly_refunded", "Refunded Amount", WARNING)
    shipped = head.text("Fulfillment Status", 40).lower()
    if shipped in {"fulfilled", "shipped"}:
        head.note("already_shipped", "Fulfillment Status", status=shipped)
    elif shipped == "partial":
        head.note("partly_shipped", "Fulfillment Status", status=shipped)


def _read_lines(rows):
    """``(lines, tips)``; a tip is exported as a line of its own, with neither SKU nor weight."""
    lines, tips = [], []
    for row in rows:
        if not row.text("Lineitem quantity") and not row.text("Lineitem name"):
            continue  # More payments or taxes of the order.
        quantity = row.amount("Lineitem quantity", required=True, default=Decimal(1))
        price = row.amount("Lineitem price", required=True)
        if quantity == 0:
            continue
        for key, value in (("Lineitem quantity", quantity), ("Lineitem price", price)):
            if value < 0:
                row.note("negative_value", key, value=f"{value:f}")
        title, sku = row.text("Lineitem name"), _plain(row, "Lineitem sku", 120)
        shipped = row.flag("Lineitem requires shipping", True)
        if title == "Tip" and not sku and not shipped:
            tips.append(Charge("tip", "", quantity * price))
            continue
        if not sku:
            row.note("no_sku", "Lineitem sku", title=title)
        lines.append(
            Line(
                ref=str(len(lines) + 1),
                sku=sku,
                title=title,
                quantity=quantity,
                unit_price=price,
                discount=row.amount("Lineitem discount"),
                requires_shipping=shipped,
            )
        )
    return lines, tips


def _read_charges(head):
    shipping = head.amount("Shipping")
    if shipping or head.text("Shipping Method"):
        yield Charge("shipping", head.text("Shipping Method", 200), shipping)
    duties = head.amount("Duties")
    if duties:
        yield Charge("duty", "", duties)


def _order_discount(head, lines):
    """The discount that no line states. The subtotal tells which of the readings is meant.

    The amount may count the discounts of lines, and may be one on shipping, which then is stated
    after it.
    """
    amount = head.amount("Discount Amount")
    on_lines = sum((line.discount for line in lines), Decimal())
    if head.text("Subtotal"):
        left = sum((line.net for line in lines), Decimal()) - head.amount("Subtotal")
        if left in (amount, amount - on_lines, 0):
            return left
    return max(amount - on_lines, Decimal())


def _read_taxes(head):
    for number in range(1, MAX_TAXES + 1):
        title = head.text(f"Tax {number} Name", 120)
        amount = head.amount(f"Tax {number} Value")
        match = _TITLE_RATE.fullmatch(title)
        rate = Decimal(match["percent"].replace(",", ".")) / 100 if match else None
        if amount:
            yield Tax(match["title"] if match else title, rate, amount)


def _plain(row, key, limit):
    """A text without the apostrophe the export puts before digits, to keep spreadsheets off."""
    return row.text(key, limit).removeprefix("'").strip()


def _read_address(row, kind):
    """The address in columns ``<kind> …``, or None when nothing in it says where."""
    found = Address(
        name=row.text(f"{kind} Name"),
        company=row.text(f"{kind} Company"),
        street=row.text(f"{kind} Address1") or row.text(f"{kind} Street"),
        street2=row.text(f"{kind} Address2"),
        city=row.text(f"{kind} City"),
        zip=_plain(row, f"{kind} Zip", 24),
        country_code=row.text(f"{kind} Country", 8).upper(),
        phone=_plain(row, f"{kind} Phone", 64),
        **state_fields(row.text(f"{kind} Province", 120)),
    )
    return found if found != Address() else None


def _read_attributes(head):
    """``Note Attributes``: one ``name: value`` a line; a leading underscore hides one."""
    for line in head.text("Note Attributes", 5000).splitlines():
        name, _colon, value = line.partition(":")
        name = name.strip()[:120]
        if name and not name.startswith("_"):
            yield name, value.strip()

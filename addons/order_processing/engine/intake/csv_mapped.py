"""Orders in somebody's own table (CSV, tab separated, XLSX), read by a mapping of its columns.

One row a line; a row without a reference goes on with the order above it, as in Odoo's own export.
Values of the order count where they stand first. What the table doesn't state is what its rows add
up to: an order without a total costs the sum of its parts.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

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
    minor_digits,
    state_fields,
    to_cents,
)
from .mapping import FIELDS, NEEDED, ORDER_FIELDS, guess_mapping
from .numerals import day_first, decimal_mark, is_ambiguous, to_decimal, to_iso
from .reading import MAX_FILE_BYTES, MAX_ITEMS, Reader, clean
from .spreadsheets import is_zip, read_xlsx
from .tables import group_rows, read_csv, write_csv
from .totals import computed_total, conclude

MAX_REF = 64
PREVIEW_ROWS = 50
#: The rate in the name of a tax: ``15% S``.
_PERCENT = re.compile(r"(\d{1,3}([.,]\d{1,4})?)\s?%", re.ASCII)
#: Fields that hold numbers, which tell the decimal mark of the file.
AMOUNTS = (
    "total",
    "total_tax",
    "discount",
    "shipping_amount",
    "quantity",
    "unit_price",
    "line_discount",
    "line_discount_percent",
    "tax_rate",
    "line_tax",
)


@dataclass(frozen=True)
class Preview:
    """What a file would be read as.

    :param rows: dicts field → text, of the first rows
    :param mapping: the one used, given or guessed
    :param unused: columns that no field has
    :param count: orders in the file
    """

    rows: tuple[dict[str, str], ...]
    findings: tuple[Finding, ...]
    mapping: dict[str, str]
    headers: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    count: int = 0


def parse(payload, mapping=None):
    """Read the one order of a table.

    :param dict mapping: see :mod:`.mapping`; guessed from the column names when not given
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    table = _read(payload)
    if table.failed:
        return ParseResult(None, table.findings)
    mapping, problem = _check_mapping(mapping, table.headers)
    if problem:
        return ParseResult(None, (problem,))
    groups = group_rows(table, [mapping["ref"]])
    if len(groups) != 1:
        count = Finding("several_orders", args={"count": str(len(groups))})
        return ParseResult(None, (count if groups else Finding("no_lines"),))
    ref = next(iter(groups))
    findings = list(table.findings)
    rows = _map_rows(table, mapping, findings)
    if not ref or len(ref) > MAX_REF:
        findings.append(Finding("no_reference", mapping["ref"]))
        ref = ""
    if len(rows) > MAX_ITEMS:
        args = {"limit": str(MAX_ITEMS), "count": str(len(rows))}
        return ParseResult(None, (Finding("too_many_items", args=args),), ref)
    order = _read_order(rows, ref, findings)
    return conclude(order, findings, ref, order.number)


def split(payload, mapping=None):
    """One CSV for each order of a table, which reads its numbers as the whole table does."""
    table = _read(payload)
    found, problem = _check_mapping(mapping, table.headers)
    groups = {} if problem or table.failed else group_rows(table, [found["ref"]])
    if len(groups) < 2:
        return [payload]
    # The delimiter keeps the decimal mark known in orders whose own numbers don't tell.
    mark, _proven = _mark(table, found)
    table = replace(table, delimiter=";" if mark == "," else ",", encoding="utf-8")
    return [write_csv(table, rows) for rows in groups.values()]


def preview(payload, mapping=None, limit=PREVIEW_ROWS):
    """Show what a table would be read as, with everything wrong in any of its orders.

    :param dict mapping: see :func:`parse`
    :return: :class:`Preview`
    """
    table = _read(payload)
    if table.failed:
        return Preview((), table.findings, {})
    found, problem = _check_mapping(mapping, table.headers)
    unused = tuple(name for name in table.headers if name not in found.values())
    if problem:
        return Preview((), (*table.findings, problem), found, table.headers, unused)
    findings, seen = list(table.findings), set()
    parts = split(payload, found)
    for part in parts:
        result = parse(part, found)
        for finding in result.findings:
            key = (finding.code, tuple(sorted(finding.args.items())), result.ref)
            if key not in seen:
                seen.add(key)
                field = ": ".join(filter(None, (result.ref, finding.field)))
                findings.append(replace(finding, field=field))
    rows = tuple(
        {field: row.text(field) for field in found}
        for row in _map_rows(replace(table, rows=table.rows[:limit]), found, [], as_read=True)
    )
    return Preview(rows, tuple(findings), found, table.headers, unused, len(parts))


def _read(payload):
    """The table in a file, by what the file is."""
    if is_zip(payload):
        return read_xlsx(payload)
    return read_csv(payload, max_bytes=MAX_FILE_BYTES)


def _check_mapping(mapping, headers):
    """``(mapping, None)``, or what is missing in it."""
    if mapping is None:
        mapping = guess_mapping(headers)
    else:
        mapping = {field: str(column) for field, column in mapping.items() if column}
    unknown = sorted(set(mapping) - set(FIELDS))
    if unknown:
        return mapping, Finding("unknown_fields", args={"fields": ", ".join(unknown)})
    gone = [
        f"{column} ({field})"
        for field, column in mapping.items()
        if not column.startswith("=") and column not in headers
    ]
    if gone:
        return mapping, Finding("missing_columns", "row[1]", {"columns": ", ".join(gone)})
    lacking = [field for field in NEEDED if not mapping.get(field)]
    if lacking or mapping["ref"].startswith("="):
        return mapping, Finding("unmapped_fields", args={"fields": ", ".join(lacking or ["ref"])})
    return mapping, None


def _mark(table, mapping):
    """The decimal mark of a table, and whether it is proven."""
    positions = [
        table.headers.index(mapping[field])
        for field in AMOUNTS
        if field in mapping and not mapping[field].startswith("=")
    ]
    texts = (row[position] for row in table.rows for position in positions)
    return decimal_mark(texts, table.delimiter)


def _map_rows(table, mapping, findings, as_read=False):
    """Readers over the fields of each row, with numbers and dates in the form readers know.

    :param as_read: leave out the findings
    """
    mark, proven = _mark(table, mapping)
    rows = []
    for number, row in enumerate(table.rows, start=2):
        cells = dict(zip(table.headers, row, strict=False))
        data = {
            field: column[1:] if column.startswith("=") else cells[column].strip()
            for field, column in mapping.items()
        }
        rows.append(Reader(data, f"row[{number}]", findings))
    days_first = day_first(row.text("placed_at") for row in rows)
    for row in rows:
        for field in AMOUNTS:
            text = row.text(field)
            percent = _PERCENT.search(text) if field == "tax_rate" else None
            text = percent[1] if percent else text
            value = to_decimal(text, "." if mapping.get(field, "").startswith("=") else mark)
            if value is None:
                continue  # Reported when the field is read.
            if is_ambiguous(text) and not proven and not as_read:
                row.note("ambiguous_number", field, WARNING, value=text, read=f"{value:f}")
            row.data[field] = value
        text = row.text("placed_at", 40)
        moment = to_iso(text, days_first)
        if moment:
            row.data["placed_at"] = moment
        elif text and not as_read:
            row.note("ambiguous_date", "placed_at", WARNING, value=text)
    return rows


def _read_order(rows, ref, findings):
    # What stands first counts: some programs repeat an order's values, others don't.
    merged = {}
    for row in rows:
        for field, value in row.data.items():
            if value not in ("", None):
                merged.setdefault(field, value)
    head = Reader(merged, rows[0].path, findings)
    currency = head.text("currency", 8).upper()
    if not currency:
        head.note("missing_value", "currency")
    for field in ORDER_FIELDS:
        _check_agreement(rows, merged, field, findings)
    included = head.text("taxes_included").lower() in {"true", "1", "yes", "x", "ja", "oui", "si"}
    lines = tuple(_read_lines(rows, included, minor_digits(currency)))
    if not lines:
        head.note("no_lines", "quantity")
    charges = ()
    if merged.get("shipping_amount"):
        charges = (
            Charge("shipping", head.text("shipping_title", 200), head.amount("shipping_amount")),
        )
    billing, shipping = _read_address(head, "billing"), _read_address(head, "shipping")
    places = [place for place in (billing, shipping) if place]
    named = next((place for place in places if place.name or place.company), Address())
    email, name = head.text("email"), head.text("customer_name")
    company = head.text("company_name")
    if not (email or name or company or named.name or named.company):
        head.note("no_customer", "customer_name")
    taxes = merge_taxes([tax for line in lines for tax in line.taxes])
    total_tax = head.amount("total_tax", default=None)
    if total_tax is None:
        total_tax = sum((tax.amount for tax in taxes), Decimal())
    order = Order(
        ref=ref,
        number=head.text("number", MAX_REF) or ref,
        currency=currency,
        total=Decimal(),
        total_tax=total_tax,
        taxes_included=included,
        lines=lines,
        charges=charges,
        taxes=agreed_taxes((taxes,), total_tax),
        discount=head.amount("discount"),
        email=email,
        phone=head.text("phone", 64) or named.phone,
        customer_name=name or named.name,
        company_name=company or named.company,
        billing=billing,
        shipping=shipping,
        po_number=head.text("po_number", 120),
        note=head.text("note", 5000),
        placed_at=head.text("placed_at", 40),
    )
    stated = head.amount("total", default=None)
    return replace(order, total=computed_total(order) if stated is None else stated)


def _check_agreement(rows, merged, field, findings):
    """A finding when the rows of an order contradict each other about it."""
    if field == "ref":
        return
    for row in rows:
        value = row.data.get(field)
        if value not in ("", None) and value != merged[field]:
            args = {"one": clean(str(merged[field]), 60), "other": clean(str(value), 60)}
            findings.append(Finding("contradiction", row.at(field), args))
            return


def _read_lines(rows, included, digits):
    for row in rows:
        if not any(row.data.get(field) for field in ("sku", "quantity", "unit_price", "title")):
            continue  # Values of the order alone.
        quantity = row.amount("quantity", required=True, default=Decimal(1))
        price = row.amount("unit_price", required=True)
        if quantity == 0:
            continue
        for key, value in (("quantity", quantity), ("unit_price", price)):
            if value < 0:
                row.note("negative_value", key, value=f"{value:f}")
        sku, title = row.text("sku", 120), row.text("title")
        if not sku:
            row.note("no_sku", "sku", title=title)
        discount = row.amount("line_discount")
        percent = row.amount("line_discount_percent")
        if percent:
            discount += to_cents(quantity * price * percent / 100, digits)
        net = quantity * price - discount
        yield Line(
            ref=row.text("line_ref", MAX_REF),
            sku=sku,
            title=title,
            quantity=quantity,
            unit_price=price,
            discount=discount,
            taxes=_read_tax(row, net, included, digits),
        )


def _read_tax(row, net, included, digits):
    """The tax of a line, from its amount, its rate, or both."""
    percent = row.amount("tax_rate", default=None)
    rate = None if percent is None else percent / 100
    amount = row.amount("line_tax", default=None)
    if amount is None and rate:
        if included and rate <= -1:
            return ()
        amount = to_cents(net * rate / (1 + rate) if included else net * rate, digits)
    return (Tax("", rate, amount),) if amount else ()


def _read_address(head, kind):
    """The address in the fields ``<kind>_…``, or None when nothing in it says where."""
    country = head.text(f"{kind}_country", 120)
    found = Address(
        name=head.text(f"{kind}_name"),
        company=head.text(f"{kind}_company"),
        street=head.text(f"{kind}_street"),
        street2=head.text(f"{kind}_street2"),
        city=head.text(f"{kind}_city"),
        zip=head.text(f"{kind}_zip", 24),
        country_code=country.upper() if len(country) == 2 else "",
        country_name="" if len(country) == 2 else country,
        phone=head.text(f"{kind}_phone", 64),
        **state_fields(head.text(f"{kind}_state", 120)),
    )
    return found if found != Address() else None

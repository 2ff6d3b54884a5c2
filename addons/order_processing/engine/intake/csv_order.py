"""Orders as CSV: a row a line, under names that :mod:`.csv_mapped` knows by itself.

Cells a spreadsheet would run as a formula are written with an apostrophe before them.
"""

import csv
import io

#: Column → field of the order, of the line, or of the address named before the point.
COLUMNS = {
    "Order Reference": "ref",
    "Order Name": "number",
    "Order Date": "placed_at",
    "Currency": "currency",
    "Total": "total",
    "Total Tax": "total_tax",
    "Taxes Included": "taxes_included",
    "Order Discount": "discount",
    "Shipping Amount": "shipping_amount",
    "Shipping Method": "shipping_title",
    "Customer Email": "email",
    "Customer Phone": "phone",
    "Customer Name": "customer_name",
    "Company Name": "company_name",
    "Customer Reference": "po_number",
    "Note": "note",
    **{
        f"{title} {name.title()}": f"{kind}.{field}"
        for title, kind in (("Shipping", "shipping"), ("Billing", "billing"))
        for name, field in (
            ("name", "name"),
            ("company", "company"),
            ("street", "street"),
            ("street2", "street2"),
            ("city", "city"),
            ("zip", "zip"),
            ("state", "state_code"),
            ("country", "country_code"),
            ("phone", "phone"),
        )
    },
    "Line Number": "line.ref",
    "SKU": "line.sku",
    "Product Name": "line.title",
    "Quantity": "line.quantity",
    "Unit Price": "line.unit_price",
    "Line Discount": "line.discount",
    "Tax Rate": "line.tax_rate",
    "Line Tax": "line.tax",
}


def dump(orders):
    """The table of some orders, in UTF-8 with a mark that spreadsheets know it by.

    :param orders: :class:`~.canonical.Order`, each
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for order in orders:
        for line in order.lines:
            writer.writerow([_cell(_value(order, line, path)) for path in COLUMNS.values()])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _value(order, line, path):
    if path == "shipping_amount":
        return sum(charge.net for charge in order.charges) or None
    if path == "shipping_title":
        return ", ".join(charge.title for charge in order.charges)
    if path == "line.tax_rate":
        rates = [tax.rate for tax in line.taxes if tax.rate is not None]
        return sum(rates) * 100 if rates else None
    if path == "line.tax":
        return sum(tax.amount for tax in line.taxes) if line.taxes else None
    name, _point, inner = path.rpartition(".")
    holder = line if name == "line" else getattr(order, name) if name else order
    return getattr(holder, inner) if holder else None


def _cell(value):
    """A value as text; numbers as they are, texts so that no spreadsheet runs them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return format(value, "f")
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value

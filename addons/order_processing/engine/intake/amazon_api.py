"""Orders of Amazon's Selling Partner API: what ``getOrder`` and ``getOrderItems`` answer, together.

Written from the model of the Orders API v0. A document is ``{"order": …, "items": …}``, each as the
API gave it, with or without its envelopes; ``"address"`` and ``"buyer"`` may hold the answers of
``getOrderAddress`` and ``getOrderBuyerInfo``, which only some applications may ask for.

Whether prices include tax differs by marketplace and isn't said: the order's total tells.
"""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from . import payments
from .amazon_flat import PENDING, includes_tax
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
from .reading import MAX_BYTES, Reader, load, split_json
from .totals import computed_total, conclude

MAX_REF = 64
#: Amounts of an item besides its price and tax: ``(price, discount, tax, title)``.
CHARGES = (
    ("ShippingPrice", "ShippingDiscount", "ShippingTax", "ShippingDiscountTax", ""),
    ("GiftWrapPrice", None, "GiftWrapTax", None, "Gift wrap"),
    ("CODFee", "CODFeeDiscount", None, None, "Cash on delivery"),
)


def parse(payload, max_bytes=MAX_BYTES):
    """Read one order with its items.

    :param bytes payload: see the module
    :return: :class:`~.canonical.ParseResult`; its order is None when there is an error
    """
    document, finding = load(payload, max_bytes)
    if not finding and not _is_order(document):
        finding = Finding("other_format", args={"format": "Amazon SP-API"})
    if finding:
        return ParseResult(None, (finding,))
    findings = []
    reader = Reader(_open(document["order"]), "order", findings)
    items = document.get("items")
    opened = _open(items)
    holder = opened if isinstance(opened, dict) else {"OrderItems": opened}
    items = Reader(holder, "items", findings)
    extra = {
        "ShippingAddress": _open(document.get("address")),
        "BuyerInfo": _open(document.get("buyer")),
    }
    ref = reader.text("AmazonOrderId")
    if not ref or len(ref) > MAX_REF:
        reader.note("no_reference", "AmazonOrderId")
        ref = ""
    if items.has("NextToken"):
        items.note("items_missing", "NextToken")
    other = items.text("AmazonOrderId", MAX_REF)
    if other and other != ref:
        items.note("other_order", "AmazonOrderId", one=ref, other=other)
    order = _read_order(reader, items, extra, ref)
    return conclude(order, findings, ref, ref)


def split(payload):
    """The documents in ``{"orders": [{"order": …, "items": …}, …]}`` or a bare list."""
    return split_json(payload, "orders")


def _open(answer):
    """What is inside the envelope that every answer of the API has."""
    if isinstance(answer, dict) and "payload" in answer:
        return answer["payload"]
    return answer


def _is_order(document):
    if not isinstance(document, dict) or not {"order", "items"} <= document.keys():
        return False
    order = _open(document["order"])
    return isinstance(order, dict) and bool({"AmazonOrderId", "OrderStatus"} & order.keys())


def _read_order(reader, items, extra, ref):
    _check_usable(reader)
    currency = reader.child("OrderTotal").text("CurrencyCode", 8).upper()
    entries = items.children("OrderItems")
    currency = currency or _item_currency(entries)
    if not currency:
        reader.note("missing_value", "OrderTotal")
    money = _Money(currency)
    lines = tuple(_read_lines(entries, money))
    if not lines and not any(finding.code == "not_a_list" for finding in reader.findings):
        items.note("no_lines", "OrderItems")
    charges = tuple(_read_charges(reader, entries, money))
    buyer = _either_child(reader, "BuyerInfo", extra)
    shipping = _read_address(_either_child(reader, "ShippingAddress", extra))
    email = buyer.text("BuyerEmail") or reader.text("BuyerEmail")
    name = buyer.text("BuyerName") or reader.text("BuyerName")
    if not (email or name or shipping):
        reader.note("no_customer", "BuyerInfo")
    order = Order(
        ref=ref,
        number=ref,
        currency=currency,
        total=reader.child("OrderTotal").amount("Amount", required=True),
        total_tax=Decimal(),
        taxes_included=includes_tax(reader.text("SalesChannel", 60), currency)[0],
        lines=lines,
        charges=charges,
        email=email,
        phone=shipping.phone if shipping else "",
        customer_name=name or (shipping.name if shipping else ""),
        company_name=buyer.child("BuyerTaxInfo").text("CompanyLegalName"),
        shipping=shipping,
        po_number=buyer.text("PurchaseOrderNumber", 120),
        placed_at=reader.text("PurchaseDate", 40),
        financial_status=reader.text("OrderStatus", 40),
        payments=_read_payments(reader, money),
    )
    return _settle_taxes(order)


def _read_payments(reader, money):
    """Amazon takes the money once the goods have left, the courier what is paid at the door."""

    def status_of(method):
        return payments.AWAITED if payments.is_at_the_door(method) else payments.AUTHORISED

    details = [
        (each.text("PaymentMethod", 120), money(each, "Payment"))
        for each in reader.children("PaymentExecutionDetail")
    ]
    if not details:
        method = reader.text("PaymentMethod", 120)
        named = method if payments.is_at_the_door(method) else "Amazon"
        details = [(named, reader.child("OrderTotal").amount("Amount"))]
    return tuple(
        payment
        for method, amount in details
        for payment in payments.paid(amount, status_of(method), method)
    )


def _either_child(reader, key, extra):
    """The object under ``key`` of the order, or in the answer of the operation for it alone."""
    if reader.has(key):
        return reader.child(key)
    data = extra[key]
    if isinstance(data, dict) and isinstance(data.get(key), dict):
        data = data[key]
    return Reader(data, key, reader.findings)


def _settle_taxes(order):
    """Let the stated total tell whether prices include tax; else the marketplace's habit stays."""
    taxes = tuple(tax for part in (*order.lines, *order.charges) for tax in part.taxes)
    total_tax = sum((tax.amount for tax in taxes), Decimal())
    order = replace(order, total_tax=total_tax, taxes=agreed_taxes((taxes,), total_tax))
    if computed_total(order) != order.total:
        other = replace(order, taxes_included=not order.taxes_included)
        if computed_total(other) == order.total:
            return other
    return order


def _check_usable(reader):
    """Orders that were read well and still must not be shipped."""
    status = reader.text("OrderStatus", 40)
    known = status.lower()
    if known == "canceled":
        reader.note("order_cancelled", "OrderStatus", date=reader.text("LastUpdateDate", 40))
    elif known == "shipped":
        reader.note("already_shipped", "OrderStatus", status=status)
    elif known == "partiallyshipped":
        reader.note("partly_shipped", "OrderStatus", status=status)
    elif known in PENDING:
        reader.note("payment_pending", "OrderStatus", status=status)
    if reader.text("FulfillmentChannel", 40) == "AFN":
        reader.note("fulfilled_elsewhere", "FulfillmentChannel", by="Amazon")


class _Money:
    """Reads the API's amounts, which each name a currency: one order has one."""

    def __init__(self, currency):
        self.currency = currency

    def __call__(self, item, key):
        money = item.child(key)
        currency = money.text("CurrencyCode", 8).upper()
        amount = money.amount("Amount")
        if amount and currency != self.currency:
            money.note("mixed_currencies", "CurrencyCode", one=self.currency, other=currency)
        return amount


def _item_currency(entries):
    """The currency of the first price; orders that were not paid yet state no total."""
    found = (item.child("ItemPrice").text("CurrencyCode", 8).upper() for item in entries)
    return next(filter(None, found), "")


def _read_lines(entries, money):
    for item in entries:
        quantity = item.amount("QuantityOrdered", required=True, default=Decimal(1))
        if quantity == 0:
            continue  # Cancelled.
        price = money(item, "ItemPrice")
        for key, value in (("QuantityOrdered", quantity), ("ItemPrice", price)):
            if value < 0:
                item.note("negative_value", key, value=f"{value:f}")
        title, sku = item.text("Title"), item.text("SellerSKU", 120)
        if not sku:
            item.note("no_sku", "SellerSKU", title=title)
        if item.child("BuyerRequestedCancel").flag("IsBuyerRequestedCancel"):
            reason = item.child("BuyerRequestedCancel").text("BuyerCancelReason", 200)
            item.note("cancel_requested", "BuyerRequestedCancel", WARNING, reason=reason)
        gift = Reader(item.data.get("BuyerInfo"), item.at("BuyerInfo"), item.findings)
        properties = (
            ("Gift message", gift.text("GiftMessageText")),
            ("Gift wrap", gift.text("GiftWrapLevel", 120)),
            ("Customization", gift.child("BuyerCustomizedInfo").text("CustomizedURL")),
        )
        yield Line(
            ref=item.text("OrderItemId", MAX_REF),
            sku=sku,
            title=title,
            quantity=quantity,
            unit_price=price_each(price, quantity),
            discount=money(item, "PromotionDiscount"),
            taxes=_tax(item, money(item, "ItemTax"), money(item, "PromotionDiscountTax")),
            properties=tuple(pair for pair in properties if pair[1]),
        )


def _tax(item, amount, off):
    """What was charged after the tax on promotions; titled by who answers for it."""
    title = "Tax"
    if item.child("TaxCollection").text("Model", 60) == "MarketplaceFacilitator":
        title = "Marketplace tax"
    return (Tax(title, None, amount - off),) if amount != off else ()


def _read_charges(reader, entries, money):
    """Shipping, gift wrap and cash on delivery of all items, each as one."""
    for price_key, discount_key, tax_key, tax_off_key, title in CHARGES:
        sums, taxes = defaultdict(Decimal), []
        for item in entries:
            gift = item.child("BuyerInfo") if price_key == "GiftWrapPrice" else item
            holder = gift if gift.has(price_key) else item
            sums["price"] += money(holder, price_key)
            sums["discount"] += money(item, discount_key) if discount_key else 0
            if tax_key:
                off = money(item, tax_off_key) if tax_off_key else Decimal()
                source = holder if holder.has(tax_key) else item
                taxes.extend(_tax(item, money(source, tax_key), off))
        if any(sums.values()) or taxes:
            title = title or reader.text("ShipServiceLevel", 200)
            yield Charge("shipping", title, sums["price"], sums["discount"], merge_taxes(taxes))


def _read_address(address):
    """The address, or None when nothing in it says where."""
    streets = [address.text(f"AddressLine{number}") for number in (1, 2, 3)]
    streets = [street for street in streets if street]
    found = Address(
        name=address.text("Name"),
        company=address.text("CompanyName"),
        street=streets[0] if streets else "",
        street2=", ".join(streets[1:]),
        city=address.text("City"),
        zip=address.text("PostalCode", 24),
        country_code=address.text("CountryCode", 8).upper(),
        phone=address.text("Phone", 64),
        **state_fields(address.text("StateOrRegion", 120)),
    )
    return found if found != Address() else None

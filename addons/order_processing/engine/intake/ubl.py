"""UBL 2.1 orders, order changes and order cancellations, Peppol BIS 3 among them.

Written from OASIS UBL 2.1 (document types Order, OrderChange, OrderCancellation) and Peppol BIS
Ordering 3 / Advanced Ordering 3, whose customizations use a part of them.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from lxml import etree

from . import payments
from .canonical import (
    HOLD,
    WARNING,
    Address,
    Charge,
    Line,
    LineChange,
    Order,
    ParseResult,
    Party,
    minor_digits,
    to_cents,
)
from .reading import MAX_BYTES
from .reading_xml import XmlReader, load, local_name, namespace
from .totals import difference
from .trade import (
    MAX_REF,
    Notes,
    Stated,
    check_line,
    check_net,
    check_refs,
    is_known,
    iso_date,
    line_taxes,
    party_scope,
    result_of,
    result_of_change,
    scoped_ref,
    settle,
    sku_of,
    whole_change,
)

NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
ORDER, CHANGE, CANCELLATION = "Order", "OrderChange", "OrderCancellation"
DOCUMENTS = (ORDER, CHANGE, CANCELLATION)
#: ISO 6523 codes of the identifiers that have a field of their own.
GLN_SCHEMES = frozenset({"0088", "GLN"})
GTIN_SCHEMES = frozenset({"0160", "GTIN", "EAN", "EAN13", ""})
#: Tax categories (UNCL5305) that are nothing, whether or not the percentage says so.
UNTAXED = frozenset("Z E AE K G O".split())
#: Charge reasons (UNCL7161) of bringing the goods.
SHIPPING_CODES = frozenset("FC DL SAA SH".split())
#: What a line's status (UNCL1229) means in an order change.
LINE_ACTIONS = {"1": "add", "2": "cancel", "3": "change", "4": "keep"}


@dataclass(frozen=True)
class Row:
    """A line of the document, with its charges and what a change does to it."""

    action: str
    line: Line
    charges: tuple[Charge, ...]
    states: frozenset[str]


def looks_like(payload):
    """Tell from the first bytes whether this may be a UBL order, change or cancellation."""
    head = payload[:4096].replace(b"\0", b"")
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"<") and any(
        f"{NAMESPACE}{name}-2".encode() in head for name in DOCUMENTS
    )


def split(payload, max_bytes=MAX_BYTES):
    """The documents in an envelope (standard business document), each alone; else ``payload``."""
    root, _finding = load(payload, max_bytes)
    if root is None or _is_document(root):
        return [payload]
    found = [etree.tostring(each, encoding="UTF-8", xml_declaration=True) for each in _inside(root)]
    return found if len(found) > 1 else [payload]


def parse(payload, max_bytes=MAX_BYTES):
    """Read one UBL document.

    :param bytes payload: an Order, OrderChange or OrderCancellation, bare or in an envelope
    :return: :class:`~.canonical.ParseResult`; with an order, a change, or errors
    """
    notes = Notes()
    root, finding = load(payload, max_bytes)
    if finding:
        return ParseResult(None, (finding,))
    documents = [root] if _is_document(root) else _inside(root)
    if len(documents) != 1:
        if documents:
            notes.note("several_orders", count=str(len(documents)))
        else:
            notes.note("not_ubl_order", root=local_name(root)[:80])
        return ParseResult(None, tuple(notes.findings))
    reader = XmlReader(documents[0], notes)
    kind = local_name(documents[0])
    if kind == ORDER:
        number = reader.text("ID", 200)
        return result_of(notes, _read_order(reader, number, _read_rows(reader)), number)
    return _read_change(reader, kind)


def _is_document(element):
    name = local_name(element)
    return name in DOCUMENTS and namespace(element) == NAMESPACE + f"{name}-2"


def _inside(root):
    """The documents in an envelope, which has them as children of its root."""
    if local_name(root) != "StandardBusinessDocument":
        return []
    return [child for child in root if isinstance(child.tag, str) and _is_document(child)]


def _read_change(reader, kind):
    number = reader.text("ID", 200)
    original = reader.text("OrderReference/ID", 200)
    buyer = _read_party(reader.child("BuyerCustomerParty/Party"))
    if not number:
        reader.note("no_order_number", "ID")
    if not original or len(original) > MAX_REF:
        reader.note("no_original", "OrderReference.ID")
    if kind == CANCELLATION:
        order = Order(
            ref=scoped_ref(party_scope(buyer), original),
            number=original,
            currency="",
            total=None,
            total_tax=Decimal(),
            taxes_included=False,
            lines=(),
            note=reader.text("CancellationNote", 5000),
            placed_at=reader.text("IssueDate", 40),
            buyer=buyer,
            seller=_read_party(reader.child("SellerSupplierParty/Party")),
        )
        return result_of_change(reader.notes, whole_change("cancel", order, number), number)
    rows = _read_rows(reader, of_order=False)
    order = _read_order(reader, original, [row for row in rows if row.action != "cancel"])
    changes = tuple(LineChange(row.action, row.line.ref, row.line, row.states) for row in rows)
    change = whole_change("change", order, number, lines=changes)
    result_of(reader.notes, order, original)  # Its totals must add up, too.
    return result_of_change(reader.notes, change, number)


def _read_order(reader, number, rows):
    currency = _currency(reader)
    if not currency:
        reader.note("no_currency", "DocumentCurrencyCode", WARNING)
    buyer = _read_party(reader.child("BuyerCustomerParty/Party"))
    ref = scoped_ref(party_scope(buyer), number)
    if not ref:
        reader.note("no_order_number", "ID")
    if not is_known(buyer):
        reader.note("no_customer", "BuyerCustomerParty")
    account = reader.child("AccountingCustomerParty/Party")
    billing = _read_party_address(account or reader.child("BuyerCustomerParty/Party"))
    delivery = reader.child("Delivery")
    lines = tuple(row.line for row in rows)
    check_refs(reader.notes, lines, "OrderLine")
    allowances, charges = _read_allowances(reader, currency)
    charges = (*(charge for row in rows for charge in row.charges), *charges)
    not_before, requested = _read_period(delivery)
    order = Order(
        ref=ref,
        number=number[:MAX_REF],
        currency=currency,
        total=None,
        total_tax=Decimal(),
        taxes_included=False,
        lines=lines,
        charges=charges,
        discount=sum((amount for amount, _rates, _title in allowances), Decimal()),
        discount_title=", ".join(dict.fromkeys(title for *_, title in allowances if title))[:160],
        email=buyer.email,
        phone=buyer.phone,
        customer_name=buyer.contact or buyer.name,
        company_name=buyer.name,
        billing=billing,
        shipping=_read_delivery_address(delivery),
        po_number=number[:MAX_REF],
        note="\n".join(filter(None, (note.text(".", 5000) for note in reader.children("Note")))),
        attributes=tuple(_read_references(reader)),
        placed_at="T".join(filter(None, (reader.text("IssueDate", 20), reader.text("IssueTime")))),
        buyer=buyer,
        seller=_read_party(reader.child("SellerSupplierParty/Party")),
        delivery=_read_delivery_party(delivery),
        requested_date=requested,
        not_before=not_before,
        ship_date=_day(delivery, "Despatch/RequestedDespatchDate"),
        payment_terms=reader.text("PaymentTerms/Note"),
        payments=_read_payments(reader, currency),
    )
    stated = _read_totals(reader, order, rows)
    return settle(
        reader.notes, order, stated, [(amount, rates) for amount, rates, _title in allowances]
    )


def _read_payments(reader, currency):
    prepaid = reader.child("AnticipatedMonetaryTotal").amount("PrepaidAmount", currency=currency)
    reference = reader.text("PaymentMeans/PaymentID", 120)
    return payments.paid(prepaid, payments.CAPTURED, reference=reference)


def _read_totals(reader, order, rows):
    """What the document states of its totals, after checking that those agree among themselves."""
    totals = reader.child("AnticipatedMonetaryTotal")
    currency = order.currency
    extension = totals.amount("LineExtensionAmount", currency=currency)
    if extension is not None and all(line.unit_price is not None for line in order.lines):
        computed = sum(
            (
                to_cents(row.line.net + sum(charge.net for charge in row.charges), order.digits)
                for row in rows
            ),
            Decimal(),
        )
        if computed != to_cents(extension, order.digits):
            _wrong_total(totals, "LineExtensionAmount", computed, extension, currency)
    net = totals.amount("TaxExclusiveAmount", currency=currency)
    total = totals.amount("TaxInclusiveAmount", currency=currency)
    payable = totals.amount("PayableAmount", currency=currency)
    if payable is not None:
        # What was paid before and rounding of the cash are no part of what the order costs.
        payable += totals.amount("PrepaidAmount", Decimal(), currency)
        payable -= totals.amount("PayableRoundingAmount", Decimal(), currency)
        if total is None:
            total = payable
        elif payable != total:
            _wrong_total(totals, "PayableAmount", total, payable, currency)
    taxes = [each.amount("TaxAmount", currency=currency) for each in reader.children("TaxTotal")]
    taxes = [tax for tax in taxes if tax is not None]
    tax = sum(taxes, Decimal()) if taxes else None
    if tax is None and None not in (net, total) and net != total:
        tax = total - net
    return Stated(net, total, tax)


def _wrong_total(reader, path, computed, stated, currency):
    reader.note("wrong_total", path, HOLD, **difference(stated, computed, currency))


def _currency(reader):
    return reader.text("DocumentCurrencyCode", 8).upper()


def _read_rows(reader, of_order=True):
    """The document's lines, each with what a change does to it.

    :param of_order: False for a change, whose lines are known by their number alone
    """
    items = reader.children("OrderLine")
    if not items and not any(note.code == "too_many_items" for note in reader.notes.findings):
        reader.note("no_lines", "OrderLine")
    currency = _currency(reader)
    rows = []
    for order_line in items:
        item = order_line.child("LineItem")
        action = "add" if of_order else LINE_ACTIONS.get(item.text("LineStatusCode", 8), "change")
        row = _read_line(order_line, item, currency, action)
        if action != "cancel":
            _check_row(item, row, currency, of_order)
        rows.append(row)
    return rows


def _read_line(order_line, item, currency, action):
    price = item.amount("Price/PriceAmount", currency=currency)
    basis = item.amount("Price/BaseQuantity", Decimal(1))
    if basis <= 0:
        item.note("negative_value", "Price/BaseQuantity", value=f"{basis:f}")
        basis = Decimal(1)
    rates = _read_rates(item)
    allowances, charges = _read_allowances(item, currency, rates)
    product = item.child("Item")
    gtin = _read_gtin(product)
    line = Line(
        ref=item.text("ID", MAX_REF),
        sku=sku_of(product.text("SellersItemIdentification/ID", 120), gtin),
        title=product.first("Name", "Description"),
        quantity=item.amount("Quantity", Decimal()),
        unit_price=None if price is None else price / basis,
        discount=sum((amount for amount, _rates, _title in allowances), Decimal()),
        properties=tuple(_read_properties(product)),
        gtin=gtin,
        buyer_sku=product.text("BuyersItemIdentification/ID", 120),
        manufacturer_sku=product.text("ManufacturersItemIdentification/ID", 120),
        uom=item.attribute("Quantity", "unitCode", 8).upper(),
        price_basis=basis,
        requested_date=_read_period(item.child("Delivery"))[1],
        note=order_line.text("Note", 2000) or item.text("Note", 2000),
    )
    line = replace(line, taxes=line_taxes(rates, line.net, minor_digits(currency)))
    states = {"quantity": item.text("Quantity"), "unit_price": price is not None}
    states |= {"requested_date": line.requested_date, "sku": line.sku}
    return Row(action, line, charges, frozenset(name for name, given in states.items() if given))


def _check_row(item, row, currency, of_order):
    if not item.text("Quantity"):
        item.note("missing_value", "Quantity")
    else:
        check_line(item.notes, item.path, row.line, of_order)
    stated = item.amount("LineExtensionAmount", currency=currency)
    extra = sum((charge.net for charge in row.charges), Decimal())
    check_net(
        item.notes, item.at("LineExtensionAmount"), row.line, stated, extra, minor_digits(currency)
    )


def _read_allowances(reader, currency, rates=()):
    """Allowances as ``(amount, rates, title)`` and charges, of the order or of a line.

    :param rates: what its charges are taxed with unless they say otherwise
    """
    allowances, charges, digits = [], [], minor_digits(currency)
    for each in reader.children("AllowanceCharge"):
        amount = each.amount("Amount", Decimal(), currency)
        title = each.text("AllowanceChargeReason", 160)
        code = each.text("AllowanceChargeReasonCode", 8).upper()
        own = tuple(filter(None, map(_read_rate, each.children("TaxCategory")))) or tuple(rates)
        if each.text("ChargeIndicator").lower() not in ("true", "1"):
            allowances.append((amount, own, title))
        elif amount:
            words = ("freight", "shipping", "delivery", "transport")
            freight = code in SHIPPING_CODES or any(word in title.lower() for word in words)
            kind = "shipping" if freight else "fee"
            charges.append(
                Charge(kind, title or code, amount, taxes=line_taxes(own, amount, digits))
            )
    return allowances, tuple(charges)


def _read_rates(item):
    """Pairs of title and fraction of a line's taxes."""
    categories = item.children("Item/ClassifiedTaxCategory") or item.children(
        "TaxTotal/TaxSubtotal/TaxCategory"
    )
    return tuple(filter(None, map(_read_rate, categories)))


def _read_rate(category):
    """Title and fraction of a tax category, or None when it has neither rate nor exemption."""
    percent = category.amount("Percent")
    if percent is None:
        if category.text("ID", 8).upper() not in UNTAXED:
            return None
        percent = Decimal()
    return category.text("TaxScheme/ID", 40) or "VAT", percent / 100


def _read_gtin(product):
    found = product.text("StandardItemIdentification/ID", 40)
    scheme = product.attribute("StandardItemIdentification/ID", "schemeID").upper()
    usable = scheme in GTIN_SCHEMES and found.isascii() and found.isdigit()
    return found if usable and len(found) in (8, 12, 13, 14) else ""


def _read_properties(product):
    for pair in product.children("AdditionalItemProperty"):
        name = pair.text("Name", 120)
        if name:
            yield name, pair.text("Value")


def _read_references(reader):
    """The buyer's own references, by the name UBL gives them."""
    for path in (
        "CustomerReference",
        "AccountingCost",
        "SalesOrderID",
        "QuotationDocumentReference/ID",
        "OrderDocumentReference/ID",
        "OriginatorDocumentReference/ID",
        "Contract/ID",
        "ProjectReference/ID",
    ):
        value = reader.text(path, 120)
        if value:
            yield path.removesuffix("/ID"), value


def _read_period(delivery):
    """First and last day wanted; the last alone is the one to meet."""
    start = _day(delivery, "RequestedDeliveryPeriod/StartDate")
    end = _day(delivery, "RequestedDeliveryPeriod/EndDate")
    return start, end or start


def _day(reader, path):
    """An xs:date (which may carry a time zone) as ISO date; a warning when it isn't one."""
    text = reader.text(path, 40)
    found = iso_date(text[:10])
    if text and not found:
        reader.note("not_a_date", path, WARNING, value=text)
    return found


def _read_party(reader):
    """The party below ``reader``, which may be missing."""
    gln, others = "", []
    for identifier in reader.children("PartyIdentification"):
        scheme, value = identifier.attribute("ID", "schemeID"), identifier.text("ID", 80)
        if scheme.upper() in GLN_SCHEMES and not gln:
            gln = value
        elif value:
            others.append((scheme, value))
    endpoint = reader.text("EndpointID", 80)
    endpoint_scheme = reader.attribute("EndpointID", "schemeID")
    if endpoint_scheme.upper() in GLN_SCHEMES:
        gln = gln or endpoint
    vat = ""
    for scheme in reader.children("PartyTaxScheme"):
        if scheme.text("TaxScheme/ID", 8).upper() in ("VAT", ""):
            vat = vat or scheme.text("CompanyID", 40)
    return Party(
        name=reader.first("PartyName/Name", "PartyLegalEntity/RegistrationName"),
        gln=gln,
        vat=vat,
        registry=reader.text("PartyLegalEntity/CompanyID", 80),
        endpoint=endpoint,
        endpoint_scheme=endpoint_scheme,
        ids=tuple(others),
        contact=reader.text("Contact/Name"),
        email=reader.text("Contact/ElectronicMail", 200),
        phone=reader.text("Contact/Telephone", 64),
    )


def _read_delivery_party(delivery):
    """Who gets the goods; the location's number counts as its own if that has none."""
    party = _read_party(delivery.child("DeliveryParty"))
    location = delivery.text("DeliveryLocation/ID", 80)
    if location and delivery.attribute("DeliveryLocation/ID", "schemeID").upper() in GLN_SCHEMES:
        party = replace(party, gln=location)
    return party if party != Party() else None


def _read_party_address(party):
    place = party.child("PostalAddress") or party.child("PartyLegalEntity/RegistrationAddress")
    company = party.first("PartyName/Name", "PartyLegalEntity/RegistrationName")
    return _read_address(place, party.text("Contact/Name"), company, party)


def _read_delivery_address(delivery):
    place = delivery.child("DeliveryLocation/Address") or delivery.child("DeliveryAddress")
    party = delivery.child("DeliveryParty")
    company = party.first("PartyName/Name") or delivery.text("DeliveryLocation/Name")
    return _read_address(place, party.text("Contact/Name"), company, party)


def _read_address(place, name, company, party):
    """An address, or None when nothing says where."""
    if not place:
        return None
    number = place.text("BuildingNumber", 20)
    more = [place.text("AdditionalStreetName")]
    more += [line.text("Line") for line in place.children("AddressLine")]
    return Address(
        name=name or company,
        company=company,
        street=" ".join(filter(None, (place.text("StreetName"), number))),
        street2=", ".join(filter(None, more)),
        city=place.text("CityName"),
        zip=place.text("PostalZone", 24),
        country_code=place.text("Country/IdentificationCode", 8).upper(),
        country_name=place.text("Country/Name"),
        state_code=place.text("CountrySubentityCode", 8).upper(),
        state_name=place.text("CountrySubentity"),
        phone=party.text("Contact/Telephone", 64),
    )

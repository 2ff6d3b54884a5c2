"""Orders as UBL 2.1 documents of type Order, with the elements of Peppol BIS Ordering 3.

What :func:`dump` writes, :mod:`.ubl` reads back as the same order. UBL has prices before taxes
only: give an order whose ``taxes_included`` is False.
"""

from decimal import Decimal

from lxml import etree

from .canonical import to_cents
from .ubl import NAMESPACE

_ORDER = NAMESPACE + "Order-2"
_CAC = NAMESPACE + "CommonAggregateComponents-2"
_CBC = NAMESPACE + "CommonBasicComponents-2"
CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order:3"
PROFILE = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
#: Reason codes (UNCL7161) of charges and (UNCL5189) of allowances.
_CHARGE_CODES = {"shipping": "FC"}
_DISCOUNT_CODE = "95"


def dump(order):
    """The document's bytes.

    :param order: :class:`~.canonical.Order` with prices before taxes
    """
    root = etree.Element(f"{{{_ORDER}}}Order", nsmap={None: _ORDER, "cac": _CAC, "cbc": _CBC})
    day, _t, hour = order.placed_at.partition("T")
    _text(root, "CustomizationID", CUSTOMIZATION)
    _text(root, "ProfileID", PROFILE)
    _text(root, "ID", order.number or order.ref)
    _text(root, "IssueDate", day[:10])
    _text(root, "IssueTime", hour[:8])
    _text(root, "Note", order.note)
    _text(root, "DocumentCurrencyCode", order.currency)
    _text(root, "CustomerReference", order.po_number)
    _party(_child(root, "BuyerCustomerParty"), order.buyer, order.billing)
    _party(_child(root, "SellerSupplierParty"), order.seller, None)
    _delivery(root, order)
    if order.payment_terms:
        _text(_child(root, "PaymentTerms"), "Note", order.payment_terms)
    if order.discount:
        _allowance(root, order, False, order.discount, order.discount_title, _DISCOUNT_CODE)
    for charge in order.charges:
        code = _CHARGE_CODES.get(charge.kind, "")
        _allowance(root, order, True, charge.net, charge.title, code, charge.taxes)
    _amount(_child(root, "TaxTotal"), "TaxAmount", order.total_tax, order)
    _totals(root, order)
    for number, line in enumerate(order.lines, start=1):
        _line(root, order, line, number)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _child(parent, name):
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent, name, value, **attributes):
    """An element with a text, unless there is none."""
    value = "".join(char for char in str(value or "") if char.isprintable() or char in "\n\t")
    if value:
        element = etree.SubElement(parent, f"{{{_CBC}}}{name}", attributes)
        element.text = value


def _number(value):
    return format(value, "f")


def _amount(parent, name, value, order):
    _text(parent, name, _number(to_cents(value, order.digits)), currencyID=order.currency)


def _party(parent, party, address):
    element = _child(parent, "Party")
    if not party:
        return
    if party.endpoint:
        _text(element, "EndpointID", party.endpoint, schemeID=party.endpoint_scheme)
    for scheme, code in party.ids:
        _text(_child(element, "PartyIdentification"), "ID", code, schemeID=scheme)
    if party.gln:
        _text(_child(element, "PartyIdentification"), "ID", party.gln, schemeID="0088")
    _text(_child(element, "PartyName"), "Name", party.name)
    if address:
        _address(_child(element, "PostalAddress"), address)
    if party.vat:
        scheme = _child(element, "PartyTaxScheme")
        _text(scheme, "CompanyID", party.vat)
        _text(_child(scheme, "TaxScheme"), "ID", "VAT")
    legal = _child(element, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    _text(legal, "CompanyID", party.registry)
    if party.contact or party.phone or party.email:
        contact = _child(element, "Contact")
        _text(contact, "Name", party.contact)
        _text(contact, "Telephone", party.phone)
        _text(contact, "ElectronicMail", party.email)


def _address(element, address):
    _text(element, "StreetName", address.street)
    _text(element, "AdditionalStreetName", address.street2)
    _text(element, "CityName", address.city)
    _text(element, "PostalZone", address.zip)
    _text(element, "CountrySubentity", address.state_name)
    _text(element, "CountrySubentityCode", address.state_code)
    if address.country_code:
        _text(_child(element, "Country"), "IdentificationCode", address.country_code)


def _delivery(root, order):
    if not order.shipping and not order.wanted_date:
        return
    delivery = _child(root, "Delivery")
    if order.shipping:
        place = _child(delivery, "DeliveryLocation")
        _address(_child(place, "Address"), order.shipping)
    if order.wanted_date:
        period = _child(delivery, "RequestedDeliveryPeriod")
        _text(period, "StartDate", order.not_before)
        _text(period, "EndDate", order.wanted_date)
    if order.shipping:
        party = _child(delivery, "DeliveryParty")
        name = order.shipping.company or order.shipping.name
        _text(_child(party, "PartyName"), "Name", name)
        if order.shipping.name or order.shipping.phone:
            contact = _child(party, "Contact")
            _text(contact, "Name", order.shipping.name)
            _text(contact, "Telephone", order.shipping.phone)


def _allowance(parent, order, is_charge, amount, title, code, taxes=()):
    element = _child(parent, "AllowanceCharge")
    _text(element, "ChargeIndicator", "true" if is_charge else "false")
    _text(element, "AllowanceChargeReasonCode", code)
    _text(element, "AllowanceChargeReason", title)
    _amount(element, "Amount", amount, order)
    for tax in taxes:
        _category(_child(element, "TaxCategory"), tax)


def _category(element, tax):
    rate = Decimal() if tax.rate is None else tax.rate * 100
    _text(element, "ID", "S" if rate else "Z")
    _text(element, "Percent", _number(rate.normalize()))
    _text(_child(element, "TaxScheme"), "ID", "VAT")


def _totals(root, order):
    lines = sum((to_cents(line.net, order.digits) for line in order.lines), Decimal())
    charges = sum((charge.net for charge in order.charges), Decimal())
    net = lines + charges - order.discount
    total = net + order.total_tax if order.total is None else order.total
    totals = _child(root, "AnticipatedMonetaryTotal")
    _amount(totals, "LineExtensionAmount", lines, order)
    _amount(totals, "TaxExclusiveAmount", net, order)
    _amount(totals, "TaxInclusiveAmount", total, order)
    if order.discount:
        _amount(totals, "AllowanceTotalAmount", order.discount, order)
    if charges:
        _amount(totals, "ChargeTotalAmount", charges, order)
    _amount(totals, "PayableAmount", total, order)


def _line(root, order, line, number):
    order_line = _child(root, "OrderLine")
    item = _child(order_line, "LineItem")
    _text(order_line, "Note", line.note)
    _text(item, "ID", line.ref or str(number))
    _text(item, "Quantity", _number(line.quantity), unitCode=line.uom or "C62")
    _amount(item, "LineExtensionAmount", line.net, order)
    if line.requested_date:
        period = _child(_child(item, "Delivery"), "RequestedDeliveryPeriod")
        _text(period, "EndDate", line.requested_date)
    if line.discount:
        _allowance(item, order, False, line.discount, "", _DISCOUNT_CODE)
    if line.unit_price is not None:
        # A price isn't rounded to cents: unit prices may have more places than amounts.
        price = _child(item, "Price")
        value = _number(line.unit_price * line.price_basis)
        _text(price, "PriceAmount", value, currencyID=order.currency)
        if line.price_basis != 1:
            _text(price, "BaseQuantity", _number(line.price_basis))
    product = _child(item, "Item")
    _text(product, "Name", line.title)
    for name, code in (
        ("BuyersItemIdentification", line.buyer_sku),
        ("SellersItemIdentification", line.sku),
        ("ManufacturersItemIdentification", line.manufacturer_sku),
    ):
        if code:
            _text(_child(product, name), "ID", code)
    if line.gtin:
        standard = _child(product, "StandardItemIdentification")
        _text(standard, "ID", line.gtin, schemeID="0160")
    for tax in line.taxes:
        _category(_child(product, "ClassifiedTaxCategory"), tax)
    for name, value in line.properties:
        pair = _child(product, "AdditionalItemProperty")
        _text(pair, "Name", name)
        _text(pair, "Value", value)

"""UBL 2.1 OrderResponse as Peppol BIS Ordering 3 has it (transaction T76)."""

from lxml import etree

from .answers import ACCEPTED, CHANGED, REJECTED, plain
from .reading import clean

ROOT = "urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order_response:3"
PROFILE = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
#: Peppol's OrderResponseCode: acknowledged, accepted, conditionally accepted, rejected.
CODES = ("AB", "AP", "CA", "RE")
CODE_OF = {ACCEPTED: "AP", CHANGED: "CA", REJECTED: "RE"}
#: UNCL1229, as far as Peppol allows it in a response.
LINE_CODES = {ACCEPTED: "5", CHANGED: "3", REJECTED: "7"}
GLN, GTIN = "0088", "0160"


def response(facts, lines, code):
    """Write an OrderResponse.

    An acknowledgement, an acceptance or a rejection of the whole order has no lines in Peppol;
    only a conditional acceptance has.

    :param facts: :class:`~.answers.AnswerFacts`
    :param lines: :class:`~.answers.AnswerLine` for each line of the order
    :param str code: one of :data:`CODES`
    :return: bytes of the document
    :raise ValueError: no such code
    """
    if code not in CODES:
        raise ValueError(f"{code} is no order response code")
    root = etree.Element(f"{{{ROOT}}}OrderResponse", nsmap={None: ROOT, "cac": CAC, "cbc": CBC})
    _add(root, "CustomizationID", CUSTOMIZATION)
    _add(root, "ProfileID", PROFILE)
    _add(root, "ID", facts.number)
    _add(root, "SalesOrderID", facts.sales_number)
    _add(root, "IssueDate", f"{facts.issued_at:%Y-%m-%d}")
    _add(root, "IssueTime", f"{facts.issued_at:%H:%M:%S}")
    _add(root, "OrderResponseCode", code)
    _add(root, "Note", facts.note)
    _add(root, "DocumentCurrencyCode", facts.currency)
    _add(_group(root, "OrderReference"), "ID", facts.order_number)
    _add_party(_group(root, "SellerSupplierParty"), facts.seller)
    _add_party(_group(root, "BuyerCustomerParty"), facts.buyer)
    _add_promise(root, facts.promised_from or facts.promised_until, facts.promised_until)
    if code == "CA":
        for line in lines:
            _add_line(root, line, facts.currency)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _group(parent, name):
    return etree.SubElement(parent, f"{{{CAC}}}{name}")


def _add(parent, name, text, **attributes):
    """Add an element unless it would be empty."""
    text = clean(text, 5000)
    if text:
        kept = {key: value for key, value in attributes.items() if value}
        etree.SubElement(parent, f"{{{CBC}}}{name}", kept).text = text


def _add_party(parent, party):
    node = _group(parent, "Party")
    endpoint, scheme = party.endpoint, party.endpoint_scheme
    if not endpoint and party.gln:
        endpoint, scheme = party.gln, GLN
    _add(node, "EndpointID", endpoint, schemeID=scheme)
    for scheme, identifier in (((GLN, party.gln),) if party.gln else ()) + party.ids:
        _add(_group(node, "PartyIdentification"), "ID", identifier, schemeID=scheme)
    if party.name:
        _add(_group(node, "PartyLegalEntity"), "RegistrationName", party.name)


def _add_promise(parent, start, end):
    if start:
        period = _group(_group(parent, "Delivery"), "PromisedDeliveryPeriod")
        _add(period, "StartDate", start.isoformat())
        _add(period, "EndDate", (end or start).isoformat())


def _add_line(root, line, currency):
    order_line = _group(root, "OrderLine")
    item = _group(order_line, "LineItem")
    _add(item, "ID", line.ref)
    _add(item, "Note", line.note)
    _add(item, "LineStatusCode", LINE_CODES[line.status])
    if line.status != REJECTED:
        _add(item, "Quantity", plain(line.quantity), unitCode=line.uom)
        if line.ordered is not None and line.ordered > line.quantity:
            missing = plain(line.ordered - line.quantity)
            _add(item, "MaximumBackorderQuantity", missing, unitCode=line.uom)
        _add_promise(item, line.promised, None)
        if line.unit_price is not None:
            price = _group(item, "Price")
            _add(price, "PriceAmount", plain(line.unit_price), currencyID=currency)
    product = _group(item, "Item")
    _add(product, "Name", line.title or line.sku or line.ref)
    for name, identifier, scheme in (
        ("BuyersItemIdentification", line.buyer_sku, ""),
        ("SellersItemIdentification", line.sku, ""),
        ("StandardItemIdentification", line.gtin, GTIN),
    ):
        if identifier:
            _add(_group(product, name), "ID", identifier, schemeID=scheme)
    _add(_group(order_line, "OrderLineReference"), "LineID", line.ref)

"""Which column of somebody's table holds what: canonical fields, and guessing them from headers.

A mapping is a dict from a field to the name of a column, or to ``=`` and a value that all rows
have (``{"currency": "=EUR"}``).
"""

import re
import unicodedata

#: Names a column may have, in the order they are tried; compared without case, accents and signs.
#: The names of Odoo's own export of sales orders come first. What may be a percentage as well as
#: an amount ("Discount", "Tax") isn't guessed: the preview shows it as unused.
ORDER_FIELDS = {
    "ref": "order reference|external id|order number|order no|order id|order|reference|po number"
    "|bestellnummer|bestellung|bestell nr|auftragsnummer|bestelnummer|commande|numero de commande"
    "|pedido",
    "number": "order name|number|name",
    "placed_at": "order date|date|created at|creation date|bestelldatum|datum|fecha",
    "currency": "currency|currency code|wahrung|devise|moneda|valuta",
    "total": "total|order total|amount total|grand total|gesamtbetrag|summe|montant total",
    "total_tax": "taxes|total tax|tax total|amount tax",
    "taxes_included": "tax included|taxes included|prices include tax",
    "discount": "order discount|discount total",
    "shipping_amount": "shipping|shipping amount|shipping cost|delivery amount|versandkosten"
    "|freight|frais de port",
    "shipping_title": "shipping method|delivery method|carrier|versandart",
    "email": "customer email|email|e mail|customer e mail|courriel|correo",
    "phone": "customer phone|phone|telephone|telefon|tel",
    "customer_name": "customer|customer name|client|kunde|name of customer|contact|cliente|klant",
    "company_name": "company|company name|firma|societe|empresa",
    "po_number": "customer reference|purchase order|po|customer po|your reference",
    "note": "note|notes|terms and conditions|comment|comments|remarks|bemerkung",
}
LINE_FIELDS = {
    "sku": "order lines product internal reference|internal reference|sku|item|item number|item no"
    "|product code|product|article|artikelnummer|article number|part number|default code"
    "|order lines product|ean|barcode|referencia|artikel",
    "title": "order lines description|description|product name|item name|bezeichnung|titel"
    "|designation|descripcion",
    "quantity": "order lines quantity|quantity|qty|ordered quantity|menge|anzahl|quantite|cantidad"
    "|aantal",
    "unit_price": "order lines unit price|unit price|price|price unit|preis|einzelpreis"
    "|prix unitaire|prix|precio|prijs",
    "line_discount_percent": "order lines discount|discount percent|rabatt in prozent",
    "line_discount": "line discount|discount amount",
    "tax_rate": "order lines taxes|tax rate|vat rate|tax percent|vat percent|mwst satz",
    "line_tax": "line tax|tax amount",
    "line_ref": "line id|line number|line no|line|position|pos",
}
ADDRESS_FIELDS = {
    "name": "name|contact|recipient",
    "company": "company",
    "street": "street|address|address 1|address line 1|street 1|strasse|adresse|rue|calle|straat",
    "street2": "street2|street 2|address 2|address line 2",
    "city": "city|town|ort|stadt|ville|ciudad|plaats",
    "zip": "zip|postal code|postcode|zip code|plz|postleitzahl|code postal|codigo postal",
    "country": "country|country code|land|pays|pais",
    "state": "state|province|region",
    "phone": "phone",
}
#: What stands before an address field in a column's name; without anything it is the delivery's.
ADDRESS_PREFIXES = {
    "shipping": ("shipping", "delivery", "delivery address", "ship to", "ship", ""),
    "billing": ("billing", "invoice", "invoice address", "bill to", "bill"),
}
#: Fields no order can be read without.
NEEDED = ("ref", "sku", "quantity", "unit_price")
FIELDS = (
    *ORDER_FIELDS,
    *LINE_FIELDS,
    *(f"{kind}_{name}" for kind in ADDRESS_PREFIXES for name in ADDRESS_FIELDS),
)


def plain(name):
    """A column's name without case, accents and signs: ``Order Lines/Unit Price €`` alike."""
    text = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", " ", text).strip()


def guess_mapping(headers):
    """Guess which column holds which field. A column serves one field.

    :param headers: names of columns
    :return: dict field → column, for the fields that were found, in the order of the columns
    """
    free = {}
    for header in headers:
        free.setdefault(plain(header), header)
    mapping = {}
    names = {field: known.split("|") for field, known in (ORDER_FIELDS | LINE_FIELDS).items()}
    for kind, prefixes in ADDRESS_PREFIXES.items():
        for field, known in ADDRESS_FIELDS.items():
            names[f"{kind}_{field}"] = [
                f"{prefix} {name}".strip()
                for prefix in prefixes
                for name in known.split("|")
                # A name or phone without a word before it is the customer's.
                if prefix or field not in ("name", "company", "phone")
            ]
    # Best names first, over all fields: "Order" is a reference only if nothing is it better.
    for rank in range(max(map(len, names.values()))):
        for field, known in names.items():
            if field not in mapping and rank < len(known) and known[rank] in free:
                mapping[field] = free.pop(known[rank])
    places = {header: place for place, header in enumerate(headers)}
    return dict(sorted(mapping.items(), key=lambda item: places[item[1]]))

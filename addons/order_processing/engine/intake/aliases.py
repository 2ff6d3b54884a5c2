"""What a channel's words mean where they aren't the database's own: set once, by a person."""

from typing import Any, NamedTuple

from .trade import gtin_forms

PRODUCT, UNIT, CUSTOMER = "product", "unit", "customer"
KINDS = (PRODUCT, UNIT, CUSTOMER)


class AliasFact(NamedTuple):
    """What one code means.

    :param target: what it stands for, as :class:`~.resolve.Facts` has such
    :param channel: whether it is of one channel, which goes before those of the whole company
    :param partner_id: the customer whose word it is, if only his
    """

    target: Any
    channel: bool = True
    partner_id: int | None = None


def alias_key(code):
    """``code`` as it compares: without case and double spaces."""
    return " ".join((code or "").casefold().split())


def find_alias(aliases, kind, codes, partner_id=None):
    """What the first of ``codes`` that has an alias means, or None.

    :param dict aliases: list of :class:`AliasFact` by kind and :func:`alias_key`
    :param partner_id: the customer, whose own words go before anybody's
    """
    for code in codes:
        fitting = [
            alias
            for alias in aliases.get((kind, alias_key(code)), ())
            if alias.partner_id in (None, partner_id)
        ]
        if fitting:
            return max(fitting, key=lambda alias: (bool(alias.partner_id), alias.channel)).target
    return None


def product_codes(line):
    """What a line may name its product by, the seller's own number first."""
    codes = [line.sku, *(gtin_forms(line.gtin) if line.gtin else ())]
    codes += [line.buyer_sku, line.manufacturer_sku]
    found = dict.fromkeys(filter(None, codes))
    return tuple(found) or tuple(filter(None, (line.title,)))


def unit_codes(line):
    """A line's unit, with and without the X that tells packages from units in UBL."""
    code = line.uom
    return tuple(filter(None, (code, code[1:] if len(code) == 3 and code[0] == "X" else "")))

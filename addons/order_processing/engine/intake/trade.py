"""What trade documents (UBL, EDIFACT, X12) have in common, whatever their syntax."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from .canonical import (
    ERROR,
    HOLD,
    WARNING,
    Change,
    Finding,
    LineChange,
    ParseResult,
    Tax,
    spread,
    to_cents,
)
from .reading import MAX_AMOUNT
from .totals import check_totals, computed_net, difference

MAX_REF = 64
MAX_SCOPE = 60


class Notes:
    """Findings as they come up."""

    def __init__(self):
        self.findings = []

    def note(self, code, field="", severity=ERROR, /, **args):
        """Keep a finding about ``field``."""
        self.findings.append(Finding(code, field, args, severity))

    @property
    def refused(self):
        """Whether an error was found."""
        return any(finding.severity == ERROR for finding in self.findings)


@dataclass(frozen=True)
class Stated:
    """Totals as a document states them; None for each it doesn't."""

    net: Decimal | None = None
    total: Decimal | None = None
    tax: Decimal | None = None


def scoped_ref(scope, number):
    """A reference that is unique among all partners: buyers number their orders each for himself.

    :param scope: who issued the number, as the document identifies him
    """
    if not number or len(number) > MAX_REF:
        return ""
    if len(scope) > MAX_SCOPE:
        scope = hashlib.sha256(scope.encode()).hexdigest()[:32]
    return f"{scope}/{number}" if scope else number


def change_ref(original_ref, own):
    """The reference of a change; never that of an order, even if the sender numbers both alike."""
    if len(own) > MAX_REF:
        own = hashlib.sha256(own.encode()).hexdigest()[:32]
    return f"{original_ref}#{own}" if original_ref else ""


def party_scope(party):
    """The identifier that tells a partner from all others best."""
    if party is None:
        return ""
    if party.endpoint:
        return ":".join(filter(None, (party.endpoint_scheme, party.endpoint)))
    identified = (party.gln, party.vat, party.registry, *(":".join(pair) for pair in party.ids))
    return next(filter(None, identified), party.name)


def is_known(party):
    """Tell whether anything about ``party`` says who it is."""
    return bool(party and (party_scope(party) or party.email))


def sku_of(seller_sku, gtin):
    """What to look a product up by: the seller's own number, else the GTIN as barcodes have it."""
    if seller_sku:
        return seller_sku
    # A GTIN-14 with indicator 0 is the item itself, whose barcode shows thirteen digits.
    return gtin[1:] if len(gtin) == 14 and gtin.startswith("0") else gtin


def gtin_forms(gtin):
    """All forms in which systems keep one GTIN: with and without its leading zeros."""
    bare = gtin.lstrip("0")
    if not bare.isdigit():
        return (gtin,)
    return tuple(dict.fromkeys((gtin, *(bare.zfill(n) for n in (8, 12, 13, 14) if len(bare) <= n))))


def iso_date(text):
    """A day written ``2024-01-31``, ``20240131`` or ``240131``, as ISO date; else nothing."""
    text = text.strip()
    for digits, pattern in ((10, "%Y-%m-%d"), (8, "%Y%m%d"), (6, "%y%m%d")):
        if len(text) == digits:
            try:
                return datetime.strptime(text, pattern).date().isoformat()
            except ValueError:
                return ""
    return ""


def check_line(notes, path, line, of_order=True):
    """Findings about what every ordered line has: a product, a quantity, a believable price.

    :param of_order: False for a line of a change, which may leave out what stays
    """
    label = line.title or line.ref
    if line.sku or not of_order:
        pass
    elif line.buyer_sku:
        notes.note(
            "buyer_code_only",
            f"{path}.sku",
            WARNING,
            code=line.buyer_sku,
            title=label,
            ref=line.ref,
        )
    else:
        notes.note("no_product_id", f"{path}.sku", WARNING, title=label, ref=line.ref)
    if line.quantity < 0:
        notes.note("negative_value", f"{path}.quantity", value=f"{line.quantity:f}")
    elif line.quantity == 0:
        notes.note("zero_quantity", f"{path}.quantity", title=label, ref=line.ref)
    if line.unit_price is None:
        if of_order:
            notes.note("no_price", f"{path}.price", WARNING, title=label, ref=line.ref)
    elif line.unit_price < 0:
        notes.note("negative_value", f"{path}.price", value=f"{line.unit_price:f}")
    elif abs(line.gross) >= MAX_AMOUNT:
        notes.note("not_a_number", f"{path}.price", value=f"{line.gross:f}"[:60])


def check_refs(notes, lines, path):
    """A line number that comes twice: answers and changes couldn't tell the lines apart."""
    seen = set()
    for position, line in enumerate(lines):
        if line.ref and line.ref in seen:
            notes.note("duplicate_line", f"{path}[{position}]", ref=line.ref)
        seen.add(line.ref)


def check_net(notes, path, line, stated, extra, digits):
    """The amount a line states must be its quantity times its price, less discount, plus charges.

    :param stated: the amount, or None
    :param extra: charges of the line, kept apart from it
    """
    if stated is None or line.unit_price is None:
        return
    computed = to_cents(line.net + extra, digits)
    if computed != to_cents(stated, digits):
        args = difference(to_cents(stated, digits), computed, ref=line.ref)
        notes.note("wrong_line_total", path, HOLD, **args)


def line_taxes(rates, net, digits):
    """Taxes of a line or charge from its rates.

    :param rates: pairs of a title and a fraction
    """
    return tuple(Tax(title, rate, to_cents(net * rate, digits)) for title, rate in rates)


def _tax_by_rate(parts, discounts, digits):
    """Tax per title and rate, each computed on what all parts of that rate cost together.

    :param discounts: pairs of an amount off the order and its rates (as of :func:`line_taxes`),
        which are empty when the document doesn't say which parts it comes off
    """
    bases, untaxed = defaultdict(Decimal), Decimal()
    for part in parts:
        for tax in part.taxes:
            bases[tax.title, tax.rate] += part.net
        if not part.taxes:
            untaxed += part.net
    for amount, rates in discounts:
        keys = [key for key in rates if key in bases]
        if keys:
            for key in keys:
                bases[key] -= amount
        elif bases and not rates:
            weights = [max(base, Decimal()) for base in (*bases.values(), untaxed)]
            for key, off in zip(list(bases), spread(amount, weights, digits), strict=False):
                bases[key] -= off
    return tuple(
        Tax(title, rate, to_cents(base * rate, digits)) for (title, rate), base in bases.items()
    )


def settle(notes, order, stated, discounts=()):
    """Give ``order`` its taxes and totals from what the document states of them.

    A document that says nothing of taxes states its totals before them. One that names rates but
    no tax amount may mean either; the sums decide.

    :param order: :class:`~.canonical.Order` with its lines, charges and discount
    :param discounts: see :func:`_tax_by_rate`
    """
    parts = (*order.lines, *order.charges)
    if any(line.unit_price is None for line in order.lines):
        rated = any(part.taxes for part in parts)
        return replace(order, total=None, net_total=None, taxes_stated=rated)
    taxes = _tax_by_rate(parts, discounts, order.digits)
    if stated.tax is None and not taxes:
        # Without a word about taxes, the one total there is must be that of the goods.
        total = stated.net if stated.net is not None else stated.total
        return replace(order, total=None, net_total=total, taxes_stated=False)
    order, taxes = _tax_the_rest(order, taxes, stated.tax)
    computed = sum((tax.amount for tax in taxes), Decimal())
    total_tax = computed if stated.tax is None else stated.tax
    total, net_total = stated.total, stated.net
    untaxed = stated.tax is None and net_total is None and computed
    if untaxed and total is not None and total == computed_net(order):
        total, net_total = None, total
    if total_tax != computed:
        cents = Decimal(max(len(parts), 1)).scaleb(-order.digits)
        rounding = abs(total_tax - computed) <= cents
        if taxes and not rounding:
            notes.note("tax_differs", "tax_total", HOLD, **difference(total_tax, computed))
        rate = taxes[0].rate if len(taxes) == 1 and rounding else None
        taxes = (Tax(taxes[0].title if taxes else "", rate, total_tax),)
    return replace(
        order,
        total=total,
        net_total=net_total,
        total_tax=total_tax,
        taxes=tuple(tax for tax in taxes if tax.amount),
    )


def _tax_the_rest(order, taxes, stated):
    """Tax charges at the order's one rate where they name none but the stated tax includes them.

    :param stated: the document's tax, or None
    :return: ``(order, taxes)``, as they were if that isn't so
    """
    if stated is None or len(taxes) != 1 or all(charge.taxes for charge in order.charges):
        return order, taxes
    (tax,) = taxes
    if to_cents(computed_net(order) * tax.rate, order.digits) != stated:
        return order, taxes
    rates = ((tax.title, tax.rate),)
    charges = tuple(
        charge
        if charge.taxes
        else replace(charge, taxes=line_taxes(rates, charge.net, order.digits))
        for charge in order.charges
    )
    return replace(order, charges=charges), (replace(tax, amount=stated),)


def result_of(notes, order, number):
    """The result of reading an order, its totals checked if everything could be read."""
    ref = order.ref if order else ""
    if order and not notes.refused:
        notes.findings.extend(check_totals(order))
    return ParseResult(None if notes.refused else order, tuple(notes.findings), ref, number)


def result_of_change(notes, change, number):
    """The result of reading a change."""
    found = None if notes.refused else change
    return ParseResult(None, tuple(notes.findings), change.ref, number, found)


def whole_change(kind, order, own, **values):
    """A change that states the whole order anew.

    :param own: this document's number; ``order`` bears the original's
    """
    lines = ()
    if kind == "change":
        lines = tuple(LineChange("change", line.ref, line) for line in order.lines)
    return Change(
        kind=kind,
        ref=change_ref(order.ref, f"{kind}:{own}"),
        original_ref=order.ref,
        number=own,
        original_number=order.number,
        order=order if kind == "change" else None,
        **{
            "lines": lines,
            "note": order.note,
            "issued_at": order.placed_at,
            "buyer": order.buyer,
            "seller": order.seller,
            **values,
        },
    )

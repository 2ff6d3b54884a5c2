"""Which lines a sales order gets, so that it costs what the channel charged, to the cent."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from .canonical import spread, to_cents


@dataclass(frozen=True)
class PlannedLine:
    """One line to be: ``kind`` is product, shipping, fee, tip, duty, discount or tax.

    :param price_unit: None when the order leaves the price to the pricelist
    :param discount: percent
    :param rates: fractions (0.06) of the taxes that Odoo shall compute on the line
    """

    kind: str
    quantity: Decimal
    price_unit: Decimal | None
    discount: Decimal = Decimal()
    rates: tuple[Decimal, ...] = ()
    ref: str = ""
    sku: str = ""
    title: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    note: str = ""
    requested_date: str = ""


def plan_lines(order, tax_policy, discount_digits=2):
    """Plan the lines of a sales order.

    Discounts become percentages where every one of the order is exact that way; otherwise the
    prices stay as they were and one line per set of taxes takes the discounts off.

    :param order: :class:`~.canonical.Order` whose totals were checked
    :param str tax_policy: ``odoo`` (lines carry rates) or ``line`` (taxes are lines of their own)
    :param int discount_digits: decimal places that a discount percentage may have
    :return: list of :class:`PlannedLine`
    """
    as_charged = tax_policy == "line"
    contained = _contained_taxes(order) if as_charged and order.taxes_included else None
    percents = None if contained or order.discount else _percents(order.lines, discount_digits)
    planned, taken_off = [], defaultdict(Decimal)
    for position, line in enumerate(order.lines):
        rates = () if as_charged else _rates(line, order)
        price = line.unit_price
        if contained and contained[position]:
            price = (line.gross - contained[position]) / line.quantity
        percent = percents[position] if percents else Decimal()
        if percents is None and line.discount:
            taken_off[rates] += line.discount
        planned.append(
            PlannedLine(
                "product",
                line.quantity,
                price,
                percent,
                rates,
                line.ref,
                line.sku,
                line.title,
                line.properties,
                line.note,
                line.requested_date if line.requested_date != order.requested_date else "",
            )
        )
    for position, charge in enumerate(order.charges, start=len(order.lines)):
        taxable = charge.kind in ("shipping", "fee") and not as_charged
        rates = _rates(charge, order) if taxable else ()
        price = charge.net - (contained[position] if contained else 0)
        planned.append(PlannedLine(charge.kind, Decimal(1), price, rates=rates, title=charge.title))
    _spread_discount(order, planned, taken_off)
    for rates, amount in taken_off.items():
        if amount:
            planned.append(
                PlannedLine(
                    "discount", Decimal(1), -amount, rates=rates, title=order.discount_title
                )
            )
    if as_charged:
        planned.extend(
            PlannedLine("tax", Decimal(1), tax.amount, title=tax_title(tax)) for tax in order.taxes
        )
    return planned


def tax_title(tax):
    """What the channel calls the tax, with its rate."""
    if tax.rate is None:
        return tax.title
    return f"{tax.title} ({(tax.rate * 100).normalize():f} %)".strip()


def _percents(lines, digits):
    """The discount of each line in percent, or None when one of them isn't exact that way."""
    percents = []
    for line in lines:
        if not line.discount:
            percents.append(Decimal())
            continue
        if line.gross <= 0 or line.discount > line.gross:
            return None
        percent = to_cents(line.discount / line.gross * 100, digits)
        if line.gross * (1 - percent / 100) != line.net:
            return None
        percents.append(percent)
    return percents


def _rates(part, order):
    """The rates charged on a line or charge, smallest first; those of the order if it has none.

    Two taxes of one rate are given as one of twice the rate: a line takes each tax once.
    """
    taxes = part.taxes
    if not taxes and not any(each.taxes for each in (*order.lines, *order.charges)):
        taxes = order.taxes
    counted = defaultdict(int)
    for tax in taxes:
        if tax.rate and (tax.amount or not part.net):
            counted[tax.rate.normalize()] += 1
    return tuple(sorted(rate * times for rate, times in counted.items()))


def _contained_taxes(order):
    """How much tax the price of each line and charge includes; together the order's total tax."""
    parts = (*order.lines, *order.charges)
    stated = [sum((tax.amount for tax in part.taxes), Decimal()) for part in parts]
    if sum(stated) == order.total_tax:
        return stated
    return spread(order.total_tax, [max(part.net, Decimal()) for part in parts], order.digits)


def _spread_discount(order, planned, taken_off):
    """Give the discount that no line states to the sets of taxes, by what each set costs."""
    if not order.discount:
        return
    weights = defaultdict(Decimal)
    for line, plan in zip(order.lines, planned, strict=False):
        weights[plan.rates] += max(line.net, Decimal())
    parts = spread(order.discount, list(weights.values()), order.digits)
    for rates, part in zip(weights, parts, strict=True):
        taken_off[rates] += part

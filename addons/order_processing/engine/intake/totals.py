"""Does an order add up? To the cent, in the currency's own decimal places."""

from decimal import Decimal

from .canonical import HOLD, Finding, ParseResult, to_cents


def computed_net(order):
    """What the parts of ``order`` add up to before taxes on top, as its currency rounds.

    Each line is rounded by itself, as on the invoice.
    """
    digits = order.digits
    total = sum((to_cents(line.net, digits) for line in order.lines), Decimal())
    total += sum((charge.net for charge in order.charges), Decimal())
    return to_cents(total - order.discount, digits)


def computed_total(order):
    """What the parts of ``order`` add up to, rounded to the currency's decimal places.

    Lines less discounts, plus charges, plus taxes unless the prices include them.
    """
    net = computed_net(order)
    return net if order.taxes_included else to_cents(net + order.total_tax, order.digits)


def check_totals(order):
    """Findings about the money of ``order``: a total that isn't the sum of its parts.

    What the document doesn't state isn't checked, nor are totals of lines without a price.
    """
    if any(line.unit_price is None for line in order.lines):
        return []
    findings = _check_total(order, order.total, computed_total(order), "total_price")
    return findings + _check_total(order, order.net_total, computed_net(order), "net_total")


def _check_total(order, total, computed, path):
    if total is None:
        return []
    findings = []
    stated = to_cents(total, order.digits)
    if stated != total:
        args = difference(total, stated, order.currency)
        findings.append(Finding("too_many_decimals", path, args, HOLD))
    if total < 0:
        findings.append(Finding("negative_value", path, {"value": f"{total:f}"}))
    if computed != stated:
        args = difference(stated, computed, order.currency)
        findings.append(Finding("wrong_total", path, args, HOLD))
    return findings


def difference(stated, computed, currency="", **names):
    """Arguments of a finding about an amount that is stated otherwise than it comes out."""
    return {
        **names,
        "computed": f"{computed:f}",
        "stated": f"{stated:f}",
        "difference": f"{computed - stated:+f}",
        "currency": currency,
    }


def check_lines(order, lines):
    """Findings about lines that cost something else than the document says.

    :param lines: pairs of a :class:`~.lines.PlannedLine` and what it comes to as an order's line
    """
    findings = []
    for plan, computed in lines:
        if plan.price_unit is None:
            continue
        exact = plan.quantity * plan.price_unit * (1 - plan.discount / 100)
        stated, computed = to_cents(exact, order.digits), to_cents(computed, order.digits)
        if stated != computed:
            args = difference(stated, computed, order.currency, ref=plan.title or plan.ref)
            findings.append(Finding("odoo_line_total", "", args, HOLD))
    return findings


def check_tax(order, computed):
    """Findings about taxes that come to something else than the document says."""
    stated, computed = to_cents(order.total_tax, order.digits), to_cents(computed, order.digits)
    priced = all(line.unit_price is not None for line in order.lines)
    if not order.taxes_stated or not priced or stated == computed:
        return []
    args = difference(stated, computed, order.currency)
    return [Finding("odoo_tax", "total_tax", args, HOLD)]


def without_repeats(findings, more):
    """Those of ``more`` that don't say the same of the total as one of ``findings``."""
    said = {
        (each.args["stated"], each.args["computed"])
        for each in findings
        if each.code == "wrong_total"
    }
    return [
        each
        for each in more
        if not each.code.endswith("total")
        or (each.args["stated"], each.args["computed"]) not in said
    ]


def conclude(order, findings, ref, number):
    """The result of reading: checks the totals of what could be read.

    :param findings: what the reader noticed; with an error among it, the order isn't given
    """
    result = ParseResult(order, tuple(findings), ref, number)
    if not result.errors:
        result = ParseResult(order, (*findings, *check_totals(order)), ref, number)
    return result if not result.errors else ParseResult(None, result.findings, ref, number)

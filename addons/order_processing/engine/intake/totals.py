"""Does an order add up? To the cent, in the currency's own decimal places."""

from decimal import Decimal

from .canonical import Finding, ParseResult, to_cents


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
        findings.append(
            Finding(
                "too_many_decimals",
                path,
                {"amount": f"{total:f}", "currency": order.currency},
            )
        )
    if total < 0:
        findings.append(Finding("negative_value", path, {"value": f"{total:f}"}))
    if computed != stated:
        findings.append(
            Finding(
                "wrong_total",
                path,
                {
                    "computed": f"{computed:f}",
                    "stated": f"{stated:f}",
                    "difference": f"{computed - stated:+f}",
                    "currency": order.currency,
                },
            )
        )
    return findings


def conclude(order, findings, ref, number):
    """The result of reading: checks the totals of what could be read.

    :param findings: what the reader noticed; with an error among it, the order isn't given
    """
    result = ParseResult(order, tuple(findings), ref, number)
    if not result.errors:
        result = ParseResult(order, (*findings, *check_totals(order)), ref, number)
    return result if not result.errors else ParseResult(None, result.findings, ref, number)

"""Does an order add up? To the cent, in the currency's own decimal places."""

from decimal import Decimal

from .canonical import Finding, ParseResult, to_cents


def computed_total(order):
    """What the parts of ``order`` add up to, rounded to the currency's decimal places.

    Lines less discounts, plus charges, plus taxes unless the prices include them.
    """
    total = sum((line.net for line in order.lines), Decimal())
    total += sum((charge.net for charge in order.charges), Decimal())
    total -= order.discount
    if not order.taxes_included:
        total += order.total_tax
    return to_cents(total, order.digits)


def check_totals(order):
    """Findings about the money of ``order``: a total that isn't the sum of its parts."""
    findings = []
    computed = computed_total(order)
    stated = to_cents(order.total, order.digits)
    if stated != order.total:
        findings.append(
            Finding(
                "too_many_decimals",
                "total_price",
                {"amount": f"{order.total:f}", "currency": order.currency},
            )
        )
    if order.total < 0:
        findings.append(Finding("negative_value", "total_price", {"value": f"{order.total:f}"}))
    if computed != stated:
        findings.append(
            Finding(
                "wrong_total",
                "total_price",
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

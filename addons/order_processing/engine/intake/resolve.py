"""From an order's words to the database's records: every SKU, country, tax and currency of it.

The addon gathers :class:`Facts` for many orders in a few queries; here each order is looked up in
them, and everything that can't be found becomes a finding.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .canonical import ERROR, WARNING, Address, Finding
from .lines import PlannedLine, plan_lines

#: Which of the channel's service products a kind of line is sold with.
SERVICES = {
    "shipping": "shipping",
    "fee": "shipping",
    "tip": "shipping",
    "duty": "tax",
    "tax": "tax",
    "discount": "discount",
}


class ProductFact(NamedTuple):
    """A product that a SKU may mean."""

    id: int
    own: bool  # of the channel's company, which goes before one that all companies share
    active: bool


class CurrencyFact(NamedTuple):
    """A currency, and how an order may be priced in it."""

    id: int
    active: bool
    pricelist_id: int | None
    priceable: bool  # the company's own currency, or one with a pricelist


@dataclass
class Facts:
    """What the database knows about everything that a batch of orders names."""

    products: dict[str, list[ProductFact]] = field(default_factory=dict)
    countries: dict[str, int] = field(default_factory=dict)  # by code and by lower-case name
    states: dict[tuple[int, str], int] = field(default_factory=dict)
    taxes: dict[tuple[Decimal, bool], int] = field(default_factory=dict)  # (percent, included)
    currencies: dict[str, CurrencyFact] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """An address with the records its country and state are."""

    address: Address
    country_id: int | None
    state_id: int | None


@dataclass(frozen=True)
class ResolvedLine:
    """A planned line with its product and taxes."""

    plan: PlannedLine
    product_id: int
    tax_ids: tuple[int, ...]


@dataclass(frozen=True)
class Resolution:
    """Everything an order needs in order to be created."""

    lines: tuple[ResolvedLine, ...]
    billing: Place | None
    shipping: Place | None
    currency_id: int
    pricelist_id: int | None


def named_rates(order):
    """The rates (fractions) whose taxes an order may need: each alone, and those of a part added.

    Some databases hold state and county tax as two taxes, others as one of the sum.
    """
    rates = set()
    for plan in plan_lines(order, "odoo"):
        rates.update(plan.rates)
        if plan.rates:
            rates.add(sum(plan.rates))
    return rates


def percent(rate):
    """A fraction as percent, to the four decimals that a tax in the database has."""
    return (rate * 100).quantize(Decimal("0.0001")).normalize()


def resolve(order, facts, tax_policy, discount_digits=2):
    """Look up everything ``order`` names.

    :param order: a checked :class:`~.canonical.Order`
    :param tax_policy: as in :func:`~.lines.plan_lines`
    :return: ``(resolution, findings)``; the resolution is None when a finding is an error
    """
    findings = []
    billing = _place(order.billing, "billing_address", facts, findings)
    shipping = _place(order.shipping, "shipping_address", facts, findings)
    currency = _currency(order, facts, findings)
    lines = []
    for position, plan in enumerate(plan_lines(order, tax_policy, discount_digits)):
        if plan.kind == "product":
            product_id = _product(plan, f"line_items[{position}].sku", facts, findings)
        else:
            product_id = _service(plan, facts, findings)
        tax_ids = _taxes(plan, order.taxes_included, facts, findings)
        lines.append(ResolvedLine(plan, product_id, tax_ids))
    findings = _once(findings)
    if any(finding.severity == ERROR for finding in findings):
        return None, findings
    return (
        Resolution(tuple(lines), billing, shipping, currency.id, currency.pricelist_id),
        findings,
    )


def _once(findings):
    """Each finding once: three lines that lack one tax are one thing to do."""
    seen = {}
    for finding in findings:
        seen.setdefault((finding.code, tuple(sorted(finding.args.items()))), finding)
    return list(seen.values())


def _product(plan, path, facts, findings):
    candidates = facts.products.get(plan.sku, [])
    alive = [product for product in candidates if product.active]
    args = {"sku": plan.sku, "title": plan.title}
    if not alive:
        code = "archived_sku" if candidates else "unknown_sku"
        findings.append(Finding(code, path, args))
        return None
    alive = [product for product in alive if product.own] or alive
    if len(alive) > 1:
        findings.append(Finding("ambiguous_sku", path, args | {"count": str(len(alive))}))
        return None
    return alive[0].id


def _service(plan, facts, findings):
    product_id = facts.services.get(SERVICES[plan.kind])
    if not product_id:
        findings.append(Finding("no_service_product", "", {"kind": SERVICES[plan.kind]}))
    return product_id


def _taxes(plan, included, facts, findings):
    """The taxes of a line: one per rate, or one of all rates together."""
    if not plan.rates:
        return ()
    single = [facts.taxes.get((percent(rate), included)) for rate in plan.rates]
    if all(single):
        return tuple(single)
    together = facts.taxes.get((percent(sum(plan.rates)), included))
    if together:
        return (together,)
    for rate, tax_id in zip(plan.rates, single, strict=True):
        if not tax_id:
            code = "no_tax_included" if included else "no_tax"
            findings.append(Finding(code, "tax_lines", {"rate": f"{percent(rate):f}"}))
    return ()


def _place(address, path, facts, findings):
    if address is None:
        return None
    named = address.country_code or address.country_name
    country_id = facts.countries.get(address.country_code) or facts.countries.get(
        address.country_name.lower()
    )
    if named and not country_id:
        findings.append(Finding("unknown_country", f"{path}.country_code", {"country": named}))
    state_id = facts.states.get((country_id, address.state_code))
    if country_id and address.state_code and not state_id:
        findings.append(
            Finding(
                "unknown_state",
                f"{path}.province_code",
                {"state": address.state_name or address.state_code, "country": named},
                WARNING,
            )
        )
    return Place(address, country_id, state_id)


def _currency(order, facts, findings):
    currency = facts.currencies.get(order.currency)
    args = {"currency": order.currency}
    if currency is None:
        findings.append(Finding("unknown_currency", "currency", args))
    elif not currency.active:
        findings.append(Finding("inactive_currency", "currency", args))
    elif not currency.priceable:
        findings.append(Finding("no_pricelist", "currency", args))
    return currency

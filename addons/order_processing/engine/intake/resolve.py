"""From an order's words to the database's records: every SKU, country, tax and currency of it.

The addon gathers :class:`Facts` for many orders in a few queries; here each order is looked up in
them, and everything that can't be found becomes a finding.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .aliases import PRODUCT, UNIT, AliasFact, find_alias, product_codes, unit_codes
from .canonical import ERROR, WARNING, Address, Finding
from .customers import CustomerFact, Who, find_delivery, identify
from .lines import PlannedLine, plan_lines
from .trade import gtin_forms

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
    name: str = ""
    unit_root: int = 0  # the unit that all units it converts to share
    unit_name: str = ""


class UnitFact(NamedTuple):
    """A unit of measure, and the one that all units it converts to share."""

    id: int
    root: int


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
    units: dict[str, UnitFact] = field(default_factory=dict)  # by code of recommendation 20
    # by kind and key, see :func:`~.aliases.find_alias`
    aliases: dict[tuple[str, str], list[AliasFact]] = field(default_factory=dict)
    # by key, see :mod:`~.customers`
    customers: dict[tuple[str, ...], list[CustomerFact]] = field(default_factory=dict)


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
    tax_ids: tuple[int, ...] | None  # None: the product's own taxes
    uom_id: int | None = None  # None: the product's own unit


@dataclass(frozen=True)
class Resolution:
    """Everything an order needs in order to be created."""

    lines: tuple[ResolvedLine, ...]
    billing: Place | None
    shipping: Place | None
    currency_id: int
    pricelist_id: int | None
    who: Who = Who()
    delivery_id: int | None = None  # None: ``shipping``, or the customer's own address


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
    who, unclear = identify(order, facts)
    delivery, lost = find_delivery(order, facts)
    findings += unclear + lost
    partner_id = who.customer and who.customer.commercial_id
    lines = []
    for position, plan in enumerate(plan_lines(order, tax_policy, discount_digits)):
        uom_id = None
        if plan.kind == "product":
            line, path = order.lines[position], f"line_items[{position}]"
            product = _product(line, f"{path}.sku", facts, partner_id, findings)
            product_id = product and product.id
            uom_id = _unit(line, product, f"{path}.uom", facts, partner_id, findings)
        else:
            product_id = _service(plan, facts, findings)
        tax_ids = None
        if order.taxes_stated:
            tax_ids = _taxes(plan, order.taxes_included, facts, findings)
        lines.append(ResolvedLine(plan, product_id, tax_ids, uom_id))
    findings = _once(findings)
    if any(finding.severity == ERROR for finding in findings):
        return None, findings
    return (
        Resolution(
            lines=tuple(lines),
            billing=billing,
            shipping=shipping,
            currency_id=currency.id,
            pricelist_id=currency.pricelist_id,
            who=who,
            delivery_id=delivery and delivery.id,
        ),
        findings,
    )


def _once(findings):
    """Each finding once: three lines that lack one tax are one thing to do."""
    seen = {}
    for finding in findings:
        seen.setdefault((finding.code, tuple(sorted(finding.args.items()))), finding)
    return list(seen.values())


def _product(line, path, facts, partner_id, findings):
    """The product of a line: by alias, else by its number, which its barcode may not contradict."""
    codes = product_codes(line)
    args = {"sku": (*codes, "")[0], "title": line.title}
    if codes and codes[0] == line.buyer_sku:
        args["whose"] = "customer"
    alias = find_alias(facts.aliases, PRODUCT, codes, partner_id)
    if alias:
        candidates = alive = [alias]
    else:
        by_sku = facts.products.get(line.sku, []) if line.sku else []
        forms = gtin_forms(line.gtin) if line.gtin else ()
        by_gtin = list(dict.fromkeys(p for form in forms for p in facts.products.get(form, [])))
        candidates = by_sku or by_gtin
        alive = _preferred(candidates)
        others = _preferred(by_gtin)
        if alive and others:
            both = [product for product in alive if product in others]
            if not both:
                names = {"one": alive[0].name, "other": others[0].name, "gtin": line.gtin}
                findings.append(Finding("product_contradiction", path, args | names))
                return None
            alive = both
    alive = [product for product in alive if product.active]
    if not alive:
        code = "archived_sku" if candidates else "unknown_sku"
        findings.append(Finding(code, path, args))
        return None
    if len(alive) > 1:
        findings.append(Finding("ambiguous_sku", path, args | {"count": str(len(alive))}))
        return None
    return alive[0]


def _preferred(products):
    """The active ones of ``products``, those of the company alone where it has any."""
    alive = [product for product in products if product.active]
    return [product for product in alive if product.own] or alive


def _unit(line, product, path, facts, partner_id, findings):
    """The unit a line is ordered in, which the product's own must convert to."""
    codes = unit_codes(line)
    if not codes:
        return None
    unit = find_alias(facts.aliases, UNIT, codes, partner_id)
    unit = unit or next((facts.units[code] for code in codes if code in facts.units), None)
    if unit is None:
        findings.append(Finding("unknown_unit", path, {"unit": line.uom}))
    elif product and unit.root != product.unit_root:
        args = {"unit": line.uom, "product": product.name, "own": product.unit_name}
        findings.append(Finding("wrong_unit", path, args))
    return unit and unit.id


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

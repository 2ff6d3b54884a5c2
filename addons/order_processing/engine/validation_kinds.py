"""What a rule of each kind looks for: ``CHECKS[kind](rule, facts, standing)`` → findings.

The facts hold only the lines the rule is about. A finding that can be more or less bad has a
measure, larger being worse: see ``validation.is_accepted``.
"""

from dataclasses import replace

from .credit import Standing
from .fraud import score
from .validation import (
    Finding,
    find_address,
    find_content,
    find_customer,
    find_total,
    gate_of,
    in_scope,
    lines_in_scope,
)


def _credit(rule, facts, standing):
    ceiling = standing.ceiling(rule.base)
    if ceiling is None:
        return []
    amount = 0.0 if facts.confirmed else facts.amount_company
    exposure = standing.exposure_with(facts.order_id, amount, rule.count_held)
    if exposure <= ceiling + facts.company_tolerance:
        return []
    params = {"exposure": exposure, "limit": ceiling, "over": exposure - ceiling}
    return [Finding("credit_exceeded", "credit", params=params, measure=exposure, identity=())]


def _overdue(rule, facts, _standing):
    if facts.overdue_days <= rule.days or facts.overdue_amount <= rule.amount:
        return []
    params = {"amount": facts.overdue_amount, "days": facts.overdue_days}
    return [Finding("overdue", "credit", params=params, measure=facts.overdue_amount, identity=())]


def _order_value(rule, facts, _standing):
    amount, edge = facts.amount_company, facts.company_tolerance
    params = {"amount": amount, "limit": rule.amount}
    if rule.amount and amount > rule.amount + edge:
        return [Finding("value_high", "value", params=params, measure=amount, identity=())]
    if amount < rule.amount_min - edge:
        params["limit"] = rule.amount_min
        return [Finding("value_low", "value", params=params, measure=-amount, identity=())]
    return []


def _discount(rule, facts, _standing):
    worst = max(facts.lines, key=lambda line: line.discount, default=None)
    if not worst or worst.discount <= rule.percent + 1e-6:
        return []
    params = {"line": worst.name, "discount": worst.discount, "limit": rule.percent}
    return [Finding("discount_high", "price", params=params, measure=worst.discount, identity=())]


def _margin(rule, facts, _standing):
    sold = [line for line in facts.lines if line.is_sold and line.cost]
    revenue = sum(line.subtotal for line in sold)
    if not sold:
        return []
    cost = sum(line.cost * line.quantity for line in sold)
    margin = 100.0 * (revenue - cost) / revenue if revenue > 0 else -100.0
    if margin >= rule.percent - 1e-6:
        return []
    params = {"margin": margin, "limit": rule.percent}
    return [Finding("margin_low", "price", params=params, measure=-margin, identity=())]


def _price_floor(rule, facts, _standing):
    findings = []
    for line in facts.lines:
        base = line.cost if rule.base == "cost" else line.sales_price
        floor = base * rule.percent / 100.0
        if line.is_sold and base and line.price < floor - facts.tolerance:
            params = {"line": line.name, "price": line.price, "floor": floor}
            below = 100.0 * (floor - line.price) / floor
            findings.append(
                Finding(
                    "price_below_floor", "price", params=params, measure=below, identity=("line",)
                )
            )
    return findings


def _price_list(rule, facts, _standing):
    findings = []
    for line in facts.lines:
        if line.list_price is None or not line.is_sold:
            continue
        off = abs(line.price - line.list_price)
        if off > facts.tolerance + abs(line.list_price) * rule.percent / 100.0:
            params = {"line": line.name, "price": line.price, "list_price": line.list_price}
            findings.append(
                Finding("price_off_list", "price", params=params, measure=off, identity=("line",))
            )
    return findings


def _price_changed(_rule, facts, _standing):
    return [
        Finding(
            "price_changed",
            "price",
            params={"line": line.name, "price": line.price_unit, "before": line.confirmed_price},
        )
        for line in facts.lines
        if facts.confirmed
        and line.confirmed_price is not None
        and abs(line.price_unit - line.confirmed_price) > facts.tolerance
    ]


def _tax(rule, facts, _standing):
    countries = rule.country_ids or {facts.company_country_id}
    place = facts.delivery_country_id or facts.invoice_country_id
    if place not in countries:
        return []
    return [
        Finding("tax_missing", "tax", params={"line": line.name})
        for line in facts.lines
        if line.tax_expected and not line.taxed and line.subtotal
    ]


def _address(rule, facts, _standing):
    findings = find_address(facts)
    if not findings and rule.check_served and facts.needs_delivery and not facts.is_served:
        findings.append(Finding("address_unserved", "address"))
    return findings


def _blocked(rule, facts, _standing):
    places = {facts.delivery_country_id, facts.invoice_country_id} & rule.country_ids
    if rule.country_ids:
        # lowest first, so that the same order always finds the same country
        return (
            [Finding("country_blocked", "customer", params={"country_id": min(places)})]
            if places
            else []
        )
    return [Finding("customer_blocked", "customer")]


def _duplicate(rule, facts, _standing):
    other = facts.duplicates.get(rule.hours)
    return [Finding("duplicate", "duplicate", params={"order": other})] if other else []


def _stock(_rule, facts, _standing):
    return [
        Finding(
            "stock_short",
            "stock",
            params={"line": line.name, "missing": line.missing},
            measure=line.missing,
            identity=("line",),
        )
        for line in facts.lines
        if line.missing > 1e-6 and not facts.confirmed
    ]


def _promise(rule, facts, _standing):
    if facts.promised and not facts.is_covered:
        params = {"promised": facts.promised}
        return [Finding("promise_uncovered", "promise", params=params)]
    if not facts.promised or not facts.feasible:
        return []
    late = (facts.feasible - facts.promised).days
    if late <= rule.days:
        return []
    params = {"promised": facts.promised, "feasible": facts.feasible, "days": late}
    return [Finding("promise_late", "promise", params=params, measure=late, identity=("promised",))]


def _payment(rule, facts, _standing):
    due = facts.amount_total * (rule.percent or 100.0) / 100.0
    if facts.captured >= due - facts.tolerance:
        return []
    params = {"captured": facts.captured, "due": due}
    missing = due - facts.captured
    return [Finding("payment_missing", "payment", params=params, measure=missing, identity=())]


def _fraud(rule, facts, _standing):
    points, signs = score(rule.signals, facts)
    if points < rule.amount or not points:
        return []
    params = {"score": points, "limit": rule.amount, "signs": signs}
    return [Finding("fraud_score", "fraud", params=params, measure=points, identity=())]


def _export(rule, facts, _standing):
    if facts.delivery_country_id not in rule.country_ids:
        return []
    everything = not (rule.product_ids or rule.hs_codes or rule.category_ids)
    return [
        Finding(
            "export_restricted",
            "export",
            params={"line": line.name, "country_id": facts.delivery_country_id},
        )
        for line in facts.lines
        if line.is_goods
        and (
            everything
            or line.product_id in rule.product_ids
            or bool(rule.hs_codes and plain_code(line.hs_code).startswith(rule.hs_codes))
            or bool(rule.category_ids and not rule.product_ids and not rule.hs_codes)
        )
    ]


def plain_code(code):
    """A tariff code without the points and spaces people write in it."""
    return "".join(character for character in code or "" if character.isalnum())


def _domain(_rule, _facts, _standing):
    # The scope is all there is to it.
    return [Finding("domain", "rule")]


def _of_quotations(find):
    """What is changed after confirmation is our own doing: lines cancelled, fees added."""
    return lambda _rule, facts, _standing: [] if facts.confirmed else find(facts)


def _customer(_rule, facts, _standing):
    return find_customer(facts)


CHECKS = {
    "content": _of_quotations(find_content),
    "total": _of_quotations(find_total),
    "customer": _customer,
    "address": _address,
    "credit": _credit,
    "overdue": _overdue,
    "order_value": _order_value,
    "discount": _discount,
    "margin": _margin,
    "price_floor": _price_floor,
    "price_list": _price_list,
    "price_changed": _price_changed,
    "tax": _tax,
    "blocked": _blocked,
    "duplicate": _duplicate,
    "stock": _stock,
    "promise": _promise,
    "payment": _payment,
    "fraud": _fraud,
    "export": _export,
    "domain": _domain,
}


def evaluate(rules, orders, standings=None, confirming=False):
    """What all rules find in all orders.

    Orders of one customer share its credit: they are looked at in the order they were made, and
    each uses what the ones before it that pass (or wait) leave over.

    :param rules: list of :class:`RuleFacts`
    :param orders: list of :class:`OrderFacts`
    :param dict standings: :class:`credit.Standing` by payer
    :param bool confirming: those orders that pass are confirmed now, together
    :return: dict order id → list of :class:`Finding`, in the order of the rules
    """
    standings = dict(standings or {})
    found = {}
    for facts in sorted(orders, key=lambda each: each.order_id):
        findings = []
        for rule in rules:
            gate = gate_of(rule, facts)
            if not gate or not in_scope(rule, facts):
                continue
            scoped = replace(facts, lines=lines_in_scope(rule, facts))
            standing = standings.get(facts.payer) or Standing()
            findings += [
                replace(each, rule_id=rule.rule_id, severity=rule.severity, gate=gate)
                for each in CHECKS[rule.kind](rule, scoped, standing)
            ]
        found[facts.order_id] = findings
        if facts.payer and not facts.confirmed:
            held = any(each.severity != "inform" and each.gate == "release" for each in findings)
            standing = standings.get(facts.payer) or Standing()
            standings[facts.payer] = standing.after(
                facts.order_id, facts.amount_company, held=held, confirmed=confirming and not held
            )
    return found

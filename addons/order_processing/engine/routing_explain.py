"""Why an order leaves from where it does: each site's values, what stopped it, what would have
changed the choice. Plain values for JSON."""

from .routing import route
from .routing_model import EPSILON
from .routing_rules import SiteFacts, policy_of

#: More sites than this are not asked what would have made them win.
ASKED = 10


def explain(request, outcome, stock):
    """Explain one decision.

    :param request: ``routing_rules.Request``
    :param outcome: its ``routing_rules.Outcome``
    :param stock: the stock it was decided with
    :return: list of dicts, one per site, the chosen first: ``site``, ``chosen``, ``quantity``
        it ships, ``stock`` it could give of the order, ``missing`` (product → quantity), the
        values of the criteria, ``blocked`` (need key → filter) and ``change``: what would have
        made it win
    """
    rule = request.rules[outcome.rule] if outcome.rule >= 0 else None
    rows = []
    for site in request.sites:
        shipped = sum(s.quantity - s.short for s in outcome.plan.shares if s.site == site.key)
        give, missing = _coverage(request, site, stock)
        facts = request.facts.get(site.key, SiteFacts())
        rows.append(
            {
                "site": site.key,
                "chosen": shipped > EPSILON,
                "quantity": round(shipped, 6),
                "stock": round(give, 6),
                "missing": {product: round(q, 6) for product, q in missing.items()},
                "distance": None if facts.distance is None else round(facts.distance),
                "cost": round(site.cost, 2),
                "promise": site.promise,
                "priority": site.priority,
                "blocked": {
                    need.key: outcome.blocked[need.key, site.key]
                    for need in request.needs
                    if (need.key, site.key) in outcome.blocked
                },
            }
        )
    if rule is not None:
        for row in rows[:ASKED]:
            row["change"] = "" if row["chosen"] else _change(request, rule, row, stock)
    return sorted(rows, key=lambda r: (not r["chosen"], bool(r["blocked"]), -r["stock"]))


def _coverage(request, site, stock):
    """How much of an order a site has, and what it lacks: (units of the lines, product → own)."""
    give, missing, left = 0.0, {}, {}
    for need in request.needs:
        if need.anywhere:
            give += need.quantity
            continue
        units = need.quantity
        for product, size in need.takes:
            there = left.setdefault(product, max(stock.get((site.key, product), 0.0), 0.0))
            units = min(units, there / size)
            lack = need.quantity * size - there
            if lack > EPSILON:
                missing[product] = missing.get(product, 0.0) + lack
        for product, size in need.takes:
            left[product] -= units * size
        give += units
    return give, missing


def _change(request, rule, row, stock):
    """What would have made a site win by itself: ``stock``, ``filter``, ``both`` or ``never``."""
    policy, needs, kept = policy_of(request, rule)
    there = dict(stock)
    for place, quantity in kept.items():
        there[place] = there.get(place, 0.0) - quantity
    filled = dict(there)
    for need in needs:
        for product, size in need.takes:
            place = (row["site"], product)
            filled[place] = max(filled.get(place, 0.0), 0.0) + need.quantity * size
    free = type(policy)(
        policy.criteria,
        policy.max_sites,
        policy.guard,
        {key: why for key, why in policy.blocked.items() if key[1] != row["site"]},
    )
    tries = []
    if row["missing"]:
        tries.append(("stock", filled, policy))
    if row["blocked"]:
        tries.append(("filter", there, free))
    if row["missing"] and row["blocked"]:
        tries.append(("both", filled, free))
    for name, supply, rules in tries:
        plan = route(needs, list(request.sites), request.default, supply, rules)
        if row["site"] in plan.sources:
            return name
    return "never"

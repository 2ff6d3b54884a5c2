"""The rules of a routing plan, applied to one order: filters, two passes, what to do on failure."""

from dataclasses import dataclass, field, replace

from .routing import route
from .routing_model import CRITERIA, EPSILON, Plan, Policy, Share, order_criteria, taken


@dataclass(frozen=True)
class Filter:
    """One condition of a rule; what ``kind`` it can be is in :func:`_blocks` and :func:`policy_of`.

    Empty sets of ``sites``, ``channels``, ``products``: all of them. ``places`` are countries and
    states, as ids with a letter before (``c233``, ``s5``).
    """

    kind: str
    hard: bool = True
    value: float = 0.0
    sites: frozenset = frozenset()
    channels: frozenset = frozenset()
    products: frozenset = frozenset()
    places: frozenset = frozenset()


@dataclass(frozen=True)
class Rule:
    """One rule: what it lets through, how it decides, what becomes of the rest."""

    name: str = ""
    filters: tuple = ()
    criteria: tuple = CRITERIA
    single: bool = False
    max_sites: int = 0
    action: str = "backorder"
    days: int = 0
    route: int = 0


@dataclass(frozen=True)
class SiteFacts:
    """What filters look at, of one site for one order. ``distance`` None: not known."""

    distance: float | None = 0.0
    open_orders: int = 0
    promise: float = 0.0
    served: bool = True
    oldest: dict = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Request:
    """An order to route. ``groups``: need key → product and category codes its filters may name.

    ``tried``: dict (need key, site key) → why it may not be tried there again (yet).
    """

    key: object
    needs: tuple
    sites: tuple
    default: object
    rules: tuple = (Rule(),)
    facts: dict = field(default_factory=dict, hash=False)
    channel: object = None
    places: frozenset = frozenset()
    groups: dict = field(default_factory=dict, hash=False)
    tried: dict = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Outcome:
    """The decision for one order.

    ``action`` is what to do with the part of the plan that is short (empty: nothing is), ``rule``
    the place of the rule that decided, ``relaxed`` whether soft filters were dropped, ``blocked``
    what each filter eliminated, ``eased`` the same for soft filters that were dropped.
    """

    plan: Plan
    rule: int
    action: str = ""
    reason: str = ""
    relaxed: bool = False
    blocked: dict = field(default_factory=dict, hash=False)
    eased: dict = field(default_factory=dict, hash=False)


def policy_of(request, rule, soft=True):
    """A rule's filters as the engine takes them.

    :param bool soft: also the soft ones
    :return: (policy, needs, dict place → quantity to keep back)
    """
    blocked, kept = dict(request.tried), {}
    needs, guard = list(request.needs), 0.0
    for condition in rule.filters:
        if not (condition.hard or soft):
            continue
        if condition.channels and request.channel not in condition.channels:
            continue
        concerned = {
            need.key
            for need in needs
            if not condition.products or condition.products & request.groups.get(need.key, set())
        }
        if condition.kind == "guard":
            guard = max(guard, condition.value)
        elif condition.kind == "alone":
            needs = [replace(need, alone=need.key in concerned or need.alone) for need in needs]
        elif condition.kind == "safety":
            _keep_back(condition, request, needs, concerned, kept)
        else:
            _block(condition, request, needs, concerned, blocked)
    max_sites = 1 if rule.single else rule.max_sites
    return Policy(rule.criteria, max_sites, guard, blocked), needs, kept


def _keep_back(condition, request, needs, concerned, kept):
    """Note what a safety stock keeps back: the largest of several counts."""
    for site in request.sites:
        if condition.sites and site.key not in condition.sites:
            continue
        for need in needs:
            if need.key in concerned:
                for product, _size in need.takes:
                    place = (site.key, product)
                    kept[place] = max(kept.get(place, 0.0), condition.value)


def _block(condition, request, needs, concerned, blocked):
    """Note which needs a filter keeps from which sites: the first filter to do so is named."""
    for site in request.sites:
        for need in needs:
            if need.key in concerned and _blocks(condition, request, site, need):
                blocked.setdefault((need.key, site.key), condition.kind)


def _blocks(condition, request, site, need):
    """Whether a filter keeps a need from a site."""
    named = not condition.sites or site.key in condition.sites
    facts = request.facts.get(site.key, SiteFacts())
    kind = condition.kind
    if kind == "warehouse":
        return not named
    if not named:
        return False
    if kind == "region":
        return not condition.places & request.places
    if kind == "distance":
        return facts.distance is None or facts.distance > condition.value
    if kind == "capacity":
        return facts.open_orders >= condition.value
    if kind == "cutoff":
        return facts.promise > condition.value
    if kind == "age":
        return any(facts.oldest.get(p, 0) > condition.value for p, _size in need.takes)
    if kind == "carrier":
        return not facts.served
    return kind == "product"


def decide(request, stock):
    """Decide one order by its rules, in turn.

    Each rule is tried with all its filters, then without the soft ones if that places more (two
    passes, as Dynamics 365's order management makes them). What it can't place, its action says.

    :param request: :class:`Request`
    :param stock: dict ``(site key, product)`` → free quantity; not changed
    :return: :class:`Outcome`
    """
    if not request.sites:
        return Outcome(nowhere(request), -1, "queue", "no_warehouse")
    if not request.rules:
        return Outcome(nowhere(request), -1, "queue", "no_rule")
    left = _stock_of(request, stock)
    shares, total = [], sum(need.quantity for need in request.needs)
    for number, rule in enumerate(request.rules):
        outcome = _by_rule(request, rule, left, number)
        short = outcome.plan.short > EPSILON
        last = number == len(request.rules) - 1
        if not short or rule.action != "next" or last:
            break
        if not rule.single:
            shares += [s for s in outcome.plan.shares if s.quantity - s.short > EPSILON]
            shares = [replace(s, quantity=s.quantity - s.short, short=0.0) for s in shares]
            for place, quantity in taken(request.needs, outcome.plan):
                left[place] = left.get(place, 0.0) - quantity
            request = replace(request, needs=tuple(_short_needs(request.needs, outcome.plan)))
    plan = replace(outcome.plan, shares=merge_shares(shares, outcome.plan.shares), total=total)
    action, reason = "", ""
    if short:
        action = "queue" if rule.action == "next" else rule.action
        reason = _reason(request, outcome)
        if action == "backorder" and _cools_off(request, plan, left):
            action, reason = "split", "cooling"
        if rule.single and action != "backorder":
            plan = nowhere(request, outcome.plan.candidates)
    return replace(outcome, plan=plan, action=action, reason=reason)


def decide_all(requests, stock):
    """Decide orders one after the other, so that no unit is planned twice.

    :return: list of :class:`Outcome`, one per request
    """
    left = dict(stock)
    outcomes = []
    for request in requests:
        outcome = decide(request, left)
        for place, quantity in taken(request.needs, outcome.plan):
            left[place] = left.get(place, 0.0) - quantity
        outcomes.append(outcome)
    return outcomes


def merge(requests):
    """Several orders to one address as one, so that they leave from the same places.

    :param requests: list of :class:`Request` with the same sites and rules
    """
    first = requests[0]
    return replace(
        first,
        needs=tuple(need for request in requests for need in request.needs),
        groups={key: codes for request in requests for key, codes in request.groups.items()},
        tried={key: why for request in requests for key, why in request.tried.items()},
    )


def part(outcome, request):
    """The part of a merged decision that is about one of its orders."""
    keys = {need.key for need in request.needs}
    plan = replace(
        outcome.plan,
        shares=tuple(share for share in outcome.plan.shares if share.need in keys),
        total=sum(need.quantity for need in request.needs),
    )
    short = plan.short > EPSILON
    action, reason = (outcome.action, outcome.reason) if short else ("", "")
    return replace(outcome, plan=plan, action=action, reason=reason)


def _stock_of(request, stock):
    return {
        (site.key, product): stock.get((site.key, product), 0.0)
        for site in request.sites
        for need in request.needs
        for product, _size in need.takes
    }


def _by_rule(request, rule, left, number):
    """One rule's decision: with soft filters, and without them if that places more."""
    passes = [True, False] if any(not f.hard for f in rule.filters) else [True]
    best, first_blocked = None, {}
    for soft in passes:
        policy, needs, kept = policy_of(request, rule, soft)
        there = {
            place: quantity - kept.get(place, 0.0) if place in kept else quantity
            for place, quantity in left.items()
        }
        plan = route(needs, list(request.sites), request.default, there, policy)
        if soft:
            first_blocked = policy.blocked
        outcome = Outcome(plan, number, relaxed=not soft, blocked=policy.blocked)
        if best is None or plan.short < best.plan.short - EPSILON:
            best = outcome
        if plan.short <= EPSILON:
            break
    eased = {k: v for k, v in first_blocked.items() if k not in best.blocked}
    return replace(best, eased=eased)


def _cools_off(request, plan, left):
    """Whether something is short that a warehouse has (or would back-order) which rejected it.

    It waits for that warehouse instead of being back-ordered.
    """
    short = {share.need for share in plan.shares if share.short > EPSILON}
    return any(
        key in short and (site == request.default or left.get((site, product), 0.0) > EPSILON)
        for key, site in request.tried
        for need in request.needs
        if need.key == key
        for product, _size in need.takes
    )


def _reason(request, outcome):
    """Why something couldn't be placed, as a code."""
    short = {share.need for share in outcome.plan.shares if share.short > EPSILON}
    for key in short:
        kinds = {outcome.blocked.get((key, site.key)) for site in request.sites}
        if None not in kinds:
            return kinds.pop() if len(kinds) == 1 else "filtered"
    return "stock"


def nowhere(request, candidates=()):
    """A plan that ships nothing: all of it waits at the default site."""
    shares = tuple(
        Share(need.key, request.default, need.quantity, need.quantity) for need in request.needs
    )
    return Plan(shares, tuple(candidates), sum(need.quantity for need in request.needs))


def _short_needs(needs, plan):
    for need in needs:
        short = sum(share.short for share in plan.shares if share.need == need.key)
        if short > EPSILON:
            yield replace(need, quantity=short)


def await_at(outcome, when):
    """Let what is short wait where it is to come in the earliest, instead of at the default site.

    :param outcome: :class:`Outcome`
    :param when: dict ``(need key, site key)`` → moment from which the site could ship what is
        short as well; the preferred site first
    """
    shares = []
    for share in outcome.plan.shares:
        sites = [(moment, site) for (need, site), moment in when.items() if need == share.need]
        if share.short <= EPSILON or not sites:
            shares.append(share)
            continue
        site = min(sites, key=lambda row: row[0])[1]
        shares.append(Share(share.need, share.site, share.quantity - share.short))
        shares.append(Share(share.need, site, share.short, share.short))
    shares = [share for share in merge_shares(shares) if share.quantity > EPSILON]
    return replace(outcome, plan=replace(outcome.plan, shares=tuple(shares)))


def merge_shares(*groups):
    """One share for each need and site."""
    sums = {}
    for share in (share for group in groups for share in group):
        part = sums.setdefault((share.need, share.site), [0.0, 0.0])
        part[0] += share.quantity
        part[1] += share.short
    return tuple(Share(*key, round(q, 6), round(s, 6)) for key, (q, s) in sums.items())


def contradictions(rules):
    """What can't work in a list of rules: list of (rule number, code), for whoever writes them."""
    found = []
    for number, rule in enumerate(rules):
        allowed = [f.sites for f in rule.filters if f.kind == "warehouse" and f.hard]
        if len(allowed) > 1 and not frozenset.intersection(*allowed):
            found.append((number, "no_common_warehouse"))
        if any(f.kind in ("distance", "capacity", "cutoff") and f.value < 0 for f in rule.filters):
            found.append((number, "negative"))
        if rule.single and rule.max_sites > 1:
            found.append((number, "single_and_many"))
        if rule.action != "next" and number < len(rules) - 1:
            found.append((number + 1, "never_reached"))
        if rule.action == "next" and number == len(rules) - 1:
            found.append((number, "next_of_none"))
    return found


def parse(definition):
    """Rules from a version's definition (JSON values): list of :class:`Rule`.

    :param dict definition: ``{"rules": [{"name", "filters": [...], "criteria": [...], ...}]}``
    """
    return tuple(
        Rule(
            name=rule.get("name", ""),
            filters=tuple(
                Filter(
                    kind=row["kind"],
                    hard=row.get("hard", True),
                    value=row.get("value", 0.0),
                    sites=frozenset(row.get("warehouses", ())),
                    channels=frozenset(row.get("channels", ())),
                    products=frozenset(row.get("products", ())),
                    places=frozenset(row.get("places", ())),
                )
                for row in rule.get("filters", ())
            ),
            criteria=order_criteria(rule.get("criteria", ())),
            single=rule.get("single", False),
            max_sites=rule.get("max_sites", 0),
            action=rule.get("action", "backorder"),
            days=rule.get("days", 0),
            route=rule.get("route", 0),
        )
        for rule in definition.get("rules", ())
    )

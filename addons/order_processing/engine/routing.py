"""Where should each line of an order leave from? Needs, sites and stock in, a plan out.

The question is a small set cover: the fewest sites that together hold the order. It is answered
exactly by trying sets of sites by size (Salesforce's "fewest splits" does the same), up to
``EXACT_LIMIT`` sites that hold anything of it; beyond that by the greedy rule for set cover
(Chvátal, Mathematics of Operations Research 4, 1979), which a plan then says. A line leaves whole
from one of the chosen sites if one has all of it.

Sets are compared one criterion after the other, never by weighted sums nobody can predict:
more shipped at once, then the rule's own order (fewer shipments, landed cost, promise, distance,
priority, default site, stock left over).
"""

import heapq
import math
from itertools import combinations

from .routing_model import (
    CRITERIA,
    EPSILON,
    Candidate,
    Need,
    Plan,
    Policy,
    Share,
    Site,
    order_criteria,
    taken,
)

__all__ = [
    "CRITERIA",
    "Candidate",
    "Need",
    "Plan",
    "Policy",
    "Share",
    "Site",
    "contested",
    "order_criteria",
    "route",
    "route_all",
    "shrink",
]

EXACT_LIMIT = 12
#: How many sets of sites a plan keeps as its explanation.
KEPT = 5
#: Sets that are filled in full, of those that look best by their sums.
SHORTLIST = 12
#: Stock that is left for less than this many plans of the same size is contested.
SCARCE = 20
DEFAULT = Policy()


def route(needs, sites, default, stock, policy=DEFAULT):
    """Decide where the lines of one order leave from.

    :param needs: list of :class:`Need`, in the order they may take stock
    :param sites: list of :class:`Site` to choose from
    :param default: key of the site that takes what isn't in stock, as a back-order
    :param stock: dict ``(site key, product)`` → free quantity in the product's unit
    :param policy: :class:`Policy` of the rule that decides
    :return: :class:`Plan`
    """
    alone = [need for need in needs if need.alone]
    if alone and len(needs) > 1:
        return _route_apart(needs, alone, sites, default, stock, policy)
    search = _Search(needs, sites, default, stock, policy)
    trials = search.run()
    best = heapq.nsmallest(KEPT, trials, key=lambda trial: trial.key)
    winner = best[0]
    return Plan(
        shares=winner.shares,
        candidates=tuple(search.candidate(trial, winner) for trial in best),
        total=sum(need.quantity for need in needs),
        exact=search.exact,
    )


def _route_apart(needs, alone, sites, default, stock, policy):
    """Route what ships alone by itself: it never saves a shipment, so nothing is shared."""
    groups = [[need] for need in alone]
    groups.insert(0, [need for need in needs if not need.alone])
    plans = route_all([(group, sites, default) for group in groups if group], stock, policy)
    return Plan(
        shares=tuple(share for plan in plans for share in plan.shares),
        candidates=plans[0].candidates,
        total=sum(plan.total for plan in plans),
        exact=all(plan.exact for plan in plans),
    )


def route_all(requests, stock, policy=DEFAULT):
    """Route several orders one after the other, so that no unit is planned twice.

    :param requests: list of ``(needs, sites, default)``, see :func:`route`, or of
        ``(needs, sites, default, policy)``
    :param stock: see :func:`route`; not changed
    :return: list of :class:`Plan`, one per request
    """
    left = dict(stock)
    plans = []
    for needs, sites, default, *own in requests:
        plan = route(needs, sites, default, left, own[0] if own else policy)
        for place, quantity in taken(needs, plan):
            left[place] = left.get(place, 0.0) - quantity
        plans.append(plan)
    return plans


def contested(requests, plans, stock):
    """Products of which so little is left that others planning right now may want the same.

    :param requests: see :func:`route_all`, whose answer ``plans`` is
    :param stock: the stock they were planned with
    :return: set of products
    """
    wanted = {}
    for (needs, *_rest), plan in zip(requests, plans, strict=True):
        for place, quantity in taken(needs, plan):
            wanted[place] = wanted.get(place, 0.0) + quantity
    return {
        place[1] for place, quantity in wanted.items() if is_scarce(stock.get(place, 0.0), quantity)
    }


def is_scarce(stock, quantity):
    """Whether so little is left once ``quantity`` is taken that others may want the same."""
    return quantity > EPSILON and stock - quantity < SCARCE * quantity


def shrink(parts, excess):
    """Take ``excess`` away from allocated quantities, the last first.

    :param parts: list of ``(key, quantity, fixed)``; ``fixed`` of it can't be taken any more
    :param float excess: quantity to take away, above zero
    :return: dict key → new quantity, of the parts that change
    """
    changed = {}
    for key, quantity, fixed in reversed(parts):
        less = min(excess, max(quantity - fixed, 0.0))
        if less > EPSILON:
            changed[key] = quantity - less
            excess -= less
    return changed


class _Trial:
    """A set of sites, filled and rated."""

    __slots__ = ("key", "sites", "shares", "values")

    def __init__(self, key, sites, shares, values):
        self.key, self.sites, self.shares, self.values = key, sites, shares, values


class _Search:
    """The search for one order: what each site could give, and the sets worth filling."""

    def __init__(self, needs, sites, default, stock, policy):
        self.needs, self.default, self.policy = needs, default, policy
        self.criteria = policy.criteria
        self.ranked = sorted(
            sites, key=lambda s: (s.priority, s.distance, not s.is_default, str(s.key))
        )
        self.stocked = [need for need in needs if not need.anywhere]
        products = [product for need in self.stocked for product, _size in need.takes]
        # Two lines of one product share its stock: then what each could have is too much for both.
        self.shares_stock = len(products) != len(set(products))
        #: What each site has of the order's products, and all of it together.
        self.free = {
            site.key: {
                (site.key, product): max(stock.get((site.key, product), 0.0), 0.0)
                for product in products
            }
            for site in sites
        }
        self.balance = {
            site.key: sum(self.free[site.key][site.key, product] for product in products)
            for site in sites
        }
        self.caps = {
            site.key: [self._cap(need, site, stock) for need in self.stocked] for site in sites
        }
        self.useful = [site for site in self.ranked if any(self.caps[site.key])]
        self.quantities = [need.quantity for need in self.stocked]
        self.exact = len(self.useful) <= EXACT_LIMIT
        self.place = {need.key: place for place, need in enumerate(needs)}

    def _cap(self, need, site, left):
        """Quantity of a need that a site can give: all of it, or whole steps."""
        if not self.policy.allows(need, site):
            return 0.0
        units = min(left.get((site.key, product), 0.0) / size for product, size in need.takes)
        if units >= need.quantity - EPSILON:
            return need.quantity
        return max(math.floor(units / need.step + EPSILON) * need.step, 0.0)

    def run(self):
        """All trials: the sets of sites that were filled."""
        trials = [self._fill_set(())]
        if any(need.anywhere for need in self.needs):
            # Something every site has: with no stock to go by, the best site alone may take it.
            trials += [
                self._fill_set((site,))
                for site in self.ranked
                if site not in self.useful and site.key != self.default
            ]
        if not self.useful:
            return trials
        singles = [self._fill_set((site,)) for site in self.useful]
        trials += singles
        trials += self._enumerate(singles) if self.exact else self._greedy(singles)
        return [trial for trial in trials if self._worth(trial)]

    def _enumerate(self, singles):
        """Fill the sets of two and more sites that look best by their sums, small ones first."""
        limit = min(self.policy.max_sites or len(self.useful), len(self.useful))
        # Where lines share stock, sums promise too much, so all sets are filled.
        simple = not self.shares_stock and not self.policy.guard
        by_size = self.criteria[1:2] == ("shipments",) and not self.policy.guard
        target = -self._fill_set(tuple(self.useful)).values["fill"]
        if by_size and any(-single.values["fill"] >= target - EPSILON for single in singles):
            return []
        required = self._required(limit) if simple and by_size else []
        # By place in the list: sites are compared field by field, too often to pay for here.
        kept = {site.key for site in required}
        needed = [place for place, site in enumerate(self.useful) if site.key in kept]
        rest = [place for place, site in enumerate(self.useful) if site.key not in kept]
        found = []
        for size in range(max(2, len(needed)), limit + 1):
            sets = (
                tuple(self.useful[place] for place in sorted((*needed, *more)))
                for more in combinations(rest, size - len(needed))
            )
            if simple:
                sets = self._shortlist(list(sets), target if by_size else 0.0)
            new = [self._fill_set(chosen) for chosen in sets]
            found += new
            if by_size and any(-trial.values["fill"] >= target - EPSILON for trial in new):
                break
        return found

    def _shortlist(self, sets, target):
        """Of sets of one size, those that ship most and look best by their sums.

        Of a size that ships less than ``target``, which a larger one does, one is enough to tell.
        """
        filled = [self._fills(chosen) for chosen in sets]
        most = max(filled, default=0.0) - EPSILON
        full = [chosen for chosen, fill in zip(sets, filled, strict=True) if fill >= most]
        size = 1 if most < target - 2 * EPSILON else SHORTLIST
        return heapq.nsmallest(size, full, key=self._quick_key)

    def _fills(self, chosen):
        """What a set of sites can fill of an order whose lines share no product."""
        caps = [self.caps[site.key] for site in chosen]
        return sum(map(min, self.quantities, map(sum, zip(*caps, strict=True))))

    def _required(self, limit):
        """Sites without which less can be shipped, whatever the other sites give."""
        best = self._fills(self.useful)
        required = [
            site
            for site in self.useful
            if self._fills([s for s in self.useful if s is not site]) < best - EPSILON
        ]
        return required if len(required) <= limit else []

    def _sum_of(self, chosen):
        """What a set of sites can fill of an order whose lines share no product, and its cost."""
        if not any(site.weight_cost for site in chosen):
            return self._fills(chosen), 0.0
        filled = cost = 0.0
        caps = [(self.caps[site.key], site) for site in chosen]
        for index, need in enumerate(self.stocked):
            rest = need.quantity
            offers = sorted(
                (cap[index] < need.quantity - EPSILON, site.weight_cost, position)
                for position, (cap, site) in enumerate(caps)
            )
            for _part, weight_cost, position in offers:
                give = min(rest, caps[position][0][index])
                filled += give
                rest -= give
                cost += give * need.weight * weight_cost
        return filled, cost

    def _quick_key(self, chosen):
        filled, moved = self._sum_of(chosen)
        rated = {
            "fill": -round(filled, 6),
            "shipments": len(chosen) + self._waits_apart(chosen, filled),
            "cost": round(sum(site.cost for site in chosen) + moved, 6),
            "balance": 0.0,
        }
        key = [rated[n] if n in rated else _site_value(n, chosen) for n in self.criteria[:-1]]
        if "balance" in self.criteria:
            key[self.criteria.index("balance")] = -round(
                sum(self.balance[site.key] for site in chosen), 6
            )
        return (*key, tuple(str(site.key) for site in chosen))

    def _waits_apart(self, chosen, filled):
        """1 if something is short and waits at a site that isn't one of those that ship."""
        short = sum(need.quantity for need in self.stocked) - filled
        return int(short > EPSILON and all(site.key != self.default for site in chosen))

    def _greedy(self, trials):
        """Add the site that helps most until nothing helps, then drop those not needed."""
        found = []
        limit = self.policy.max_sites or len(self.useful)
        current = min(trials, key=lambda trial: trial.key)
        while len(current.sites) < limit:
            step = [
                self._fill_set((*current.sites, site))
                for site in self.useful
                if site not in current.sites
            ]
            better = min(step, key=lambda trial: trial.key, default=None)
            if better is None or better.key[0] >= current.key[0] - EPSILON:
                break
            current = better
            found.append(current)
        for site in current.sites:
            without = tuple(other for other in current.sites if other != site)
            trial = self._fill_set(without)
            if trial.key[0] <= current.key[0] + EPSILON:
                current = trial
                found.append(trial)
        return found

    def _worth(self, trial):
        """Whether a split is worth it: each shipment has the value the rule asks for."""
        if self.policy.max_sites and len(trial.sites) > self.policy.max_sites:
            return False
        if len(trial.sites) < 2:
            return True
        if {site.key for site in trial.sites} - {share.site for share in trial.shares}:
            return False  # one of them has nothing to do: the set without it is tried as well
        if not self.policy.guard:
            return True
        values = dict.fromkeys((site.key for site in trial.sites), 0.0)
        worth = {need.key: need.value for need in self.needs}
        for share in trial.shares:
            if share.site in values:
                values[share.site] += (share.quantity - share.short) * worth[share.need]
        return all(value >= self.policy.guard - EPSILON for value in values.values())

    def _fill_set(self, sites):
        """Fill the order from a set of sites (best first), and rate the set.

        With no sites everything waits at the default one.
        """
        left = {}
        for site in sites:
            left |= self.free[site.key]
        given = {}
        for place, need in enumerate(self.stocked):
            for site_key, quantity in self._fill(place, need, sites, left):
                given[need.key, site_key] = [quantity, 0.0]
                for product, size in need.takes:
                    left[site_key, product] -= quantity * size
        filled = sum(quantity for quantity, _short in given.values())
        for need in self.needs:
            got = sum(given.get((need.key, site.key), (0.0,))[0] for site in sites)
            rest = need.quantity - got
            if rest <= EPSILON:
                continue
            allowed = [site for site in sites if self.policy.allows(need, site)]
            target = allowed[0].key if need.anywhere and allowed else self.default
            part = given.setdefault((need.key, target), [0.0, 0.0])
            part[0] += rest
            if need.anywhere:
                filled += rest
            else:
                part[1] += rest
        return self._rate(sites, given, filled, left)

    def _fill(self, place, need, sites, left):
        """Quantities of one need: from a site that has it all, else the largest stock first."""
        if self.shares_stock:
            caps = [(self._cap(need, site, left), site) for site in sites]
        else:
            caps = [(self.caps[site.key][place], site) for site in sites]
        by_cost = "cost" in self.criteria
        whole = [site for cap, site in caps if cap >= need.quantity - EPSILON]
        if whole:
            best = min(whole, key=lambda site: site.weight_cost) if by_cost else whole[0]
            return [(best.key, need.quantity)]
        parts = []
        rest = need.quantity
        for cap, site in sorted(
            caps, key=lambda c: (c[1].weight_cost, -c[0]) if by_cost else (-c[0],)
        ):
            quantity = min(cap, rest)
            if quantity > EPSILON:
                parts.append((site.key, quantity))
                rest -= quantity
        return parts

    def _rate(self, sites, given, filled, left):
        shares = tuple(
            Share(need_key, site_key, round(quantity, 6), round(short, 6))
            for need_key, site_key, (quantity, short) in sorted(
                ((n, s, part) for (n, s), part in given.items()),
                key=lambda row: self.place[row[0]],
            )
        )
        rated = sites or [site for site in self.ranked if site.key == self.default]
        weights = {need.key: need.weight for need in self.needs}
        rates = {site.key: site.weight_cost for site in rated}
        cost = sum(site.cost for site in rated) + sum(
            share.quantity * weights[share.need] * rates.get(share.site, 0.0) for share in shares
        )
        values = {
            "fill": -round(filled, 6),
            "shipments": len({share.site for share in shares}),
            "cost": round(cost, 6) if rated else math.inf,
            "balance": -round(sum(left.values()), 6),
        }
        for name in ("priority", "distance", "promise", "default"):
            values[name] = _site_value(name, rated) if rated else math.inf
        values["tie"] = (len(sites), tuple(str(site.key) for site in sites))
        return _Trial(tuple(values[name] for name in self.criteria), sites, shares, values)

    def candidate(self, trial, winner):
        """A trial as a :class:`Candidate`, with what it lost by."""
        lost = None
        if trial is not winner:
            lost = next(
                name
                for name, mine, best in zip(self.criteria, trial.key, winner.key, strict=True)
                if mine != best
            )
        values = {name: value for name, value in trial.values.items() if name != "tie"}
        values["fill"] = -values["fill"]
        values["balance"] = -values["balance"]
        return Candidate(
            tuple(site.key for site in trial.sites) or (self.default,),
            trial.values["shipments"],
            -trial.values["fill"],
            lost,
            values,
        )


def _site_value(name, chosen):
    """Value of a criterion that needs no more than the sites themselves."""
    if name == "promise":
        return max((site.promise for site in chosen), default=0.0)
    if name == "default":
        return 0 if any(site.is_default for site in chosen) else 1
    return sum(getattr(site, name) for site in chosen)

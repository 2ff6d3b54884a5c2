"""Where should each line of an order leave from? Needs, sites and stock in, a plan out.

The question is a small set cover: the fewest sites that together hold the order. It is answered
exactly by trying sets of sites by size (Salesforce's "fewest splits" does the same), up to
``EXACT_LIMIT`` sites that hold anything of it; beyond that by the greedy rule for set cover
(Chvátal, Mathematics of Operations Research 4, 1979), which a plan then says.

Sets are compared one criterion after the other, never by weighted sums nobody can predict:
more shipped at once, fewer shipments, priority, distance, default site, stock left over.
"""

import heapq
import math
from dataclasses import dataclass
from itertools import combinations

EXACT_LIMIT = 12
#: How many sets of sites a plan keeps as its explanation.
KEPT = 5
EPSILON = 1e-6
#: Stock that is left for less than this many plans of the same size is contested.
SCARCE = 20

#: Names of the criteria in the order they decide; ``tie`` never has two equal values.
CRITERIA = ("fill", "shipments", "priority", "distance", "default", "balance", "tie")


@dataclass(frozen=True)
class Need:
    """One line of an order.

    ``quantity`` is in the line's unit, of which each holds ``unit_size`` of the product's own unit.
    A line is only split at multiples of ``step``. ``anywhere``: every site has it (not stocked).
    """

    key: object
    product: object
    quantity: float
    unit_size: float = 1.0
    step: float = 0.01
    anywhere: bool = False


@dataclass(frozen=True)
class Site:
    """A place that may ship. Lower ``priority`` and lower ``distance`` are better."""

    key: object
    priority: int = 0
    distance: int = 0
    is_default: bool = False


@dataclass(frozen=True)
class Share:
    """A quantity of a need from a site, of which ``short`` isn't in stock (line's unit)."""

    need: object
    site: object
    quantity: float
    short: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """A set of sites that was considered: what it could do, and the criterion it lost by."""

    sites: tuple
    shipments: int
    filled: float
    lost: str | None = None


@dataclass(frozen=True)
class Plan:
    """The decision for one order. The first candidate is the one chosen."""

    shares: tuple
    candidates: tuple
    total: float
    exact: bool = True

    @property
    def short(self):
        """Quantity that isn't in stock anywhere it may leave from."""
        return sum(share.short for share in self.shares)


@dataclass(frozen=True)
class _Trial:
    key: tuple
    sites: tuple
    shares: tuple
    shipments: int
    filled: float


def route(needs, sites, default, stock):
    """Decide where the lines of one order leave from.

    :param needs: list of :class:`Need`, in the order they may take stock
    :param sites: list of :class:`Site` to choose from
    :param default: key of the site that takes what isn't in stock, as a back-order
    :param stock: dict ``(site key, product)`` → free quantity in the product's unit
    :return: :class:`Plan`
    """
    ranked = sorted(sites, key=lambda s: (s.priority, s.distance, not s.is_default, str(s.key)))
    stocked = [need for need in needs if not need.anywhere]
    useful = [
        site
        for site in ranked
        if any(stock.get((site.key, need.product), 0.0) > EPSILON for need in stocked)
    ]
    trials = [_try((), needs, default, stock, ranked)]
    if any(need.anywhere for need in needs):
        # Something every site has: with no stock to go by, the best site alone may take it.
        trials += [
            _try((site,), needs, default, stock)
            for site in ranked
            if site not in useful and site.key != default
        ]
    if useful:
        best_fill = _try(tuple(useful), needs, default, stock).filled
        if len(useful) <= EXACT_LIMIT:
            trials += _by_size(useful, best_fill, needs, default, stock)
        else:
            trials += _greedy(useful, best_fill, needs, default, stock)
    best = heapq.nsmallest(KEPT, trials, key=lambda trial: trial.key)
    winner = best[0]
    return Plan(
        shares=winner.shares,
        candidates=tuple(
            Candidate(
                tuple(site.key for site in trial.sites) or (default,),
                trial.shipments,
                trial.filled,
                None if trial is winner else _lost_by(trial.key, winner.key),
            )
            for trial in best
        ),
        total=sum(need.quantity for need in needs),
        exact=len(useful) <= EXACT_LIMIT,
    )


def route_all(requests, stock):
    """Route several orders one after the other, so that no unit is planned twice.

    :param requests: list of ``(needs, sites, default)``, see :func:`route`
    :param stock: see :func:`route`; not changed
    :return: list of :class:`Plan`, one per request
    """
    left = dict(stock)
    plans = []
    for needs, sites, default in requests:
        plan = route(needs, sites, default, left)
        for place, quantity in _taken(needs, plan):
            left[place] = left.get(place, 0.0) - quantity
        plans.append(plan)
    return plans


def contested(requests, plans, stock):
    """Products of which so little is left that others planning right now may want the same.

    :param requests: see :func:`route_all`, whose answer ``plans`` is
    :param stock: the stock they were planned with
    :return: set of products
    """
    taken = {}
    for (needs, _sites, _default), plan in zip(requests, plans, strict=True):
        for place, quantity in _taken(needs, plan):
            taken[place] = taken.get(place, 0.0) + quantity
    return {
        place[1]
        for place, quantity in taken.items()
        if quantity > EPSILON and stock.get(place, 0.0) - quantity < SCARCE * quantity
    }


def _taken(needs, plan):
    """What a plan takes from stock: pairs of (site, product) and quantity in the product's unit."""
    by_key = {need.key: need for need in needs}
    for share in plan.shares:
        need = by_key[share.need]
        if not need.anywhere:
            yield (share.site, need.product), (share.quantity - share.short) * need.unit_size


def shrink(parts, excess):
    """Take ``excess`` away from allocated quantities, the last first.

    :param parts: list of ``(key, quantity, fixed)``; ``fixed`` of it can't be taken any more
    :param float excess: quantity to take away, above zero
    :return: dict key → new quantity, of the parts that change
    """
    changed = {}
    for key, quantity, fixed in reversed(parts):
        taken = min(excess, max(quantity - fixed, 0.0))
        if taken > EPSILON:
            changed[key] = quantity - taken
            excess -= taken
    return changed


def _by_size(useful, best_fill, needs, default, stock):
    """Try sets of sites, small ones first, until one ships as much as all sites together."""
    trials = []
    for size in range(1, len(useful) + 1):
        found = [_try(sites, needs, default, stock) for sites in combinations(useful, size)]
        trials += found
        if any(trial.filled >= best_fill - EPSILON for trial in found):
            break
    return trials


def _greedy(useful, best_fill, needs, default, stock):
    """Add the site that helps most until nothing helps, then drop those not needed after all."""
    trials = [_try((site,), needs, default, stock) for site in useful]
    current = min(trials, key=lambda trial: trial.key)
    while current.filled < best_fill - EPSILON:
        step = [
            _try((*current.sites, site), needs, default, stock)
            for site in useful
            if site not in current.sites
        ]
        current = min(step, key=lambda trial: trial.key)
        trials.append(current)
    for site in current.sites:
        without = tuple(other for other in current.sites if other != site)
        trial = _try(without, needs, default, stock)
        if trial.filled >= current.filled - EPSILON:
            current = trial
            trials.append(trial)
    return trials


def _try(sites, needs, default, stock, ranked=()):
    """Fill the order from a set of sites (best first), and rate the set.

    With no sites everything waits at the default one, which ``ranked`` then rates.
    """
    left = {}
    given = {}
    filled = 0.0
    for need in needs:
        if need.anywhere:
            continue
        for site in sites:
            place = (site.key, need.product)
            left.setdefault(place, max(stock.get(place, 0.0), 0.0))
        for site_key, quantity in _fill(need, sites, left):
            given[need.key, site_key] = [quantity, 0.0]
            filled += quantity
            left[site_key, need.product] -= quantity * need.unit_size
    for need in needs:
        got = sum(given.get((need.key, site.key), (0.0,))[0] for site in sites)
        rest = need.quantity - got
        if rest <= EPSILON:
            continue
        target = sites[0].key if need.anywhere and sites else default
        part = given.setdefault((need.key, target), [0.0, 0.0])
        part[0] += rest
        if need.anywhere:
            filled += rest
        else:
            part[1] += rest
    shares = tuple(
        Share(need.key, site_key, round(quantity, 6), round(short, 6))
        for need in needs
        for (need_key, site_key), (quantity, short) in given.items()
        if need_key == need.key
    )
    used = {share.site for share in shares}
    rated = sites or [site for site in ranked if site.key == default]
    key = (
        -round(filled, 6),
        len(used),
        sum(site.priority for site in rated) if rated else math.inf,
        sum(site.distance for site in rated) if rated else math.inf,
        0 if any(site.is_default for site in rated) else 1,
        -round(sum(left.values()), 6),
        (len(sites), tuple(str(site.key) for site in sites)),
    )
    return _Trial(key, sites, shares, len(used), filled)


def _fill(need, sites, left):
    """Quantities of one need from sites: from one that has it all, else the largest stock first."""
    for site in sites:
        if left[site.key, need.product] >= need.quantity * need.unit_size - EPSILON:
            return [(site.key, need.quantity)]
    parts = []
    rest = need.quantity
    for site in sorted(sites, key=lambda site: -left[site.key, need.product]):
        available = left[site.key, need.product] / need.unit_size
        whole = math.floor(available / need.step + EPSILON) * need.step
        quantity = min(whole, rest)
        if quantity > EPSILON:
            parts.append((site.key, quantity))
            rest -= quantity
    return parts


def _lost_by(key, winner):
    """Name of the first criterion in which ``key`` is worse than ``winner``."""
    for name, value, best in zip(CRITERIA, key, winner, strict=True):
        if value != best:
            return name
    return CRITERIA[-1]

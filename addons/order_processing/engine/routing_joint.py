"""Many orders that want the same stock, routed together: an integer program, with a proven gap.

Real-time routing gives the last unit to whoever comes first. Looking at all open orders at once
saves a third and more of the split shipments (Xu, Allgor & Graves, "Benefits of reevaluating
real-time order fulfillment decisions", M&SOM 11, 2009). Here:

1. every order is routed alone with all the stock: no plan can be better, so that is a bound;
2. orders whose own best plan takes only what nobody else could miss keep it; the rest compete;
3. an integer program routes those: a shipment of an order from a site costs one, what decides
   after that (the rule's criteria) a tenth, a hundredth…, an order that is split a tenth more, a
   unit left unshipped far more. Where that is too large, prices of stock prove a bound
   (``routing_prices``), and orders that were given stock by them exchange it: by annealing
   (``routing_anneal``), without Numba by chains and swaps (``routing_exchange``);
4. its answer is made whole again in steps of each line, and compared with routing one after the
   other. Without solver or time the latter is the answer, with the bound of 1.
"""

import time
from dataclasses import dataclass

from .compiling import COMPILED
from .routing import route, route_all
from .routing_anneal import anneal
from .routing_exchange import Exchange, takes_part
from .routing_model import EPSILON, Candidate, Plan, Policy, Share, taken
from .routing_prices import Prices
from .routing_program import Lack, Program
from .routing_solver import is_available

#: Relative gap at which the solver may stop.
GAP = 0.001
#: Up to so many columns the program is solved at once; larger ones are routed by prices, and up to
#: so many then improved block by block.
SMALL, MEDIUM = 12_000, 60_000
#: Orders in a block.
BLOCK = 120
#: Relative gap at which a block is good enough.
BLOCK_GAP = 0.002
#: Seconds a block may take.
BLOCK_SECONDS = 5.0
#: Part of the time for prices, and of what is left for exchanging.
PRICING, EXCHANGING = 0.5, 0.8
#: Up to so many orders both ways to route one by one are tried.
TWICE = 3000


@dataclass(frozen=True)
class Joint:
    """Plans of all orders, in their order, and how good they are at the least.

    ``method``: ``alone`` (nothing was contested), ``solver`` or ``greedy``; ``reason`` says why it
    isn't the solver's. ``gap``: (objective - bound) / objective; 0 is proven best.
    """

    plans: tuple
    objective: float
    bound: float
    method: str
    reason: str = ""
    seconds: float = 0.0
    contested: int = 0

    @property
    def gap(self):
        """How much better another plan could be at most, as a share of the objective."""
        if self.objective <= EPSILON:
            return 0.0
        return max((self.objective - self.bound) / self.objective, 0.0)


def route_jointly(requests, stock, policy=None, time_limit=45.0, gap=GAP):
    """Route orders that share stock together.

    :param requests: list of ``(needs, sites, default)`` or ``(needs, sites, default, policy)``
    :param stock: dict ``(site key, product)`` → free quantity; not changed
    :param policy: :class:`Policy` of requests that bring none of their own
    :param float time_limit: seconds the solver may take
    :param float gap: relative gap at which it may stop
    :return: :class:`Joint`
    """
    started = time.monotonic()
    policy = policy or Policy()
    full = [(r[0], r[1], r[2], r[3] if len(r) > 3 else policy) for r in requests]
    unavoidable = Lack(full, stock).unavoidable
    alone, lowest = {}, -float("inf")
    if _columns(full) <= SMALL:
        alone = {index: route(*r[:3], stock, r[3]) for index, r in enumerate(full)}
        lowest = sum(Program.price(full[index], plan) for index, plan in alone.items())
        short = sum(plan.short for plan in alone.values())
        lowest += Program.UNSHIPPED * max(short - unavoidable, 0.0)
    fixed, open_ones, left = _settle(full, alone, stock)
    plans, reason = fixed, ""
    if open_ones:
        contest = _Contest([full[index] for index in open_ones], left, started + time_limit)
        decided, bound, reason = contest.decide(gap)
        plans = {**fixed, **dict(zip(open_ones, decided, strict=True))}
        settled = sum(Program.price(full[index], plan) for index, plan in fixed.items())
        lowest = max(lowest, bound + settled)
    objective = sum(Program.price(full[index], plan) for index, plan in plans.items())
    short = sum(plan.short for plan in plans.values())
    objective += Program.UNSHIPPED * max(short - unavoidable, 0.0)
    return Joint(
        tuple(plans[index] for index in range(len(full))),
        objective,
        min(lowest, objective),
        "greedy" if reason else "solver" if open_ones else "alone",
        reason,
        time.monotonic() - started,
        len(open_ones),
    )


def _settle(full, alone, stock):
    """Give their own best plan to orders that nobody competes with, until all others compete.

    :param dict alone: index → plan of an order by itself; those missing are made where needed
    :return: dict index → plan of the settled, list of the other indexes, stock left
    """
    left, wanted = dict(stock), {}
    reach = [_reach(*request) for request in full]
    for lines in reach:
        for place, quantity in (row for line in lines for row in line):
            wanted[place] = wanted.get(place, 0.0) + quantity

    def is_free(place):
        return wanted[place] <= left.get(place, 0.0) + EPSILON

    fixed, waiting = {}, list(range(len(full)))
    while True:
        still = []
        for index in waiting:
            # Each line needs a place that is free, or the order has to compete.
            if not all(any(is_free(place) for place, _q in line) for line in reach[index]):
                still.append(index)
                continue
            if index not in alone:
                alone[index] = route(*full[index][:3], stock, full[index][3])
            takes = list(taken(full[index][0], alone[index]))
            if alone[index].short > EPSILON or not all(is_free(place) for place, _q in takes):
                still.append(index)
                continue
            fixed[index] = alone[index]
            for place, quantity in takes:
                left[place] -= quantity
            for place, quantity in (row for line in reach[index] for row in line):
                wanted[place] -= quantity
        if len(still) == len(waiting):
            return fixed, still, left
        waiting = still


def _reach(needs, sites, _default, policy):
    """All that an order might take: for each line a list of (place, quantity)."""
    return [
        [
            ((site.key, product), need.quantity * size)
            for site in sites
            if policy.allows(need, site)
            for product, size in need.takes
        ]
        for need in needs
        if not need.anywhere
    ]


def _columns(full):
    """About how many columns the program of these orders has."""
    return sum((len(needs) + 1) * len(sites) for needs, sites, *_rest in full)


class _Contest:
    """Orders that compete for stock, until a deadline (of the monotonic clock)."""

    def __init__(self, full, left, deadline):
        self.full, self.left, self.deadline = full, left, deadline

    def decide(self, gap):
        """Plans of the orders, the proven bound, and why they aren't the solver's (or empty)."""
        bound = -float("inf")
        if not is_available():
            return self._one_by_one(), bound, "no_solver"
        if self._time() <= 0:
            return self._one_by_one(), bound, "no_time"
        if _columns(self.full) > SMALL:
            plans, bound = self._by_prices()
            if _columns(self.full) <= MEDIUM:
                plans = min(self._improve(plans), self._one_by_one(), key=self.measure)
            return plans, bound, ""
        first = self._one_by_one()
        program = Program(self.full, self.left)
        solution = program.solve(first, self._time(), gap)
        if solution is None:
            return first, bound, "no_time"
        bound = solution.bound - Program.UNSHIPPED * program.unavoidable
        if not solution.values:
            return first, bound, "no_solution"
        plans = _whole(self.full, program.plans(solution), self.left)
        if self.measure(plans) > self.measure(first) + EPSILON:
            return first, bound, "greedy_better"
        return plans, bound, ""

    def _by_prices(self):
        """Route by the prices of stock, see ``routing_prices``: (plans, proven bound)."""
        prices = Prices(self.full, self.left)
        values = prices.ascend(time.monotonic() + self._time() * PRICING)
        left, plans = dict(self.left), {}
        for index, request in enumerate(self.full):
            if not takes_part(request):
                plans[index] = route(*request[:3], left, request[3])
                for place, quantity in taken(request[0], plans[index]):
                    left[place] = left.get(place, 0.0) - quantity
        rest = [index for index in range(len(self.full)) if index not in plans]
        requests = [self.full[index] for index in rest]
        exchange, until = (
            Exchange(requests, left, values),
            time.monotonic() + self._time() * EXCHANGING,
        )
        amounts = exchange.start()
        amounts = anneal(requests, left, amounts, until) if COMPILED else exchange.run(until)
        plans.update(zip(rest, _whole(requests, amounts, left), strict=True))
        return [plans[index] for index in range(len(self.full))], prices.bound

    def _improve(self, plans):
        """Solve block after block anew with the stock it has and what nobody uses, while there is
        time: each can only get better."""
        left = dict(self.left)
        for (needs, *_rest), plan in zip(self.full, plans, strict=True):
            for place, quantity in taken(needs, plan):
                left[place] = left.get(place, 0.0) - quantity
        blocks = _blocks([(index, request[0]) for index, request in enumerate(self.full)])
        blocks.sort(key=lambda block: -sum(plans[index].parcels > 1 for index in block))
        for block in blocks:
            if self._time() < BLOCK_SECONDS:
                break
            there = dict(left)
            for index in block:
                for place, quantity in taken(self.full[index][0], plans[index]):
                    there[place] += quantity
            part = _Contest([self.full[index] for index in block], there, self.deadline)
            before = [plans[index] for index in block]
            program = Program(part.full, there)
            solution = program.solve(before, BLOCK_SECONDS, BLOCK_GAP)
            if solution is None or not solution.values:
                continue
            after = _whole(part.full, program.plans(solution), there)
            if part.measure(after) < part.measure(before) - EPSILON:
                for index, plan in zip(block, after, strict=True):
                    plans[index] = plan
                    for place, quantity in taken(self.full[index][0], plan):
                        there[place] = there.get(place, 0.0) - quantity
                left = there
        return plans

    def _time(self):
        return self.deadline - time.monotonic()

    def _one_by_one(self):
        """The better of two ways to route one after the other: as they came, the hardest first."""
        count = range(len(self.full))
        hardest = sorted(count, key=lambda index: (-len(self.full[index][0]), index))
        ways = []
        for way in (count, hardest) if len(self.full) <= TWICE else (hardest,):
            plans = route_all([self.full[index] for index in way], self.left)
            ways.append(
                [plan for _i, plan in sorted(zip(way, plans, strict=True), key=lambda p: p[0])]
            )
        return min(ways, key=self.measure)

    def measure(self, plans):
        """The objective of the program, of plans of these orders."""
        return sum(
            Program.price(request, plan) + Program.UNSHIPPED * plan.short
            for request, plan in zip(self.full, plans, strict=True)
        )


def _blocks(orders):
    """Put orders that want the same products into blocks of ``BLOCK``.

    :param orders: list of (index, needs)
    """
    wanting, wants = {}, {}
    for index, needs in orders:
        wants[index] = {p for need in needs for p, _size in need.takes}
        for product in wants[index]:
            wanting.setdefault(product, []).append(index)
    blocks, waiting = [], dict.fromkeys(wants)
    while waiting:
        block, near = [], {}
        while waiting and len(block) < BLOCK:
            index = max(near, key=lambda i: (near[i], -i)) if near else next(iter(waiting))
            near.pop(index, None)
            del waiting[index]
            block.append(index)
            for product in wants[index]:
                for other in wanting[product]:
                    if other in waiting:
                        # Rare products bind orders together more than what everybody wants.
                        near[other] = near.get(other, 0.0) + 1 / len(wanting[product])
        blocks.append(block)
    return blocks


def _whole(full, chosen, left):
    """Plans from the solver's quantities, rounded to steps; what that leaves is filled up."""
    left = dict(left)
    given = []
    for request, amounts in zip(full, chosen, strict=True):
        needs = {need.key: need for need in request[0]}
        kept = {}
        for (need_key, site), amount in amounts.items():
            need = needs[need_key]
            units = min(
                (left.get((site, product), 0.0) / size for product, size in need.takes),
                default=0.0,
            )
            amount = min(round(amount / need.step) * need.step, need.quantity)
            amount = amount if amount <= units + EPSILON else int(units / need.step) * need.step
            if amount > EPSILON:
                kept[need_key, site] = amount
                for product, size in need.takes:
                    left[site, product] -= amount * size
        given.append(kept)
    return [_finish(request, kept, left) for request, kept in zip(full, given, strict=True)]


def _finish(request, kept, left):
    """One order's plan: what it was given, what is still there for it, the rest as back-order."""
    needs, sites, default, policy = request
    rest = []
    for need in needs:
        got = sum(amount for (key, _site), amount in kept.items() if key == need.key)
        if need.quantity - got > EPSILON:
            rest.append(_reduced(need, round(need.quantity - got, 6)))
    used = {site for _need, site in kept}
    shares = [Share(key, site, round(amount, 6)) for (key, site), amount in kept.items()]
    if rest:
        near = [site for site in sites if site.key in used]
        more = route(rest, near or sites, default, left, policy)
        if more.short > EPSILON and near:
            more = route(rest, sites, default, left, policy)
        for place, quantity in taken(rest, more):
            left[place] = left.get(place, 0.0) - quantity
        shares += more.shares
    return _plan(needs, _merged(shares), default)


def _reduced(need, quantity):
    return type(need)(
        need.key, need.product, quantity, need.unit_size, need.step, need.anywhere, need.parts,
        need.value, need.weight, need.alone,
    )  # fmt: skip


def _merged(shares):
    """One share for each line and site."""
    sums = {}
    for share in shares:
        part = sums.setdefault((share.need, share.site), [0.0, 0.0])
        part[0] += share.quantity
        part[1] += share.short
    return [Share(*key, round(q, 6), round(short, 6)) for key, (q, short) in sums.items()]


def _plan(needs, shares, default):
    place = {need.key: index for index, need in enumerate(needs)}
    shares = tuple(sorted(shares, key=lambda s: (place[s.need], str(s.site))))
    total = sum(need.quantity for need in needs)
    filled = total - sum(share.short for share in shares)
    sites = tuple(dict.fromkeys(share.site for share in shares)) or (default,)
    return Plan(shares, (Candidate(sites, len(sites), filled),), total)

"""Prices of scarce stock: what a unit at a place is worth to the orders that compete for it.

Lagrangian relaxation (Fisher, Management Science 27, 1981): orders may take more than there is,
but pay for each unit. Then each decides by itself, and exactly; what all of them pay together,
less what the stock is worth, is no more than the best plan of all costs: a proven bound, whatever
the prices. They are raised where too much is asked for and lowered where something is left, with
steps of each price's own size (Kingma & Ba, Adam, 2015). All orders of one shape are decided at
once by arrays.
"""

import time
from itertools import combinations
from math import comb

from .routing_model import EPSILON
from .routing_program import Lack, Program

#: Stands for "can't".
NEVER = 1e4
#: Most sets of one size tried for an order, and numbers in one array; what more would cost is
#: estimated from below.
SETS, MOST = 3000, 40_000_000
#: Rounds, and the step of a price in the first and the last of them.
ROUNDS, FIRST_STEP, LAST_STEP = 80, 0.06, 0.002
#: How much of the former direction and size a round keeps.
INERTIA, MEMORY = 0.5, 0.9


class Prices:
    """Orders, their lines and the stock as arrays.

    :param requests: list of ``(needs, sites, default, policy)``
    :param stock: dict ``(site key, product)`` → free quantity
    """

    def __init__(self, requests, stock):
        import numpy as np  # noqa: PLC0415 optional: see routing_solver.is_available

        self.np = np
        self.lack = Lack(requests, stock)
        keys = dict.fromkeys(site.key for request in requests for site in request[1])
        self.sites = {key: number for number, key in enumerate(keys)}
        self.products = {}
        self._gather_lines(requests, stock)
        self.there = np.zeros((len(self.products), len(self.sites)))
        for (site, product), quantity in stock.items():
            if product in self.products and site in self.sites:
                self.there[self.products[product], self.sites[site]] = max(quantity, 0.0)
        #: The bound of the best prices found so far.
        self.bound = -float("inf")

    # === Gather === #

    def _gather_lines(self, requests, stock):
        """Lines, what they take, what each place can give to them, and what shipments cost."""
        np, width = self.np, len(self.sites) + 1
        quantities, caps, units, parts, starts, count = [], [], [], [], [0], 0
        rates = np.full((len(requests), width), NEVER)
        self.splits = np.array([Program.split(request) for request in requests])
        self._limits = []
        for index, request in enumerate(requests):
            needs, sites, _default, policy = request
            for key, rate in Program.rates(request).items():
                rates[index, self.sites[key]] = rate
            rates[index, -1] = 1.0
            self._limits.append(policy.max_sites)
            for need in needs:
                if need.anywhere:
                    continue
                row = [0.0] * width
                for site in sites:
                    if policy.allows(need, site):
                        row[self.sites[site.key]] = self._gives(need, site, stock)
                row[-1] = need.quantity if self.lack.may_wait(need) else 0.0
                for product, size in need.takes:
                    number = self.products.setdefault(product, len(self.products))
                    parts.append((count, number, size))
                quantities.append(need.quantity)
                units.append(need.quantity / need.step)
                caps.append(row)
                count += 1
            starts.append(count)
        self.quantities, self.caps = np.array(quantities, float), np.array(caps, float)
        self.rates = rates
        #: How many pieces a line can be split into.
        self.pieces = np.ceil(np.array(units) - EPSILON)
        lines, numbers, sizes = zip(*parts, strict=True)
        self.part_line, self.part_product = np.array(lines), np.array(numbers)
        self.part_size = np.array(sizes)[:, None]
        self.starts = np.array(starts)
        gives = (self.caps > 0) & (self.caps < self.quantities[:, None] - EPSILON)
        self.partial = gives.any(1)

    @staticmethod
    def _gives(need, site, stock):
        units = min(stock.get((site.key, product), 0.0) / size for product, size in need.takes)
        return min(max((units + EPSILON) // need.step * need.step, 0.0), need.quantity)

    def _shapes(self):
        """Orders of one shape together."""
        np, width = self.np, len(self.sites) + 1
        shapes = {}
        for index, limit in enumerate(self._limits):
            first, end = self.starts[index], self.starts[index + 1]
            if first == end:
                continue
            waits = bool(self.caps[first:end, -1].any())
            partial = bool(self.partial[first:end].any())
            size = width - 1 + waits if partial else min(end - first, width - 1 + waits)
            if partial:
                size = min(size, int(self.pieces[first:end].sum()))
            if limit:
                size = min(size, limit + waits)
            shapes.setdefault((int(end - first), waits, partial, max(int(size), 1)), []).append(
                index
            )
        return [_Shape(self, np.array(indexes), *shape) for shape, indexes in shapes.items()]

    # === Prices === #

    def ascend(self, deadline):
        """Find good prices until a deadline (of the monotonic clock).

        :return: dict ``(site key, product)`` → price of a unit
        """
        np = self.np
        shapes = self._shapes()
        short = np.zeros(len(self.products), bool)
        short[self.part_product[self.caps[self.part_line, -1] > 0]] = True
        prices = np.zeros_like(self.there)
        if self.lack.is_known:
            # Somebody has to wait for these whatever is decided: so much a unit is worth at least.
            prices[short] = Program.UNSHIPPED
        best = prices
        speed, size = np.zeros_like(prices), np.zeros_like(prices)
        for number in range(ROUNDS):
            bound, used = self._respond(prices, shapes)
            if bound > self.bound:
                self.bound, best = bound, prices
            if time.monotonic() > deadline:
                break
            excess = used - self.there
            excess[(prices <= 0) & (excess < 0)] = 0.0
            speed = INERTIA * speed + (1 - INERTIA) * excess
            size = MEMORY * size + (1 - MEMORY) * excess * excess
            step = FIRST_STEP * (LAST_STEP / FIRST_STEP) ** (number / ROUNDS)
            prices = np.maximum(prices + step * speed / (np.sqrt(size) + 1e-3), 0.0)
        return {
            (site, product): float(best[row, column])
            for product, row in self.products.items()
            for site, column in self.sites.items()
        }

    def _respond(self, prices, shapes):
        """What all orders do at these prices: (bound, units taken of each product by site)."""
        np, width = self.np, len(self.sites)
        unit = np.full((len(self.quantities), width + 1), Program.UNSHIPPED)
        paid = prices[self.part_product] * self.part_size
        unit[:, :width] = 0.0
        np.add.at(unit[:, :width], self.part_line, paid)
        order = np.argsort(unit, axis=1, kind="stable")
        whole = np.where(
            self.caps >= self.quantities[:, None] - EPSILON, unit * self.quantities[:, None], NEVER
        )
        everywhere, rest = self._fill(order, self.caps)
        lowest = (everywhere * unit).sum(1) + rest * NEVER
        chosen = np.zeros(self.caps.shape, bool)
        total = 0.0
        for shape in shapes:
            costs, sets = shape.respond(unit, order, whole, lowest)
            total += costs.sum()
            chosen[shape.lines] = sets[:, None, :]
        taken, _rest = self._fill(order, np.where(chosen, self.caps, 0.0))
        used = np.zeros_like(prices)
        amounts = taken[self.part_line, :width] * self.part_size
        for column in range(width):
            used[:, column] = np.bincount(self.part_product, amounts[:, column], len(self.products))
        worth = (prices * self.there).sum() + Program.UNSHIPPED * self.lack.unavoidable
        return float(total - worth), used

    def _fill(self, order, caps):
        """Fill all lines from their cheapest places: (quantities by site, what is left)."""
        np = self.np
        taken, rest = np.zeros_like(caps), self.quantities.copy()
        every = np.arange(len(rest))
        for rank in range(caps.shape[1]):
            place = order[:, rank]
            part = np.minimum(rest, caps[every, place])
            taken[every, place] = part
            rest -= part
        return taken, rest


class _Shape:
    """Orders with as many lines each: the cheapest set of sites of each, the smaller sets first.

    An order leaves as soon as no larger set can be cheaper: nearly all do after one or two sites.
    """

    def __init__(self, prices, indexes, length, waits, partial, size):
        np = self.np = prices.np
        self.prices, self.partial, self.size = prices, partial, size
        self.width = len(prices.sites) + 1
        self.columns = self.width if waits else self.width - 1
        self.lines = prices.starts[indexes][:, None] + np.arange(length)[None]
        self.rates, self.split = prices.rates[indexes], prices.splits[indexes]
        self.some = prices.partial[self.lines]
        #: What so many sites cost at least (a column for each number of them, from 1).
        self.least = np.cumsum(np.sort(self.rates[:, : self.columns], axis=1), axis=1)
        self.least[:, 1 + waits :] += self.split[:, None]
        self._levels = {}

    def _level(self, number):
        """Sets of so many sites: (sets, rows of those without their last site, last sites, which
        sites are in each). None if there are too many."""
        np = self.np
        if number not in self._levels:
            if comb(self.columns, number) > SETS:
                return None
            sets = list(combinations(range(self.columns), number))
            inside = np.zeros((len(sets), self.width))
            inside[np.arange(len(sets))[:, None], np.array(sets)] = 1.0
            parents = []
            if number > 1:
                place = {chosen: row for row, chosen in enumerate(self._level(number - 1)[0])}
                parents = [place[chosen[:-1]] for chosen in sets]
            last = np.array([chosen[-1] for chosen in sets])
            self._levels[number] = (sets, np.array(parents), last, inside)
        return self._levels[number]

    def respond(self, unit, order, whole, lowest):
        """The cheapest set of each order: (costs, whether a site is in it)."""
        np = self.np
        best = np.full(len(self.lines), np.inf)
        chosen = np.zeros((len(self.lines), self.width), bool)
        base = lowest[self.lines].sum(1)
        some, before = np.arange(len(self.lines)), None
        for number in range(1, self.size + 1):
            if number > 1:
                stays = base[some] + self.least[some, number - 1] < best[some] - EPSILON
                some, before = some[stays], before[:, stays]
            level = self._level(number)
            if not len(some) or not level or len(level[0]) * self.lines[some].size > MOST:
                # What wasn't tried is estimated from below.
                beyond = base[some] + self.least[some, number - 1]
                best[some] = np.minimum(best[some], beyond)
                break
            _sets, parents, last, inside = level
            before, costs = self._costs(some, before, level, unit, order, whole)
            sums = costs.sum(2).T + self.rates[some] @ inside.T
            sums += self.split[some, None] * (inside[:, :-1].sum(1) > 1)
            row = sums.argmin(1)
            least = sums[np.arange(len(some)), row]
            better = least < best[some]
            best[some[better]] = least[better]
            chosen[some[better]] = inside[row[better]] > 0
        return best, chosen

    def _costs(self, some, before, level, unit, order, whole):
        """What lines of some orders cost from each set: (whole from one site, in parts too)."""
        np = self.np
        _sets, parents, last, inside = level
        from_one = np.ascontiguousarray(whole[self.lines[some]].transpose(2, 0, 1))
        if before is None:
            before = from_one[last]
        else:
            before = np.minimum(before[parents], from_one[last])
        costs = before
        if self.partial:
            costs, where = before.copy(), self.some[some]
            costs[:, where] = self._in_parts(self.lines[some][where], inside, unit, order)
        return before, costs

    def _in_parts(self, lines, inside, unit, order):
        """What lines cost from each set that may give them only in parts."""
        np, prices = self.np, self.prices
        rest = np.repeat(prices.quantities[lines][None], len(inside), 0)
        costs = np.zeros_like(rest)
        every = np.arange(len(lines))
        order, unit, caps = order[lines], unit[lines], prices.caps[lines]
        for rank in range(caps.shape[1]):
            place = order[:, rank]
            part = np.minimum(rest, inside[:, place] * caps[every, place])
            rest -= part
            costs += part * unit[every, place]
        return costs + rest * NEVER

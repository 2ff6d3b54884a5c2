"""The integer program of joint routing: from orders to columns and rows, and back to quantities."""

import math

from .routing_model import EPSILON
from .routing_solver import solve

#: Weight of each criterion after the one before it.
STEP_DOWN = 0.1
#: How many criteria count in the program; later ones only break ties.
COUNTED = 3


class Lack:
    """Which products are short, so that somebody has to wait: the others' lines never do.

    Only where everybody may take everything from everywhere can that be told beforehand.
    ``unavoidable``: units (product's own unit) that wait whatever is decided.
    """

    def __init__(self, requests, stock):
        wanted, there = {}, {}
        for (_site, product), quantity in stock.items():
            there[product] = there.get(product, 0.0) + max(quantity, 0.0)
        self.is_known = len({tuple(site.key for site in r[1]) for r in requests}) == 1
        for needs, _sites, _default, policy in requests:
            if policy.blocked or policy.max_sites or policy.guard:
                self.is_known = False
            for need in needs:
                if need.anywhere:
                    continue
                if len(need.takes) > 1:
                    self.is_known = False
                for product, size in need.takes:
                    wanted[product] = wanted.get(product, 0.0) + need.quantity * size
        lack = {product: wanted[product] - there.get(product, 0.0) for product in wanted}
        self.short = {product for product, much in lack.items() if much > EPSILON}
        self.unavoidable = sum(lack[p] for p in self.short) if self.is_known else 0.0

    def may_wait(self, need):
        """Whether a line may have to wait for stock."""
        return not self.is_known or any(product in self.short for product, _size in need.takes)


class Program:
    """Columns: for each order and site "ships from here" (0/1), for each line and site a quantity.

    A line that can't be split in an order of its own needs no 0/1 column. ``wait`` takes what is
    in no stock: one more shipment later, and :attr:`UNSHIPPED` a unit.
    """

    #: Price of an order that leaves from more than one site, where the number of shipments decides.
    SPLIT = 0.1
    #: Price of a unit left unshipped although another plan might ship it.
    UNSHIPPED = 5.0

    def __init__(self, requests, stock):
        self.requests, self.stock = requests, stock
        self.lack = Lack(requests, stock)
        self.unavoidable = self.lack.unavoidable
        self.cost, self.upper, self.integer = [], [], []
        self.low, self.high = [], []
        self.row, self.column, self.value = [], [], []
        #: (request, need key, site key) → column; a site key of None: waits.
        self.quantity_columns = {}
        self.ship_columns = {}
        #: request → its "is split" column and its "ships from here" columns.
        self.split_columns = {}
        self._takers = {}
        for index, request in enumerate(requests):
            self._add_order(index, *request)
        self._add_stock()

    # === Columns and rows === #

    @classmethod
    def rates(cls, request):
        """What a shipment of this order costs from each site: dict site key → price.

        The first criterion counts one, the next a tenth of its range, and so on.
        """
        _needs, sites, _default, policy = request
        names = _counted(policy)
        rates = dict.fromkeys((site.key for site in sites), 0.0)
        weight = 1.0
        for name in names:
            values = {site.key: _worth(site, name) for site in sites}
            most = max(values.values(), default=0.0)
            for key, value in values.items():
                rates[key] += weight * (value / most if most > EPSILON else 0.0)
            weight *= STEP_DOWN
        return rates

    @classmethod
    def price(cls, request, plan):
        """Objective of one order's plan, without what is unshipped."""
        rates = cls.rates(request)
        stocked = {need.key for need in request[0] if not need.anywhere}
        used = {
            share.site
            for share in plan.shares
            if share.need in stocked and share.quantity - share.short > EPSILON
        }
        split = cls.split(request) if len(used) > 1 else 0.0
        return sum(rates[site] for site in used) + split + (plan.short > EPSILON)

    @classmethod
    def split(cls, request):
        """What it costs that this order leaves from more than one site."""
        return cls.SPLIT if "shipments" in _counted(request[3]) else 0.0

    def _add_order(self, index, needs, sites, _default, policy):
        needs = [need for need in needs if not need.anywhere]
        rates = self.rates(self.requests[index])
        single = len(needs) == 1 and needs[0].quantity <= needs[0].step + EPSILON
        places = [
            (need, site)
            for need in needs
            for site in sites
            if policy.allows(need, site) and self._units(need, site) >= need.step - EPSILON
        ]
        if not single:
            for site in dict.fromkeys(site for _need, site in places):
                self.ship_columns[index, site.key] = self._column(rates[site.key], 1.0, True)
            self._add_split(index, needs, places)
            if any(self.lack.may_wait(need) for need in needs):
                self.ship_columns[index, None] = self._column(1.0, 1.0, True)
        rows = {need.key: self._row(need.quantity, need.quantity) for need in needs}
        for need, site in places:
            most = min(need.quantity, self._units(need, site))
            price = rates[site.key] / need.quantity if single else 0.0
            self._quantity(index, need, site.key, price, most, rows)
        for need in needs:
            price = self.UNSHIPPED + (1.0 / need.quantity if single else 0.0)
            self._quantity(index, need, None, price, need.quantity, rows)
            if not self.lack.may_wait(need):
                self.upper[-1] = 0.0
        if policy.max_sites and not single:
            limit = self._row(0.0, policy.max_sites)
            for site in sites:
                if (index, site.key) in self.ship_columns:
                    self._set(limit, self.ship_columns[index, site.key], 1.0)

    def _add_split(self, index, needs, places):
        """A column that is 1 if the order leaves from more than one site."""
        price = self.split(self.requests[index])
        columns = [self.ship_columns[index, key] for key in {s.key: 0 for _need, s in places}]
        pieces = sum(math.ceil(need.quantity / need.step - EPSILON) for need in needs)
        most = min(len(columns), pieces)
        if not price or most < 2:
            return
        split = self._column(price, 1.0, True)
        self.split_columns[index] = (split, columns)
        row = self._row(-float("inf"), 1.0)
        for column in columns:
            self._set(row, column, 1.0)
        self._set(row, split, 1.0 - most)

    def _units(self, need, site):
        return min(self.stock.get((site.key, product), 0.0) / size for product, size in need.takes)

    def _quantity(self, index, need, site_key, price, most, rows):
        """A quantity column, linked to its order's "ships from here" column."""
        column = self._column(price, most, False)
        self.quantity_columns[index, need.key, site_key] = column
        self._set(rows[need.key], column, 1.0)
        ship = self.ship_columns.get((index, site_key))
        if ship is not None:
            link = self._row(-float("inf"), 0.0)
            self._set(link, column, 1.0)
            self._set(link, ship, -most)
        if site_key is not None:
            for product, size in need.takes:
                self._takers.setdefault((site_key, product), []).append((column, size, most))

    def _add_stock(self):
        """No more than there is; places where all that is wanted is there need no row."""
        for place, takers in self._takers.items():
            there = self.stock.get(place, 0.0)
            if sum(size * most for _column, size, most in takers) > there + EPSILON:
                row = self._row(0.0, there)
                for column, size, _most in takers:
                    self._set(row, column, size)

    def _column(self, cost, upper, integer):
        self.cost.append(cost)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.cost) - 1

    def _row(self, low, high):
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def _set(self, row, column, value):
        self.row.append(row)
        self.column.append(column)
        self.value.append(value)

    # === Solve === #

    def solve(self, first, time_limit, gap):
        """Solve, starting from the plans ``first`` of all requests (or None).

        See ``routing_solver.solve``.
        """
        if time_limit <= 0:
            return None
        start = self._start(first) if first else []
        return solve({**self._arrays(), "start": start}, time_limit, gap)

    def _arrays(self):
        names = ("cost", "upper", "integer", "low", "high", "row", "column", "value")
        return {name: getattr(self, name) for name in names}

    def _start(self, first):
        values = [0.0] * len(self.cost)
        for index, plan in enumerate(first):
            for share in plan.shares:
                for site, amount in (
                    (share.site, share.quantity - share.short),
                    (None, share.short),
                ):
                    column = self.quantity_columns.get((index, share.need, site))
                    if amount <= EPSILON or column is None:
                        continue
                    values[column] += amount
                    ship = self.ship_columns.get((index, site))
                    if ship is not None:
                        values[ship] = 1.0
            if index in self.split_columns:
                split, ships = self.split_columns[index]
                values[split] = float(sum(values[ship] for ship in ships) > 1)
        return values

    def plans(self, solution):
        """What the solution ships: for each request a dict (need key, site key) → quantity."""
        chosen = [{} for _request in self.requests]
        for (index, need, site), column in self.quantity_columns.items():
            if site is not None and solution.values[column] > EPSILON:
                chosen[index][need, site] = solution.values[column]
        return chosen


def _counted(policy):
    """The criteria of a rule that count in the program."""
    return [n for n in policy.criteria if n not in ("fill", "tie", "balance")][:COUNTED]


def _worth(site, name):
    """A site's value for one criterion, as far as it can be told of a single shipment."""
    if name == "shipments":
        return 1.0
    if name == "default":
        return 0.0 if site.is_default else 1.0
    return max(float(getattr(site, name, 0.0)), 0.0)

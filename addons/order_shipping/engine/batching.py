"""Which orders a picker collects on one walk: batches that together need the fewest metres.

Batches are built by savings (G. Clarke and J. W. Wright, Operations Research 12 (1964) 568-581, in
the form with savings counted anew after every merge) and improved by simulated annealing over
exchanges of one or two orders between batches. Every length compared is that of the shortest walk
(:mod:`picking`). The result is never longer than that of savings alone. With a budget in moves it
depends on nothing but the input and the seed; with one in seconds also on the machine.

Orders of different ``group`` (zone, carrier, skill, equipment …) never share a batch.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from . import picking, picking_states

#: What fills a batch, in the order in which the loops see it.
MEASURES = ("orders", "lines", "items", "weight", "volume", "totes")
#: More orders than this are cut into parts by where they stand; pure Python takes smaller ones.
PART_COMPILED, PART_PLAIN = 700, 150
#: Pairs of orders looked at where somebody waits: the parts get smaller, and the walk of thousands
#: of orders a few in a hundred longer. Parts never get smaller than this.
PAIRS_AT_ONCE, PART_AT_ONCE = 100_000, 48
#: Moves between two looks at the clock.
CHUNK_COMPILED, CHUNK_PLAIN = 20_000, 400
#: Temperature at the start and at the end, as shares of the mean walk for one order.
WARM, COLD = 0.04, 0.004
_NEAR = 16
_CACHE_COMPILED, _CACHE_PLAIN = 1 << 20, 1 << 16


@dataclass(frozen=True)
class Order:
    """One transfer to pick.

    :ivar tuple stops: places as (x, y) in metres
    :ivar float due: minutes from now until it must be picked; None if nothing presses
    :ivar bool urgent: its batch goes before all others
    :ivar frozenset needs: skills and equipment that its picker must have
    """

    key: Hashable
    stops: tuple
    lines: int = 1
    items: float = 0.0
    weight: float = 0.0
    volume: float = 0.0
    totes: int = 1
    due: float | None = None
    group: Hashable = None
    urgent: bool = False
    needs: frozenset = frozenset()

    @property
    def orders(self):
        return 1


@dataclass(frozen=True)
class Limits:
    """What one batch may hold; None or 0: as much as there is."""

    orders: int | None = None
    lines: int | None = None
    items: float | None = None
    weight: float | None = None
    volume: float | None = None
    totes: int | None = None

    def exceeded(self, load):
        """Names of the measures of ``load`` (a dict) that are over their limit."""
        return tuple(
            name
            for name in MEASURES
            if getattr(self, name) and load[name] > getattr(self, name) + 1e-9
        )

    def exceeded_by(self, order):
        """Whether one order alone is over a limit."""
        return any(
            getattr(self, name) and getattr(order, name) > getattr(self, name) + 1e-9
            for name in MEASURES
        )

    def is_full(self, load):
        """Whether nothing more fits beside ``load``, as every order counts at least as one."""
        return bool(self.orders and load["orders"] >= self.orders)


@dataclass(frozen=True)
class Budget:
    """When to stop improving: after so many seconds, or so many moves for each order.

    :ivar clock: what tells the seconds; :func:`time.process_time` on a machine with other work
    """

    seconds: float | None = None
    moves: int | None = None
    clock: Callable = time.monotonic

    def share(self, part):
        return replace(self, seconds=self.seconds * part) if self.seconds else self


DEFAULT = Budget(moves=2000)


@dataclass(frozen=True)
class Batch:
    """Orders to be picked on one walk.

    :ivar tuple exceeded: measures over their limit: a single order that fits no batch
    """

    keys: tuple
    metres: float
    load: dict = field(hash=False)
    exceeded: tuple = ()


# === PLAN === #


def plan(block, orders, limits, budget=DEFAULT, seed=0, most=None):
    """Batches for ``orders``.

    An order over a limit gets a batch of its own. Negative measures count as 0.

    :param picking.Block block: the floor
    :param list orders: :class:`Order` with distinct keys
    :param Limits limits: what a batch may hold
    :param Budget budget: when to stop
    :param int seed: other seeds give other plans of about the same length
    :param int most: look at so many orders together, if that's fewer than usual
    :return: list of :class:`Batch`
    """
    by_group = defaultdict(list)
    alone = []
    for order in orders:
        oversized = limits.exceeded_by(order)
        (alone if oversized or not order.stops else by_group[order.group]).append(order)
    batches = [[order] for order in alone if order.stops]
    batches += without_stops([order for order in alone if not order.stops], limits)
    whole = most and limits.orders or 1
    parts = [part for group in by_group.values() for part in _parts(group, most, whole)]
    total = sum(map(len, parts))
    for part in parts:
        batches += _plan_part(block, part, limits, budget.share(len(part) / total), seed)
    return [describe(block, batch, limits) for batch in batches]


def warm_up():
    """Compile the loops, where Numba is installed, so that the first plan needn't wait for it."""
    orders = [Order(key, ((float(key), 1.0),)) for key in range(3)]
    plan(picking.Block(2.0), orders, Limits(orders=2), Budget(moves=1))


def describe(block, orders, limits):
    """The :class:`Batch` of these orders, its walk the shortest."""
    places = dict.fromkeys(place for order in orders for place in order.stops)
    stops = [picking.Stop(place, *place) for place in places]
    load = _load(orders)
    metres = picking.shortest(block, stops).metres
    return Batch(tuple(order.key for order in orders), metres, load, limits.exceeded(load))


def first_fit(orders, limits):
    """Batches as Odoo builds them: each order joins the newest batch it fits in.

    :return: list of lists of :class:`Order`
    """
    batches, unfilled = [], []
    for order in orders:
        own = _load([order])
        for rank in range(len(unfilled) - 1, -1, -1):
            batch, load = unfilled[rank]
            if batch[0].group != order.group:
                continue
            more = {name: load[name] + own[name] for name in MEASURES}
            if not limits.exceeded(more):
                batch.append(order)
                unfilled[rank] = (batch, more)
                break
        else:
            batches.append([order])
            rank = len(unfilled)
            unfilled.append((batches[-1], own))
        # A full batch needn't be looked at again: thousands of orders stay a matter of moments.
        if limits.is_full(unfilled[rank][1]):
            del unfilled[rank]
    return batches


def next_fit(orders, limits):
    """First come, first served: a batch is closed when the next order doesn't fit.

    :return: list of lists of :class:`Order`
    """
    batches = []
    for order in orders:
        last = batches[-1] if batches else None
        fits = last and last[0].group == order.group
        if fits and not limits.exceeded(_load([*last, order])):
            last.append(order)
        else:
            batches.append([order])
    return batches


#: Orders whose places nobody knows have no walk to save: they are batched as they come.
without_stops = first_fit


def _load(orders):
    return {name: sum(max(getattr(order, name), 0) for order in orders) for name in MEASURES}


def _parts(orders, most=None, whole=1):
    """Cut many orders into parts that stand together.

    :param int most: orders in a part
    :param int whole: parts hold a multiple of it, if so many fit: they end with full batches
    """
    from . import batching_kernel

    usual = PART_COMPILED if batching_kernel.COMPILED else PART_PLAIN
    most = min(most or usual, usual)
    if len(orders) <= most:
        return [orders]
    if whole > most:
        whole = 1
    count = -(-len(orders) // most)
    size = -(-len(orders) // count // whole) * whole

    def where(order):
        xs = [x for x, _y in order.stops]
        return (max(xs), min(xs), sum(y for _x, y in order.stops) / len(xs))

    orders = sorted(orders, key=where)
    return [orders[first : first + size] for first in range(0, len(orders), size)]


def _plan_part(block, orders, limits, budget, seed):
    if len(orders) == 1:
        return [orders]
    is_improved = bool(budget.seconds or budget.moves)
    search = Search(block, orders, limits, seed, is_improved)
    search.build()
    if is_improved:
        search.improve(budget)
    return search.batches()


# === SEARCH === #


class Search:
    """One part of a plan in the form the loops of :mod:`batching_kernel` work on."""

    def __init__(self, block, orders, limits, seed, is_improved=True):
        from . import batching_kernel as kernel

        self.kernel = kernel
        self.orders = orders
        self.random = random.Random(seed)
        self._floor(block)
        self._loads(limits)
        count = len(orders)
        names = [self.random.getrandbits(61) | 1 for _order in orders]
        starts, columns, bits = [0], [], []
        for order in orders:
            masks = self._masks(order.stops)
            columns += masks
            bits += masks.values()
            starts.append(len(columns))
        self.tour_orders = tuple(map(kernel.sequence, (starts, columns, bits, self.base, names)))
        self.is_improved = is_improved
        size = _CACHE_COMPILED if kernel.COMPILED else _CACHE_PLAIN
        if not is_improved:
            size = _CACHE_PLAIN >> 4  # savings seldom meet the same batch twice
        zeros = kernel.sequence([0])
        self.cache = (zeros.repeat(size), zeros.repeat(size)) if kernel.COMPILED else (
            [0] * size, [0] * size
        )  # fmt: skip
        self.cache += (kernel.sequence([0] * len(self.base)),)
        self.names = names
        self.assigned = list(range(count))
        self._set_plan()

    # --- the floor in numbers --- #

    def _floor(self, block):
        cross = block.cross
        start = picking.depot(block)
        xs = {x for order in self.orders for x, _y in order.stops}
        self.xs = sorted(xs | {start.x})
        self.rank_of = {x: rank for rank, x in enumerate(self.xs)}
        self.cross = cross
        stretches = len(cross) - 1
        ys = [set() for _stretch in range(stretches)]
        points = {place for order in self.orders for place in order.stops} | {(start.x, start.y)}
        for _x, y in points:
            ys[self._stretch_of(y)].add(y)
        self.bit_of, places = [], []
        for low, inside in zip(cross, ys, strict=False):
            bits, depths = _number_places(sorted(inside), self.kernel.PLACES)
            self.bit_of.append(bits)
            places += [_centimetres(depth - low) for depth in depths]
            places += [0] * (self.kernel.PLACES - len(depths))
        self.base = [0] * (len(self.xs) * stretches)
        for column, mask in self._masks([(start.x, start.y)]).items():
            self.base[column] = mask
        gaps = [b - a for a, b in zip(self.xs, [*self.xs[1:], self.xs[-1]], strict=True)]
        depths = [high - low for low, high in zip(cross, cross[1:], strict=False)]
        shape, table, work = _flat_tables(len(cross))
        sequence = self.kernel.sequence
        self.floor = (
            sequence(shape),
            sequence([_centimetres(depth) for depth in depths]),
            sequence([_centimetres(gap) for gap in gaps]),
            sequence([int(x in xs) for x in self.xs]),
            sequence(places),
            sequence(table),
            sequence(work),
        )

    def _stretch_of(self, y):
        for rank, high in enumerate(self.cross[1:]):
            if y <= high:
                return rank
        return len(self.cross) - 2

    def _masks(self, stops):
        """Bits of the places in each column (a stretch of an aisle)."""
        masks = defaultdict(int)
        for x, y in stops:
            stretch = self._stretch_of(y)
            column = self.rank_of[x] * (len(self.cross) - 1) + stretch
            masks[column] |= 1 << self.bit_of[stretch][y]
        return masks

    def _loads(self, limits):
        """Only what is limited is counted, in thousandths."""
        limited = [name for name in MEASURES if getattr(limits, name)]
        self.limits = [round(getattr(limits, name) * 1000) for name in limited]
        self.loads = [
            round(max(getattr(order, name), 0) * 1000) for order in self.orders for name in limited
        ]

    # --- the plan in numbers --- #

    def _set_plan(self):
        """Chains, loads and lengths from the batch each order is assigned to."""
        count, size = len(self.orders), len(self.limits)
        heads, following = [-1] * count, [-1] * count
        counts, hashes, used = [0] * count, [0] * count, [0] * count * size
        for order, batch in enumerate(self.assigned):
            following[order], heads[batch] = heads[batch], order
            counts[batch] += 1
            hashes[batch] ^= self.names[order]
            for rank in range(size):
                used[batch * size + rank] += self.loads[order * size + rank]
        sequence = self.kernel.sequence
        self.chains = tuple(map(sequence, (heads, following, counts, hashes)))
        self.used = sequence(used)
        self.limit_numbers = sequence(self.limits)
        self.load_numbers = sequence(self.loads)
        self.assigned = sequence(self.assigned)

    def build(self):
        """Batches by savings; also finds which orders stand near each other."""
        kernel, count = self.kernel, len(self.orders)
        lengths = kernel.sequence([0] * count * count)
        common = (self.floor, self.tour_orders)
        kernel.pair_lengths(count, *common, self.chains, self.cache, kernel.RANKS, lengths)
        self.walks = [int(lengths[rank * count + rank]) for rank in range(count)]
        if self.is_improved:
            self.near = self._near(lengths)
        ones, zeros = kernel.sequence([1] * count), [0] * count
        best = kernel.sequence(zeros), kernel.sequence(zeros)
        state = (self.assigned, self.used, ones, *best)
        arguments = (self.chains, self.cache[2], kernel.RANKS, lengths)
        kernel.savings(count, *common, state, self.limit_numbers, *arguments)

    def _near(self, lengths):
        """For each order those that add least to its walk."""
        count = len(self.orders)
        most = min(_NEAR, count - 1)
        if self.kernel.COMPILED:
            added = lengths.reshape(count, count) - self.kernel.sequence(self.walks)
            for one in range(count):
                added[one, one] = 1 << 50
            return added.argsort(axis=1, kind="stable")[:, :most].ravel()
        near = []
        for one in range(count):
            row = lengths[one * count : (one + 1) * count]
            added = [both - walk for both, walk in zip(row, self.walks, strict=True)]
            added[one] = 1 << 50
            near += sorted(range(count), key=added.__getitem__)[:most]
        return near

    def improve(self, budget):
        """Anneal until the budget is spent; ``assigned`` is the best plan then."""
        kernel, count = self.kernel, len(self.orders)
        # Close the ranks: batches in use first, then one empty one to move orders into.
        numbers = {}
        self.assigned = [numbers.setdefault(int(b), len(numbers)) for b in self.assigned]
        self._set_plan()
        batches = min(len(numbers) + 1, count)
        chains = (self.chains[0][:batches], self.chains[1], *(c[:batches] for c in self.chains[2:]))
        costs = kernel.sequence([self.length(batch) for batch in range(batches)])
        total = int(sum(costs))
        memory = kernel.sequence([self.random.randrange(1, 2**31 - 1), total, total])
        best = kernel.sequence(list(self.assigned))
        state = (self.assigned, self.used, self.load_numbers, costs)
        mean = sum(self.walks) / count
        arguments = (
            *(self.floor, self.tour_orders, state, self.limit_numbers, chains, self.cache),
            *(kernel.RANKS, self.near, memory, best),
        )
        for done, moves in self._chunks(budget):
            warmth = mean * WARM * (COLD / WARM) ** done
            kernel.anneal(moves, warmth, *arguments)
        self.assigned = best
        self._set_plan()

    def _chunks(self, budget):
        """(Share of the budget spent, moves to try now), until it is spent."""
        size = CHUNK_COMPILED if self.kernel.COMPILED else CHUNK_PLAIN
        if budget.seconds:
            started = budget.clock()
            while (spent := budget.clock() - started) < budget.seconds:
                yield spent / budget.seconds, size
            return
        total = (budget.moves or 0) * len(self.orders)
        size = max(total // 100, 1)
        for done in range(0, total, size):
            yield done / total, min(size, total - done)

    def length(self, batch):
        """Centimetres of the walk of a batch."""
        arguments = (self.floor, self.tour_orders, self.chains, self.cache, self.kernel.RANKS)
        return int(self.kernel._length(batch, -1, -1, -1, -1, *arguments))

    def batches(self):
        by_batch = defaultdict(list)
        for order, batch in zip(self.orders, self.assigned, strict=True):
            by_batch[int(batch)].append(order)
        return list(by_batch.values())


def _centimetres(metres):
    return round(metres * 100)


def _number_places(ys, most):
    """Number the places along a stretch; more than ``most`` are put on an even grid.

    :return: (dict of y to its number, depth of each number)
    """
    if len(ys) <= most:
        return {y: rank for rank, y in enumerate(ys)}, ys
    step = (ys[-1] - ys[0]) / (most - 1)
    bits = {y: round((y - ys[0]) / step) for y in ys}
    return bits, [ys[0] + rank * step for rank in range(most)]


def _flat_tables(cross_aisles):
    """The tables of :mod:`picking_states` as one row of numbers, and room to work in."""
    tables = picking_states.tables(cross_aisles)
    states, stretches = tables.states, len(tables.stretch)
    steps = []
    for stretch in tables.stretch:
        for state in range(states):
            targets = dict(stretch.get(state, ()))
            steps += [targets.get(kind, -1) for kind in picking_states.KINDS]
    across = [
        number for state, times, target in tables.across for number in (state, sum(times), target)
    ]
    table = [*steps, *across, *tables.closed]
    first_closed = len(steps) + len(across)
    shape = (states, stretches, len(across) // 3, len(steps), first_closed, len(tables.closed))
    return shape, table, [0] * (2 * states + 6)

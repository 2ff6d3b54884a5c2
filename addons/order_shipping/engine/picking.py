"""The shortest walk through a warehouse, and the walks people take otherwise.

The floor is a row of parallel aisles between a front and a back cross aisle, with any number of
cross aisles between those. The shortest walk from the depot past every stop, and back or on to
where the goods are packed, is found exactly by dynamic programming: H. D. Ratliff and A. S.
Rosenthal, "Order-Picking in a Rectangular Warehouse: A Solvable Case of the Traveling Salesman
Problem", Operations Research 31 (1983) 507-521, for one block; K. J. Roodbergen and R. de Koster,
"Routing order pickers in a warehouse with a middle aisle", European Journal of Operational Research
133 (2001) 32-43, for two. See :mod:`picking_states`. Floors that are no such row are walked by
:mod:`picking_general`.

All distances are in metres.
"""

from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple

from . import picking_states


class Stop(NamedTuple):
    """A place to visit: ``x`` is its aisle's, ``y`` its distance from the front cross aisle."""

    key: Hashable
    x: float
    y: float


class Block(NamedTuple):
    """Aisles from the front to the back cross aisle, and where walks start and end.

    ``middle`` are the distances of cross aisles between the two from the front: with one of them
    the floor has two blocks of aisles, and so on. ``end`` is (x, whether at the back) of where
    walks end, unless they end where they start.
    """

    length: float
    depot_x: float = 0.0
    depot_at_back: bool = False
    middle: tuple = ()
    end: tuple | None = None

    @property
    def cross(self):
        """Every cross aisle's distance from the front, from front to back."""
        return (0.0, *self.middle, self.length)


class Route(NamedTuple):
    """Keys of the stops in walking order, and the metres of the walk from start to end."""

    keys: tuple
    metres: float


# === DISTANCES === #


def distance(block, one, other):
    """Shortest way between two stops: along the aisle, or round by the nearest cross aisle."""
    if one.x == other.x:
        return abs(one.y - other.y)
    return abs(one.x - other.x) + min(abs(one.y - y) + abs(other.y - y) for y in block.cross)


def depot(block):
    return Stop(None, block.depot_x, block.length if block.depot_at_back else 0.0)


def end(block):
    """Where walks end: at the depot, if nothing else is said."""
    if block.end is None:
        return depot(block)
    x, at_back = block.end
    return Stop(None, x, block.length if at_back else 0.0)


def walk_metres(block, stops):
    """Metres of the walk from the depot past ``stops`` in the order given, to its end."""
    if not stops:
        return 0.0
    path = [depot(block), *stops, end(block)]
    return sum(distance(block, one, other) for one, other in zip(path, path[1:], strict=False))


def as_given(block, stops):
    """The walk in the order given, such as by name, as Odoo prints a batch."""
    return Route(tuple(stop.key for stop in stops), walk_metres(block, stops))


# === THE SHORTEST WALK === #


def shortest(block, stops):
    """The shortest walk from the depot past all ``stops`` to its end.

    :param Block block: the warehouse
    :param stops: iterable of :class:`Stop` with distinct keys and ``0 <= y <= block.length``
    :return: :class:`Route`; exact
    """
    stops = list(stops)
    if not stops:
        return Route((), 0.0)
    start, last = depot(block), end(block)
    columns = defaultdict(set)
    for stop in [*stops, start, last]:
        columns[stop.x].add(stop.y)
    xs = sorted(columns)
    walkable = {stop.x for stop in stops}
    # A depot between two aisles is a column of its own that nobody can walk through.
    options = [_column_options(block.cross, columns[x], x in walkable) for x in xs]
    gaps = [right - left for left, right in zip(xs, xs[1:], strict=False)]
    # An open walk is odd where it starts and where it ends, and even everywhere else.
    odd = [(xs.index(place.x), block.cross.index(place.y)) for place in (start, last)]
    odd = odd if start != last else ()
    metres, steps = picking_states.best_walk(len(block.cross), options, gaps, odd)
    order = _euler_order(_edges(block.cross, steps, xs, columns), (start.x, start.y))
    if odd:
        order.reverse()
    by_place = defaultdict(list)
    for stop in stops:
        by_place[stop.x, stop.y].append(stop.key)
    keys = [key for place in order for key in by_place.pop(place, ())]
    return Route(tuple(keys), metres)


def _column_options(cross, ys, is_aisle):
    """What may be walked in each stretch between two cross aisles of one aisle.

    :return: for each stretch a dict of kind to (metres, pieces walked as (low, high, times))
    """
    stretches = []
    for rank, (low, high) in enumerate(zip(cross, cross[1:], strict=False)):
        # What stands on a cross aisle belongs to the stretch in front of it.
        inside = sorted(y for y in ys if low < y <= high or (y == low and not rank))
        options = {}
        if is_aisle:
            options["through"] = (high - low, ((low, high, 1),))
            options["both"] = (2 * (high - low), ((low, high, 2),))
        if not inside:
            options["none"] = (0.0, ())
        elif is_aisle or inside[0] == low:
            options["front"] = (2 * (inside[-1] - low), ((low, inside[-1], 2),))
        if inside and (is_aisle or inside[0] == high):
            options["back"] = (2 * (high - inside[0]), ((inside[0], high, 2),))
        if len(inside) > 1:
            one, other = max(zip(inside, inside[1:], strict=False), key=lambda p: p[1] - p[0])
            pieces = ((low, one, 2), (other, high, 2))
            options["gap"] = (2 * (one - low + high - other), pieces)
        stretches.append(options)
    return stretches


def _edges(cross, steps, xs, columns):
    """Unroll the best plan into stretches between neighbouring places: (place, place, times)."""
    edges = []
    for rank, (pieces, across) in enumerate(steps):
        x = xs[rank]
        for low, high, times in pieces:
            points = sorted({y for y in columns[x] if low <= y <= high} | {low, high})
            edges += [
                ((x, one), (x, other), times)
                for one, other in zip(points, points[1:], strict=False)
            ]
        for y, times in zip(cross, across, strict=False):
            if times:
                edges.append(((x, y), (xs[rank + 1], y), times))
    return edges


def _euler_order(edges, start):
    """Places in the order of a walk over every edge (Hierholzer), from its end to ``start``."""
    ways = defaultdict(list)
    left = set()
    for number, (one, other, times) in enumerate(edges):
        for copy in range(times):
            edge = (number, copy)
            left.add(edge)
            ways[one].append((other, edge))
            ways[other].append((one, edge))
    stack, walk = [start], []
    while stack:
        here = stack[-1]
        while ways[here] and ways[here][-1][1] not in left:
            ways[here].pop()
        if ways[here]:
            there, edge = ways[here].pop()
            left.remove(edge)
            stack.append(there)
        else:
            walk.append(stack.pop())
    return walk


# === THE PATH ON THE FLOOR === #


def floor_path(block, stops):
    """Corner points (x, y) of the walk past ``stops`` in the order given, to draw it."""
    if not stops:
        return []
    path = [depot(block), *stops, end(block)]
    points = [(path[0].x, path[0].y)]
    for one, other in zip(path, path[1:], strict=False):
        if one.x != other.x:
            turn = min(block.cross, key=lambda y: abs(one.y - y) + abs(other.y - y))
            points += [(one.x, turn), (other.x, turn)]
        points.append((other.x, other.y))
    return [point for rank, point in enumerate(points) if not rank or point != points[rank - 1]]

"""The shortest walk through a warehouse of one block, and the walks people take otherwise.

A block is a row of parallel aisles between a front and a back cross aisle. The shortest closed walk
from the depot past every stop is found exactly by the dynamic programme of H. D. Ratliff and A. S.
Rosenthal, "Order-Picking in a Rectangular Warehouse: A Solvable Case of the Traveling Salesman
Problem", Operations Research 31 (1983) 507-521. It sweeps over the aisles from left to right and
keeps, for each way the walk so far may touch the frontier (degree of its two corners and whether
they hang together), only the cheapest; its time grows linearly with the number of aisles.

All distances are in metres.
"""

from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple


class Stop(NamedTuple):
    """A place to visit: ``x`` is its aisle's, ``y`` its distance from the front cross aisle."""

    key: Hashable
    x: float
    y: float


class Block(NamedTuple):
    """Length of the aisles from front to back cross aisle, and where walks start and end."""

    length: float
    depot_x: float = 0.0
    depot_at_back: bool = False


class Route(NamedTuple):
    """Keys of the stops in walking order, and the metres of the closed walk."""

    keys: tuple
    metres: float


# === DISTANCES === #


def distance(block, one, other):
    """Shortest way between two stops: along the aisle, or round by the nearer cross aisle."""
    if one.x == other.x:
        return abs(one.y - other.y)
    front = one.y + other.y
    return abs(one.x - other.x) + min(front, 2 * block.length - front)


def depot(block):
    return Stop(None, block.depot_x, block.length if block.depot_at_back else 0.0)


def walk_metres(block, stops):
    """Metres of the closed walk from the depot past ``stops`` in the order given."""
    if not stops:
        return 0.0
    path = [depot(block), *stops, depot(block)]
    return sum(distance(block, one, other) for one, other in zip(path, path[1:], strict=False))


def as_given(block, stops):
    """The walk in the order given, such as by name, as Odoo prints a batch."""
    return Route(tuple(stop.key for stop in stops), walk_metres(block, stops))


def s_shape(block, stops):
    """Through every aisle that holds a stop, from end to end, from left to right."""
    columns = defaultdict(list)
    for stop in stops:
        columns[stop.x].append(stop)
    order = []
    upwards = not block.depot_at_back
    for x in sorted(columns):
        order += sorted(columns[x], key=lambda stop: stop.y, reverse=not upwards)
        upwards = not upwards
    return Route(tuple(stop.key for stop in order), _s_shape_metres(block, columns))


def _s_shape_metres(block, columns):
    """Metres of the walk that really goes through each aisle; the last one is left as entered."""
    if not columns:
        return 0.0
    xs = sorted(columns)
    across = abs(xs[0] - block.depot_x) + xs[-1] - xs[0] + abs(xs[-1] - block.depot_x)
    if len(xs) % 2 == 0:
        return across + len(xs) * block.length
    ys = [stop.y for stop in columns[xs[-1]]]
    last = 2 * (block.length - min(ys) if block.depot_at_back else max(ys))
    return across + (len(xs) - 1) * block.length + last


# === THE SHORTEST WALK === #

# State of the frontier: degrees of the front and the back corner ("0" untouched, "E" even, "U"
# odd) and how many pieces the walk so far consists of. "done" means a closed walk left behind.
_START = ("0", "0", 0)
_DONE = ("0", "0", 1)
_ODD = {"0": "U", "E": "U", "U": "E"}
_TWICE = {"0": "E", "E": "E", "U": "U"}


def shortest(block, stops):
    """The shortest closed walk from the depot past all ``stops``.

    :param Block block: the warehouse
    :param stops: iterable of :class:`Stop` with distinct keys and ``0 <= y <= block.length``
    :return: :class:`Route`; exact
    """
    stops = list(stops)
    if not stops:
        return Route((), 0.0)
    start = depot(block)
    columns = defaultdict(list)
    for stop in [*stops, start]:
        columns[stop.x].append(stop)
    xs = sorted(columns)
    # One best plan for each state: (metres, link to the plan before it, what was added).
    plans = {_START: (0.0, None, None)}
    steps = [_aisle_options(block, columns[x], x, stops) for x in xs]
    for rank, options in enumerate(steps):
        plans = _extend(plans, lambda state, options=options: _walk_aisle(state, options))
        if rank + 1 < len(xs):
            gap = xs[rank + 1] - xs[rank]
            plans = _extend(plans, lambda state, gap=gap: _walk_across(state, gap))
    ends = [plan for state, plan in plans.items() if _is_closed(state)]
    best = min(ends, key=lambda plan: plan[0])
    order = _euler_order(block, _edges(best, xs, columns), start)
    by_place = defaultdict(list)
    for stop in stops:
        by_place[stop.x, stop.y].append(stop.key)
    keys = [key for place in order for key in by_place.pop(place, ())]
    return Route(tuple(keys), best[0])


def _extend(plans, options_of):
    """The best plan of each state that one more step leads to."""
    reached = {}
    for state, plan in plans.items():
        for target, metres, added in options_of(state):
            total = plan[0] + metres
            if target not in reached or total < reached[target][0]:
                reached[target] = (total, plan, added)
    return reached


def _is_closed(state):
    front, back, pieces = state
    return pieces == 1 and front in "0E" and back in "0E"


def _aisle_options(block, column, x, stops):
    """What may be walked inside an aisle: (kind, metres, stretches as (low, high, times))."""
    length = block.length
    ys = sorted({stop.y for stop in column})
    # A depot between two aisles is a column of its own that nobody can walk through.
    is_aisle = any(stop.x == x for stop in stops)
    options = []
    if is_aisle:
        options.append(("through", length, ((0.0, length, 1),)))
        options.append(("both", 2 * length, ((0.0, length, 2),)))
        options.append(("front", 2 * ys[-1], ((0.0, ys[-1], 2),)))
        options.append(("back", 2 * (length - ys[0]), ((ys[0], length, 2),)))
        for low, high in zip(ys, ys[1:], strict=False):
            metres = 2 * (low + length - high)
            options.append(("gap", metres, ((0.0, low, 2), (high, length, 2))))
    elif block.depot_at_back:
        options.append(("back", 0.0, ()))
    else:
        options.append(("front", 0.0, ()))
    return options


def _walk_aisle(state, options):
    if state == _DONE:
        return  # something to visit is left, and the walk is closed already
    front, back, pieces = state
    for kind, metres, stretches in options:
        added = ("aisle", stretches)
        if kind == "through":
            yield (_ODD[front], _ODD[back], 1), metres, added
        elif kind == "both":
            yield (_TWICE[front], _TWICE[back], 1), metres, added
        else:
            new_front, new_back, new_pieces = front, back, pieces
            if kind in ("front", "gap"):
                new_front, new_pieces = _TWICE[front], new_pieces + (front == "0")
            if kind in ("back", "gap"):
                new_back, new_pieces = _TWICE[back], new_pieces + (back == "0")
            yield (new_front, new_back, new_pieces), metres, added


def _walk_across(state, gap):
    """The ways on to the next aisle: every corner ends even, and no piece is left behind."""
    if state in (_START, _DONE):
        yield state, 0.0, ("across", (0, 0))
        return
    front, back, pieces = state
    choices = {"0": (0,), "E": (0, 2), "U": (1,)}
    degree = {0: "0", 1: "U", 2: "E"}
    for times_front in choices[front]:
        for times_back in choices[back]:
            if pieces == 2 and not (times_front and times_back):
                continue
            target = (degree[times_front], degree[times_back], pieces)
            yield target, gap * (times_front + times_back), ("across", (times_front, times_back))


def _edges(plan, xs, columns):
    """Unroll the best plan into stretches between neighbouring places: (place, place, times)."""
    added = []
    while plan[1] is not None:
        added.append(plan[2])
        plan = plan[1]
    added.reverse()
    edges = []
    rank = 0
    for kind, detail in added:
        x = xs[rank]
        if kind == "aisle":
            ys = {stop.y for stop in columns[x]}
            for low, high, times in detail:
                points = sorted({y for y in ys if low <= y <= high} | {low, high})
                for one, other in zip(points, points[1:], strict=False):
                    edges.append(((x, one), (x, other), times))
        else:
            for side, times in zip(("front", "back"), detail, strict=True):
                if times:
                    edges.append(((x, side), (xs[rank + 1], side), times))
            rank += 1
    return edges


def _euler_order(block, edges, start):
    """Places in the order of a closed walk over every edge (Hierholzer), depot first."""
    corner = {"front": 0.0, "back": block.length}
    ways = defaultdict(list)
    left = {}
    for number, (one, other, times) in enumerate(edges):
        one = (one[0], corner.get(one[1], one[1]))
        other = (other[0], corner.get(other[1], other[1]))
        for copy in range(times):
            edge = (number, copy)
            left[edge] = True
            ways[one].append((other, edge))
            ways[other].append((one, edge))
    stack, walk = [(start.x, start.y)], []
    while stack:
        here = stack[-1]
        while ways[here] and not left.get(ways[here][-1][1]):
            ways[here].pop()
        if ways[here]:
            there, edge = ways[here].pop()
            left[edge] = False
            stack.append(there)
        else:
            walk.append(stack.pop())
    return walk


# === THE PATH ON THE FLOOR === #


def floor_path(block, stops):
    """Corner points (x, y) of the closed walk past ``stops`` in the order given, to draw it."""
    if not stops:
        return []
    path = [depot(block), *stops, depot(block)]
    points = [(path[0].x, path[0].y)]
    for one, other in zip(path, path[1:], strict=False):
        if one.x != other.x:
            front = one.y + other.y
            turn = 0.0 if front <= 2 * block.length - front else block.length
            points += [(one.x, turn), (other.x, turn)]
        points.append((other.x, other.y))
    return [point for rank, point in enumerate(points) if not rank or point != points[rank - 1]]

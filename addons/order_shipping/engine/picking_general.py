"""A short walk on a floor of any shape: one-way aisles, or stops that stand in no aisle at all.

The exact programme of :mod:`picking` needs aisles that people may walk both ways. Elsewhere a walk
is built by nearest insertion (D. J. Rosenkrantz, R. E. Stearns and P. M. Lewis, SIAM Journal on
Computing 6 (1977) 563-581) and improved by moving runs of up to three stops (I. Or, 1976) and by
turning round stretches (G. A. Croes, Operations Research 6 (1958) 791-812), until neither helps.
Distances may differ by direction.
"""

import heapq
import itertools
from collections import defaultdict

from . import picking

#: Ways an aisle may be walked.
BOTH, FORWARD, BACKWARD = "both", "forward", "backward"


def shortest(block, stops, one_way=None, in_aisles=True, aisles=()):
    """A short walk from the depot past all ``stops`` to its end.

    :param picking.Block block: cross aisles, start and end
    :param stops: list of :class:`picking.Stop`
    :param dict one_way: x of an aisle to :data:`FORWARD` (from the front) or :data:`BACKWARD`
    :param bool in_aisles: False where people walk freely across the floor
    :param aisles: x of aisles to walk through even if nothing is picked there
    :return: :class:`picking.Route`; not proven shortest
    :raise ValueError: some stop can't be reached
    """
    stops = list(stops)
    if not stops:
        return picking.Route((), 0.0)
    points = [picking.depot(block), *stops]
    every = [*points, picking.end(block)]
    if in_aisles:
        matrix = aisle_distances(block, every, one_way or {}, aisles)
    else:
        matrix = [[abs(a.x - b.x) + abs(a.y - b.y) for b in every] for a in every]
    # Back to the start means on to the end: distances may differ by direction anyway.
    matrix = [[row[-1], *row[1:-1]] for row in matrix[:-1]]
    matrix[0][0] = 0.0
    if any(metres == float("inf") for row in matrix for metres in row):
        raise ValueError("unreachable")
    tour = improve(matrix, nearest_insertion(matrix))
    return picking.Route(tuple(points[place].key for place in tour[1:]), length(matrix, tour))


def aisle_distances(block, points, one_way, aisles=()):
    """Metres between all points along aisles and cross aisles, by Dijkstra's algorithm."""
    ways = defaultdict(list)
    columns = defaultdict(set)
    for point in points:
        columns[point.x].add(point.y)
    # Elsewhere than at an aisle (a depot between two) nobody walks to the back.
    aisles = {point.x for point in points if point.key is not None} | set(aisles)
    xs = sorted(aisles | set(columns))
    for x in xs:
        ys = sorted(columns[x].union(block.cross)) if x in aisles else sorted(columns[x])
        direction = one_way.get(x, BOTH)
        for low, high in itertools.pairwise(ys):
            if direction != BACKWARD:
                ways[x, low].append(((x, high), high - low))
            if direction != FORWARD:
                ways[x, high].append(((x, low), high - low))
    for y in block.cross:
        corners = [x for x in xs if x in aisles or y in columns[x]]
        for left, right in itertools.pairwise(corners):
            ways[left, y].append(((right, y), right - left))
            ways[right, y].append(((left, y), right - left))
    return [
        [reached.get((point.x, point.y), float("inf")) for point in points]
        for reached in (_reach(ways, (point.x, point.y)) for point in points)
    ]


def _reach(ways, start):
    metres = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        far, here = heapq.heappop(queue)
        if far > metres[here]:
            continue
        for there, step in ways[here]:
            if far + step < metres.get(there, float("inf")):
                metres[there] = far + step
                heapq.heappush(queue, (far + step, there))
    return metres


def length(matrix, tour):
    return sum(matrix[a][b] for a, b in zip(tour, tour[1:] + tour[:1], strict=True))


def nearest_insertion(matrix):
    """A closed tour of all points from point 0: the point nearest to it comes in next."""
    tour = [0]
    nearest = {place: matrix[0][place] + matrix[place][0] for place in range(1, len(matrix))}
    while nearest:
        place = min(nearest, key=lambda point: (nearest[point], point))
        del nearest[place]
        following = tour[1:] + tour[:1]
        rank = min(
            range(len(tour)),
            key=lambda r: (
                matrix[tour[r]][place] + matrix[place][following[r]] - matrix[tour[r]][following[r]]
            ),
        )
        tour.insert(rank + 1, place)
        for other in nearest:
            nearest[other] = min(nearest[other], matrix[place][other] + matrix[other][place])
    return tour


def improve(matrix, tour):
    """The tour after every move of a run and every turn that shortens it; point 0 stays first."""
    while True:
        shorter = _move_run(matrix, tour) or _turn(matrix, tour)
        if not shorter:
            return tour
        tour = shorter


def _move_run(matrix, tour):
    """The tour with a run of up to three stops elsewhere; None where no such move helps."""
    size = len(tour)
    for count, first in itertools.product((1, 2, 3), range(1, size)):
        run = tour[first : first + count]
        if len(run) < count:
            continue
        rest = tour[:first] + tour[first + count :]
        before, after = tour[first - 1], tour[(first + count) % size]
        gain = matrix[before][run[0]] + matrix[run[-1]][after] - matrix[before][after]
        for rank, here in enumerate(rest):
            there = rest[(rank + 1) % len(rest)]
            cost = matrix[here][run[0]] + matrix[run[-1]][there] - matrix[here][there]
            if cost < gain - 1e-9:
                return rest[: rank + 1] + run + rest[rank + 1 :]
    return None


def _turn(matrix, tour):
    """The tour with one stretch walked the other way; None where no such turn helps."""
    size = len(tour)
    for first in range(1, size - 1):
        before = tour[first - 1]
        forward = backward = 0.0
        for last in range(first + 1, size):
            one, other = tour[last - 1], tour[last]
            forward += matrix[one][other]
            backward += matrix[other][one]
            after = tour[(last + 1) % size]
            old = matrix[before][tour[first]] + forward + matrix[other][after]
            new = matrix[before][other] + backward + matrix[tour[first]][after]
            if new < old - 1e-9:
                return tour[:first] + tour[first : last + 1][::-1] + tour[last + 1 :]
    return None

"""Walks people can keep in their heads: S-shape, return and largest gap.

R. W. Hall, "Distance approximations for routing manual pickers in a warehouse", IIE Transactions 25
(1993) 76-87, describes them. They go through whole aisles, so cross aisles in the middle don't
shorten them.
"""

from collections import defaultdict

from . import picking


def s_shape(block, stops):
    """Through every aisle that holds a stop, from end to end, from left to right."""
    return _walk(block, stops, _s_shape)


def return_walk(block, stops):
    """Into every aisle that holds a stop, as far as the last one there, and back."""
    return _walk(block, stops, _return)


def largest_gap(block, stops):
    """The first and last aisle from end to end; the others from both ends up to the largest gap."""
    return _walk(block, stops, _largest_gap)


def shortest(block, stops):
    return picking.shortest(block, stops)


#: Every policy by its technical name.
POLICIES = {
    "optimal": shortest,
    "s_shape": s_shape,
    "largest_gap": largest_gap,
    "return": return_walk,
}


def _walk(block, stops, policy):
    """Apply a policy to the aisles; a depot at the back turns the floor round first.

    The policies lead back to the depot's side; where walks end elsewhere, they go on from there.
    """
    columns = defaultdict(list)
    for stop in stops:
        y = block.length - stop.y if block.depot_at_back else stop.y
        columns[stop.x].append(picking.Stop(stop.key, stop.x, y))
    if not columns:
        return picking.Route((), 0.0)
    aisles = [sorted(columns[x], key=lambda stop: stop.y) for x in sorted(columns)]
    points = policy(block.length, aisles)
    metres, here = 0.0, (block.depot_x, 0.0)
    last = picking.end(block)
    if block.depot_at_back:
        last = last._replace(y=block.length - last.y)
    for _key, x, y in [*points, last]:
        metres += abs(here[0] - x) + abs(here[1] - y)
        here = (x, y)
    return picking.Route(tuple(point.key[0] for point in points if point.key), metres)


# Each policy lists the points of its walk; the key of one that is a stop is wrapped in a tuple, and
# that of a mere corner is None.


def _corner(aisle, y):
    return picking.Stop(None, aisle[0].x, y)


def _stops(aisle):
    return [stop._replace(key=(stop.key,)) for stop in aisle]


def _s_shape(length, aisles):
    points, here = [], 0.0
    for rank, aisle in enumerate(aisles):
        points += [_corner(aisle, here), *_stops(aisle if not here else reversed(aisle))]
        if here or rank + 1 < len(aisles):
            here = length - here
        # An odd last aisle is left as it was entered.
        points.append(_corner(aisle, here))
    return points


def _return(_length, aisles):
    points = []
    for aisle in aisles:
        points += [_corner(aisle, 0.0), *_stops(aisle), _corner(aisle, 0.0)]
    return points


def _largest_gap(length, aisles):
    if len(aisles) == 1:
        return _return(length, aisles)
    first, *middle, last = aisles
    points = [_corner(first, 0.0), *_stops(first), _corner(first, length)]
    fronts = []
    for aisle in middle:
        ys = [0.0, *(stop.y for stop in aisle), length]
        split = max(range(len(aisle) + 1), key=lambda rank, ys=ys: ys[rank + 1] - ys[rank])
        if split < len(aisle):
            back = _stops(reversed(aisle[split:]))
            points += [_corner(aisle, length), *back, _corner(aisle, length)]
        if split:
            fronts.append(aisle[:split])
    points += [_corner(last, length), *_stops(reversed(last)), _corner(last, 0.0)]
    for aisle in reversed(fronts):
        points += [_corner(aisle, 0.0), *_stops(aisle), _corner(aisle, 0.0)]
    return points

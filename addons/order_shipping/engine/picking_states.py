"""The states a shortest walk passes through between aisles, for any number of cross aisles.

The programme sweeps over the aisles from left to right. Of all walks so far that touch the frontier
alike (degree of each corner where the aisle meets a cross aisle, and which corners hang together)
only the cheapest is kept. With two cross aisles these are the seven states of Ratliff and Rosenthal
(1983), with three those of Roodbergen and de Koster (2001); their number doesn't depend on the
length of the walk, so the time grows linearly with the number of aisles.

The states of a floor are found once by search and kept as tables of numbers.
"""

import itertools
from functools import lru_cache
from typing import NamedTuple

#: Ways to walk one stretch of an aisle between two cross aisles.
KINDS = ("none", "through", "both", "front", "back", "gap")
_DEGREE = ("0", "U", "E")  # untouched, odd, even


class Tables(NamedTuple):
    """``odd[k]``: for each state the state after one end of an open walk is put at corner ``k``;
    ``stretch[k]``: for each state the (kind, state after) of a walk behind cross aisle ``k``;
    ``across``: (state, times along each cross aisle, state after); ``closed``: states that may end.

    State 0 is the start: nothing walked.
    """

    states: int
    odd: tuple
    stretch: tuple
    across: tuple
    closed: tuple


def _canonical(degrees, pieces):
    """Number the pieces in the order in which they are met, from front to back."""
    names = {}
    labels = tuple(
        names.setdefault(piece, len(names) + 1) if degree != "0" else 0
        for degree, piece in zip(degrees, pieces, strict=True)
    )
    return tuple(degrees), labels


def _touch(state, corner, odd):
    """Walk to a corner once (odd) or twice; a corner nobody was at is a piece of its own."""
    degrees, pieces = map(list, state)
    if degrees[corner] == "0":
        pieces[corner] = max(pieces) + 1
        degrees[corner] = "U" if odd else "E"
    elif odd:
        degrees[corner] = "E" if degrees[corner] == "U" else "U"
    return degrees, pieces


def _walk_stretch(state, rank, kind):
    """The state after a stretch; ``kind`` is one of :data:`KINDS`."""
    if kind == "none":
        return state
    joined = kind in ("through", "both")
    if kind != "back":
        state = _touch(state, rank, kind == "through")
    if kind != "front":
        state = _touch(state, rank + 1, kind == "through")
    degrees, pieces = state
    if joined and pieces[rank] != pieces[rank + 1]:
        old, new = pieces[rank + 1], pieces[rank]
        pieces = [new if piece == old else piece for piece in pieces]
    return _canonical(degrees, pieces)


def _walk_across(state):
    """The ways on to the next aisle: every corner ends even, and no piece is left behind."""
    degrees, pieces = state
    choices = {"0": (0,), "E": (0, 2), "U": (1,)}
    for times in itertools.product(*(choices[degree] for degree in degrees)):
        kept = {piece for piece, walked in zip(pieces, times, strict=True) if walked}
        if kept and kept == set(pieces) - {0}:
            yield times, _canonical([_DEGREE[walked] for walked in times], pieces)


@lru_cache(maxsize=8)
def tables(cross_aisles, is_open=False):
    """The tables of a floor with so many cross aisles (at least two).

    :param bool is_open: for walks that end elsewhere than they start
    """
    start = (("0",) * cross_aisles, (0,) * cross_aisles)
    numbers = {start: 0}
    stretch = [{} for _rank in range(cross_aisles - 1)]
    odd = [{} for _corner in range(cross_aisles)]
    across = {}

    def number(state):
        return numbers.setdefault(state, len(numbers))

    def ends(state):
        """The states with no, one or both ends of a walk put at corners of this aisle."""
        found, fresh = {state}, {state}
        while is_open and fresh:
            after = set()
            for one in sorted(fresh):
                for corner in range(cross_aisles):
                    target = _canonical(*_touch(one, corner, True))
                    odd[corner][number(one)] = number(target)
                    after.add(target)
            fresh = after - found
            found |= fresh
        return found

    frontier, seen = [start], {start}
    while frontier:
        states = ends(frontier.pop())
        for rank in range(cross_aisles - 1):
            after = set()
            for state in sorted(states):
                targets = [_walk_stretch(state, rank, kind) for kind in KINDS]
                pairs = zip(KINDS, map(number, targets), strict=True)
                stretch[rank][number(state)] = tuple(pairs)
                after.update(targets)
            states = after
        for state in sorted(states):
            for times, target in _walk_across(state):
                across[number(state), times] = number(target)
                if target not in seen:
                    seen.add(target)
                    frontier.append(target)
        across[0, (0,) * cross_aisles] = 0
    return Tables(
        len(numbers),
        tuple(odd),
        tuple(stretch),
        tuple((state, times, target) for (state, times), target in sorted(across.items())),
        tuple(
            rank
            for (degrees, pieces), rank in numbers.items()
            if "U" not in degrees and max(pieces) == 1
        ),
    )


def best_walk(cross_aisles, options, gaps, odd=()):
    """The cheapest walk.

    :param int cross_aisles: how many
    :param list options: for each aisle, for each stretch: dict of kind to (metres, what is walked)
    :param list gaps: metres from each aisle to the next
    :param odd: (aisle, corner) of both ends of an open walk; none for a closed one
    :return: (metres, for each aisle: (what is walked in it, times along each cross aisle after it))
    """
    table = tables(cross_aisles, bool(odd))
    # One best plan for each state: (metres, plan before it, what was added).
    plans = {0: (0.0, None, None)}
    for rank, column in enumerate(options):
        for aisle, corner in odd:
            if aisle == rank:
                plans = _put_end(plans, table.odd[corner])
        for step, stretch in zip(table.stretch, column, strict=True):
            plans = _extend(plans, step, stretch)
        if rank < len(gaps):
            plans = _across(plans, table.across, gaps[rank])
    best = min((plans[state] for state in table.closed if state in plans), key=lambda plan: plan[0])
    return best[0], _unroll(best, len(options))


def _put_end(plans, odd):
    """The plans with an end of the walk at a corner, where they are odd then."""
    reached = {}
    for state, plan in plans.items():
        target = odd[state]
        if target not in reached or plan[0] < reached[target][0]:
            reached[target] = plan
    return reached


def _extend(plans, step, stretch):
    """The best plan of each state that a walk in one more stretch leads to."""
    reached = {}
    for state, plan in plans.items():
        for kind, target in step[state]:
            if kind in stretch:
                metres, pieces = stretch[kind]
                total = plan[0] + metres
                if target not in reached or total < reached[target][0]:
                    reached[target] = (total, plan, pieces)
    return reached


def _across(plans, across, gap):
    reached = {}
    for state, times, target in across:
        if state in plans:
            total = plans[state][0] + gap * sum(times)
            if target not in reached or total < reached[target][0]:
                reached[target] = (total, plans[state], times)
    return reached


def _unroll(plan, columns):
    """What was added to the plan, aisle by aisle."""
    added = []
    while plan[1] is not None:
        added.append(plan[2])
        plan = plan[1]
    added.reverse()
    each = (len(added) + 1) // columns
    return [
        (
            [piece for pieces in added[rank * each : rank * each + each - 1] for piece in pieces],
            added[rank * each + each - 1] if rank + 1 < columns else (),
        )
        for rank in range(columns)
    ]

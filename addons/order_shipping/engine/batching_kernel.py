"""The inner loops of batching: tour lengths, savings and simulated annealing.

Everything is a number in a flat sequence, so that the same source runs as plain Python on lists
and, where Numba is installed, compiled on arrays (some fifty times faster); the plans are the same.
Lengths are whole centimetres; places along a stretch of an aisle are bits of a mask.
"""

import math

from odoo.addons.order_processing.engine.compiling import COMPILED, compiled, numpy

#: Places that a stretch of an aisle can hold: bits of a signed 64-bit number, less two.
PLACES = 62
#: Rank of the only bit of a number, by its remainder.
_RANKS = [0] * 67
for _rank in range(PLACES + 1):
    _RANKS[(1 << _rank) % 67] = _rank


def sequence(numbers):
    """A flat sequence of whole numbers as the loops want it."""
    return numpy.array(numbers, dtype=numpy.int64) if COMPILED else list(numbers)


RANKS = sequence(_RANKS)


# === LENGTH OF A TOUR === #


@compiled
def _stretch(mask, offset, depth, places, ranks):
    """Cost of walking a stretch from its front, from its back, and from both up to a gap."""
    low = mask & -mask
    first = last = places[offset + ranks[low % 67]]
    mask ^= low
    widest = -1
    while mask:
        low = mask & -mask
        place = places[offset + ranks[low % 67]]
        if place - last > widest:
            widest = place - last
        last = place
        mask ^= low
    gap = 2 * (depth - widest) if widest >= 0 else 1 << 50
    return 2 * last, 2 * (depth - first), gap


@compiled
def _tour_one_block(masks, floor, ranks):
    """Exact length in one block: the states of Ratliff and Rosenthal, unrolled."""
    _shape, depths, gaps, walkable, places, _table, _work = floor
    infinite = 1 << 50
    depth = depths[0]
    # uu: both corners odd; front, back: only that corner, even; one, two: both even, so many pieces
    uu = front = back = one = two = infinite
    start = 0
    across = 0
    for aisle in range(len(walkable)):
        mask = masks[aisle]
        if mask:
            if across and not start == 0:
                step = 2 * across
                front = min(front, one) + step
                back = min(back, one) + step
                uu += step
                one += 2 * step
                two += 2 * step
            into, outof, gap = _stretch(mask, 0, depth, places, ranks)
            through = depth
            if walkable[aisle] == 0:
                through = gap = infinite
                if into:
                    into = infinite
                else:
                    outof = infinite
            least = min(into, outof, gap)
            both = 2 * through
            even = min(front, back, one, two, start)
            new_one = min(uu + through, one + least, min(front, back, two, start) + both)
            new_two = min(front + min(outof, gap), back + min(into, gap), two + least, start + gap)
            uu = min(uu + least, even + through)
            front = min(front, start) + into
            back = min(back, start) + outof
            one = new_one
            two = new_two
            start = infinite
            across = 0
        across += gaps[aisle]
    return min(front, back, one)


@compiled
def _next_stretch(mask, stretch, walkable, here, there, floor, ranks):
    """The cheapest way into each state behind one more stretch of an aisle."""
    shape, depths, _gaps, _walkable, places, table, work = floor
    states = shape[0]
    infinite = 1 << 50
    # none, through, both, front, back, gap
    none, through = infinite, depths[stretch]
    into = outof = gap = infinite
    if mask:
        into, outof, gap = _stretch(mask, stretch * 62, depths[stretch], places, ranks)
    else:
        none = 0
    if walkable == 0:
        through = gap = infinite
        if into:
            into = infinite
        if outof:
            outof = infinite
    costs = (none, through, 2 * through, into, outof, gap)
    for kind in range(6):
        work[2 * states + kind] = costs[kind]
    for state in range(states):
        work[there + state] = infinite
    for state in range(states):
        so_far = work[here + state]
        if so_far < infinite:
            row = (stretch * states + state) * 6
            for kind in range(6):
                target = table[row + kind]
                if target >= 0:
                    length = so_far + work[2 * states + kind]
                    if length < work[there + target]:
                        work[there + target] = length


@compiled
def _next_aisle(across, here, there, floor):
    """The cheapest way into each state at the next aisle, so many centimetres away."""
    shape, _depths, _gaps, _walkable, _places, table, work = floor
    states, _stretches, steps, first, _first_closed, _closed = shape
    for state in range(states):
        work[there + state] = 1 << 50
    for step in range(steps):
        row = first + 3 * step
        length = work[here + table[row]] + across * table[row + 1]
        if length < work[there + table[row + 2]]:
            work[there + table[row + 2]] = length


@compiled
def _tour_many_blocks(masks, floor, ranks):
    """Exact length for any number of cross aisles, by the tables of ``picking_states``."""
    shape, _depths, gaps, walkable, _places, table, work = floor
    states, stretches, _steps, _first, first_closed, closed = shape
    here, there = 0, states
    for state in range(states):
        work[state] = 1 << 50
    work[0] = 0
    across = 0
    started = False
    for aisle in range(len(walkable)):
        used = False
        for stretch in range(stretches):
            if masks[aisle * stretches + stretch]:
                used = True
        if used:
            if started:
                _next_aisle(across, here, there, floor)
                here, there = there, here
            started = True
            across = 0
            for stretch in range(stretches):
                mask = masks[aisle * stretches + stretch]
                _next_stretch(mask, stretch, walkable[aisle], here, there, floor, ranks)
                here, there = there, here
        across += gaps[aisle]
    best = 1 << 50
    for rank in range(closed):
        best = min(best, work[here + table[first_closed + rank]])
    return best


@compiled
def _visit(order, orders, masks):
    """Add the places of an order."""
    starts, columns, bits, _base, _names = orders
    for entry in range(starts[order], starts[order + 1]):
        masks[columns[entry]] |= bits[entry]


@compiled
def _length(batch, less, less2, more, more2, floor, orders, plan, cache, ranks):
    """Length of the tour of a batch without two of its orders and with two others (-1: none)."""
    _starts, _columns, _bits, base, names = orders
    heads, following, _counts, hashes = plan
    keys, lengths, masks = cache
    key = hashes[batch]
    if less >= 0:
        key ^= names[less]
    if less2 >= 0:
        key ^= names[less2]
    if more >= 0:
        key ^= names[more]
    if more2 >= 0:
        key ^= names[more2]
    if key == 0:
        return 0
    slot = key & (len(keys) - 1)
    if keys[slot] == key:
        return lengths[slot]
    for column in range(len(base)):
        masks[column] = base[column]
    order = heads[batch]
    while order >= 0:
        if order != less and order != less2:
            _visit(order, orders, masks)
        order = following[order]
    if more >= 0:
        _visit(more, orders, masks)
    if more2 >= 0:
        _visit(more2, orders, masks)
    if len(floor[1]) == 1:
        length = _tour_one_block(masks, floor, ranks)
    else:
        length = _tour_many_blocks(masks, floor, ranks)
    keys[slot] = key
    lengths[slot] = length
    return length


# === PLANS === #
# A plan is a chain of orders for each batch: ``heads`` the first of each, ``following`` the next of
# each order (-1: none), ``counts`` how many, ``hashes`` a number that names the set.


@compiled
def _take(order, batch, plan, names):
    heads, following, counts, hashes = plan
    if heads[batch] == order:
        heads[batch] = following[order]
    else:
        before = heads[batch]
        while following[before] != order:
            before = following[before]
        following[before] = following[order]
    counts[batch] -= 1
    hashes[batch] ^= names[order]


@compiled
def _put(order, batch, plan, names):
    heads, following, counts, hashes = plan
    following[order] = heads[batch]
    heads[batch] = order
    counts[batch] += 1
    hashes[batch] ^= names[order]


@compiled
def _fits(batch, less, less2, more, more2, used, loads, limits):
    """Whether a batch stays within every limit after an exchange."""
    size = len(limits)
    for rank in range(size):
        load = used[batch * size + rank]
        if less >= 0:
            load -= loads[less * size + rank]
        if less2 >= 0:
            load -= loads[less2 * size + rank]
        if more >= 0:
            load += loads[more * size + rank]
        if more2 >= 0:
            load += loads[more2 * size + rank]
        if load > limits[rank]:
            return False
    return True


@compiled
def _move(order, source, target, assigned, used, loads, limits, plan, names):
    _take(order, source, plan, names)
    _put(order, target, plan, names)
    assigned[order] = target
    size = len(limits)
    for rank in range(size):
        used[source * size + rank] -= loads[order * size + rank]
        used[target * size + rank] += loads[order * size + rank]


# === SAVINGS === #


@compiled
def pair_lengths(count, floor, orders, plan, cache, ranks, lengths):
    """Length of the common tour of every two orders, each in a batch of its own."""
    for one in range(count):
        lengths[one * count + one] = _length(one, -1, -1, -1, -1, floor, orders, plan, cache, ranks)
    for one in range(count):
        for other in range(one + 1, count):
            both = _length(one, -1, -1, other, -1, floor, orders, plan, cache, ranks)
            lengths[one * count + other] = lengths[other * count + one] = both


@compiled
def _union(one, other, floor, orders, plan, masks, ranks):
    """Length of the common tour of two batches."""
    base = orders[3]
    heads, following, _counts, _hashes = plan
    for column in range(len(base)):
        masks[column] = base[column]
    for batch in (one, other):
        order = heads[batch]
        while order >= 0:
            _visit(order, orders, masks)
            order = following[order]
    if len(floor[1]) == 1:
        return _tour_one_block(masks, floor, ranks)
    return _tour_many_blocks(masks, floor, ranks)


@compiled
def _go_together(one, other, used, limits):
    """Whether two batches fit into one."""
    size = len(limits)
    for rank in range(size):
        if used[one * size + rank] + used[other * size + rank] > limits[rank]:
            return False
    return True


@compiled
def _saved(one, other, count, lengths):
    """Centimetres that walking two batches as one saves."""
    alone = lengths[one * count + one] + lengths[other * count + other]
    return alone - lengths[one * count + other]


@compiled
def _best_partner(one, count, used, limits, lengths, merging):
    alive, best, partner = merging
    best[one], partner[one] = 0, -1
    for other in range(count):
        if other != one and alive[other]:
            saved = _saved(one, other, count, lengths)
            if saved > best[one] and _go_together(one, other, used, limits):
                best[one], partner[one] = saved, other


@compiled
def _merge(one, other, assigned, used, limits, plan):
    """Put the orders of a batch into another one."""
    heads, following, counts, hashes = plan
    order = heads[other]
    while order >= 0:
        after = following[order]
        following[order] = heads[one]
        heads[one] = order
        assigned[order] = one
        order = after
    heads[other] = -1
    counts[one] += counts[other]
    counts[other] = 0
    hashes[one] ^= hashes[other]
    hashes[other] = 0
    size = len(limits)
    for rank in range(size):
        used[one * size + rank] += used[other * size + rank]
        used[other * size + rank] = 0


@compiled
def savings(count, floor, orders, state, limits, plan, masks, ranks, lengths):
    """Merge the two batches whose common tour saves most, again and again (Clarke and Wright).

    ``lengths`` are those of :func:`pair_lengths` and are overwritten by those of batches.
    """
    assigned, used, alive, best, partner = state
    merging = (alive, best, partner)
    for one in range(count):
        _best_partner(one, count, used, limits, lengths, merging)
    while True:
        one = -1
        for batch in range(count):
            if alive[batch] and partner[batch] >= 0 and (one < 0 or best[batch] > best[one]):
                one = batch
        if one < 0:
            return
        other = partner[one]
        lengths[one * count + one] = lengths[one * count + other]
        _merge(one, other, assigned, used, limits, plan)
        alive[other] = 0
        for batch in range(count):
            if alive[batch] and batch != one:
                both = 1 << 50
                if _go_together(one, batch, used, limits):
                    both = _union(one, batch, floor, orders, plan, masks, ranks)
                lengths[one * count + batch] = lengths[batch * count + one] = both
        for batch in range(count):
            if alive[batch] == 0:
                continue
            if batch == one or partner[batch] == one or partner[batch] == other:
                _best_partner(batch, count, used, limits, lengths, merging)
            elif _saved(one, batch, count, lengths) > best[batch]:
                best[batch], partner[batch] = _saved(one, batch, count, lengths), one


# === SIMULATED ANNEALING === #


@compiled
def _random(memory):
    """Next number of Lehmer's generator (below 2**31 - 1)."""
    memory[0] = memory[0] * 48271 % 2147483647
    return memory[0]


@compiled
def _propose(assigned, plan, near, memory):
    """A random exchange: ``one`` (and ``second``) of a batch against ``other`` of another.

    :return: (one, second, other, batch of the other); -1 for no such order, or no such exchange
    """
    heads, following, counts, _hashes = plan
    count = len(assigned)
    nears = len(near) // count
    one = _random(memory) % count
    source = assigned[one]
    choice = _random(memory) % 8
    if nears and _random(memory) % 2:
        # Half of the time into the batch of an order that stands nearby.
        target = assigned[near[one * nears + _random(memory) % nears]]
        other = heads[target]
        for _step in range(_random(memory) % counts[target]):
            other = following[other]
    else:
        other = _random(memory) % count
        target = assigned[other]
        if choice == 0:
            target = _random(memory) % len(heads)
    second = -1
    if choice <= 1:
        other = -1
    elif choice == 2:
        second = heads[source]
        for _step in range(_random(memory) % counts[source]):
            second = following[second]
    if target == source or second == one:
        target = -1
    return one, second, other, target


@compiled
def anneal(moves, warmth, floor, orders, state, limits, plan, cache, ranks, near, memory, best):
    """Try so many random exchanges between batches and keep those that shorten the walk, or
    lengthen it no more than chance allows (S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Science
    220 (1983) 671-680).

    ``memory``: random number, length now, shortest length so far. ``best``: the plan of that.
    """
    assigned, used, loads, costs = state
    names = orders[4]
    for _move_number in range(moves):
        one, second, other, target = _propose(assigned, plan, near, memory)
        if target < 0:
            continue
        source = assigned[one]
        if not _fits(target, other, -1, one, second, used, loads, limits):
            continue
        if not _fits(source, one, second, other, -1, used, loads, limits):
            continue
        luck = _random(memory) / 2147483647.0
        allowed = costs[source] + costs[target] - warmth * math.log(luck)
        new_source = _length(source, one, second, other, -1, floor, orders, plan, cache, ranks)
        if new_source > allowed:
            continue
        new_target = _length(target, other, -1, one, second, floor, orders, plan, cache, ranks)
        if new_source + new_target > allowed:
            continue
        memory[1] += new_source + new_target - costs[source] - costs[target]
        _move(one, source, target, assigned, used, loads, limits, plan, names)
        if second >= 0:
            _move(second, source, target, assigned, used, loads, limits, plan, names)
        if other >= 0:
            _move(other, target, source, assigned, used, loads, limits, plan, names)
        costs[source] = new_source
        costs[target] = new_target
        if memory[1] < memory[2]:
            memory[2] = memory[1]
            for order in range(len(assigned)):
                best[order] = assigned[order]

"""Let orders that were routed by prices exchange units by simulated annealing, compiled by Numba.

All units of all lines are numbered; a state is the site of each (the last site: waits). A move
takes an order's units, one or all, from a site to another. Where nothing is left there, another
order's unit makes room and goes where that costs least. Changes for the worse are kept with a
chance that falls (Kirkpatrick, Gelatt & Vecchi, Science 220, 1983). The number of moves depends on
the number of units alone and chance is seeded: the same question gets the same answer, unless time
runs out. Without Numba orders exchange as ``routing_exchange`` says.
"""

import math
import time

from .compiling import compiled
from .compiling import numpy as np
from .routing_model import EPSILON
from .routing_program import Program

#: Loops want it as a number of this file.
UNSHIPPED = Program.UNSHIPPED
#: Temperature at the start and the end (1 is a shipment), stages, moves per unit in all of them.
HOT, COLD, STAGES, MOVES = 0.15, 0.01, 50, 4000
#: What the temperature falls by when time is over.
HURRY = 0.3
#: Most moves in all: about ten seconds.
MOST_MOVES = 32_000_000
#: Units looked at to find one that makes room.
LOOKED_AT = 12
#: Units that one move may move.
LOGGED = 4096
#: Stock of "waits", which never ends.
ENDLESS = 1 << 40
#: Modulus and multiplier of chance (Park & Miller, 1988).
MODULUS, MULTIPLIER = 2147483647, 48271


def anneal(requests, stock, amounts, deadline, seed=1):
    """Improve what orders were given.

    :param requests: list of ``(needs, sites, default, policy)`` that all take part in exchanging
    :param stock: dict ``(site key, product)`` → free quantity, of all these orders
    :param amounts: for each request a dict (need key, site key) → quantity it starts with
    :param float deadline: of the monotonic clock
    :return: the same as ``amounts``, no worse
    """
    state = _State(requests, stock, amounts)
    if not len(state.product):
        return amounts
    stages = STAGES
    moves = min(MOVES * len(state.product), MOST_MOVES) // stages
    start, first = state.site.copy(), state.measure()
    fall = (COLD / HOT) ** (1 / (stages - 1))
    chance, heat = seed, HOT
    for _stage in range(stages):
        chance = _stage_of_moves(*state.arrays(), moves, heat, chance)
        # Out of time: cool down at once, which is still better than to stop.
        heat *= fall if time.monotonic() < deadline else HURRY
        if heat < COLD * fall:
            break
    # No more for the worse: what remains is a local best.
    _stage_of_moves(*state.arrays(), moves, COLD / 10, chance)
    if state.measure() > first - EPSILON:
        state.site[:] = start
    return state.amounts()


class _State:
    """Units and stock as arrays; units of an order, and in ``same`` of a product, are in a row."""

    def __init__(self, requests, stock, amounts):
        keys = dict.fromkeys(site.key for request in requests for site in request[1])
        self.sites = {key: number for number, key in enumerate(keys)}
        self.requests, width = requests, len(self.sites) + 1
        products, orders, lines, numbers, places = {}, [], [], [], []
        allowed, self.keys, firsts = [], [], [0]
        self.rates, self.splits = np.zeros((len(requests), width)), np.zeros(len(requests))
        for index, (request, given) in enumerate(zip(requests, amounts, strict=True)):
            needs, sites, _default, policy = request
            for key, rate in Program.rates(request).items():
                self.rates[index, self.sites[key]] = rate
            self.rates[index, -1] = 1.0
            self.splits[index] = Program.split(request)
            for need in needs:
                if need.anywhere:
                    continue
                held = [
                    self.sites[site.key]
                    for site in sites
                    for _unit in range(round(given.get((need.key, site.key), 0.0)))
                ]
                units = round(need.quantity)
                places += held + [width - 1] * (units - len(held))
                numbers += [products.setdefault(need.product, len(products))] * units
                orders += [index] * units
                lines += [len(self.keys)] * units
                row = [False] * (width - 1) + [True]
                for site in sites:
                    row[self.sites[site.key]] = policy.allows(need, site)
                allowed.append(row)
                self.keys.append((index, need.key))
            firsts.append(len(places))
        self.product, self.order = np.array(numbers, np.int64), np.array(orders, np.int64)
        self.line, self.site = np.array(lines, np.int64), np.array(places, np.int64)
        self.allowed, self.firsts = np.array(allowed, bool), np.array(firsts, np.int64)
        self.same = np.argsort(self.product, kind="stable")
        self.blocks = np.searchsorted(self.product[self.same], np.arange(len(products) + 1))
        self._count(products, stock, width)

    def _count(self, products, stock, width):
        """What is left of each product at each site, and how many units an order has from each."""
        self.left = np.zeros((len(products), width), np.int64)
        for (site, product), quantity in stock.items():
            if product in products and site in self.sites:
                self.left[products[product], self.sites[site]] = int(max(quantity, 0.0) + EPSILON)
        self.left[:, -1] = ENDLESS
        np.subtract.at(self.left, (self.product, self.site), 1)
        self.uses = np.zeros(self.rates.shape, np.int64)
        np.add.at(self.uses, (self.order, self.site), 1)
        self.spread = (self.uses[:, :-1] > 0).sum(1)

    def arrays(self):
        """What :func:`_stage_of_moves` takes."""
        return (
            (self.product, self.order, self.line, self.firsts, self.same, self.blocks),
            (self.rates, self.allowed, self.splits),
            (self.site, self.left, self.uses, self.spread),
        )

    def measure(self):
        """The objective, with all units that wait."""
        uses = np.zeros_like(self.uses)
        np.add.at(uses, (self.order, self.site), 1)
        split = self.splits[(uses[:, :-1] > 0).sum(1) > 1].sum()
        shipments = (self.rates * (uses > 0)).sum()
        return float(shipments + split + Program.UNSHIPPED * uses[:, -1].sum())

    def amounts(self):
        """For each request a dict (need key, site key) → quantity."""
        names = list(self.sites)
        result = [{} for _request in self.requests]
        for line, site in zip(self.line.tolist(), self.site.tolist(), strict=True):
            if site < len(names):
                index, need = self.keys[line]
                result[index][need, names[site]] = result[index].get((need, names[site]), 0.0) + 1.0
        return result


@compiled
def _put(unit, target, fixed, tables, state):
    """Move a unit to a site; returns what that costs."""
    product, order = fixed[0][unit], fixed[1][unit]
    rates, _allowed, splits = tables
    site, left, uses, spread = state
    source, waits = site[unit], rates.shape[1] - 1
    cost = 0.0
    if spread[order] > 1:
        cost -= splits[order]
    uses[order, source] -= 1
    if uses[order, source] == 0:
        cost -= rates[order, source]
        if source != waits:
            spread[order] -= 1
    if uses[order, target] == 0:
        cost += rates[order, target]
        if target != waits:
            spread[order] += 1
    uses[order, target] += 1
    if spread[order] > 1:
        cost += splits[order]
    if source == waits:
        cost -= UNSHIPPED
    if target == waits:
        cost += UNSHIPPED
    left[product, source] += 1
    left[product, target] -= 1
    site[unit] = target
    return cost


@compiled
def _cheapest(unit, fixed, tables, state):
    """Another site with something left where a unit costs least."""
    product, order, line = fixed[0][unit], fixed[1][unit], fixed[2][unit]
    rates, allowed, splits = tables
    site, left, uses, spread = state
    waits = rates.shape[1] - 1
    others = spread[order]
    if site[unit] != waits and uses[order, site[unit]] == 1:
        others -= 1
    best, least = waits, 1e9
    for target in range(waits + 1):
        if target == site[unit] or left[product, target] <= 0 or not allowed[line, target]:
            continue
        cost = 0.0
        if uses[order, target] == 0:
            cost = rates[order, target]
            if target != waits and others == 1:
                cost += splits[order]
        if target == waits:
            cost += UNSHIPPED
        if cost < least:
            best, least = target, cost
    return best


@compiled
def _find(product, target, order, fixed, state, chance):
    """A unit of a product at a site that another order holds; -1 if none was seen."""
    same, blocks = fixed[4], fixed[5]
    first, count = blocks[product], blocks[product + 1] - blocks[product]
    offset = chance % count
    for number in range(min(count, LOOKED_AT)):
        unit = same[first + (offset + number) % count]
        if state[0][unit] == target and fixed[1][unit] != order:
            return unit
    return -1


@compiled
def _shift(first, end, target, fixed, tables, state, log, chance):
    """Move those of some units that are at the first one's site; others make room.

    ``log``: arrays that take the units that moved and where they were.
    :return: (cost, rows of the log, whether all found room)
    """
    order_of, line_of = fixed[1], fixed[2]
    site, left = state[0], state[1]
    source = site[first]
    cost, logged = 0.0, 0
    for unit in range(first, end):
        if site[unit] != source:
            continue
        if not tables[1][line_of[unit], target] or logged > len(log[0]) - 2:
            return cost, logged, False
        product, other = fixed[0][unit], -1
        if left[product, target] <= 0:
            chance = chance * MULTIPLIER % MODULUS
            other = _find(product, target, order_of[unit], fixed, state, chance)
            if other < 0:
                return cost, logged, False
            log[0][logged], log[1][logged] = other, target
            logged += 1
        log[0][logged], log[1][logged] = unit, source
        logged += 1
        cost += _put(unit, target, fixed, tables, state)
        if other >= 0:
            cost += _put(other, _cheapest(other, fixed, tables, state), fixed, tables, state)
    return cost, logged, True


@compiled
def _stage_of_moves(fixed, tables, state, moves, heat, chance):
    """Try so many moves at one temperature; returns the last number of chance."""
    order_of, firsts, site = fixed[1], fixed[3], state[0]
    width, units = tables[0].shape[1], len(site)
    log = (np.empty(LOGGED, np.int64), np.empty(LOGGED, np.int64))
    for _move in range(moves):
        chance = chance * MULTIPLIER % MODULUS
        unit = chance % units
        first, end = firsts[order_of[unit]], firsts[order_of[unit] + 1]
        # Half go where the order has something already.
        chance = chance * MULTIPLIER % MODULUS
        target = site[first + chance % (end - first)]
        if target == site[unit] or chance & 65536:
            chance = chance * MULTIPLIER % MODULUS
            target = chance % (width - 1)
        if target == site[unit] or target == width - 1:
            continue
        # And half take all the order has at the site along.
        chance = chance * MULTIPLIER % MODULUS
        if chance & 65536:
            first, end = unit, unit + 1
        while site[first] != site[unit]:
            first += 1
        cost, logged, is_possible = _shift(first, end, target, fixed, tables, state, log, chance)
        chance = chance * MULTIPLIER % MODULUS
        if is_possible and (cost <= 1e-9 or chance < math.exp(-cost / heat) * MODULUS):
            continue
        for number in range(logged - 1, -1, -1):
            _put(log[0][number], log[1][number], fixed, tables, state)
    return chance

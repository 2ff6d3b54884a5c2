"""Route many orders by the prices of stock, then let them exchange units to save shipments.

First each order takes the set of sites that is cheapest with its stock paid for, the hardest
orders first. Then each order that is split asks for the stock that would make one shipment of it;
those who hold that stock move to another site where it costs them no shipment, and make others
move in turn (chains as in Kempe's and in augmenting paths). A change that saves nothing is undone.
"""

import time
from itertools import combinations

from .routing_model import EPSILON
from .routing_program import Program

#: Most sites an order is split over at the start, and sets that are asked for room.
SPLIT, ASKED = 5, 12
#: How many orders may move one after the other to make room for one.
CHAIN = 3
#: How often orders exchange and lines swap, in turn.
TURNS = 3
#: What a unit that isn't shipped counts at the start: more is always shipped first.
UNFILLED = 20.0
#: Least saving that a swap is made for, and more than any costs.
SAVING, NOTHING = 1e-4, 1e9


def takes_part(request):
    """Whether an order is simple enough to exchange: whole units of products, no limits."""
    needs, _sites, _default, policy = request
    return not (policy.max_sites or policy.guard) and all(
        need.anywhere
        or (
            not need.parts
            and not need.alone
            and need.unit_size == 1.0
            and need.step == 1.0
            and abs(need.quantity - round(need.quantity)) < EPSILON
        )
        for need in needs
    )


class Exchange:
    """Lines, what they hold, and what is left.

    :param requests: list of ``(needs, sites, default, policy)``, see :func:`takes_part`
    :param stock: dict ``(site key, product)`` → free quantity
    :param prices: dict ``(site key, product)`` → price of a unit
    """

    def __init__(self, requests, stock, prices):
        self.rates = [Program.rates(request) for request in requests]
        self.splits = [Program.split(request) for request in requests]
        #: product → site → units left; the same of prices; who holds them: line → units
        self.left, self.prices, self.holders = {}, {}, {}
        for (site, product), quantity in stock.items():
            self.left.setdefault(product, {})[site] = int(max(quantity, 0.0) + EPSILON)
        for (site, product), price in prices.items():
            self.prices.setdefault(product, {})[site] = price
        #: line → (order, need key, product, units, sites it may leave from)
        self.lines, self.of_order = [], []
        for index, (needs, sites, _default, policy) in enumerate(requests):
            own = []
            for need in needs:
                if need.anywhere:
                    continue
                places = [site.key for site in sites if policy.allows(need, site)]
                own.append(len(self.lines))
                units = int(round(need.quantity))
                self.lines.append((index, need.key, need.product, units, places))
                there = self.left.setdefault(need.product, {})
                for place in places:
                    there.setdefault(place, 0)
            self.of_order.append(own)
        self.held = [{} for _line in self.lines]
        #: Shipments that those who make room may open.
        self._openings = 0
        for product, there in self.left.items():
            self.holders[product] = {site: {} for site in there}

    def start(self):
        """Give each order the sites that are cheapest with their stock paid for, the hardest first.

        :return: for each request a dict (need key, site key) → quantity
        """
        for order in self._hardest():
            self._place(order)
        return self._result()

    def _hardest(self):
        return sorted(
            range(len(self.of_order)), key=lambda order: (-len(self.of_order[order]), order)
        )

    def run(self, deadline):
        """Exchange until nothing more is saved, or a deadline (monotonic clock).

        :return: see :meth:`start`
        """
        hardest = self._hardest()
        # Swaps make shipments cheaper and open ways to fewer; so both are tried more than once.
        for _round in range(TURNS):
            saved = 1
            while saved:
                saved = 0
                for order in hardest:
                    if time.monotonic() > deadline:
                        return self._result()
                    saved += self._improve(order)
            for product in self.left:
                if time.monotonic() > deadline:
                    return self._result()
                self._swap(product)
        return self._result()

    def _result(self):
        result = [{} for _order in self.of_order]
        for line, (order, key, *_rest) in enumerate(self.lines):
            for site, units in self.held[line].items():
                result[order][key, site] = float(units)
        return result

    # === Hold and give back === #

    def _hold(self, line, site, units):
        product = self.lines[line][2]
        self.left[product][site] -= units
        held = self.held[line]
        held[site] = held.get(site, 0) + units
        self.holders[product][site][line] = held[site]

    def _give(self, line, site, units):
        product = self.lines[line][2]
        self.left[product][site] += units
        held = self.held[line]
        held[site] -= units
        if held[site]:
            self.holders[product][site][line] = held[site]
        else:
            del held[site], self.holders[product][site][line]

    # === The start === #

    def _place(self, order):
        """Give an order the set of sites that is cheapest with its stock paid for."""
        rates = self.rates[order]
        rows, useful = [], {}
        for line in self.of_order[order]:
            _order, _key, product, units, places = self.lines[line]
            left, price = self.left[product], self.prices.get(product, {})
            there = {site: left[site] for site in places if left[site] > 0}
            useful.update(dict.fromkeys(there))
            rows.append((line, there, min(units, sum(there.values())), price))
        best_cost, best = float("inf"), ()
        sites = sorted(useful, key=lambda site: (rates[site], str(site)))
        for size in range(1, min(len(sites), SPLIT) + 1):
            for chosen in combinations(sites, size):
                first = self.splits[order] * (size > 1) + sum(rates[site] for site in chosen)
                cost, fill = self._cost(rows, chosen, first, best_cost)
                if cost < best_cost - EPSILON:
                    best_cost, best = cost, fill
            if best_cost < (size + 1) * rates[sites[0]]:
                break
        for line, site, units in best:
            self._hold(line, site, units)

    @staticmethod
    def _cost(rows, chosen, cost, limit):
        """What an order costs from sites that cost so much, and how it is filled; stops above a
        limit."""
        fill = []
        for line, there, rest, price in rows:
            if len(chosen) > 1:
                places = sorted(chosen, key=lambda site: price.get(site, 0.0))
            else:
                places = chosen
            for site in places:
                units = min(rest, there.get(site, 0))
                if units:
                    cost += units * price.get(site, 0.0)
                    rest -= units
                    fill.append((line, site, units))
            cost += UNFILLED * rest
            if cost > limit:
                return cost, ()
        return cost, fill

    # === Exchange === #

    def _improve(self, order):
        """Try to ship one order in fewer shipments; 1 if that worked, else 0."""
        lines = self.of_order[order]
        now = {site for line in lines for site in self.held[line]}
        if len(now) < 2:
            return 0
        before = [(line, dict(self.held[line])) for line in lines]
        for line, held in before:
            for site, units in held.items():
                self._give(line, site, units)
        wanted = {line: sum(held.values()) for line, held in before}
        for chosen in self._sets(order, wanted, len(now)):
            moves = []
            # An order that needn't be split any more is worth one more shipment of one that is.
            self._openings = len(now) - len(chosen) - (len(chosen) > 1)
            if all(self._fill(line, wanted[line], chosen, order, moves) for line in lines):
                return 1
            self._undo(moves)
        for line, held in before:
            for site, units in held.items():
                self._hold(line, site, units)
        return 0

    def _sets(self, order, wanted, used):
        """Smaller sets of sites, those that lack least first."""
        rates, sets = self.rates[order], []
        for size in range(1, min(used, 3)):
            tried = []
            for chosen in combinations(rates, size):
                lack = 0
                for line, units in wanted.items():
                    _order, _key, product, _units, places = self.lines[line]
                    left = self.left[product]
                    lack += max(units - sum(left[s] for s in chosen if s in places), 0)
                tried.append((lack, sum(rates[site] for site in chosen), chosen))
            tried.sort(key=lambda row: (row[0], row[1]))
            sets += [chosen for _lack, _rate, chosen in tried[:ASKED]]
        return sets

    def _fill(self, line, units, chosen, order, moves):
        """Fill a line from some sites, making room where needed. False if there's no room."""
        _order, _key, product, _units, places = self.lines[line]
        left = self.left[product]
        places = sorted((s for s in chosen if s in places), key=lambda site: -left[site])
        for site in places:
            part = min(units, left[site])
            if part:
                self._hold(line, site, part)
                moves.append((line, None, site, part))
                units -= part
        while units:
            site = next((s for s in places if self._make_room(product, s, order, moves)), None)
            if site is None:
                return False
            self._hold(line, site, 1)
            moves.append((line, None, site, 1))
            units -= 1
        return True

    def _make_room(self, product, site, order, moves):
        """Free one unit at a site by moving others, breadth first."""
        if self.left[product][site] > 0 or self._find_chain(product, site, order, moves, False):
            return True
        if self._openings > 0 and self._find_chain(product, site, order, moves, True):
            self._openings -= 1
            return True
        return False

    def _find_chain(self, product, site, order, moves, is_opening):
        """One chain of moves that frees a unit; ``is_opening``: its last may open a shipment of an
        order that has several anyway."""
        left, holders = self.left[product], self.holders[product]
        seen, frontier = {site}, [(site, ())]
        for _depth in range(CHAIN):
            further = []
            for place, chain in frontier:
                for line, units in holders[place].items():
                    owner, places = self.lines[line][0], self.lines[line][4]
                    if owner == order:
                        continue
                    uses = self._uses(owner)
                    # One that takes nothing else from here opens another shipment and ends this.
                    moves_whole = uses[place] == 1 and units == 1
                    opens = is_opening and len(uses) > 1
                    for target in places:
                        if target in seen:
                            continue
                        stays = moves_whole or target in uses
                        longer = (*chain, (line, place, target))
                        if left[target] > 0 and (stays or opens):
                            self._move(longer, moves)
                            return True
                        if stays:
                            seen.add(target)
                            further.append((target, longer))
            frontier = further
        return False

    # === Swap === #

    def _swap(self, product):
        """Let lines that hold one unit of a product change places while that makes shipments fewer
        or cheaper."""
        while changes := self._changes(product):
            moved, taken_places = set(), set()
            for _gain, steps in sorted(changes, key=lambda row: row[0]):
                owners = {self.lines[line][0] for line, _source, _target in steps}
                places = {place for step in steps for place in step[1:]}
                if owners & moved or places & taken_places:
                    continue  # worth something else now: the next round looks again
                for line, source, _target in steps:
                    self._give(line, source, 1)
                for line, _source, target in steps:
                    self._hold(line, target, 1)
                moved |= owners
                taken_places |= places

    def _changes(self, product):
        """Moves to what is left and swaps of two that pay: list of (gain below 0, steps)."""
        best = {}
        for source, holders in self.holders[product].items():
            for line, units in holders.items():
                if units != 1:
                    continue
                order, _key, _product, _units, places = self.lines[line]
                rates, uses = self.rates[order], self._uses(order)
                leaving = rates[source] if uses[source] == 1 else 0.0
                for target in places:
                    if target == source:
                        continue
                    cost = (0.0 if target in uses else rates[target]) - leaving
                    if cost < best.get((source, target), (NOTHING,))[0]:
                        best[source, target] = (cost, line)
        left, changes = self.left[product], []
        for (source, target), (cost, line) in best.items():
            if left[target] > 0:
                if cost < -SAVING:
                    changes.append((cost, ((line, source, target),)))
            elif (target, source) in best:
                back, other = best[target, source]
                same = self.lines[line][0] == self.lines[other][0]
                if cost + back < -SAVING and not same:
                    steps = ((line, source, target), (other, target, source))
                    changes.append((cost + back, steps))
        return changes

    def _uses(self, order):
        """How many lines of an order each of its sites gives."""
        uses = {}
        for line in self.of_order[order]:
            for site in self.held[line]:
                uses[site] = uses.get(site, 0) + 1
        return uses

    def _move(self, chain, moves):
        """Move a chain of lines by one unit each, the last first."""
        for line, source, target in reversed(chain):
            self._give(line, source, 1)
            self._hold(line, target, 1)
            moves.append((line, source, target, 1))

    def _undo(self, moves):
        for line, source, target, units in reversed(moves):
            self._give(line, target, units)
            if source is not None:
                self._hold(line, source, units)

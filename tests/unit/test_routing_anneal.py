"""Annealing and prices of joint routing, against the exact program on small random instances."""

import random
import time
from itertools import combinations

import pytest

from odoo.addons.order_processing.engine import compiling, routing_anneal, routing_joint
from odoo.addons.order_processing.engine.routing import (
    Need,
    Policy,
    Site,
    order_criteria,
    route_all,
)
from odoo.addons.order_processing.engine.routing_exchange import Exchange
from odoo.addons.order_processing.engine.routing_prices import Prices
from odoo.addons.order_processing.engine.routing_program import Program

needs_numba = pytest.mark.skipif(not compiling.COMPILED, reason="Numba is optional")


def scarce(seed, count=20, names="ABCD", blocked=()):
    """Orders of one to four lines, and about as much stock as they want."""
    rng = random.Random(seed)
    sites = [Site(name, 0, rng.randint(1, 900), name == "A", cost=rng.random()) for name in names]
    policy = Policy(criteria=order_criteria(("shipments", "cost")), blocked=dict(blocked))
    products = [f"p{number}" for number in range(count // 2)]
    orders, stock = [], {}
    for number in range(count):
        needs = []
        for product in rng.sample(products, rng.randint(1, 4)):
            needs.append(Need((number, product), product, rng.choice((1, 1, 2, 3)), step=1.0))
            for _unit in range(int(needs[-1].quantity)):
                place = (rng.choice(names), product)
                stock[place] = stock.get(place, 0.0) + rng.choice((0.0, 1.0, 1.0, 2.0))
        orders.append((needs, sites, "A", policy))
    return orders, stock


def annealed(orders, stock):
    """Amounts at the start and after annealing, as measured there."""
    before = Exchange(orders, stock, {}).start()
    after = routing_anneal.anneal(orders, stock, before, time.monotonic() + 60)
    return before, after


@needs_numba
@pytest.mark.parametrize("seed", range(6))
def test_annealing_sells_nothing_twice_and_is_near_the_exact_answer(seed):
    orders, stock = scarce(seed)
    before, after = annealed(orders, stock)
    used = {}
    for (needs, *_rest), amounts in zip(orders, after, strict=True):
        for need in needs:
            mine = {site: much for (key, site), much in amounts.items() if key == need.key}
            assert sum(mine.values()) <= need.quantity
            for site, much in mine.items():
                used[site, need.product] = used.get((site, need.product), 0.0) + much
    assert all(much <= stock.get(place, 0.0) for place, much in used.items())
    assert sum(sum(a.values()) for a in after) >= sum(sum(b.values()) for b in before)

    contest = routing_joint._Contest(orders, stock, time.monotonic() + 60)
    plans = routing_joint._whole(orders, after, stock)
    best = routing_joint.route_jointly(orders, stock)
    assert best.gap < 0.005
    least = contest.measure(best.plans)
    assert least - 0.005 * best.objective <= contest.measure(plans) <= 1.02 * least
    assert contest.measure(plans) <= contest.measure(route_all(orders, stock))


@needs_numba
def test_annealing_counts_what_it_moves():
    """What the loops keep count of is what the units say, and moves cost what they are said to."""
    orders, stock = scarce(3)
    state = routing_anneal._State(orders, stock, Exchange(orders, stock, {}).start())
    left, total = state.left + 0, state.measure()
    fixed, tables, now = state.arrays()
    rng = random.Random(1)
    for _time in range(300):
        unit, target = rng.randrange(len(state.site)), rng.randrange(len("ABCD") + 1)
        total += routing_anneal._put(unit, target, fixed, tables, now)
    assert state.measure() == pytest.approx(total)
    assert (state.left != left).any()
    fresh = routing_anneal._State(orders, stock, state.amounts())
    for name in ("left", "uses", "spread"):
        assert (getattr(state, name) == getattr(fresh, name)).all(), name


@needs_numba
def test_annealing_keeps_to_the_rule_and_says_the_same_again():
    orders, stock = scarce(4, blocked={(None, "B"): "warehouse"}.items())
    _before, after = annealed(orders, stock)
    assert not any(site == "B" for amounts in after for _need, site in amounts)
    assert after == annealed(orders, stock)[1]


@needs_numba
def test_annealing_out_of_time_is_no_worse():
    orders, stock = scarce(5)
    before = Exchange(orders, stock, {}).start()
    after = routing_anneal.anneal(orders, stock, before, time.monotonic() - 1)
    worth = [routing_anneal._State(orders, stock, a).measure() for a in (before, after)]
    assert worth[1] <= worth[0]


@pytest.mark.parametrize("seed", range(4))
def test_prices_find_the_cheapest_of_all_sets(seed):
    """At any prices an order's answer is the cheapest of every set of sites there is."""
    orders, stock = scarce(seed, count=10)
    prices = Prices(orders, stock)
    paid = prices.np.random.default_rng(seed).random(prices.there.shape)
    bound, _used = prices._respond(paid, prices._shapes())
    total = -(paid * prices.there).sum() - Program.UNSHIPPED * prices.lack.unavoidable
    for request in orders:
        total += cheapest(request, stock, prices, paid)
    assert bound == pytest.approx(total)


def cheapest(request, stock, prices, paid):
    """The least an order costs at some prices, by trying all sets of sites (None: waits)."""
    needs, sites, _default, _policy = request
    rates = {**Program.rates(request), None: 1.0}
    best = float("inf")
    for size in range(1, len(rates) + 1):
        for chosen in combinations(rates, size):
            cost = sum(rates[key] for key in chosen)
            cost += Program.split(request) * (len(set(chosen) - {None}) > 1)
            for need in needs:
                row = prices.products[need.product]
                offers = [
                    (paid[row, prices.sites[key]], stock.get((key, need.product), 0.0))
                    for key in chosen
                    if key is not None
                ]
                if None in chosen and prices.lack.may_wait(need):
                    offers.append((Program.UNSHIPPED, need.quantity))
                rest = need.quantity
                for price, there in sorted(offers):
                    part = min(rest, there)
                    rest, cost = rest - part, cost + part * price
                cost += 1e4 * rest
            best = min(best, cost)
    return best

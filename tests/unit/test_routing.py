"""Routing: every decision checked against what a person would expect, and against brute force."""

import random
from itertools import chain, combinations

import pytest

from odoo.addons.order_processing.engine.routing import (
    EXACT_LIMIT,
    Need,
    Site,
    contested,
    route,
    route_all,
    shrink,
)


def sites(*names, default="MAIN"):
    return [Site(name, is_default=name == default) for name in names]


def quantities(plan):
    return {(share.need, share.site): share.quantity for share in plan.shares}


def test_one_site_that_has_all_beats_two_that_have_parts():
    needs = [Need(1, "green", 2), Need(2, "black", 1)]
    stock = {("A", "green"): 5, ("B", "black"): 5, ("C", "green"): 2, ("C", "black"): 1}
    plan = route(needs, sites("A", "B", "C"), "A", stock)
    assert quantities(plan) == {(1, "C"): 2, (2, "C"): 1}
    assert plan.candidates[0].sites == ("C",)
    assert all(candidate.lost for candidate in plan.candidates[1:])


def test_documented_order_needs_two_of_three_warehouses():
    needs = [Need(1, "green", 1), Need(2, "red", 1), Need(3, "black", 1)]
    stock = {("EAST", "green"): 50, ("EAST", "red"): 50, ("WEST", "black"): 50}
    plan = route(needs, sites("MAIN", "EAST", "WEST"), "MAIN", stock)
    assert quantities(plan) == {(1, "EAST"): 1, (2, "EAST"): 1, (3, "WEST"): 1}
    assert plan.candidates[0].shipments == 2
    assert plan.short == 0
    losers = {candidate.sites: candidate.lost for candidate in plan.candidates[1:]}
    assert losers[("EAST",)] == "fill"


def test_short_stock_waits_at_the_default_site_with_the_amount():
    plan = route([Need(1, "green", 10)], sites("MAIN", "EAST"), "MAIN", {("EAST", "green"): 4})
    assert quantities(plan) == {(1, "EAST"): 4, (1, "MAIN"): 6}
    assert {share.site: share.short for share in plan.shares} == {"EAST": 0, "MAIN": 6}
    assert plan.short == 6


def test_nothing_in_stock_is_one_back_order():
    plan = route([Need(1, "a", 1), Need(2, "b", 2)], sites("MAIN", "EAST"), "MAIN", {})
    assert quantities(plan) == {(1, "MAIN"): 1, (2, "MAIN"): 2}
    assert plan.candidates[0].shipments == 1
    assert plan.short == 3


def test_default_with_equal_stock_saves_a_shipment_when_something_is_short():
    stock = {("EAST", "a"): 1, ("MAIN", "a"): 1}
    plan = route([Need(1, "a", 1), Need(2, "b", 1)], sites("EAST", "MAIN"), "MAIN", stock)
    assert plan.candidates[0].sites == ("MAIN",)
    assert plan.candidates[0].shipments == 1


@pytest.mark.parametrize(
    ("better", "criterion"),
    [
        ({"priority": 0}, "priority"),
        ({"distance": 0}, "distance"),
        ({"is_default": True}, "default"),
    ],
)
def test_ties_are_broken_in_turn(better, criterion):
    worse = {"priority": 1, "distance": 1, "is_default": False}
    first, second = Site("A", **worse), Site("B", **{**worse, **better})
    plan = route([Need(1, "a", 1)], [first, second], "B", {("A", "a"): 1, ("B", "a"): 1})
    assert plan.candidates[0].sites == ("B",)
    assert {c.sites: c.lost for c in plan.candidates}[("A",)] == criterion


def test_balance_takes_from_the_fuller_site():
    plan = route([Need(1, "a", 1)], sites("A", "B"), "MAIN", {("A", "a"): 3, ("B", "a"): 9})
    assert plan.candidates[0].sites == ("B",)
    assert plan.candidates[1].lost == "balance"


def test_priority_comes_before_distance():
    near, first = Site("NEAR", priority=1, distance=0), Site("FIRST", priority=0, distance=2)
    stock = {("NEAR", "a"): 1, ("FIRST", "a"): 1}
    assert route([Need(1, "a", 1)], [near, first], "NEAR", stock).shares[0].site == "FIRST"


def test_a_line_is_split_in_whole_units_only():
    # 30 and 20 single units, wanted 4 dozen: 2 and 1 dozen can leave, one is short.
    need = Need(1, "a", 4, unit_size=12, step=1)
    plan = route([need], sites("A", "B"), "A", {("A", "a"): 30, ("B", "a"): 20})
    assert quantities(plan) == {(1, "A"): 3, (1, "B"): 1}
    assert plan.short == 1


def test_a_broken_unit_leaves_whole():
    need = Need(1, "a", 2.5, unit_size=12, step=1)
    plan = route([need], sites("A", "B"), "A", {("A", "a"): 29, ("B", "a"): 30})
    assert quantities(plan) == {(1, "B"): 2.5}


def test_what_is_not_stocked_rides_along():
    needs = [Need(1, "manual", 1, anywhere=True), Need(2, "black", 1)]
    plan = route(needs, sites("MAIN", "WEST"), "MAIN", {("WEST", "black"): 1})
    assert quantities(plan) == {(1, "WEST"): 1, (2, "WEST"): 1}
    alone = route(needs[:1], [Site("FAR", distance=2), Site("NEAR", distance=1)], "FAR", {})
    assert quantities(alone) == {(1, "NEAR"): 1}
    assert alone.short == 0


def test_orders_share_stock_and_never_plan_a_unit_twice():
    stock = {("A", "a"): 3}
    request = ([Need(1, "a", 2)], sites("A", "MAIN"), "MAIN")
    plans = route_all([request, request, request], stock)
    assert [plan.short for plan in plans] == [0, 1, 2]
    assert stock == {("A", "a"): 3}


def test_negative_stock_is_none():
    plan = route([Need(1, "a", 1)], sites("A"), "MAIN", {("A", "a"): -5})
    assert quantities(plan) == {(1, "MAIN"): 1}


def test_many_sites_fall_back_to_greedy_and_say_so():
    names = [f"S{i:02}" for i in range(EXACT_LIMIT + 3)]
    needs = [Need(i, f"p{i}", 1) for i in range(len(names))]
    stock = {(name, f"p{i}"): 1 for i, name in enumerate(names)}
    plan = route(needs, sites(*names), "S00", stock)
    assert not plan.exact
    assert plan.short == 0
    assert plan.candidates[0].shipments == len(names)


def test_shrink_takes_from_the_last_and_spares_what_left():
    parts = [("A", 3.0, 0.0), ("B", 2.0, 1.0)]
    assert shrink(parts, 1) == {"B": 1.0}
    assert shrink(parts, 3) == {"B": 1.0, "A": 1.0}


@pytest.mark.parametrize("seed", range(60))
def test_exact_is_as_good_as_brute_force_and_loses_nothing(seed):
    rng = random.Random(seed)
    names = [f"S{i}" for i in range(rng.randint(1, 6))]
    products = ["a", "b", "c", "d"][: rng.randint(1, 4)]
    needs = [Need(i, rng.choice(products), rng.randint(1, 6)) for i in range(rng.randint(1, 5))]
    stock = {(name, product): rng.choice([0, 0, 1, 3, 6]) for name in names for product in products}
    plan = route(needs, sites(*names, default="S0"), "S0", stock)

    for need in needs:
        mine = [share for share in plan.shares if share.need == need.key]
        assert sum(share.quantity for share in mine) == pytest.approx(need.quantity)
    demand = {}
    for need in needs:
        demand[need.product] = demand.get(need.product, 0) + need.quantity
    taken = {}
    for share in plan.shares:
        product = next(need.product for need in needs if need.key == share.need)
        place = (share.site, product)
        taken[place] = taken.get(place, 0) + share.quantity - share.short
    assert all(quantity <= stock.get(place, 0) + 1e-6 for place, quantity in taken.items())

    def filled(chosen):
        return sum(
            min(wanted, sum(stock[name, product] for name in chosen))
            for product, wanted in demand.items()
        )

    subsets = list(chain.from_iterable(combinations(names, n) for n in range(len(names) + 1)))
    best = max(filled(subset) for subset in subsets)
    fewest = min(len(subset) for subset in subsets if filled(subset) == best)
    assert sum(taken.values()) == pytest.approx(best)
    assert len({site for site, _product in taken if taken[site, _product] > 0}) == fewest


def test_only_what_is_nearly_gone_is_contested():
    def products(stock, *needs, default="A"):
        requests = [([need], sites("A", "B"), default) for need in needs]
        return contested(requests, route_all(requests, stock), stock)

    assert products({("A", "green"): 1}, Need(1, "green", 1)) == {"green"}
    assert products({("A", "green"): 20}, Need(1, "green", 1)) == {"green"}
    assert products({("A", "green"): 21}, Need(1, "green", 1)) == set()
    # Several orders in one call take together.
    assert products({("A", "green"): 40}, Need(1, "green", 1), Need(2, "green", 1)) == {"green"}
    # Packs count in the product's own unit; what isn't there can't be contested.
    assert products({("A", "green"): 100}, Need(1, "green", 1, unit_size=12)) == {"green"}
    assert products({}, Need(1, "green", 1)) == set()
    assert products({("A", "green"): 1}, Need(1, "green", 1, anywhere=True)) == set()

"""Walks on floors of any shape: near the optimum where it is known, and along one-way aisles."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_picking import in_order, published, published_floor, warehouses

from odoo.addons.order_shipping.engine import picking, picking_general


@settings(max_examples=100, deadline=None)
@given(warehouses())
def test_visits_every_stop_and_is_never_shorter_than_the_shortest(case):
    block, stops = case
    route = picking_general.shortest(block, stops)
    assert sorted(route.keys) == [stop.key for stop in stops]
    assert route.metres >= picking.shortest(block, stops).metres - 1e-6
    walked = picking.walk_metres(block, in_order(stops, route.keys))
    assert walked == pytest.approx(route.metres)


def test_close_to_published_optima():
    gaps = []
    for case in published()[::40]:
        block, stops = published_floor(case, middle=True)
        gaps.append(picking_general.shortest(block, stops).metres / case["opt_two_block"] - 1)
    assert sum(gaps) / len(gaps) < 0.04


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6))
def test_free_floor_is_near_brute_force(places):
    block = picking.Block(30.0)
    stops = [picking.Stop(key, float(x), float(y)) for key, (x, y) in enumerate(places)]
    start = picking.depot(block)

    def metres(order):
        path = [start, *order, start]
        return sum(abs(a.x - b.x) + abs(a.y - b.y) for a, b in itertools.pairwise(path))

    best = min(metres(order) for order in itertools.permutations(stops))
    route = picking_general.shortest(block, stops, in_aisles=False)
    assert best - 1e-9 <= route.metres <= best * 1.25 + 1e-9
    assert metres(in_order(stops, route.keys)) == pytest.approx(route.metres)


def test_one_way_aisles_are_walked_their_way():
    block = picking.Block(20.0)
    stops = [picking.Stop("a", 0.0, 5.0), picking.Stop("b", 5.0, 5.0)]
    both = picking_general.shortest(block, stops)
    assert both.metres == 5 + 5 + 5 + 10 + 5  # into both aisles and back
    one_way = {0.0: picking_general.FORWARD, 5.0: picking_general.BACKWARD}
    round_trip = picking_general.shortest(block, stops, one_way)
    assert round_trip.metres == 20 + 5 + 20 + 5
    assert round_trip.keys == ("a", "b")


def test_a_floor_of_one_way_aisles_all_alike_has_no_way_back():
    block = picking.Block(20.0)
    stops = [picking.Stop("a", 0.0, 5.0), picking.Stop("b", 5.0, 5.0)]
    one_way = {0.0: picking_general.FORWARD, 5.0: picking_general.FORWARD}
    with pytest.raises(ValueError, match="unreachable"):
        picking_general.shortest(block, stops, one_way)


def test_no_stops_no_walk():
    assert picking_general.shortest(picking.Block(5.0), []) == picking.Route((), 0.0)

"""The picker's walk: exact against published optima, brute force and the other walks."""

import gzip
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import drawing, layout, picking, picking_policies

SHARED = Path(__file__).resolve().parents[3] / "shared"


@st.composite
def warehouses(draw, max_stops=12):
    length = draw(st.integers(10, 40))
    aisles = draw(st.integers(1, 6))
    middle = draw(st.sets(st.integers(1, length - 1), max_size=2))
    block = picking.Block(
        length=float(length),
        depot_x=float(draw(st.integers(0, aisles * 5))),
        depot_at_back=draw(st.booleans()),
        middle=tuple(float(y) for y in sorted(middle)),
        end=draw(st.none() | st.tuples(st.integers(0, aisles * 5).map(float), st.booleans())),
    )
    places = draw(
        st.lists(
            st.tuples(st.integers(0, aisles - 1), st.integers(0, length)),
            min_size=1,
            max_size=max_stops,
        )
    )
    stops = [picking.Stop(key, float(aisle * 5), float(y)) for key, (aisle, y) in enumerate(places)]
    return block, stops


def in_order(stops, keys):
    by_key = {stop.key: stop for stop in stops}
    return [by_key[key] for key in keys]


@settings(max_examples=200, deadline=None)
@given(warehouses())
def test_route_visits_every_stop_once(case):
    block, stops = case
    route = picking.shortest(block, stops)
    assert sorted(route.keys) == [stop.key for stop in stops]


@settings(max_examples=200, deadline=None)
@given(warehouses())
def test_stated_metres_are_those_of_the_sequence(case):
    block, stops = case
    route = picking.shortest(block, stops)
    walked = picking.walk_metres(block, in_order(stops, route.keys))
    assert walked == pytest.approx(route.metres)


@settings(max_examples=200, deadline=None)
@given(warehouses())
def test_never_longer_than_other_walks(case):
    block, stops = case
    best = picking.shortest(block, stops).metres
    assert best <= picking.as_given(block, stops).metres + 1e-9
    for policy in picking_policies.POLICIES.values():
        route = policy(block, stops)
        assert sorted(route.keys) == [stop.key for stop in stops]
        assert best <= route.metres + 1e-9
        walked = picking.walk_metres(block, in_order(stops, route.keys))
        assert walked <= route.metres + 1e-9


@settings(max_examples=60, deadline=None)
@given(warehouses(max_stops=6))
def test_equals_brute_force(case):
    block, stops = case
    brute = min(picking.walk_metres(block, order) for order in itertools.permutations(stops))
    assert picking.shortest(block, stops).metres == pytest.approx(brute)


def published():
    """The 2,400 public single-picker instances (Hessler, Irnich)."""
    source = SHARED / "picking-instances" / "SPRP.jsonl.gz"
    assert source.exists(), f"The public instances are missing: {source}"
    with gzip.open(source, "rt") as lines:
        cases = [json.loads(line) for line in lines]
    assert len(cases) == 2400
    return cases


def published_floor(case, middle):
    """Block and stops of an instance, with a cross aisle 1 wide in the middle or without."""
    size, half = case["d_cell"], case["cells"] // 2

    def depth(cell):
        return case["d_bot"] + cell * size + (1 if middle and cell >= half else 0)

    block = picking.Block(
        depth(case["cells"] - 1) + case["d_top"],
        case["depot_aisle"] * case["d_aisle"],
        case["depot_loc"] == "top",
        (depth(half - 1) + 1,) if middle else (),
    )
    stops = [
        picking.Stop(key, aisle * case["d_aisle"], depth(cell))
        for key, (aisle, cell) in enumerate(case["picks"])
    ]
    return block, stops


@pytest.mark.parametrize(
    ("middle", "optimum"), [(False, "opt_single_block"), (True, "opt_two_block")]
)
def test_every_published_optimum(middle, optimum):
    wrong = []
    for case in published():
        block, stops = published_floor(case, middle)
        route = picking.shortest(block, stops)
        walked = picking.walk_metres(block, in_order(stops, route.keys))
        if abs(route.metres - case[optimum]) > 1e-6 or abs(walked - route.metres) > 1e-6:
            wrong.append((case["id"], route.metres, walked, case[optimum]))
    assert not wrong, wrong[:5]


def test_no_stops_no_walk():
    block = picking.Block(10.0)
    assert picking.shortest(block, []) == picking.Route((), 0.0)
    assert picking_policies.s_shape(block, []).metres == 0.0
    assert picking.floor_path(block, []) == []


@settings(max_examples=100, deadline=None)
@given(warehouses())
def test_drawn_path_is_as_long_as_the_walk(case):
    block, stops = case
    route = picking.shortest(block, stops)
    points = picking.floor_path(block, in_order(stops, route.keys))
    drawn = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(points))
    assert drawn == pytest.approx(route.metres)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("A-07-2", ("A", 7, 2)),
        ("b/12", ("B", 12, 0)),
        ("12.03.B", ("12", 3, 2)),
        ("Aisle C - Bay 4", ("C", 4, 0)),
        ("Shelf 1", None),
        ("Stock", None),
        ("", None),
        (None, None),
    ],
)
def test_layout_from_names(name, place):
    assert layout.parse_name(name) == place


def test_aisles_follow_each_other():
    ordinals = [layout.aisle_ordinal(aisle) for aisle in ("A", "B", "Z", "AA", "1", "2", "?")]
    assert ordinals == [0, 1, 25, 26, 0, 1, None]
    assert layout.coordinates("C", 5, 4.0, 1.5) == (8.0, 7.5)


def test_drawing_escapes_names():
    block = picking.Block(10.0)
    svg = drawing.route_svg(
        block,
        {0.0: '"><script>alert(1)</script>'},
        [picking.Stop("<b>A-1</b>", 0.0, 3.0)],
        title="<i>A & B</i>",
    )
    assert "<script>" not in svg and "<b>" not in svg and "<i>" not in svg
    assert "&lt;b&gt;A-1&lt;/b&gt;" in svg

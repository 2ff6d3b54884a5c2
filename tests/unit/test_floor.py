"""Which places a walk gets to, where aisles are one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import floor, picking
from odoo.addons.order_shipping.engine.picking_general import BACKWARD, BOTH, FORWARD

AISLES = {"A": 0.0, "B": 4.0, "C": 8.0}


def make(ways, **block):
    one_way = {x: way for x, way in zip(AISLES.values(), ways, strict=True) if way is not BOTH}
    return floor.Floor(picking.Block(20.0, **block), AISLES, one_way)


def reasons(plan, y=5.0):
    return [plan.dead_end(x, y) for x in AISLES.values()]


def test_every_place_up_to_the_back_cross_aisle():
    plan = make([BOTH] * 3)
    assert reasons(plan) == reasons(plan, 20.0) == [None] * 3
    assert reasons(plan, 20.1) == reasons(plan, -1) == [floor.BEYOND] * 3


def test_aisles_all_one_way_to_the_back_lead_nowhere():
    assert reasons(make([FORWARD] * 3)) == [floor.NO_WAY_OUT] * 3


def test_nobody_gets_into_aisles_all_one_way_to_the_front():
    assert reasons(make([BACKWARD] * 3)) == [floor.NO_WAY_IN] * 3


def test_one_aisle_back_is_enough():
    assert reasons(make([FORWARD, FORWARD, BACKWARD])) == [None] * 3
    assert reasons(make([FORWARD, FORWARD, BOTH])) == [None] * 3


def test_walks_that_end_at_the_back_need_no_way_back():
    assert reasons(make([FORWARD] * 3, end=(8.0, True))) == [None] * 3
    assert reasons(make([BACKWARD] * 3, depot_at_back=True, end=(8.0, False))) == [None] * 3


def test_a_middle_cross_aisle_saves_no_one_way_aisle():
    plan = make([FORWARD] * 3, middle=(10.0,))
    assert reasons(plan) == reasons(plan, 15.0) == [floor.NO_WAY_OUT] * 3


def test_nothing_is_cut_off_on_an_open_floor():
    plan = floor.Floor(picking.Block(20.0), AISLES, {0.0: FORWARD}, in_aisles=False)
    assert reasons(plan, 50.0) == [None] * 3


def test_the_way_back_may_lead_through_an_aisle_without_picks():
    plan = make([FORWARD, FORWARD, BACKWARD])
    route = plan.route([picking.Stop("one", 0.0, 5.0)])
    assert route.metres == 20 + 8 + 20 + 8


@given(
    st.lists(st.sampled_from([BOTH, FORWARD, BACKWARD]), min_size=3, max_size=3),
    st.sampled_from([(), (10.0,), (6.0, 13.0)]),
    st.booleans(),
    st.sampled_from([None, (0.0, False), (8.0, True)]),
    st.sampled_from(list(AISLES.values())),
    st.sampled_from([0.0, 3.0, 6.0, 12.0, 20.0]),
)
def test_a_dead_end_is_where_no_route_is_found(ways, middle, at_back, end, x, y):
    plan = make(ways, middle=middle, depot_at_back=at_back, end=end)
    stops = [picking.Stop("one", x, y)]
    if not plan.dead_end(x, y):
        assert plan.route(stops).keys == ("one",)
    elif y not in plan.block.cross:  # who stands on a cross aisle needs no aisle
        with pytest.raises(ValueError, match="unreachable"):
            plan.route(stops)

"""When pick faces are refilled, and minimum and maximum of what suppliers deliver."""

import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import replenishment
from odoo.addons.order_shipping.engine.replenishment import Face, Policy, Refill, Source


def test_a_face_is_refilled_to_its_maximum_below_its_minimum():
    enough = Face("enough", "tea", 10, 40, on_hand=10)
    low = Face("low", "mug", 10, 40, on_hand=9)
    sources = [Source("R1", "mug", 20), Source("R2", "mug", 20), Source("R3", "tea", 99)]
    assert replenishment.refill([enough, low], sources) == [
        Refill("low", "R1", 20, 0, 0),
        Refill("low", "R2", 11, 0, 0),
    ]


def test_open_transfers_count_and_come_first():
    calm = Face("calm", "tea", 10, 40, on_hand=5)
    reserved = Face("reserved", "mug", 10, 40, on_hand=30, reserved=25)
    waiting = Face("waiting", "cup", 0, 40, on_hand=0)
    sources = [Source("R", product, 100) for product in ("tea", "mug", "cup")]
    found = replenishment.refill([calm, reserved, waiting], sources, {"cup": 7})
    assert found == [
        Refill("waiting", "R", 40, 7, 7),
        Refill("calm", "R", 35, 0, 0),
        Refill("reserved", "R", 10, 0, 25),
    ]


def test_what_is_on_the_way_is_not_brought_again():
    face = Face("face", "tea", 10, 40, on_hand=5, incoming=35)
    assert not replenishment.refill([face], [Source("R", "tea", 100)])


def test_a_second_face_takes_the_demand_that_the_first_cannot_hold():
    faces = [Face(key, "tea", 0, 10) for key in ("first", "second", "third")]
    found = replenishment.refill(faces, [Source("R", "tea", 100)], {"tea": 15})
    assert found == [Refill("first", "R", 10, 10, 10), Refill("second", "R", 10, 5, 5)]


amounts = st.integers(0, 60).map(float)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from("ab"), *[amounts] * 5), max_size=6),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(-5, 60)), max_size=6),
    st.dictionaries(st.sampled_from("ab"), amounts),
)
def test_no_face_overflows_and_no_reserve_is_taken_twice(rows, reserve, demand):
    faces = [
        Face(rank, product, min(low, high), max(low, high), *rest)
        for rank, (product, low, high, *rest) in enumerate(rows)
    ]
    sources = [Source(rank, *row) for rank, row in enumerate(reserve)]
    found = replenishment.refill(faces, sources, demand)
    assert all(move.quantity > 0 for move in found)
    for face in faces:
        brought = sum(move.quantity for move in found if move.face == face.key)
        assert not brought or face.on_hand + face.incoming + brought <= face.maximum + 1e-6
    for source in sources:
        taken = sum(move.quantity for move in found if move.place == source.place)
        assert taken <= max(source.quantity, 0)


def test_economic_order_quantity():
    # sqrt(2 × 1200 × 50 / (0.25 × 12)) = 200
    policy = Policy(order_cost=50, holding=0.25)
    assert replenishment.order_quantity(1200, 12, policy) == pytest.approx(200)
    assert replenishment.order_quantity(1200, 0, policy) is None


@given(st.floats(1, 1e5), st.floats(0.1, 1e3), st.floats(0.1, 1e3), st.floats(0.5, 2))
def test_no_other_quantity_costs_less(yearly, cost, order_cost, factor):
    policy = Policy(order_cost=order_cost, holding=0.2)
    best = replenishment.order_quantity(yearly, cost, policy)

    def costs(quantity):
        return yearly / quantity * order_cost + quantity / 2 * 0.2 * cost

    assert costs(best) <= costs(best * factor) * (1 + 1e-9)


def test_reorder_point_by_hand():
    weeks = [7, 14] * 13
    found = replenishment.reorder(weeks, 15, 2.0, Policy(0.95, 10, 0.25))
    assert found.daily == pytest.approx(1.5)
    # Weeks vary by 3.569 (n - 1), days by 1.349; sixteen days by 5.396, times 1.645 is 8.876.
    assert found.safety == pytest.approx(8.876, abs=0.001)
    assert found.minimum == math.ceil(1.5 * 16 + 8.876)
    # sqrt(2 × 547.5 × 10 / 0.5) = 147.99
    assert (found.quantity, found.maximum) == (148, 33 + 148)
    assert not found.doubts


def test_doubts():
    def doubts(weeks, **options):
        options = {"lead": 7, "cost": 5.0, "policy": Policy()} | options
        return replenishment.reorder(weeks, **options).doubts

    assert doubts([3, 4]) == ("few",)
    assert doubts([0, 0, 0, 0, 0, 0, 0, 0, 9]) == ("seldom",)
    assert doubts([5] * 10, cost=0.0) == ("no_cost",)
    assert doubts([5] * 10, cost=0.001) == ("capped",)
    assert doubts([5] * 10, least=1000) == ("supplier_minimum",)
    assert replenishment.reorder([0] * 10, 7, 5.0, Policy()) is None
    assert replenishment.reorder([], 7, 5.0, Policy()) is None


def test_quantities_are_multiples_of_the_step():
    found = replenishment.reorder([5, 8] * 5, 7, 5.0, Policy(), step=6)
    assert found.minimum % 6 == found.maximum % 6 == 0


def test_the_service_level_is_kept():
    """Twenty thousand days of a shop that orders by these figures, with normal demand."""
    rng = random.Random(7)
    mean, deviation, lead = 20.0, 6.0, 9
    weeks = [sum(rng.gauss(mean, deviation) for _day in range(7)) for _week in range(400)]
    found = replenishment.reorder(weeks, lead, 4.0, Policy(0.9), step=0.001)
    stock, on_order, cycles, short = found.maximum, {}, 0, 0
    for day in range(20_000):
        if day in on_order:
            cycles += 1
            short += stock < 0
            stock += on_order.pop(day)
        stock -= max(rng.gauss(mean, deviation), 0)
        position = stock + sum(on_order.values())
        if position < found.minimum:
            on_order[day + lead + 1] = found.maximum - position
    assert cycles > 500
    # A day's demand goes below the minimum before the order is placed.
    assert 0.85 < 1 - short / cycles < 0.97


def test_small_changes_are_not_worth_it():
    assert not replenishment.differs((100, 200), (105, 210))
    assert replenishment.differs((100, 200), (120, 200))
    assert replenishment.differs((0, 0), (1, 2))


def test_what_somebody_forecasts_takes_the_place_of_the_mean():
    weeks = [10.0] * 8
    plain = replenishment.reorder(weeks, 7, 5.0, Policy())
    more = replenishment.reorder(weeks, 7, 5.0, Policy(), expected=20.0)
    assert more.daily == 2 * plain.daily
    assert more.minimum > plain.minimum
    assert more.deviation == plain.deviation
    assert replenishment.reorder(weeks, 7, 5.0, Policy(), expected=0.0) is None

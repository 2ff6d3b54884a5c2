"""Turns of pickers, and urgent orders kept on time."""

import random
from datetime import date, datetime

import pytest
from test_batching import FEW, make_orders

from odoo.addons.order_shipping.engine import batching, batching_schedule, picking

BLOCK = picking.Block(22.0)
PACE = batching_schedule.Pace(metres_per_minute=10, seconds_per_line=60, seconds_per_batch=60)


def batch(key, metres, lines=1):
    return batching.Batch((key,), metres, {"lines": lines})


def order(key, due=None, urgent=False):
    return batching.Order(key, ((0.0, 1.0),), due=due, urgent=urgent)


def test_minutes_are_walk_lines_and_cart():
    assert PACE.minutes(batch(1, 50, lines=3)) == 5 + 3 + 1


def test_earliest_due_first_to_whoever_is_free_first():
    batches = [batch("late", 30), batch("soon", 30), batch("any", 30)]
    orders = [order("late", 60), order("soon", 5), order("any")]
    turns = batching_schedule.schedule(batches, orders, PACE, {"Ann": 0, "Bob": 2})
    assert [(turn.batch.keys[0], turn.picker, turn.start, turn.end) for turn in turns] == [
        ("soon", "Ann", 0, 5),
        ("late", "Bob", 2, 7),
        ("any", "Ann", 5, 10),
    ]
    assert not any(turn.late for turn in turns)
    alone = batching_schedule.schedule(batches, orders, PACE, {"Bob": 2})
    assert alone[0].late == ("soon",)
    assert batching_schedule.lateness(alone, orders) == (0, 1, 2.0, 90)


def test_urgent_batches_go_first_even_if_others_are_due():
    batches = [batch("due", 30), batch("urgent", 30)]
    orders = [order("due", -5), order("urgent", 60, urgent=True)]
    turns = batching_schedule.schedule(batches, orders, PACE, None)
    assert [turn.batch.keys[0] for turn in turns] == ["urgent", "due"]


def test_urgent_orders_are_batched_apart_when_they_would_be_late():
    orders = make_orders(24)
    plain = batching.plan(BLOCK, orders, batching.Limits(orders=6), FEW)
    needed = sum(PACE.minutes(batch) for batch in plain)
    urgent = [
        batching.Order(
            o.key, o.stops, o.lines, o.items, due=needed / 3 if o.key % 4 == 0 else 10000
        )
        for o in orders
    ]
    mixed = batching_schedule.schedule(plain, urgent, PACE, None)
    turns = batching_schedule.plan_on_time(
        BLOCK, urgent, batching.Limits(orders=6), PACE, budget=FEW
    )
    assert batching_schedule.lateness(mixed, urgent)[1] > 0
    assert batching_schedule.lateness(turns, urgent)[1] == 0
    assert sorted(key for turn in turns for key in turn.batch.keys) == list(range(24))


def test_nothing_due_costs_no_metres():
    orders = make_orders(24)
    turns = batching_schedule.plan_on_time(
        BLOCK, orders, batching.Limits(orders=6), PACE, None, FEW
    )
    plain = batching.plan(BLOCK, orders, batching.Limits(orders=6), FEW)
    assert batching_schedule.lateness(turns, orders)[3] == pytest.approx(
        sum(batch.metres for batch in plain)
    )


def test_a_plan_at_once_holds_every_order_and_thinking_shortens_it(monkeypatch):
    orders = make_orders(60)
    limits = batching.Limits(orders=6)
    monkeypatch.setattr(batching, "PAIRS_AT_ONCE", 1)
    monkeypatch.setattr(batching, "PART_AT_ONCE", 10)
    at_once = batching_schedule.plan_at_once(BLOCK, orders, limits, PACE, {"Ann": 0})
    assert sorted(key for turn in at_once for key in turn.batch.keys) == list(range(60))
    assert all(len(turn.batch.keys) <= 6 for turn in at_once)
    better = batching_schedule.plan_on_time(BLOCK, orders, limits, PACE, {"Ann": 0}, FEW)
    assert sum(t.batch.metres for t in better) < sum(t.batch.metres for t in at_once)
    in_parts = batching.plan(BLOCK, orders, limits, batching.Budget(moves=0), most=10)
    assert sum(b.metres for b in in_parts) == pytest.approx(sum(t.batch.metres for t in at_once))


def test_five_thousand_open_transfers_at_once():
    """Each in one batch within the limits, hardly a batch more than there must be, no two plans."""
    rng = random.Random(5)
    orders = [
        batching.Order(
            key,
            tuple({(rng.randrange(20) * 4.0, float(rng.randrange(1, 40))) for _line in range(2)}),
            lines=2,
        )
        for key in range(5000)
    ]
    limits = batching.Limits(orders=12)
    block = picking.Block(41.0)
    turns = batching_schedule.plan_at_once(block, orders, limits, PACE, {"Ann": 0, "Bob": 0})
    assert sorted(key for turn in turns for key in turn.batch.keys) == list(range(5000))
    assert all(len(turn.batch.keys) <= 12 for turn in turns)
    assert len(turns) <= 1.03 * 5000 / 12
    by_rank = sum(
        batching.describe(block, orders[first : first + 12], limits).metres
        for first in range(0, 5000, 12)
    )
    assert sum(turn.batch.metres for turn in turns) < 0.7 * by_rank
    again = batching_schedule.plan_at_once(block, orders, limits, PACE, {"Ann": 0, "Bob": 0})
    assert again == turns


def test_no_orders_no_turns():
    assert batching_schedule.plan_on_time(BLOCK, [], batching.Limits(), PACE) == []


def with_needs(orders, needs, every):
    return [
        batching.Order(
            o.key, o.stops, o.lines, o.items, needs=frozenset(() if o.key % every else needs)
        )
        for o in orders
    ]


def test_a_batch_goes_to_somebody_who_has_what_it_needs():
    batches = [batch("heavy", 30), batch("light", 30), batch("cold", 30)]
    orders = [
        batching.Order("heavy", (), needs=frozenset({"lift"})),
        batching.Order("cold", (), needs=frozenset({"lift", "coat"})),
        order("light"),
    ]
    skills = {"Ann": {"lift"}, "Bob": set()}
    turns = batching_schedule.schedule(batches, orders, PACE, {"Ann": 0, "Bob": 0}, skills)
    assert {turn.batch.keys[0]: turn.picker for turn in turns} == {
        "heavy": "Ann",
        "light": "Bob",
        "cold": None,
    }


def test_needs_share_batches_if_somebody_has_them_all():
    orders = with_needs(make_orders(24), {"lift"}, 3)
    limits = batching.Limits(orders=6)
    plain = batching.plan(BLOCK, orders, limits, FEW)
    turns = batching_schedule.plan_on_time(
        *(BLOCK, orders, limits, PACE, {"Ann": 0}, FEW), skills={"Ann": {"lift"}}
    )
    assert sum(turn.batch.metres for turn in turns) == pytest.approx(
        sum(batch.metres for batch in plain)
    )


def test_needs_are_kept_apart_where_nobody_has_them_all():
    orders = [
        batching.Order(
            o.key, o.stops, o.lines, o.items, needs=frozenset({"lift"} if o.key % 2 else {"coat"})
        )
        for o in make_orders(24)
    ]
    skills = {"Ann": {"lift"}, "Bob": {"coat"}}
    turns = batching_schedule.plan_on_time(
        *(BLOCK, orders, batching.Limits(orders=6), PACE, {"Ann": 0, "Bob": 0}, FEW),
        skills=skills,
    )
    needs = {order.key: order.needs for order in orders}
    assert all(turn.picker for turn in turns)
    assert all(needs[key] <= skills[turn.picker] for turn in turns for key in turn.batch.keys)
    assert sorted(key for turn in turns for key in turn.batch.keys) == list(range(24))


@pytest.mark.parametrize(
    ("after", "hour", "zone", "expected"),
    [
        ((2026, 7, 1, 9, 0), 16.5, "UTC", (2026, 7, 1, 16, 30)),
        ((2026, 7, 1, 16, 31), 16.5, "UTC", (2026, 7, 2, 16, 30)),
        ((2026, 7, 1, 9, 0), 16.5, "America/New_York", (2026, 7, 1, 20, 30)),
        # It is still the evening of the first there.
        ((2026, 7, 2, 1, 0), 23.75, "America/New_York", (2026, 7, 2, 3, 45)),
        # The clocks go forward: 16:30 is an hour less away.
        ((2026, 3, 28, 16, 0), 16.5, "Europe/Berlin", (2026, 3, 29, 14, 30)),
        ((2026, 12, 31, 23, 0), 8, "UTC", (2027, 1, 1, 8, 0)),
    ],
)
def test_when_the_carrier_comes(after, hour, zone, expected):
    found = batching_schedule.collection(datetime(*after), hour, zone)
    assert found == datetime(*expected)


@pytest.mark.parametrize(
    ("weekdays", "closed", "expected"),
    [
        (range(5), (), (2026, 11, 30, 16, 0)),  # from Friday evening to Monday
        (range(6), (), (2026, 11, 28, 16, 0)),
        (range(5), (date(2026, 11, 30),), (2026, 12, 1, 16, 0)),
        ((), (), (2026, 11, 28, 16, 0)),  # never: as if it came every day
    ],
)
def test_the_carrier_comes_on_its_days(weekdays, closed, expected):
    friday = datetime(2026, 11, 27, 17, 0)
    found = batching_schedule.collection(friday, 16, "UTC", frozenset(weekdays), frozenset(closed))
    assert found == datetime(*expected)

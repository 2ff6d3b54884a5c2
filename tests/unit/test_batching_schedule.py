"""Turns of pickers, and urgent orders kept on time."""

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
    assert batching_schedule.lateness(alone, orders) == (1, 2.0, 90)


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
    assert batching_schedule.lateness(mixed, urgent)[0] > 0
    assert batching_schedule.lateness(turns, urgent)[0] == 0
    assert sorted(key for turn in turns for key in turn.batch.keys) == list(range(24))


def test_nothing_due_costs_no_metres():
    orders = make_orders(24)
    turns = batching_schedule.plan_on_time(
        BLOCK, orders, batching.Limits(orders=6), PACE, None, FEW
    )
    plain = batching.plan(BLOCK, orders, batching.Limits(orders=6), FEW)
    assert batching_schedule.lateness(turns, orders)[2] == pytest.approx(
        sum(batch.metres for batch in plain)
    )


def test_no_orders_no_turns():
    assert batching_schedule.plan_on_time(BLOCK, [], batching.Limits(), PACE) == []

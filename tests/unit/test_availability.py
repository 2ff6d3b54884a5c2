"""The engine of available to promise, against the formula worked out by hand and by brute force."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine import availability
from odoo.addons.order_processing.engine.availability import Demand, Step

NOW = datetime(2026, 3, 2, 8)


def day(number):
    return NOW + timedelta(days=number)


def steps(*pairs):
    return tuple(Step(day(number), quantity) for number, quantity in pairs)


def test_stock_less_what_is_committed_and_kept_back():
    assert availability.look_ahead(NOW, 10, commitments=[(day(3), 4)], kept_back=1) == steps((0, 5))


def test_look_ahead_keeps_a_later_commitment():
    """10 there, 20 come on day 5, 25 go on day 3: nothing may be promised before day 5."""
    found = availability.look_ahead(NOW, 10, [(day(5), 20)], [(day(3), 25)])
    assert found == steps((0, -15), (5, 5))


def test_a_receipt_adds_from_its_day_on():
    found = availability.look_ahead(NOW, 3, [(day(2), 4), (day(9), 1)], [(day(4), 2)])
    assert found == steps((0, 3), (2, 5), (9, 6))


def test_a_late_receipt_is_not_there_today():
    found = availability.look_ahead(NOW, 0, [(day(-3), 4)])
    assert found == steps((0, 0), (1, 4))


def test_an_overdue_commitment_goes_first():
    assert availability.look_ahead(NOW, 5, [], [(day(-9), 5)]) == steps((0, 0))


def test_outlook_answers_both_questions():
    outlook = availability.Outlook(NOW, steps((0, -2), (2, 5), (9, 6)))
    assert [outlook.at(), outlook.at(day(2)), outlook.at(day(8)), outlook.most] == [0, 5, 5, 6]
    assert outlook.at(day(-1)) == outlook.at()
    assert outlook.earliest(5) == day(2)
    assert outlook.earliest(6.0000001) == day(9)
    assert outlook.earliest(7) is None


def test_unlimited():
    outlook = availability.unlimited(NOW)
    assert outlook.is_unlimited
    assert outlook.earliest(1e12) == NOW


def test_take_for_later_leaves_what_is_replaced_by_then():
    """5 now, 9 from day 4: 4 for day 4 cost nothing today; 6 for day 4 leave 3 today."""
    before = steps((0, 5), (4, 9))
    assert availability.take(before, 4, day(4)) == steps((0, 5))
    assert availability.take(before, 6, day(4)) == steps((0, 3))
    assert availability.take(before, 5, day(0)) == steps((0, 0), (4, 4))


def test_kit_is_as_good_as_its_scarcest_component():
    frames, wheels = steps((0, 3)), steps((0, 1), (6, 9))
    assert availability.kit([(frames, 1), (wheels, 2)]) == steps((0, 0), (6, 3))


def test_portions_prefer_one_place():
    places = [("A", steps((0, 3), (9, 20))), ("B", steps((0, 5)))]
    assert availability.portions(places, 5) == (("B", day(0), 5),)
    assert availability.portions(places, 8) == (("A", day(0), 3), ("B", day(0), 5))
    assert availability.portions(places, 12) == (("A", day(9), 12),)
    assert availability.portions(places, 99) == ()


def test_portions_never_take_a_deficit_from_another_place():
    places = [("A", steps((0, -4))), ("B", steps((0, 5)))]
    assert availability.portions(places, 5) == (("B", day(0), 5),)


def test_peg_serves_the_first_to_leave():
    covered = availability.peg(
        NOW,
        5,
        [(day(4), 3)],
        [Demand("late", day(6), 3), Demand("first", day(1), 4), Demand("own", day(9), 1, 1)],
    )
    assert covered == {"own": NOW, "first": NOW, "late": day(4)}


def test_peg_says_what_nothing_covers():
    covered = availability.peg(NOW, 2, [], [Demand("a", day(1), 2), Demand("b", day(2), 1)])
    assert covered == {"a": NOW, "b": None}


amounts = st.integers(0, 20)
events = st.lists(st.tuples(st.integers(-3, 12).map(day), amounts), max_size=6)


@settings(deadline=None)  # machines are slow at times
@given(amounts, events, events, amounts)
def test_by_brute_force(on_hand, receipts, commitments, kept_back):
    """At every day: what may be promised is the lowest projected stock from then on."""
    found = availability.look_ahead(NOW, on_hand, receipts, commitments, kept_back)
    assert [step.quantity for step in found] == sorted(step.quantity for step in found)

    def level(moment):
        arrived = sum(q for when, q in receipts if (when if when > NOW else day(1)) <= moment)
        gone = sum(q for when, q in commitments if when <= moment)
        return on_hand + arrived - gone - kept_back

    for number in range(14):
        expected = min(level(day(later)) for later in range(number, 14))
        assert availability.quantity_at(found, day(number)) == pytest.approx(expected)


@settings(deadline=None)  # machines are slow at times
@given(amounts, events, events, st.integers(1, 20))
def test_what_is_promised_breaks_nothing(on_hand, receipts, commitments, quantity):
    """Promise at the earliest moment: no later promise shrinks below what it was promised."""
    found = availability.look_ahead(NOW, on_hand, receipts, commitments)
    when = availability.earliest(found, quantity)
    if when is None:
        return
    after = availability.take(found, quantity, when)
    assert availability.take(found, quantity, when) == availability.look_ahead(
        NOW, on_hand, receipts, [*commitments, (when, quantity)]
    )
    assert availability.quantity_at(after, when) >= -availability.EPSILON

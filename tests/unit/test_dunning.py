"""Who is reminded, of what, at which level."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.dunning import Item, Level, plan

TODAY = date(2026, 3, 31)
LEVELS = [Level(11, 7, 0), Level(12, 21, 10), Level(13, 35, 10)]


def item(number, days, customer=1, amount=100.0, last=-1, sent=None, **values):
    """An item so many days overdue; ``sent``: days since its last letter."""
    since = TODAY - timedelta(days=sent) if sent is not None else None
    return Item(number, customer, TODAY - timedelta(days=days), amount, last, since, **values)


def test_one_letter_lists_everything_overdue():
    letters = plan(
        [item(1, 30, last=0, sent=15), item(2, 8), item(3, 2), item(4, -5), item(5, 9, 2)],
        LEVELS,
        TODAY,
    )
    assert [(letter.customer, letter.place) for letter in letters] == [(1, 1), (2, 0)]
    assert letters[0].items == ((1, 1), (2, 0), (3, -1))
    assert letters[0].total == 300.0


def test_levels_are_climbed_one_by_one_with_pauses():
    assert plan([item(1, 100)], LEVELS, TODAY)[0].place == 0
    assert not plan([item(1, 100, last=0, sent=9)], LEVELS, TODAY)
    assert plan([item(1, 100, last=0, sent=10)], LEVELS, TODAY)[0].place == 1
    assert not plan([item(1, 100, last=2, sent=99)], LEVELS, TODAY)
    assert not plan([item(1, 20, last=0, sent=15)], LEVELS, TODAY)


def test_who_is_left_alone():
    assert not plan([item(1, 30, blocked=True)], LEVELS, TODAY)
    assert not plan([item(1, 30), item(2, 5, amount=-100.0)], LEVELS, TODAY)
    assert not plan([item(1, 30)], LEVELS, TODAY, least=100.01)
    assert not plan([item(1, 6)], LEVELS, TODAY)
    assert not plan([item(1, 30)], [], TODAY)


def test_a_blocked_item_is_not_listed():
    letters = plan([item(1, 30), item(2, 30, blocked=True)], LEVELS, TODAY)
    assert letters[0].items == ((1, 0),)


@given(st.lists(st.tuples(st.integers(-50, 200), st.integers(-1, 2), st.integers(0, 60))))
def test_nobody_gets_two_letters_nor_an_item_the_same_level_twice(rows):
    items = [
        item(number, days, customer=number % 3, last=last, sent=sent if last >= 0 else None)
        for number, (days, last, sent) in enumerate(rows)
    ]
    letters = plan(items, LEVELS, TODAY)
    assert len({letter.customer for letter in letters}) == len(letters)
    by_id = {each.id: each for each in items}
    for letter in letters:
        climbed = [place for number, place in letter.items if place > by_id[number].last]
        assert climbed
        assert letter.place == max(climbed)

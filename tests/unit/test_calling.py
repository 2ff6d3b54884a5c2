import datetime
from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine import calling

DAY = datetime.date
TODAY = DAY(2026, 5, 4)


def agreed(key="a", quantity=10, called=0):
    return calling.Agreed(key, Decimal(quantity), Decimal(called), Decimal("0.01"))


def codes(*args, **kwargs):
    return [problem.code for problem in calling.judge(*args, TODAY, **kwargs)]


def test_a_covered_call_off():
    assert codes([("x", "a", Decimal(4)), ("y", "a", Decimal(6))], [agreed()]) == []


def test_more_than_is_left():
    (problem,) = calling.judge([("x", "a", Decimal(4))], [agreed(called=7)], TODAY)
    assert (problem.code, problem.key, problem.left) == (calling.TOO_MANY, "a", 3)
    # two lines of one order together
    assert codes([("x", "a", Decimal(6)), ("y", "a", Decimal(6))], [agreed()]) == [calling.TOO_MANY]


def test_over_called_before_leaves_nothing():
    (problem,) = calling.judge([("x", "a", Decimal(1))], [agreed(called=12)], TODAY)
    assert problem.left == 0


def test_what_is_not_listed():
    assert codes([("x", None, Decimal(1))], [agreed()]) == [calling.NOT_LISTED]


@pytest.mark.parametrize(
    ("kwargs", "found"),
    [
        ({"is_running": False}, [calling.NOT_AGREED]),
        ({"start": DAY(2026, 5, 5)}, [calling.NOT_YET]),
        ({"start": TODAY, "end": TODAY}, []),
        ({"end": DAY(2026, 5, 3)}, [calling.ENDED]),
    ],
)
def test_days_of_the_agreement(kwargs, found):
    assert codes([("x", "a", Decimal(1))], [agreed()], **kwargs) == found


def test_weeks():
    assert calling.following(TODAY, 2, "week") == DAY(2026, 5, 18)


@pytest.mark.parametrize(
    ("day", "every", "anchor", "expected"),
    [
        (DAY(2026, 1, 31), 1, 31, DAY(2026, 2, 28)),
        (DAY(2026, 2, 28), 1, 31, DAY(2026, 3, 31)),
        (DAY(2027, 11, 30), 3, 30, DAY(2028, 2, 29)),
        (DAY(2026, 12, 15), 1, None, DAY(2027, 1, 15)),
    ],
)
def test_months_keep_their_day(day, every, anchor, expected):
    assert calling.following(day, every, "month", anchor) == expected


def test_due_days_end_with_the_agreement():
    days, after = calling.due(TODAY, DAY(2026, 6, 30), 2, "week", end=DAY(2026, 6, 1))
    assert days == [TODAY, DAY(2026, 5, 18), DAY(2026, 6, 1)]
    assert after == DAY(2026, 6, 15)
    assert calling.due(TODAY, DAY(2026, 5, 3), 1, "week") == ([], TODAY)


def test_never_endless():
    days, _after = calling.due(DAY(2000, 1, 1), TODAY, 1, "week", most=5)
    assert len(days) == 5
    with pytest.raises(ValueError, match="at least 1"):
        calling.following(TODAY, 0, "week")

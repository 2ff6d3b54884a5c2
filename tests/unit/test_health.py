from datetime import datetime, timedelta

import pytest

from odoo.addons.order_processing.engine import health
from odoo.addons.order_processing.engine.health import BOUNDS, FAIL, OK, WARN, Bound, Figure

NOW = datetime(2026, 3, 2, 8)


@pytest.mark.parametrize(
    ("value", "state"), [(0, OK), (899, OK), (900, WARN), (3599, WARN), (3600, FAIL)]
)
def test_rising_figures(value, state):
    assert health.grade(Figure("x", value), Bound(900, 3600)) == state


@pytest.mark.parametrize(
    ("value", "state"), [(0.5, OK), (0.15, OK), (0.149, WARN), (0.05, WARN), (0.04, FAIL)]
)
def test_falling_figures(value, state):
    assert health.grade(Figure("x", value), BOUNDS["disk_free"]) == state


def test_nothing_to_measure_is_well_unless_said_otherwise():
    assert health.grade(Figure("x", None), Bound(1, 2)) == OK
    assert health.grade(Figure("x", None, missing=WARN), Bound(1, 2)) == WARN
    assert health.grade(Figure("x", "19.0"), Bound(1, 2)) == OK


def test_bounds_that_are_never_reached():
    assert health.grade(Figure("x", 10**9), Bound()) == OK
    assert health.grade(Figure("x", 10**9), Bound(1, None)) == WARN
    assert health.grade(Figure("x", 1), Bound(None, 1)) == FAIL


def test_bounds_from_parameters():
    default = Bound(1, 2, falling=True)
    assert health.read_bound("", default) == default
    assert health.read_bound(" 0.3 0.1 ", default) == Bound(0.3, 0.1, falling=True)
    assert health.read_bound("- 5", Bound(1, 2)) == Bound(None, 5)
    for wrong in ("5", "1 2 3", "a b"):
        with pytest.raises(ValueError):
            health.read_bound(wrong, default)


def test_worst():
    assert health.worst([]) == OK
    assert health.worst([OK, WARN, OK]) == WARN
    assert health.worst([WARN, FAIL, OK]) == FAIL


def test_every_bound_fails_no_earlier_than_it_warns():
    for code, bound in BOUNDS.items():
        if bound.warn is not None and bound.fail is not None:
            assert (bound.fail <= bound.warn) if bound.falling else (bound.warn <= bound.fail), code


def test_ages():
    assert health.age(None, NOW) is None
    assert health.age(NOW - timedelta(minutes=2), NOW) == 120
    assert health.age(NOW + timedelta(minutes=2), NOW) == 0
    assert health.lateness([], NOW) == 0
    assert health.lateness([NOW + timedelta(1), False], NOW) == 0
    assert health.lateness([NOW + timedelta(1), NOW - timedelta(hours=1)], NOW) == 3600


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (Figure("x", None), "–"),
        (Figure("x", 12), "12"),
        (Figure("x", 59.4, health.SECONDS), "59 s"),
        (Figure("x", 90, health.SECONDS), "1.5 min"),
        (Figure("x", 7200, health.SECONDS), "2 h"),
        (Figure("x", 9 * 86400, health.SECONDS), "9 d"),
        (Figure("x", 512, health.BYTES), "512 B"),
        (Figure("x", 1.5e9, health.BYTES), "1.5 GB"),
        (Figure("x", 2e13, health.BYTES), "20 TB"),
        (Figure("x", 0.42, health.SHARE), "42%"),
        (Figure("x", "19.0", health.TEXT), "19.0"),
    ],
)
def test_figures_in_words(figure, words):
    assert health.show(figure) == words

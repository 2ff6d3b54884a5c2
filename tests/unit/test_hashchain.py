"""The log's seals: any change, cut or swap is found; what a database does to numbers isn't."""

import json
from datetime import datetime

import pytest

from odoo.addons.order_processing.engine.hashchain import GENESIS, canonical, first_broken, seal


def chain(*entries):
    rows, previous = [], GENESIS
    for entry in entries:
        sealed = seal(previous, entry)
        rows.append((entry, previous, sealed))
        previous = sealed
    return rows


@pytest.fixture
def rows():
    return chain({"n": 1}, {"n": 2, "details": {"a": [1.5, "é"]}}, {"n": 3})


def test_an_untouched_log_is_whole(rows):
    assert first_broken(rows) is None
    assert first_broken(rows, rows[-1][2]) is None
    assert first_broken([], GENESIS) is None


def test_a_changed_entry_is_found(rows):
    rows[1] = ({**rows[1][0], "n": 20}, *rows[1][1:])
    assert first_broken(rows) == 1


def test_a_resealed_entry_breaks_the_next(rows):
    forged = {"n": 20}
    rows[1] = (forged, rows[1][1], seal(rows[1][1], forged))
    assert first_broken(rows) == 2


def test_a_removed_or_swapped_entry_is_found(rows):
    assert first_broken([rows[0], rows[2]]) == 1
    assert first_broken([rows[1], rows[0], rows[2]]) == 0


def test_a_log_cut_at_its_end_is_found_by_its_head(rows):
    assert first_broken(rows[:2]) is None
    assert first_broken(rows[:2], rows[-1][2]) == 2
    assert first_broken([], rows[-1][2]) == 0


@pytest.mark.parametrize(
    ("python", "database"), [(2.0, 2), (-0.0, 0), (1e22, 10**22), ((1, 2), [1, 2])]
)
def test_numbers_seal_alike_before_and_after_the_database(python, database):
    assert seal(GENESIS, {"x": python}) == seal(GENESIS, {"x": database})


def test_canonical_is_json_whatever_comes_in():
    value = canonical({1: datetime(2026, 1, 2), "s": {3, 1}, "n": float("nan"), "t": (True, None)})
    assert value == {"1": "2026-01-02 00:00:00", "s": [1, 3], "n": "nan", "t": [True, None]}
    assert json.loads(json.dumps(value)) == value

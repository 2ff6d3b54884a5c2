"""The log's seals: any change, cut or swap is found; what a database does to numbers isn't."""

import json
from datetime import datetime
from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine.hashchain import GENESIS, Row, canonical, problems, seal


def chain(*entries):
    rows, previous = [], GENESIS
    for number, entry in enumerate(entries, start=1):
        sealed = seal(previous, entry)
        rows.append(Row(number, entry, previous, sealed))
        previous = sealed
    return rows


@pytest.fixture
def rows():
    return chain({"n": 1}, {"n": 2, "details": {"a": [1.5, "é"]}}, {"n": 3})


@pytest.fixture
def head(rows):
    return rows[-1].hash


def test_an_untouched_log_is_whole(rows, head):
    assert problems(rows, 3, head) == []
    assert problems([], 0, GENESIS) == []


def test_a_changed_entry_is_found(rows, head):
    rows[1] = rows[1]._replace(entry={**rows[1].entry, "n": 20})
    assert problems(rows, 3, head) == [(2, "changed")]


def test_a_changed_hash_names_its_row_only(rows, head):
    for name in ("hash", "previous_hash"):
        forged = [rows[0], rows[1]._replace(**{name: "f" * 64}), rows[2]]
        assert problems(forged, 3, head) == [(2, "changed")], name


def test_a_resealed_entry_is_named(rows, head):
    forged = {"n": 20}
    rows[1] = rows[1]._replace(entry=forged, hash=seal(rows[1].previous_hash, forged))
    assert problems(rows, 3, head) == [(2, "link")]
    first = seal(GENESIS, forged)
    assert problems([Row(1, forged, GENESIS, first), *rows[1:]], 3, head)[0] == (1, "link")


def test_a_removed_entry_is_named(rows, head):
    assert problems([rows[0], rows[2]], 3, head) == [(2, "missing")]
    assert problems(rows[1:], 3, head) == [(1, "missing")]
    assert problems(rows[:2], 3, head) == [(3, "missing")]
    assert problems([], 2, head) == [(1, "missing"), (2, "missing")]


def test_swapped_entries_are_found(rows, head):
    swapped = [rows[1]._replace(sequence=1), rows[0]._replace(sequence=2), rows[2]]
    assert {number for number, _code in problems(swapped, 3, head)} == {1, 2}


def test_an_inserted_entry_is_found(rows, head):
    entry = {"n": 4}
    more = Row(4, entry, head, seal(head, entry))
    assert problems([*rows, more], 3, head) == [(4, "beyond")]


def test_entries_put_in_between_are_named(rows, head):
    one = seal(rows[0].hash, {"n": 7})
    two = seal(one, {"n": 8})
    between = [Row(2, {"n": 7}, rows[0].hash, one), Row(3, {"n": 8}, one, two)]
    moved = [row._replace(sequence=row.sequence + 2) for row in rows[1:]]
    assert problems([rows[0], *between, *moved], 3, head) == [
        (2, "link"),
        (3, "link"),
        (4, "beyond"),
        (5, "beyond"),
    ]


def test_a_log_written_anew_is_found_by_its_head(rows, head):
    anew = chain({"n": 1}, {"n": 2}, {"n": 3})
    assert problems(anew, 3, head) == [(3, "head")]


def test_numbers_as_verifying_reads_them():
    for text in ("0.1", "1.5", "0.30000000000000004", "1e-7", "2.0"):
        assert canonical(Decimal(text)) == canonical(float(text)), text
    assert canonical(Decimal("0.30000000000000003")) == "0.30000000000000003"


@pytest.mark.parametrize(
    ("python", "database"), [(2.0, 2), (-0.0, 0), (1e22, 10**22), ((1, 2), [1, 2])]
)
def test_numbers_seal_alike_before_and_after_the_database(python, database):
    assert seal(GENESIS, {"x": python}) == seal(GENESIS, {"x": database})


def test_canonical_is_json_whatever_comes_in():
    value = canonical({1: datetime(2026, 1, 2), "s": {3, 1}, "n": float("nan"), "t": (True, None)})
    assert value == {"1": "2026-01-02 00:00:00", "s": [1, 3], "n": "nan", "t": [True, None]}
    assert json.loads(json.dumps(value)) == value

"""Layouts from tables and from a few numbers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import spreadsheets, tables
from odoo.addons.order_shipping.engine import (
    floor,
    layout,
    layout_generate,
    layout_import,
    picking,
    picking_general,
)


def parse(text):
    return layout_import.parse(tables.read_csv(text.encode()))


def codes(findings):
    return [(finding.row, finding.code) for finding in findings]


def test_names_tell_places_and_columns_override_them():
    places, findings = parse("Location,Bay,Side,X\nWH/Stock/B-03-2,,R,\nB-04,7,,-2.5\n")
    assert not [finding for finding in findings if finding.is_error]
    assert [(p.aisle, p.position, p.level, p.side, p.x) for p in places] == [
        ("B", 3, 2, "right", None),
        ("B", 7, 0, None, -2.5),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",,", "no_name"),
        ("Shelf,,", None),
        ("A-01,-1,", "bad_number"),
        ("A-01,1.5,", "bad_number"),
        ("A-01,nan,", "bad_number"),
        ("A-01,1e999,", "bad_number"),
        ("A-01,,-1", "bad_number"),
    ],
)
def test_rows_with_errors_are_left_out(row, code):
    places, findings = parse(f"place,bay,y,aisle\n{row},Z\n")
    assert codes(findings) == ([(2, code)] if code else [])
    assert bool(places) == (not code)


def test_gaps_and_doubles():
    places, findings = parse("location\nA-01\nA-03\nA-07\nA-01\na-03\nA/07\n")
    assert [place.name for place in places] == ["A-01", "A-03", "A-07", "A/07"]
    assert codes(findings) == [
        (3, "gap"),
        (4, "gap"),
        (5, "double_name"),
        (6, "double_name"),
        (7, "double_place"),
    ]
    assert [finding.args["bays"] for finding in findings[:2]] == ["2", "4–6"]


def test_a_table_without_names_says_which_column_is_missing():
    assert codes(parse("colour\nred\n")[1]) == [(1, "no_name_column")]


def test_places_that_no_walk_gets_to():
    """Behind the back cross aisle: refused. Cut off by one-way aisles: told, and kept."""
    places, _findings = parse("location,y\nA-01,5\nA-02,31\nB-01,5\n")
    spots = {2: (0.0, 5.0), 3: (0.0, 31.0), 4: (4.0, 5.0)}
    both = floor.Floor(picking.Block(30.0), {"A": 0.0, "B": 4.0})
    kept, findings = layout_import.check_reach(places, spots, both)
    assert [place.name for place in kept] == ["A-01", "B-01"]
    assert [(f.row, f.code, f.is_error, f.args["length"]) for f in findings] == [
        (3, "beyond", True, "30")
    ]
    forward = dict.fromkeys(both.aisles.values(), picking_general.FORWARD)
    kept, findings = layout_import.check_reach(places, spots, replace(both, one_way=forward))
    assert [place.name for place in kept] == ["A-01", "B-01"]
    assert [(f.row, f.code, f.is_error, f.args["aisle"]) for f in findings] == [
        (2, "no_way_out", False, "A"),
        (3, "beyond", True, "A"),
        (4, "no_way_out", False, "B"),
    ]


@given(st.binary(max_size=200))
def test_any_file_is_answered(payload):
    table = spreadsheets.read_table(payload)
    if not table.failed:
        layout_import.parse(table)


def test_generated_names_are_read_back():
    plan = layout_generate.Plan(blocks=2, aisles=28, bays=3, levels=2)
    places = plan.places()
    assert len(places) == plan.size == 336
    assert (places[0].name, places[-1].name) == ("A-01-1", "AB-06-2")
    for place in places:
        assert layout.parse_name(place.name) == (place.aisle, place.position, place.level)
    (middle,) = plan.middle
    assert max(p.y for p in places if p.position <= 3) < middle
    assert middle < min(p.y for p in places if p.position > 3)
    assert max(p.y for p in places) < plan.length


def test_numbered_aisles():
    plan = layout_generate.Plan(aisles=12, bays=1, numbered=True)
    assert [place.name for place in plan.places()][::11] == ["01-01", "12-01"]


@pytest.mark.parametrize(
    "values", [{"blocks": 0}, {"blocks": 5}, {"aisles": 201}, {"bays": 9999}, {"bay_pitch": 0}]
)
def test_numbers_that_make_no_warehouse(values):
    assert layout_generate.Plan().is_valid
    assert not layout_generate.Plan(**values).is_valid


def test_metres_and_names_from_text():
    assert floor.read_metres(" 8; 4.5,") == (4.5, 8.0)
    assert floor.read_metres(None) == ()
    for text in ("a", "0", "-3", "inf", "nan"):
        with pytest.raises(ValueError):
            floor.read_metres(text)
    assert floor.read_names("b, D ,") == ["B", "D"]


def test_a_guessed_floor_keeps_neighbours_together():
    plan, places = floor.guessed([f"Bin {rank}" for rank in range(45)])
    assert places["Bin 0"] == (0.0, 1.0) and places["Bin 44"] == (8.0, 5.0)
    assert all(0 < y <= plan.block.length for _x, y in places.values())

"""Pick-up points near an address, and lists of them."""

import pytest

from odoo.addons.order_shipping.engine import pickup
from odoo.addons.order_shipping.engine.pickup import Place

PARIS, LYON = (48.8566, 2.3522), (45.7640, 4.8357)


def test_distance_of_two_cities():
    assert pickup.kilometres(PARIS, LYON) == pytest.approx(392, abs=2)
    assert pickup.kilometres(PARIS, PARIS) == 0


def test_nearest_by_position_then_by_postal_code():
    points = [
        Place("lyon", "FR", "69001", LYON),
        Place("same zip", "FR", "75002"),
        Place("paris", "FR", "75001", PARIS),
        Place("abroad", "BE", "75002", PARIS),
    ]
    where = Place(None, "FR", "75002", (48.86, 2.35))
    assert pickup.nearest(points, where) == ["paris", "lyon", "same zip"]
    assert pickup.nearest(points, Place(None, "FR", "75002")) == ["same zip", "paris", "lyon"]
    assert pickup.nearest(points, where, most=1) == ["paris"]


def test_opening_hours_by_day():
    week = pickup.opening("Mo-Fr 9:00-12:00 13:00-18:00; Saturday 9:00–12:00")
    assert week["0"] == week["4"] == ["9:00 - 12:00", "13:00 - 18:00"]
    assert week["5"] == ["9:00 - 12:00"] and week["6"] == []
    assert pickup.opening("Fr-Mo 10:00-11:00")["6"] == ["10:00 - 11:00"]
    assert not any(pickup.opening("around the clock").values())
    assert not any(pickup.opening(None).values())


def test_rows_with_their_problems():
    columns = pickup.guess_columns(
        ["Point ID", "Name", "Address", "Postcode", "Town", "Country Code", "Lat", "Lng"]
    )
    assert len(columns) == 8
    rows = [
        ["1", "A", "St", "1", "C", "fr", "48.8", "2.3"],
        ["1", "A", "St", "1", "C", "FR", "", ""],
        ["2", "A", "", "1", "C", "FR", "", ""],
        ["3", "A", "St", "1", "C", "FR", "91", "0"],
        ["4", "A", "St", "1", "C", "QQ", "", ""],
        [" "] * 8,
    ]

    def number(text):
        return float(text) if text else None

    found, problems = pickup.read(rows, columns, number, {"FR"})
    assert [(each["code"], each["latitude"]) for each in found] == [("1", 48.8)]
    assert [(problem.row, problem.code) for problem in problems] == [
        (3, "twice"),
        (4, "missing"),
        (5, "position"),
        (6, "country"),
    ]

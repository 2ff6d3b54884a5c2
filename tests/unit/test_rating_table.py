"""Prices by a carrier's table: zones, bands, sizes, the weight of the space, surcharges."""

from decimal import Decimal

import pytest

from odoo.addons.order_shipping.engine import rating_table as table
from odoo.addons.order_shipping.engine.rating_table import Band, Destination, Parcel, Surcharge

D = Decimal

US = table.Zone(frozenset({"US"}))
GROUND = (
    Band("light", D("8.50"), max_weight=D(1), zone=US, days_max=5),
    Band("middle", D("12"), max_weight=D(5), zone=US, days_max=5),
    Band(
        "heavy",
        D("12"),
        price_per_kg=D("1.10"),
        from_weight=D(5),
        max_weight=D(30),
        zone=US,
        days_max=5,
    ),
    Band("new_york", D("6"), max_weight=D(1), zone=table.Zone(US.countries, "10"), days_max=2),
)
HOME = Destination("US", "94105", is_residential=True)
OFFICE = Destination("US", "94105")


def price(weight, country="US", zip_code="94105", **more):
    place = Destination(country, zip_code)
    return table.parcel_price(table.Table(GROUND, **more), place, Parcel(D(weight)))


def test_lightest_band_that_carries_it():
    assert price("0.2").amount == D("8.50")
    assert price("1").amount == D("8.50")
    assert price("1.001").amount == D("12")


def test_price_above_a_weight():
    assert price("7.5").amount == D("12") + D("2.5") * D("1.10")


def test_narrowest_zone_wins_even_if_it_cannot_carry():
    assert price("0.5", zip_code="10001").band == "new_york"
    assert price("2", zip_code="10001").problem == table.TOO_HEAVY


def test_reasons_for_no_price():
    assert price("31").problem == table.TOO_HEAVY
    assert price("1", country="FR").problem == table.NO_ZONE
    assert price("0").problem == table.NO_WEIGHT
    assert table.shipment_price(table.Table(GROUND), OFFICE, []).problem == table.NO_WEIGHT


def test_parcels_add_up_and_the_slowest_counts():
    place = Destination("US", "10001")
    both = [Parcel(D("0.5")), Parcel(D("0.5"))]
    total = table.shipment_price(table.Table(GROUND), place, both)
    assert (total.amount, total.days_max) == (D("12"), 2)
    assert [(charge.key, charge.amount) for charge in total.charges] == [(table.BASE, D(12))]
    bad = table.shipment_price(table.Table(GROUND), OFFICE, [Parcel(D("0.5")), Parcel(D("40"))])
    assert bad.problem == table.TOO_HEAVY


def test_sizes_choose_the_band():
    bands = (
        Band("small", D(5), max_side=D(40), max_girth=D(120)),
        Band("large", D(15), max_side=D(120)),
    )

    def band(*sides):
        parcel = Parcel(D(1), tuple(map(D, sides)))
        found = table.parcel_price(table.Table(bands), OFFICE, parcel)
        return found.band or found.problem

    assert Parcel(D(1), (D(10), D(40), D(20))).girth == D(100)
    assert band(40, 20, 20) == "small"
    assert band(41, 10, 10) == "large"
    assert band(40, 21, 20) == "large"  # girth 122
    assert band(121, 10, 10) == table.TOO_LARGE
    assert band() == "small"  # nobody measured it


def test_space_is_billed_when_it_weighs_more():
    bulky = Parcel(D(1), (D(50), D(40), D(20)))  # 40,000 cm³
    found = table.parcel_price(table.Table(GROUND, divisor=D(5000)), OFFICE, bulky)
    assert (found.billed_weight, found.band) == (D(8), "heavy")
    assert found.amount == D("12") + 3 * D("1.10")
    heavy = Parcel(D(20), bulky.sides)
    assert table.billed_weight(heavy, D(5000)) == D(20)
    assert table.billed_weight(Parcel(D(1)), D(5000)) == D(1)
    assert table.billed_weight(bulky, D(0)) == D(1)


SURCHARGES = {
    "fuel": (Surcharge("fuel", "Fuel", percent=D("12.5")), D("1.50")),
    "fixed": (Surcharge("fixed", "Toll", amount=D("0.19")), D("0.19")),
    "both": (Surcharge("both", "Both", amount=D(1), percent=D(50)), D("7")),
    "home": (Surcharge("home", "Home", amount=D(4), only_residential=True), D(4)),
    "remote": (Surcharge("remote", "Remote", amount=D(9), zone=table.Zone(zip_prefix="941")), D(9)),
    "elsewhere": (Surcharge("else", "Else", amount=D(9), zone=table.Zone(zip_prefix="95")), None),
    "abroad": (
        Surcharge("abroad", "Abroad", amount=D(9), zone=table.Zone(frozenset({"CA"}))),
        None,
    ),
    "heavy": (Surcharge("heavy", "Heavy", amount=D(6), above_weight=D("4.9")), D(6)),
    "not heavy": (Surcharge("heavy", "Heavy", amount=D(6), above_weight=D(5)), None),
    "long": (Surcharge("long", "Long", amount=D(7), above_side=D("59.9")), D(7)),
    "not long": (Surcharge("long", "Long", amount=D(7), above_side=D(60)), None),
    "girth": (Surcharge("girth", "Girth", amount=D(7), above_girth=D(99)), D(7)),
    "no girth": (Surcharge("girth", "Girth", amount=D(7), above_girth=D(100)), None),
}


@pytest.mark.parametrize("name", SURCHARGES)
def test_surcharges(name):
    surcharge, expected = SURCHARGES[name]
    parcel = Parcel(D(5), (D(60), D(10), D(10)))
    found = table.parcel_price(table.Table(GROUND, (surcharge,)), HOME, parcel)
    added = {charge.key: charge.amount for charge in found.charges[1:]}
    assert added == ({surcharge.key: expected} if expected else {})
    assert found.amount == D(12) + (expected or 0)


def test_homes_only_is_not_for_offices():
    surcharge = SURCHARGES["home"][0]
    found = table.parcel_price(table.Table(GROUND, (surcharge,)), OFFICE, Parcel(D(5)))
    assert found.amount == D(12)


def test_surcharged_is_not_free():
    bands = (Band("free", D(0), is_free=True),)
    parcel = Parcel(D(1))
    assert table.parcel_price(table.Table(bands), OFFICE, parcel).is_free
    toll = (SURCHARGES["fixed"][0],)
    found = table.parcel_price(table.Table(bands, toll), OFFICE, parcel)
    assert (found.is_free, found.amount) == (False, D("0.19"))

"""Rate tables and the choice among quotes."""

import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import rating
from odoo.addons.order_shipping.engine.rating import Band, Quote

D = Decimal
MONDAY = datetime.date(2026, 3, 2)

US = frozenset({"US"})
GROUND = [
    Band("light", D("8.50"), max_weight=D(1), countries=US, days_max=5),
    Band("middle", D("12"), max_weight=D(5), countries=US, days_max=5),
    Band(
        "heavy",
        D("12"),
        price_per_kg=D("1.10"),
        from_weight=D(5),
        max_weight=D(30),
        countries=US,
        days_max=5,
    ),
    Band("new_york", D("6"), max_weight=D(1), countries=US, zip_prefix="10", days_max=2),
]


def price(weight, country="US", zip_code="94105"):
    return rating.parcel_price(GROUND, country, zip_code, D(weight))


def test_lightest_band_that_carries_it():
    assert price("0.2").amount == D("8.50")
    assert price("1").amount == D("8.50")
    assert price("1.001").amount == D("12")


def test_price_above_a_weight():
    assert price("7.5").amount == D("12") + D("2.5") * D("1.10")


def test_narrowest_zone_wins_even_if_it_cannot_carry():
    assert price("0.5", zip_code="10001").band == "new_york"
    assert price("2", zip_code="10001").problem == rating.TOO_HEAVY


def test_reasons_for_no_price():
    assert price("31").problem == rating.TOO_HEAVY
    assert price("1", country="FR").problem == rating.NO_ZONE
    assert price("0").problem == rating.NO_WEIGHT
    assert rating.shipment_price(GROUND, "US", "94105", []).problem == rating.NO_WEIGHT


def test_parcels_add_up_and_the_slowest_counts():
    total = rating.shipment_price(GROUND, "US", "10001", [D("0.5"), D("0.5")])
    assert (total.amount, total.days_max) == (D("12"), 2)
    bad = rating.shipment_price(GROUND, "US", "94105", [D("0.5"), D("40")])
    assert bad.problem == rating.TOO_HEAVY


def test_working_days_skip_the_weekend():
    assert rating.add_working_days(MONDAY, 0) == MONDAY
    assert rating.add_working_days(MONDAY, 4) == datetime.date(2026, 3, 6)
    assert rating.add_working_days(MONDAY, 5) == datetime.date(2026, 3, 9)


def by_key(verdicts):
    return {verdict.key: verdict for verdict in verdicts}


def test_cheapest_in_time_wins_and_losers_say_why():
    quotes = [
        Quote("ground", D("8.50"), 5, MONDAY + datetime.timedelta(7)),
        Quote("express", D("24"), 1, MONDAY + datetime.timedelta(1)),
        Quote("premium", D("30"), 1, MONDAY + datetime.timedelta(1)),
        Quote("zero", D(0), 1, MONDAY),
        Quote("closed", D(0), problem="No price for France"),
        Quote("fixed", D(5), has_label=False),
    ]
    verdicts = by_key(rating.choose(quotes, promised=MONDAY + datetime.timedelta(2)))
    assert [key for key, verdict in verdicts.items() if verdict.chosen] == ["express"]
    assert verdicts["ground"].code == rating.TOO_LATE
    assert verdicts["ground"].difference == 5
    assert verdicts["premium"].code == rating.DEARER
    assert verdicts["premium"].difference == D(6)
    assert verdicts["zero"].code == rating.NOT_POSITIVE
    assert verdicts["closed"].code == rating.UNAVAILABLE
    assert verdicts["fixed"].code == rating.NO_LABEL


def test_free_counts_only_where_marked():
    verdicts = by_key(rating.choose([Quote("paid", D(5)), Quote("free", D(0), is_free=True)]))
    assert verdicts["free"].chosen


def test_a_missing_weight_does_not_hand_the_parcel_to_a_carrier_without_labels():
    fixed = Quote("fixed", D(5), has_label=False)
    ground = Quote("ground", D(0), problem="The weight is 0", is_parcel_problem=True)
    verdicts = by_key(rating.choose([ground, fixed]))
    assert not any(verdict.chosen for verdict in verdicts.values())
    assert verdicts["fixed"].code == rating.NO_LABEL
    elsewhere = Quote("ground", D(0), problem="No line for France")
    assert by_key(rating.choose([elsewhere, fixed]))["fixed"].chosen


def test_ties_by_days_then_by_order():
    quotes = [Quote("a", D(5), 3, sequence=1), Quote("b", D(5), 2, sequence=9)]
    assert by_key(rating.choose(quotes))["b"].chosen
    quotes = [Quote("a", D(5), 2, sequence=9), Quote("b", D(5), 2, sequence=1)]
    verdicts = by_key(rating.choose(quotes))
    assert verdicts["b"].chosen and verdicts["a"].code == rating.NEXT_IN_ORDER


def test_all_late_takes_the_earliest():
    quotes = [
        Quote("slow", D(5), 5, MONDAY + datetime.timedelta(7)),
        Quote("fast", D(20), 2, MONDAY + datetime.timedelta(2)),
    ]
    verdicts = by_key(rating.choose(quotes, promised=MONDAY))
    assert verdicts["fast"].chosen and verdicts["fast"].code == rating.FASTEST_LATE
    assert verdicts["slow"].code == rating.SLOWER


QUOTES = st.lists(
    st.builds(
        Quote,
        key=st.uuids(),
        amount=st.decimals(-5, 50, places=2),
        days=st.integers(0, 9),
        arrives=st.one_of(st.none(), st.dates(MONDAY, MONDAY + datetime.timedelta(14))),
        sequence=st.integers(0, 5),
        is_free=st.booleans(),
        has_label=st.booleans(),
        problem=st.sampled_from(["", "", "", "no"]),
    ),
    max_size=8,
)


@given(QUOTES, st.one_of(st.none(), st.dates(MONDAY, MONDAY + datetime.timedelta(14))))
def test_at_most_one_winner_and_never_a_trap(quotes, promised):
    verdicts = rating.choose(quotes, promised)
    assert [verdict.key for verdict in verdicts] == [quote.key for quote in quotes]
    winners = [quote for quote, verdict in zip(quotes, verdicts, strict=True) if verdict.chosen]
    usable = [q for q in quotes if not q.problem and (q.amount > 0 or (q.is_free and not q.amount))]
    assert len(winners) == bool(usable)
    assert all(winner in usable for winner in winners)


def test_a_rule_wants_the_fastest_or_prefers_or_excludes():
    quotes = [
        rating.Quote("slow", Decimal(5), days=5, carrier=1),
        rating.Quote("fast", Decimal(9), days=1, carrier=2),
        rating.Quote("cheap", Decimal(4), days=7, carrier=3),
    ]

    def codes(**policy):
        verdicts = rating.choose(quotes, policy=rating.Policy(**policy))
        return {verdict.key: (verdict.chosen, verdict.code) for verdict in verdicts}

    assert codes()["cheap"] == (True, "cheapest")
    fastest = codes(strategy="fastest")
    assert fastest["fast"] == (True, "fastest")
    assert fastest["cheap"] == (False, "slower")
    preferred = codes(preferred=frozenset({1}))
    assert preferred["slow"] == (True, "preferred")
    assert preferred["cheap"] == (False, "not_preferred")
    assert preferred["fast"] == (False, "dearer")
    excluded = codes(excluded=frozenset({3}))
    assert excluded["cheap"] == (False, "excluded")
    assert excluded["slow"] == (True, "cheapest")

"""Rate tables and the choice among quotes."""

import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import rating
from odoo.addons.order_shipping.engine.rating import Quote

D = Decimal
MONDAY = datetime.date(2026, 3, 2)


def test_working_days_skip_the_weekend():
    assert rating.add_working_days(MONDAY, 0) == MONDAY
    assert rating.add_working_days(MONDAY, 4) == datetime.date(2026, 3, 6)
    assert rating.add_working_days(MONDAY, 5) == datetime.date(2026, 3, 9)


def test_working_days_are_the_carriers():
    saturdays = frozenset(range(6))
    assert rating.add_working_days(MONDAY, 5, saturdays) == datetime.date(2026, 3, 7)
    holiday = frozenset({datetime.date(2026, 3, 4)})
    assert rating.add_working_days(MONDAY, 4, closed=holiday) == datetime.date(2026, 3, 9)


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

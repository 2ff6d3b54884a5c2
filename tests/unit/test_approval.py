"""Who has to approve, who may, and when it is decided."""

import pytest

from odoo.addons.order_processing.engine import approval
from odoo.addons.order_processing.engine.approval import Case, Decision, Level

TEAM = Level(1, max_amount=1000, max_discount=10)
HEAD = Level(2, minimum=2, max_amount=10000, max_discount=30, min_margin=5)
BOARD = Level(3)
LEVELS = (TEAM, HEAD, BOARD)


@pytest.mark.parametrize(
    ("case", "ids"),
    [
        (Case(1000, 10, 50), [1]),
        (Case(1000.01, 10, 50), [1, 2]),
        (Case(500, 10.5, 50), [1, 2]),
        (Case(5000, 5, 4.9), [1, 2, 3]),
        (Case(1000000), [1, 2, 3]),
    ],
)
def test_levels_needed(case, ids):
    assert [level.id for level in approval.needed(LEVELS, case)] == ids


def test_a_case_nobody_covers_takes_all_levels():
    assert approval.needed((TEAM,), Case(5000)) == [TEAM]


def yes(level, user, principal=None):
    return Decision(level, "approved", user, principal)


def test_chain_one_after_the_other():
    big = Case(5000, 5, 50)
    state = approval.standing(LEVELS, big, [])
    assert (state.state, state.open) == ("pending", (1,))
    state = approval.standing(LEVELS, big, [yes(1, 10)])
    assert (state.open, state.missing) == ((2,), (2,))
    state = approval.standing(LEVELS, big, [yes(1, 10), yes(2, 20)])
    assert state.lacks(2) == 1
    assert approval.standing(LEVELS, big, [yes(1, 10), yes(2, 20), yes(2, 21)]).state == "approved"


def test_parallel_all_at_once_in_any_order():
    big = Case(5000, 5, 50)
    assert approval.standing(LEVELS, big, [], parallel=True).open == (1, 2)
    done = [yes(2, 20), yes(2, 21)]
    assert approval.standing(LEVELS, big, done, parallel=True).open == (1,)
    assert approval.standing(LEVELS, big, [*done, yes(1, 10)], parallel=True).state == "approved"


def test_one_rejection_decides():
    decisions = [yes(1, 10), Decision(2, "rejected", 20)]
    assert approval.standing(LEVELS, Case(5000), decisions).state == "rejected"


def test_the_same_person_counts_once():
    case = Case(5000, 5, 50)
    for second in (yes(2, 20), yes(2, 30, 20), yes(2, 20, 31)):
        state = approval.standing(LEVELS, case, [yes(1, 10), yes(2, 20), second])
        assert state.lacks(2) == 1, second
    assert not approval.standing(LEVELS, case, [yes(1, 10)]).lacks(3)


def test_the_clock_hands_over_to_the_next_level():
    case = Case(500, 5)
    late = [Decision(1, "escalated")]
    state = approval.standing(LEVELS, case, late)
    assert state.open == (2,)
    late += [Decision(2, "escalated")]
    assert approval.standing(LEVELS, case, late).open == (3,)
    # Above the last level there is nobody: it stays with it.
    late += [Decision(3, "escalated")]
    assert approval.standing(LEVELS, case, late).open == (3,)
    assert approval.standing(LEVELS, case, [*late, yes(3, 30)]).state == "approved"


def test_a_level_that_was_handed_over_to_decides_once_for_both():
    decisions = [Decision(1, "escalated"), yes(2, 20), yes(2, 21)]
    assert approval.standing(LEVELS, Case(5000, 5, 50), decisions).state == "approved"


def authority(user, barred=(), decisions=(), substitutes=None):
    return approval.authority(user, 2, {20, 21}, substitutes or {}, set(barred), decisions)


def test_authority_of_members_only():
    assert authority(20) == 20
    assert authority(99) is None
    assert authority(20, barred=[20]) is None
    assert authority(20, decisions=[yes(2, 20)]) is None
    assert authority(20, decisions=[yes(1, 20)]) == 20


def test_a_substitute_decides_in_the_absent_ones_place():
    away = {20: {30}, 21: {30, 20}}
    assert authority(30, substitutes=away) == 20
    assert authority(30, substitutes=away, decisions=[yes(2, 20)]) == 21
    assert authority(30, substitutes=away, decisions=[yes(2, 30, 20)]) is None
    # Own authority first; and nobody decides twice, for whomever.
    assert authority(20, substitutes=away) == 20
    assert authority(20, substitutes=away, decisions=[yes(2, 20)]) is None


def test_what_bars_the_absent_bars_the_substitute():
    away = {20: {30}}
    assert authority(30, barred=[20], substitutes=away) is None
    assert authority(30, barred=[30], substitutes=away) is None

"""Which duties exclude each other, on one document and as standing rights."""

import itertools

import pytest

from odoo.addons.order_processing.engine import duty
from odoo.addons.order_processing.engine.duty import Conflict

SELF_APPROVAL = Conflict(1, "enter", "approve")
SHIP_BILL = Conflict(2, "ship", "invoice", "warn")
BOTH = (SELF_APPROVAL, SHIP_BILL)


def test_who_entered_may_not_approve():
    done = {(7, "enter"), (8, "ship")}
    (clash,) = duty.clashes(7, "approve", done, BOTH)
    assert (clash.conflict, clash.effect) == (SELF_APPROVAL, "prevent")
    assert not duty.clashes(8, "approve", done, BOTH)
    assert not duty.clashes(7, "ship", done, BOTH)


def test_a_conflict_works_both_ways():
    for first, second in (("ship", "invoice"), ("invoice", "ship")):
        (clash,) = duty.clashes(7, first, {(7, second)}, BOTH)
        assert clash.effect == "warn"


@pytest.mark.parametrize(
    ("company", "conflict"), list(itertools.product(duty.EFFECTS, duty.EFFECTS))
)
def test_the_weaker_word_counts(company, conflict):
    weaker = duty.EFFECTS[min(duty.EFFECTS.index(company), duty.EFFECTS.index(conflict))]
    assert duty.effect(company, conflict) == weaker


def test_an_exception_is_told_not_refused():
    assert duty.effect("prevent", "prevent", excepted=True) == "warn"
    assert duty.effect("off", "prevent", excepted=True) == "off"
    (clash,) = duty.clashes(7, "approve", {(7, "enter")}, BOTH, exceptions={1})
    assert clash.effect == "warn"
    assert not duty.clashes(7, "approve", {(7, "enter")}, BOTH, company="off")


def test_standing_rights():
    rights = {7: {"enter", "approve", "ship"}, 8: {"ship", "invoice"}, 9: {"enter"}}
    found = duty.standing_clashes(rights, BOTH, exceptions={(7, 1)})
    assert [(c.user, c.conflict.id, c.effect) for c in found] == [(7, 1, "warn"), (8, 2, "warn")]
    assert not duty.standing_clashes(rights, BOTH, company="off")

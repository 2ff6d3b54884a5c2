"""The words of the flow agree with each other."""

import pytest

from odoo.addons.order_processing import flow


def test_codes_are_unique_and_ranked_in_order():
    codes = [step.code for step in flow.STEPS]
    assert len(set(codes)) == len(codes)
    assert sorted(codes, key=flow.STEP_RANK.get) == codes


def test_every_hold_state_has_transitions_into_known_states():
    states = {code for code, _label in flow.HOLD_STATES}
    assert set(flow.HOLD_TRANSITIONS) == states
    assert set().union(*flow.HOLD_TRANSITIONS.values()) <= states
    assert flow.HOLD_BLOCKING <= states


@pytest.mark.parametrize(
    ("state", "target", "allowed"),
    [
        ("pending", "released", True),
        ("pending", "approved", True),
        ("pending", "rejected", True),
        ("rejected", "released", True),
        ("rejected", "approved", False),
        ("released", "pending", False),
        ("approved", "rejected", False),
        ("unknown", "released", False),
    ],
)
def test_transitions(state, target, allowed):
    assert flow.hold_can_become(state, target) is allowed


def test_whatever_opens_a_gate_is_final():
    for state, targets in flow.HOLD_TRANSITIONS.items():
        if state not in flow.HOLD_BLOCKING:
            assert not targets


def test_the_desk_resolves_its_kinds_and_administrators_all():
    assert flow.may_resolve("address", is_manager=False)
    assert not flow.may_resolve("total", is_manager=False)
    assert flow.may_resolve("total", is_manager=True)


def test_steps_only_go_forward():
    assert flow.further(None, "intake") == "intake"
    assert flow.further(False, "ship") == "ship"
    assert flow.further("ship", "hold") == "ship"
    assert flow.further("hold", "ship") == "ship"

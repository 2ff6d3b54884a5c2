"""The rules of picking by scan, on the cases that the screen's rules are run on, too."""

import pytest
import scanning_cases

from odoo.addons.order_shipping.engine import scanning

CASES = scanning_cases.cases()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_judge(case):
    attempt = dict(case["attempt"])
    for name in scanning_cases.READINGS:
        attempt[name] = attempt[name] and scanning.Reading(**attempt[name])
    assert scanning.judge(case["line"], attempt)._asdict() == case["verdict"]


def test_every_reason_has_a_case():
    assert {case["verdict"]["reason"] for case in CASES} == {"", *scanning.REASONS}


def test_read_gs1_parts():
    parts = [
        {"ai": "01", "type": "product", "value": "04006381333931"},
        {"ai": "10", "type": "lot", "value": "L7"},
        {"ai": "3103", "type": "quantity", "value": 0.4},
        {"ai": "37", "type": "quantity", "value": 12},
        {"ai": "17", "type": "expiration_date", "value": "2026-05-01"},
    ]
    read = scanning.read(" 01… ", parts)
    assert read == scanning.Reading("01…", "04006381333931", "L7", quantity=12)


def test_net_weight_is_no_count():
    parts = [{"ai": "3103", "type": "quantity", "value": 0.4}]
    assert scanning.read("x", parts).quantity == 0


def test_read_nothing():
    assert scanning.read(None) == scanning.Reading("")

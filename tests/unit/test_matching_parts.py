"""Decisions as values of jobs, and how they are split among jobs."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.matching import Candidate, Decision
from odoo.addons.order_processing.engine.matching_parts import dump, load, split


def pays(line, *items, **values):
    return Decision(line, Candidate(items, 100, "reference", "reference_exact", **values))


def test_a_decision_survives_the_queue():
    discount = Candidate((1, 2), 97, "discount", "discount", {"discount": Decimal("1.10")})
    shown = Candidate((3,), 75, "reference", "other_amount", {"names": ["A"], "count": 2})
    fee = Candidate((), 91, "fee", "fee_learnt", {"account": 7}, Decimal("-4.90"), 7)
    for decision in (
        Decision(1, discount),
        Decision(2, None, (shown, fee), "named_closed", {"names": ["A"]}),
        pays(3, 9, part=True),
    ):
        again = load(json.loads(json.dumps(dump(decision))))
        assert again == decision
        assert again.facts == decision.facts
        candidates = zip(
            [again.post, *again.suggestions], [decision.post, *decision.suggestions], strict=True
        )
        assert all(one.facts == other.facts for one, other in candidates if one)


def test_customers_and_write_offs_stay_together():
    owners = {1: 5, 2: 6, 3: 5, 4: 6}
    decisions = [
        pays(1, 1),
        pays(2, 2),
        pays(3, 3),
        pays(4, 4),
        pays(5, 9, write_off=Decimal(1)),
        Decision(6),
        pays(7, write_off=Decimal(2)),
    ]
    assert split(decisions, owners, 2) == [[6], [1, 3], [2, 4], [5, 7]]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), max_size=40), st.integers(1, 7))
def test_each_line_is_in_one_part_and_no_item_in_two(rows, size):
    decisions = [pays(line, item, part=True) for line, (item, _owner) in enumerate(rows)]
    parts = split(decisions, {item: owner for item, owner in rows}, size)
    assert sorted(line for part in parts for line in part) == list(range(len(rows)))
    seen = [{rows[line][0] for line in part} for part in parts]
    assert sum(map(len, seen)) == len(set().union(*seen))

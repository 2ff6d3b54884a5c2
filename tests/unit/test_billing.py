"""When periodic invoices are due."""

from datetime import date

import pytest

from odoo.addons.order_processing.engine.billing import Policy, is_due, last_run, next_run


@pytest.mark.parametrize(
    ("policy", "today", "last", "following"),
    [
        (Policy("periodic", "daily"), date(2026, 3, 4), date(2026, 3, 4), date(2026, 3, 5)),
        # 2026-03-04 is a Wednesday
        (Policy("periodic", "weekly", 0), date(2026, 3, 4), date(2026, 3, 2), date(2026, 3, 9)),
        (Policy("periodic", "weekly", 2), date(2026, 3, 4), date(2026, 3, 4), date(2026, 3, 11)),
        (Policy("periodic", "weekly", 6), date(2026, 3, 4), date(2026, 3, 1), date(2026, 3, 8)),
        (Policy(monthday=31), date(2026, 2, 28), date(2026, 2, 28), date(2026, 3, 31)),
        (Policy(monthday=31), date(2026, 3, 1), date(2026, 2, 28), date(2026, 3, 31)),
        (Policy(monthday=15), date(2026, 1, 14), date(2025, 12, 15), date(2026, 1, 15)),
        (Policy(monthday=30), date(2024, 2, 29), date(2024, 2, 29), date(2024, 3, 30)),
    ],
)
def test_runs(policy, today, last, following):
    assert last_run(policy, today) == last
    assert next_run(policy, today) == following


def test_due_once_per_run_and_caught_up():
    weekly = Policy("periodic", "weekly", 0)
    wednesday, monday = date(2026, 3, 4), date(2026, 3, 2)
    assert not is_due(weekly, wednesday, since=date(2026, 3, 3), last=None)
    assert is_due(weekly, wednesday, since=date(2026, 2, 27), last=None)
    assert not is_due(weekly, wednesday, since=date(2026, 2, 27), last=monday)
    assert is_due(weekly, date(2026, 3, 9), since=date(2026, 3, 3), last=monday)


def test_an_unknown_cadence_is_an_error():
    with pytest.raises(ValueError, match="yearly"):
        last_run(Policy(cadence="yearly"), date(2026, 1, 1))

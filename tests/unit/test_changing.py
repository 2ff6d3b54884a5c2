import datetime
from decimal import Decimal as D

import pytest

from odoo.addons.order_processing.engine import changing as c
from odoo.addons.order_processing.engine import customer_timeline as t
from odoo.addons.order_processing.engine import quiet_hours as q

CANCEL, LESS, MORE = c.Wish(is_cancel=True), c.Wish(is_less=True), c.Wish(is_more=True)
ADDRESS = c.Wish(is_address=True)


@pytest.mark.parametrize(
    ("wish", "stage", "customer", "staff"),
    [
        (CANCEL, "quotation", c.APPLY, c.APPLY),
        (CANCEL, "released", c.APPLY, c.APPLY),
        (CANCEL, "picking", c.ASK, c.APPLY),
        (CANCEL, "labelled", c.ASK, c.APPLY),
        (CANCEL, "part_shipped", c.ASK, c.APPLY),
        (CANCEL, "shipped", c.RETURN, c.RETURN),
        (CANCEL, "cancelled", c.REFUSE, c.REFUSE),
        (LESS, "shipped", c.RETURN, c.RETURN),
        (ADDRESS, "shipped", c.REFUSE, c.REFUSE),
        (ADDRESS, "released", c.APPLY, c.APPLY),
        (MORE, "quotation", c.APPLY, c.APPLY),
        (MORE, "released", c.ASK, c.APPLY),
    ],
)
def test_decide(wish, stage, customer, staff):
    assert c.decide(wish, stage, True) == customer
    assert c.decide(wish, stage, False) == staff


def test_every_stage_is_decided():
    for stage in c.STAGES:
        for wish in (CANCEL, LESS, MORE, ADDRESS, c.Wish(is_date=True)):
            for by_customer in (True, False):
                assert c.decide(wish, stage, by_customer) in {c.APPLY, c.ASK, c.RETURN, c.REFUSE}


def test_lines():
    def line(key, old, new, shipped="0", rounding="1"):
        return c.LineWish(key, D(old), D(new), D(shipped), D(rounding))

    changes, problems = c.check_lines(
        [
            line("same", 2, 2),
            line("less", 3, 1, 1),
            line("gone", 3, 0),
            line("shipped", 3, 1, 2),
            line("negative", 3, -1),
            line("half", 3, "1.5"),
            line("metres", 3, "1.5", rounding="0.5"),
        ]
    )
    assert [each.key for each in changes] == ["less", "gone", "metres"]
    assert problems == [("shipped", "shipped"), ("negative", "negative"), ("half", "unit")]


@pytest.mark.parametrize(
    ("now", "zone", "start", "end", "expected"),
    [
        ("2026-01-10 12:00", "UTC", 21, 8, "2026-01-10 12:00"),
        ("2026-01-10 22:00", "UTC", 21, 8, "2026-01-11 08:00"),
        ("2026-01-10 07:59", "UTC", 21, 8, "2026-01-10 08:00"),
        ("2026-01-10 08:00", "UTC", 21, 8, "2026-01-10 08:00"),
        ("2026-01-10 03:00", "America/New_York", 21, 8, "2026-01-10 13:00"),
        ("2026-01-10 13:00", "UTC", 12.5, 14.25, "2026-01-10 14:15"),
        ("2026-01-10 22:00", "UTC", 0, 0, "2026-01-10 22:00"),
        ("2026-01-10 22:00", "Nowhere/At_All", 21, 8, "2026-01-11 08:00"),
        # The night the clocks go forward in Berlin: 8 o'clock there is 6 o'clock UTC.
        ("2026-03-28 22:00", "Europe/Berlin", 21, 8, "2026-03-29 06:00"),
        ("2026-01-10 22:00", "UTC", 21, 24, "2026-01-11 00:00"),
    ],
)
def test_quiet_hours(now, zone, start, end, expected):
    parse = datetime.datetime.fromisoformat
    assert q.next_allowed(parse(now), zone, start, end) == parse(expected)


def test_customers_see_what_concerns_them_once_a_day():
    events = [
        ("intake", 1, False),
        ("validate", 1, False),
        ("hold", 1, False),
        ("release", 1, False),
        ("release", 2, False),
        ("rate", 2, False),
        ("change", 2, False),
        ("change", 2, True),
        ("change", 2, True),
        ("pick", 2, False),
        ("pick", 2, False),
        ("ship", 3, False),
        ("ship", 4, False),
    ]
    assert t.told(events) == [0, 3, 7, 8, 9, 11, 12]


def test_progress():
    assert t.progress(set()) == 0
    assert t.progress({"intake", "release"}) == 1
    assert t.progress({"release", "ship"}) == 3

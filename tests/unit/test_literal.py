"""Arrays as text: by hand here; PostgreSQL reads them back in the addon's own tests."""

from datetime import date, datetime

import pytest
from freezegun import freeze_time

from odoo.addons.order_reporting.engine import literal


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "{}"),
        ([None, None], "{NULL,NULL}"),
        ([1, None, 2.5], "{1,NULL,2.5}"),
        ([True, False, None], "{t,f,NULL}"),
        (["a", 'say "x"', "back\\slash", "NULL", ""], r'{"a","say \"x\"","back\\slash","NULL",""}'),
        ([date(2026, 3, 2), datetime(2026, 3, 2, 8)], '{"2026-03-02","2026-03-02 08:00:00"}'),
        ([{"1": 2.0}, None], r'{"{\"1\": 2.0}",NULL}'),
    ],
)
def test_by_hand(values, text):
    assert literal.array(values) == text


def test_in_a_frozen_clock():
    with freeze_time("2026-03-02 08:00:00"):
        assert literal.array([datetime.now(), None]) == '{"2026-03-02 08:00:00",NULL}'


@pytest.mark.parametrize("values", [[1, "a"], [object()], [b"x"], [True, 1]])
def test_what_does_not_belong_together(values):
    with pytest.raises(TypeError, match="can't hold"):
        literal.array(values)

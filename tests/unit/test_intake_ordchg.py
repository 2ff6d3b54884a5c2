"""EDIFACT ORDCHG, written from the UN/CEFACT message description of D.96A."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_intake_edifact import codes, interchange, message, parse

from odoo.addons.order_processing.engine.intake import edifact
from odoo.addons.order_processing.engine.intake.change import apply_change

CHANGE = """
BGM+230+CHG-1+4
DTM+137:20240301:102
RFF+ON:PO?'4711
NAD+BY+4012345000009::9
LIN+1+3+4000862141404:EN
QTY+21:12:PCE
LIN+2+2
LIN+3+1+4006381333931:EN
PIA+1+SKU-3:SA
IMD+F++:::Red pen
QTY+21:4:PCE
PRI+AAA:1.5
UNS+S
"""


def change(*replacements, kind="ORDCHG:D:96A:UN:EAN008"):
    body = CHANGE
    for old, new in replacements:
        assert old in body
        body = body.replace(old, new)
    return edifact.parse(interchange(message(body, kind=kind)).encode("iso8859-1"))


def test_lines_added_changed_and_cancelled():
    result = change()
    found = result.change
    assert codes(result) == []
    assert (found.kind, found.number, found.original_number) == ("change", "CHG-1", "PO'4711")
    before = parse().order
    assert found.original_ref == before.ref
    assert found.ref.startswith(before.ref + "#")
    assert [(each.action, each.ref) for each in found.lines] == [
        ("change", "1"),
        ("cancel", "2"),
        ("add", "3"),
    ]
    assert found.lines[0].states == {"quantity", "sku"}
    after = apply_change(before, found)
    assert [(line.sku, line.quantity, line.unit_price) for line in after.lines] == [
        ("4000862141404", Decimal(12), Decimal("2.5")),
        ("SKU-3", Decimal(4), Decimal("1.5")),
    ]


def test_price_and_date_alone():
    result = change(("QTY+21:12:PCE", "DTM+2:20240401:102\nPRI+AAA:2.4"))
    assert codes(result) == []
    assert result.change.lines[0].states == {"unit_price", "requested_date", "sku"}
    line = apply_change(parse().order, result.change).lines[0]
    assert (line.quantity, line.unit_price) == (10, Decimal("2.4"))
    assert line.requested_date == "2024-04-01"


def test_cancellation():
    found = change(("CHG-1+4", "CHG-1+1")).change
    assert (found.kind, found.lines) == ("cancel", ())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("RFF+ON:PO?'4711\n", "", "no_original"),
        ("LIN+1+3", "LIN+1+99", "unknown_line_change"),
        ("QTY+21:12:PCE", "QTY+21:-12:PCE", "negative_value"),
        ("QTY+21:12:PCE", "QTY+21:1e308:PCE", "not_a_number"),
        ("QTY+21:4:PCE\n", "", "missing_value"),
        ("BGM+230+CHG-1+4\n", "", "missing_segment"),
    ],
)
def test_refused(old, new, code):
    result = change((old, new))
    assert result.change is None
    assert code in codes(result)


@given(st.sampled_from(CHANGE.strip().splitlines()), st.text("LIN+:'123ABC\n", max_size=12))
def test_never_raises_on_a_distorted_change(line, junk):
    body = CHANGE.replace(line, junk)
    result = edifact.parse(interchange(message(body, kind="ORDCHG:D:96A:UN")).encode("iso8859-1"))
    assert result.change or result.errors

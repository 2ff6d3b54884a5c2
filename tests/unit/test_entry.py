"""Pasted order lines, as spreadsheets, mails and files give them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.entry import parse_lines


def read(text):
    return [(line.code, line.quantity, line.price) for line in parse_lines(text)]


D = Decimal


@pytest.mark.parametrize(
    "text, expected",
    [
        ("AB-100\t3\nAB-200\t1\n", [("AB-100", D(3), None), ("AB-200", D(1), None)]),
        ("AB-100\t3\t12.50", [("AB-100", D(3), D("12.50"))]),
        ("AB-100;3;12,50\nC;1;1.250,00", [("AB-100", D(3), D("12.50")), ("C", D(1), D(1250))]),
        ("AB-100,3\nAB-200,12", [("AB-100", D(3), None), ("AB-200", D(12), None)]),
        ("AB-100,3,9.90", [("AB-100", D(3), D("9.90"))]),
        ("AB-100 3", [("AB-100", D(3), None)]),
        ("AB-100 3 12.50", [("AB-100", D(3), D("12.50"))]),
        ("AB-100", [("AB-100", D(1), None)]),
        ("3 x AB-100\n2× C", [("AB-100", D(3), None), ("C", D(2), None)]),
        ("AB-100 x 3", [("AB-100", D(3), None)]),
        ("AB-100 12 pcs", [("AB-100", D(12), None)]),
        ("AB-100\t12 pcs\t$ 4.00", [("AB-100", D(12), D("4.00"))]),
        ("3\tAB-100", [("AB-100", D(3), None)]),
        ("SKU\tQty\nAB-100\t3", [("AB-100", D(3), None)]),
        ("AB-100\tA long name\t3\t9.90", [("AB-100", D(3), D("9.90"))]),
        ("4006381333931\t5", [("4006381333931", D(5), None)]),
        ("4006381333931 5", [("4006381333931", D(5), None)]),
        ("\ufeffAB-100\t3\r\n\r\n  \r\nC\t1", [("AB-100", D(3), None), ("C", D(1), None)]),
        ("kabel rot 2,5 10", [("kabel rot", D("2.5"), D(10))]),
    ],
)
def test_ways_to_paste(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    "text, problem",
    [
        ("AB\tmany", "quantity"),
        ("AB\t-3", "quantity"),
        ("AB\t0", "quantity"),
        ("AB\t3\tx", "price"),
    ],
)
def test_what_cannot_be_read_is_kept_and_said(text, problem):
    [line] = parse_lines(text)
    assert (line.problem, line.text, line.code) == (problem, text, "AB")


def test_rows_keep_their_number():
    assert [line.row for line in parse_lines("A 1\n\nB 2")] == [1, 3]


@settings(deadline=None)  # machines are slow at times
@given(st.text(max_size=300))
def test_any_text_gives_lines_and_loses_none(text):
    lines = parse_lines(text)
    filled = [row for row in text.lstrip("\ufeff").splitlines() if row.strip()]
    assert len(lines) in (len(filled), len(filled) - 1)
    for line in lines:
        assert line.problem or (line.code and line.quantity > 0)

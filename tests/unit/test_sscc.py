"""SSCC-18: GS1's check digit, capacity and what is no SSCC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import labels


def test_published_example():
    """The worked example of GS1's documentation prefix, cross-checked with other readers."""
    assert labels.check_digit("30614141123456789") == "1"
    assert labels.is_sscc("306141411234567891")


def test_serial_fills_up_and_extension_digit_continues_it():
    assert labels.sscc("0614141", 1) == "0" + "0614141" + "000000001" + "2"
    assert labels.sscc("0614141", 10**9)[:1] == "1"
    with pytest.raises(ValueError, match="used up"):
        labels.sscc("0614141", 10**10)


@given(st.integers(0, 10**10 - 1))
def test_every_serial_has_a_number_of_its_own(serial):
    number = labels.sscc("0614141", serial)
    assert labels.is_sscc(number)
    assert int(number[0] + number[8:17]) == serial


@given(st.integers(0, 10**10 - 1), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(serial, place, shift):
    number = labels.sscc("0614141", serial)
    wrong = str((int(number[place]) + shift) % 10)
    assert not labels.is_sscc(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("prefix", ["", "123", "1234567890123", "06141A1", "٠٦١٤١٤١", None])
def test_bad_prefix(prefix):
    with pytest.raises(ValueError, match="no GS1 company prefix"):
        labels.sscc(prefix, 1)


@pytest.mark.parametrize("value", ["", None, "30614141123456789", "306141411234567890", "x" * 18])
def test_no_sscc(value):
    assert not labels.is_sscc(value)

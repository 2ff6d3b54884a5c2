"""Element strings of GS1 logistic labels."""

import io

import pytest
import zxingcpp
from PIL import Image

from odoo.addons.order_shipping.engine import labels, logistic

F = logistic.FNC1


def test_sscc_alone():
    sscc = _sscc()
    assert logistic.elements(sscc) == [(f"{F}00{sscc}", f"(00) {sscc}")]


def _sscc():
    return labels.sscc("0614141", 1)


def test_content_on_top():
    barcodes = logistic.elements(_sscc(), "4006381333931", 12, "L7")
    assert barcodes[0] == (
        f"{F}02040063813339313712{F}10L7",
        "(02) 04006381333931 (37) 12 (10) L7",
    )
    assert barcodes[1][0].startswith(f"{F}00")


@pytest.mark.parametrize(
    ("gtin", "count"), [("4006381333932", 1), ("ABC", 1), (None, 1), ("4006381333931", 0.5)]
)
def test_no_content_without_gtin_and_count(gtin, count):
    assert len(logistic.elements(_sscc(), gtin, count)) == 1


def test_odd_lots_are_left_out():
    barcodes = logistic.elements(_sscc(), "4006381333931", 1, "Charge Ä 7")
    assert "10" not in barcodes[0][1].split("(37)")[1]


def test_wrong_sscc():
    with pytest.raises(ValueError):
        logistic.elements("006141410000000019")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("4006381333931", "04006381333931"), ("96385074", "00000096385074"), ("12345", None)],
)
def test_gtin14(code, expected):
    assert logistic.gtin14(code) == expected


def test_barcodes_are_read_by_a_scanner():
    for data, text in logistic.elements(_sscc(), "4006381333931", 12, "L7"):
        picture = Image.open(io.BytesIO(logistic.barcode_png(data)))
        [code] = zxingcpp.read_barcodes(picture)
        assert code.content_type == zxingcpp.ContentType.GS1
        assert code.text.replace(" ", "") == text.replace(" ", "")

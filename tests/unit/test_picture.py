"""Pictures of charts: of the size asked for, and showing what they are given."""

import builtins
import io

import pytest
from PIL import Image

from odoo.addons.order_reporting.engine import picture


def colours(png):
    """The picture, and how often each colour is in it."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return image, dict(map(reversed, image.getcolors(1 << 20)))


def rgb(color):
    return tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))


def test_lines():
    series = [
        picture.Series((3, 5, 4, None)),
        picture.Series((None, None, None, 6), picture.ORANGE, is_dashed=True),
    ]
    image, found = colours(picture.lines(["1 Mar", "2 Mar", "3 Mar", "4 Mar"], series))
    assert image.size == (1096, 440)
    assert found[rgb(picture.BLUE)] > found[rgb(picture.ORANGE)] > 20


def test_bars_as_long_as_their_values():
    _image, one = colours(picture.bars([("East", 10), ("West", 10)], picture.RED))
    _image, half = colours(picture.bars([("East", 10), ("West", 5)], picture.RED))
    assert half[rgb(picture.RED)] / one[rgb(picture.RED)] == pytest.approx(0.75, abs=0.02)


def test_names_of_any_kind():
    names = ["Straße $5 and $6", "x" * 200, "", "a\nb", "100 % <b>"]
    assert picture.bars([(name, 1) for name in names])


def test_columns_that_stand_on_one_another():
    labels = ["Mon", "Tue"]
    series = [
        picture.Series((1, None), picture.BLUE, name="East"),
        picture.Series((2, 3), picture.ORANGE, name="West $"),
    ]
    small = picture.columns(labels, series, size=picture.HALF)
    wide = picture.columns(labels, series, size=picture.WHOLE)
    sizes = [Image.open(io.BytesIO(one)).size for one in (small, wide)]
    assert sizes == [
        tuple(round(inches * picture.DOTS) for inches in size)
        for size in (picture.HALF, picture.WHOLE)
    ]
    alone = picture.columns(labels, series[1:], size=picture.HALF)
    assert alone != small
    assert picture.bars([("a", 0.5)], is_share=True) != picture.bars([("a", 0.5)], decimals=1)


def test_the_largest_only():
    pairs = [(str(n), n) for n in range(-2, 20)]
    found = picture.largest(pairs)
    assert found[0] == ("19", 19)
    assert len(found) == picture.MOST_BARS
    assert picture.largest([("none", 0)]) == []


def test_without_the_library(monkeypatch):
    assert picture.available()
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert not picture.available()

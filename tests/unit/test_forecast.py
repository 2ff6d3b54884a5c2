"""Forecasts: the naive one by hand, the model on seasons it must find, and the choice between."""

import builtins
import math
import random
from datetime import date, timedelta

import pytest

from odoo.addons.order_reporting.engine import forecast

WEEK = [20, 18, 16, 16, 18, 8, 4]


def sales(weeks, growth=0.0, noise=0.0, seed=7):
    chance = random.Random(seed)
    return [WEEK[day % 7] * (1 + growth * day) + chance.gauss(0, noise) for day in range(weeks * 7)]


def test_the_naive_forecast_is_the_week_before():
    points = forecast.naive([1, 2, 3, 4, 5, 6, 7] * 3, 7, 9)
    assert [point.value for point in points] == [1, 2, 3, 4, 5, 6, 7, 1, 2]
    assert all(point.low == point.value == point.high for point in points)


def test_its_interval_follows_its_errors_and_never_falls_below_zero():
    """Errors of ±1 throughout: a standard deviation of 1, so 90 % is ± 1.645."""
    values = [10, 11] * 10
    [point] = forecast.naive(values, 1, 1)
    assert point.high - point.value == pytest.approx(1.645, abs=0.001)
    [point] = forecast.naive([0, 5] * 10 + [1], 1, 1)
    assert point.low == 0.0


def test_error_is_weighted():
    points = [forecast.Point(value, 0, 0) for value in (10, 20)]
    assert forecast.error_of(points, [12, 28]) == pytest.approx(10 / 40)
    assert forecast.error_of(points, [0, 0]) is None


def test_a_series_too_short_has_no_forecast():
    assert forecast.predict([1.0] * 20, 7, 14) is None


def test_the_model_finds_growth_and_season_and_beats_the_naive():
    values = sales(30, growth=0.01, noise=1.0)
    result = forecast.predict(values[:-14], 7, 14)
    assert result.method == forecast.ETS and result.beats_naive
    assert result.error < result.naive_error
    assert forecast.error_of(result.points, values[-14:]) < 0.12
    inside = sum(
        point.low <= value <= point.high
        for point, value in zip(result.points, values[-14:], strict=True)
    )
    assert inside >= 10  # 90 % intervals
    assert len(result.past) == 42 and max(result.past) == len(values) - 15


def test_where_the_naive_is_better_it_is_used_and_said():
    def worse(values, season, horizon, level):
        return [forecast.Point(1e6, 0, 1e7)] * horizon

    result = forecast.predict(sales(20), 7, 14, method=worse)
    assert result.method == forecast.NAIVE and not result.beats_naive
    assert result.naive_error == pytest.approx(0.0)
    assert [round(point.value) for point in result.points[:7]] == WEEK


def test_all_zeros_are_no_accident():
    result = forecast.predict([0.0] * 90, 7, 14)
    assert all(math.isclose(point.value, 0.0, abs_tol=1e-6) for point in result.points)


def test_without_the_library_it_is_said(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("statsmodels"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert not forecast.available()
    with pytest.raises(forecast.Unavailable):
        forecast.predict(sales(20), 7, 14)


def test_the_rest_of_a_month():
    monday = date(2026, 3, 23)
    points = {monday: 70.0, monday + timedelta(weeks=1): 140.0, monday + timedelta(weeks=2): 999.0}
    assert forecast.rest_of(points, date(2026, 3, 25), date(2026, 3, 31)) == pytest.approx(80.0)
    assert forecast.rest_of(points, date(2026, 3, 31), date(2026, 3, 31)) == 0.0
    assert forecast.rest_of({}, monday, date(2026, 3, 31)) == 0.0

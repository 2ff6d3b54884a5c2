"""Forecasts of counts per day or week, with intervals, judged against the naive forecast.

No Odoo. The model is exponential smoothing in state space form (error, trend, season; Hyndman and
Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., chapter 8) by the library
``statsmodels``. Before it is used it is tried on the past: the last weeks are forecast from what
was known before them, and so is the seasonal naive forecast (the same weekday of the last week).
Whichever was nearer is used, and both errors are told.
"""

import math
import warnings
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist

#: Periods a series must have before anything is forecast.
LEAST = 21
FOLDS = 3
ETS, NAIVE = "ets", "naive"


class Unavailable(Exception):
    """The library isn't installed."""


@dataclass(frozen=True)
class Point:
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """``points`` after the end of the series; ``past``: index → point of the backtest."""

    method: str
    points: list
    past: dict
    error: float | None  # weighted absolute percentage error of ETS in the backtest
    naive_error: float | None

    @property
    def beats_naive(self):
        return self.error is not None and self.error < self.naive_error


def available():
    """Tell whether the library is there."""
    try:
        import statsmodels.tsa.exponential_smoothing.ets  # noqa: F401
    except ImportError:
        return False
    return True


def naive(values, season, horizon, level=0.9):
    """The value one season ago, with a normal interval from how wrong that was in the past."""
    errors = [now - before for before, now in zip(values, values[season:], strict=False)]
    spread = math.sqrt(sum(error**2 for error in errors) / len(errors)) if errors else 0.0
    width = NormalDist().inv_cdf(0.5 + level / 2) * spread
    points = []
    for step in range(horizon):
        value = values[len(values) - season + step % season]
        wide = width * math.sqrt(step // season + 1)
        points.append(Point(value, max(value - wide, 0.0), value + wide))
    return points


def ets(values, season, horizon, level=0.9):
    """Additive error, damped trend and, from two seasons on, additive season.

    :raises Unavailable: without statsmodels
    """
    try:
        import pandas
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    except ImportError as error:
        raise Unavailable from error
    seasonal = season > 1 and len(values) >= 2 * season
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ETSModel(
            pandas.Series(values, dtype=float),
            error="add",
            trend="add",
            damped_trend=True,
            seasonal="add" if seasonal else None,
            seasonal_periods=season if seasonal else None,
            # Estimating the first states too takes ten times as long and gains little.
            initialization_method="heuristic",
        )
        fitted = model.fit(disp=False, maxiter=200)
        frame = fitted.get_prediction(start=len(values), end=len(values) + horizon - 1)
        frame = frame.summary_frame(alpha=1 - level)
    points = []
    for mean, low, high in zip(frame["mean"], frame["pi_lower"], frame["pi_upper"], strict=True):
        if not all(map(math.isfinite, (mean, low, high))):
            return None
        points.append(Point(max(float(mean), 0.0), max(float(low), 0.0), max(float(high), 0.0)))
    return points


def error_of(forecast, actual):
    """Weighted absolute percentage error; None when nothing was there to forecast."""
    total = sum(actual)
    if not total:
        return None
    pairs = zip(forecast, actual, strict=True)
    return sum(abs(point.value - value) for point, value in pairs) / total


def predict(values, season, horizon, folds=FOLDS, level=0.9, method=ets):
    """Forecast ``horizon`` periods after ``values`` with the better of two methods.

    :param list values: one number per period, no gaps, oldest first
    :param int season: periods of one season (7 for days, 1 for none)
    :param int folds: times that a horizon at the end of the series is forecast as a trial
    :return: :class:`Forecast`, or None when the series is too short
    :raises Unavailable: without statsmodels
    """
    if len(values) < max(LEAST, 2 * season, horizon + LEAST):
        return None
    made = {ETS: [], NAIVE: []}
    past = {ETS: {}, NAIVE: {}}
    actuals = []
    for fold in range(folds, 0, -1):
        cut = len(values) - fold * horizon
        if cut < max(LEAST, 2 * season):
            continue
        known, actual = values[:cut], values[cut : cut + horizon]
        trials = {
            NAIVE: naive(known, season, horizon, level),
            ETS: method(known, season, horizon, level) or naive(known, season, horizon, level),
        }
        actuals += actual
        for name, points in trials.items():
            made[name] += points
            past[name].update({cut + step: point for step, point in enumerate(points)})
    errors = {name: error_of(points, actuals) for name, points in made.items()}
    points = method(values, season, horizon, level)
    is_better = errors[ETS] is not None and errors[ETS] < errors[NAIVE]
    chosen = ETS if points and is_better else NAIVE
    if chosen == NAIVE:
        points = naive(values, season, horizon, level)
    return Forecast(chosen, points, past[chosen], errors[ETS], errors[NAIVE])


def rest_of(points, today, last):
    """What forecasts by week say of the days after today, up to a last day.

    :param points: Monday → amount of its week
    :return: the weeks' amounts, each by the share of its days that are counted
    """
    total = 0.0
    for monday, amount in points.items():
        first = max(monday, today + timedelta(days=1))
        until = min(monday + timedelta(days=6), last)
        total += amount * max((until - first).days + 1, 0) / 7
    return total

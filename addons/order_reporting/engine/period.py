"""Periods by the names Odoo's dashboards give them → days. Pure Python.

The same days as the browser takes for them (``spreadsheet``, ``getRelativeDateFromTo``), so that a
dashboard on paper and one on the screen count the same.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

LENGTHS = {"last_7_days": 7, "last_30_days": 30, "last_90_days": 90}


@dataclass(frozen=True)
class Span:
    """Whole days; None where a side is open."""

    first: date | None = None
    last: date | None = None


def span(period, today, offset=0):
    """The days of a period.

    :param period: its name
    :param today: a date
    :param int offset: -1 is the period before it, of the same kind
    :return: :class:`Span`
    :raise ValueError: there is no such period
    """
    months, years = relativedelta(months=offset), relativedelta(years=offset)
    if period in LENGTHS:
        last = today + timedelta(days=LENGTHS[period] * offset)
        return Span(last - timedelta(days=LENGTHS[period] - 1), last)
    if period in ("today", "yesterday"):
        day = today + timedelta(days=offset - (period == "yesterday"))
        return Span(day, day)
    if period == "month_to_date":
        return Span(today.replace(day=1) + months, today + months)
    if period == "year_to_date":
        return Span(today.replace(month=1, day=1) + years, today + years)
    if period == "last_month":
        day = today + months - relativedelta(months=1)
        return Span(day.replace(day=1), _end_of_month(day))
    if period == "last_12_months":
        tomorrow = today + timedelta(days=1)
        first = (tomorrow - relativedelta(months=12)).replace(day=1)
        last = _end_of_month(tomorrow - relativedelta(months=1))
        return Span(first + years, last + years)
    raise ValueError(period)


def _end_of_month(day):
    return day.replace(day=1) + relativedelta(months=1, days=-1)


def steps(first, last, size):
    """The days on which each day, week or month between two of them begins, both included.

    :param str size: ``day``, ``week``, ``month``, ``quarter`` or ``year``
    """
    length = {
        "day": relativedelta(days=1),
        "week": relativedelta(weeks=1),
        "month": relativedelta(months=1),
        "quarter": relativedelta(months=3),
        "year": relativedelta(years=1),
    }[size]
    found = []
    while first <= last:
        found.append(first)
        first += length
    return found

"""Blanket orders and repeated deliveries: what may be called, and on which days.

Pure Python over plain values; quantities are ``Decimal``. The models gather, this decides, the
models write.
"""

import calendar
import datetime
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)

#: Why an order may not be a call-off.
NOT_AGREED, NOT_YET, ENDED, NOT_LISTED, TOO_MANY = (
    "not_agreed",
    "not_yet",
    "ended",
    "not_listed",
    "too_many",
)


@dataclass(frozen=True)
class Agreed:
    """One line of a blanket order. ``called``: on other orders that stand."""

    key: object
    quantity: Decimal
    called: Decimal
    rounding: Decimal

    @property
    def left(self):
        """What may still be called; never below zero."""
        return max(self.quantity - self.called, ZERO)


@dataclass(frozen=True)
class Problem:
    """Why a call-off isn't covered: a code of above, the line, and how many are left of it."""

    code: str
    key: object = None
    left: Decimal = ZERO


def judge(calls, agreed, today, is_running=True, start=None, end=None):
    """What of a call-off its blanket order doesn't cover.

    :param calls: list of (line, key of its :class:`Agreed` or None, quantity in that line's unit)
    :param agreed: list of :class:`Agreed`
    :param date today: in the company's time zone
    :param bool is_running: it was agreed and isn't closed
    :param start: first day of the agreement, None: at once
    :param end: last day, None: none
    :return: list of :class:`Problem`; empty: all is covered
    """
    if not is_running:
        return [Problem(NOT_AGREED)]
    if start and today < start:
        return [Problem(NOT_YET)]
    if end and today > end:
        return [Problem(ENDED)]
    found, wanted = [], {}
    for line, key, quantity in calls:
        if key is None:
            found.append(Problem(NOT_LISTED, line))
        else:
            wanted[key] = wanted.get(key, ZERO) + quantity
    for each in agreed:
        if wanted.get(each.key, ZERO) - each.left > each.rounding / 2:
            found.append(Problem(TOO_MANY, each.key, each.left))
    return found


def following(day, every, unit, anchor=None):
    """The delivery day after ``day``.

    :param int every: how many weeks or months lie between, at least 1
    :param str unit: ``week`` or ``month``
    :param int anchor: day of the month that is meant, which February may not have
    """
    if every < 1:
        raise ValueError("every must be at least 1")
    if unit == "week":
        return day + datetime.timedelta(weeks=every)
    months = day.year * 12 + day.month - 1 + every
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(anchor or day.day, last))


def due(day, until, every, unit, anchor=None, end=None, most=60):
    """Delivery days from ``day`` up to ``until``, none after ``end``; at most ``most``.

    :return: (list of days, the next day after them)
    """
    days = []
    while day <= until and (not end or day <= end) and len(days) < most:
        days.append(day)
        day = following(day, every, unit, anchor)
    return days, day

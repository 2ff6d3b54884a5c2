"""When invoices are due, and which orders share one: pure dates and keys."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

POLICIES = (
    ("shipment", "At shipment, by itself"),
    ("delivery", "At delivery, by itself"),
    ("order", "At the order, by itself"),
    ("periodic", "Periodically, by itself"),
    ("manual", "By hand"),
)
CADENCES = (("daily", "Every day"), ("weekly", "Every week"), ("monthly", "Every month"))
WEEKDAYS = tuple(
    (str(number), name)
    for number, name in enumerate(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    )
)
GROUPINGS = (
    ("customer", "One invoice per customer"),
    ("reference", "One invoice per customer's reference"),
    ("address", "One invoice per delivery address"),
    ("order", "One invoice per order"),
)


@dataclass(frozen=True)
class Policy:
    """How one order is billed: ``code`` is one of :data:`POLICIES`.

    ``weekday`` counts from Monday, ``monthday`` beyond a month's end means its last day.
    """

    code: str = "manual"
    cadence: str = "monthly"
    weekday: int = 0
    monthday: int = 31
    grouping: str = "order"

    @property
    def by_itself(self):
        """Whether nobody has to press a button."""
        return self.code != "manual"


def last_run(policy, today):
    """The last day up to ``today`` (included) on which this policy bills.

    :param policy: :class:`Policy` with code ``periodic``
    :param today: ``date`` in the company's time zone
    :raises ValueError: for a cadence that doesn't exist
    """
    if policy.cadence == "daily":
        return today
    if policy.cadence == "weekly":
        return today - timedelta(days=(today.weekday() - policy.weekday) % 7)
    if policy.cadence == "monthly":
        this = _on(today.year, today.month, policy.monthday)
        if this <= today:
            return this
        last_of_previous = today.replace(day=1) - timedelta(days=1)
        return _on(last_of_previous.year, last_of_previous.month, policy.monthday)
    raise ValueError(policy.cadence)


def next_run(policy, today):
    """The first day after ``today`` on which this policy bills."""
    day = today + timedelta(days=1)
    while last_run(policy, day) != day:
        day += timedelta(days=1)
    return day


def _on(year, month, day):
    """That day of a month, or its last."""
    return date(year, month, min(max(day, 1), calendar.monthrange(year, month)[1]))


def is_due(policy, today, since, last):
    """Whether goods that have been out ``since`` a day are to be billed by a periodic run now.

    :param since: day the oldest unbilled goods left
    :param last: day of the customer's last run, or ``None``: a run that was missed is caught up
    """
    run = last_run(policy, today)
    return since <= run and (last is None or last < run)

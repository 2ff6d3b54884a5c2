"""How well the running system is: figures, their bounds, and one word for each.

Pure Python. The models gather what is; here is decided what that means.
"""

from dataclasses import dataclass
from datetime import datetime

OK, WARN, FAIL = "ok", "warn", "fail"
RANK = {OK: 0, WARN: 1, FAIL: 2}
SECONDS, COUNT, BYTES, SHARE, TEXT = "seconds", "count", "bytes", "share", "text"


@dataclass(frozen=True)
class Bound:
    """From where on a figure is worth a look, and from where on it is wrong; None: never."""

    warn: float | None = None
    fail: float | None = None
    #: Small figures are the bad ones, such as of what is left of a disk.
    falling: bool = False


@dataclass(frozen=True)
class Figure:
    """One thing that was looked at.

    ``value`` is None where there is nothing to measure: that is well, but where ``missing`` says
    otherwise.
    """

    code: str
    value: float | str | None
    unit: str = COUNT
    missing: str = OK
    detail: str = ""
    #: (name, value) pairs, of figures that there are several of: a channel, a state.
    labels: tuple = ()


#: Bounds of each figure; a system parameter ``order_processing.health.<code>`` sets others.
BOUNDS = {
    "jobs_waiting_age": Bound(900, 3600),
    "jobs_started_age": Bound(3600, 4 * 3600),
    "jobs_failed": Bound(1, 50),
    "cron_late": Bound(900, 3600),
    "cron_failing": Bound(1, 5),
    "intake_waiting_age": Bound(900, 3600),
    "intake_rejected": Bound(1, None),
    "message_waiting_age": Bound(3600, 24 * 3600),
    "message_failed": Bound(1, None),
    "payment_waiting_age": Bound(1800, 6 * 3600),
    "payment_unknown": Bound(1, 10),
    "label_buying_age": Bound(600, 3600),
    "label_unknown": Bound(1, 10),
    "log_verified_age": Bound(8 * 86400, 32 * 86400),
    "log_broken": Bound(None, 1),
    "disk_free": Bound(0.15, 0.05, falling=True),
    "facts_age": Bound(3600, 6 * 3600),
}


def read_bound(text, default):
    """A bound from a parameter such as ``600 3600``; ``-`` stands for never.

    :param text: what the parameter says; nothing: the default
    :raise ValueError: it is something else
    """
    if not text or not text.strip():
        return default
    words = text.split()
    if len(words) != 2:
        raise ValueError(text)
    warn, fail = (None if word == "-" else float(word) for word in words)
    return Bound(warn, fail, default.falling)


def grade(figure, bound):
    """``ok``, ``warn`` or ``fail`` for a figure within a bound; None: only told, never graded."""
    if figure.value is None or isinstance(figure.value, str):
        return figure.missing
    for state, limit in ((FAIL, bound.fail), (WARN, bound.warn)):
        if limit is None:
            continue
        if figure.value < limit if bound.falling else figure.value >= limit:
            return state
    return OK


def worst(states):
    """The worst of some states; of none, ``ok``."""
    return max(states, key=RANK.get, default=OK)


def age(since, now):
    """Seconds from a moment until now, never below zero; None without a moment."""
    return None if since is None else max((now - since).total_seconds(), 0.0)


def lateness(due, now):
    """Seconds by which the earliest of some due moments is over; 0 when none is."""
    moments = [moment for moment in due if isinstance(moment, datetime)]
    return age(min(moments), now) if moments else 0.0


def show(figure):
    """A figure in a few words, in units people read."""
    value = figure.value
    if value is None:
        return "–"
    if figure.unit == SECONDS:
        return _duration(value)
    if figure.unit == BYTES:
        return _size(value)
    if figure.unit == SHARE:
        return f"{value:.0%}"
    return value if isinstance(value, str) else f"{value:g}"


def _duration(seconds):
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"


def _size(size):
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.4g} TB"

"""When a message may be sent. Pure Python."""

import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC = datetime.timezone.utc


def next_allowed(now, zone, start, end):
    """The first moment from ``now`` on outside of the quiet hours.

    :param datetime now: naive, UTC
    :param str zone: name of a time zone; an unknown one counts as UTC
    :param float start: hour at which it becomes quiet, on the customer's clock
    :param float end: hour at which it ends; the same as ``start``: never quiet
    :return: naive UTC
    """
    if start == end:
        return now
    try:
        tz = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        tz = ZoneInfo("UTC")
    local = now.replace(tzinfo=UTC).astimezone(tz)
    hour = local.hour + local.minute / 60 + local.second / 3600
    is_quiet = start <= hour < end if start < end else hour >= start or hour < end
    if not is_quiet:
        return now
    day = local.date()
    if start > end and hour >= start:
        day += datetime.timedelta(days=1)
    minutes = round(end * 60)
    wake = datetime.datetime.combine(
        day + datetime.timedelta(days=minutes // 1440),
        datetime.time(minutes % 1440 // 60, minutes % 60),
        tz,
    )
    return wake.astimezone(UTC).replace(tzinfo=None)

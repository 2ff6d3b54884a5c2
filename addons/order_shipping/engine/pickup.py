"""Pick-up points: the nearest to an address, their opening hours, and lists of them as tables."""

import math
import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

EARTH_KM = 6371.0
DAYS = {"mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6}
HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")
DAY_SPAN = re.compile(r"([A-Za-z]{2})[a-z]*(?:\s*[-–]\s*([A-Za-z]{2})[a-z]*)?")

#: Column names of lists, without blanks and signs, by what they hold.
COLUMNS = {
    "code": ("code", "id", "pointid", "locationid", "number", "pudoid"),
    "name": ("name", "pointname", "company"),
    "street": ("street", "address", "address1", "streetaddress"),
    "zip": ("zip", "zipcode", "postalcode", "postcode"),
    "city": ("city", "town"),
    "country": ("country", "countrycode"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "hours": ("hours", "openinghours"),
}
NEEDED = ("code", "name", "street", "zip", "city", "country")


@dataclass(frozen=True)
class Place:
    """Where something is: ``position`` is latitude and longitude in degrees, if known."""

    key: Hashable
    country: str
    zip_code: str
    position: tuple = ()


class Problem(NamedTuple):
    """What is wrong with a row of a list."""

    row: int
    code: str
    value: str = ""


def kilometres(one, other):
    """Great-circle distance of two (latitude, longitude), by the haversine formula."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def nearest(points, where, most=20):
    """The points of the same country nearest to an address.

    By distance where both positions are known, else by how much of the postal code they share.

    :param points: iterable of :class:`Place`
    :param Place where: the address
    :return: list of keys, the nearest first
    """
    here = _plain(where.zip_code)
    ranked = []
    for rank, point in enumerate(points):
        if point.country != where.country:
            continue
        if point.position and where.position:
            distance = kilometres(point.position, where.position)
        else:
            distance = EARTH_KM - _shared(here, _plain(point.zip_code))
        ranked.append((distance, rank, point.key))
    return [key for _distance, _rank, key in sorted(ranked)[:most]]


def _plain(text):
    return (text or "").replace(" ", "").upper()


def _shared(one, other):
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def opening(text):
    """Opening hours by day of the week, from text such as ``Mo-Fr 9:00-18:00; Sa 9:00-12:00``.

    :return: dict of "0" (Monday) to "6" to lists of texts; days without hours are empty
    """
    week = {str(day): [] for day in range(7)}
    for part in (text or "").split(";"):
        spans = HOURS.findall(part)
        for first, last in DAY_SPAN.findall(HOURS.sub("", part)):
            start, end = DAYS.get(first.lower()), DAYS.get((last or first).lower())
            if start is None or end is None:
                continue
            day = start
            while True:
                week[str(day)] += [f"{begin} - {close}" for begin, close in spans]
                if day == end:
                    break
                day = (day + 1) % 7
    return week


def guess_columns(headers):
    """Which column holds what, by its name: dict of our name to the column's index."""
    plain = [re.sub(r"[^a-z0-9]", "", header.lower()) for header in headers]
    found = {}
    for name, known in COLUMNS.items():
        index = next((plain.index(each) for each in known if each in plain), None)
        if index is not None:
            found[name] = index
    return found


def read(rows, columns, to_number, countries):
    """Rows of a list as dicts of texts and numbers.

    :param columns: as :func:`guess_columns` found them
    :param to_number: function from text to a number, or None
    :param countries: codes that are countries
    :return: list of dicts, list of :class:`Problem`
    """
    found, problems, seen = [], [], {}
    for number, row in enumerate(rows, 2):
        if not any(text.strip() for text in row):
            continue
        entry = {name: row[index].strip() for name, index in columns.items()}
        missing = [name for name in NEEDED if not entry[name]]
        entry["country"] = entry["country"].upper()
        position = _position(entry, to_number)
        if missing:
            problems.append(Problem(number, "missing", ", ".join(missing)))
        elif entry["country"] not in countries:
            problems.append(Problem(number, "country", entry["country"]))
        elif position is None:
            problems.append(Problem(number, "position"))
        elif entry["code"] in seen:
            problems.append(Problem(number, "twice", str(seen[entry["code"]])))
        else:
            seen[entry["code"]] = number
            entry["latitude"], entry["longitude"] = position
            found.append(entry)
    return found, problems


def _position(entry, to_number):
    """Latitude and longitude, zeros where neither is told; None where they are none."""
    texts = entry.get("latitude", ""), entry.get("longitude", "")
    if not any(texts):
        return 0.0, 0.0
    numbers = [to_number(text) for text in texts]
    if None in numbers or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        return None
    return float(numbers[0]), float(numbers[1])

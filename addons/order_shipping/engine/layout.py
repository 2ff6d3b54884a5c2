"""Where a location stands: aisle, bay and level read from its name, and metres from those."""

import re
from typing import NamedTuple

#: Metres between two aisles and two bays where nobody measured them.
AISLE_PITCH = 4.0
BAY_PITCH = 1.2

_NAME = re.compile(
    r"""^(?:(?:aisle|row|rack)\s*)?
    (?P<aisle>[A-Za-z]{1,2}|\d{1,3})
    [\s\-_./]+(?:bay\s*)?
    (?P<position>\d{1,4})
    (?:[\s\-_./]+(?P<level>\d{1,2}|[A-Za-z]))?$""",
    re.IGNORECASE | re.VERBOSE,
)


class Place(NamedTuple):
    """Aisle as written (upper case), bay number from the front and level from the floor."""

    aisle: str
    position: int
    level: int


def parse_name(name):
    """Read ``A-07-2``, ``12.03``, ``Aisle B/4`` …; None where a name isn't of that form."""
    match = _NAME.match((name or "").strip())
    if not match:
        return None
    level = match["level"] or "0"
    level = int(level) if level.isdigit() else ord(level.upper()) - ord("A") + 1
    return Place(match["aisle"].upper(), int(match["position"]), level)


def aisle_ordinal(aisle):
    """Rank of an aisle, counted from 0: A, B … Z, AA … or 1, 2, 3 …; None if it's neither."""
    aisle = (aisle or "").strip().upper()
    if aisle.isdigit():
        return max(int(aisle) - 1, 0)
    if not aisle or not all("A" <= char <= "Z" for char in aisle):
        return None
    rank = 0
    for char in aisle:
        rank = rank * 26 + ord(char) - ord("A") + 1
    return rank - 1


def coordinates(aisle, position, aisle_pitch=AISLE_PITCH, bay_pitch=BAY_PITCH):
    """Metres from the front left corner: (along the front, into the aisle).

    A bay's number is its distance from the front in bays, so bay 1 stands one pitch in. Numbering
    that starts elsewhere shifts all bays alike, which changes no route.
    """
    ordinal = aisle_ordinal(aisle)
    return ((ordinal or 0) * aisle_pitch, max(position, 0) * bay_pitch)

"""A warehouse's places from a table: one row for each location, and what is wrong with it."""

from collections import defaultdict
from dataclasses import dataclass, field

from . import floor, layout

#: Names that columns may have, by what is in them.
COLUMNS = {
    "name": ("location", "name", "place", "bin", "barcode"),
    "aisle": ("aisle", "row"),
    "position": ("bay", "position", "slot"),
    "level": ("level", "shelf"),
    "side": ("side",),
    "x": ("x", "pos_x"),
    "y": ("y", "pos_y"),
    "zone": ("zone", "pick_zone"),
}
_SIDES = {"": None, "l": "left", "left": "left", "r": "right", "right": "right"}


@dataclass(frozen=True)
class Finding:
    """``row`` counts from 1, the row with the names; rows with errors aren't taken."""

    row: int
    code: str
    args: dict = field(default_factory=dict, hash=False)
    is_error: bool = True


@dataclass(frozen=True)
class Place:
    """One location. ``x`` and ``y`` are None where they follow from aisle and bay."""

    row: int
    name: str
    aisle: str
    position: int
    level: int = 0
    side: str | None = None
    zone: str = ""
    x: float | None = None
    y: float | None = None


def parse(table):
    """Places of a table.

    :param table: ``tables.Table`` of the intake
    :return: (list of :class:`Place` without errors, list of :class:`Finding` in order of rows)
    """
    ranks = _find_columns(table.headers)
    if "name" not in ranks:
        names = ", ".join(COLUMNS["name"])
        return [], [Finding(1, "no_name_column", {"names": names})]
    places, findings = [], []
    for number, cells in enumerate(table.rows, start=2):
        row = {key: cells[rank].strip() for key, rank in ranks.items()}
        if not any(row.values()):
            continue
        problems = []
        place = _read_place(number, row, problems)
        findings += problems
        if place and not problems:
            places.append(place)
    kept, doubles = _drop_doubles(places)
    findings += doubles + _find_gaps(kept)
    return kept, sorted(findings, key=lambda finding: finding.row)


def check_reach(places, spots, plan):
    """Places that a walk on a floor gets to; those behind its back cross aisle are refused.

    Places that one-way aisles cut off are told and kept: those aisles can be changed.

    :param list places: :class:`Place`
    :param dict spots: (x, y) in metres of each place, by row
    :param floor.Floor plan: the floor with all of these places
    :return: (list of :class:`Place`, list of :class:`Finding`)
    """
    kept, findings = [], []
    for place in places:
        reason = plan.dead_end(*spots[place.row])
        is_error = reason == floor.BEYOND
        if reason:
            args = {"length": f"{plan.block.length:g}", "aisle": place.aisle}
            findings.append(Finding(place.row, reason, args, is_error))
        if not is_error:
            kept.append(place)
    return kept, findings


def _find_columns(headers):
    by_name = {header.strip().lower(): rank for rank, header in enumerate(headers)}
    ranks = {}
    for key, names in COLUMNS.items():
        rank = next((by_name[name] for name in names if name in by_name), None)
        if rank is not None:
            ranks[key] = rank
    return ranks


def _read_place(number, row, problems):
    name = row["name"]
    if not name:
        problems.append(Finding(number, "no_name"))
        return None
    # "A/07" is a place; of "WH/Stock/A-07" only the end is.
    read_name = layout.parse_name(name) or layout.parse_name(name.rsplit("/", 1)[-1])
    aisle = row.get("aisle", "").upper() or (read_name.aisle if read_name else "")
    if not aisle:
        problems.append(Finding(number, "no_place", {"name": name}))
        return None
    numbers = {}
    for key, kind in (("position", int), ("level", int), ("x", float), ("y", float)):
        numbers[key] = _read_number(number, key, row.get(key, ""), kind, problems)
    if row.get("side", "").lower() not in _SIDES:
        problems.append(Finding(number, "bad_side", {"value": row["side"]}))
    if numbers["position"] is None:
        numbers["position"] = read_name.position if read_name else 0
    if numbers["level"] is None:
        numbers["level"] = read_name.level if read_name else 0
    side = _SIDES.get(row.get("side", "").lower())
    return Place(number, name, aisle, side=side, zone=row.get("zone", ""), **numbers)


def _read_number(number, key, text, kind, problems):
    """A number that isn't below 0 (``x`` may be); None for an empty cell."""
    if not text:
        return None
    try:
        value = kind(float(text.replace(",", ".")))
        valid = float(text.replace(",", ".")) == value and (key == "x" or value >= 0)
        valid = valid and abs(value) < 1e6
    except (ValueError, OverflowError):
        valid = False
    if not valid:
        problems.append(Finding(number, "bad_number", {"column": key, "value": text}))
        return None
    return value


def _drop_doubles(places):
    """The first of each name; two names at one place are told, and both kept."""
    kept, findings = [], []
    by_name, by_spot = {}, {}
    for place in places:
        first = by_name.setdefault(place.name.lower(), place)
        if first is not place:
            findings.append(Finding(place.row, "double_name", {"row": str(first.row)}))
            continue
        kept.append(place)
        spot = (place.aisle, place.position, place.level, place.side, place.x, place.y)
        first = by_spot.setdefault(spot, place)
        if first is not place:
            args = {"row": str(first.row), "name": first.name}
            findings.append(Finding(place.row, "double_place", args, is_error=False))
    return kept, findings


def _find_gaps(places):
    """Bays that are missing between the first and the last of an aisle."""
    by_aisle = defaultdict(dict)
    for place in places:
        by_aisle[place.aisle].setdefault(place.position, place.row)
    findings = []
    for aisle, rows in by_aisle.items():
        last = None
        for position in sorted(rows):
            if last is not None and position - last > 1:
                missing = str(last + 1) if position - last == 2 else f"{last + 1}–{position - 1}"
                args = {"aisle": aisle, "bays": missing}
                findings.append(Finding(rows[position], "gap", args, is_error=False))
            last = position
    return findings

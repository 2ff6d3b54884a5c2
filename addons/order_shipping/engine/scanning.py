"""Whether what a picker scanned is what a line asks for. The screen has the same rules.

``static/src/scan/scan_rules.js`` decides while the hand-held has no connection; here the same
attempt is judged again, on what the database says now, before anything is written. Both are run on
``tests/data/scanning_cases.json``. An attempt names its evidence, the barcodes as scanned, so that
nothing is taken on trust; what was confirmed by hand, for want of a readable barcode, says so.
"""

from typing import NamedTuple

#: Reasons to refuse an attempt, in the order in which they are looked for.
REASONS = (
    "done",
    "wrong_place",
    "wrong_item",
    "no_lot",
    "wrong_lot",
    "lot_not_free",
    "later_lot",
    "no_quantity",
    "one_serial",
    "too_much",
    "no_tote",
    "wrong_tote",
)
BY_HAND = ("place", "item", "lot", "tote")
#: GS1 application identifiers of counts: variable count, and count of items contained.
COUNTS = ("30", "37")


class Reading(NamedTuple):
    """What one barcode says: as it is, and what a GS1 barcode holds besides."""

    code: str
    item: str = ""
    lot: str = ""
    package: str = ""
    place: str = ""
    quantity: float = 0.0


class Verdict(NamedTuple):
    """A reason of :data:`REASONS`, empty where the attempt is right, and what it amounts to."""

    reason: str
    quantity: float = 0.0
    lot: str = ""


def read(code, parts=()):
    """Put what Odoo's nomenclature found in a barcode into a :class:`Reading`.

    :param str code: the barcode as scanned
    :param parts: dicts with ``ai``, ``type`` and ``value``, from ``gs1_decompose_extended``
    """
    found = {"code": (code or "").strip()}
    names = {
        "product": "item",
        "lot": "lot",
        "package": "package",
        "location": "place",
        "quantity": "quantity",
    }
    for part in parts:
        name = names.get(part["type"])
        # Of quantities only counts of items: a net weight (310n …) isn't how many there are.
        if name and (name != "quantity" or part["ai"] in COUNTS):
            found[name] = part["value"]
    return Reading(**found)


def same_item(code, known):
    """The known barcode that ``code`` is: itself, or the same GTIN with other leading zeros."""
    if not code:
        return None
    if code in known:
        return code
    bare = code.lstrip("0")
    if code.isdecimal() and len(code) >= 8:
        return next((one for one in known if one.isdecimal() and one.lstrip("0") == bare), None)
    return None


def units_of(line, reading):
    """How many units of the line's own unit one scan of ``reading`` means; 0 if it isn't it.

    A package means all that is left, a packaging its content, a lot or serial number one unit.

    :param dict line: see :func:`judge`
    """
    if line["package"] and line["package"] in (reading.code, reading.package):
        return line["quantity"] - line["scanned"]
    for code in (reading.code, reading.item):
        if known := same_item(code, line["codes"]):
            return line["codes"][known] * (reading.quantity or 1.0)
    if line["tracking"] != "none" and reading.code:
        if reading.code == line["lot"] or reading.code in line["lots"]:
            return 1.0
    return 0.0


def lot_of(line, reading):
    """The lot or serial number that a scan names, empty if none."""
    if line["tracking"] == "none":
        return ""
    if reading.lot:
        return reading.lot
    return reading.code if not same_item(reading.code, line["codes"]) else ""


def judge(line, attempt):
    """Say whether an attempt is right for a line.

    :param dict line: ``quantity`` and ``scanned`` in the line's unit, ``step`` (its rounding),
        ``confirm_place``, ``places`` (barcodes of its location), ``codes`` (units by barcode),
        ``package``, ``tracking``, ``lot``, ``lots`` (of others at this place: ``free`` quantity and
        ``expiry`` as text, by name), ``expiry`` of its own lot, ``needs_tote``, ``tote``, and
        ``totes`` that are free
    :param dict attempt: ``place``, ``item``, ``lot`` and ``tote`` as :class:`Reading`, or None
        where nothing was scanned; ``by_hand``: names of those confirmed by hand; ``quantity``
    :return: :class:`Verdict`
    """
    by_hand = attempt["by_hand"]
    left = line["quantity"] - line["scanned"]
    if left < line["step"] / 2:
        return Verdict("done")
    if not _is_place(line, attempt["place"], by_hand):
        return Verdict("wrong_place")
    item = attempt["item"]
    if "item" not in by_hand and not (item and units_of(line, item)):
        return Verdict("wrong_item")
    reason, lot = _judge_lot(line, attempt)
    if reason:
        return Verdict(reason)
    quantity = attempt["quantity"]
    if not quantity > 0:
        return Verdict("no_quantity")
    if line["tracking"] == "serial" and quantity != 1:
        return Verdict("one_serial")
    if quantity > left + line["step"] / 2:
        return Verdict("too_much")
    if lot != line["lot"] and line["lots"][lot]["free"] + line["step"] / 2 < quantity:
        return Verdict("lot_not_free")
    if reason := _judge_tote(line, attempt["tote"], by_hand):
        return Verdict(reason)
    return Verdict("", quantity, lot)


def _is_place(line, place, by_hand):
    if not line["confirm_place"] or "place" in by_hand:
        return True
    return bool(place) and bool({place.code, place.place} & set(line["places"]))


def _judge_lot(line, attempt):
    """(reason, lot) of a tracked product; another lot than the reserved one must be free and due.

    One that expires later stays where it is while an earlier one is reserved (first expired, first
    out).
    """
    if line["tracking"] == "none":
        return "", ""
    if "lot" in attempt["by_hand"]:
        return ("", line["lot"]) if line["lot"] else ("no_lot", "")
    lot = attempt["lot"] and lot_of(line, attempt["lot"])
    lot = lot or (attempt["item"] and lot_of(line, attempt["item"]))
    is_package = bool(line["package"]) and attempt["item"] is not None
    if not lot and is_package and units_of(line, attempt["item"]):
        lot = line["lot"]
    if not lot or (is_package and lot == line["package"]):
        return ("", line["lot"]) if is_package and line["lot"] else ("no_lot", "")
    if lot == line["lot"]:
        return "", lot
    other = line["lots"].get(lot)
    if not other:
        return "wrong_lot", ""
    if other["free"] < line["step"] / 2:
        return "lot_not_free", ""
    if line["expiry"] and (not other["expiry"] or other["expiry"] > line["expiry"]):
        return "later_lot", ""
    return "", lot


def _judge_tote(line, tote, by_hand):
    if not line["needs_tote"]:
        return ""
    if "tote" in by_hand and line["tote"]:
        return ""
    code = tote and (tote.package or tote.code)
    if not code:
        return "no_tote"
    if line["tote"]:
        return "" if code == line["tote"] else "wrong_tote"
    return "" if code in line["totes"] else "wrong_tote"

"""What EDIFACT and X12 have in common: groups of segments, numbers, dates, parties."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .canonical import ERROR, Finding
from .reading import MAX_AMOUNT, clean
from .trade import iso_date

_NUMBER = re.compile(r"[+-]?(\d{1,18}([.,]\d{0,12})?|[.,]\d{1,12})", re.ASCII)
#: Letters of a date and time, by EDIFACT's format code (UNCL2379).
_DATE_DIGITS = {"101": 6, "201": 6, "102": 8, "203": 8, "204": 8, "303": 8}


class Segment(NamedTuple):
    """A segment: its tag, and its data elements as lists of components."""

    tag: str
    elements: tuple[tuple[str, ...], ...]

    def get(self, element, component=0, limit=500):
        """Clean text of a component, counted from 0; nothing when it isn't there."""
        if element < len(self.elements) and component < len(self.elements[element]):
            return clean(self.elements[element][component], limit)
        return ""

    def element(self, position):
        """Clean texts of all components of an element."""
        count = len(self.elements[position]) if position < len(self.elements) else 0
        return [self.get(position, component) for component in range(count)]


@dataclass
class Enclosed:
    """Segments between a header and a trailer, which tells how many they are."""

    header: Segment
    segments: list[Segment] = field(default_factory=list)
    trailer: Segment | None = None

    #: Tag of the trailer.
    closes = ""

    @property
    def ref(self):
        """The reference number that header and trailer share."""
        return self.header.get(0)

    def problems(self):
        """Findings about the trailer."""
        if self.trailer is None:
            return [Finding("no_trailer", args={"segment": self.closes, "ref": self.ref})]
        count = len(self.segments) + 2
        return check_trailer(self.trailer, count, self.ref, self.header.tag)


class Noting:
    """Something that is read, with findings about it in ``findings``."""

    def note(self, code, severity=ERROR, /, **args):
        """Keep a finding."""
        self.findings.append(Finding(code, "", args, severity))

    @property
    def sound(self):
        """Whether what it holds is what was sent, all of it."""
        return not any(finding.severity == ERROR for finding in self.findings)


class Parties:
    """The parties of a document by their role; the first of a role counts."""

    def __init__(self):
        self._found = {}

    def add(self, role, party, address):
        """Keep a party and its address, which may be None."""
        self._found.setdefault(role, (party, address))

    def first(self, *roles):
        """Party and address of the first of ``roles`` that there is; two times None if none is."""
        return next((self._found[role] for role in roles if role in self._found), (None, None))


def grouped(segments, leaders):
    """Segments in groups, each started by one whose tag is in ``leaders``.

    :return: list of ``(leader, followers)``; the first has no leader
    """
    groups = [(None, [])]
    for segment in segments:
        if segment.tag in leaders:
            groups.append((segment, []))
        else:
            groups[-1][1].append(segment)
    return groups


def codes_of(pairs, roles):
    """Product numbers by whose they are: ``seller``, ``buyer``, ``gtin`` or ``manufacturer``.

    :param pairs: kinds and numbers, the first of a role counts
    :param dict roles: role by kind
    """
    codes = dict.fromkeys(("seller", "buyer", "gtin", "manufacturer"), "")
    for kind, code in pairs:
        role = roles.get(kind)
        if role == "gtin" and not (
            code.isascii() and code.isdigit() and len(code) in (8, 12, 13, 14)
        ):
            continue
        if role:
            codes[role] = codes[role] or code
    return codes


def number_of(text):
    """A number with a decimal point or comma, or None."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text.replace(",", "."))
    return number if abs(number) < MAX_AMOUNT else None


def date_of(text, form):
    """First and last day of an EDIFACT date or period, as ISO dates; nothing if it is neither.

    :param form: format code (UNCL2379); the length decides if it is missing
    """
    text = text.replace("-", "")
    if form == "718":
        return iso_date(text[:8]), iso_date(text[8:16]) or iso_date(text[:8])
    if form == "713":
        return iso_date(text[:6]), iso_date(text[10:16]) or iso_date(text[:6])
    if form == "2":
        day = iso_date(text[4:6] + text[2:4] + text[:2])
        return day, day
    digits = _DATE_DIGITS.get(form)
    if digits is None:
        digits = 8 if len(text) in (8, 12, 14) else 6 if len(text) in (6, 10) else 0
    day = iso_date(text[:digits])
    return day, day


def check_count(notes, field, stated, counted, severity=ERROR):
    """A control total must be one of what may have been counted.

    :param counted: decimals; none when the total is one that isn't known here
    """
    number = number_of(stated)
    if counted and stated and number not in counted:
        args = {"segment": field, "stated": stated[:20], "counted": f"{counted[0]:f}"}
        notes.note("control_count", field, severity, **args)


def check_trailer(trailer, counted, ref, header):
    """Findings about a trailer segment, which says how much it closes and of which number."""
    findings = []
    stated = trailer.get(0)
    usable = stated.isascii() and stated.isdecimal() and len(stated) < 10
    if not usable or int(stated) != counted:
        args = {"segment": trailer.tag, "stated": stated[:20], "counted": str(counted)}
        findings.append(Finding("control_count", trailer.tag, args))
    if trailer.get(1).lstrip("0") != ref.lstrip("0"):
        args = {"header": header, "trailer": trailer.tag, "stated": trailer.get(1), "expected": ref}
        findings.append(Finding("control_number", trailer.tag, args))
    return findings

"""X12's envelope (ANSI ASC X12.5 and X12.6): from bytes to transactions and back.

Real files are one line or one segment a line; documentation breaks and indents them. All are read.
"""

import re
from dataclasses import dataclass, field

from .canonical import Finding
from .edi import Enclosed, Noting, Segment, check_trailer
from .reading import MAX_BYTES, clean

MAX_TRANSACTIONS = 2000
#: Data elements of the interchange header; its separators follow from where they end.
ISA_ELEMENTS = 16
ENVELOPE = frozenset("ISA GS ST SE GE IEA".split())
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")


class Transaction(Enclosed):
    """A transaction set: what is between its header and trailer."""

    closes = "SE"

    @property
    def type(self):
        """The transaction set's code, such as 850."""
        return self.header.get(0)

    @property
    def ref(self):
        """The transaction set's control number."""
        return self.header.get(1)


@dataclass
class Group:
    """A functional group."""

    header: Segment
    transactions: list[Transaction] = field(default_factory=list)
    trailer: Segment | None = None

    @property
    def control(self):
        """The group's control number."""
        return self.header.get(5)

    def problems(self):
        """Findings about the group's trailer."""
        if self.trailer is None:
            return [Finding("no_trailer", args={"segment": "GE", "ref": self.control})]
        return check_trailer(self.trailer, len(self.transactions), self.control, "GS")


@dataclass
class Interchange(Noting):
    """Everything in a document; ``separators`` are of elements, components and segments."""

    separators: str = "*>~"
    charset: str = "utf-8"
    header: Segment | None = None
    groups: list[Group] = field(default_factory=list)
    trailer: Segment | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def control(self):
        """The interchange's control number."""
        return self.header.get(12) if self.header else ""

    @property
    def transactions(self):
        """All transactions, each with its group."""
        return [(group, each) for group in self.groups for each in group.transactions]


def read(payload, max_bytes=MAX_BYTES):
    """Read an interchange.

    :return: :class:`Interchange`; never raises, what is wrong is in its findings
    """
    found = Interchange()
    if not payload.strip():
        found.note("empty_document")
    elif len(payload) > max_bytes:
        found.note("too_large", limit=str(max_bytes // (1024 * 1024)))
    else:
        text = _decode(payload, found)
        body = _read_header(text, found)
        if found.sound:
            _assemble(_segments(body, found), found)
        if found.sound:
            _check_envelope(found)
    return found


def write(segments, separators="*>~"):
    """Segments as text. X12 has no release character: separators in data become blanks.

    :param segments: :class:`~.edi.Segment`, or tuples of a tag and its elements
    """
    element, component, terminator = separators
    special = re.compile("[" + re.escape(element + component + terminator) + "\r\n]")
    written = []
    for segment in segments:
        tag, *elements = segment
        if isinstance(segment, Segment):
            # Read with these same separators, and so free of them.
            texts = [parts[0] for parts in segment.elements]
        else:
            texts = [special.sub(" ", text) for text in elements]
            texts = texts if tag == "ISA" else [text.strip() for text in texts]
        text = element.join((tag, *texts))
        written.append((text if tag == "ISA" else text.rstrip(element)) + terminator)
    return "".join(written)


def alone(interchange, group, transaction):
    """Bytes of an interchange that has only ``transaction`` of this one."""
    text = write([interchange.header, group.header], interchange.separators)
    text += write(
        [transaction.header, *transaction.segments, transaction.trailer], interchange.separators
    )
    text += write(
        [("GE", "1", group.control), ("IEA", "1", interchange.control)], interchange.separators
    )
    return text.encode(interchange.charset)


def _decode(payload, found):
    for charset in ("utf-8", "iso8859-1"):
        try:
            found.charset = charset
            return payload.decode(charset).removeprefix("\ufeff").lstrip()
        except UnicodeDecodeError:
            continue
    return ""


def _read_header(text, found):
    """Read the separators from where the header has them; the text after it."""
    if not text.startswith("ISA") or len(text) < 4 or text[3].isalnum() or text[3].isspace():
        found.note("not_x12", start=clean(text[:20]))
        return ""
    element = text[3]
    parts = text[:400].split(element, ISA_ELEMENTS)
    if len(parts) <= ISA_ELEMENTS or len(parts[-1]) < 2:
        found.note("edi_truncated", segment="1")
        return ""
    component, terminator = parts[-1][0], parts[-1][1]
    if terminator in " \r\n":
        terminator = "\n"
    if len({element, component, terminator}) < 3 or (component + terminator).isalnum():
        found.note("edi_separators", separators=clean(element + component + terminator))
        return ""
    found.separators = element + component + terminator
    elements = tuple((part,) for part in (*parts[1:ISA_ELEMENTS], component))
    found.header = Segment("ISA", elements)
    at = len(element.join(parts[:ISA_ELEMENTS])) + len(element) + 1
    return text[at:]


def _segments(body, found):
    """The segments after the header, up to where they can't be read any more."""
    element, _component, terminator = found.separators
    for position, text in enumerate(body.split(terminator), start=1):
        # Line breaks within are those of a file wrapped at a fixed width.
        text = text.strip().replace("\r", "").replace("\n", "")
        if not text:
            continue
        tag, *elements = text.split(element)
        if not _TAG.fullmatch(tag.strip()):
            found.note("edi_syntax", segment=str(position), detail=clean(tag, 20))
            return
        yield Segment(tag.strip(), tuple((each,) for each in elements))


def _assemble(segments, found):
    """Sort segments into groups and transactions."""
    group = transaction = None
    for segment in segments:
        tag = segment.tag
        if found.trailer is not None:
            found.note("edi_after_end", segment=tag)
            return
        if tag == "GS" and group is None:
            group = Group(segment)
            found.groups.append(group)
        elif tag == "ST" and group is not None and transaction is None:
            transaction = Transaction(segment)
            group.transactions.append(transaction)
        elif tag == "SE" and transaction is not None:
            transaction.trailer, transaction = segment, None
        elif tag == "GE" and group is not None and transaction is None:
            group.trailer, group = segment, None
        elif tag == "IEA" and group is None:
            found.trailer = segment
        elif transaction is not None and tag not in ENVELOPE:
            transaction.segments.append(segment)
        else:
            found.note("edi_misplaced", segment=tag)
            return
    if transaction is not None:
        found.note("no_trailer", segment="SE", ref=transaction.ref)


def _check_envelope(found):
    transactions = found.transactions
    if not transactions:
        found.note("edi_no_message")
    elif len(transactions) > MAX_TRANSACTIONS:
        args = {"limit": str(MAX_TRANSACTIONS), "count": str(len(transactions))}
        found.note("too_many_items", **args)
    if found.trailer is None:
        found.note("no_trailer", segment="IEA", ref=found.control)
    else:
        found.findings += check_trailer(found.trailer, len(found.groups), found.control, "ISA")
    for group in found.groups:
        found.findings += group.problems()

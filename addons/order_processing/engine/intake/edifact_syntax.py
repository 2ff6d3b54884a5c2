"""EDIFACT's envelope (ISO 9735, syntax versions 1 to 4): from bytes to messages and back.

The tokens are pydifact's; its higher levels trust their input, so that bounds, structure and
control counts are checked here.
"""

import re
from dataclasses import dataclass, field

from pydifact.control import Characters
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser
from pydifact.tokenizer import Tokenizer

from .canonical import WARNING, Finding
from .edi import Enclosed, Noting, Segment, check_trailer
from .reading import clean

#: An interchange of a thousand orders has about 1.5 MB; reading takes time with the size.
MAX_BYTES = 2 * 1024 * 1024
MAX_MESSAGES = 2000
DEFAULT_SEPARATORS = ":+.? '"
#: Character sets by syntax identifier (ISO 9735); level A and B are subsets of ASCII.
CHARSETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "IATA": "ascii",
    "IATB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")


class Message(Enclosed):
    """A message: what is between its header and trailer, and what is wrong with those."""

    closes = "UNT"

    @property
    def type(self):
        """The message's type, such as ORDERS."""
        return self.header.get(1)


@dataclass
class Interchange(Noting):
    """Everything in a document."""

    separators: str
    charset: str
    advised: bool = False
    header: Segment | None = None
    groups: int = 0
    messages: list[Message] = field(default_factory=list)
    trailer: Segment | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def ref(self):
        """The interchange's control reference."""
        return self.header.get(4) if self.header else ""


def read(payload, max_bytes=MAX_BYTES):
    """Read an interchange, or a message without one.

    :return: :class:`Interchange`; never raises, what is wrong is in its findings
    """
    found = Interchange(DEFAULT_SEPARATORS, "ascii")
    if not payload.strip():
        found.note("empty_document")
    elif len(payload) > max_bytes:
        found.note("too_large", limit=str(max_bytes // (1024 * 1024)))
    else:
        text = _decode(payload, found)
        if found.sound:
            _assemble(_segments(text, found), found)
        if found.sound:
            _check_envelope(found)
    return found


def write(segments, separators=DEFAULT_SEPARATORS):
    """Segments as text: release characters where needed, empty ends left out.

    :param segments: :class:`Segment`, or tuples of a tag and elements (texts or tuples of texts)
    """
    component, data, _mark, release, _reserved, terminator = separators
    special = {component, data, terminator, release}

    def escape(text):
        return "".join(release + char if char in special else char for char in text)

    written = []
    for segment in segments:
        tag, *elements = segment
        if isinstance(segment, Segment):
            elements = segment.elements
        texts = []
        for element in elements:
            parts = [element] if isinstance(element, str) else element
            texts.append(component.join(map(escape, parts)).rstrip(component))
        written.append(data.join((tag, *texts)).rstrip(data) + terminator)
    return "".join(written)


def alone(interchange, message):
    """Bytes of an interchange that has only ``message`` of this one."""
    advice = f"UNA{interchange.separators}" if interchange.advised else ""
    segments = [message.header, *message.segments, message.trailer]
    if interchange.header:
        segments.insert(0, interchange.header)
        segments.append(("UNZ", "1", interchange.ref))
    text = advice + write(segments, interchange.separators)
    return text.encode(interchange.charset)


def _decode(payload, found):
    """The text after the service string advice; notes what keeps it from being read."""
    payload = payload.removeprefix(b"\xef\xbb\xbf").lstrip()
    head = payload[:64].decode("latin-1")
    if head.startswith("UNA"):
        found.separators, found.advised = head[3:9], True
        if not _usable(found.separators):
            found.note("edi_separators", separators=clean(found.separators, 10))
            return ""
        payload = payload[9:].lstrip()
        head = payload[:64].decode("latin-1")
    if head[:3] not in ("UNB", "UNH"):
        found.note("not_edifact", start=clean(head, 20))
        return ""
    identifier = head[4:8].upper() if head.startswith("UNB") else "UNOC"
    if identifier not in CHARSETS:
        found.note("edi_charset", charset=clean(identifier, 10))
        return ""
    found.charset = CHARSETS[identifier]
    try:
        return payload.decode(found.charset)
    except UnicodeDecodeError as error:
        if found.charset != "ascii":
            found.note("edi_bytes", charset=identifier, position=str(error.start))
            return ""
    # Many senders say A or B and write names with accents.
    found.note("edi_beyond_charset", WARNING, charset=identifier)
    for charset in ("utf-8", "iso8859-1"):
        try:
            found.charset = charset
            return payload.decode(charset)
        except UnicodeDecodeError:
            continue
    return ""


def _usable(separators):
    """Tell whether a service string advice can be one."""
    if len(separators) != 6:
        return False
    component, data, mark, release, _reserved, terminator = separators
    active = [component, data, terminator] + ([release] if release != " " else [])
    return (
        mark in ".,"
        and len(set(active)) == len(active)
        and not any(char.isalnum() or char == " " for char in active)
    )


def _segments(text, found):
    """The segments of ``text``, up to where it can't be read any more."""
    characters = Characters.from_str(found.separators)
    if characters.escape_character == " ":
        characters.escape_character = ""  # A blank there says that there is none.
    raw = Parser.convert_tokens_to_raw_segments(Parser(), Tokenizer().get_tokens(text, characters))
    count = 0
    try:
        for tag, *elements in raw:
            count += 1
            if not isinstance(tag, str) or not _TAG.fullmatch(tag):
                found.note("edi_syntax", segment=str(count), detail=clean(str(tag), 20))
                return
            yield Segment(tag, tuple((e,) if isinstance(e, str) else tuple(e) for e in elements))
    except (EDISyntaxError, AssertionError, ValueError):
        found.note("edi_truncated", segment=str(count + 1))


def _assemble(segments, found):
    """Sort segments into messages."""
    message = None
    for segment in segments:
        if found.trailer is not None:
            found.note("edi_after_end", segment=segment.tag)
            return
        if segment.tag == "UNB" and found.header is None and message is None:
            found.header = segment
        elif segment.tag in ("UNG", "UNE") and message is None:
            found.groups += segment.tag == "UNG"
        elif segment.tag == "UNH" and message is None:
            message = Message(segment)
            found.messages.append(message)
        elif segment.tag == "UNT" and message is not None:
            message.trailer, message = segment, None
        elif segment.tag == "UNZ" and message is None:
            found.trailer = segment
        elif message is not None and segment.tag not in ("UNB", "UNH", "UNZ", "UNG", "UNE"):
            message.segments.append(segment)
        else:
            found.note("edi_misplaced", segment=segment.tag)
            return
    if message is not None:
        found.note("no_trailer", segment="UNT", ref=message.ref)


def _check_envelope(found):
    if not found.messages:
        found.note("edi_no_message")
    elif len(found.messages) > MAX_MESSAGES:
        found.note("too_many_items", limit=str(MAX_MESSAGES), count=str(len(found.messages)))
    if found.header is None:
        found.note("no_envelope", WARNING)
    elif found.trailer is None:
        # Each message has a trailer of its own, so that those that came are whole.
        found.note("no_trailer", WARNING, segment="UNZ", ref=found.ref)
    else:
        count = found.groups or len(found.messages)
        found.findings += check_trailer(found.trailer, count, found.ref, "UNB")

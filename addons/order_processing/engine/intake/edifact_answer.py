"""Answers in EDIFACT: CONTRL (was it readable?) and ORDRSP (what comes of the order?)."""

from datetime import date

from . import edifact_syntax as syntax
from .answers import ACCEPTED, CHANGED, REJECTED, plain
from .canonical import ERROR
from .edifact import CHANGE_MESSAGE, MESSAGE
from .reading import clean

ACKNOWLEDGED, REFUSED = "7", "4"
#: UNCL0085, the errors a CONTRL names, by what was found.
ERRORS = {
    "edi_charset": "2",
    "edi_separators": "22",
    "edi_bytes": "21",
    "edi_truncated": "13",
    "no_trailer": "13",
    "missing_segment": "13",
    "edi_no_message": "32",
    "edi_misplaced": "15",
    "edi_after_end": "15",
    "too_many_items": "16",
    "control_number": "28",
    "control_count": "29",
}
UNSPECIFIED, NOT_SUPPORTED = "18", "17"
#: UNCL1225 of the order's answer, and UNCL1229 of a line's.
FUNCTIONS = {ACCEPTED: "29", CHANGED: "4", REJECTED: "27"}
LINE_ACTIONS = {ACCEPTED: "5", CHANGED: "3", REJECTED: "7"}


def acknowledge(payload, control, issued_at, rejected=None):
    """Write the CONTRL message for an interchange.

    A message is rejected when its own structure is broken, when it isn't an order, or when the
    caller says so; the interchange as a whole when its messages can't be told apart.

    :param bytes payload: the interchange as it came
    :param str control: our interchange control reference, unique among those to this partner
    :param issued_at: datetime, UTC
    :param dict rejected: error codes (UNCL0085, such as ``"12"``) by message reference number
    :return: bytes of an interchange with one message
    :raise ValueError: the document has no header that says whom to answer
    """
    found = syntax.read(payload)
    if found.header is None:
        raise ValueError("The document has no interchange header to answer to")
    whole = next((f.code for f in found.findings if f.severity == ERROR), None)
    sender, recipient = found.header.element(1), found.header.element(2)
    action = (REFUSED, ERRORS.get(whole, UNSPECIFIED)) if whole else (ACKNOWLEDGED,)
    segments = [("UCI", found.ref, sender, recipient, *action)]
    for message in [] if whole else found.messages:
        code = _message_error(message, rejected or {})
        action = (REFUSED, code) if code else (ACKNOWLEDGED,)
        segments.append(("UCM", message.ref, message.header.element(1), *action))
    return _interchange("CONTRL:D:3:UN", segments, recipient, sender, control, issued_at)


def _message_error(message, rejected):
    if message.ref in rejected:
        return rejected[message.ref] or UNSPECIFIED
    if message.type not in (MESSAGE, CHANGE_MESSAGE):
        return NOT_SUPPORTED
    return next((ERRORS.get(f.code, UNSPECIFIED) for f in message.problems()), None)


def response(facts, lines, status, sender, recipient, control):
    """Write the ORDRSP message (directory D.96A) for an order.

    :param facts: :class:`~.answers.AnswerFacts`
    :param lines: :class:`~.answers.AnswerLine` for each line of the order
    :param str status: ``accepted``, ``changed`` or ``rejected``, see :mod:`~.answers`
    :param sender: our identification and its qualifier, as in the partner's interchange header
    :param recipient: the partner's
    :param str control: our interchange control reference
    :return: bytes of an interchange with one message
    """
    segments = [
        ("BGM", "231", facts.number, FUNCTIONS[status]),
        ("DTM", ("137", f"{facts.issued_at:%Y%m%d%H%M}", "203")),
        *_promise(facts.promised_from or facts.promised_until),
    ]
    note = clean(facts.note, 350)
    if note:
        segments.append(("FTX", "AAI", "", "", _pieces(note, 70)))
    segments.append(("RFF", ("ON", facts.order_number)))
    if facts.order_date:
        segments.append(("DTM", ("171", facts.order_date.replace("-", ""), "102")))
    if facts.sales_number:
        segments.append(("RFF", ("VN", facts.sales_number)))
    segments += [_party("BY", facts.buyer), _party("SU", facts.seller)]
    if facts.currency:
        segments.append(("CUX", ("2", facts.currency, "9")))
    for line in lines:
        segments += _line(line)
    segments += [("UNS", "S"), ("CNT", ("2", str(len(lines))))]
    header = "ORDRSP:D:96A:UN"
    return _interchange(header, segments, sender, recipient, control, facts.issued_at)


def _line(line):
    item = (line.gtin, "EN") if line.gtin else ""
    yield ("LIN", line.ref, LINE_ACTIONS[line.status], item)
    own = [(code, kind) for code, kind in ((line.sku, "SA"), (line.buyer_sku, "IN")) if code]
    if own:
        yield ("PIA", "5" if not line.gtin else "1", *own)
    title = clean(line.title, 70)
    if title:
        yield ("IMD", "F", "", ("", "", "", *_pieces(title, 35)))
    if line.ordered is not None:
        yield ("QTY", ("21", plain(line.ordered), line.uom))
    if line.status != REJECTED:
        yield ("QTY", ("113", plain(line.quantity), line.uom))
        if line.ordered is not None and line.ordered > line.quantity:
            yield ("QTY", ("83", plain(line.ordered - line.quantity), line.uom))
    yield from _promise(line.promised)
    note = clean(line.note, 350)
    if note:
        yield ("FTX", "AAI", "", "", _pieces(note, 70))
    if line.unit_price is not None and line.status != REJECTED:
        yield ("PRI", ("AAA", plain(line.unit_price)))


def _promise(day):
    return [("DTM", ("69", f"{day:%Y%m%d}", "102"))] if isinstance(day, date) else []


def _pieces(text, size):
    text = " ".join(text.split())
    return tuple(text[start : start + size] for start in range(0, len(text), size))


def _party(role, party):
    identifier = (party.gln, "", "9") if party.gln else ""
    if not identifier and party.ids:
        agency, value = party.ids[0]
        identifier = (value, "", agency)
    return ("NAD", role, identifier, "", _pieces(clean(party.name, 175), 35) or "")


def _interchange(message_type, segments, sender, recipient, control, issued_at):
    """Bytes of an interchange with one message; in UTF-8 only where Latin-1 isn't enough."""
    body = syntax.write(
        [
            ("UNH", "1", tuple(message_type.split(":"))),
            *segments,
            ("UNT", str(len(segments) + 2), "1"),
        ]
    )
    latin = all(ord(char) < 256 for char in body)
    identifier, day = ("UNOC", "3"), f"{issued_at:%y%m%d}"
    if not latin:
        identifier, day = ("UNOY", "4"), f"{issued_at:%Y%m%d}"
    header = ("UNB", identifier, sender, recipient, (day, f"{issued_at:%H%M}"), control)
    text = f"UNA{syntax.DEFAULT_SEPARATORS}" + syntax.write([header]) + body
    text += syntax.write([("UNZ", "1", control)])
    return text.encode("iso8859-1" if latin else "utf-8")

"""Answers in X12: 997 (was it readable?) and 855 (what comes of the order?)."""

from . import x12_syntax as syntax
from .answers import ACCEPTED, CHANGED, REJECTED, plain
from .canonical import ERROR
from .reading import clean
from .x12 import CHANGE, ORDER, UNITS

SEPARATORS = "*>~"
VERSION = "004010"
#: Element 718, what is wrong with a transaction, by what was found.
ERRORS = {"no_trailer": "2", "control_number": "3", "control_count": "4"}
UNSUPPORTED, IN_SEGMENTS = "1", "5"
#: Element 587 of an 855, and element 668 of a line.
ACKNOWLEDGEMENTS = {ACCEPTED: "AD", CHANGED: "AC", REJECTED: "RD"}
LINE_STATUSES = {ACCEPTED: "IA", CHANGED: "IC", REJECTED: "IR"}
QUANTITY_CHANGED, PRICE_CHANGED = "IQ", "IP"
_UNITS = {rec20: code for code, rec20 in UNITS.items()}


def acknowledge(payload, control, issued_at, rejected=None):
    """Write the 997 transactions for an interchange: one per functional group.

    A transaction is rejected when its own structure is broken, when it is no order or change, or
    when the caller says so; all of them when the interchange can't be trusted.

    :param bytes payload: the interchange as it came
    :param int control: our interchange control number, unique among those to this partner
    :param issued_at: datetime, UTC
    :param dict rejected: error codes (element 718, such as ``"5"``) by transaction control number
    :return: bytes of an interchange with one group
    :raise ValueError: the document has no header or group that could be answered to
    """
    found = syntax.read(payload)
    if found.header is None or not found.groups:
        raise ValueError("The document has no functional group to answer to")
    broken = next((f.code for f in found.findings if f.severity == ERROR), None)
    transactions = []
    for group in found.groups:
        segments, accepted = [("AK1", group.header.get(0), group.control)], 0
        for each in group.transactions:
            code = _transaction_error(each, rejected or {}, broken)
            segments += [("AK2", each.type, each.ref), ("AK5", *(("R", code) if code else "A"))]
            accepted += not code
        count = len(group.transactions)
        verdict = "A" if accepted == count else "P" if accepted else "R"
        stated = group.trailer.get(0) if group.trailer else str(count)
        segments.append(("AK9", verdict, stated, str(count), str(accepted)))
        transactions.append(("997", segments))
    isa, first = found.header, found.groups[0].header
    return _interchange(
        "FA",
        transactions,
        (isa.get(6), isa.get(7), first.get(2)),
        (isa.get(4), isa.get(5), first.get(1)),
        control,
        issued_at,
        isa.get(14) == "T",
    )


def _transaction_error(transaction, rejected, broken):
    if transaction.ref in rejected:
        return rejected[transaction.ref] or IN_SEGMENTS
    if transaction.type not in (ORDER, CHANGE):
        return UNSUPPORTED
    found = [finding.code for finding in transaction.problems()]
    if broken and not found:
        return IN_SEGMENTS
    return next((ERRORS.get(code, IN_SEGMENTS) for code in found), None)


def response(facts, lines, status, sender, receiver, control, test=False):
    """Write the 855 (release 4010) for an order.

    :param facts: :class:`~.answers.AnswerFacts`
    :param lines: :class:`~.answers.AnswerLine` for each line of the order
    :param str status: ``accepted``, ``changed`` or ``rejected``, see :mod:`~.answers`
    :param sender: our qualifier, identifier and application code, as in the partner's envelope
    :param receiver: the partner's
    :param int control: our interchange control number
    :return: bytes of an interchange with one transaction
    """
    order_date = facts.order_date.replace("-", "") or f"{facts.issued_at:%Y%m%d}"
    number, issued = facts.order_number, f"{facts.issued_at:%Y%m%d}"
    verdict = ACKNOWLEDGEMENTS[status]
    segments = [("BAK", "00", verdict, number, order_date, "", "", "", facts.sales_number, issued)]
    if facts.currency:
        segments.append(("CUR", "SE", facts.currency))
    promised = facts.promised_from or facts.promised_until
    if promised:
        segments.append(("DTM", "067", f"{promised:%Y%m%d}"))
    note = clean(facts.note, 264)
    if note:
        segments += [("N9", "ZZ", "NOTE"), ("MSG", note)]
    segments += [_party("BY", facts.buyer), _party("SE", facts.seller)]
    for line in lines:
        segments += _line(line)
    segments.append(("CTT", str(len(lines))))
    return _interchange("PR", [("855", segments)], sender, receiver, control, facts.issued_at, test)


def _party(role, party):
    name = clean(party.name, 60) or role
    if party.gln:
        return ("N1", role, name, "UL", party.gln)
    return ("N1", role, name, *(party.ids[0] if party.ids else ()))


def _line(line):
    unit = _UNITS.get(line.uom, line.uom)
    ordered = line.quantity if line.ordered is None else line.ordered
    price = "" if line.unit_price is None else plain(line.unit_price)
    codes = [("BP", line.buyer_sku), ("VN", line.sku), ("UK", line.gtin.zfill(14))]
    if not line.gtin:
        codes.pop()
    pairs = [text for kind, code in codes if code for text in (kind, code)]
    yield ("PO1", line.ref, plain(ordered), unit, price, "", *pairs)
    title = clean(line.title, 80)
    if title:
        yield ("PID", "F", "", "", "", title)
    status = LINE_STATUSES[line.status]
    if line.status == CHANGED and line.ordered is not None and line.ordered != line.quantity:
        status = QUANTITY_CHANGED
    elif line.status == CHANGED and line.unit_price is not None:
        status = PRICE_CHANGED
    quantity = ordered if line.status == REJECTED else line.quantity
    day = ("067", f"{line.promised:%Y%m%d}") if line.promised else ()
    yield ("ACK", status, plain(quantity), unit, *day)


def _interchange(group, transactions, sender, receiver, control, issued_at, test):
    number = f"{int(control) % 10**9:09d}"
    short = str(int(number))
    segments = [
        (
            "ISA",
            "00",
            " " * 10,
            "00",
            " " * 10,
            sender[0].ljust(2)[:2],
            sender[1].ljust(15)[:15],
            receiver[0].ljust(2)[:2],
            receiver[1].ljust(15)[:15],
            f"{issued_at:%y%m%d}",
            f"{issued_at:%H%M}",
            "U",
            "00401",
            number,
            "0",
            "T" if test else "P",
        ),
        ("GS", group, sender[2], receiver[2], f"{issued_at:%Y%m%d}", f"{issued_at:%H%M}", short)
        + ("X", VERSION),
    ]
    for position, (code, body) in enumerate(transactions, start=1):
        mine = f"{position:04d}"
        segments += [("ST", code, mine), *body, ("SE", str(len(body) + 2), mine)]
    segments += [("GE", str(len(transactions)), short), ("IEA", "1", number)]
    header, rest = segments[0], segments[1:]
    element, component, terminator = SEPARATORS
    text = syntax.write([header], SEPARATORS)[: -len(terminator)] + element + component + terminator
    return (text + syntax.write(rest, SEPARATORS)).encode("utf-8")

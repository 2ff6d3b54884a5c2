"""Answers in X12: is what is written what was meant?"""

from datetime import date, datetime
from decimal import Decimal

import pytest
from test_intake_x12 import envelope, shared, transaction

from odoo.addons.order_processing.engine.intake import x12_answer, x12_syntax
from odoo.addons.order_processing.engine.intake.answers import AnswerFacts, AnswerLine
from odoo.addons.order_processing.engine.intake.canonical import Party

NOW = datetime(2024, 3, 1, 9, 5)
US, THEM = ("ZZ", "US", "USAPP"), ("01", "123456789", "THEM")
FACTS = AnswerFacts(
    number="R1",
    order_number="PO-4711",
    sales_number="S00042",
    order_date="2024-02-29",
    issued_at=NOW,
    currency="USD",
    seller=Party(name="Us * Co ~", ids=(("92", "V1"),)),
    buyer=Party(name="Acme Inc", gln="0012345000009"),
    note="Two\nlines",
    promised_from=date(2024, 3, 4),
)
ANSWERS = (
    AnswerLine(
        "1", "accepted", Decimal("10.00"), Decimal(10), "EA", sku="SKU-1", gtin="012345678905"
    ),
    AnswerLine("2", "changed", Decimal(2), Decimal(3), "CS", Decimal("4.50"), "Seed", "SKU-2"),
    AnswerLine("3", "changed", Decimal(3), Decimal(3), "EA", Decimal("4.50")),
    AnswerLine("4", "changed", Decimal(3), Decimal(3), "EA", promised=date(2024, 3, 9)),
    AnswerLine("5", "rejected", ordered=Decimal(1), uom="EA", buyer_sku="B-5"),
)


def written(payload):
    """What we wrote, read by our own reader; its envelope must be right to the byte."""
    assert payload[105:106] == b"~" and payload[:3] == b"ISA"
    found = x12_syntax.read(payload)
    assert found.findings == []
    for _group, each in found.transactions:
        assert each.problems() == []
    return found, [each for _group, each in found.transactions]


def find(transaction, tag):
    return [[part for (part,) in s.elements] for s in transaction.segments if s.tag == tag]


def test_order_acknowledgement():
    found, (only,) = written(x12_answer.response(FACTS, ANSWERS, "changed", US, THEM, 42))
    assert (only.type, found.control) == ("855", "000000042")
    assert [found.header.get(n) for n in (4, 5, 6, 7)] == ["ZZ", "US", "01", "123456789"]
    assert found.groups[0].header.get(0) == "PR"
    assert find(only, "BAK") == [
        ["00", "AC", "PO-4711", "20240229", "", "", "", "S00042", "20240301"]
    ]
    assert find(only, "N1") == [
        ["BY", "Acme Inc", "UL", "0012345000009"],
        ["SE", "Us   Co", "92", "V1"],
    ]
    assert find(only, "MSG") == [["Two lines"]]
    assert find(only, "PO1")[0] == ["1", "10", "EA", "", "", "VN", "SKU-1", "UK", "00012345678905"]
    assert find(only, "PO1")[1][:4] == ["2", "3", "CA", "4.5"]
    assert find(only, "ACK") == [
        ["IA", "10", "EA"],
        ["IQ", "2", "CA"],
        ["IP", "3", "EA"],
        ["IC", "3", "EA", "067", "20240309"],
        ["IR", "1", "EA"],
    ]
    assert find(only, "CTT") == [["5"]]


def test_order_acknowledgement_has_the_segments_of_the_sample():
    sample = x12_syntax.read(shared("855-Example1_Adobe.txt"))
    ((_group, theirs),) = sample.transactions
    _found, (ours,) = written(x12_answer.response(FACTS, ANSWERS[:1], "accepted", US, THEM, 1))
    assert len(find(theirs, "BAK")[0]) <= len(find(ours, "BAK")[0])
    assert find(ours, "BAK")[0][:2] == find(theirs, "BAK")[0][:2]
    assert find(ours, "CUR")[0][0] == find(theirs, "CUR")[0][0]
    tags = [segment.tag for segment in ours.segments]
    common = [tag for tag in dict.fromkeys(s.tag for s in theirs.segments) if tag in tags]
    assert common == [tag for tag in dict.fromkeys(tags) if tag in common]


def acknowledge(payload, **options):
    return written(x12_answer.acknowledge(payload, 55, NOW, **options))


def test_acknowledgement_of_all():
    found, (only,) = acknowledge(envelope(("PO", [transaction()])))
    assert (only.type, found.groups[0].header.get(0)) == ("997", "FA")
    assert [found.header.get(n) for n in (4, 5, 6, 7)] == ["ZZ", "US", "01", "123456789"]
    assert [found.groups[0].header.get(n) for n in (1, 2)] == ["USAPP", "THEM"]
    assert find(only, "AK1") == [["PO", "1"]]
    assert (find(only, "AK2"), find(only, "AK5")) == ([["850", "0001"]], [["A"]])
    assert find(only, "AK9") == [["A", "1", "1", "1"]]


def test_acknowledgement_of_some():
    broken = transaction(number="0002").replace("SE*32", "SE*33")
    other = transaction(kind="810", number="0003")
    payload = envelope(("PO", [transaction(), broken, other]), ("PC", [transaction(number="0004")]))
    _found, (first, second) = acknowledge(payload, rejected={"0004": "5"})
    assert find(first, "AK5") == [["A"], ["R", "4"], ["R", "1"]]
    assert find(first, "AK9") == [["P", "3", "3", "1"]]
    assert find(second, "AK5") == [["R", "5"]]
    assert find(second, "AK9") == [["R", "1", "1", "0"]]


def test_rejection_of_a_whole_interchange():
    payload = envelope(("PO", [transaction()]), usage="T").replace(b"IEA*1", b"IEA*2")
    found, (only,) = acknowledge(payload)
    assert (find(only, "AK5"), found.header.get(14)) == ([["R", "5"]], "T")


def test_nobody_to_acknowledge_to():
    for payload in (b"", envelope(), b"<xml/>"):
        with pytest.raises(ValueError):
            x12_answer.acknowledge(payload, 1, NOW)

"""Answers in EDIFACT: is what is written what was meant?"""

from datetime import date, datetime
from decimal import Decimal

import pytest
from test_intake_edifact import D96A, document, interchange, message

from odoo.addons.order_processing.engine.intake import edifact_answer, edifact_syntax
from odoo.addons.order_processing.engine.intake.answers import AnswerFacts, AnswerLine, overall
from odoo.addons.order_processing.engine.intake.canonical import Party

FACTS = AnswerFacts(
    number="R1",
    order_number="PO'4711",
    sales_number="S00042",
    order_date="2024-02-29",
    issued_at=datetime(2024, 3, 1, 9, 5),
    currency="EUR",
    seller=Party(name="Söhne + Co", gln="4098765000005"),
    buyer=Party(name="Käufer", ids=(("92", "C100"),)),
    note="More? Ask: us" + " again" * 20,
    promised_from=date(2024, 3, 4),
)
ANSWERS = (
    AnswerLine("1", "accepted", Decimal("10.00"), Decimal(10), sku="SKU-1", gtin="4000862141404"),
    AnswerLine(
        "2",
        "changed",
        Decimal("2.5"),
        Decimal(4),
        "KGM",
        Decimal("1.20"),
        "Seed",
        "SKU-2",
        note="!",
    ),
    AnswerLine("3", "rejected", ordered=Decimal(1), buyer_sku="B-3"),
)
US, THEM = ("4098765000005", "14"), ("4012345000009", "14")


def written(payload):
    """The one message of what we wrote, read by our own reader; its envelope must be right."""
    found = edifact_syntax.read(payload)
    assert found.findings == []
    (only,) = found.messages
    assert only.problems() == []
    return found, only


def find(only, tag):
    return [s.elements for s in only.segments if s.tag == tag]


def test_order_response():
    assert overall(ANSWERS) == "changed"
    found, only = written(edifact_answer.response(FACTS, ANSWERS, "changed", US, THEM, "77"))
    assert (only.type, found.ref, found.charset) == ("ORDRSP", "77", "iso8859-1")
    assert found.header.element(1) == ["4098765000005", "14"]
    assert find(only, "BGM") == [(("231",), ("R1",), ("4",))]
    assert (("ON", "PO'4711"),) in find(only, "RFF")
    assert [e[1] for e in find(only, "LIN")] == [("5",), ("3",), ("7",)]
    assert find(only, "QTY") == [
        (("21", "10", "C62"),),
        (("113", "10", "C62"),),
        (("21", "4", "KGM"),),
        (("113", "2.5", "KGM"),),
        (("83", "1.5", "KGM"),),
        (("21", "1", "C62"),),
    ]
    assert find(only, "PRI") == [(("AAA", "1.2"),)]
    assert find(only, "NAD")[1][3] == ("Söhne + Co",)
    text = find(only, "FTX")[0][3]
    assert text[0].startswith("More? Ask: us") and len(text[0]) == 70
    assert find(only, "CNT") == [(("2", "3"),)]


def test_order_response_beyond_latin():
    facts = AnswerFacts("R1", "1", FACTS.issued_at, Party(name="東京"), Party(name="Łódź"))
    found, only = written(edifact_answer.response(facts, (), "accepted", US, THEM, "1"))
    assert found.charset == "utf-8"
    assert find(only, "NAD")[0][3] == ("Łódź",)


def acknowledge(payload, **options):
    return written(edifact_answer.acknowledge(payload, "55", FACTS.issued_at, **options))


def test_acknowledgement_of_all():
    found, only = acknowledge(document())
    assert (only.type, found.header.element(1)) == ("CONTRL", ["4098765000005", "14"])
    sender, recipient = ("4012345000009", "14"), ("4098765000005", "14")
    assert find(only, "UCI") == [(("IC1",), sender, recipient, ("7",))]
    assert find(only, "UCM") == [(("1",), ("ORDERS", "D", "01B", "UN", "EAN010"), ("7",))]


def test_acknowledgement_of_some():
    broken = message(D96A, "2").replace("UNT+10", "UNT+11")
    other = message(D96A, "3", "INVOIC:D:96A:UN")
    payload = interchange(message(D96A, "1"), broken, other, message(D96A, "4")).encode()
    _found, only = acknowledge(payload, rejected={"4": "12"})
    assert find(only, "UCI")[0][3:] == (("7",),)
    assert [element[2:] for element in find(only, "UCM")] == [
        (("7",),),
        (("4",), ("29",)),
        (("4",), ("17",)),
        (("4",), ("12",)),
    ]


def test_rejection_of_a_whole_interchange():
    _found, only = acknowledge(interchange(message(D96A)).replace("UNZ+1", "UNZ+2").encode())
    assert find(only, "UCI")[0][3:] == (("4",), ("29",))
    assert find(only, "UCM") == []


def test_nobody_to_acknowledge_to():
    with pytest.raises(ValueError):
        edifact_answer.acknowledge(message(D96A).encode(), "1", FACTS.issued_at)

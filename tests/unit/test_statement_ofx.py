"""Bank files in OFX: the public samples, and what real banks do to the format."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.statement import StatementError, ofx, reading

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "bank-samples"
DEMO = Path(ofx.__file__).resolve().parents[2] / "demo" / "files" / "bank_2026.ofx"
HEADER = b"OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"


def sample(name):
    path = SAMPLES / name
    assert path.exists(), f"sample bank files are missing: {path}"
    return path.read_bytes()


def entry(amount="100.00", day="20260301", fitid="F1", name="ACME", more=""):
    return (
        f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{fitid}<NAME>{name}{more}"
        "</STMTTRN>"
    )


def document(*entries, account="9100", currency="USD", balance="", header=HEADER):
    return header + (
        "<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS>"
        f"<CURDEF>{currency}<BANKACCTFROM><BANKID>1<ACCTID>{account}<ACCTTYPE>CHECKING"
        f"</BANKACCTFROM><BANKTRANLIST>{''.join(entries)}</BANKTRANLIST>{balance}"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode("cp1252")


def lines(*entries, **values):
    return ofx.read(document(*entries, **values))[0].lines


def refusal(data):
    with pytest.raises(StatementError) as caught:
        ofx.read(data)
    return caught.value


def test_sample_checking():
    (statement,) = ofx.read(sample("ofx/checking.ofx"))
    assert (statement.account, statement.currency) == ("1452687~7", "USD")
    assert [line.amount for line in statement.lines] == [
        Decimal("0.01"),
        Decimal("-34.51"),
        Decimal("-25.00"),
    ]
    assert [line.date for line in statement.lines] == [
        date(2011, 3, 31),
        date(2011, 4, 5),
        date(2011, 4, 7),
    ]
    assert statement.lines[2].reference == "319"
    assert statement.balance == Decimal("100.99")


def test_sample_medium():
    (statement,) = ofx.read(sample("ofx/bank_medium.ofx"))
    assert (statement.account, statement.currency) == ("12300 000012345678", "CAD")
    assert [line.name for line in statement.lines] == [
        "MCDONALD'S #112",
        "Joe's Bald Hairstyles",
        "CONNIE'S HAIR D",
    ]


def test_sample_without_balance_and_with_two_accounts():
    (statement,) = ofx.read(sample("ofx/empty_balance.ofx"))
    assert statement.balance is None and statement.lines[0].amount == 120
    assert [one.account for one in ofx.read(sample("ofx/multiple_accounts.ofx"))] == [
        "9100",
        "9200",
    ]


def test_broken_samples_are_refused_with_the_reason():
    error = refusal(sample("ofx/date_missing.ofx"))
    assert error.code == "line" and error.details["count"] == 3
    assert "DTPOSTED" in error.details["detail"] and "TestFail1" in error.details["line"]
    error = refusal(sample("ofx/decimal_error.ofx"))
    assert error.code == "line" and "$120" in error.details["detail"]


def test_demo_file():
    (statement,) = ofx.read(DEMO.read_bytes())
    assert statement.account == "1452687~7"
    assert statement.lines[0].amount == Decimal("598.94")
    assert "#1001" in statement.lines[0].memo
    assert statement.balance == Decimal("6170.78")


@pytest.mark.parametrize("folder", ["bai2", "camt053", "csv", "mt940", "qif"])
def test_other_formats_are_left_to_others(folder):
    files = sorted((SAMPLES / folder).iterdir())
    assert files, f"sample bank files are missing: {SAMPLES / folder}"
    assert not any(ofx.is_ofx(path.read_bytes()) for path in files)


def test_days_stay_the_banks_own():
    (line,) = lines(entry(day="20260228233000.000[-5:EST]"))
    assert line.date == date(2026, 2, 28)


@pytest.mark.parametrize("day", ["", "20260231", "2026-03-01", "0", "00000000", "1772323200123"])
def test_days_that_are_none(day):
    assert refusal(document(entry(day=day))).code == "line"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("100", "100"),
        ("+100.5", "100.5"),
        ("-100,50", "-100.50"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234,567.89", "1234567.89"),
        ("1 234,56", "1234.56"),
        (".50", "0.50"),
    ],
)
def test_amounts(text, amount):
    assert lines(entry(text))[0].amount == Decimal(amount)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e5", "$120", "1,234", "1..2"])
def test_amounts_that_are_none_or_doubtful(text):
    assert refusal(document(entry(text))).code == "line"


def test_thousandths_where_the_currency_has_them():
    assert lines(entry("1,234"), currency="TND")[0].amount == Decimal("1.234")


def test_reused_ids_keep_every_payment_and_repeat_the_same_keys():
    first = lines(entry(), entry(), entry("50.00"), entry(day="20260302"))
    assert len({line.key for line in first}) == 4
    assert [line.key for line in lines(entry(), entry())] == [line.key for line in first[:2]]
    zeros = lines(entry(fitid="000", name="A"), entry(fitid="000", name="B"), entry(fitid=""))
    assert len({line.key for line in zeros}) == 3


def test_text_with_signs_and_other_character_sets():
    (line,) = lines(entry(name="M&M <b Ltd &amp; S\xf6hne"))
    assert line.name == "M&M <b Ltd & Söhne"
    utf8 = document(entry(name="X")).replace(b"<NAME>X", "<NAME>Søren Ωmega".encode())
    assert ofx.read(utf8)[0].lines[0].name == "Søren Ωmega"
    wide = document(entry(name="Zoë")).decode("cp1252").encode("utf-16")
    assert ofx.is_ofx(wide) and ofx.read(wide)[0].lines[0].name == "Zoë"
    assert (
        refusal(document(entry(name="\xe9"), header=HEADER.replace(b"1252", b"NOPE"))).code
        == "encoding"
    )


def test_odd_headers_do_not_matter():
    for header in (b"", b"OFXHEADER:100 DATA:OFXSGML VERSION:102\n", b"\xef\xbb\xbf" + HEADER):
        assert lines(entry(), header=header)[0].amount == 100


def test_counterparty_account_and_reference():
    more = "<REFNUM>R7<BANKACCTTO><BANKID>2<ACCTID>DE89 3704<ACCTTYPE>CHECKING</BANKACCTTO>"
    (line,) = lines(entry(more=more))
    assert (line.account, line.reference) == ("DE89 3704", "R7")


def test_line_in_another_currency_is_refused():
    more = "<CURRENCY><CURRATE>1.1<CURSYM>EUR</CURRENCY>"
    assert refusal(document(entry(more=more))).code == "line_currency"


def test_balance_counts_only_when_it_holds_after_the_last_line():
    stated = "<LEDGERBAL><BALAMT>5.00<DTASOF>{}</LEDGERBAL>"
    early = ofx.read(document(entry(), balance=stated.format("20260201")))[0]
    right = ofx.read(document(entry(), balance=stated.format("20260301")))[0]
    assert (early.balance, right.balance) == (None, Decimal("5.00"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (document(entry()).replace(b"<OFX>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><OFX>"), None),
        (document(entry()).replace(b"<NAME>", b"<!DOCTYPE x><NAME>"), "document_type"),
        (
            b"<?xml version='1.0'?><!DOCTYPE OFX [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
            + document(entry(name="&x;"), header=b""),
            "document_type",
        ),
        (document(entry()).replace(b"<OFX>", b"<OFX>" + b"<A>" * 90 + b"</A>" * 90), "too_deep"),
        (b"OFXHEADER:100\n\nnothing", "unreadable"),
        (HEADER + b"<OFX></OFX>", "no_account"),
        (document(entry(), account=""), "no_number"),
        (document(entry(), currency=""), "no_currency"),
        (document(entry()).replace(b"<FITID>F1", b""), "line"),
    ],
)
def test_refusals(data, code):
    assert refusal(data).code == (code or "document_type")


def test_unknown_entities_are_text():
    assert lines(entry(name="&xxe; &lol9;"))[0].name == "&xxe; &lol9;"


def test_limits(monkeypatch):
    monkeypatch.setattr(reading, "MAX_LINES", 1)
    assert refusal(document(entry(), entry(fitid="F2"))).code == "too_many_lines"
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    assert refusal(document(entry())).code == "too_large"


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_read_or_are_refused(data):
    for body in (data, HEADER + b"<OFX>" + data, document(entry(name="X")).replace(b"X", data)):
        try:
            ofx.read(body)
        except StatementError as error:
            assert error.code

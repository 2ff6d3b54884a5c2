"""Bank files other than OFX: the public samples, their balances, and what banks do to formats."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.statement import (
    StatementError,
    bai2,
    camt,
    mt940,
    ofx,
    qif,
    reading,
    table,
)

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "bank-samples"
DETECTORS = {
    "ofx": ofx.is_ofx,
    "camt053": camt.is_camt,
    "mt940": mt940.is_mt940,
    "bai2": bai2.is_bai2,
    "qif": qif.is_qif,
}


def sample(name):
    path = SAMPLES / name
    assert path.exists(), f"sample bank files are missing: {path}"
    return path.read_bytes()


def refusal(read, *args):
    with pytest.raises(StatementError) as caught:
        read(*args)
    return caught.value


@pytest.mark.parametrize("folder", DETECTORS)
def test_every_sample_is_recognised_as_its_own_format_only(folder):
    files = sorted((SAMPLES / folder).iterdir())
    assert files, f"sample bank files are missing: {SAMPLES / folder}"
    for path in files:
        found = [name for name, detects in DETECTORS.items() if detects(path.read_bytes())]
        assert found == [folder], path.name


def test_tables_are_no_other_format():
    for path in sorted((SAMPLES / "csv").iterdir()):
        assert not any(detects(path.read_bytes()) for detects in DETECTORS.values())
        assert table.is_table(path.read_bytes())


# === CAMT === #


def test_camt_samples():
    (statement,) = camt.read(sample("camt053/camt053.v4.xml"))
    assert (statement.account, statement.currency) == ("NL26VAYB8060476890", "EUR")
    (line,) = statement.lines
    assert (line.date, line.amount) == (date(2014, 12, 31), Decimal("8.85"))
    assert (line.name, line.account) == ("NAME NAME", "NL56AGDH9619008421")
    assert (line.id, line.reference) == ("AAAASESS-FP-CN_98765/01", "4654654654654654")
    # its closing balance is stated in another currency: it can't be checked
    assert (statement.opening, statement.balance) == (Decimal("18.15"), None)
    first, second = camt.read(sample("camt053/camt053.v2.multi.statement.xml"))
    assert first.difference == second.difference == 0
    assert first.balance == second.opening == 27
    assert refusal(camt.read, sample("camt053/camt053.v2.wrong.xml")).code == "no_account"
    for name in ("camt053.v2.minimal.xml", "camt053.v2.with-party-ids.xml"):
        assert camt.read(sample(f"camt053/{name}"))[0].lines[0].amount == Decimal("8.85")


def camt_file(entries, version="08", currency="EUR"):
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        "<Stmt><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>"
        f"<Ccy>{currency}</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def camt_entry(amount="10.00", indicator="CRDT", status="<Cd>BOOK</Cd>", more="", details=""):
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{indicator}</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><DtTm>2026-03-01T23:30:00-05:00</DtTm></BookgDt>{more}"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def camt_detail(amount, name="", text=""):
    return (
        f'<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>'
        f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )


def test_camt_batch_becomes_its_payments_if_they_add_up():
    parts = camt_detail("4.00", "A", "one") + camt_detail("6.00", "B", "two")
    more = "<AcctSvcrRef>S1</AcctSvcrRef>"
    (statement,) = camt.read(camt_file(camt_entry(more=more, details=parts)))
    assert [(line.amount, line.name, line.memo) for line in statement.lines] == [
        (Decimal("4.00"), "A", "one"),
        (Decimal("6.00"), "B", "two"),
    ]
    assert [line.id for line in statement.lines] == ["S1/1", "S1/2"]
    assert {line.entry for line in statement.lines} == {"S1"}
    assert {line.reference for line in statement.lines} == {"S1/1", "S1/2"}
    short = camt_detail("4.00", "A", "one") + camt_detail("5.00", "B", "two")
    (statement,) = camt.read(camt_file(camt_entry(more=more, details=short)))
    assert [(line.amount, line.memo) for line in statement.lines] == [(10, "one two")]


def test_camt_day_is_the_banks_own_and_pending_is_left_out():
    (statement,) = camt.read(
        camt_file(camt_entry() + camt_entry(status="PDNG") + camt_entry("3.00", "DBIT", "BOOK"))
    )
    assert [(line.date, line.amount) for line in statement.lines] == [
        (date(2026, 3, 1), Decimal("10.00")),
        (date(2026, 3, 1), Decimal("-3.00")),
    ]
    assert statement.pending == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (camt_file(camt_entry("-5.00")), "line"),
        (camt_file(camt_entry("1e5")), "line"),
        (camt_file(camt_entry("NaN")), "line"),
        (camt_file(camt_entry(indicator="X")), "line"),
        (camt_file(camt_entry()).replace(b"2026-03-01T", b"2026-33-01T"), "line"),
        (camt_file(camt_entry(), currency="USD"), "line_currency"),
        (camt_file("").replace(b"DE89370400440532013000", b""), "no_number"),
        (camt_file("", currency=""), "no_currency"),
        (camt_file(camt_entry())[:-20], "unreadable"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + camt_file(camt_entry()), "document_type"),
    ],
)
def test_camt_refusals(data, code):
    assert refusal(camt.read, data).code == code


# === MT940 === #


def test_mt940_samples_keep_their_balances():
    """Every message of the German sample adds up, reversals (RC, RD) among them."""
    statements = mt940.read(sample("mt940/betterplace-sepa_mt9401.sta"))
    assert sum(len(statement.lines) for statement in statements) == 97
    assert {statement.difference for statement in statements} == {0}
    assert statements[0].lines[5].amount == Decimal("-204.88")
    for statement in mt940.read(sample("mt940/cmxl-mt940.sta")):
        assert statement.difference == 0
    first, second = mt940.read(sample("mt940/jejik-generic.sta"))
    assert (first.balance, second.opening) == (90, 90)
    # these two were shortened by hand: what is missing is told
    assert mt940.read(sample("mt940/jejik-abnamro.sta"))[0].difference == -2038
    assert mt940.read(sample("mt940/jejik-ing.sta"))[0].difference == Decimal("49.06")


def test_mt940_fields_of_german_banks():
    line = mt940.read(sample("mt940/betterplace-sepa_mt9401.sta"))[2].lines[0]
    assert line.account == "DE42100100100043921105"
    assert line.name.startswith("Richter Renate")
    assert (line.reference, line.type) == ("EndToEndIdTFNR5200100001", "NTRF")
    rent, salary = mt940.read(sample("mt940/cmxl-mt940.sta"))[1].lines
    assert (rent.amount, rent.name, rent.memo) == (-800, "MUELLER", "Miete November")
    assert salary.amount == 3000


def mt940_message(entry=":61:2603010301C10,00NTRFREF1//BANK1", note="Hello", currency="EUR"):
    return (
        f":20:X\n:25:BANK/123456\n:28C:1/1\n:60F:C260228{currency}0,00\n{entry}\n:86:{note}\n"
        f":62F:C260301{currency}10,00\n-\n"
    ).encode()


def test_mt940_message():
    (statement,) = mt940.read(mt940_message())
    (line,) = statement.lines
    assert (statement.account, statement.currency, line.date) == ("123456", "EUR", date(2026, 3, 1))
    assert (line.amount, line.reference, line.id, line.memo) == (10, "REF1", "BANK1", "Hello")
    windows = mt940_message().replace(b"\n", b"\r\n")
    assert mt940.is_mt940(windows) and mt940.read(windows)[0].lines[0].memo == "Hello"


def test_mt942_of_the_day_and_the_mt940_that_follows():
    """An interim report has no balances; the same movement gets the same key in both."""
    interim = (
        b":20:X\n:25:BANK/123456\n:28C:1/1\n:34F:EUR0,\n:13D:2603011200+0100\n"
        b":61:2603010301C10,00NTRFREF1//BANK1\n:86:Hello\n:90D:0EUR0,\n:90C:1EUR10,00\n-\n"
    )
    assert mt940.is_mt940(interim)
    (statement,) = mt940.read(interim)
    assert (statement.account, statement.currency) == ("123456", "EUR")
    assert (statement.opening, statement.balance) == (None, None)
    (line,) = statement.lines
    assert (line.amount, line.memo) == (10, "Hello")
    assert line.key == mt940.read(mt940_message())[0].lines[0].key


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (mt940_message(":61:26XX01C10,00NTRFREF"), None),
        (mt940_message(":61:260301"), None),
        (mt940_message().replace(b":25:BANK/123456\n", b""), "no_number"),
        (b"no message", "no_account"),
    ],
)
def test_mt940_refusals(data, code):
    error = refusal(mt940.read, data)
    assert error.code == code if code else error.code in ("line", "unreadable")


@pytest.mark.parametrize(
    ("entry", "note", "reason"),
    [
        (":61:2603010301D10,00NRTIREF1//BANK1", "Returned", "RTI"),
        (":61:2603010301RC10,00NTRFREF1//BANK1", "Mistaken", "RC"),
        (":61:2603010301D10,00NDDTREF1", "109?00RUECKLAST?20EREF+E2E7?21SVWZ+RETURN AC04", "AC04"),
        (":61:2603010301D10,00NDDTREF1", "108?00RUECKLAST?20SVWZ+RETURN MD\n06 no", "MD06"),
        (":61:2603010301C10,00NTRFREF1", "159?00RETOURE?20SVWZ+INV/2026/00001", "159"),
        (":61:2603010301C10,00NTRFREF1", "166?00GUTSCHRIFT?20SVWZ+AC04", ""),
        (":61:2603010301D10,00NTRFREF1", "109 boxes of nails", ""),
        (":61:2603010301RD10,00NTRFREF1", "Given back", ""),
    ],
)
def test_mt940_tells_what_the_bank_takes_back(entry, note, reason):
    (statement,) = mt940.read(mt940_message(entry, note))
    assert statement.lines[0].return_reason == reason


def test_mt940_end_to_end_id():
    note = "166?00GUTSCHRIFT?20EREF+E2E1-7-3?21SVWZ+thanks"
    entry = ":61:2603010301C10,00NTRFREF1"
    assert mt940.read(mt940_message(entry, note))[0].lines[0].end_to_end == "E2E1-7-3"
    none = note.replace("E2E1-7-3", "NOTPROVIDED")
    assert mt940.read(mt940_message(entry, none))[0].lines[0].end_to_end == ""


# === BAI2 === #


def test_bai2_samples():
    first, second = bai2.read(sample("bai2/svb_us_example.bai2"))
    assert (first.opening, first.balance) == (Decimal("347269.79"), Decimal("352171.75"))
    assert first.difference == second.difference == 0
    assert second.lines[0].amount == Decimal("9058.00")
    (statement,) = bai2.read(sample("bai2/citi_example.bai2"))
    assert (statement.account, statement.currency) == ("77777777", "GBP")
    assert statement.lines[0].reference == "RP12312312312312"


def test_bai2_control_totals_are_checked():
    broken = sample("bai2/svb_us_example.bai2").replace(b"16,142,490196", b"16,142,490197")
    assert refusal(bai2.read, broken).code == "unreadable"
    cut = sample("bai2/svb_us_example.bai2").splitlines()[:-1]
    assert refusal(bai2.read, b"\n".join(cut)).code == "unreadable"


def test_bai2_tells_what_comes_back():
    data = sample("bai2/svb_us_example.bai2")
    kept = [line.return_reason for each in bai2.read(data) for line in each.lines]
    assert not any(kept)
    returned = data.replace(b"16,142,", b"16,257,")
    reasons = [line.return_reason for each in bai2.read(returned) for line in each.lines]
    assert "BAI 257" in reasons


def test_bai2_currency_without_decimals():
    yen = sample("bai2/svb_us_example.bai2").replace(b"USD", b"JPY")
    assert bai2.read(yen)[0].lines[0].amount == 490196


# === QIF === #


def test_qif_samples():
    (statement,) = qif.read(sample("qif/quiffen-test.qif"))
    assert [line.amount for line in statement.lines] == [
        Decimal(amount) for amount in ("0.00", "67.50", "32.00", "-10.00", "-25.00", "-100.00")
    ]
    assert statement.lines[4].reference == "123"
    (statement,) = qif.read(sample("qif/csv2ofx-stripe-default.qif"))
    assert (statement.account, statement.currency) == ("", "")
    assert sum(line.amount for line in statement.lines) == Decimal("112.50")
    assert qif.read(sample("qif/quiffen-test_split.qif"))[0].lines[0].amount == -10


def qif_day(*days, day_first=False):
    text = "!Type:Bank\n" + "".join(f"D{day}\nT1\n^\n" for day in days)
    return [line.date for line in qif.read(text.encode(), day_first)[0].lines]


def test_qif_days_are_settled_by_the_file_or_else_by_the_reader():
    assert qif_day("3/4/2026") == [date(2026, 3, 4)]
    assert qif_day("3/4/2026", day_first=True) == [date(2026, 4, 3)]
    assert qif_day("3/4/2026", "13/4/2026") == [date(2026, 4, 3), date(2026, 4, 13)]
    assert qif_day("3/4/2026", "4/13/2026", day_first=True)[0] == date(2026, 3, 4)
    assert qif_day("3/ 4'26") == qif_day("2026-03-04") == [date(2026, 3, 4)]
    assert qif_day("1/2/99") == [date(1999, 1, 2)]


@pytest.mark.parametrize(
    "record", ["DX\nT1", "D1/2/26\nT1e5", "D1/2/26\nTx", "D1/2/26", "D31/2/26\nT1", "D1/2/26\nT-"]
)
def test_qif_refusals(record):
    assert refusal(qif.read, f"!Type:Bank\n{record}\n^\n".encode()).code == "line"


# === TABLES === #


def table_lines(text, day_first=False):
    data = text.encode()
    statements = table.read(data, table.guess(table.headers(data)), day_first)
    return [line for statement in statements for line in statement.lines]


def test_table_samples():
    data = sample("csv/schwab-checking.csv")
    (statement,) = table.read(data, table.guess(table.headers(data)))
    assert [line.amount for line in statement.lines] == [
        Decimal(amount) for amount in ("20.00", "-103.00", "-75.00", "-57.27")
    ]
    # newest first: the balances are read in the order that adds up
    assert (statement.opening, statement.balance) == (Decimal("1093.74"), Decimal("878.47"))
    seen = table.preview(sample("csv/n26-fr.csv"))
    assert seen.currencies == ("EUR",) and not seen.ambiguous_days
    assert [line.amount for line in seen.lines] == [328, -328]
    charges = table.preview(sample("csv/stripe-default.csv"))
    assert sum(line.amount for line in charges.lines) == Decimal("112.50") - Decimal("4.78")
    assert table.preview(sample("csv/xero.csv")).problem.code == "columns"


def test_table_of_a_german_bank_with_lines_above_its_header():
    (line,) = table_lines(
        "Kontonummer;DE89370400440532013000\n\nBuchungstag;Wertstellung;Verwendungszweck;Betrag\n"
        '03.04.2026;03.04.2026;"Rechnung INV/1; danke";"1.234,56"\n'
    )
    assert (line.date, line.amount) == (date(2026, 4, 3), Decimal("1234.56"))
    assert line.memo == "Rechnung INV/1; danke"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10", "10"),
        ("-10.5", "-10.5"),
        ("10.50-", "-10.50"),
        ("(10.50)", "-10.50"),
        ("$1,234.50", "1234.50"),
        ("-$5.00", "-5.00"),
        ("EUR 7.25", "7.25"),
        ("7.25 €", "7.25"),
        ("1'234.50", "1234.50"),
        ("\u22125.00", "-5.00"),
        ("1 234.50", "1234.50"),
    ],
)
def test_table_amounts(text, amount):
    (line,) = table_lines(f'Date,Amount\n2026-03-01,"{text}"\n')
    assert line.amount == Decimal(amount)


@pytest.mark.parametrize("text", ["", "1O.50", "ten", "1.2.3", "NaN", "1e5", "=1+1", "12 abc 3"])
def test_table_amounts_that_are_none(text):
    assert refusal(table_lines, f'Date,Amount\n2026-03-01,"{text}"\n').code == "row"


def test_table_days():
    assert table_lines("Date,Amount\n3/4/2026,1\n")[0].date == date(2026, 3, 4)
    assert table_lines("Date,Amount\n3/4/2026,1\n", day_first=True)[0].date == date(2026, 4, 3)
    settled = table_lines("Date,Amount\n3/4/2026,1\n25/4/2026,1\n")
    assert settled[0].date == date(2026, 4, 3)
    assert table_lines("Date,Amount\n23-Jan-15,1\n")[0].date == date(2015, 1, 23)
    assert table_lines("Date,Amount\n20260301,1\n")[0].date == date(2026, 3, 1)


def test_table_directions_fees_and_states():
    lines = table_lines(
        "Date,Amount,Debit/Credit,Status,Fee,Id\n"
        "2026-03-01,10,Debit,Completed,,A\n2026-03-01,20,Credit,Completed,-0.50,B\n"
        "2026-03-01,30,Credit,Pending,,C\n"
    )
    assert [line.amount for line in lines] == [-10, 20, Decimal("-0.50")]
    assert len({line.key for line in lines}) == 3
    assert refusal(table_lines, "Date,Amount,Status\n2026-03-01,1,Failed\n").code == "no_lines"


def test_equal_payments_survive_and_repeat_their_keys():
    text = "Date,Amount,Memo\n2026-03-01,30,Rent\n2026-03-01,30,Rent\n"
    first, again = table_lines(text), table_lines(text)
    assert len({line.key for line in first}) == 2
    assert [line.key for line in first] == [line.key for line in again]


# === ANY BYTES === #


READERS = [camt.read, mt940.read, bai2.read, qif.read]


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_read_or_are_refused(data):
    bodies = [
        data,
        camt_file(camt_entry()).replace(b"10.00", data),
        mt940_message().replace(b"Hello", data),
        mt940_message().replace(b"C10,00", data),
        b"!Type:Bank\n" + data + b"\n^\n",
        b"01,A,B,260301,1200,1,,,2/\n02," + data + b"\n99,0,1,2/",
    ]
    for body in bodies:
        for read in READERS:
            try:
                read(body)
            except StatementError as error:
                assert error.code
    seen = table.preview(b"Date,Amount,Memo\n2026-03-01,5,x\n" + data)
    assert seen.lines or seen.problem


def test_limits(monkeypatch):
    monkeypatch.setattr(reading, "MAX_LINES", 1)
    assert refusal(camt.read, camt_file(camt_entry() * 2)).code == "too_many_lines"
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    for read in READERS:
        assert refusal(read, b"x" * 11).code == "too_large"

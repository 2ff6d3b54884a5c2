"""Payment files: what goes in comes out, checked against the official schemas."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from odoo.addons.order_processing.engine import pain
from odoo.addons.order_processing.engine.pain import Account, Payment

OURS = Account("Müller & Söhne GmbH", "DE89370400440532013000", "COBADEFFXXX")
THEIRS = Account("Zoë Ångström", "FR1420041010050500013M02606")
DAY = date(2026, 3, 10)


def payment(amount="12.34", **values):
    given = {"mandate": "M-1", "signed": date(2026, 1, 15)} | values
    return Payment(THEIRS, Decimal(amount), "E2E-1", "INV/2026/00001", **given)


def values(content, name):
    return etree.fromstring(content).xpath(f"//*[local-name()='{name}']/text()")


@pytest.mark.parametrize("schema", [name for name, _label in pain.DEBIT_SCHEMAS])
@pytest.mark.parametrize("scheme", ["CORE", "B2B"])
def test_debit(schema, scheme):
    content = pain.debit(
        OURS, "DE98ZZZ09999999999", [payment(), payment("0.66")], DAY, scheme, schema
    )
    assert values(content, "CtrlSum")[0] == "13.00"
    assert values(content, "InstdAmt") == ["12.34", "0.66"]
    assert values(content, "MndtId") == ["M-1"] * 2
    assert values(content, "ReqdColltnDt") == ["2026-03-10"]
    assert scheme in values(content, "Cd")
    assert "Zoe Angstrom" in values(content, "Nm")


@pytest.mark.parametrize("schema", [name for name, _label in pain.TRANSFER_SCHEMAS])
def test_transfer(schema):
    content = pain.transfer(OURS, [payment()], DAY, schema)
    assert values(content, "InstdAmt") == ["12.34"]
    assert values(content, "EndToEndId") == ["E2E-1"]


@pytest.mark.parametrize("amount", ["0", "-1", "1.005"])
def test_bad_amounts(amount):
    with pytest.raises(pain.PainError, match="no amount above zero"):
        pain.transfer(OURS, [payment(amount)], DAY)


def test_what_the_schema_refuses_is_told():
    wrong = Account("Somebody", "not an IBAN")
    with pytest.raises(pain.PainError, match="doesn't allow"):
        pain.transfer(wrong, [payment()], DAY)
    with pytest.raises(pain.PainError):
        pain.debit(OURS, "DE98ZZZ09999999999", [payment(mandate="x" * 50)], DAY)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("DE98ZZZ09999999999", True),
        ("de98 zzz 0999 9999 999", True),
        ("NL08ZZZ502057730000", True),
        ("DE97ZZZ09999999999", False),
        ("DE98ZZZ", False),
        ("", False),
    ],
)
def test_creditor_identifiers(text, valid):
    assert pain.creditor_id_valid(text) is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("DE89 3704 0044 0532 0130 00", True),
        ("FR1420041010050500013M02606", True),
        ("DE88370400440532013000", False),
        ("12345", False),
        ("", False),
        (None, False),
    ],
)
def test_ibans(text, valid):
    assert pain.iban_valid(text) is valid


def test_shares():
    from odoo.addons.order_processing.engine.capture import Hold, share

    holds = [Hold(1, 30.0), Hold(2, 0.0), Hold(3, 50.0)]
    assert share(20.0, holds) == ([(1, 20.0)], 0.0)
    assert share(60.0, holds) == ([(1, 30.0), (3, 30.0)], 0.0)
    assert share(100.0, holds) == ([(1, 30.0), (3, 50.0)], 20.0)
    assert share(0.001, holds) == ([], 0.0)

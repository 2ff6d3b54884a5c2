"""Looking up what an order names, and the rules for documents that come again."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from odoo.addons.order_processing.engine.intake import replay, shopify
from odoo.addons.order_processing.engine.intake.resolve import (
    CurrencyFact,
    Facts,
    ProductFact,
    named_rates,
    resolve,
)

FILES = Path(__file__).resolve().parents[2] / "addons" / "order_processing" / "demo" / "files"


def order(**changes):
    document = json.loads((FILES / "shopify_order_1002.json").read_text(encoding="utf-8"))
    return replace(shopify.parse(json.dumps(document).encode()).order, **changes)


def facts(**changes):
    known = Facts(
        products={
            "IPOD2008GREEN": [ProductFact(1, False, True)],
            "IPOD2008BLACK": [ProductFact(2, True, True), ProductFact(3, False, True)],
        },
        countries={"US": 233, "united states": 233},
        states={(233, "KY"): 26},
        taxes={(Decimal(6), False): 7},
        currencies={"USD": CurrencyFact(1, True, None, True)},
        services={"shipping": 11, "discount": 12, "tax": 13},
    )
    return replace(known, **changes)


def codes(findings):
    return [finding.code for finding in findings]


def test_everything_is_found():
    resolution, findings = resolve(order(), facts(), "odoo")
    assert findings == []
    assert [line.product_id for line in resolution.lines] == [1, 2, 11]
    assert {line.tax_ids for line in resolution.lines} == {(7,)}
    assert (resolution.shipping.country_id, resolution.shipping.state_id) == (233, 26)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"products": {}}, ["unknown_sku", "unknown_sku"]),
        ({"countries": {}}, ["unknown_country"]),
        ({"taxes": {}}, ["no_tax"]),
        ({"taxes": {(Decimal(6), True): 7}}, ["no_tax"]),
        ({"currencies": {}}, ["unknown_currency"]),
        ({"currencies": {"USD": CurrencyFact(1, False, None, True)}}, ["inactive_currency"]),
        ({"currencies": {"USD": CurrencyFact(1, True, None, False)}}, ["no_pricelist"]),
        ({"services": {}}, ["no_service_product"]),
    ],
)
def test_each_missing_thing_is_said_once(changes, expected):
    resolution, findings = resolve(order(), facts(**changes), "odoo")
    assert resolution is None
    assert sorted(codes(findings)) == sorted(expected)


def test_everything_missing_is_said_together():
    resolution, findings = resolve(order(), Facts(), "odoo")
    assert resolution is None
    assert set(codes(findings)) == {
        "unknown_sku",
        "unknown_country",
        "no_tax",
        "unknown_currency",
        "no_service_product",
    }


def test_taxes_as_charged_need_no_tax_records():
    resolution, findings = resolve(order(), facts(taxes={}), "line")
    assert findings == []
    assert [line.product_id for line in resolution.lines] == [1, 2, 11, 13]


def test_state_and_county_tax_may_be_one_tax_of_their_sum():
    both = order()
    taxes = tuple(replace(both.lines[0].taxes[0], rate=Decimal(rate)) for rate in ("0.04", "0.02"))
    both = replace(
        both,
        lines=tuple(replace(line, taxes=taxes) for line in both.lines),
        charges=tuple(replace(charge, taxes=taxes) for charge in both.charges),
    )
    assert named_rates(both) == {Decimal("0.04"), Decimal("0.02"), Decimal("0.06")}
    resolution, _findings = resolve(both, facts(), "odoo")
    assert resolution.lines[0].tax_ids == (7,)
    apart = facts(taxes={(Decimal(4), False): 8, (Decimal(2), False): 9})
    resolution, _findings = resolve(both, apart, "odoo")
    assert set(resolution.lines[0].tax_ids) == {8, 9}


@pytest.mark.parametrize(
    ("live", "duplicates", "verdict"),
    [
        (None, (), replay.NEW),
        (("accepted", "a"), (), replay.REPLAY),
        (("rejected", "a"), (), replay.REPLAY),
        (("accepted", "b"), (), replay.DUPLICATE),
        (("accepted", "b"), ("a",), replay.REPLAY),
        (("rejected", "b"), (), replay.SUPERSEDE),
        (("received", "b"), (), replay.SUPERSEDE),
    ],
)
def test_documents_that_come_again(live, duplicates, verdict):
    assert replay.decide("a", live, duplicates) == verdict

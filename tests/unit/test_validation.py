"""Validation: what is found, what isn't, and that an approval survives as long as its finding."""

from dataclasses import replace

import pytest

from odoo.addons.order_processing.engine.validation import (
    AddressFacts,
    Finding,
    LineFacts,
    OrderFacts,
    find,
    group,
    missing_parts,
)

ADDRESS = AddressFacts("delivery", "Bob", "1 Main St", "Ottawa", "K2P0V6", "Ontario", "CA")
GOOD = OrderFacts(lines=(LineFacts("iPod", 1),), addresses=(ADDRESS,), amount_total=10.0)


def codes(facts):
    return [finding.code for finding in find(facts)]


def test_a_good_order_passes():
    assert find(GOOD) == []
    assert find(replace(GOOD, channel_total=10.0)) == []


@pytest.mark.parametrize("part", ["name", "street", "city", "zip", "country"])
def test_each_part_of_an_address_counts(part):
    address = replace(ADDRESS, **{part: " "})
    assert missing_parts(address) == [part]
    assert codes(replace(GOOD, addresses=(address,))) == ["address_incomplete"]


def test_zip_and_state_count_where_the_country_wants_them():
    address = replace(ADDRESS, zip="", state="", zip_required=False)
    assert missing_parts(address) == []
    assert missing_parts(replace(address, state_required=True, zip_required=True)) == [
        "state",
        "zip",
    ]


def test_services_need_no_delivery_address_but_an_invoice_address():
    nowhere = AddressFacts("delivery", "Bob")
    facts = replace(GOOD, addresses=(nowhere,), needs_delivery=False)
    assert codes(facts) == []
    assert codes(replace(facts, addresses=(replace(nowhere, role="invoice"),))) == [
        "address_incomplete"
    ]


@pytest.mark.parametrize(
    ("channel_total", "found"),
    [(10.0, False), (10.004, False), (10.01, True), (9.99, True), (None, False), (0.0, True)],
)
def test_totals_agree_to_the_cent(channel_total, found):
    assert ("total_differs" in codes(replace(GOOD, channel_total=channel_total))) is found


def test_lines():
    assert codes(replace(GOOD, lines=())) == ["no_lines"]
    assert codes(replace(GOOD, lines=(LineFacts("?", 1, has_product=False),))) == [
        "line_without_product"
    ]
    assert codes(replace(GOOD, lines=(LineFacts("Old", 1, product_active=False),))) == [
        "product_archived"
    ]
    assert codes(replace(GOOD, lines=(LineFacts("iPod", 0),))) == ["quantity_not_positive"]


def test_customer():
    findings = find(replace(GOOD, customer_active=False))
    assert [(finding.code, finding.kind) for finding in findings] == [
        ("customer_archived", "customer")
    ]


def test_findings_of_a_kind_share_a_hold():
    addresses = (replace(ADDRESS, zip=""), replace(ADDRESS, role="invoice", city=""))
    holds = group(find(replace(GOOD, addresses=addresses, lines=())))
    assert {key: len(found) for key, found in holds.items()} == {
        (0, "content", "release"): 1,
        (0, "address", "release"): 2,
    }


def test_the_key_changes_with_what_was_found():
    first = Finding("address_incomplete", "address", params={"missing": ["zip"]})
    same = Finding("address_incomplete", "address", params={"missing": ["zip"]})
    other = Finding("address_incomplete", "address", params={"missing": ["city"]})
    assert first.key == same.key != other.key

from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine.intake.registry import READERS, sniff
from odoo.addons.order_processing.engine.intake.samples import CUSTOMER, SampleFacts, sample


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize(
    ("sku", "title"), [("DESK-1", "Desk"), ("A&B<1", "“Größe” <b>*~'+:?")], ids=["plain", "odd"]
)
def test_samples_are_read_as_what_they_say(kind, sku, title):
    payload = sample(
        kind, SampleFacts("170000001", sku, title, Decimal("19.90"), "EUR", "DE", "BY")
    )
    assert sniff(payload) == kind
    assert READERS[kind].split(payload) == [payload]
    result = READERS[kind].parse(payload)
    assert not result.errors, result.errors
    (line,) = result.order.lines
    assert (line.sku, line.quantity, line.unit_price) == (sku, 1, Decimal("19.90"))
    assert result.order.currency == "EUR"
    assert result.order.total in (Decimal("19.90"), None)
    names = (result.order.customer_name, result.order.company_name)
    names += (result.order.shipping.name, result.order.shipping.company)
    assert CUSTOMER in names
    assert result.order.shipping.country_code == "DE" or result.order.shipping.country_name == "DE"

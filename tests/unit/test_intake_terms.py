"""Are the payment terms of a document those that were agreed?"""

import pytest

from odoo.addons.order_processing.engine.intake.terms import same_terms


@pytest.mark.parametrize(
    ("stated", "name", "days", "same"),
    [
        ("Net 30", "net  30", None, True),
        ("2%/10, net 30", "2 % 10 Net 30", None, True),
        ("Net 30", "30 Days", 30, True),
        ("Zahlbar binnen 30 Tagen", "30 Days", 30, True),
        ("Net 60", "30 Days", 30, False),
        ("2 % 10 days, net 30 days", "30 Days", 30, False),
        ("On receipt", "Immediate Payment", 0, False),
        ("Net 30", "", None, False),
    ],
)
def test_same_terms(stated, name, days, same):
    assert same_terms(stated, name, days) is same

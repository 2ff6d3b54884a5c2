"""A payment file that the bank books as one sum."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine.matching import BankLine, Batch, Item, match

DAY = date(2026, 3, 1)
AMOUNTS = ("100.00", "50.05", "70.00")


def items(**values):
    return [
        Item(
            id=number,
            document=number,
            residual=Decimal(amount),
            currency="EUR",
            scopes=(1,),
            partner=number,
            references=(f"INV/2026/0000{number}",),
            **values,
        )
        for number, amount in enumerate(AMOUNTS, start=1)
    ]


def batch(*members, **values):
    told = dict(enumerate(map(Decimal, AMOUNTS), start=1))
    return Batch(
        id=1,
        scope=1,
        date=DAY,
        currency="EUR",
        references=("PAY/2026/0001", "MSG-77A"),
        items=tuple((each, told[each]) for each in members or told),
        **values,
    )


def decide(amount, label, batches=None, book=None, **values):
    line = BankLine(
        id=1,
        date=values.pop("day", DAY + timedelta(days=1)),
        amount=Decimal(amount),
        currency=values.pop("currency", "EUR"),
        scope=1,
        labels=(label,),
        **values,
    )
    batches = [batch()] if batches is None else batches
    return match([line], items() if book is None else book, batches=batches)[1]


@pytest.mark.parametrize("label", ["PAY/2026/0001", "SEPA DD KREF+MSG-77A", "msg-77a."])
def test_named_and_exact_is_posted(label):
    post = decide("220.05", label).post
    assert (post.level, post.items, post.why) == ("batch", (1, 2, 3), "batch_whole")


def test_given_back_before_it_was_booked():
    """Whoever marked it as given back in the file: the rest is certain."""
    post = decide("120.05", "MSG-77A", [batch(2, 3)]).post
    assert post.items == (2, 3)


def test_a_missing_payment_is_only_proposed():
    decision = decide("150.05", "MSG-77A")
    assert not decision.post
    best = decision.suggestions[0]
    assert (best.items, best.why, best.facts["missing"]) == ((1, 2), "batch_less", 1)


def test_two_choices_of_what_is_missing():
    book = [replace(each, residual=Decimal(70)) if each.id == 1 else each for each in items()]
    told = Batch(1, 1, DAY, "EUR", ("MSG-77A",), tuple((e.id, e.residual) for e in book))
    decision = decide("120.05", "MSG-77A", [told], book)
    assert not decision.post
    assert decision.suggestions[0].why == "batch_other_amount"


@pytest.mark.parametrize("amount", ["220.04", "220.06"])
def test_a_cent_off(amount):
    decision = decide(amount, "MSG-77A")
    assert not decision.post
    best = decision.suggestions[0]
    assert (best.why, best.facts["open"]) == ("batch_other_amount", Decimal("220.05"))


def test_unnamed_is_only_proposed_and_only_about_its_day():
    decision = decide("220.05", "Collected")
    assert not decision.post
    assert decision.suggestions[0].why == "batch_amount"
    assert not decide("220.05", "Collected", day=DAY + timedelta(days=30)).suggestions


@pytest.mark.parametrize(
    "values",
    [
        {"partner": 2},
        {"currency": "USD"},
        {"may_post": False},
        {"locked": True},
        {"refused": frozenset({frozenset({1, 2, 3})})},
    ],
)
def test_what_speaks_against_it(values):
    assert not decide("220.05", "MSG-77A", **values).post


def test_other_sign_and_longer_number():
    assert not decide("-220.05", "MSG-77A").post
    assert not decide("220.05", "MSG-77AB").post
    assert not decide("220.05", "PAY/2026/00011").post


def test_a_member_is_settled_or_partly_paid():
    assert not decide("220.05", "MSG-77A", book=items()[1:]).post
    part = [replace(each, residual=Decimal(60)) if each.id == 1 else each for each in items()]
    decision = decide("220.05", "MSG-77A", book=part)
    assert not decision.post
    assert decide("120.05", "MSG-77A", book=part).suggestions[0].why == "batch_rest"


def test_a_batch_of_a_file_and_the_file():
    whole, first = batch(), replace(batch(1, 2), references=("PMT-1",))
    second = replace(batch(3), references=("PMT-2",))
    found = [whole, first, second]
    assert decide("150.05", "PMT-1", found).post.items == (1, 2)
    assert decide("70.00", "PMT-2", found).post.items == (3,)
    assert decide("220.05", "MSG-77A", found).post.items == (1, 2, 3)
    assert not decide("150.05", "PMT-2", found).post


def test_label_names_another_open_document():
    other = Item(9, 9, Decimal(5), "EUR", (1,), 9, references=("INV/2026/00009",))
    assert not decide("220.05", "MSG-77A INV/2026/00009", book=[*items(), other]).post


def test_two_lines_name_the_same_file():
    lines = [BankLine(n, DAY, Decimal("220.05"), "EUR", 1, ("MSG-77A",)) for n in (1, 2)]
    found = match(lines, items(), batches=[batch()])
    assert found[1].post and not found[2].post

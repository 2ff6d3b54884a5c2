"""The levels beyond number and amount: structured references, payouts, fees, what goes back."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from odoo.addons.order_processing.engine import structured
from odoo.addons.order_processing.engine.matching import (
    BankLine,
    Closed,
    Entry,
    Fee,
    Item,
    Limits,
    Payout,
    match,
)

DAY = date(2026, 3, 10)


def item(id_, amount, reference="", partner=1, **values):
    return Item(
        id=id_,
        document=values.pop("document", id_),
        residual=Decimal(str(amount)),
        currency=values.pop("currency", "USD"),
        scopes=values.pop("scopes", (1,)),
        partner=partner,
        partner_name=values.pop("name", f"Customer {partner}"),
        references=(reference,) if reference else (),
        **values,
    )


def line(amount, label="", id_=1, **values):
    return BankLine(
        id=id_,
        date=values.pop("day", DAY),
        amount=Decimal(str(amount)),
        currency=values.pop("currency", "USD"),
        scope=1,
        labels=(label,) if label else (),
        **values,
    )


def decide(lines, items=(), **more):
    lines = lines if isinstance(lines, list) else [lines]
    found = match(lines, items, **more)
    return found if len(lines) > 1 else found[lines[0].id]


def post(*args, **more):
    return decide(*args, **more).post


# === STRUCTURED REFERENCES === #


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("RF18 5390 0754 7034", "RF18539007547034"),
        ("rf18539007547034", "RF18539007547034"),
        ("RF19 5390 0754 7034", ""),
        ("+++020/3430/57642+++", "20343057642"),
        ("***020/3430/57642***", "20343057642"),
        ("+++020/3430/57643+++", ""),
        ("00000 00000 01234 5672", "12345672"),
        ("20260 30007", "2026030007"),
        ("1234567", ""),
        ("SI01 15-2026-7", ""),
        ("INV/2026/00001", ""),
        ("", ""),
        ("9", ""),
    ],
)
def test_structured_references_have_one_form(text, canonical):
    assert structured.canonical(text) == canonical


def test_one_digit_off_is_no_structured_reference():
    number = "539007547034"
    valid = structured.canonical(f"RF18{number}")
    for place in range(len(number)):
        digit = str((int(number[place]) + 1) % 10)
        assert not structured.canonical(f"RF18{number[:place]}{digit}{number[place + 1 :]}")
    assert valid


@pytest.mark.parametrize(
    ("reference", "label"),
    [
        ("RF18 5390 0754 7034", "RF18539007547034"),
        ("RF18539007547034", "pay RF18 5390 0754 7034 please"),
        ("+++020/3430/57642+++", "020343057642"),
        ("020343057642", "+++020/3430/57642+++"),
        ("12345672", "00000 00000 1234 5672"),
    ],
)
def test_structured_reference_however_grouped(reference, label):
    found = post(line(100, label), [item(7, 100, reference), item(8, 100)])
    assert (found.items, found.level) == ((7,), "structured")
    assert post(line(99, label), [item(7, 100, reference)]) is None
    longer = re.sub(r"\d(?=\D*$)", r"\g<0>9", label)
    assert post(line(100, longer), [item(7, 100, reference)]) is None


# === IDS AND MEMOS === #


def test_end_to_end_id_and_amount():
    book = [item(1, -80, ends=("E2E-77", "PAY/1")), item(2, -80)]
    found = post(line(-80, "SEPA", end_to_end="e2e-77"), book)
    assert (found.items, found.level) == ((1,), "end_to_end")
    assert post(line(-79, "SEPA", end_to_end="E2E-77"), book) is None
    assert post(line(-80, "SEPA", end_to_end="E2E-77", partner=2), book) is None
    assert post(line(-80, "SEPA", end_to_end="E2E-7"), book) is None


def test_registered_payment_with_the_label_as_memo():
    book = [item(1, 70, memo="Rent March"), item(2, 70, memo="Rent April")]
    found = post(line(70, "RENT  march"), book)
    assert (found.items, found.level) == ((1,), "payment")
    assert post(line(71, "Rent March"), book) is None
    twins = [item(1, 70, memo="Rent"), item(2, 70, memo="Rent")]
    assert post(line(70, "Rent"), twins) is None
    assert post(line(70, ""), [item(1, 70, memo="")]) is None


# === PAYOUTS === #


def payout(amount, *entries, **values):
    return Payout(
        id=1,
        scope=1,
        date=values.pop("day", DAY),
        amount=Decimal(str(amount)),
        currency="USD",
        references=values.pop("references", ("po_1Abc234",)),
        provider="stripe",
        entries=tuple(Entry((name,), Decimal(str(gross))) for name, gross in entries),
    )


def test_payout_pays_each_transaction_and_books_the_fee():
    book = [item(1, 100, "ch_000111"), item(2, 50, "ch_000222", partner=2), item(3, 100)]
    batch = payout("145.35", ("ch_000111", 100), ("ch_000222", 50))
    found = post(line("145.35", "STRIPE po_1Abc234"), book, payouts=[batch])
    assert (found.items, found.level, found.write_off) == ((1, 2), "payout", Decimal("-4.65"))
    by_day = post(line("145.35", "Stripe Payments UK"), book, payouts=[batch])
    assert by_day.items == (1, 2)
    late = line("145.35", "Stripe Payments UK", day=DAY + timedelta(days=20))
    assert post(late, book, payouts=[batch]) is None
    assert post(line("145.35", "WIRE"), book, payouts=[batch]) is None


def test_refund_in_a_payout_is_a_credit_note():
    book = [item(1, 100, "ch_000111"), item(2, -30, "re_000333")]
    batch = payout("67", ("ch_000111", 100), ("re_000333", -30))
    assert post(line("67", "po_1Abc234"), book, payouts=[batch]).items == (1, 2)


def test_incomplete_payout_is_a_persons():
    book = [item(1, 100, "ch_000111")]
    batch = payout("145.35", ("ch_000111", 100), ("ch_000222", 50))
    decision = decide(line("145.35", "po_1Abc234"), book, payouts=[batch])
    assert decision.post is None
    assert decision.suggestions[0].why == "payout_part"
    assert not decision.suggestions[0].write_off


# === DIFFERENCES === #


def test_early_discount_only_in_time_and_to_the_cent():
    book = [item(1, 100, "INV/2026/00001", discounted=Decimal(98), discount_until=DAY)]
    found = post(line(98, "INV/2026/00001"), book)
    assert (found.items, found.level, found.write_off) == ((1,), "discount", Decimal(-2))
    assert post(line(98, "INV/2026/00001", day=DAY + timedelta(days=1)), book) is None
    assert post(line("97.99", "INV/2026/00001"), book) is None
    assert post(line(98, "INV/2026/00001", partner=2), book) is None
    assert post(line(100, "INV/2026/00001"), book).level == "reference"


def test_fee_tolerance_is_off_by_default_and_bounded():
    book = [item(1, 1000, "INV/2026/00001")]
    paid = line(995, "INV/2026/00001")
    assert post(paid, book) is None
    only = Limits(fee=Decimal(10), fee_percent=Decimal(1))
    decision = decide(paid, book, limits=only)
    assert decision.post is None and decision.suggestions[0].why == "fee_tolerance"
    sure = Limits(fee=Decimal(10), fee_percent=Decimal(1), post_fees=True)
    assert post(paid, book, limits=sure).write_off == Decimal(-5)
    assert post(line(989, "INV/2026/00001"), book, limits=sure) is None
    assert post(line(1005, "INV/2026/00001"), book, limits=sure) is None
    tight = Limits(fee=Decimal(10), fee_percent=Decimal("0.4"), post_fees=True)
    assert post(paid, book, limits=tight) is None


def test_learnt_fee_posts_only_when_confirmed_and_under_the_cap():
    cap = Limits(write_off=Decimal(50))
    sure, learnt = Fee(9, sure=True), Fee(9)
    found = post(line(-5, "Account fee", fee=sure), limits=cap)
    assert (found.items, found.account, found.write_off) == ((), 9, Decimal(-5))
    assert post(line(-51, "Account fee", fee=sure), limits=cap) is None
    decision = decide(line(-5, "Account fee", fee=learnt), limits=cap)
    assert decision.post is None and decision.suggestions[0].account == 9


# === SEVERAL LINES, WHOLE BALANCES === #


def test_lines_that_only_together_pay_a_document():
    book = [item(1, 100, "INV/2026/00001")]
    both = [line(60, "INV/2026/00001", 1), line(40, "INV/2026/00001", 2)]
    found = decide(both, book)
    assert all(found[number].post.part for number in (1, 2))
    assert {found[number].post.items for number in (1, 2)} == {(1,)}
    short = [line(60, "INV/2026/00001", 1), line("39.99", "INV/2026/00001", 2)]
    assert not any(decision.post for decision in decide(short, book).values())
    other = [line(60, "INV/2026/00001", 1), line(40, "INV/2026/00001", 2, partner=2)]
    assert not any(decision.post for decision in decide(other, book).values())
    refused = line(60, "INV/2026/00001", 1, refused=frozenset({frozenset({1})}))
    assert not any(decision.post for decision in decide([refused, both[1]], book).values())


def test_whole_balance_of_a_certain_payer():
    book = [item(1, 60), item(2, 40), item(3, 77, partner=2)]
    assert post(line(100, "thanks", partner=1), book).items == (1, 2)
    assert post(line(100, "thanks"), book) is None
    assert post(line(99, "thanks", partner=1), book) is None
    # with a credit note other sums may come to the same
    netted = [item(1, 100), item(2, 20), item(3, -20)]
    decision = decide(line(100, "thanks", partner=1), netted)
    assert decision.post is None or decision.post.items == (1,)


def test_whole_balance_less_credit_notes_posts_when_no_other_choice_comes_to_it():
    netted = [item(1, 60), item(2, 75), item(3, -20)]
    assert post(line(115, "thanks", partner=1), netted).items == (1, 2, 3)
    assert post(line(115, "thanks"), netted) is None
    assert post(line(114, "thanks", partner=1), netted) is None
    # Without the invoice of 20 and the credit note of 20 it is the same sum.
    tied = [*netted, item(4, 20)]
    decision = decide(line(135, "thanks", partner=1), tied)
    assert decision.post is None
    assert decision.suggestions[0].why == "whole_balance"
    # Two invoices together make up for one credit note.
    pair = [item(1, 60), item(2, 12), item(3, 8), item(4, -20)]
    assert post(line(60, "thanks", partner=1), pair).items == (1,)
    pair = [item(1, 30), item(2, 30), item(3, 12), item(4, 8), item(5, -20)]
    assert post(line(60, "thanks", partner=1), pair) is None
    # Paid out: what we owe is more.
    owing = [item(1, 10), item(2, -35)]
    assert post(line(-25, "refund", partner=1), owing).items == (1, 2)


def test_whole_balance_of_many_items_is_still_decided_fast():
    many = [item(n, 10 + n * 7.31) for n in range(1, 36)]
    credits = [item(n, -(3 + n * 1.17)) for n in range(36, 41)]
    amount = sum(each.residual for each in many + credits)
    decision = decide(line(amount, "thanks", partner=1), many + credits)
    assert decision.post is None or len(decision.post.items) == 40


# === WHAT GOES BACK === #

PAID = Closed(5, (1,), ("INV/2026/00005",), ((55, Decimal(100), "USD"),))


def test_chargeback_takes_back_the_payment_it_names():
    found = post(line(-100, "Return INV/2026/00005"), closed=[PAID])
    assert (found.items, found.level) == ((55,), "chargeback")
    assert post(line(100, "INV/2026/00005"), closed=[PAID]) is None
    assert post(line(-99, "Return INV/2026/00005"), closed=[PAID]) is None
    assert post(line(-100, "Return"), closed=[PAID]) is None
    euro = line(-100, "Return INV/2026/00005", currency="EUR")
    assert post(euro, closed=[PAID]) is None


def test_chargeback_of_one_of_two_equal_payments_is_a_persons():
    twice = Closed(5, (1,), ("INV/2026/00005",), tuple((n, Decimal(100), "USD") for n in (55, 56)))
    decision = decide(line(-100, "Return INV/2026/00005"), closed=[twice])
    assert decision.post is None and decision.suggestions[0].why == "chargeback"


def test_return_without_a_document_says_so():
    decision = decide(line(-100, "RETURN AC04", returned=True))
    assert decision.post is None and decision.note == "returned"


# === LIMITS === #


def test_old_documents_are_a_persons():
    book = [item(1, 100, "INV/2024/00001", day=DAY - timedelta(days=800))]
    limits = Limits(oldest=730)
    decision = decide(line(100, "INV/2024/00001"), book, limits=limits)
    assert decision.post is None and decision.suggestions[0].why == "reference_old"
    assert decide(line(100, "thanks", partner=1), book, limits=limits).suggestions == ()
    assert post(line(100, "INV/2024/00001"), book).items == (1,)


def test_locked_line_is_noted():
    decision = decide(line(100, "INV/2026/00001", locked=True), [item(1, 100, "INV/2026/00001")])
    assert decision.post is None and decision.note == "locked"


def test_swaps_only_suggest():
    book = [item(1, 100, "INV/2026/00012")]
    decision = decide(line(100, "INV/2026/00021"), book)
    assert decision.post is None
    assert decision.suggestions[0].why == "reference_swapped"
    assert decide(line(90, "INV/2026/00021"), book).suggestions == ()
    amount = decide(line("1.90", "INV/2026/00012"), [item(1, "1.09", "INV/2026/00012")])
    assert amount.post is None and amount.suggestions[0].why == "amount_swapped"


def test_payer_learnt_but_not_confirmed_only_ranks():
    book = [item(1, 100), item(2, 100, partner=2)]
    decision = decide(line(100, "thanks", likely=2), book)
    assert decision.post is None
    assert decision.suggestions[0].items == (2,)
    assert decision.suggestions[0].why == "amount_learnt"


def test_foreign_line_pays_its_own_currency_only():
    book = [item(1, 90, "INV/2026/00001", currency="EUR")]
    assert post(line(90, "INV/2026/00001", currency="EUR"), book).items == (1,)
    assert post(line(90, "INV/2026/00001", currency="GBP"), book) is None

"""Which open items a bank line pays: examples, traps, and properties over random books."""

import random
import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.matching import BankLine, Closed, Item, match
from odoo.addons.order_processing.engine.references import ReferenceIndex

DAY = date(2026, 3, 1)


def item(id_, amount, reference="", partner=1, name="Acme Ltd", **values):
    values.setdefault("references", (reference,) if reference else ())
    return Item(
        id=id_,
        document=values.pop("document", id_),
        residual=Decimal(str(amount)),
        currency=values.pop("currency", "USD"),
        scopes=values.pop("scopes", (1,)),
        partner=partner,
        partner_name=name,
        **values,
    )


def line(id_, amount, label, **values):
    return BankLine(
        id=id_,
        date=values.pop("date", DAY),
        amount=Decimal(str(amount)),
        currency=values.pop("currency", "USD"),
        scope=values.pop("scope", 1),
        labels=(label,),
        **values,
    )


def decide(lines, items, closed=()):
    lines = lines if isinstance(lines, list) else [lines]
    found = match(lines, items, closed)
    return found if len(lines) > 1 else found[lines[0].id]


def posted(lines, items, closed=()):
    decision = decide(lines, items, closed)
    if isinstance(decision, dict):
        return {key: value.post and value.post.items for key, value in decision.items()}
    return decision.post and decision.post.items


# === REFERENCES === #


@pytest.mark.parametrize(
    "label",
    [
        "INV/2026/00001",
        "Payment INV/2026/00001 thanks",
        "inv 2026 00001",
        "INV-2026-00001, Acme",
        "INV20260001 INV202600001",
        "Ref:INV/2026/00001.",
        "ＩＮＶ/2026/00001",
    ],
)
def test_whole_reference_and_exact_amount_post(label):
    assert posted(line(1, 100, label), [item(7, 100, "INV/2026/00001")]) == (7,)


@pytest.mark.parametrize(
    "label",
    [
        "INV/2026/000011",
        "XINV/2026/00001",
        "A/INV/2026/00001",
        "INV/2026/00001/2",
        "INV/2026/00001-1",
        "INV/2026/0000 1",
        "INV, 2026, 00001",
        "%",
        "_",
        "INV",
        "",
        "INV/2026/%",
    ],
)
def test_part_of_a_number_is_no_reference(label):
    assert posted(line(1, 100, label), [item(7, 100, "INV/2026/00001")]) is None


def test_token_inside_token_takes_the_longer():
    book = [item(1, 100, "INV/2026/0001"), item(2, 100, "INV/2026/00011")]
    assert posted(line(1, 100, "INV/2026/00011"), book) == (2,)
    assert posted(line(1, 100, "INV/2026/0001"), book) == (1,)
    assert posted(line(1, 100, "INV/2026/0001 1"), book) == (1,)


def test_number_inside_an_amount_is_no_reference():
    book = [item(1, 100, "12345")]
    assert posted(line(1, 100, "paid 12345.00 USD"), book) is None
    assert posted(line(1, 100, "paid 12345,00 USD"), book) is None
    assert posted(line(1, 100, "paid 12345, thanks"), book) == (1,)


def test_one_cent_off_is_only_suggested():
    decision = decide(line(1, "99.99", "INV/2026/00001"), [item(7, 100, "INV/2026/00001")])
    assert decision.post is None
    assert decision.suggestions[0].why == "other_amount"


def test_digits_swapped_in_the_reference_or_the_amount():
    book = [item(1, 100, "INV/2026/00012"), item(2, 100, "INV/2026/00034")]
    decision = decide(line(1, 100, "INV/2026/00021"), book)
    assert decision.post is None and len(decision.suggestions) == 2
    assert posted(line(1, "1.90", "INV/2026/00012"), [item(1, "1.09", "INV/2026/00012")]) is None


def test_several_references_add_up():
    book = [item(1, 100, "INV/2026/00001"), item(2, "50.50", "INV/2026/00002")]
    assert posted(line(1, "150.50", "INV/2026/00001 + INV/2026/00002"), book) == (1, 2)
    assert posted(line(1, "100", "INV/2026/00001 + INV/2026/00002"), book) is None


def test_credit_note_is_taken_off():
    book = [item(1, 100, "INV/2026/00001"), item(2, -20, "RINV/2026/00001")]
    assert posted(line(1, 80, "INV/2026/00001 - RINV/2026/00001"), book) == (1, 2)


def test_references_of_two_customers_are_a_persons_choice():
    book = [item(1, 60, "INV/2026/00001"), item(2, 40, "INV/2026/00002", partner=2, name="B")]
    decision = decide(line(1, 100, "INV/2026/00001 INV/2026/00002"), book)
    assert decision.post is None and decision.suggestions[0].why == "several_partners"


def test_another_customers_invoice_is_not_paid_by_a_known_payer():
    decision = decide(line(1, 100, "INV/2026/00001", partner=2), [item(7, 100, "INV/2026/00001")])
    assert decision.post is None and decision.suggestions[0].why == "other_partner"


def test_same_reference_of_two_customers():
    book = [item(1, 100, "PO-7781", partner=1), item(2, 90, "PO-7781", partner=2, name="Beta")]
    assert posted(line(1, 100, "PO-7781"), book) is None
    assert posted(line(1, 100, "PO-7781", partner=1), book) == (1,)


def test_wrong_currency_scope_and_sign():
    book = [item(7, 100, "INV/2026/00001")]
    decision = decide(line(1, 100, "INV/2026/00001", currency="EUR"), book)
    assert decision.post is None and decision.suggestions[0].why == "other_currency"
    assert decide(line(1, 100, "INV/2026/00001", scope=2), book).suggestions == ()
    assert decide(line(1, -100, "INV/2026/00001"), book).suggestions == ()


def test_short_references_need_the_payer():
    book = [item(1, 100, "1001"), item(2, 100, "1002")]
    assert posted(line(1, 100, "order 1001"), book) is None
    assert posted(line(1, 100, "order 1001", partner=1), book) == (1,)
    assert posted(line(1, 99, "order 1001", partner=1), book) is None


def test_channel_reference_leads_to_the_orders_invoices():
    book = [
        item(1, 60, "INV/2026/00001", order_references=("S00042", "#1001")),
        item(2, 40, "INV/2026/00002", order_references=("S00042", "#1001")),
        item(3, 60, "INV/2026/00003", order_references=("S00043", "#1002")),
    ]
    assert posted(line(1, 100, "Order #1001"), book) == (1, 2)
    assert posted(line(1, 60, "Order #1001"), book) == (1,)
    assert posted(line(1, 60, "S00043"), book) == (3,)
    assert posted(line(1, 60, "#10011"), book) is None
    twins = book[:1] + [item(2, 60, "INV/2026/00002", order_references=("#1001",))]
    assert posted(line(1, 60, "#1001"), twins) is None


def test_instalments_of_one_invoice():
    book = [
        item(2, 50, "INV/2026/00001", document=9, due=date(2026, 4, 1)),
        item(1, 50, "INV/2026/00001", document=9, due=date(2026, 5, 1)),
    ]
    assert posted(line(1, 50, "INV/2026/00001"), book) == (2,)
    assert posted(line(1, 100, "INV/2026/00001"), book) == (2, 1)


# === PARTNER AND AMOUNT === #


def test_certain_payer_and_one_item_of_the_amount():
    book = [item(1, 100), item(2, 90), item(3, 100, partner=2)]
    assert posted(line(1, 100, "thank you", partner=1), book) == (1,)
    assert posted(line(1, 100, "thank you"), book) is None


def test_two_items_that_fit_equally_never_post():
    decision = decide(line(1, 100, "", partner=1), [item(1, 100), item(2, 100)])
    assert decision.post is None
    assert [candidate.why for candidate in decision.suggestions] == ["partner_tie", "partner_tie"]


def test_label_naming_another_document_stops_partner_and_amount():
    book = [item(1, 100, "INV/2026/00001"), item(2, 120, "INV/2026/00002")]
    decision = decide(line(1, 100, "INV/2026/00002", partner=1), book)
    assert decision.post is None
    assert {candidate.why for candidate in decision.suggestions} == {
        "other_amount",
        "partner_other_name",
    }


def test_paid_twice_is_noticed():
    closed = [Closed(5, (1,), ("INV/2026/00005",))]
    decision = decide(line(1, 100, "INV/2026/00005", partner=1), [item(1, 100)], closed)
    assert decision.post is None and decision.note == "named_closed"
    both = [line(2, 100, "INV/2026/00001"), line(1, 100, "INV/2026/00001")]
    assert posted(both, [item(7, 100, "INV/2026/00001")]) == {1: (7,), 2: None}


def test_what_a_person_turned_down_stays_down():
    book = [item(1, 100, "INV/2026/00001")]
    decision = decide(line(1, 100, "INV/2026/00001", refused=frozenset({frozenset({1})})), book)
    assert decision.post is None and decision.suggestions == ()


def test_switched_off_only_suggests():
    book = [item(1, 100, "INV/2026/00001")]
    decision = decide(line(1, 100, "INV/2026/00001", may_post=False), book)
    assert decision.post is None and decision.suggestions[0].why == "reference_exact"


# === SUGGESTIONS === #


def test_names_rank_and_never_post():
    book = [item(1, 100, name="Beta Inc"), item(2, 100, name="ACME Limited", partner=2)]
    decision = decide(line(1, 100, "WIRE", partner_name="Acme Ltd"), book)
    assert decision.post is None
    assert [candidate.items for candidate in decision.suggestions] == [(2,), (1,)]
    assert decision.suggestions[0].why == "amount_name"


def test_a_sum_is_suggested_only_when_it_is_the_only_one():
    book = [item(1, "10.01"), item(2, "20.02"), item(3, "70.07")]
    decision = decide(line(1, "30.03", "", partner=1), book)
    assert decision.post is None and decision.suggestions[0].items == (1, 2)
    grid = [item(1, 10), item(2, 20), item(3, 15), item(4, 15)]
    assert decide(line(1, 30, "", partner=1), grid).suggestions == ()


# === PROPERTIES === #

AMOUNTS = st.sampled_from([Decimal(n) for n in ("10", "20", "30", "-10", "50", "60")])
NUMBERS = st.sampled_from([f"INV/2026/0000{n}" for n in range(6)] + ["#1001", "1001", "S00042", ""])


@st.composite
def books(draw):
    items = [
        Item(
            id=number,
            document=draw(st.integers(1, 6)),
            residual=draw(AMOUNTS),
            currency=draw(st.sampled_from(["USD", "USD", "EUR"])),
            scopes=(1,),
            partner=draw(st.sampled_from([1, 2])),
            partner_name="Acme",
            references=(draw(NUMBERS),),
            order_references=(draw(NUMBERS),),
        )
        for number in range(1, draw(st.integers(0, 8)) + 1)
    ]
    lines = [
        BankLine(
            id=number,
            date=draw(st.sampled_from([date(2026, 1, 1), date(2026, 1, 2)])),
            amount=draw(AMOUNTS),
            currency="USD",
            scope=1,
            labels=(" ".join(draw(st.lists(NUMBERS, max_size=3))),),
            partner=draw(st.sampled_from([None, 1, 2])),
        )
        for number in range(1, draw(st.integers(0, 6)) + 1)
    ]
    return lines, items


@given(books(), st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_posting_is_exact_exclusive_and_blind_to_order(book, chance):
    lines, items = book
    decisions = match(lines, items)
    by_id = {entry.id: entry for entry in items}
    used, shares = [], {}
    for entry in lines:
        post = decisions[entry.id].post
        if not post:
            continue
        chosen = [by_id[number] for number in post.items]
        if post.part:
            shares.setdefault(post.items, []).append(entry.amount)
        else:
            used += post.items
            assert sum(one.residual for one in chosen) == entry.amount
        assert {one.currency for one in chosen} == {entry.currency}
        assert len({one.partner for one in chosen}) == 1
        assert entry.partner in (None, chosen[0].partner)
    for numbers, amounts in shares.items():
        used += numbers
        assert sum(by_id[number].residual for number in numbers) == sum(amounts)
    assert len(used) == len(set(used))
    assert set(decisions) == {entry.id for entry in lines}
    chance.shuffle(lines)
    chance.shuffle(items)
    assert match(lines, items) == decisions


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_harmless(text, reference):
    index = ReferenceIndex()
    index.add(1, [reference])
    assert all(mention.documents == {1} for mention in index.find(text))


def test_ten_thousand_lines_grow_with_their_number():
    """The work for many lines is by look-ups: a tenfold book takes no hundredfold time."""

    def seconds(count):
        chance = random.Random(1)
        items = [
            item(n, chance.randint(1, 500), f"INV/2026/{n:05}", partner=n % 50 + 1, name=f"P {n}")
            for n in range(1, count + 1)
        ]
        lines = [
            line(n, chance.randint(1, 500), f"pay INV/2026/{n:05}", partner=n % 50 + 1)
            for n in range(1, count + 1)
        ]
        started = time.process_time()
        match(lines, items)
        return time.process_time() - started

    small, large = seconds(500), seconds(5000)
    assert large < 40 * max(small, 0.02), (small, large)

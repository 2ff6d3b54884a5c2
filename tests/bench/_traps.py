"""Traps for bank matching: small books at random, of which the truth is known."""

import random
from datetime import date, timedelta
from decimal import Decimal

TRAPS = (
    "same amount, same customer",
    "same amount, other customer",
    "digits of the reference swapped",
    "digits of the amount swapped",
    "another customer's invoice",
    "number inside a longer number",
    "label is %",
    "label is _",
    "label is INV",
    "label is empty",
    "paid twice",
    "other currency",
    "other company",
    "other sign",
    "a cent off",
    "too old",
    "locked period",
    "turned down before",
    "two numbers, one is paid",
    "chance sum",
    "name like the customer's",
    "short number",
    "payout with a transaction missing",
    "fee over the limit",
    "discount too late",
    "charge-back of another amount",
    "payment file a cent off",
    "payment file with one given back",
    "payment file not named",
    "payment file of which one was paid otherwise",
)
DAY = date(2026, 3, 2)


def adversarial(options):
    """Every trap, ``lines / 10`` times over in books of their own; the engine alone decides."""
    from odoo.addons.order_processing.engine import matching

    chance = random.Random(options.seed)
    wrong, lines = [], 0
    for _round in range(max(options.lines // 10, 20)):
        for trap in TRAPS:
            book = Trap(matching, chance, trap)
            lines += len(book.lines)
            wrong += [(trap, post) for post in book.wrong()]
    print(
        f"adversarial set: {len(TRAPS)} traps, {lines} lines, {len(wrong)} posted wrongly:"
        f" precision {'100' if not wrong else 'BELOW 100'} %"
    )
    for trap, post in wrong[:10]:
        print("  WRONG", trap, post)


def slug(trap):
    words = "".join(char if char.isalnum() else " " for char in trap.replace("%", "percent"))
    return "_".join(words.split()) if "_" not in trap else "label_is_underscore"


class Trap:
    """A small book with one trap in it. ``truth``: what may post; nothing else may."""

    def __init__(self, matching, chance, trap):
        self.matching, self.chance = matching, chance
        self.batches = []
        self.items, self.lines, self.closed, self.payouts, self.truth = [], [], [], [], {}
        self.limits = matching.Limits(
            oldest=400,
            fee=Decimal(10),
            fee_percent=Decimal(2),
            post_fees=True,
            write_off=Decimal(50),
        )
        self.amount = Decimal(chance.randint(1000, 99999)) / 100
        # More of everything around, so that chance hits have something to hit.
        for _each in range(chance.randint(3, 12)):
            self.item(Decimal(chance.randint(1, 60)) * 5, partner=chance.randint(5, 9))
        getattr(self, "trap_" + slug(trap))()

    def decide(self):
        return self.matching.match(
            self.lines, self.items, self.closed, self.payouts, self.limits, self.batches
        )

    def wrong(self):
        """What is posted and may not be."""
        posted = {line: found.post.items for line, found in self.decide().items() if found.post}
        return [items for line, items in posted.items() if items != self.truth.get(line)]

    def missed(self):
        """Lines that may post and don't."""
        found = self.decide()
        return [line for line in self.truth if not found[line].post]

    def item(self, amount=None, partner=1, name=None, **values):
        number = len(self.items) + 1
        values.setdefault("day", DAY)
        values.setdefault("currency", "USD")
        values.setdefault("scopes", (1,))
        found = self.matching.Item(
            id=number,
            document=number,
            residual=self.amount if amount is None else amount,
            partner=partner,
            partner_name=f"Customer {partner}",
            references=(name or f"INV/2026/{20000 + number * 37:05}",),
            **values,
        )
        self.items.append(found)
        return found

    def line(self, label, amount=None, truth=None, **values):
        found = self.matching.BankLine(
            id=len(self.lines) + 1,
            date=values.pop("date", DAY),
            currency="USD",
            scope=1,
            amount=self.amount if amount is None else amount,
            labels=(label,) if label else (),
            **values,
        )
        self.lines.append(found)
        if truth:
            self.truth[found.id] = tuple(item.id for item in truth)

    def name(self, item):
        return item.references[0]

    def trap_same_amount_same_customer(self):
        self.item()
        self.item()
        self.line("thank you", partner=1)

    def trap_same_amount_other_customer(self):
        right = self.item()
        self.item(partner=2)
        self.line("thank you", partner=1, truth=[right])
        self.line("thank you")

    def trap_digits_of_the_reference_swapped(self):
        self.item(name="INV/2026/00012")
        self.line("INV/2026/00021")

    def trap_digits_of_the_amount_swapped(self):
        item = self.item(Decimal("1.09"))
        self.line(self.name(item), Decimal("1.90"))

    def trap_another_customer_s_invoice(self):
        item = self.item(partner=2)
        self.line(self.name(item), partner=1)

    def trap_number_inside_a_longer_number(self):
        self.item(name="INV/2025/0001")
        right = self.item(name="INV/2025/00011")
        self.line("INV/2025/00011", truth=[right])
        self.line("INV/2025/000111")

    def _label(self, label):
        self.item()
        self.line(label)

    def trap_label_is_percent(self):
        self._label("%")

    def trap_label_is_underscore(self):
        self._label("_")

    def trap_label_is_INV(self):
        self._label("INV")

    def trap_label_is_empty(self):
        self._label("")

    def trap_paid_twice(self):
        item = self.item()
        self.line(self.name(item), truth=[item])
        self.line(self.name(item))
        self.closed.append(self.matching.Closed(900, (1,), ("INV/2026/99999",)))
        self.item(partner=3)
        self.line("INV/2026/99999", partner=3)

    def trap_other_currency(self):
        self.line(self.name(self.item(currency="EUR")), partner=1)

    def trap_other_company(self):
        self.line(self.name(self.item(scopes=(2,))), partner=1)

    def trap_other_sign(self):
        self.line(self.name(self.item()), -self.amount, partner=1)

    def trap_a_cent_off(self):
        self.limits = self.matching.Limits()
        self.line(self.name(self.item()), self.amount - Decimal("0.01"), partner=1)

    def trap_too_old(self):
        self.line(self.name(self.item(day=DAY - timedelta(days=500))), partner=1)

    def trap_locked_period(self):
        self.line(self.name(self.item()), partner=1, locked=True)

    def trap_turned_down_before(self):
        item = self.item()
        self.line(self.name(item), refused=frozenset({frozenset({item.id})}))

    def trap_two_numbers_one_is_paid(self):
        item = self.item()
        self.closed.append(self.matching.Closed(900, (1,), ("INV/2026/99999",)))
        self.line(f"{self.name(item)} INV/2026/99999")

    def trap_chance_sum(self):
        for amount in (5, 10, 15, 20, 25, 30):
            self.item(Decimal(amount))
        self.line("thank you", Decimal(40), partner=1)

    def trap_name_like_the_customer_s(self):
        self.item()
        self.line("Customer 1 West", partner_name="Customer 1 West")

    def trap_short_number(self):
        self.item(name="1001")
        self.line("order 1001")

    def trap_payout_with_a_transaction_missing(self):
        item = self.item()
        Entry = self.matching.Entry
        entries = (Entry(item.references, self.amount), Entry(("ch_missing99",), Decimal(20)))
        net = self.amount + 19
        self.payouts.append(
            self.matching.Payout(1, 1, DAY, net, "USD", ("po_123456",), "stripe", entries)
        )
        self.line("STRIPE po_123456", net)

    def trap_fee_over_the_limit(self):
        self.line(self.name(self.item(Decimal(100))), Decimal(90))

    def trap_discount_too_late(self):
        item = self.item(
            Decimal(100), discounted=Decimal(95), discount_until=DAY - timedelta(days=1)
        )
        self.line(self.name(item), Decimal(95))

    def trap_charge_back_of_another_amount(self):
        paid = ((777, self.amount, "USD"),)
        self.closed.append(self.matching.Closed(900, (1,), ("INV/2026/99999",), paid))
        self.line("Return INV/2026/99999", -self.amount - 1)

    def _payment_file(self, amount, label, truth=None, without=0):
        items = [self.item(Decimal(each), partner=each) for each in (31, 47, 83)]
        told = tuple((each.id, each.residual) for each in items[without:])
        self.batches.append(self.matching.Batch(1, 1, DAY, "USD", ("PAY/2026/0001",), told))
        self.line(label, Decimal(amount), truth=truth and items[without:])
        return items

    def trap_payment_file_a_cent_off(self):
        self._payment_file("160.99", "PAY/2026/0001")

    def trap_payment_file_with_one_given_back(self):
        self._payment_file("130", "PAY/2026/0001", truth=True, without=1)
        self.line("PAY/2026/0001", Decimal(114))

    def trap_payment_file_not_named(self):
        self._payment_file("161", "direct debits")

    def trap_payment_file_of_which_one_was_paid_otherwise(self):
        items = self._payment_file("161", "PAY/2026/0001")
        self.items.remove(items[0])

"""Decide which open items a bank line pays: post what is proven, rank the rest for a person.

Evidence, strongest first, as accountants weigh it. The first level that leaves just one way wins:

* ``structured``, ``end_to_end``: a reference with check digits, or the id a payment was ordered
  under, and the exact amount;
* ``reference``: the label names documents (or their orders) as whole tokens, their open amounts
  add up to the line exactly, and nothing known about the payer speaks against it;
* ``payment``: a registered payment bears the label as its memo;
* ``payout``: a payment provider's payout, as the sum of its transactions less its fee;
* ``batch``: a payment file that the bank books as one sum, named and to the cent;
* ``chargeback``: money goes back that had paid the document the label names;
* ``discount``, ``tolerance``: as ``reference``, less an early payment's discount in time, or a
  bank's fee within the limits;
* ``partner``: the payer is certain and exactly one of his open items has exactly this amount, or
  it is all he has open;
* ``fee``: a person said before where lines with this label are booked.

Two items that fit equally well are never chosen between; items of another currency, sign or
company, too old ones, and lines in a locked period are left to a person. Names, sums of several
items, bare amounts and digits that changed places only rank suggestions: measured on price-list
amounts, a chance subset fits an unrelated payment more often than not.

Work grows with lines plus items: items are looked up by reference, by amount and by partner.
"""

from .matching_book import Book, is_fresh
from .matching_facts import (
    LEVELS,
    BankLine,
    Batch,
    Candidate,
    Closed,
    Decision,
    Entry,
    Fee,
    Item,
    Limits,
    Payout,
)
from .matching_post import LADDER, by_partner, resolve_payout, together
from .matching_suggest import suggest

__all__ = [
    "LEVELS",
    "BankLine",
    "Batch",
    "Candidate",
    "Closed",
    "Decision",
    "Entry",
    "Fee",
    "Item",
    "Limits",
    "Payout",
    "match",
    "settled_by",
]


def match(lines, items, closed=(), payouts=(), limits=None, batches=()):
    """Decide about many lines at once.

    :param lines: iterable of :class:`BankLine`
    :param items: iterable of :class:`Item`
    :param closed: iterable of :class:`Closed`
    :param payouts: iterable of :class:`Payout`
    :param limits: :class:`Limits`
    :param batches: iterable of :class:`Batch`
    :return: dict ``{line id: Decision}``. No item is posted twice (but for lines that pay one
        document together), and the order of the arguments makes no difference: earlier lines (by
        date, then id) are served first.
    """
    limits = limits or Limits()
    book = Book(items, closed, payouts, batches)
    queue = sorted(lines, key=lambda line: (line.date, line.id))
    named = {line.id: book.mentions(line) for line in queue}
    posted = {}
    for attempt in LADDER:
        if attempt is by_partner:
            _post_together(book, queue, named, posted, limits)
        for line in queue:
            if line.id in posted or not _may_post(line):
                continue
            candidate = attempt(book, line, named[line.id], limits)
            if candidate and _is_allowed(book, line, candidate, limits):
                posted[line.id] = candidate
                book.claim(candidate.items)
    book.forget_claimed()
    return {
        line.id: Decision(line.id, posted[line.id])
        if line.id in posted
        else suggest(book, line, named[line.id], limits)
        for line in queue
    }


def settled_by(items, payouts):
    """Ids of the items that payouts will settle, by the numbers of their transactions.

    :param items: iterable of :class:`Item`
    :param payouts: iterable of :class:`Payout`
    """
    book = Book(items, (), payouts)
    return {item.id for payout in payouts for item in resolve_payout(book, payout)[0]}


def _may_post(line):
    return line.may_post and not line.locked and line.amount


def _is_allowed(book, line, candidate, limits):
    """Whether nobody turned these items down for this line, and none is too old."""
    items = [book.items[item] for item in candidate.items if item in book.items]
    return frozenset(candidate.items) not in line.refused and is_fresh(line, items, limits)


def _post_together(book, queue, named, posted, limits):
    """Post lines that only together pay the document each of them names: all or none."""
    free = [line for line in queue if line.id not in posted and _may_post(line)]
    found = together(book, free, named)
    groups = {}
    for line in free:
        if line.id in found:
            groups.setdefault(found[line.id].items, []).append(line)
    for items, payers in groups.items():
        if all(_is_allowed(book, line, found[line.id], limits) for line in payers):
            posted.update({line.id: found[line.id] for line in payers})
            book.claim(items)

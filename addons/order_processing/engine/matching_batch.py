"""A payment file that the bank books as one sum: direct debits collected, transfers paid.

The bank may book the whole file, or each of its batches (payments of one kind and day), under the
message id or the batch's own id. ISO 20022: ``GrpHdr/MsgId`` and ``PmtInf/PmtInfId``, which come
back as ``NtryDtls/Btch`` of a camt.053. What came back before it was booked is missing in the sum.
"""

import re
from itertools import combinations

from .matching_book import flat, plain, total
from .matching_facts import Candidate

#: Days between the file's day and the bank's line, where only the amount tells.
BATCH_DAYS = 7
#: How many payments may be missing in the sum for the others to be proposed.
MAX_MISSING = 2
#: Payments of a batch among which the missing ones are looked for.
MAX_MEMBERS = 500


def by_batch(book, line, mentions, _limits):
    """The label names a payment file, and the payments still open in it are exactly the line."""
    found = {}
    for batch in _named(book, line):
        items = _members(book, batch)
        if len(items) == len(batch.items) and items and total(items) == line.amount:
            found[frozenset(item.id for item in items)] = (batch, items)
    if len(found) != 1:
        return None
    ((batch, items),) = found.values()
    if _is_contradicted(book, line, items, mentions):
        return None
    return _candidate(batch, items, 98, "batch_whole")


def suggest_batch(book, line):
    """What a person may choose where a payment file was booked otherwise than told."""
    named = _named(book, line)
    for batch in named or _alike(book, line):
        items = _members(book, batch)
        if not items:
            continue
        if total(items) == line.amount:
            if not named:
                yield _candidate(batch, items, 84, "batch_amount")
            elif len(items) == len(batch.items):
                yield _candidate(batch, items, 94, "batch_whole")
            else:
                yield _candidate(batch, items, 90, "batch_rest", missing=_count(batch, items))
            continue
        rest = _without_missing(items, line.amount)
        if rest:
            yield _candidate(batch, rest, 86, "batch_less", missing=_count(batch, rest))
        elif (total(items) > 0) == (line.amount > 0):
            amounts = {"open": total(items), "amount": line.amount}
            yield _candidate(batch, items, 73, "batch_other_amount", **amounts)


def _candidate(batch, items, score, why, **facts):
    facts = {"names": [*batch.references[:1]], "count": len(items), **facts}
    return Candidate(tuple(item.id for item in items), score, "batch", why, facts)


def _count(batch, items):
    return len(batch.items) - len(items)


def _named(book, line):
    """Batches the labels name as whole words, of the line's sign and currency."""
    text = plain(" ".join(line.labels))
    return [batch for batch in _same_way(book, line) if _is_named(batch, text)]


def _is_named(batch, text):
    for reference in map(plain, batch.references):
        if len(reference) > 3 and reference in text:
            # A number must not be the head of a longer one.
            if re.search(rf"(?<![A-Z0-9]){re.escape(reference)}(?![A-Z0-9])", text):
                return True
    return False


def _alike(book, line):
    """The one unnamed batch of exactly the amount, booked about its day."""
    found = [
        batch
        for batch in _same_way(book, line)
        if batch.total == line.amount and abs((line.date - batch.date).days) <= BATCH_DAYS
    ]
    same = {frozenset(item for item, _amount in batch.items) for batch in found}
    return found[:1] if len(same) == 1 and len(found[0].items) > 1 else []


def _same_way(book, line):
    return [
        batch
        for batch in book.batches.get((line.scope, line.currency), ())
        if (batch.total > 0) == (line.amount > 0)
    ]


def _members(book, batch):
    """Items of a batch that are open in the amount the bank was told."""
    items = [book.items[item] for item, _amount in batch.items if item in book.items]
    told = dict(batch.items)
    return [
        item
        for item in book.free(items)
        if item.residual == told[item.id]
        and item.currency == batch.currency
        and batch.scope in item.scopes
    ]


def _without_missing(items, amount):
    """Items without the one or two that make the difference, if only one choice does."""
    if len(items) > MAX_MEMBERS:
        return None
    missing = total(items) - amount
    choices = []
    for size in range(1, min(MAX_MISSING, len(items) - 1) + 1):
        choices += [each for each in combinations(items, size) if total(each) == missing]
        if len(choices) > 1:
            return None
    return [item for item in items if item not in choices[0]] if choices else None


def _is_contradicted(book, line, items, mentions):
    """Whether payer or label speak of something else than the batch."""
    if line.partner and {item.partner for item in items} != {line.partner}:
        return True
    own = {item.document for item in items}
    named = {document for mention in mentions if mention.strong for document in mention.documents}
    return any(item.document not in own for item in flat(book.open_items(named, line.scope)))

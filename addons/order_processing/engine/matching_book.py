"""The open items, findable by reference, end-to-end id, memo, amount and partner."""

from collections import defaultdict
from decimal import Decimal

from .references import ReferenceIndex, normalise

#: A reference on more open documents than this is a customer's number, not a document's.
MAX_SHARING = 40


class Book:
    """What lines may pay, minus what was claimed for one already."""

    def __init__(self, items, closed=(), payouts=(), batches=()):
        self.items = {item.id: item for item in items}
        self.closed = {document.document: document for document in closed}
        self.claimed = set()
        self.documents = defaultdict(list)
        self.by_amount = defaultdict(list)
        self.by_partner = defaultdict(list)
        self.by_memo = defaultdict(list)
        self.by_end = defaultdict(list)
        self.by_payout = defaultdict(list)
        self.batches = defaultdict(list)
        self.references = defaultdict(ReferenceIndex)
        for item in sorted(self.items.values(), key=lambda item: (item.due, item.id)):
            self._add(item)
        self.by_fit = self._sets_by_amount()
        for document in closed:
            for scope in document.scopes:
                self.references[scope].add(document.document, document.references)
        for payout in sorted(payouts, key=lambda payout: (payout.date, payout.id)):
            self.by_payout[payout.scope, payout.currency, payout.amount].append(payout)
        for batch in sorted(batches, key=lambda batch: (batch.date, batch.id, batch.items)):
            self.batches[batch.scope, batch.currency].append(batch)

    def _add(self, item):
        self.documents[item.document].append(item)
        for scope in item.scopes:
            self.references[scope].add(item.document, item.references, item.order_references)
            self.by_amount[scope, item.currency, item.residual].append(item)
            if item.partner:
                self.by_partner[scope, item.partner, item.currency].append(item)
            if item.memo:
                key = (scope, item.currency, item.residual, plain(item.memo))
                self.by_memo[key].append(item)
            for end in item.ends:
                self.by_end[scope, plain(end)].append(item)

    def claim(self, ids):
        """Take items out of the running: a line was matched with them."""
        self.claimed.update(ids)

    def free(self, items):
        """Those of ``items`` that no line was matched with."""
        return [item for item in items if item.id not in self.claimed]

    def mentions(self, line):
        """References in the line's labels, each set of documents once."""
        index = self.references.get(line.scope)
        found = {}
        for label in line.labels if index else ():
            for mention in index.find(label):
                if len(mention.documents) > MAX_SHARING:
                    continue
                known = found.get(mention.documents)
                if not known or mention.strong > known.strong:
                    found[mention.documents] = mention
        return sorted(found.values(), key=lambda mention: (mention.text, sorted(mention.documents)))

    def swapped(self, line):
        """References the labels bear but for two digits that changed places."""
        index = self.references.get(line.scope)
        return [mention for label in line.labels if index for mention in index.find_swapped(label)]

    def open_items(self, documents, scope):
        """Unclaimed items of documents, by document."""
        result = {}
        for document in sorted(documents):
            items = [
                item for item in self.free(self.documents.get(document, ())) if scope in item.scopes
            ]
            if items:
                result[document] = items
        return result

    def _sets_by_amount(self):
        """What one payment may settle of a partner: single items, and documents in instalments."""
        sets = defaultdict(list)
        for document in self.documents.values():
            for group in [[item] for item in document] + ([document] if len(document) > 1 else []):
                first = group[0]
                alike = all(
                    (item.partner, item.currency, item.scopes)
                    == (first.partner, first.currency, first.scopes)
                    for item in group
                )
                for scope in first.scopes if first.partner and alike else ():
                    key = (scope, first.partner, first.currency, total(group))
                    sets[key].append(tuple(item.id for item in group))
        return sets

    def fitting(self, line):
        """Sets of the payer's unclaimed items that make exactly the line's amount."""
        key = (line.scope, line.partner, line.currency, line.amount)
        return sorted(ids for ids in self.by_fit.get(key, ()) if not self.claimed.intersection(ids))

    def forget_claimed(self):
        """Drop claimed items from the lists that suggestions walk through."""
        for table in (self.by_amount, self.by_partner):
            for key, items in table.items():
                table[key] = self.free(items)


def plain(text):
    """How ids and memos compare: upper case, single blanks."""
    return " ".join(normalise(text).split())


def total(items):
    """What items come to."""
    return sum((item.residual for item in items), Decimal())


def flat(groups):
    """All items of groups by document."""
    return [item for group in groups.values() for item in group]


def partners_of(groups):
    """Whose the items of groups are."""
    return {item.partner for item in flat(groups)}


def is_fresh(line, items, limits):
    """Whether none of the items is too old to be paid without a person looking at it."""
    return not limits.oldest or all((line.date - item.day).days <= limits.oldest for item in items)

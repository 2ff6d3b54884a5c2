"""Decide which open items a bank line pays: post what is proven, rank the rest for a person.

Evidence, strongest first, as accountants weigh it:

* ``reference``: the label names documents (or their orders) as whole tokens, their open amounts
  add up to the line exactly, and nothing known about the payer speaks against it;
* ``partner``: the payer is certain and exactly one of his open items has exactly this amount.

Only these two post. Two items that fit equally well are never chosen between. Names, sums of
several items and bare amounts only rank suggestions: measured on price-list amounts, a chance
subset fits an unrelated payment more often than not.

Work grows with lines plus items: items are looked up by reference, by amount and by partner.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import combinations

from rapidfuzz import fuzz

from .references import ReferenceIndex, normalise

MAX_SUGGESTIONS = 5
#: Items of one amount that are compared by name, the oldest first.
MAX_SAME_AMOUNT = 40
#: A reference on more open documents than this is a customer's number, not a document's.
MAX_SHARING = 40
#: Items of one partner among which sums are tried, and how many of them make a sum.
MAX_SUM_ITEMS, MAX_SUM_SIZE = 12, 4
NAME_ALIKE = 85

_LEGAL_FORMS = frozenset(
    "AB AG AS BV CO COMPANY CORP CORPORATION GMBH INC KG LIMITED LLC LLP LTD NV OY PLC PTY SA SAS"
    " SARL SL SPA SRL THE".split()
)


@dataclass(frozen=True)
class Item:
    """One open journal item: an invoice's, an instalment's, a credit note's or a payment's.

    ``residual`` is in ``currency`` and signed as the bank would see it paid: positive comes in.
    """

    id: int
    document: int
    residual: Decimal
    currency: str
    scopes: tuple[int, ...]
    partner: int | None = None
    partner_name: str = ""
    due: date = date.min
    references: tuple[str, ...] = ()
    order_references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Closed:
    """A document that is paid already: naming it again says something too."""

    document: int
    scopes: tuple[int, ...]
    references: tuple[str, ...]


@dataclass(frozen=True)
class BankLine:
    """One bank line. ``partner`` only when certain; ``refused`` are sets a person turned down."""

    id: int
    date: date
    amount: Decimal
    currency: str
    scope: int
    labels: tuple[str, ...]
    partner: int | None = None
    partner_name: str = ""
    refused: frozenset = frozenset()
    may_post: bool = True


@dataclass(frozen=True)
class Candidate:
    """Items a line may pay. ``why`` is a code and ``facts`` what a sentence about it needs."""

    items: tuple[int, ...]
    score: int
    level: str
    why: str
    facts: dict = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Decision:
    """What to do with one line: ``post`` one candidate, or show ``suggestions``, best first.

    ``note`` is a code for what stood in the way when neither says it.
    """

    line: int
    post: Candidate | None = None
    suggestions: tuple[Candidate, ...] = ()
    note: str = ""
    facts: dict = field(default_factory=dict, compare=False)


def match(lines, items, closed=()):
    """Decide about many lines at once.

    :param lines: iterable of :class:`BankLine`
    :param items: iterable of :class:`Item`
    :param closed: iterable of :class:`Closed`
    :return: dict ``{line id: Decision}``. No item is posted twice, and the order of the
        arguments makes no difference: earlier lines (by date, then id) are served first.
    """
    book = _Book(items, closed)
    queue = sorted(lines, key=lambda line: (line.date, line.id))
    named = {line.id: book.mentions(line) for line in queue}
    posted = {}
    for attempt in (_by_reference, _by_partner):
        for line in queue:
            if line.id in posted or not line.may_post or not line.amount:
                continue
            candidate = attempt(book, line, named[line.id])
            if candidate and frozenset(candidate.items) not in line.refused:
                posted[line.id] = candidate
                book.claim(candidate.items)
    book.forget_claimed()
    return {
        line.id: Decision(line.id, posted[line.id])
        if line.id in posted
        else _suggest(book, line, named[line.id])
        for line in queue
    }


class _Book:
    """The open items, findable by reference, by amount and by partner, minus those claimed."""

    def __init__(self, items, closed):
        self.items = {item.id: item for item in items}
        self.claimed = set()
        self.documents = defaultdict(list)
        self.by_amount = defaultdict(list)
        self.by_partner = defaultdict(list)
        self.references = defaultdict(ReferenceIndex)
        for item in sorted(self.items.values(), key=lambda item: (item.due, item.id)):
            self.documents[item.document].append(item)
            for scope in item.scopes:
                self.references[scope].add(item.document, item.references, item.order_references)
                self.by_amount[scope, item.currency, item.residual].append(item)
                if item.partner:
                    self.by_partner[scope, item.partner, item.currency].append(item)
        self.by_fit = self._sets_by_amount()
        for document in closed:
            for scope in document.scopes:
                self.references[scope].add(document.document, document.references)

    def claim(self, ids):
        """Take items out of the running: a line was matched with them."""
        self.claimed.update(ids)

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

    def open_items(self, documents, scope):
        """Unclaimed items of documents, by document."""
        result = {}
        for document in sorted(documents):
            items = [
                item
                for item in self.documents.get(document, ())
                if item.id not in self.claimed and scope in item.scopes
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
                    key = (scope, first.partner, first.currency, _total(group))
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
                table[key] = [item for item in items if item.id not in self.claimed]


def _total(items):
    return sum((item.residual for item in items), Decimal())


def _flat(groups):
    return [item for group in groups.values() for item in group]


# === POSTING === #


def _by_reference(book, line, mentions):
    """The label names documents and their open amounts are exactly the line's."""
    usable = [mention for mention in mentions if mention.strong]
    if not usable and line.partner:
        usable = mentions
    single, several = {}, []
    for mention in usable:
        groups = book.open_items(mention.documents, line.scope)
        if line.partner and len(groups) > 1:
            own = {
                document: items
                for document, items in groups.items()
                if items[0].partner == line.partner
            }
            groups = own or groups
        if len(groups) == 1:
            single.update(groups)
        elif groups:
            several.append(groups)
        else:
            # It names something that isn't open any more: a person should see that.
            return None
    chosen = _exact(line, single, several)
    if not chosen:
        return None
    partners = {item.partner for item in chosen}
    if (
        len(partners) != 1
        or (line.partner and partners != {line.partner})
        or (any(_partners(groups) != partners for groups in several))
        or any(item.currency != line.currency for item in chosen)
    ):
        return None
    names = [mention.text for mention in usable]
    return Candidate(
        tuple(item.id for item in chosen), 100, "reference", "reference_exact", {"names": names}
    )


def _exact(line, single, several):
    """Items of the named documents that make the amount in the one possible way, or nothing."""
    if single:
        items = _flat(single)
        if _total(items) == line.amount:
            return items
        if len(single) == 1 and not several:
            # An instalment: of equal ones the one due first, as its own invoice is certain.
            return next(([item] for item in items if item.residual == line.amount), None)
    everything = dict(single)
    for groups in several:
        everything.update(groups)
    items = _flat(everything)
    if items and _total(items) == line.amount:
        return items
    if not single and len(several) == 1:
        fitting = [group for group in several[0].values() if _total(group) == line.amount]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _partners(groups):
    return {item.partner for item in _flat(groups)}


def _by_partner(book, line, mentions):
    """The payer is certain and one open item of his, and only one, has this amount."""
    if not line.partner or any(mention.strong for mention in mentions):
        return None
    fitting = book.fitting(line)
    if len(fitting) != 1:
        return None
    return Candidate(fitting[0], 90, "partner", "partner_exact")


# === SUGGESTING === #


def _suggest(book, line, mentions):
    """Rank what a person might choose for a line that proved nothing."""
    note, facts = "", {}
    found = []
    for mention in mentions:
        groups = book.open_items(mention.documents, line.scope)
        if not groups and mention.strong:
            note, facts = "named_closed", {"names": [mention.text]}
        found += _named(line, mention, groups)
    found += _named_together(book, line, mentions)
    found += _of_partner(book, line, mentions)
    found += _of_amount(book, line)
    best = {}
    for candidate in found:
        key = frozenset(candidate.items)
        if key in line.refused:
            continue
        if key not in best or candidate.score > best[key].score:
            best[key] = candidate
    ranked = sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.items))
    return Decision(line.id, None, tuple(ranked[:MAX_SUGGESTIONS]), note, facts)


def _named(line, mention, groups):
    """One suggestion per document a reference leads to."""
    for items in groups.values():
        ids = tuple(item.id for item in items)
        facts = {"names": [mention.text], "open": _total(items), "amount": line.amount}
        exact = _total(items) == line.amount
        if any(item.currency != line.currency for item in items):
            yield Candidate(ids, 45, "reference", "other_currency", facts)
        elif line.partner and items[0].partner != line.partner:
            yield Candidate(ids, 70 if exact else 35, "reference", "other_partner", facts)
        elif not mention.strong:
            if exact:
                yield Candidate(ids, 65, "reference", "reference_short", facts)
        elif exact and line.may_post:
            yield Candidate(ids, 85, "reference", "reference_unclear", facts)
        elif exact:
            yield Candidate(ids, 95, "reference", "reference_exact", facts)
        elif (_total(items) > 0) == (line.amount > 0):
            yield Candidate(ids, 75, "reference", "other_amount", facts)


def _named_together(book, line, mentions):
    """All named documents at once, when they make the amount but something speaks against it."""
    groups = {}
    for mention in mentions:
        if mention.strong:
            groups.update(book.open_items(mention.documents, line.scope))
    items = _flat(groups)
    same = all(item.currency == line.currency for item in items)
    if len(groups) > 1 and same and _total(items) == line.amount:
        why = "several_partners" if len(_partners(groups)) > 1 else "reference_exact"
        names = [mention.text for mention in mentions]
        yield Candidate(tuple(i.id for i in items), 88, "reference", why, {"names": names})


def _of_partner(book, line, mentions):
    """What a certain payer has open: same amounts, the whole balance, one possible sum."""
    if not line.partner:
        return
    fitting = book.fitting(line)
    items = book.by_partner.get((line.scope, line.partner, line.currency), ())
    for ids in fitting[:MAX_SUGGESTIONS]:
        facts = {"count": len(fitting), "names": [mention.text for mention in mentions]}
        if len(fitting) > 1:
            yield Candidate(ids, 60, "partner", "partner_tie", facts)
        elif mentions:
            yield Candidate(ids, 62, "partner", "partner_other_name", facts)
        else:
            yield Candidate(ids, 90, "partner", "partner_exact", facts)
    if 1 < len(items) <= MAX_SHARING and _total(items) == line.amount:
        ids = tuple(item.id for item in items)
        yield Candidate(ids, 64, "sum", "whole_balance", {"count": len(items)})
    sums = _only_sum(items, line.amount)
    if sums:
        yield Candidate(sums, 55, "sum", "sum_of_items", {"count": len(sums)})


def _only_sum(items, amount):
    """The one set of two to MAX_SUM_SIZE items that makes ``amount``, if there is just one."""
    if not 1 < len(items) <= MAX_SUM_ITEMS:
        return None
    solution = None
    for size in range(2, min(MAX_SUM_SIZE, len(items)) + 1):
        for group in combinations(items, size):
            if _total(group) == amount:
                if solution:
                    return None
                solution = tuple(item.id for item in group)
    return solution


def _of_amount(book, line):
    """Items of exactly this amount, whoever owes them: ranked by name, never proven by it."""
    items = book.by_amount.get((line.scope, line.currency, line.amount), ())
    payer = _plain_name(line.partner_name) or _plain_name(" ".join(line.labels))
    for item in items[:MAX_SAME_AMOUNT]:
        if line.partner and item.partner == line.partner:
            continue
        alike = _alike(payer, item.partner_name)
        facts = {"count": len(items), "partner": item.partner_name, "alike": alike}
        if line.partner:
            yield Candidate((item.id,), 15, "amount", "amount_other_partner", facts)
        elif alike >= NAME_ALIKE:
            yield Candidate(
                (item.id,), 40 + (alike - NAME_ALIKE) // 2, "name", "amount_name", facts
            )
        else:
            yield Candidate((item.id,), 20 + alike // 10, "amount", "amount_only", facts)


def _plain_name(name):
    words = [word.strip(".,;:()'\"") for word in normalise(name).split()]
    return " ".join(word for word in words if word and word not in _LEGAL_FORMS)


def _alike(payer, name):
    """Likeness of two names in whole percent; a name inside a longer label counts as alike."""
    name = _plain_name(name)
    if not payer or not name:
        return 0
    return int(max(fuzz.token_sort_ratio(payer, name), fuzz.token_set_ratio(payer, name) - 5))

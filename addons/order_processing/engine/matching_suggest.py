"""Rank what a person might choose for a line that proved nothing."""

from itertools import combinations

from rapidfuzz import fuzz

from .matching_batch import suggest_batch
from .matching_book import MAX_SHARING, flat, is_fresh, partners_of, plain, total
from .matching_facts import Candidate, Decision
from .matching_post import (
    fee_candidate,
    find_chargeback,
    find_payout,
    find_tolerance,
    payout_candidate,
    resolve_payout,
)

MAX_SUGGESTIONS = 5
#: Items of one amount that are compared by name, the oldest first.
MAX_SAME_AMOUNT = 40
#: Items of one partner among which sums are tried, and how many of them make a sum.
MAX_SUM_ITEMS, MAX_SUM_SIZE = 12, 4
NAME_ALIKE = 85

_LEGAL_FORMS = frozenset(
    "AB AG AS BV CO COMPANY CORP CORPORATION GMBH INC KG LIMITED LLC LLP LTD NV OY PLC PTY SA SAS"
    " SARL SL SPA SRL THE".split()
)


def suggest(book, line, mentions, limits):
    """What to show for ``line``: up to MAX_SUGGESTIONS candidates, and a note.

    :return: :class:`~.matching_facts.Decision` without ``post``
    """
    note, facts = "", {}
    found = []
    for mention in mentions:
        groups = book.open_items(mention.documents, line.scope)
        if not groups and mention.strong:
            note, facts = "named_closed", {"names": [mention.text]}
        found += _named(line, mention, groups, limits)
    if line.returned and line.amount < 0:
        note = note or "returned"
    if line.locked:
        note, facts = "locked", {}
    found += _named_together(book, line, mentions)
    found += _of_evidence(book, line, mentions, limits)
    if not any(mention.strong for mention in mentions):
        found += _swapped(book, line)
    fresh = limits.oldest
    for candidates in (_of_partner(book, line, mentions), _of_amount(book, line)):
        found += [
            candidate
            for candidate in candidates
            if not fresh or is_fresh(line, [book.items[i] for i in candidate.items], limits)
        ]
    best = {}
    for candidate in found:
        key = frozenset(candidate.items)
        if key in line.refused:
            continue
        if key not in best or candidate.score > best[key].score:
            best[key] = candidate
    ranked = sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.items))
    return Decision(line.id, None, tuple(ranked[:MAX_SUGGESTIONS]), note, facts)


def _of_evidence(book, line, mentions, limits):
    """What the stronger levels have to say where they didn't post."""
    tolerated = find_tolerance(book, line, mentions, limits)
    if tolerated:
        yield tolerated
    taken_back = find_chargeback(book, line, mentions)
    if taken_back:
        yield taken_back
    payout = find_payout(book, line)
    if payout:
        items, missing = resolve_payout(book, payout)
        if items:
            yield payout_candidate(line, payout, items, 72 if missing else 94, missing)
    yield from suggest_batch(book, line)
    if line.fee:
        yield fee_candidate(line, 91 if line.fee.sure else 66)


def _swapped(book, line):
    """Documents the label names but for two digits that changed places, of exactly the amount."""
    for mention in book.swapped(line):
        for items in book.open_items(mention.documents, line.scope).values():
            if total(items) == line.amount and items[0].currency == line.currency:
                ids = tuple(item.id for item in items)
                yield Candidate(
                    ids, 63, "reference", "reference_swapped", {"names": [mention.text]}
                )


def _is_swap(one, other):
    """Whether two amounts are the same but for two neighbouring digits."""
    one, other = f"{abs(one):f}", f"{abs(other):f}"
    places = [place for place, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1]
    return (
        len(one) == len(other)
        and len(places) == 2
        and one[places[0]] == other[places[1]]
        and one[places[1]] == other[places[0]]
        and one[places[0] + 1 : places[1]] in ("", ".", ",")
    )


def _named(line, mention, groups, limits):
    """One suggestion per document a reference leads to."""
    for items in groups.values():
        ids = tuple(item.id for item in items)
        facts = {"names": [mention.text], "open": total(items), "amount": line.amount}
        exact = total(items) == line.amount
        if any(item.currency != line.currency for item in items):
            yield Candidate(ids, 45, "reference", "other_currency", facts)
        elif line.partner and items[0].partner != line.partner:
            yield Candidate(ids, 70 if exact else 35, "reference", "other_partner", facts)
        elif not mention.strong:
            if exact:
                yield Candidate(ids, 65, "reference", "reference_short", facts)
        elif exact and not is_fresh(line, items, limits):
            yield Candidate(ids, 80, "reference", "reference_old", facts)
        elif exact and line.may_post:
            yield Candidate(ids, 85, "reference", "reference_unclear", facts)
        elif exact:
            yield Candidate(ids, 95, "reference", "reference_exact", facts)
        elif _is_swap(total(items), line.amount):
            yield Candidate(ids, 78, "reference", "amount_swapped", facts)
        elif (total(items) > 0) == (line.amount > 0):
            yield Candidate(ids, 75, "reference", "other_amount", facts)


def _named_together(book, line, mentions):
    """All named documents at once, when they make the amount but something speaks against it."""
    groups = {}
    for mention in mentions:
        if mention.strong:
            groups.update(book.open_items(mention.documents, line.scope))
    items = flat(groups)
    same = all(item.currency == line.currency for item in items)
    if len(groups) > 1 and same and total(items) == line.amount:
        why = "several_partners" if len(partners_of(groups)) > 1 else "reference_exact"
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
    if 1 < len(items) <= MAX_SHARING and total(items) == line.amount:
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
            if total(group) == amount:
                if solution:
                    return None
                solution = tuple(item.id for item in group)
    return solution


def _of_amount(book, line):
    """Items of exactly this amount, whoever owes them: ranked by name, never proven by it."""
    items = book.by_amount.get((line.scope, line.currency, line.amount), ())
    payer = plain_name(line.partner_name) or plain_name(" ".join(line.labels))
    for item in items[:MAX_SAME_AMOUNT]:
        if line.partner and item.partner == line.partner:
            continue
        alike = _alike(payer, item.partner_name)
        facts = {"count": len(items), "partner": item.partner_name, "alike": alike}
        if line.likely and item.partner == line.likely:
            yield Candidate((item.id,), 58, "name", "amount_learnt", facts)
        elif line.partner:
            yield Candidate((item.id,), 15, "amount", "amount_other_partner", facts)
        elif alike >= NAME_ALIKE:
            yield Candidate(
                (item.id,), 40 + (alike - NAME_ALIKE) // 2, "name", "amount_name", facts
            )
        else:
            yield Candidate((item.id,), 20 + alike // 10, "amount", "amount_only", facts)


def plain_name(name):
    words = [word.strip(".,;:()'\"") for word in plain(name).split()]
    return " ".join(word for word in words if word and word not in _LEGAL_FORMS)


def _alike(payer, name):
    """Likeness of two names in whole percent; a name inside a longer label counts as alike."""
    name = plain_name(name)
    if not payer or not name:
        return 0
    return int(max(fuzz.token_sort_ratio(payer, name), fuzz.token_set_ratio(payer, name) - 5))

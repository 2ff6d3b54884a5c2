"""The levels that may post by themselves, each a function of the book, a line and its mentions.

Each gives a :class:`~.matching_facts.Candidate` for the one way that is proven, or nothing.
"""

from collections import defaultdict
from decimal import Decimal

from .matching_batch import by_batch
from .matching_book import MAX_SHARING, flat, partners_of, plain, total
from .matching_facts import Candidate

#: Days between a provider's payout and the bank's line, where only provider and amount tell.
PAYOUT_DAYS = 7
#: Sums of a payer's items looked at before a whole balance counts as one choice of many.
MAX_SUMS = 20_000


def by_end_to_end(book, line, _mentions, _limits):
    """The bank hands back the id a payment was ordered or collected under."""
    if not line.end_to_end:
        return None
    items = book.free(book.by_end.get((line.scope, plain(line.end_to_end)), ()))
    if (
        len({item.document for item in items}) != 1
        or total(items) != line.amount
        or any(item.currency != line.currency for item in items)
        or (line.partner and {item.partner for item in items} != {line.partner})
    ):
        return None
    return Candidate(
        _ids(items), 100, "end_to_end", "end_to_end_exact", {"names": [line.end_to_end]}
    )


def by_reference(book, line, mentions, _limits):
    """The label names documents and their open amounts are exactly the line's."""
    named = _named(book, line, mentions)
    if not named:
        return None
    single, several, usable = named
    chosen = _exact(line, single, several)
    if not chosen or not _of_one_partner(line, chosen, several):
        return None
    level = "structured" if all(mention.structured for mention in usable) else "reference"
    names = [mention.text for mention in usable]
    return Candidate(_ids(chosen), 100, level, "reference_exact", {"names": names})


def by_payment(book, line, mentions, _limits):
    """A registered payment bears the label as its memo, and has exactly this amount."""
    found = {}
    for label in line.labels:
        key = (line.scope, line.currency, line.amount, plain(label))
        found.update({item.id: item for item in book.free(book.by_memo.get(key, ()))})
    if len(found) != 1 or not plain("".join(line.labels)):
        return None
    (item,) = found.values()
    named = {document for mention in mentions if mention.strong for document in mention.documents}
    if (line.partner and item.partner != line.partner) or (
        named and item.document not in named and book.open_items(named, line.scope)
    ):
        return None
    return Candidate((item.id,), 95, "payment", "payment_memo", {"names": [item.memo]})


def by_payout(book, line, _mentions, _limits):
    """A provider's payout of this amount, whose every transaction is open here."""
    payout = find_payout(book, line)
    if not payout:
        return None
    items, missing = resolve_payout(book, payout)
    if missing or not items:
        return None
    gross = sum((entry.amount for entry in payout.entries), Decimal())
    if total(items) != gross:
        return None
    return payout_candidate(line, payout, items, 100)


def find_payout(book, line):
    """The one payout a line can be: by its id in the label, else by provider, day and amount."""
    payouts = book.by_payout.get((line.scope, line.currency, line.amount), ())
    text = plain(" ".join(line.labels))
    named = [
        payout for payout in payouts if any(_is_in(plain(ref), text) for ref in payout.references)
    ]
    if not named:
        named = [
            payout
            for payout in payouts
            if payout.provider
            and _is_in(plain(payout.provider), text)
            and abs((line.date - payout.date).days) <= PAYOUT_DAYS
        ]
    return named[0] if len(named) == 1 else None


def resolve_payout(book, payout):
    """Open items of a payout's transactions, and the transactions that lead to none or several."""
    items, missing, taken = [], [], set()
    index = book.references.get(payout.scope)
    for entry in payout.entries:
        documents = {
            document
            for reference in entry.references
            for mention in (index.find(reference) if index else ())
            if mention.strong
            for document in mention.documents
        }
        groups = book.open_items(documents, payout.scope)
        fitting = [
            item
            for item in flat(groups)
            if item.residual == entry.amount
            and item.currency == payout.currency
            and item.id not in taken
        ]
        if len(fitting) == 1:
            items += fitting
            taken.add(fitting[0].id)
        else:
            missing.append(entry)
    return items, missing


def payout_candidate(line, payout, items, score, missing=()):
    """What to do with a payout's line: its items, and the provider's fee as a write-off."""
    names = [*payout.references[:1]] or [payout.provider]
    return Candidate(
        _ids(items),
        score,
        "payout",
        "payout_part" if missing else "payout_whole",
        {"names": names, "count": len(items), "missing": len(missing), "payout": payout.id},
        Decimal() if missing else line.amount - total(items),
    )


def by_chargeback(book, line, mentions, _limits):
    """Money goes back: the label names one document, and this amount had paid it."""
    candidate = find_chargeback(book, line, mentions)
    return candidate if candidate and candidate.score == 100 else None


def find_chargeback(book, line, mentions):
    """The payment a line takes back; certain (score 100) where just one can be meant."""
    strong = [mention for mention in mentions if mention.strong]
    documents = {document for mention in strong for document in mention.documents}
    closed = [book.closed[document] for document in sorted(documents) if document in book.closed]
    if line.amount >= 0 or not closed or book.open_items(documents, line.scope):
        return None
    payments = [
        payment
        for document in closed
        for payment in document.payments
        if payment[1:] == (-line.amount, line.currency)
    ]
    if not payments:
        return None
    certain = len(documents) == 1 and len(payments) == 1
    names = [mention.text for mention in strong]
    return Candidate(
        (payments[0][0],), 100 if certain else 70, "chargeback", "chargeback", {"names": names}
    )


def by_discount(book, line, mentions, _limits):
    """The label names documents, and the line is what they cost if paid as early as it is."""
    named = _named(book, line, mentions)
    if not named:
        return None
    single, several, usable = named
    items = flat(single)
    if several or not items or not _of_one_partner(line, items):
        return None
    paid = Decimal()
    for item in items:
        in_time = item.discounted is not None and line.date <= item.discount_until
        paid += item.discounted if in_time else item.residual
    if paid != line.amount or paid == total(items):
        return None
    facts = {"names": [mention.text for mention in usable], "discount": total(items) - paid}
    return Candidate(_ids(items), 97, "discount", "discount", facts, line.amount - total(items))


def by_tolerance(book, line, mentions, limits):
    """The label names documents, and a bank's fee may be all that is missing."""
    candidate = find_tolerance(book, line, mentions, limits)
    return candidate if limits.post_fees else None


def find_tolerance(book, line, mentions, limits):
    """Named documents that the line misses by no more than the fee allowed."""
    named = _named(book, line, mentions)
    if not named or not limits.fee:
        return None
    single, several, usable = named
    items = flat(single)
    if several or not items or not _of_one_partner(line, items):
        return None
    missing = total(items) - line.amount
    most = min(limits.fee, abs(total(items)) * limits.fee_percent / 100)
    if not 0 < missing <= most or (total(items) > 0) != (line.amount > 0):
        return None
    facts = {"names": [mention.text for mention in usable], "missing": missing}
    return Candidate(_ids(items), 92, "tolerance", "fee_tolerance", facts, -missing)


def by_partner(book, line, mentions, _limits):
    """The payer is certain and owes exactly this: by one document, or by all he has open."""
    if not line.partner or any(mention.strong for mention in mentions):
        return None
    fitting = book.fitting(line)
    if len(fitting) == 1:
        return Candidate(fitting[0], 90, "partner", "partner_exact")
    if fitting or mentions:
        return None
    items = book.free(book.by_partner.get((line.scope, line.partner, line.currency), ()))
    if 1 < len(items) <= MAX_SHARING and total(items) == line.amount and _is_only_sum(items):
        return Candidate(_ids(items), 89, "partner", "whole_balance", {"count": len(items)})
    return None


def _is_only_sum(items):
    """Whether no other choice of these items comes to the same sum as all of them.

    Another choice leaves some out that come to nothing: invoices that credit notes make up for.
    So the sums of the invoices and those of the credit notes must have none in common.
    """
    owed = [item.residual for item in items if item.residual > 0]
    owing = [-item.residual for item in items if item.residual < 0]
    most = min(sum(owed), sum(owing))
    sums = [_sums(amounts, most) for amounts in (owed, owing)]
    return None not in sums and sums[0].isdisjoint(sums[1])


def _sums(amounts, most):
    """All sums of these amounts up to ``most``; none where there are too many to look at."""
    found = set()
    for amount in amounts:
        found |= {each for each in (amount, *(one + amount for one in found)) if each <= most}
        if len(found) > MAX_SUMS:
            return None
    return found


def by_fee(book, line, mentions, limits):
    """A person said where lines with this label belong: a bank's own fees."""
    if not line.fee or not line.fee.sure or any(mention.strong for mention in mentions):
        return None
    if abs(line.amount) > limits.write_off:
        return None
    return fee_candidate(line, 91)


def fee_candidate(line, score):
    """A line booked to the account that such lines were booked to before."""
    facts = {"account": line.fee.account}
    return Candidate((), score, "fee", "fee_learnt", facts, line.amount, line.fee.account)


def together(book, lines, named):
    """Lines that only together pay the one document each of them names.

    :param lines: lines not posted yet, in the order they are served
    :param named: dict ``{line id: mentions}``
    :return: dict ``{line id: Candidate}``
    """
    shares = defaultdict(list)
    for line in lines:
        found = _named(book, line, named[line.id])
        if not found or found[1] or len(found[0]) != 1:
            continue
        ((document, items),) = found[0].items()
        if (line.amount > 0) == (total(items) > 0) and _of_one_partner(line, items):
            shares[document, line.scope].append(line)
    result = {}
    for (document, scope), payers in sorted(shares.items()):
        items = book.open_items([document], scope)[document]
        if len(payers) < 2 or sum(line.amount for line in payers) != total(items):
            continue
        for line in payers:
            names = [mention.text for mention in named[line.id]]
            facts = {"names": names, "count": len(payers)}
            result[line.id] = Candidate(
                _ids(items), 96, "reference", "lines_together", facts, part=True
            )
    return result


LADDER = (
    by_end_to_end,
    by_reference,
    by_payment,
    by_payout,
    by_batch,
    by_chargeback,
    by_discount,
    by_tolerance,
    by_partner,
    by_fee,
)


# === WHAT LEVELS SHARE === #


def _named(book, line, mentions):
    """Open documents the label surely names: alone, several under one name, and the mentions.

    None where it names nothing, or something that isn't open any more: a person should see that.
    """
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
            return None
    return (single, several, usable) if usable else None


def _exact(line, single, several):
    """Items of the named documents that make the amount in the one possible way, or nothing."""
    if single:
        items = flat(single)
        if total(items) == line.amount:
            return items
        if len(single) == 1 and not several:
            # An instalment: of equal ones the one due first, as its own invoice is certain.
            return next(([item] for item in items if item.residual == line.amount), None)
    everything = dict(single)
    for groups in several:
        everything.update(groups)
    items = flat(everything)
    if items and total(items) == line.amount:
        return items
    if not single and len(several) == 1:
        fitting = [group for group in several[0].values() if total(group) == line.amount]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _of_one_partner(line, items, several=()):
    """Whether items are one partner's, the payer's if he is known, in the line's currency."""
    partners = {item.partner for item in items}
    return (
        len(partners) == 1
        and (not line.partner or partners == {line.partner})
        and all(partners_of(groups) == partners for groups in several)
        and all(item.currency == line.currency for item in items)
    )


def _is_in(word, text):
    return len(word) > 3 and f" {word} " in f" {text} "


def _ids(items):
    return tuple(item.id for item in items)

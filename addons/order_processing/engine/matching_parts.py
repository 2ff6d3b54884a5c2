"""Split decisions into parts that can be carried out at the same time, as values a job keeps."""

from dataclasses import fields
from decimal import Decimal

from .matching_facts import Candidate, Decision


def split(decisions, owners, size):
    """Lines of each part, none longer than ``size`` but for lines that pay a document together.

    Two parts never share an open item. Lines of one customer are kept together, and so are those
    that write something off, whose limit of a day is one number: transactions that wait for each
    other save no time.

    :param decisions: iterable of :class:`.matching.Decision`
    :param owners: dict ``{item id: partner id}``
    :param int size: lines in a part
    :return: list of lists of line ids
    """
    groups = {}
    for decision in decisions:
        post = decision.post
        key = ("items", *post.items) if post and post.part else ("line", decision.line)
        groups.setdefault(key, []).append(decision)
    ranked = sorted(groups.values(), key=lambda group: (*_place(group[0], owners), group[0].line))
    parts, kind = [], None
    for group in ranked:
        before, kind = kind, _place(group[0], owners)[0]
        if kind != before or len(parts[-1]) + len(group) > size:
            parts.append([])
        parts[-1] += [decision.line for decision in group]
    return parts


def _place(decision, owners):
    """Where a decision comes: what only suggests, what pays, what writes off; by customer."""
    post = decision.post
    if not post:
        return 0, 0
    return 2 if post.write_off else 1, min(
        (owners.get(item) or 0 for item in post.items), default=0
    )


def dump(decision):
    """A decision as JSON values, see :func:`load`."""
    return {
        "line": decision.line,
        "post": decision.post and _dump_candidate(decision.post),
        "suggestions": [_dump_candidate(candidate) for candidate in decision.suggestions],
        "note": decision.note,
        "facts": _dump_facts(decision.facts),
    }


def load(values):
    """The decision that :func:`dump` made ``values`` of."""
    return Decision(
        values["line"],
        values["post"] and _load_candidate(values["post"]),
        tuple(_load_candidate(each) for each in values["suggestions"]),
        values["note"],
        _load_facts(values["facts"]),
    )


def _dump_candidate(candidate):
    values = {each.name: getattr(candidate, each.name) for each in fields(Candidate)}
    return {
        **values,
        "items": list(candidate.items),
        "facts": _dump_facts(candidate.facts),
        "write_off": str(candidate.write_off),
    }


def _load_candidate(values):
    return Candidate(
        **{
            **values,
            "items": tuple(values["items"]),
            "facts": _load_facts(values["facts"]),
            "write_off": Decimal(values["write_off"]),
        }
    )


def _dump_facts(facts):
    return {
        key: {"decimal": str(value)} if isinstance(value, Decimal) else value
        for key, value in facts.items()
    }


def _load_facts(facts):
    return {
        key: Decimal(value["decimal"]) if isinstance(value, dict) else value
        for key, value in facts.items()
    }

"""The same order under another reference: sent by two systems, or twice by somebody in a hurry."""

from typing import Any, NamedTuple


class Placed(NamedTuple):
    """An order, as it is compared.

    :param content: customer, address, amount and lines; equal for what may be the same order
    :param ref: channel and reference; the same reference is the same order, not a duplicate
    """

    id: int
    content: Any
    ref: Any


def find_duplicates(fresh, earlier):
    """For each of ``fresh`` that says the same as an order before it, the id of that one.

    :param fresh: list of :class:`Placed`, just taken in
    :param earlier: list of :class:`Placed` within the window; may contain ``fresh``
    :return: dict id → id
    """
    seen = {}
    for order in sorted(earlier, key=lambda each: each.id):
        seen.setdefault(order.content, []).append(order)
    found = {}
    for order in fresh:
        before = [
            each
            for each in seen.get(order.content, ())
            if each.id < order.id and each.ref != order.ref
        ]
        if before:
            found[order.id] = before[-1].id
    return found

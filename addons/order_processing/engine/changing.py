"""What may still be changed of an order, by how far it is; and how.

Pure Python. ``decide`` knows the steps, ``check_lines`` the quantities.
"""

from dataclasses import dataclass
from decimal import Decimal

#: How far an order is, as far as changing it is concerned.
STAGES = ("quotation", "released", "picking", "labelled", "part_shipped", "shipped", "cancelled")

#: What is done about a wish.
APPLY = "apply"
ASK = "ask"  # the floor or the order desk is asked; nothing leaves until it answers
RETURN = "return"  # it has left: only a return helps
REFUSE = "refuse"


@dataclass(frozen=True)
class Wish:
    """What somebody wants changed."""

    is_cancel: bool = False
    is_less: bool = False
    is_more: bool = False
    is_address: bool = False
    is_date: bool = False


def decide(wish, stage, by_customer):
    """What is done about ``wish``.

    :param str stage: one of STAGES
    :param bool by_customer: staff have asked on the floor already, customers can't
    :return: APPLY, ASK, RETURN or REFUSE
    """
    if stage == "cancelled":
        return REFUSE
    if stage == "shipped":
        return RETURN if wish.is_cancel or wish.is_less else REFUSE
    if not by_customer:
        return APPLY
    if stage in ("picking", "labelled", "part_shipped"):
        return ASK
    if wish.is_more and stage != "quotation":
        # More goods may need credit, stock or another price: the order desk looks at it.
        return ASK
    return APPLY


@dataclass(frozen=True)
class LineWish:
    """One line: what is ordered, what shall be, and what has left already."""

    key: object
    old: Decimal
    new: Decimal
    shipped: Decimal
    rounding: Decimal


def check_lines(lines):
    """Sort out what changes and what can't.

    :param lines: list of :class:`LineWish`
    :return: (list of those that change, list of (key, code) of those that can't)
    """
    changes, problems = [], []
    for line in lines:
        if line.new < 0:
            problems.append((line.key, "negative"))
        elif line.new < line.shipped:
            problems.append((line.key, "shipped"))
        elif line.rounding and line.new % line.rounding:
            problems.append((line.key, "unit"))
        elif line.new != line.old:
            changes.append(line)
    return changes, problems

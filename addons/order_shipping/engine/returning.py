"""What of an order may come back, on what terms, and what the customer gets for it.

Pure Python over plain values; quantities and money are ``Decimal``. The models gather, this
decides, the models write.
"""

import datetime
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

#: What becomes of goods that came back.
OUTCOMES = ("restock", "quarantine", "repair", "scrap", "vendor")

REQUESTED = "requested"
APPROVED = "approved"
REFUSED = "refused"


@dataclass(frozen=True)
class Policy:
    """The terms of a company or channel."""

    days: int  # from delivery; 0: no returns but under warranty
    warranty_days: int = 0  # from delivery; 0: no warranty
    fee_percent: Decimal = ZERO
    customer_pays: bool = True  # for the way back, where the reason isn't our fault
    approval_limit: Decimal = ZERO  # 0: no return needs approval for its value


@dataclass(frozen=True)
class Reason:
    """Why something comes back. Our fault: no fee, and we pay the way back."""

    code: str
    is_our_fault: bool = False
    is_warranty: bool = False


@dataclass(frozen=True)
class Ask:
    """One line of a request against what was shipped of it."""

    key: object
    quantity: Decimal
    shipped: Decimal
    taken: Decimal  # already on other returns that aren't refused or cancelled
    rounding: Decimal  # of the unit
    value: Decimal  # what the customer paid for the quantity asked for
    reason: Reason
    delivered: datetime.date | None = None


@dataclass(frozen=True)
class Verdict:
    """What becomes of a request.

    ``problems``: of (key, code, limit) that refuse it; ``causes``: codes why somebody has to
    approve it; ``is_warranty``: it is a claim, past the days of the policy.
    """

    state: str
    problems: tuple = ()
    causes: tuple = ()
    is_warranty: bool = False


def to_rounding(quantity, rounding):
    """``quantity`` to the nearest multiple of ``rounding``, halves up."""
    if not rounding:
        return quantity
    return (quantity / rounding).quantize(Decimal(1), ROUND_HALF_UP) * rounding


def returnable(shipped, taken, rounding):
    """What may still come back: shipped minus already returned or asked for, never below zero."""
    return max(to_rounding(shipped - taken, rounding), ZERO)


def judge(asks, policy, today, by_customer=True, is_blind=False):
    """Decide about a request.

    :param asks: list of :class:`Ask`
    :param policy: :class:`Policy`
    :param date today: in the company's time zone
    :param bool by_customer: a customer asks; staff may go past the days with an approval
    :param bool is_blind: goods came without having been announced
    :return: :class:`Verdict`
    """
    problems, causes = [], []
    is_warranty = False
    if not any(to_rounding(ask.quantity, ask.rounding) > 0 for ask in asks):
        problems.append((None, "nothing", ZERO))
    for ask in asks:
        most = returnable(ask.shipped, ask.taken, ask.rounding)
        if ask.quantity < 0 or to_rounding(ask.quantity, ask.rounding) > most:
            problems.append((ask.key, "too_many", most))
        if ask.quantity <= 0:
            continue
        age = (today - ask.delivered).days if ask.delivered else 0
        if ask.reason.is_warranty or age > policy.days:
            if policy.warranty_days and age <= policy.warranty_days:
                is_warranty = True
            elif by_customer:
                problems.append((ask.key, "too_late", Decimal(policy.days)))
            else:
                causes.append("too_late")
    if is_warranty:
        causes.append("warranty")
    if is_blind:
        causes.append("blind")
    value = sum((ask.value for ask in asks), ZERO)
    if policy.approval_limit and value > policy.approval_limit:
        causes.append("value")
    causes = tuple(dict.fromkeys(causes))
    state = REFUSED if problems else REQUESTED if causes else APPROVED
    return Verdict(state, tuple(problems), causes, is_warranty)


def fee_percent(policy, reason):
    """Restocking fee in percent: none where it is our fault or a warranty claim."""
    if reason.is_our_fault or reason.is_warranty:
        return ZERO
    return max(min(policy.fee_percent, Decimal(100)), ZERO)


def customer_pays_way(policy, reasons):
    """Whether the customer pays the way back: not if any of the goods come back by our fault."""
    if any(reason.is_our_fault or reason.is_warranty for reason in reasons):
        return False
    return policy.customer_pays


@dataclass(frozen=True)
class Billed:
    """What one line of an invoice billed, and what of it was credited before."""

    key: object
    quantity: Decimal
    credited: Decimal = ZERO


def spread(quantity, billed, rounding):
    """Which invoice lines a returned quantity is credited from, oldest first.

    :param billed: list of :class:`Billed` in the order in which they are used up
    :return: (list of (key, quantity), rest that nobody was billed for)
    """
    parts = []
    for each in billed:
        part = min(quantity, max(to_rounding(each.quantity - each.credited, rounding), ZERO))
        if part > 0:
            parts.append((each.key, part))
            quantity = to_rounding(quantity - part, rounding)
    return parts, quantity


def fee(price, discount, quantity, percent, money_rounding):
    """Restocking fee of one line, rounded to the currency, never above what was paid for it.

    :param price: of one, before ``discount`` percent, as it stands on the invoice
    """
    paid = price * quantity * (100 - discount) / 100
    charged = to_rounding(paid * percent / 100, money_rounding)
    return max(min(charged, to_rounding(paid, money_rounding)), ZERO)


def way_charge(cost, refund, money_rounding):
    """What the way back is charged with: its cost, but never more than is refunded."""
    return max(min(to_rounding(cost, money_rounding), refund), ZERO)


def outcome_problem(received, outcomes, rounding):
    """Why inspection isn't complete: the outcomes of one line don't add up to what came.

    :param outcomes: list of (outcome, quantity)
    :return: difference to what came: 0 if complete, above 0 if some wait, below if too many
    """
    told = sum((quantity for _outcome, quantity in outcomes), ZERO)
    return to_rounding(received - told, rounding)

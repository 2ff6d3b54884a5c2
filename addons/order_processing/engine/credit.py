"""What a customer owes and may still owe: pure arithmetic in one company's currency.

Exposure = open receivables (due or not), less payments not yet matched, plus confirmed orders not
yet invoiced (delivered or not), plus held orders. Source: the usual dynamic credit check of order
management (open items + open orders against the limit), with orders that wait for a decision
counted in turn, so that two of them can't both use what is left.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Standing:
    """What counts against the limit of one customer in one company.

    ``limit`` is ``None`` where there is none. ``held`` are pairs (order id, amount) of quotations
    that wait for a decision; ``taken`` is what orders confirmed in the same breath use.
    """

    limit: float | None = None
    insured: float | None = None
    overdue: float = 0.0
    overdue_days: int = 0
    not_due: float = 0.0
    unmatched: float = 0.0  # payments and credit notes not matched yet, above zero
    to_invoice: float = 0.0
    held: tuple = ()
    taken: float = 0.0

    @property
    def receivable(self):
        """What is billed and open, payments that aren't matched taken off."""
        return self.overdue + self.not_due - self.unmatched

    @property
    def firm(self):
        """What is owed or ordered for certain: receivables and confirmed orders."""
        return self.receivable + self.to_invoice + self.taken

    def held_before(self, order_id=None):
        """Amount of held orders other than ``order_id``, of those made before it."""
        return sum(amount for each, amount in self.held if order_id is None or 0 < each < order_id)

    def exposure(self, count_held=True):
        """Everything that counts now."""
        return self.firm + (self.held_before() if count_held else 0.0)

    def exposure_with(self, order_id, amount, count_held=True):
        """Exposure if this order went on; ``amount`` is zero once it is among the confirmed."""
        return self.firm + amount + (self.held_before(order_id) if count_held else 0.0)

    def after(self, order_id, amount, held, confirmed):
        """The standing as the next order of the customer finds it."""
        others = tuple(pair for pair in self.held if pair[0] != order_id)
        if confirmed:
            return replace(self, held=others, taken=self.taken + amount)
        return replace(self, held=(*others, (order_id, amount)) if held else others)

    def ceiling(self, base="limit"):
        """What may be owed at most, ``None`` for no end.

        :param str base: ``limit``, ``insured``, or ``lower`` of both
        """
        if base == "insured":
            return self.insured
        if base == "lower":
            return min(
                (each for each in (self.limit, self.insured) if each is not None), default=None
            )
        return self.limit


def bar(standing, order_id=None, amount=0.0, waits=False):
    """The parts of the credit bar, each with its share of the whole in percent.

    :param Standing standing: the customer's
    :param order_id: the order shown, if one is; it is a part of its own
    :param float amount: what that order still adds, zero once it is confirmed
    :param bool waits: the order is itself among the held ones
    :return: dict with ``parts`` (name, amount, share), ``exposure``, ``limit``, ``free``, ``over``
    """
    held = standing.held_before() - (amount if waits else 0.0)
    amounts = {
        "overdue": max(standing.overdue, 0.0),
        "not_due": max(standing.not_due, 0.0),
        "to_invoice": standing.to_invoice + standing.taken,
        "held": max(held, 0.0),
        "this": amount,
    }
    # Payments that aren't matched yet pay the oldest debt first.
    credit = standing.unmatched
    for name in ("overdue", "not_due", "to_invoice", "held"):
        used = min(credit, amounts[name])
        amounts[name] -= used
        credit -= used
    exposure = sum(amounts.values()) - credit
    limit = standing.limit
    free = None if limit is None else max(limit - exposure, 0.0)
    whole = max(limit or 0.0, sum(amounts.values()) + (free or 0.0)) or 1.0
    parts = [
        {"name": name, "amount": value, "share": 100.0 * value / whole}
        for name, value in [*amounts.items(), ("free", free or 0.0)]
        if value > 0
    ]
    return {
        "parts": parts,
        "exposure": exposure,
        "limit": limit,
        "insured": standing.insured,
        "free": free,
        "over": max(exposure - limit, 0.0) if limit is not None else 0.0,
        "overdue_days": standing.overdue_days,
        # where the limit lies on a bar that is longer than it
        "mark": min(100.0 * limit / whole, 100.0) if limit else None,
        "insured_mark": min(100.0 * standing.insured / whole, 100.0) if standing.insured else None,
    }

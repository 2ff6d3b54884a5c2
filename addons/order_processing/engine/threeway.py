"""Three-way match: what was ordered, shipped, billed and paid of one order line, and the verdict.

Pure arithmetic on the line's own unit and the order's currency. The order of the questions is the
one auditors ask: billed without goods first, then goods without a bill, then the price, then what
is merely worth knowing. Documents that aren't posted bill nothing.
"""

from dataclasses import dataclass

#: Verdict → what it means. Those of ``CALM`` are no discrepancy.
VERDICTS = (
    ("billed_more_than_shipped", "Billed more than shipped"),
    ("credit_missing", "Returned, not credited"),
    ("shipped_not_billed", "Shipped, not billed"),
    ("other_price", "Billed at another price"),
    ("over_shipped", "Shipped more than ordered"),
    ("short_closed", "Closed short"),
)
CALM = frozenset({"ok", "billed_ahead", "to_bill"})
#: Verdicts whose money is the customer's: they may keep an order from being billed further.
HOLDING = frozenset({"billed_more_than_shipped", "credit_missing", "other_price", "over_shipped"})


@dataclass(frozen=True)
class Billed:
    """What posted documents in one currency say of a line, in the order's currency.

    ``slack`` is what rounding alone may explain: of each document, and of a price converted from
    another currency.
    """

    quantity: float
    amount: float
    slack: float = 0.0


@dataclass(frozen=True)
class Line:
    """One order line as the documents tell it; quantities in the line's unit, net of each other.

    :param shipped: what left for the customer, before returns
    :param returned: what came back
    :param moving: whether more of the goods may still leave
    :param due: whether what has shipped should be billed by now
    :param step: smallest quantity that counts in this unit
    """

    id: int
    ordered: float
    shipped: float
    returned: float = 0.0
    moving: bool = False
    due: bool = True
    unit_price: float = 0.0
    billed: tuple = ()
    credited: float = 0.0
    step: float = 0.01
    money: float = 0.01


@dataclass(frozen=True)
class Finding:
    """The verdict on a line: a quantity and an amount the books and the warehouse disagree on.

    ``amount`` is above zero where the customer was charged too much, below where too little.
    """

    line_id: int
    verdict: str
    quantity: float = 0.0
    amount: float = 0.0

    @property
    def calm(self):
        """Whether there is nothing to do."""
        return self.verdict in CALM


def compare(line):
    """The verdict on one line.

    :param line: :class:`Line`
    :return: :class:`Finding`
    """
    net = line.shipped - line.returned
    billed = sum(part.quantity for part in line.billed)
    more = _sign(billed - net, line.step)
    if more > 0:
        return _billed_more(line, billed, net)
    if more < 0:
        missing = net - billed
        verdict = "shipped_not_billed" if line.due else "to_bill"
        return Finding(line.id, verdict, -missing, -missing * line.unit_price)
    if _sign(line.shipped - line.ordered, line.step) > 0:
        extra = line.shipped - line.ordered
        if _sign(extra - line.returned, line.step) > 0:
            extra -= line.returned
            return Finding(line.id, "over_shipped", extra, extra * line.unit_price)
    difference = sum(part.amount for part in line.billed) - billed * line.unit_price
    slack = line.money + sum(part.slack for part in line.billed)
    if abs(difference) > slack:
        return Finding(line.id, "other_price", 0.0, difference)
    missing = line.ordered - line.shipped
    if not line.moving and line.shipped and _sign(missing, line.step) > 0:
        return Finding(line.id, "short_closed", missing, 0.0)
    return Finding(line.id, "ok")


def _billed_more(line, billed, net):
    """The verdict where more is billed than is out."""
    extra = billed - net
    if line.returned and _sign(line.returned - line.credited, line.step) > 0:
        extra = min(extra, line.returned - line.credited)
        return Finding(line.id, "credit_missing", extra, extra * line.unit_price)
    if line.moving and _sign(billed - line.ordered, line.step) <= 0:
        return Finding(line.id, "billed_ahead", extra, extra * line.unit_price)
    return Finding(line.id, "billed_more_than_shipped", extra, extra * line.unit_price)


def _sign(difference, step):
    """-1, 0 or 1: a difference below half the smallest step is none."""
    if abs(difference) < step / 2:
        return 0
    return 1 if difference > 0 else -1


def settle(current, finding, money=0.01):
    """What becomes of the discrepancy on record: nothing is lost, and what is gone closes itself.

    :param current: ``(state, verdict, quantity, amount)`` of the record that isn't resolved, or
        ``None``; state is ``open`` or ``ignored``
    :param finding: :class:`Finding`
    :return: ``none``, ``create``, ``resolve``, ``keep``, ``update`` or ``reopen``: an accepted
        difference counts again when it is another than was accepted
    """
    if current is None:
        return "none" if finding.calm else "create"
    if finding.calm:
        return "resolve"
    state, verdict, quantity, amount = current
    same = (
        verdict == finding.verdict
        and abs(quantity - finding.quantity) < 1e-6
        and abs(amount - finding.amount) < money
    )
    if same:
        return "keep"
    return "reopen" if state == "ignored" else "update"

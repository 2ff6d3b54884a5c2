"""Card payments: what to take of which authorisation, what to release, what to give back. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hold:
    """Money that may be taken (of an authorisation) or given back (of a payment)."""

    id: int
    left: float


def share(amount, holds, step=0.01):
    """Spread an amount over authorisations or payments, the oldest first.

    :param amount: above zero
    :param holds: :class:`Hold` in the order they are used
    :param step: smallest unit of the currency
    :return: ``(list of (id, amount), rest nothing is left for)``
    """
    parts = []
    for hold in holds:
        part = min(amount, hold.left)
        if part < step / 2:
            continue
        parts.append((hold.id, part))
        amount -= part
        if amount < step / 2:
            break
    return parts, max(amount, 0.0) if amount >= step / 2 else 0.0

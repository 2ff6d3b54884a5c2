"""Readers of bank files: one module per format, bytes in, plain statements out."""

import datetime
from dataclasses import dataclass
from decimal import Decimal


class StatementError(Exception):
    """A bank file can't be taken in. ``code`` says why, ``args`` carries what a message needs.

    :param str code: short word the caller turns into a sentence
    :param details: plain values for that sentence
    """

    def __init__(self, code, **details):
        super().__init__(code, details)
        self.code = code
        self.details = details


@dataclass(frozen=True)
class Line:
    """One movement as the bank states it. ``key`` is unique among the lines of an account."""

    id: str
    key: str
    date: datetime.date
    amount: Decimal
    name: str = ""
    memo: str = ""
    type: str = ""
    account: str = ""
    reference: str = ""
    #: Id of the booking this movement is a part of, where a bank books many payments as one.
    entry: str = ""
    #: What was paid in another currency than the account's, with the sign of ``amount``.
    foreign_amount: Decimal | None = None
    foreign_currency: str = ""
    #: Id the payment was ordered under, and why the bank returns one.
    end_to_end: str = ""
    return_reason: str = ""
    #: Ids of the payment file that the bank booked as this one sum.
    batch: str = ""


@dataclass(frozen=True)
class Statement:
    """One account's part of a file.

    ``opening`` holds right before the first line and ``balance`` right after the last, if stated.
    ``pending`` counts movements the bank announces but hasn't booked: they are left out.
    """

    account: str
    currency: str
    lines: tuple[Line, ...]
    balance: Decimal | None = None
    date: datetime.date | None = None
    opening: Decimal | None = None
    pending: int = 0

    @property
    def difference(self):
        """By how much the closing balance misses opening balance and lines; none if not stated."""
        if self.opening is None or self.balance is None:
            return Decimal()
        return self.balance - self.opening - sum(line.amount for line in self.lines)

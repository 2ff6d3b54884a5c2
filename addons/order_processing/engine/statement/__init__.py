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


@dataclass(frozen=True)
class Statement:
    """One account's part of a file. ``balance`` holds right after the last line, if stated."""

    account: str
    currency: str
    lines: tuple[Line, ...]
    balance: Decimal | None = None
    date: datetime.date | None = None

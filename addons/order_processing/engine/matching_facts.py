"""What matching is told and what it answers: plain values, no database."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

#: The evidence behind a candidate, strongest first; see :mod:`.matching`.
LEVELS = (
    "structured",
    "end_to_end",
    "reference",
    "payment",
    "payout",
    "batch",
    "chargeback",
    "discount",
    "tolerance",
    "partner",
    "fee",
    "manual",
    "name",
    "amount",
    "sum",
)


@dataclass(frozen=True)
class Item:
    """One open journal item: an invoice's, an instalment's, a credit note's or a payment's.

    ``residual`` is in ``currency`` and signed as the bank would see it paid: positive comes in.
    ``discounted`` is what settles it up to ``discount_until``. ``memo`` is a payment's own text,
    ``ends`` are end-to-end ids it was ordered or collected under. ``day`` is its accounting date.
    """

    id: int
    document: int
    residual: Decimal
    currency: str
    scopes: tuple[int, ...]
    partner: int | None = None
    partner_name: str = ""
    due: date = date.min
    references: tuple[str, ...] = ()
    order_references: tuple[str, ...] = ()
    day: date = date.max
    memo: str = ""
    ends: tuple[str, ...] = ()
    discounted: Decimal | None = None
    discount_until: date = date.min


@dataclass(frozen=True)
class Closed:
    """A document that is paid already: naming it again says something too.

    ``payments`` are the bank's items that paid it: ``(item id, amount, currency)``.
    """

    document: int
    scopes: tuple[int, ...]
    references: tuple[str, ...]
    payments: tuple = ()


@dataclass(frozen=True)
class Fee:
    """An account that lines with such a label were booked to. ``sure`` once a person said so."""

    account: int
    sure: bool = False


@dataclass(frozen=True)
class Entry:
    """One transaction of a provider's payout: what it is called, and its gross amount."""

    references: tuple[str, ...]
    amount: Decimal


@dataclass(frozen=True)
class Payout:
    """What a provider sent to the bank in one sum: its transactions less its fees."""

    id: int
    scope: int
    date: date
    amount: Decimal
    currency: str
    references: tuple[str, ...] = ()
    provider: str = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Payments told to the bank together, which it may book as one sum.

    ``items`` are those not settled or given back yet: ``(item id, amount told)``.
    """

    id: int
    scope: int
    date: date
    currency: str
    references: tuple[str, ...]
    items: tuple[tuple[int, Decimal], ...]

    @property
    def total(self):
        """What the bank books for it."""
        return sum((amount for _item, amount in self.items), Decimal())


@dataclass(frozen=True)
class BankLine:
    """One bank line. ``partner`` only when certain; ``refused`` are sets a person turned down.

    ``likely`` is a payer learnt and not confirmed; ``fee`` what such lines were booked to;
    ``returned`` tells that the bank calls it a return of an earlier movement.
    """

    id: int
    date: date
    amount: Decimal
    currency: str
    scope: int
    labels: tuple[str, ...]
    partner: int | None = None
    partner_name: str = ""
    refused: frozenset = frozenset()
    may_post: bool = True
    end_to_end: str = ""
    likely: int | None = None
    fee: Fee | None = None
    returned: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Limits:
    """How far matching may go. Zero switches a tolerance off, or sets no limit of age.

    :ivar oldest: days an open item may be older than the line, or it never posts by itself
    :ivar fee: difference that may be a bank's fee, and ``fee_percent`` of the amount at most
    :ivar post_fees: post such a difference by itself; else only propose it
    :ivar write_off: most that one line may write off by itself
    """

    oldest: int = 0
    fee: Decimal = Decimal()
    fee_percent: Decimal = Decimal()
    post_fees: bool = False
    write_off: Decimal = Decimal()


@dataclass(frozen=True)
class Candidate:
    """Items a line may pay. ``why`` is a code and ``facts`` what a sentence about it needs.

    ``write_off`` is what the items miss or exceed of the line, to be booked elsewhere (the line's
    amount less the items'); ``account`` is where, if that is known. ``part`` marks a line that
    pays one share of its items, the others coming from other lines.
    """

    items: tuple[int, ...]
    score: int
    level: str
    why: str
    facts: dict = field(default_factory=dict, compare=False)
    write_off: Decimal = Decimal()
    account: int | None = None
    part: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do with one line: ``post`` one candidate, or show ``suggestions``, best first.

    ``note`` is a code for what stood in the way when neither says it.
    """

    line: int
    post: Candidate | None = None
    suggestions: tuple[Candidate, ...] = ()
    note: str = ""
    facts: dict = field(default_factory=dict, compare=False)

"""The flow of an order, in one place: its steps, its gates and what a hold may become.

Pure Python. States, screens, events, reports and the README all take their words from here, so
that a step has one name everywhere.
"""

from typing import NamedTuple


class Step(NamedTuple):
    """One step of the journey. ``code`` is stored in events; ``label`` is what people read."""

    code: str
    label: str
    addon: str


STEPS = (
    Step("intake", "Received", "order_processing"),
    Step("validate", "Validated", "order_processing"),
    Step("hold", "On Hold", "order_processing"),
    Step("release", "Released", "order_processing"),
    Step("route", "Routed", "order_processing"),
    Step("batch", "Batched", "order_shipping"),
    Step("pick", "Picked", "order_shipping"),
    Step("pack", "Packed", "order_shipping"),
    Step("rate", "Rated", "order_shipping"),
    Step("label", "Labelled", "order_shipping"),
    Step("ship", "Shipped", "order_shipping"),
    Step("deliver", "Delivered", "order_shipping"),
    Step("return", "Returned", "order_shipping"),
    Step("invoice", "Invoiced", "order_processing"),
    Step("pay", "Paid", "order_processing"),
    Step("close", "Closed", "order_processing"),
    Step("cancel", "Cancelled", "order_processing"),
)
STEP_SELECTION = [(step.code, step.label) for step in STEPS]
#: What the audit log tells besides steps: a field that somebody changed, before and after.
EVENT_SELECTION = [*STEP_SELECTION, ("change", "Changed")]
STEP_RANK = {step.code: rank for rank, step in enumerate(STEPS)}

#: A gate asks one question: is there an open hold for it?
GATES = (
    ("release", "Release to the warehouse"),
    ("ship", "Ship"),
    ("invoice", "Invoice"),
    ("refund", "Refund"),
)

HOLD_STATES = (
    ("pending", "Pending"),
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("released", "Released"),
    ("expired", "Expired"),
)
#: A hold in one of these states keeps its gate shut.
HOLD_BLOCKING = frozenset({"pending", "rejected"})
HOLD_TRANSITIONS = {
    "pending": frozenset({"approved", "rejected", "released", "expired"}),
    "rejected": frozenset({"pending", "released"}),
    "approved": frozenset(),
    "released": frozenset(),
    "expired": frozenset(),
}


def hold_can_become(state, target):
    """Tell whether a hold in ``state`` may move to ``target`` (both codes of HOLD_STATES)."""
    return target in HOLD_TRANSITIONS.get(state, frozenset())


#: Kinds of hold the order desk may resolve alone; any other kind takes an administrator.
HOLD_DESK_KINDS = frozenset({"manual", "address", "content", "stock", "duplicate"})


def may_resolve(kind, is_manager):
    """Tell whether somebody may release, approve or reject a hold of ``kind``.

    :param str kind: kind of the hold
    :param bool is_manager: an administrator of order processing; otherwise the order desk
    """
    return is_manager or kind in HOLD_DESK_KINDS


#: What people do that one person shouldn't do together, see ``order.duty.conflict``.
DUTIES = (
    ("enter", "Enter orders"),
    ("price", "Change prices"),
    ("credit", "Release credit"),
    ("approve", "Approve"),
    ("ship", "Ship"),
    ("invoice", "Invoice"),
    ("pay", "Register payments"),
    ("match", "Match bank lines"),
    ("refund", "Refund"),
    ("write_off", "Write off"),
    ("bank", "Maintain customers' bank data"),
    ("rule", "Maintain rules"),
)


def resolving_duty(kind):
    """The duty of whoever releases or approves a hold of ``kind``."""
    return "credit" if kind == "credit" else "approve"


class EventSource(str):
    """Who acts, as code passes it on in the context key ``order_event_source``.

    A type of its own, since a context that comes over RPC holds plain text only: who calls from
    outside can't pass for the channel or the suite in the audit log.
    """

    __slots__ = ()


BY_CHANNEL = EventSource("channel")
BY_ITSELF = EventSource("system")


def further(current, step):
    """The further of two steps (codes of STEPS); ``current`` may be empty."""
    return step if STEP_RANK[step] > STEP_RANK.get(current, -1) else current

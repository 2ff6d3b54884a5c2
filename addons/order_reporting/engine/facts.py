"""One order's history in plain values → the one row that reports read.

Pure Python. Every date is a naive UTC ``datetime`` (as Odoo stores them); an invoice or payment
known by its day only is a ``date``. ``None`` means "not known" and never "zero" or "no".

Rules that hold for all flags:

* A promise is a day, not a second: dates are compared as local days of the shipping warehouse.
* A flag is decided as soon as it can be and not before: an order that is not due and not shipped
  is neither on time nor late. An order that is due and not shipped *is* late.
* Quantities are compared against the larger of what was ordered at release and what is ordered
  now, so that cutting an order down to what was shipped doesn't hide the short.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Steps in which the order desk decides something. Picking, packing and shipping are done by hand
#: in any warehouse, so they don't make an order a touched one.
DESK_STEPS = frozenset({"intake", "validate", "hold", "release", "route"})


@dataclass(slots=True)
class Line:
    """One order line; quantities in the product's own unit, shipped and returned physically."""

    id: int
    is_goods: bool
    ordered: float
    shipped: float = 0.0
    shipped_first: float = 0.0  # without what left with a backorder
    returned: float = 0.0


@dataclass(slots=True)
class Invoice:
    """The share of one order in one invoice or credit note, in company currency, credits negative.

    ``share_total`` is the order's part of ``total`` (both with tax).
    """

    kind: str  # "out_invoice" | "out_refund"
    state: str  # "draft" | "posted" | "cancel"
    day: date | None
    untaxed: float
    share_total: float
    total: float
    residual: float
    paid_day: date | None = None
    due_day: date | None = None


@dataclass(slots=True)
class Hold:
    placed: datetime
    resolved: datetime | None
    is_blocking: bool


@dataclass(slots=True)
class History:
    """All that is known of one order."""

    state: str
    created: datetime
    ordered_on: datetime | None
    commitment: datetime | None = None
    lead_days: float = 0.0
    tz: str = "UTC"
    is_fully_invoiced: bool = False
    lines: list[Line] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    #: step → (first, last, first by a user or None)
    events: dict[str, tuple] = field(default_factory=dict)
    shipments: int = 0
    open_shipments: int = 0
    first_done: datetime | None = None
    last_done: datetime | None = None
    last_picked: datetime | None = None
    first_returned: datetime | None = None
    has_backorder: bool = False
    warehouses: int = 0
    #: lines whose documents say something else than what was ordered and shipped
    discrepancies: int = 0
    #: line id → quantity ordered when the order was first seen released
    confirmed: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a company reckons with: cost of handling one line, and of money, a year (0.08 = 8 %)."""

    line: float = 0.0
    capital: float = 0.0


@cache
def zone(name):
    """Time zone called ``name``; UTC when it is empty or unknown."""
    try:
        return ZoneInfo(name) if name else timezone.utc
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.utc


def local_day(moment, tz):
    """The day a UTC ``moment`` falls on in zone ``tz``."""
    return moment.replace(tzinfo=timezone.utc).astimezone(tz).date()


def midnight(day, tz):
    """The UTC moment at which ``day`` begins in zone ``tz``."""
    local = datetime(day.year, day.month, day.day, tzinfo=tz)
    return local.astimezone(timezone.utc).replace(tzinfo=None)


def satisfied(rating):
    """1 where a customer gave 4 or more of 5, else 0; None where nobody rated."""
    return None if rating is None else float(rating >= 4)


def hours(start, end):
    """Hours from ``start`` to ``end``; None when one is unknown, never below zero.

    A document known by its day only counts from midnight, so it may seem to come before a step of
    the same day: that is 0 hours.
    """
    if start is None or end is None:
        return None
    return max((end - start).total_seconds() / 3600, 0.0)


def hold_hours(holds):
    """Hours that at least one resolved hold lay on the order; overlaps count once."""
    spans = sorted((h.placed, h.resolved) for h in holds if h.resolved and h.resolved > h.placed)
    total, reached = timedelta(), None
    for placed, resolved in spans:
        start = placed if reached is None else max(placed, reached)
        if resolved > start:
            total += resolved - start
            reached = resolved
    return total.total_seconds() / 3600


def _first(history, step):
    return history.events[step][0] if step in history.events else None


def _last(history, step):
    return history.events[step][1] if step in history.events else None


def _at_day(day, event, tz):
    """The moment of a document dated ``day``: its event's, when that fell on the same day."""
    if day is None:
        return None
    if event is not None and local_day(event, tz) == day:
        return event
    return midnight(day, tz)


def timestamps(history):
    """When the order reached each step, and what it was promised.

    Odoo's documents come before events where they carry a date of their own (shipping, invoice,
    payment), so that a corrected date counts; events fill what documents don't record.
    """
    tz = zone(history.tz)
    is_released = history.state == "sale"
    known = [moment for moment in (history.created, history.ordered_on) if moment]
    received = _first(history, "intake") or min(known)
    released = None
    if is_released:
        released = _first(history, "release") or history.ordered_on
    promise = None
    if any(line.is_goods for line in history.lines) and history.state != "cancel":
        promise = history.commitment
        if promise is None and is_released:
            promise = history.ordered_on + timedelta(days=history.lead_days)
    posted = [invoice for invoice in history.invoices if invoice.state == "posted"]
    days = [invoice.day for invoice in posted if invoice.kind == "out_invoice" and invoice.day]
    is_draft_left = any(invoice.state == "draft" for invoice in history.invoices)
    invoiced = paid = None
    if days and history.is_fully_invoiced and not is_draft_left:
        invoiced = _at_day(max(days), _last(history, "invoice"), tz)
        if amount_paid(history) > 0.005 and all(abs(i.residual) < 0.005 for i in posted):
            paid_days = [invoice.paid_day for invoice in posted if invoice.paid_day]
            paid = _at_day(max(paid_days), _last(history, "pay"), tz) if paid_days else None
    is_shipped = history.shipments and not history.open_shipments
    moments = {
        "date_received": received,
        "date_validated": _first(history, "validate"),
        "date_released": released,
        "date_routed": _last(history, "route"),
        "date_picked": _last(history, "pick") or history.last_picked,
        "date_labelled": _last(history, "label"),
        "date_first_shipped": history.first_done,
        "date_shipped": history.last_done if is_shipped else None,
        "date_delivered": _last(history, "deliver"),
        "date_returned": history.first_returned,
        "date_invoiced": invoiced,
        "date_paid": paid,
        "date_closed": _last(history, "close"),
        "date_promised": promise,
    }
    return {
        name: at.replace(microsecond=0) if at and at.microsecond else at
        for name, at in moments.items()
    }


def amount_paid(history):
    """What was paid of the order's invoices, with tax: its share of what each has received."""
    return sum(
        invoice.share_total * (1 - invoice.residual / invoice.total)
        for invoice in history.invoices
        if invoice.state == "posted" and abs(invoice.total) > 0.005
    )


def amount_open(history):
    """What its posted invoices still leave open, with tax: its share, credit notes taken off."""
    return sum(
        invoice.share_total * invoice.residual / invoice.total
        for invoice in history.invoices
        if invoice.state == "posted" and abs(invoice.total) > 0.005
    )


def date_due(history):
    """The first day on which something that is still open was or is due."""
    days = [
        invoice.due_day
        for invoice in history.invoices
        if invoice.state == "posted" and invoice.residual > 0.005 and invoice.due_day
    ]
    return min(days, default=None)


def profit(margin, freight, credited, paid_after, amount, costs, lines):
    """Margin after freight, handling, credits and the wait for the money.

    :param float paid_after: hours from invoice to payment, None when not paid yet
    """
    waited = (paid_after or 0.0) / (24 * 365)
    return (
        margin - (freight or 0.0) - credited - costs.line * lines - costs.capital * waited * amount
    )


def _started(history):
    """When the warehouse began: the first batch or pick in the log."""
    moments = [_first(history, step) for step in ("batch", "pick")]
    return min(filter(None, moments), default=None)


def wanted(line, confirmed):
    """Quantity a line owes: the larger of now and at release."""
    return max(line.ordered, confirmed.get(line.id, 0.0))


def _service(history, times, now, tolerance):
    """on_time, in_full and the promise's state, as rates 1.0, 0.0 or None."""
    promised = times["date_promised"]
    goods = [line for line in history.lines if line.is_goods and wanted(line, history.confirmed)]
    if history.state != "sale" or promised is None or not goods:
        return None, None, "none"
    tz = zone(history.tz)
    due = local_day(promised, tz)
    shipped = times["date_shipped"]
    if shipped is None:
        if local_day(now, tz) > due:
            return 0.0, 0.0, "overdue"
        return None, None, "open"
    is_on_time = local_day(shipped, tz) <= due
    is_in_full = all(line.shipped >= wanted(line, history.confirmed) - tolerance for line in goods)
    return float(is_on_time), float(is_in_full), "on_time" if is_on_time else "late"


def _touchless(history, times):
    """1.0 when the order came in and shipped with no hand at the order desk."""
    shipped = times["date_shipped"]
    if not history.events or shipped is None:
        return None
    if "intake" not in history.events:
        return 0.0  # somebody typed it
    touches = (by_user for step, (_f, _l, by_user) in history.events.items() if step in DESK_STEPS)
    return float(not any(touch is not None and touch <= shipped for touch in touches))


def document_step(history, times):
    """The furthest step Odoo's own documents prove, a code of ``flow.STEPS`` or None."""
    if history.state == "cancel":
        return "cancel"
    for code, name in (
        ("close", "date_closed"),
        ("pay", "date_paid"),
        ("invoice", "date_invoiced"),
        ("ship", "date_shipped"),
        ("pick", "date_picked"),
        ("release", "date_released"),
    ):
        if times[name]:
            return code
    return "intake" if "intake" in history.events else None


def _quantities(goods, confirmed, is_shipping, tolerance):
    """Lines and units of the goods; how many were filled is known once something has left."""
    due = {line.id: wanted(line, confirmed) for line in goods}
    filled = [line for line in goods if line.shipped_first >= due[line.id] - tolerance]
    units_filled = sum(min(line.shipped_first, due[line.id]) for line in goods)
    return {
        "goods_line_count": len(goods),
        "units_ordered": sum(due.values()),
        "units_shipped": sum(line.shipped for line in goods),
        "units_returned": sum(line.returned for line in goods),
        "lines_filled": len(filled) if is_shipping else None,
        "units_filled": units_filled if is_shipping else None,
    }


def _extras(history, times, goods, tolerance):
    """Figures beside the promise: delivery, accuracy, fill of the order, waiting and working."""
    is_live = history.state == "sale"
    promised, delivered, shipped = (
        times["date_promised"],
        times["date_delivered"],
        times["date_shipped"],
    )
    in_time = None
    if is_live and promised and delivered:
        tz = zone(history.tz)
        in_time = float(local_day(delivered, tz) <= local_day(promised, tz))
    due = {line.id: wanted(line, history.confirmed) for line in goods}
    accurate = filled = None
    if is_live and shipped and goods:
        accurate = float(
            all(
                abs(line.shipped - due[line.id]) <= tolerance and line.returned <= tolerance
                for line in goods
            )
        )
    if is_live and history.shipments and goods:
        filled = float(all(line.shipped_first >= due[line.id] - tolerance for line in goods))
    started = _started(history)
    if started and shipped and started > shipped:
        started = shipped
    return {
        "delivered_on_time_rate": in_time,
        "accuracy_rate": accurate,
        "filled_rate": filled,
        "hours_waiting": hours(times["date_received"], started) if is_live else None,
        "hours_working": hours(started, shipped) if is_live else None,
        "hours_in_transit": hours(shipped, delivered),
        "amount_open": amount_open(history),
        "date_due": date_due(history),
        "amount_credited": -sum(
            i.untaxed for i in history.invoices if i.kind == "out_refund" and i.state == "posted"
        ),
    }


def measure(history, now, tolerance=0.005):
    """Everything of a fact that follows from the history: times, flags, hours, quantities.

    :param History history: the order
    :param datetime now: naive UTC; decides only whether an unshipped order is overdue
    :param float tolerance: half of the smallest quantity that counts, in units
    :return: dict of column → value
    """
    times = timestamps(history)
    on_time, in_full, promise_state = _service(history, times, now, tolerance)
    is_shipped = times["date_shipped"] is not None
    is_live = history.state == "sale"
    goods = [line for line in history.lines if line.is_goods]
    has_return = any(line.returned > tolerance for line in goods)
    has_credit = any(i.kind == "out_refund" and i.state == "posted" for i in history.invoices)
    otif = None if on_time is None else float(bool(on_time and in_full))
    damage_free = float(not has_return) if is_live and is_shipped else None
    is_wrong = has_credit or history.discrepancies > 0
    documents = float(not is_wrong) if is_live and times["date_invoiced"] else None
    perfect = None
    if otif is not None:
        perfect = float(bool(otif and damage_free != 0.0 and documents != 0.0))
    has_left = history.shipments > 0
    received, released, shipped = (
        times["date_received"],
        times["date_released"],
        times["date_shipped"],
    )
    touchless = _touchless(history, times) if is_live else None
    is_placed = is_live and history.warehouses > 0
    return {
        **times,
        "document_step": document_step(history, times),
        "promise_state": promise_state,
        "on_time_rate": on_time,
        "in_full_rate": in_full,
        "otif_rate": otif,
        "damage_free_rate": damage_free,
        "documents_rate": documents,
        "perfect_rate": perfect,
        "touchless_rate": touchless,
        "is_touchless": bool(touchless),
        "warehouse_count": history.warehouses,
        "shipment_count": history.shipments,
        "is_split": history.warehouses > 1,
        "split_rate": float(history.warehouses > 1) if is_placed else None,
        "is_backordered": history.has_backorder,
        "backorder_rate": float(history.has_backorder) if is_live and has_left else None,
        "is_returned": has_return,
        "return_rate": float(has_return) if is_live and has_left else None,
        "is_held": bool(history.holds),
        "is_on_hold": any(hold.is_blocking for hold in history.holds),
        "held_rate": float(bool(history.holds)) if history.state != "cancel" else None,
        "hold_hours": hold_hours(history.holds) if history.holds else None,
        "line_count": len(history.lines),
        **_quantities(goods, history.confirmed, is_live and has_left, tolerance),
        "amount_invoiced": sum(i.untaxed for i in history.invoices if i.state == "posted"),
        "amount_paid": amount_paid(history),
        "hours_to_release": hours(received, released),
        "hours_to_ship": hours(released, shipped),
        "hours_order_to_ship": hours(received, shipped) if is_live else None,
        "hours_to_invoice": hours(shipped, times["date_invoiced"]),
        "hours_to_pay": hours(times["date_invoiced"], times["date_paid"]),
        "hours_order_to_cash": hours(received, times["date_paid"]),
        **_extras(history, times, goods, tolerance),
    }

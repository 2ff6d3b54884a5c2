"""What channels say of payments: gift cards, store credit, money captured or only authorised."""

from dataclasses import replace
from decimal import Decimal

from .canonical import Payment

CAPTURED, AUTHORISED, AWAITED = "captured", "authorised", "awaited"
STATUSES = (CAPTURED, AUTHORISED, AWAITED)
KINDS = ("payment", "gift_card", "store_credit")
#: Names that shops and marketplaces have for what isn't money.
_KINDS = {
    "gift_card": "gift_card",
    "gc": "gift_card",
    "giftcertificate": "gift_card",
    "giftcard": "gift_card",
    "shopify_store_credit": "store_credit",
    "store_credit": "store_credit",
    "pointsaccount": "store_credit",
}
#: Ways of paying that only bring money at the door.
_AT_THE_DOOR = frozenset({"cod", "cash_on_delivery", "cash on delivery (cod)", "cash on delivery"})


def kind_of(method):
    """Which kind of payment a method's name stands for."""
    return _KINDS.get(method.strip().lower().replace(" ", "_"), "payment")


def is_at_the_door(method):
    """Tell whether a method brings the money only with the goods."""
    return method.strip().lower() in _AT_THE_DOOR


def paid(amount, status, method="", reference="", paid_at=""):
    """One payment as a tuple; none of nothing."""
    if not amount or amount < 0:
        return ()
    return (Payment(kind_of(method), amount, status, method, reference[:120], paid_at),)


def from_transactions(reader):
    """Payments from Shopify's list of transactions.

    A capture takes from its authorisation, a refund from what was captured, and a void ends what
    it names. Failed and pending ones count for nothing.
    """
    found, parents = {}, {}
    for each in reader.children("transactions"):
        key, parent, kind = each.text("id"), each.text("parent_id"), each.text("kind").lower()
        if each.text("status").lower() not in ("success", "") or each.flag("test"):
            continue
        amount = each.amount("amount")
        if kind in ("capture", "void"):
            before = found.get(parent)
            if before:
                left = before.amount - amount if kind == "capture" else Decimal()
                found[parent] = replace(before, amount=left)
        elif kind == "refund":
            parent = parents.get(parent, parent)
            if parent in found:
                found[parent] = replace(found[parent], amount=found[parent].amount - amount)
            continue
        if kind in ("sale", "capture", "authorization"):
            status = AUTHORISED if kind == "authorization" else CAPTURED
            reference = each.text("authorization", 120) or key
            method = each.text("gateway", 120)
            found[key] = Payment(
                kind_of(method),
                amount,
                status,
                method,
                reference,
                each.text("processed_at", 40) or each.text("created_at", 40),
            )
            parents[parent] = key
    return tuple(payment for payment in found.values() if payment.amount > 0)


def from_status(status, total, outstanding, methods, reference="", paid_at=""):
    """Payments from Shopify's word for an order's payment.

    :param outstanding: what is still to be paid, or None when it isn't stated
    :param methods: names of the gateways
    """
    method = ", ".join(methods)[:120]
    status = status.lower()
    if status == "authorized":
        return paid(total, AUTHORISED, method, reference, paid_at)
    if status == "pending":
        return paid(total, AWAITED, method, reference, paid_at)
    if outstanding is None:
        outstanding = Decimal() if status == "paid" else None
    if outstanding is None or status not in ("paid", "partially_paid", "partially_refunded"):
        return ()
    captured = paid(total - outstanding, CAPTURED, method, reference, paid_at)
    return captured + paid(outstanding, AWAITED, "" if captured else method)

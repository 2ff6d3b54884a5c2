"""What a document changes about an order that was taken in before, and the order as it shall be."""

from collections import defaultdict
from dataclasses import dataclass, replace

from .aliases import alias_key, product_codes
from .canonical import Order
from .trade import Notes, Stated, line_taxes, settle

#: Fields of an order that a change keeps as they were when it doesn't state them.
_KEPT = (
    "billing shipping po_number seller delivery requested_date not_before ship_date payment_terms"
    " currency placed_at payments"
).split()
#: Fields that it keeps in any case: its reference says whose order it is about.
_OWN = ("ref", "number", "email", "phone", "customer_name", "company_name", "buyer")
#: Fields of a line likewise.
_KEPT_OF_LINE = ("title", "uom", "requested_date", "unit_price")
_PRODUCT = ("sku", "gtin", "buyer_sku", "manufacturer_sku")
#: Differences that no one applies without looking.
BY_HAND = frozenset({"customer", "currency", "terms"})


@dataclass(frozen=True)
class Difference:
    """One thing that differs; ``old`` and ``new`` are texts for people.

    :param kind: see :func:`differences`
    :param what: the line or charge it is about, if it is about one
    """

    kind: str
    what: str
    old: str
    new: str


def apply_change(old, change):
    """The whole order as it shall be after ``change``.

    :param old: :class:`~.canonical.Order`
    :param change: :class:`~.canonical.Change` of kind ``change``
    """
    if change.order is not None:
        return _complete(old, change.order, change.lines)
    lines, known = list(old.lines), {line.ref: n for n, line in enumerate(old.lines) if line.ref}
    gone = set()
    for each in change.lines:
        position = known.get(each.ref)
        if each.action == "add" or (each.action == "change" and position is None):
            lines.append(each.line)
        elif position is None or each.action == "keep":
            continue
        elif each.action == "cancel":
            gone.add(position)
        else:
            stated = {name: getattr(each.line, name) for name in each.states}
            lines[position] = _tax_again(replace(lines[position], **stated), old.digits)
    kept = tuple(line for position, line in enumerate(lines) if position not in gone)
    order = replace(old, lines=kept, note=change.note, total=None, net_total=None)
    return settle(Notes(), order, Stated()) if old.taxes_stated else order


def _tax_again(line, digits):
    """``line`` with its taxes computed on what it costs now."""
    if any(tax.rate is None for tax in line.taxes):
        return line
    rates = [(tax.title, tax.rate) for tax in line.taxes]
    return replace(line, taxes=line_taxes(rates, line.net, digits))


def _complete(old, new, changes=()):
    """``new`` with what it leaves out because ``old`` said it."""
    known = {line.ref: line for line in old.lines if line.ref}
    cancelled = {each.ref for each in changes if each.action == "cancel"}
    lines = []
    for line in new.lines:
        before = known.get(line.ref)
        if before and line.ref not in cancelled:
            stays = {n: getattr(before, n) for n in _KEPT_OF_LINE if not getattr(line, n)}
            if not any(getattr(line, name) for name in _PRODUCT):
                stays |= {name: getattr(before, name) for name in _PRODUCT}
            line = replace(line, **stays)
        if line.ref not in cancelled:
            lines.append(line)
    kept = {name: getattr(old, name) for name in _KEPT if not getattr(new, name)}
    kept |= {name: getattr(old, name) for name in _OWN}
    return replace(new, lines=tuple(lines), **kept)


def line_keys(lines):
    """A key for each line that finds it in another version of the order: its reference, where it
    has one of its own, else its product and which of that product's lines it is.
    """
    refs = [line.ref for line in lines]
    usable = all(refs) and len(set(refs)) == len(refs)
    counted, keys = defaultdict(int), []
    for line in lines:
        product = alias_key((*product_codes(line), "")[0])
        counted[product] += 1
        keys.append(("ref", line.ref) if usable else (product, counted[product]))
    return keys


def differences(old, new):
    """What differs between two versions of an order, for people and to decide upon.

    Kinds: ``line_added``, ``line_removed``, ``product``, ``quantity``, ``price``,
    ``line_discount``, ``unit``, ``line_date``, ``charge``, ``discount``, ``tax``, ``total``,
    ``shipping``, ``billing``, ``delivery``, ``date``, ``note``, ``po_number``, ``customer``,
    ``currency``, ``terms``, ``payment``.

    :return: list of :class:`Difference`
    """
    found = _line_differences(old, new)
    charges = defaultdict(lambda: [None, None])
    for side, order in enumerate((old, new)):
        for charge in order.charges:
            amounts = charges[charge.kind, charge.title]
            amounts[side] = (amounts[side] or 0) + charge.net
    for (kind, title), (before, after) in charges.items():
        _note(found, "charge", title or kind, before, after)
    _note(found, "discount", "", old.discount, new.discount)
    if old.taxes_stated and new.taxes_stated:
        _note(found, "tax", "", old.total_tax, new.total_tax)
    for kind, names in (("total", ("total", "net_total")),):
        for name in names:
            if getattr(old, name) is not None and getattr(new, name) is not None:
                _note(found, kind, "", getattr(old, name), getattr(new, name))
    for kind in ("shipping", "billing"):
        _note(found, kind, "", _address(getattr(old, kind)), _address(getattr(new, kind)))
    _note(found, "delivery", "", _who(old.delivery), _who(new.delivery))
    _note(found, "date", "", old.wanted_date, new.wanted_date)
    if old.payment_terms and new.payment_terms:
        _note(found, "terms", "", old.payment_terms, new.payment_terms)
    for kind in ("note", "po_number", "currency"):
        _note(found, kind, "", getattr(old, kind), getattr(new, kind))
    _note(found, "customer", "", _customer(old), _customer(new))
    _note(found, "payment", "", _payments(old), _payments(new))
    return found


def _line_differences(old, new):
    found = []
    before = dict(zip(line_keys(old.lines), old.lines, strict=True))
    after = dict(zip(line_keys(new.lines), new.lines, strict=True))
    for key, line in before.items():
        changed = after.get(key)
        label = line.title or line.sku or line.ref
        if changed is None:
            found.append(Difference("line_removed", label, _text(line.quantity), ""))
            continue
        _note(found, "product", label, product_codes(line)[:1], product_codes(changed)[:1])
        _note(found, "quantity", label, line.quantity, changed.quantity)
        _note(found, "price", label, line.unit_price, changed.unit_price)
        _note(found, "line_discount", label, line.discount, changed.discount)
        _note(found, "unit", label, line.uom, changed.uom)
        _note(found, "line_date", label, line.requested_date, changed.requested_date)
    for key, line in after.items():
        if key not in before:
            label = line.title or line.sku or line.ref
            found.append(Difference("line_added", label, "", _text(line.quantity)))
    return found


def _note(found, kind, what, old, new):
    if old != new:
        found.append(Difference(kind, what, _text(old), _text(new)))


def _text(value):
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _payments(order):
    """The payments of an order in one line; when they were made doesn't count."""
    return "; ".join(
        " ".join(filter(None, (each.method, _text(each.amount), each.status, each.reference)))
        for each in order.payments
    )


def _address(address):
    """An address in one line; the phone doesn't count."""
    if address is None:
        return ""
    parts = (
        address.name,
        address.company,
        address.street,
        address.street2,
        f"{address.zip} {address.city}".strip(),
        address.state_code or address.state_name,
        address.country_code or address.country_name,
    )
    return ", ".join(filter(None, parts))


def _who(party):
    return "" if party is None else party.name or party.gln or party.endpoint


def _customer(order: Order):
    names = (order.company_name, order.customer_name, order.email.casefold())
    vat = order.buyer.vat if order.buyer else ""
    return ", ".join(filter(None, (*names, vat)))

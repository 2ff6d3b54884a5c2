"""UN/EDIFACT ORDERS and ORDCHG, directories D.96A and D.01B, EANCOM among them.

Written from the UN/CEFACT message descriptions of both directories and GS1's EANCOM 2002 manual.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from . import edifact_syntax as syntax
from . import payments
from .canonical import (
    HOLD,
    WARNING,
    Change,
    Charge,
    Line,
    LineChange,
    Order,
    ParseResult,
    Party,
    minor_digits,
)
from .canonical import to_cents as cents
from .edi import check_count, codes_of, grouped
from .edifact_header import HeaderReader
from .reading import MAX_ITEMS
from .terms import edifact_terms
from .totals import difference
from .trade import (
    MAX_REF,
    Notes,
    Stated,
    change_ref,
    check_line,
    check_net,
    check_refs,
    is_known,
    line_taxes,
    party_scope,
    result_of,
    result_of_change,
    scoped_ref,
    settle,
    sku_of,
    whole_change,
)

MESSAGE, CHANGE_MESSAGE = "ORDERS", "ORDCHG"
#: Segments that start a group of their own.
LEADERS = frozenset("NAD CUX ALC TAX PAT TDT TOD PAC SCC APR RCS DGS PRI LOC CCI".split())
#: BGM's message function (UNCL1225) where it isn't an order.
CANCEL, CHANGE = frozenset("1 3".split()), frozenset({"4"})
COPY = frozenset("31 43".split())
#: What a change does to a line (UNCL1229).
LINE_ACTIONS = {"1": "add", "2": "cancel", "3": "change", "4": "keep", "5": "keep"}
BUYERS, SELLERS = ("BY", "OB"), ("SU", "SE")
DELIVERY, INVOICEE = ("DP", "ST", "UC", "CN"), ("IV",)
#: Article numbers (UNCL7143) by what they are to us.
PRODUCT_ROLES = {
    **dict.fromkeys("EN EAN UP UPC SRV EU GTIN".split(), "gtin"),
    **dict.fromkeys("SA VN VP".split(), "seller"),
    **dict.fromkeys("IN BP".split(), "buyer"),
    "MF": "manufacturer",
}
#: Prices (UNCL5125): net of allowances, and others from the best on.
NET_PRICES, OTHER_PRICES = ("AAA",), ("AAB", "AAE", "INV", "INF", "CAL", "")
#: Totals (UNCL5025): of everything, of what is taxed, of the taxes.
TOTALS, TAX_TOTALS = ("77", "39", "9", "128", "86"), ("176", "124", "150")


@dataclass(frozen=True)
class Item:
    """A line with the charges it states apart."""

    line: Line
    charges: tuple[Charge, ...] = ()


def looks_like(payload):
    """Tell from the first bytes whether this may be an EDIFACT document."""
    head = payload[:32].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"UNA", b"UNB")) or head[:4] == b"UNH+"


def split(payload, max_bytes=syntax.MAX_BYTES):
    """The messages of an interchange as interchanges of one each.

    What can't be split safely is given as it is; reading it says what is wrong.
    """
    interchange = syntax.read(payload, max_bytes)
    if not interchange.sound or len(interchange.messages) < 2:
        return [payload]
    try:
        return [syntax.alone(interchange, message) for message in interchange.messages]
    except UnicodeEncodeError:
        return [payload]


def parse(payload, max_bytes=syntax.MAX_BYTES):
    """Read one ORDERS or ORDCHG message.

    :param bytes payload: an interchange of one message, or the message alone
    :return: :class:`~.canonical.ParseResult`; with an order, a change, or errors
    """
    interchange = syntax.read(payload, max_bytes)
    notes = Notes()
    notes.findings = interchange.findings
    if notes.refused:
        return ParseResult(None, tuple(notes.findings))
    if len(interchange.messages) > 1:
        notes.note("several_orders", count=str(len(interchange.messages)))
        return ParseResult(None, tuple(notes.findings))
    (message,) = interchange.messages
    if message.type not in (MESSAGE, CHANGE_MESSAGE):
        args = {"found": message.type, "expected": f"{MESSAGE}, {CHANGE_MESSAGE}"}
        notes.note("wrong_message_type", "UNH", **args)
        return ParseResult(None, tuple(notes.findings))
    notes.findings += message.problems()
    if interchange.header and interchange.header.get(10) == "1":
        notes.note("test_order", "UNB")
    sender = interchange.header.get(1) if interchange.header else ""
    reader = _Reader(message, notes, sender)
    return reader.read() if message.type == MESSAGE else reader.read_change()


class _Reader(HeaderReader):
    """Reads one message; what it learns on the way is kept in it."""

    def __init__(self, message, notes, sender):
        self.notes = notes
        self.sender = sender
        first = next((i for i, s in enumerate(message.segments) if s.tag == "LIN"), None)
        last = next((i for i, s in enumerate(message.segments) if s.tag == "UNS"), None)
        if last is None:
            last = len(message.segments)
            notes.note("missing_segment", "UNS", WARNING, segment="UNS")
        first = last if first is None or first > last else first
        self.header = grouped(message.segments[:first], LEADERS)
        self.detail = grouped(message.segments[first:last], {"LIN"})
        self.summary = grouped(message.segments[last + 1 :], LEADERS)
        self.plain = self.header[0][1]
        self.currency = self._read_currency()
        self.digits = minor_digits(self.currency)
        self.rates = self._read_rates(self.header)

    def read(self):
        """The order or change, and findings."""
        bgm = self._read_bgm()
        if bgm is None:
            return ParseResult(None, tuple(self.notes.findings))
        number, function = bgm.get(1, limit=200), bgm.get(2)
        if function in COPY:
            self.notes.note("copy_only", "BGM")
        cancels = function in CANCEL
        order = self._read_order(number, cancels)
        if cancels or function in CHANGE:
            original = self._reference("ON") or self._reference("ACW") or number
            order = replace(order, ref=self._scoped(original, order.buyer), number=original)
            if not cancels:
                result_of(self.notes, order, number)  # Its totals must add up, too.
            kind = "cancel" if cancels else "change"
            own = "/".join(filter(None, (number, bgm.get(1, 1), self._day("137")[0])))
            return result_of_change(self.notes, whole_change(kind, order, own), number)
        return result_of(self.notes, order, number[:MAX_REF])

    def read_change(self):
        """The change or cancellation of an ORDCHG, and findings."""
        bgm = self._read_bgm()
        if bgm is None:
            return ParseResult(None, tuple(self.notes.findings))
        number = bgm.get(1, limit=200)
        original = self._reference("ON") or self._reference("ACW")
        if not original:
            self.notes.note("no_original", "RFF")
        buyer = self._read_parties().first(*BUYERS)[0]
        ref = self._scoped(original, buyer)
        cancels = bgm.get(2) in CANCEL
        changes = () if cancels else tuple(self._read_line_changes())
        kind = "cancel" if cancels else "change"
        own = "/".join(filter(None, (number, bgm.get(1, 1), self._day("137")[0])))
        change = Change(
            kind=kind,
            ref=change_ref(ref, f"{kind}:{own}"),
            original_ref=ref,
            number=number[:MAX_REF],
            original_number=original[:MAX_REF],
            lines=changes,
            note=self._read_note(self.plain),
            issued_at=self._day("137")[0],
            buyer=buyer,
        )
        return result_of_change(self.notes, change, number[:MAX_REF])

    def _read_bgm(self):
        bgm = next((segment for segment in self.plain if segment.tag == "BGM"), None)
        if bgm is None:
            self.notes.note("missing_segment", "BGM", segment="BGM")
        return bgm

    def _scoped(self, number, buyer):
        return scoped_ref(self.sender or party_scope(buyer), number)

    def _read_order(self, number, cancels):
        parties = self._read_parties()
        buyer, buyer_address = parties.first(*BUYERS)
        delivery, shipping = parties.first(*DELIVERY)
        items = [] if cancels else self._read_items()
        allowances, charges = self._read_allowances(self.header, (), Decimal())
        ref = self._scoped(number, buyer)
        if not ref:
            self.notes.note("no_order_number", "BGM")
        if not is_known(buyer or delivery) and not cancels:
            self.notes.note("no_customer", "NAD")
        buyer = buyer or delivery or Party()
        if not self.currency and not cancels:
            self.notes.note("no_currency", "CUX", WARNING)
        not_before, requested = self._read_requested()
        billing = parties.first(*INVOICEE)[1] or buyer_address
        order = Order(
            ref=ref,
            number=number[:MAX_REF],
            currency=self.currency,
            total=None,
            total_tax=Decimal(),
            taxes_included=False,
            lines=tuple(item.line for item in items),
            charges=(*(charge for item in items for charge in item.charges), *charges),
            discount=sum((amount for amount, _rates in allowances), Decimal()),
            email=buyer.email,
            phone=buyer.phone,
            customer_name=buyer.contact or buyer.name,
            company_name=buyer.name,
            billing=billing,
            shipping=shipping,
            po_number=number[:MAX_REF],
            note=self._read_note(self.plain),
            attributes=tuple(
                (segment.get(0), segment.get(0, 1, 120))
                for segment in self.plain
                if segment.tag == "RFF" and segment.get(0, 1)
            ),
            placed_at=self._day("137")[0],
            buyer=buyer,
            seller=parties.first(*SELLERS)[0],
            delivery=delivery,
            requested_date=requested,
            not_before=not_before,
            ship_date=self._day("10", "11")[1],
            payment_terms=edifact_terms(self.header),
            payments=self._read_payments(),
        )
        if cancels:
            return order
        check_refs(self.notes, order.lines, "LIN")
        self._check_counts(items)
        return settle(self.notes, order, self._read_totals(order, items), allowances)

    # === Lines ===

    def _read_items(self):
        groups = [group for group in self.detail if group[0]]
        if len(groups) > MAX_ITEMS:
            args = {"limit": str(MAX_ITEMS), "count": str(len(groups))}
            self.notes.note("too_many_items", "LIN", **args)
            return []
        if not groups:
            self.notes.note("no_lines", "LIN")
        return [self._read_item(n, lin, below) for n, (lin, below) in enumerate(groups)]

    def _read_line_changes(self):
        """What happens to each line: its action (UNCL1229), and what is stated of it."""
        for position, (lin, below) in enumerate(group for group in self.detail if group[0]):
            action = LINE_ACTIONS.get(lin.get(1))
            path = f"LIN[{position}]"
            if action is None:
                self.notes.note("unknown_line_change", path, code=lin.get(1), ref=lin.get(0))
                continue
            tags = {segment.get(0) for segment in below if segment.tag == "QTY"}
            counted = bool(tags & {"21", "1", ""})
            whole = action == "add" or counted
            line = self._read_item(position, lin, below, action == "add", whole).line
            states = {
                "quantity": counted,
                "unit_price": line.unit_price is not None,
                "requested_date": line.requested_date,
                "sku": line.sku,
            }
            yield LineChange(action, line.ref, line, frozenset(k for k, v in states.items() if v))

    def _read_item(self, position, lin, below, of_order=True, counted=True):
        """One line.

        :param of_order: False for a line of a change, which may leave out what stays
        :param counted: whether it states a quantity
        """
        path = f"LIN[{position}]"
        if lin.get(3, 1):
            self.notes.note("sub_line", path, ref=lin.get(0))
        groups = grouped(below, LEADERS)
        plain = groups[0][1]
        codes = self._read_codes(lin, plain)
        quantity, uom = self._read_quantity(path, plain) if counted else (Decimal(1), "")
        price, basis, is_net = self._read_price(groups)
        rates = self._read_rates(groups) or self.rates
        texts = (" ".join(filter(None, s.element(2)[3:])) for s in plain if s.tag == "IMD")
        line = Line(
            ref=lin.get(0, 0, MAX_REF) or str(position + 1),
            sku=sku_of(codes["seller"], codes["gtin"]),
            title=" ".join(filter(None, texts))[:500],
            quantity=quantity,
            unit_price=price,
            gtin=codes["gtin"],
            buyer_sku=codes["buyer"],
            manufacturer_sku=codes["manufacturer"],
            uom=uom,
            price_basis=basis,
            requested_date=self._read_requested(plain)[1],
            note=self._read_note(plain),
        )
        allowances, charges = self._read_allowances(groups, rates, line.gross)
        stated = self._amount(plain, "203")
        item = self._apply(line, allowances, charges, is_net, stated)
        line = replace(item.line, taxes=line_taxes(rates, item.line.net, self.digits))
        check_line(self.notes, path, line, of_order)
        extra = sum((charge.net for charge in item.charges), Decimal())
        check_net(self.notes, f"{path}.MOA", line, stated, extra, self.digits)
        return Item(line, item.charges)

    def _apply(self, line, allowances, charges, is_net, stated):
        """The line with its allowances, or without where its price is net of them already.

        Senders differ in what they call net; the line's amount, if stated, decides.
        """
        off = sum((amount for amount, _rates in allowances), Decimal())
        choices = [Item(replace(line, discount=off), charges), Item(line)]
        if is_net:
            choices.reverse()
        for choice in choices:
            total = choice.line.net + sum((charge.net for charge in choice.charges), Decimal())
            if stated is not None and cents(total, self.digits) == cents(stated, self.digits):
                return choice
        return choices[0]

    @staticmethod
    def _read_codes(lin, plain):
        pairs = [(lin.get(2, 1), lin.get(2, 0, 120))]
        for segment in plain:
            if segment.tag == "PIA":
                pairs += [
                    (segment.get(n, 1), segment.get(n, 0, 120))
                    for n in range(1, len(segment.elements))
                ]
        return codes_of(pairs, PRODUCT_ROLES)

    def _read_quantity(self, path, plain):
        for segment in plain:
            if segment.tag == "QTY" and segment.get(0) == "192":
                self.notes.note("free_goods", path, WARNING, quantity=segment.get(0, 1, 20))
        for segment in plain:
            if segment.tag == "QTY" and segment.get(0) in ("21", "1", ""):
                quantity = self._number(segment, segment.get(0, 1))
                return Decimal(1) if quantity is None else quantity, segment.get(0, 2, 8).upper()
        self.notes.note("missing_value", f"{path}.QTY")
        return Decimal(1), ""

    def _read_price(self, groups):
        """Price of one unit, what it was given for, and whether it is net of allowances."""
        prices = [leader for leader, _below in groups if leader and leader.tag == "PRI"]
        for kinds, is_net in ((NET_PRICES, True), (OTHER_PRICES, False)):
            for kind in kinds:
                for segment in prices:
                    if segment.get(0) != kind or not segment.get(0, 1):
                        continue
                    price = self._number(segment, segment.get(0, 1))
                    basis = Decimal(1)
                    if segment.get(0, 4):
                        basis = self._number(segment, segment.get(0, 4)) or Decimal(1)
                    if basis < 0:
                        self.notes.note("negative_value", "PRI", value=f"{basis:f}")
                    return (None if price is None else price / basis), basis, is_net
        return None, Decimal(1), False

    # === Summary ===

    def _read_payments(self):
        below = [segment for _leader, rest in self.summary for segment in rest]
        prepaid = self._amount(below, "113")
        return payments.paid(prepaid, payments.CAPTURED, reference=self._reference("PQ"))

    def _read_totals(self, order, items):
        below = [segment for leader, rest in self.summary for segment in rest]
        lines_total = self._amount(below, "79")
        if lines_total is not None and all(line.unit_price is not None for line in order.lines):
            computed = sum(
                (
                    cents(item.line.net + sum(c.net for c in item.charges), self.digits)
                    for item in items
                ),
                Decimal(),
            )
            if computed != cents(lines_total, self.digits):
                args = difference(lines_total, computed, self.currency)
                self.notes.note("wrong_total", "MOA+79", HOLD, **args)
        taxes = [
            self._amount(rest, *TAX_TOTALS)
            for leader, rest in self.summary
            if leader and leader.tag == "TAX"
        ]
        taxes = [tax for tax in taxes if tax is not None]
        tax = sum(taxes, Decimal()) if taxes else self._amount(below, *TAX_TOTALS)
        return Stated(None, self._amount(below, *TOTALS), tax)

    def _check_counts(self, items):
        for _leader, rest in self.summary:
            for segment in rest:
                if segment.tag == "CNT":
                    counted = {
                        "1": [sum((item.line.quantity for item in items), Decimal())],
                        "2": [Decimal(len(items))],
                    }.get(segment.get(0))
                    check_count(self.notes, f"CNT+{segment.get(0)}", segment.get(0, 1), counted)

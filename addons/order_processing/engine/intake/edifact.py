"""UN/EDIFACT ORDERS, directories D.96A and D.01B, EANCOM among them.

Written from the UN/CEFACT message descriptions of both directories and GS1's EANCOM 2002 manual.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from . import edifact_syntax as syntax
from . import payments
from .canonical import HOLD, WARNING, Address, Charge, Line, Order, ParseResult, Party, minor_digits
from .canonical import to_cents as cents
from .edi import Parties, check_count, codes_of, date_of, grouped, number_of
from .reading import MAX_ITEMS
from .totals import difference
from .trade import (
    MAX_REF,
    Notes,
    Stated,
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

MESSAGE = "ORDERS"
#: Segments that start a group of their own.
LEADERS = frozenset("NAD CUX ALC TAX PAT TDT TOD PAC SCC APR RCS DGS PRI LOC CCI".split())
#: BGM's message function (UNCL1225) where it isn't an order.
CANCEL, CHANGE = frozenset("1 3".split()), frozenset({"4"})
COPY = frozenset("31 43".split())
BUYERS, SELLERS = ("BY", "OB"), ("SU", "SE")
DELIVERY, INVOICEE = ("DP", "ST", "UC", "CN"), ("IV",)
#: Article numbers (UNCL7143) by what they are to us.
PRODUCT_ROLES = {
    **dict.fromkeys("EN EAN UP UPC SRV EU GTIN".split(), "gtin"),
    **dict.fromkeys("SA VN VP".split(), "seller"),
    **dict.fromkeys("IN BP".split(), "buyer"),
    "MF": "manufacturer",
}
#: Charges (UNCL7161) of bringing the goods.
SHIPPING_CODES = frozenset("FC DL SAA SH".split())
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
    """Read one ORDERS message.

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
    if message.type != MESSAGE:
        notes.note("wrong_message_type", "UNH", found=message.type, expected=MESSAGE)
        return ParseResult(None, tuple(notes.findings))
    notes.findings += message.problems()
    if interchange.header and interchange.header.get(10) == "1":
        notes.note("test_order", "UNB")
    sender = interchange.header.get(1) if interchange.header else ""
    return _Reader(message, notes, sender).read()


class _Reader:
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
        bgm = next((segment for segment in self.plain if segment.tag == "BGM"), None)
        if bgm is None:
            self.notes.note("missing_segment", "BGM", segment="BGM")
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
            payments=self._read_payments(),
        )
        if cancels:
            return order
        check_refs(self.notes, order.lines, "LIN")
        self._check_counts(items)
        return settle(self.notes, order, self._read_totals(order, items), allowances)

    # === Header ===

    def _read_currency(self):
        for leader, _followers in self.header:
            if leader and leader.tag == "CUX":
                return leader.get(0, 1, 8).upper()
        return ""

    def _reference(self, qualifier):
        for segment in self.plain:
            if segment.tag == "RFF" and segment.get(0) == qualifier:
                return segment.get(0, 1, 200)
        return ""

    def _day(self, *qualifiers, segments=None):
        """First and last day of the first DTM with one of ``qualifiers``."""
        for qualifier in qualifiers:
            for segment in self.plain if segments is None else segments:
                if segment.tag == "DTM" and segment.get(0) == qualifier:
                    days = date_of(segment.get(0, 1), segment.get(0, 2))
                    if not days[0]:
                        self.notes.note("not_a_date", "DTM", WARNING, value=segment.get(0, 1, 60))
                    return days
        return "", ""

    def _read_requested(self, segments=None):
        start, end = self._day("2", "69", "17", segments=segments)
        not_before = self._day("64", segments=segments)[0]
        not_after = self._day("63", segments=segments)[1]
        return not_before or (start if start != end else ""), end or not_after

    def _read_payments(self):
        below = [segment for _leader, rest in self.summary for segment in rest]
        prepaid = self._amount(below, "113")
        return payments.paid(prepaid, payments.CAPTURED, reference=self._reference("PQ"))

    def _read_note(self, segments):
        texts = (" ".join(s.element(3)) for s in segments if s.tag == "FTX")
        return "\n".join(filter(None, texts))[:5000]

    def _read_parties(self):
        parties = Parties()
        for leader, followers in self.header:
            if not leader or leader.tag != "NAD":
                continue
            identifier, agency = leader.get(1, 0, 80), leader.get(1, 2, 10)
            contact, email, phone, vat = "", "", "", ""
            for segment in followers:
                if segment.tag == "RFF" and segment.get(0) == "VA":
                    vat = segment.get(0, 1, 40)
                elif segment.tag == "CTA":
                    contact = contact or segment.get(1, 1) or segment.get(1)
                elif segment.tag == "COM":
                    for position in range(len(segment.elements)):
                        kind, value = segment.get(position, 1), segment.get(position, 0, 200)
                        email = email or (value if kind == "EM" else "")
                        phone = phone or (value if kind in ("TE", "AL") else "")
            free = list(filter(None, leader.element(2)))
            name = " ".join(filter(None, leader.element(3))) or (free.pop(0) if free else "")
            party = Party(
                name=name,
                gln=identifier if agency == "9" else "",
                vat=vat,
                ids=((agency, identifier),) if identifier and agency != "9" else (),
                contact=contact,
                email=email,
                phone=phone,
            )
            parties.add(leader.get(0), party, self._read_address(leader, party, free))
        return parties

    @staticmethod
    def _read_address(nad, party, free):
        """The address of a NAD, or None; ``free`` are the lines of an unstructured one."""
        streets = list(filter(None, nad.element(4))) or free
        city, country = nad.get(5), nad.get(8, 0, 8).upper()
        if not (streets or city):
            return None
        return Address(
            name=party.contact or party.name,
            company=party.name,
            street=streets[0] if streets else "",
            street2=", ".join(streets[1:]),
            city=city,
            zip=nad.get(7, 0, 24),
            country_code=country,
            state_code=nad.get(6, 0, 8).upper(),
            state_name=nad.get(6, 3),
            phone=party.phone,
        )

    # === Taxes and charges ===

    def _read_rates(self, groups):
        """Title and fraction of the taxes that ``groups`` name."""
        rates = []
        for leader, _followers in groups:
            if leader and leader.tag == "TAX" and leader.get(0) in ("7", "5", ""):
                text = leader.get(4, 3)
                percent = self._number(leader, text) if text else None
                if percent is None and leader.get(5).upper() in ("E", "Z"):
                    percent = Decimal()
                if percent is not None:
                    rates.append((leader.get(1) or "VAT", percent / 100))
        return tuple(dict.fromkeys(rates))

    def _read_allowances(self, groups, rates, base):
        """Allowances as ``(amount, rates)``, and charges.

        :param rates: what the charges are taxed with
        :param base: what percentages are of
        """
        allowances, charges = [], []
        for leader, followers in groups:
            if not leader or leader.tag != "ALC":
                continue
            amount = self._amount(followers, "8", "204", "23", "25", "131")
            percent = next(
                (self._number(s, s.get(0, 1)) for s in followers if s.tag == "PCD"), None
            )
            if amount is None and percent is not None and base:
                amount = cents(base * percent / 100, self.digits)
            if amount is None:
                if percent != 0:
                    self.notes.note("no_allowance_amount", "ALC", title=leader.get(4, 3))
                continue
            title, code = leader.get(4, 3, 160), leader.get(4)
            if leader.get(0) == "C":
                kind = "shipping" if code in SHIPPING_CODES else "fee"
                taxes = line_taxes(rates or self.rates, amount, self.digits)
                charges.append(Charge(kind, title or code, amount, taxes=taxes))
            else:
                allowances.append((amount, rates))
        return allowances, tuple(charges)

    def _number(self, segment, text):
        """A number, or None with a finding."""
        number = number_of(text)
        if number is None:
            self.notes.note("not_a_number", segment.tag, value=text[:60])
        return number

    def _amount(self, segments, *qualifiers):
        """The first amount with the first of ``qualifiers`` that there is, or None."""
        for qualifier in qualifiers:
            for segment in segments:
                if segment.tag == "MOA" and segment.get(0) == qualifier and segment.get(0, 1):
                    other = segment.get(0, 2, 8).upper()
                    if other and self.currency and other != self.currency:
                        args = {"currency": self.currency, "other": other}
                        self.notes.note("mixed_currency", "MOA", **args)
                    return self._number(segment, segment.get(0, 1))
        return None

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

    def _read_item(self, position, lin, below):
        path = f"LIN[{position}]"
        if lin.get(3, 1):
            self.notes.note("sub_line", path, ref=lin.get(0))
        groups = grouped(below, LEADERS)
        plain = groups[0][1]
        codes = self._read_codes(lin, plain)
        quantity, uom = self._read_quantity(path, plain)
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
        check_line(self.notes, path, line)
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

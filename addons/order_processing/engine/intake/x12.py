"""X12 850 (purchase order) and 860 (its change by the buyer), releases 4010 to 5010.

Written from the element and code lists that partners' public implementation guides give.
"""

from dataclasses import replace
from decimal import Decimal

from . import x12_syntax as syntax
from .canonical import (
    WARNING,
    Address,
    Change,
    Charge,
    Line,
    LineChange,
    Order,
    ParseResult,
    Party,
    minor_digits,
    to_cents,
)
from .edi import Parties, check_count, codes_of, grouped, number_of
from .reading import MAX_BYTES, MAX_ITEMS
from .terms import x12_terms
from .trade import (
    MAX_REF,
    Notes,
    Stated,
    change_ref,
    check_line,
    check_net,
    check_refs,
    is_known,
    iso_date,
    line_taxes,
    result_of,
    result_of_change,
    scoped_ref,
    settle,
    sku_of,
    whole_change,
)

ORDER, CHANGE = "850", "860"
LEADERS = frozenset("N1 SAC N9 SPI".split())
#: Purposes (element 353) where the document isn't a new order.
CANCELS, CHANGES, COPIES = frozenset("01 03".split()), frozenset({"04"}), frozenset({"22"})
BUYERS = ("BY", "SO", "LW", "BT", "PO", "DU", "MI")
SELLERS, DELIVERY, INVOICEE = ("SE", "SU", "VN", "SF"), ("ST", "DA", "MA"), ("BT",)
#: Products (element 235) by what they are to us. SK is the buyer's as often as the seller's.
PRODUCT_ROLES = {
    **dict.fromkeys("UP EN UK UI UA EO UG UD".split(), "gtin"),
    **dict.fromkeys("VP VN VC VA VS".split(), "seller"),
    **dict.fromkeys("BP IN CB PI SK".split(), "buyer"),
    **dict.fromkeys("MG MN MF".split(), "manufacturer"),
}
#: What a line change (element 670) does.
LINE_ACTIONS = {
    **dict.fromkeys("AI OA".split(), "add"),
    **dict.fromkeys("CA PC PQ PR QD QI CT CE CF CG CI CC RQ RS DR".split(), "change"),
    **dict.fromkeys("DI".split(), "cancel"),
    **dict.fromkeys("NC".split(), "keep"),
}
RELATIVE = frozenset("QD QI".split())
#: Price bases (element 639) that aren't for one unit.
BASES = {"HP": Decimal(100), "TP": Decimal(1000), "HU": Decimal(100)}
#: Charges (element 1300) of bringing the goods.
SHIPPING_CODES = frozenset("D240 D270 D500 G821 G830 I530".split())
#: Allowances (element 331) that come another way than off this order.
NOT_OFF_ORDER = frozenset("01 04 05 07 08 09".split())
#: Units (element 355) whose code in UN/ECE recommendation 20 is another.
UNITS = {
    "CA": "CS",
    "DZ": "DZN",
    "FT": "FOT",
    "GA": "GLL",
    "GR": "GRM",
    "IN": "INH",
    "KG": "KGM",
    "LB": "LBR",
    "LF": "LF",
    "LT": "LTR",
    "MR": "MTR",
    "OZ": "ONZ",
    "PC": "H87",
    "PR": "PR",
    "QT": "QT",
    "UN": "C62",
    "YD": "YRD",
}


def looks_like(payload):
    """Tell from the first bytes whether this may be an X12 interchange."""
    head = payload[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head[:3] == b"ISA" and len(head) > 3 and not head[3:4].isalnum()


def split(payload, max_bytes=MAX_BYTES):
    """The transactions of an interchange as interchanges of one each.

    What can't be split safely is given as it is; reading it says what is wrong.
    """
    found = syntax.read(payload, max_bytes)
    if not found.sound or len(found.transactions) < 2:
        return [payload]
    return [syntax.alone(found, group, transaction) for group, transaction in found.transactions]


def parse(payload, max_bytes=MAX_BYTES):
    """Read one 850 or 860.

    :param bytes payload: an interchange of one transaction
    :return: :class:`~.canonical.ParseResult`; with an order, a change, or errors
    """
    found = syntax.read(payload, max_bytes)
    notes = Notes()
    notes.findings = found.findings
    if notes.refused:
        return ParseResult(None, tuple(notes.findings))
    if len(found.transactions) > 1:
        notes.note("several_orders", count=str(len(found.transactions)))
        return ParseResult(None, tuple(notes.findings))
    ((_group, transaction),) = found.transactions
    if transaction.type not in (ORDER, CHANGE):
        args = {"found": transaction.type, "expected": f"{ORDER}, {CHANGE}"}
        notes.note("wrong_message_type", "ST", **args)
        return ParseResult(None, tuple(notes.findings))
    notes.findings += transaction.problems()
    if found.header.get(14) == "T":
        notes.note("test_order", "ISA")
    reader = _Reader(found, transaction, notes)
    return reader.read_order() if transaction.type == ORDER else reader.read_change()


class _Reader:
    """Reads one transaction; what it learns on the way is kept in it."""

    def __init__(self, interchange, transaction, notes):
        self.notes = notes
        qualifier, sender = interchange.header.get(4), interchange.header.get(5)
        self.scope = f"{qualifier}:{sender}"
        self.control = f"{interchange.control}.{transaction.ref}"
        rows = transaction.segments
        tags = [segment.tag for segment in rows]
        first = next((i for i, tag in enumerate(tags) if tag in ("PO1", "POC")), None)
        last = next((i for i, tag in enumerate(tags) if tag == "CTT"), len(rows))
        first = last if first is None or first > last else first
        self.header = grouped(rows[:first], LEADERS)
        self.plain = self.header[0][1]
        self.detail = grouped(rows[first:last], {"PO1", "POC"})[1:]
        self.summary = rows[last:]
        self.currency = next((s.get(1, 0, 8).upper() for s in self.plain if s.tag == "CUR"), "")
        self.digits = minor_digits(self.currency)
        self.rates = self._read_rates(self.plain)
        if not self.currency:
            notes.note("no_currency", "CUR", WARNING)

    def read_order(self):
        """The order of an 850, or the change it makes by its purpose."""
        beg = self._only("BEG")
        if beg is None:
            return ParseResult(None, tuple(self.notes.findings))
        number = "-".join(filter(None, (beg.get(2, limit=200), beg.get(3, limit=40))))
        purpose = beg.get(0)
        if purpose in COPIES:
            self.notes.note("copy_only", "BEG")
        cancels = purpose in CANCELS
        items = [] if cancels else self._read_items()
        order = self._read_order(number, beg.get(4), items)
        if not cancels:
            order = self._settle(order, items)
        if cancels or purpose in CHANGES:
            if not cancels:
                result_of(self.notes, order, number)  # Its totals must add up, too.
            kind = "cancel" if cancels else "change"
            return result_of_change(self.notes, whole_change(kind, order, self.control), number)
        return result_of(self.notes, order, number[:MAX_REF])

    def read_change(self):
        """The change of an 860."""
        bch = self._only("BCH")
        if bch is None:
            return ParseResult(None, tuple(self.notes.findings))
        number = "-".join(filter(None, (bch.get(2, limit=200), bch.get(3, limit=40))))
        cancels = bch.get(0) in CANCELS
        changes = () if cancels else tuple(self._read_changes())
        order = self._read_order(number, bch.get(10) or bch.get(5), [])
        if not cancels:
            self._check_counts([each.line for each in changes])
        sequence = bch.get(4, limit=40)
        own = f"{sequence}/{bch.get(10, limit=8)}" if sequence else self.control
        kind = "cancel" if cancels else "change"
        change = Change(
            kind=kind,
            ref=change_ref(order.ref, f"{kind}:{own}"),
            original_ref=order.ref,
            number=sequence or self.control,
            original_number=order.number,
            lines=changes,
            note=order.note,
            issued_at=order.placed_at,
            buyer=order.buyer,
            seller=order.seller,
        )
        return result_of_change(self.notes, change, number[:MAX_REF])

    def _only(self, tag):
        found = next((segment for segment in self.plain if segment.tag == tag), None)
        if found is None:
            self.notes.note("missing_segment", tag, segment=tag)
        return found

    def _read_order(self, number, placed_at, items):
        parties = self._read_parties()
        delivery, shipping = parties.first(*DELIVERY)
        buyer, address = parties.first(*BUYERS)
        if not is_known(buyer):
            buyer = delivery
        if not is_known(buyer):
            self.notes.note("no_customer", "N1")
        buyer = buyer or Party()
        ref = scoped_ref(self.scope, number)
        if not ref:
            self.notes.note("no_order_number", "BEG")
        contact = self._read_contact(self.plain)
        return Order(
            ref=ref,
            number=number[:MAX_REF],
            currency=self.currency,
            total=None,
            total_tax=Decimal(),
            taxes_included=False,
            lines=tuple(line for line, _charges in items),
            email=buyer.email or contact.email,
            phone=buyer.phone or contact.phone,
            customer_name=buyer.contact or contact.contact or buyer.name,
            company_name=buyer.name,
            billing=parties.first(*INVOICEE)[1] or address,
            shipping=shipping,
            po_number=number[:MAX_REF],
            note=self._read_note(segment for _leader, rest in self.header for segment in rest),
            attributes=tuple(
                (segment.get(0), segment.get(1, 0, 120) or segment.get(2, 0, 120))
                for segment in self.plain
                if segment.tag == "REF"
            ),
            placed_at=iso_date(placed_at),
            buyer=buyer,
            seller=parties.first(*SELLERS)[0],
            delivery=delivery,
            requested_date=self._day(self.plain, "002", "063", "067"),
            not_before=self._day(self.plain, "064"),
            ship_date=self._day(self.plain, "010", "038", "037"),
            payment_terms=x12_terms(self.plain),
        )

    def _settle(self, order, items):
        base = sum((line.net for line, _charges in items), Decimal())
        allowances, charges = self._read_allowances(self.header, self.rates, base)
        order = replace(
            order,
            charges=(*(charge for _line, below in items for charge in below), *charges),
            discount=sum((amount for amount, _rates in allowances), Decimal()),
        )
        check_refs(self.notes, order.lines, "PO1")
        self._check_counts(order.lines)
        rows = [*self.plain, *self.summary]
        total = self._amount(rows, "TT")
        goods = self._amount(rows, "1")
        stated = Stated(None, goods if total is None else total, self._read_tax())
        return settle(self.notes, order, stated, allowances)

    # === Header ===

    def _read_parties(self):
        parties = Parties()
        for leader, rows in self.header:
            if not leader or leader.tag != "N1":
                continue
            name, kind, identifier = leader.get(1), leader.get(2), leader.get(3, 0, 80)
            contact = self._read_contact(rows)
            party = Party(
                name=name,
                gln=identifier if kind == "UL" else "",
                ids=((kind, identifier),) if identifier and kind != "UL" else (),
                contact=contact.contact,
                email=contact.email,
                phone=contact.phone,
            )
            parties.add(leader.get(0), party, self._read_address(party, rows))
        return parties

    @staticmethod
    def _read_contact(rows):
        for segment in rows:
            if segment.tag == "PER":
                ways = {segment.get(n): segment.get(n + 1, 0, 200) for n in (6, 4, 2)}
                return Party(
                    contact=segment.get(1), email=ways.get("EM", ""), phone=ways.get("TE", "")
                )
        return Party()

    @staticmethod
    def _read_address(party, rows):
        """The address of an N1 loop, or None when nothing says where."""
        names = [s.get(n) for s in rows if s.tag == "N2" for n in (0, 1)]
        streets = [s.get(n) for s in rows if s.tag == "N3" for n in (0, 1)]
        streets = list(filter(None, streets))
        place = next((s for s in rows if s.tag == "N4"), None)
        if not streets and place is None:
            return None
        return Address(
            name=next(filter(None, names), "") or party.contact or party.name,
            company=party.name,
            street=streets[0] if streets else "",
            street2=", ".join(streets[1:]),
            city=place.get(0) if place else "",
            state_code=place.get(1, 0, 8).upper() if place else "",
            zip=place.get(2, 0, 24) if place else "",
            country_code=place.get(3, 0, 8).upper() if place else "",
            phone=party.phone,
        )

    @staticmethod
    def _read_note(rows):
        texts = [s.get(1 if s.tag == "NTE" else 0) for s in rows if s.tag in ("MSG", "NTE")]
        return "\n".join(filter(None, texts))[:5000]

    def _day(self, rows, *qualifiers):
        for qualifier in qualifiers:
            for segment in rows:
                if segment.tag == "DTM" and segment.get(0) == qualifier:
                    day = iso_date(segment.get(1))
                    if not day:
                        self.notes.note("not_a_date", "DTM", WARNING, value=segment.get(1, 0, 60))
                    return day
        return ""

    # === Taxes, charges, totals ===

    def _number(self, segment, text):
        """A number, or None with a finding."""
        number = number_of(text)
        if number is None:
            self.notes.note("not_a_number", segment.tag, value=text[:60])
        return number

    def _amount(self, rows, kind):
        for segment in rows:
            if segment.tag == "AMT" and segment.get(0) == kind and segment.get(1):
                return self._number(segment, segment.get(1))
        return None

    def _read_rates(self, rows):
        rates = []
        for segment in rows:
            if segment.tag == "TXI" and segment.get(2):
                percent = self._number(segment, segment.get(2))
                if percent is not None:
                    rates.append((segment.get(0), percent / 100))
        return tuple(rates)

    def _read_tax(self):
        """The order's tax as the header states it, or None."""
        rows = [*self.plain, *self.summary]
        amounts = [self._number(s, s.get(1)) for s in rows if s.tag == "TXI" and s.get(1)]
        amounts = [amount for amount in amounts if amount is not None]
        return sum(amounts, Decimal()) if amounts else None

    def _read_allowances(self, groups, rates, base):
        """Allowances as ``(amount, rates)``, and charges.

        :param rates: what the charges are taxed with
        :param base: what percentages are of
        """
        allowances, charges = [], []
        for sac, _rows in groups:
            if not sac or sac.tag != "SAC" or sac.get(0) not in ("A", "C"):
                continue
            if sac.get(0) == "A" and sac.get(11) in NOT_OFF_ORDER:
                continue
            title, code = sac.get(14, 0, 160), sac.get(1)
            amount = None
            if sac.get(4):
                amount = self._number(sac, sac.get(4))
                # Element 610 has two decimals and no point; some write one all the same.
                if amount is not None and not set(".,") & set(sac.get(4)):
                    amount /= 100
            elif sac.get(6) and base:
                percent = self._number(sac, sac.get(6))
                if percent is not None:
                    amount = to_cents(base * percent / 100, self.digits)
            if amount is None:
                self.notes.note("no_allowance_amount", "SAC", title=title or code)
            elif sac.get(0) == "A":
                allowances.append((amount, rates))
            else:
                kind = "shipping" if code in SHIPPING_CODES else "fee"
                taxes = line_taxes(rates, amount, self.digits)
                charges.append(Charge(kind, title or code, amount, taxes=taxes))
        return allowances, tuple(charges)

    def _check_counts(self, lines):
        for segment in self.summary:
            if segment.tag == "CTT":
                check_count(self.notes, "CTT01", segment.get(0), [Decimal(len(lines))])
                quantities = [line.quantity for line in lines]
                # The standard adds up the digits and leaves the points out; few partners do.
                plain = [Decimal(f"{each:f}".replace(".", "")) for each in quantities]
                sums = [sum(quantities, Decimal()), sum(plain, Decimal())]
                check_count(self.notes, "CTT02", segment.get(1), sums, WARNING)

    # === Lines ===

    def _groups(self):
        if len(self.detail) > MAX_ITEMS:
            args = {"limit": str(MAX_ITEMS), "count": str(len(self.detail))}
            self.notes.note("too_many_items", "PO1", **args)
            return []
        if not self.detail:
            self.notes.note("no_lines", "PO1")
        return self.detail

    def _read_items(self):
        """Pairs of a line and its charges."""
        items = []
        for position, (leader, rows) in enumerate(self._groups()):
            path = f"PO1[{position}]"
            line, charges = self._read_line(path, leader, rows, leader.elements[:5], 5)
            if not leader.get(1):
                self.notes.note("missing_value", f"{path}.quantity")
            else:
                check_line(self.notes, path, line)
            extra = sum((charge.net for charge in charges), Decimal())
            stated = self._amount(rows, "1")
            check_net(self.notes, f"{path}.AMT", line, stated, extra, self.digits)
            items.append((line, charges))
        return items

    def _read_changes(self):
        for position, (leader, rows) in enumerate(self._groups()):
            path, code = f"POC[{position}]", leader.get(1)
            action = LINE_ACTIONS.get(code)
            if action is None:
                self.notes.note("unknown_line_change", path, code=code, ref=leader.get(0))
                continue
            # POC has the code before the quantity and what is left to come after it.
            rest = (leader.elements[2:3] or (("",),)) + leader.elements[4:7]
            line, _charges = self._read_line(path, leader, rows, (("",), *rest), 7)
            if leader.get(2) and action != "cancel":
                check_line(self.notes, path, line, action == "add")
            elif action == "add":
                self.notes.note("missing_value", f"{path}.quantity")
            if code in RELATIVE:
                self.notes.note("check_quantity", path, WARNING, ref=line.ref)
            states = {"quantity": leader.get(2), "unit_price": leader.get(5)}
            states |= {"sku": line.sku, "requested_date": line.requested_date}
            yield LineChange(action, line.ref, line, frozenset(k for k, v in states.items() if v))

    def _read_line(self, path, leader, rows, elements, codes_at):
        """A line and its charges.

        :param elements: line number, quantity, unit, price, price basis
        :param codes_at: where the pairs of a kind and a product's number begin
        """
        head = type(leader)(leader.tag, tuple(elements))
        quantity = self._number(head, head.get(1)) if head.get(1) else Decimal()
        price = self._number(head, head.get(3)) if head.get(3) else None
        basis = BASES.get(head.get(4), Decimal(1))
        pairs = [
            (leader.get(n), leader.get(n + 1, 0, 120))
            for n in range(codes_at, len(leader.elements) - 1, 2)
        ]
        codes = codes_of(pairs, PRODUCT_ROLES)
        groups = grouped(rows, {"SAC", "N9", "N1", "SLN"})
        rates = self._read_rates(rows) or self.rates
        unit = head.get(2, 0, 8).upper()
        titles = (s.get(4) for s in rows if s.tag == "PID")
        line = Line(
            ref=leader.get(0, 0, MAX_REF) or path.partition("[")[2].rstrip("]"),
            sku=sku_of(codes["seller"], codes["gtin"]),
            title=" ".join(filter(None, titles))[:500],
            quantity=Decimal() if quantity is None else quantity,
            unit_price=None if price is None else price / basis,
            gtin=codes["gtin"],
            buyer_sku=codes["buyer"],
            manufacturer_sku=codes["manufacturer"],
            uom=UNITS.get(unit, unit),
            price_basis=basis,
            requested_date=self._day(rows, "002", "063", "067"),
            note=self._read_note(rows)[:2000],
        )
        allowances, charges = self._read_allowances(groups, rates, line.gross)
        line = replace(line, discount=sum((amount for amount, _rates in allowances), Decimal()))
        return replace(line, taxes=line_taxes(rates, line.net, self.digits)), charges

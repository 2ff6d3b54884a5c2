"""What the messages about an order have in common before and around their lines."""

from decimal import Decimal

from .canonical import WARNING, Address, Charge, Party
from .canonical import to_cents as cents
from .edi import Parties, date_of, number_of
from .trade import line_taxes

#: Charges (UNCL7161) of bringing the goods.
SHIPPING_CODES = frozenset("FC DL SAA SH".split())


class HeaderReader:
    """Reads the groups that a header has; subclasses set ``notes``, ``header`` and ``plain``."""

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

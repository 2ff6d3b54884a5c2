"""May this order pass? Facts of orders and rules in, findings out.

Findings carry codes and values, no words: the model puts them into the reader's language. What a
rule of each kind looks for is in ``validation_kinds``.
"""

import datetime
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AddressFacts:
    """One address of an order. ``role`` is ``delivery`` or ``invoice``."""

    role: str
    name: str = ""
    street: str = ""
    city: str = ""
    zip: str = ""
    state: str = ""
    country: str = ""
    zip_required: bool = True
    state_required: bool = False
    is_undeliverable: bool = False  # a carrier was asked and knows no such place


@dataclass(frozen=True)
class LineFacts:
    """One line with something to sell: sections, notes and down payments are left out."""

    name: str
    quantity: float
    has_product: bool = True
    product_active: bool = True
    line_id: int = 0
    product_id: int = 0
    category_ids: frozenset = frozenset()  # the product's category and those above it
    hs_code: str = ""
    price: float = 0.0  # unit price after discount, before taxes where prices are without
    price_unit: float = 0.0
    discount: float = 0.0
    list_price: float | None = None  # the pricelist's price after discount, in the same currency
    sales_price: float = 0.0  # the product's own price, in the order's currency
    cost: float = 0.0  # of one unit, in the order's currency
    subtotal: float = 0.0
    is_goods: bool = False
    is_sold: bool = True  # chosen by the customer; delivery fees aren't
    taxed: bool = True
    tax_expected: bool = True  # the product has sales taxes in this company
    confirmed_price: float | None = None  # unit price when the order was confirmed
    missing: float = 0.0  # how much of it is in no warehouse of the order


@dataclass(frozen=True)
class OrderFacts:
    """What validation looks at.

    ``channel_total`` is ``None`` where the channel stated no total. ``tolerance`` is half the
    smallest unit of the currency: totals further apart than it differ.
    """

    lines: tuple = ()
    addresses: tuple = ()
    needs_delivery: bool = True
    amount_total: float = 0.0
    channel_total: float | None = None
    differences: tuple = ()  # dicts: what a document stated otherwise, line by line and for taxes
    tolerance: float = 0.005
    customer_active: bool = True
    # --- what rules are scoped by ---
    order_id: int = 0
    company_id: int = 0
    channel_id: int = 0
    partner_ids: frozenset = frozenset()  # the customer and who it belongs to
    tag_ids: frozenset = frozenset()
    date: datetime.date | None = None  # today, where the company is
    confirmed: bool = False
    changed: bool = False  # lines, prices or customer changed since it was confirmed
    asked: bool = False  # somebody pressed Check
    held_by: frozenset = frozenset()  # rules that hold it now
    # --- what kinds of rules look at ---
    amount_company: float = 0.0  # total with taxes in the company's currency
    company_tolerance: float = 0.005
    margin_percent: float | None = None
    delivery_country_id: int = 0
    invoice_country_id: int = 0
    company_country_id: int = 0
    is_served: bool = True  # a delivery method goes to the address
    duplicates: dict = field(default_factory=dict, hash=False)  # order by hours looked back
    promised: datetime.date | None = None
    feasible: datetime.date | None = None
    is_covered: bool = True  # stock and receipts cover all of it some day
    captured: float = 0.0  # paid or authorised, in the order's currency
    overdue_amount: float = 0.0
    overdue_days: int = 0
    payer: tuple = ()  # (commercial partner, company) whose credit the order uses
    email: str = ""
    ip_country_id: int = 0
    earlier_orders: int = 0
    hourly_orders: tuple = ()  # ages in hours of the customer's other orders


@dataclass(frozen=True)
class SignalFacts:
    """A sign of fraud and what it counts. ``limit`` is an amount, a number or hours."""

    code: str
    points: int
    limit: float = 0.0
    hours: float = 0.0


@dataclass(frozen=True)
class RuleFacts:
    """One rule. An empty scope means everything; ``matched`` are the orders of its domain."""

    rule_id: int
    kind: str
    severity: str = "hold"
    gate: str = "release"
    asked_only: bool = False
    company_id: int = 0
    channel_ids: frozenset = frozenset()
    partner_ids: frozenset = frozenset()
    tag_ids: frozenset = frozenset()
    category_ids: frozenset = frozenset()
    matched: frozenset | None = None
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    amount: float = 0.0
    amount_min: float = 0.0
    percent: float = 0.0
    days: int = 0
    hours: float = 0.0
    base: str = ""
    count_held: bool = True
    check_served: bool = False
    country_ids: frozenset = frozenset()
    product_ids: frozenset = frozenset()
    hs_codes: tuple = ()
    signals: tuple = ()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code, the hold it asks for, and values for the message.

    ``measure`` says how bad it is, where that can be more or less: what somebody approved stays
    approved as long as it isn't worse. ``identity`` names the params that make the finding what
    it is; all of them when it is ``None``.
    """

    code: str
    kind: str
    gate: str = "release"
    params: dict = field(default_factory=dict, hash=False)
    rule_id: int = 0
    severity: str = "hold"
    measure: float | None = None
    identity: tuple | None = None

    @property
    def key(self):
        """Text that is the same as long as the finding is: an approval of it stays valid."""
        names = sorted(self.params) if self.identity is None else self.identity
        values = ",".join(f"{name}={self.params[name]}" for name in names)
        return f"{self.code}({values})"


def missing_parts(address):
    """Parts an address lacks for a parcel to arrive, by name of the field, in reading order.

    Source: universal postal practice as kept on countries (``zip_required``, ``state_required``).
    """
    parts = ["name", "street", "city"]
    if address.state_required:
        parts.append("state")
    if address.zip_required:
        parts.append("zip")
    parts.append("country")
    return [part for part in parts if not (getattr(address, part) or "").strip()]


def find_content(facts):
    """What is wrong with the lines of an order."""
    findings = []
    if not facts.lines:
        findings.append(Finding("no_lines", "content"))
    for line in facts.lines:
        if not line.has_product:
            findings.append(Finding("line_without_product", "content", params={"line": line.name}))
        elif not line.product_active:
            findings.append(Finding("product_archived", "content", params={"line": line.name}))
        if line.quantity <= 0:
            findings.append(Finding("quantity_not_positive", "content", params={"line": line.name}))
    return findings


def find_total(facts):
    """What the channel stated otherwise than it came out: lines, taxes, and the total."""
    findings = [
        Finding("stated_otherwise", "total", params=dict(each)) for each in facts.differences
    ]
    if facts.channel_total is not None:
        if abs(facts.amount_total - facts.channel_total) > facts.tolerance:
            params = {"order": facts.amount_total, "channel": facts.channel_total}
            findings.append(Finding("total_differs", "total", params=params))
    return findings


def find_customer(facts):
    """Whether the customer is still one."""
    return [] if facts.customer_active else [Finding("customer_archived", "customer")]


def find_address(facts):
    """What the addresses of an order lack, and whether a carrier knows the one it goes to."""
    return [
        Finding("address_incomplete", "address", params={"role": address.role, "missing": missing})
        for address in facts.addresses
        if (address.role != "delivery" or facts.needs_delivery)
        and (missing := missing_parts(address))
    ] + [
        Finding("address_undeliverable", "address")
        for address in facts.addresses
        if address.role == "delivery" and facts.needs_delivery and address.is_undeliverable
    ]


def find(facts):
    """Findings of one order that need no rule of their own, worst first.

    :param OrderFacts facts: what is known of the order
    :return: list of :class:`Finding`
    """
    return find_content(facts) + find_total(facts) + find_customer(facts) + find_address(facts)


def in_scope(rule, facts):
    """Tell whether ``rule`` looks at the order at all; the lines it is about are another matter."""
    if rule.asked_only and not (facts.asked or facts.channel_id or rule.rule_id in facts.held_by):
        return False
    if facts.date and rule.date_from and facts.date < rule.date_from:
        return False
    if facts.date and rule.date_to and facts.date > rule.date_to:
        return False
    return (
        (not rule.company_id or rule.company_id == facts.company_id)
        and (not rule.channel_ids or facts.channel_id in rule.channel_ids)
        and (not rule.partner_ids or bool(rule.partner_ids & facts.partner_ids))
        and (not rule.tag_ids or bool(rule.tag_ids & facts.tag_ids))
        and (rule.matched is None or facts.order_id in rule.matched)
        and (not rule.category_ids or bool(lines_in_scope(rule, facts)))
    )


def lines_in_scope(rule, facts):
    """The lines of an order ``rule`` is about."""
    if not rule.category_ids:
        return facts.lines
    return tuple(line for line in facts.lines if line.category_ids & rule.category_ids)


def gate_of(rule, facts):
    """The gate ``rule`` shuts for this order, or ``None`` if it is past that.

    An order that grew after its release is caught at the next gate, so that nothing is gained by
    confirming a small order and adding to it.
    """
    if rule.gate != "release" or not facts.confirmed:
        return rule.gate
    if not facts.changed and rule.rule_id not in facts.held_by:
        return None
    return "ship" if facts.needs_delivery else "invoice"


def group(findings):
    """Findings by the hold they ask for: ``{(rule, kind, gate): [findings]}``, in order."""
    holds = {}
    for finding in findings:
        if finding.severity != "inform":
            key = (finding.rule_id, finding.kind, finding.gate)
            holds.setdefault(key, []).append(finding)
    return holds


def is_accepted(findings, key, approved):
    """Tell whether a hold resolved by a person covers what is found now.

    :param findings: findings of one rule, kind and gate
    :param str key: what was found then, see :func:`joint_key`
    :param approved: how bad it may be, or ``None`` if that wasn't a question
    """
    if key != joint_key(findings):
        return False
    measure = joint_measure(findings)
    # A thousandth of a cent of an amount computed twice is no reason to hold an order again.
    return measure is None or approved is None or measure <= approved + 1e-5


def joint_key(findings):
    """Text that is the same as long as these findings are."""
    return ";".join(finding.key for finding in findings)


def joint_measure(findings):
    """The worst of these findings, ``None`` if none can be more or less."""
    measures = [each.measure for each in findings if each.measure is not None]
    return max(measures, default=None)

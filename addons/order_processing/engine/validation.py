"""May this order be released? Facts of an order in, findings out.

Findings carry codes and values, no words: the model puts them into the reader's language.
"""

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


@dataclass(frozen=True)
class LineFacts:
    """One line with something to sell: sections, notes and down payments are left out."""

    name: str
    quantity: float
    has_product: bool = True
    product_active: bool = True


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
    tolerance: float = 0.005
    customer_active: bool = True


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code, the hold it asks for, and values for the message."""

    code: str
    kind: str
    gate: str = "release"
    params: dict = field(default_factory=dict, hash=False)

    @property
    def key(self):
        """Text that is the same as long as the finding is: an approval of it stays valid."""
        values = ",".join(f"{name}={self.params[name]}" for name in sorted(self.params))
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


def find(facts):
    """Findings of one order, worst first; none means that it may go on.

    :param OrderFacts facts: what is known of the order
    :return: list of :class:`Finding`
    """
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
    if facts.channel_total is not None:
        if abs(facts.amount_total - facts.channel_total) > facts.tolerance:
            findings.append(
                Finding(
                    "total_differs",
                    "total",
                    params={"order": facts.amount_total, "channel": facts.channel_total},
                )
            )
    if not facts.customer_active:
        findings.append(Finding("customer_archived", "customer"))
    for address in facts.addresses:
        if address.role == "delivery" and not facts.needs_delivery:
            continue
        missing = missing_parts(address)
        if missing:
            findings.append(
                Finding(
                    "address_incomplete",
                    "address",
                    params={"role": address.role, "missing": missing},
                )
            )
    return findings


def group(findings):
    """Findings by the hold they ask for: ``{(kind, gate): [findings]}``, in order."""
    holds = {}
    for finding in findings:
        holds.setdefault((finding.kind, finding.gate), []).append(finding)
    return holds

"""What routing talks about: needs and sites in, shares and ranked candidates out. Plain values."""

from dataclasses import dataclass, field

EPSILON = 1e-6

#: What decides, in this order, where nobody chose otherwise; ``tie`` never has two equal values.
CRITERIA = ("fill", "shipments", "priority", "distance", "default", "balance", "tie")
#: The criteria a rule may put in an order of its own. More shipped at once always comes first.
CHOOSABLE = ("shipments", "cost", "promise", "distance", "balance", "priority", "default")


@dataclass(frozen=True)
class Need:
    """One line of an order.

    ``quantity`` is in the line's unit, of which each holds ``unit_size`` of the product's own unit.
    A line is only split at multiples of ``step``. ``anywhere``: every site has it (not stocked).
    A kit takes ``parts``: pairs of (component, quantity per unit of the line).
    ``value`` and ``weight`` are of one unit. ``alone``: never in a parcel with anything else.
    """

    key: object
    product: object
    quantity: float
    unit_size: float = 1.0
    step: float = 0.01
    anywhere: bool = False
    parts: tuple = ()
    value: float = 0.0
    weight: float = 0.0
    alone: bool = False

    @property
    def takes(self):
        """What one unit of the line takes from stock: pairs of (product, quantity)."""
        return self.parts or ((self.product, self.unit_size),)


@dataclass(frozen=True)
class Site:
    """A place that may ship. Lower is better in all that is compared.

    ``distance`` to the customer, ``cost`` of one shipment from here, ``weight_cost`` of each unit
    of weight in it, ``promise``: when it would arrive, in days from now.
    """

    key: object
    priority: int = 0
    distance: int = 0
    is_default: bool = False
    cost: float = 0.0
    weight_cost: float = 0.0
    promise: float = 0.0


@dataclass(frozen=True)
class Policy:
    """How one rule decides.

    :param criteria: names of :data:`CRITERIA` or :data:`CHOOSABLE` in the order they decide
    :param max_sites: most sites one order may leave from; 1 is "single source", 0 any number
    :param guard: least value a shipment needs to be worth splitting the order for
    :param blocked: dict ``(need key, site key)`` → reason code; a need key of None: all needs
    """

    criteria: tuple = CRITERIA
    max_sites: int = 0
    guard: float = 0.0
    blocked: dict = field(default_factory=dict, hash=False)

    def allows(self, need, site):
        """Whether ``need`` may leave from ``site``."""
        return not self.blocked or (
            (need.key, site.key) not in self.blocked and (None, site.key) not in self.blocked
        )


@dataclass(frozen=True)
class Share:
    """A quantity of a need from a site, of which ``short`` isn't in stock (line's unit)."""

    need: object
    site: object
    quantity: float
    short: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """A set of sites that was considered: what it could do, and the criterion it lost by."""

    sites: tuple
    shipments: int
    filled: float
    lost: str | None = None
    values: dict = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class Plan:
    """The decision for one order. The first candidate is the one chosen."""

    shares: tuple
    candidates: tuple
    total: float
    exact: bool = True

    @property
    def short(self):
        """Quantity that isn't in stock anywhere it may leave from."""
        return sum(share.short for share in self.shares)

    @property
    def sources(self):
        """Keys of the sites that ship something at once."""
        return {s.site for s in self.shares if s.quantity - s.short > EPSILON}

    @property
    def parcels(self):
        """Shipments from stock, and one more for what comes later."""
        return len(self.sources) + (self.short > EPSILON)


def order_criteria(chosen):
    """The full order of criteria for those a rule chose: fill before, tie-breakers after."""
    known = tuple(dict.fromkeys(name for name in chosen if name in CHOOSABLE))
    rest = tuple(n for n in CRITERIA if n not in known and n not in ("fill", "tie"))
    return ("fill", *known, *(rest if known else CRITERIA[1:-1]), "tie")


def taken(needs, plan):
    """What a plan takes from stock: pairs of (site, product) and quantity in the product's unit."""
    by_key = {need.key: need for need in needs}
    for share in plan.shares:
        need = by_key[share.need]
        if need.anywhere:
            continue
        for product, size in need.takes:
            yield (share.site, product), (share.quantity - share.short) * size

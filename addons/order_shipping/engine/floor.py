"""A warehouse's floor: where its aisles are, how they may be walked, and by which policy."""

from dataclasses import dataclass, field

from . import picking, picking_general, picking_policies

#: Aisles of a floor that nobody described: so many locations each, in the order of their names.
GUESSED_AISLE = 20


@dataclass(frozen=True)
class Floor:
    """:ivar dict aisles: x in metres of each aisle by name
    :ivar dict one_way: x of aisles that are walked one way to that way
    :ivar bool in_aisles: False where people walk freely between places
    """

    block: picking.Block
    aisles: dict = field(default_factory=dict)
    one_way: dict = field(default_factory=dict)
    policy: str = "optimal"
    in_aisles: bool = True

    def route(self, stops):
        """The walk past ``stops`` by this floor's policy; the shortest where it has none."""
        if not self.in_aisles:
            return picking_general.shortest(self.block, stops, in_aisles=False)
        if self.one_way:
            try:
                return picking_general.shortest(self.block, stops, self.one_way)
            except ValueError:
                # Some stop can't be left again: the import says so, the picker still gets a walk.
                return picking.shortest(self.block, stops)
        return picking_policies.POLICIES[self.policy](self.block, stops)

    def names_by_x(self):
        """Names of the aisles by their x, those at one x joined."""
        by_x = {}
        for aisle, x in self.aisles.items():
            by_x[x] = f"{by_x[x]}, {aisle}" if x in by_x else aisle
        return by_x


def read_metres(text):
    """Metres from ``"12.5, 25"``, in order.

    :raise ValueError: something in it is no number above 0
    """
    metres = sorted(
        float(part) for part in (text or "").replace(";", ",").split(",") if part.strip()
    )
    if any(not 0 < metre < float("inf") for metre in metres):
        raise ValueError(text)
    return tuple(metres)


def read_names(text):
    """Names of aisles from ``"B, d"``, upper case."""
    return [part.strip().upper() for part in (text or "").split(",") if part.strip()]


def guessed(locations):
    """Places for locations of a floor nobody described, in the order of their names.

    :return: (Floor, dict of location to (x, y)); its metres mean nothing, nearness does
    """
    places = {
        location: (float(rank // GUESSED_AISLE * 4), float(rank % GUESSED_AISLE + 1))
        for rank, location in enumerate(locations)
    }
    return Floor(picking.Block(float(GUESSED_AISLE + 1))), places

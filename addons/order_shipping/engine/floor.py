"""A warehouse's floor: where its aisles are, how they may be walked, and by which policy."""

from dataclasses import dataclass, field
from functools import cached_property

from . import picking, picking_general, picking_policies

#: Aisles of a floor that nobody described: so many locations each, in the order of their names.
GUESSED_AISLE = 20
#: Why no walk gets to a place and on to its end.
BEYOND, NO_WAY_IN, NO_WAY_OUT = "beyond", "no_way_in", "no_way_out"


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

    @property
    def is_shortest(self):
        """Whether people walk as :func:`picking.shortest` says, and batches are built for."""
        return self.in_aisles and not self.one_way and self.policy == "optimal"

    def route(self, stops):
        """The walk past ``stops`` by this floor's policy; the shortest where it has none.

        :raise ValueError: no walk gets to some stop (see :meth:`dead_end`)
        """
        if not self.in_aisles:
            return picking_general.shortest(self.block, stops, in_aisles=False)
        if self.one_way:
            xs = self.aisles.values()
            return picking_general.shortest(self.block, stops, self.one_way, aisles=xs)
        return picking_policies.POLICIES[self.policy](self.block, stops)

    def dead_end(self, x, y):
        """Why no walk gets to a place and on to its end; None where one does.

        All places between the same two cross aisles of an aisle are alike: whoever gets to one of
        its ends gets to all of them.

        :return: :data:`BEYOND` (it lies behind the back cross aisle), :data:`NO_WAY_IN`,
            :data:`NO_WAY_OUT` (one-way aisles) or None
        """
        if not self.in_aisles:
            return None
        cross = self.block.cross
        if not 0 <= y <= cross[-1]:
            return BEYOND
        way = self.one_way.get(x, picking_general.BOTH)
        low = next(rank for rank, high in enumerate(cross[1:]) if y <= high)
        fronts = {low} if way != picking_general.BACKWARD else set()
        backs = {low + 1} if way != picking_general.FORWARD else set()
        into, out_of = fronts | backs, {rank + 1 for rank in fronts} | {rank - 1 for rank in backs}
        reached, leading = self._walkable_rows
        if into.isdisjoint(reached):
            return NO_WAY_IN
        return NO_WAY_OUT if out_of.isdisjoint(leading) else None

    @cached_property
    def _walkable_rows(self):
        """Ranks of the cross aisles that a walk gets to, and of those that lead to its end."""
        ways = {self.one_way.get(x, picking_general.BOTH) for x in self.aisles.values()}
        to_back = bool(ways - {picking_general.BACKWARD})
        to_front = bool(ways - {picking_general.FORWARD})
        cross = self.block.cross
        start = cross.index(picking.depot(self.block).y)
        last = cross.index(picking.end(self.block).y)
        ranks = range(len(cross))
        reached = {r for r in ranks if r == start or (to_back if r > start else to_front)}
        leading = {r for r in ranks if r == last or (to_front if r > last else to_back)}
        return reached, leading

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

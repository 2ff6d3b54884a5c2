"""Places of a warehouse drawn up from a few numbers: blocks of aisles with bays and levels."""

from dataclasses import dataclass

from . import layout_import

#: More places than this are a slip of the finger.
MOST_PLACES = 20_000


@dataclass(frozen=True)
class Plan:
    """:ivar int bays: bays of an aisle in each block, counted on through the blocks
    :ivar float cross: metres that a cross aisle between two blocks is wide
    """

    blocks: int = 1
    aisles: int = 6
    bays: int = 12
    levels: int = 1
    aisle_pitch: float = 4.0
    bay_pitch: float = 1.2
    cross: float = 3.0
    numbered: bool = False

    @property
    def size(self):
        return self.blocks * self.aisles * self.bays * max(self.levels, 1)

    @property
    def is_valid(self):
        counts = (self.blocks, self.aisles, self.bays)
        return (
            all(count > 0 for count in counts)
            and self.blocks <= 4
            and self.aisles <= 200
            and self.levels >= 0
            and self.aisle_pitch > 0
            and self.bay_pitch > 0
            and self.cross >= 0
            and self.size <= MOST_PLACES
        )

    @property
    def length(self):
        """Metres from the front to the back cross aisle."""
        return self._depth(self.blocks * self.bays) + self.bay_pitch

    @property
    def middle(self):
        """Metres from the front of the cross aisles between blocks."""
        ends = [block * self.bays for block in range(1, self.blocks)]
        return tuple(round((self._depth(n) + self._depth(n + 1)) / 2, 3) for n in ends)

    def _depth(self, bay):
        return bay * self.bay_pitch + (bay - 1) // self.bays * self.cross

    def aisle_name(self, rank):
        """A, B … Z, AA … or 01, 02 …"""
        if self.numbered:
            return f"{rank + 1:02d}"
        name = ""
        rank += 1
        while rank:
            rank, letter = divmod(rank - 1, 26)
            name = chr(ord("A") + letter) + name
        return name

    def places(self):
        """A ``layout_import.Place`` for each location, in order of their names."""
        result = []
        for aisle in range(self.aisles):
            name = self.aisle_name(aisle)
            for bay in range(1, self.blocks * self.bays + 1):
                for level in range(1, max(self.levels, 1) + 1):
                    suffix = f"-{level}" if self.levels > 1 else ""
                    result.append(
                        layout_import.Place(
                            row=len(result) + 1,
                            name=f"{name}-{bay:02d}{suffix}",
                            aisle=name,
                            position=bay,
                            level=level if self.levels > 1 else 0,
                            x=round(aisle * self.aisle_pitch, 3),
                            y=round(self._depth(bay), 3),
                        )
                    )
        return result

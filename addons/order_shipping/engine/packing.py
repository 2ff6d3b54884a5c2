"""Which boxes an order goes into: by size, weight and volume (cartonisation).

Items are placed one by one, the largest first, at the extreme points of T. G. Crainic, G. Perboli
and R. Tadei, "Extreme Point-Based Heuristics for Three-Dimensional Bin Packing", INFORMS Journal on
Computing 20 (2008) 368-384: the corners that those already placed leave. Each item may be turned
in six ways. If no box holds everything, the largest is filled and the rest goes on; each box is
then exchanged for the smallest that holds its content.

Our own rather than py3dbp 1.1.2 (2019, no release since): that one tries only three corners of
each item, doesn't choose among sizes of boxes and has no limit on the number of items.

All lengths are in one unit, all weights in another; which ones is the caller's.
"""

from dataclasses import dataclass, field
from itertools import permutations

#: More pieces than this are packed by volume, not placed: a person doesn't place them either.
MAX_PLACED = 60
#: Share of a box that pieces of unknown shape, or too many to place, fill.
FILL = 0.8


@dataclass(frozen=True)
class Item:
    """One piece: its key, sizes (0: unknown), volume (0: that of its sizes) and weight."""

    key: object
    size: tuple = (0.0, 0.0, 0.0)
    weight: float = 0.0
    volume: float = 0.0

    @property
    def bulk(self):
        length, width, height = self.size
        return length * width * height or self.volume

    @property
    def has_size(self):
        return all(self.size)


@dataclass(frozen=True)
class Box:
    """A kind of box: inner sizes (0: any), what it may weigh with its content (0: any), tare."""

    key: object
    size: tuple = (0.0, 0.0, 0.0)
    max_weight: float = 0.0
    tare: float = 0.0

    @property
    def bulk(self):
        length, width, height = self.size
        return length * width * height

    def carries(self, weight):
        return not self.max_weight or weight + self.tare <= self.max_weight + 1e-9


@dataclass
class Packed:
    """A box with what is in it; ``places`` has (item, corner, size as turned) where placed."""

    box: Box
    items: list = field(default_factory=list)
    places: list = field(default_factory=list)

    @property
    def weight(self):
        return self.box.tare + sum(item.weight for item in self.items)

    @property
    def fill(self):
        """Share of the box's volume that is used; 0 for a box without sizes."""
        return sum(item.bulk for item in self.items) / self.box.bulk if self.box.bulk else 0.0


def pack(items, boxes):
    """Choose boxes for items.

    :param items: list of :class:`Item`, one for each piece
    :param boxes: list of :class:`Box` to choose from
    :return: (list of :class:`Packed`, list of items that no box takes)
    """
    left = sorted(items, key=lambda item: (-max(item.size), -item.bulk, -item.weight))
    kinds = sorted(boxes, key=lambda box: (not box.bulk, box.bulk, box.max_weight))
    chosen = []
    while left and kinds:
        whole = next(
            (done for box in kinds if len((done := fill(box, left)).items) == len(left)), None
        )
        best = whole or max((fill(box, left) for box in kinds), key=_taken)
        if not best.items:
            break
        smaller = next(
            (
                done
                for box in kinds
                if len((done := fill(box, best.items)).items) == len(best.items)
            ),
            best,
        )
        chosen.append(smaller)
        taken = {id(item) for item in best.items}
        left = [item for item in left if id(item) not in taken]
    return chosen, left


def _taken(packed):
    return (sum(item.bulk for item in packed.items), len(packed.items))


def fill(box, items):
    """Put as many of ``items``, in the order given, into one box as it takes."""
    packed = Packed(box)
    if len(items) > MAX_PLACED or not box.bulk or not all(item.has_size for item in items):
        return _fill_by_volume(packed, items)
    points = {(0.0, 0.0, 0.0)}
    weight = 0.0
    for item in items:
        if not box.carries(weight + item.weight):
            continue
        place = _find_place(box, item, points, packed.places)
        if place is None:
            continue
        corner, size = place
        packed.items.append(item)
        packed.places.append((item, corner, size))
        weight += item.weight
        points.discard(corner)
        points |= _extreme_points(corner, size, packed.places[:-1])
    return packed


def _fill_by_volume(packed, items):
    """For want of sizes: by volume with room to spare, each piece fitting by itself."""
    box, weight, bulk = packed.box, 0.0, 0.0
    for item in items:
        fits = not box.bulk or (
            bulk + item.bulk <= box.bulk * FILL + 1e-9
            and all(
                one <= other + 1e-9
                for one, other in zip(sorted(item.size), sorted(box.size), strict=True)
            )
        )
        # A single piece that fits by its sizes may fill the box to the brim.
        alone = not packed.items and item.has_size and _turned(item, box, (0.0, 0.0, 0.0))
        if (fits or alone) and box.carries(weight + item.weight):
            packed.items.append(item)
            weight += item.weight
            bulk += item.bulk
    return packed


def _find_place(box, item, points, places):
    """(corner, size as turned) lowest, then furthest back and left; None if there is none."""
    for corner in sorted(points, key=lambda point: (point[2], point[1], point[0])):
        for size in _turned(item, box, corner):
            if not any(_overlap(corner, size, *other[1:]) for other in places):
                return corner, size
    return None


def _turned(item, box, corner):
    """The ways to turn an item that fit the box at ``corner``, flattest first."""
    ways = sorted(set(permutations(item.size)), key=lambda size: (size[2], -size[0]))
    return [
        size
        for size in ways
        if all(
            start + length <= limit + 1e-9
            for start, length, limit in zip(corner, size, box.size, strict=True)
        )
    ]


def _overlap(corner, size, other_corner, other_size):
    return all(
        one < other + other_length - 1e-9 and other < one + length - 1e-9
        for one, length, other, other_length in zip(
            corner, size, other_corner, other_size, strict=True
        )
    )


def _extreme_points(corner, size, places):
    """Corners that a piece just placed leaves: its far ends, slid to the next piece or wall."""
    points = set()
    for axis in range(3):
        start = list(corner)
        start[axis] += size[axis]
        for slide in range(3):
            if slide == axis:
                continue
            point = list(start)
            point[slide] = max(
                (
                    other[slide] + length[slide]
                    for _item, other, length in places
                    if other[slide] + length[slide] <= start[slide] + 1e-9
                    and all(
                        other[rest] <= start[rest] < other[rest] + length[rest]
                        for rest in range(3)
                        if rest != slide
                    )
                ),
                default=0.0,
            )
            points.add(tuple(point))
    return points


# === WEIGHT === #


def is_weight_right(measured, expected, tolerance, least=0.02):
    """Whether a weighed box may be what it should be.

    :param float tolerance: share of the expected weight by which it may differ
    :param float least: difference always allowed, for the scales
    """
    return abs(measured - expected) <= max(expected * tolerance, least) + 1e-9

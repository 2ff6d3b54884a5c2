"""Choosing boxes: nothing overlaps, sticks out, is lost or too heavy; small orders, small boxes."""

import random
from itertools import combinations

import pytest

from odoo.addons.order_shipping.engine import packing
from odoo.addons.order_shipping.engine.packing import Box, Item

BOXES = [
    Box("S", (200, 150, 100), 5, 0.1),
    Box("M", (400, 300, 200), 15, 0.3),
    Box("L", (600, 400, 400), 25, 0.5),
]


def check(chosen, left, items):
    """Every piece is in exactly one box or left; each box is possible."""
    packed = [item for box in chosen for item in box.items]
    assert sorted(item.key for item in [*packed, *left]) == sorted(item.key for item in items)
    for packed in chosen:
        limit = packed.box.max_weight
        assert not limit or packed.weight <= limit + 1e-6
        for item, corner, size in packed.places:
            assert sorted(size) == sorted(item.size)
            for start, length, room in zip(corner, size, packed.box.size, strict=True):
                assert -1e-9 <= start and start + length <= room + 1e-6
        for (_a, one, size), (_b, other, other_size) in combinations(packed.places, 2):
            assert not packing._overlap(one, size, other, other_size)


def test_eighths_fill_a_box():
    items = [Item(n, (200, 150, 100), 0.5) for n in range(8)]
    chosen, left = packing.pack(items, BOXES)
    check(chosen, left, items)
    assert [box.box.key for box in chosen] == ["M"]
    assert chosen[0].fill == pytest.approx(1)


def test_smallest_box_that_fits():
    chosen, _left = packing.pack([Item(1, (90, 140, 190), 1)], BOXES)
    assert chosen[0].box.key == "S"


def test_turned_to_fit():
    chosen, left = packing.pack([Item(1, (100, 200, 150), 1)], [BOXES[0]])
    assert not left and chosen[0].places[0][2] == (200, 150, 100)


def test_too_large_is_left():
    items = [Item(1, (700, 10, 10), 1), Item(2, (10, 10, 10), 1)]
    chosen, left = packing.pack(items, BOXES)
    assert [item.key for item in left] == [1]
    assert [item.key for item in chosen[0].items] == [2]


def test_weight_splits():
    items = [Item(n, (50, 50, 50), 6) for n in range(10)]
    chosen, left = packing.pack(items, BOXES)
    check(chosen, left, items)
    assert len(chosen) == 3


def test_too_heavy_is_left():
    chosen, left = packing.pack([Item(1, (50, 50, 50), 60)], BOXES)
    assert (chosen, [item.key for item in left]) == ([], [1])


@pytest.mark.parametrize("seed", range(8))
def test_random_orders(seed):
    rng = random.Random(seed)
    items = [
        Item(n, tuple(rng.uniform(30, 250) for _ in range(3)), rng.uniform(0.1, 2))
        for n in range(rng.randint(1, 40))
    ]
    chosen, left = packing.pack(items, BOXES)
    check(chosen, left, items)
    assert not left
    assert packing.pack(items, BOXES) == (chosen, left)


def test_by_volume_without_sizes():
    """Unknown shapes leave a fifth of the box free."""
    items = [Item(n, volume=1_000_000) for n in range(19)]
    chosen, left = packing.pack(items, [BOXES[1]])
    assert not left
    assert [len(box.items) for box in chosen] == [19]
    chosen, _left = packing.pack([*items, Item(20, volume=1_000_000)], [BOXES[1]])
    assert [len(box.items) for box in chosen] == [19, 1]


def test_nothing_known_fits_anything():
    chosen, left = packing.pack([Item(1), Item(2)], BOXES)
    assert ([box.box.key for box in chosen], left) == (["S"], [])


def test_many_pieces_go_by_volume():
    items = [Item(n, (20, 20, 20), 0.01) for n in range(packing.MAX_PLACED + 40)]
    chosen, left = packing.pack(items, BOXES)
    check(chosen, left, items)
    assert not chosen[0].places


def test_no_boxes():
    assert packing.pack([Item(1)], []) == ([], [Item(1)])
    assert packing.pack([], BOXES) == ([], [])


def test_weight_check():
    assert packing.is_weight_right(1.05, 1.0, 0.1)
    assert not packing.is_weight_right(1.2, 1.0, 0.1)
    assert packing.is_weight_right(0.03, 0.02, 0.1)  # the scales' own error
    assert not packing.is_weight_right(0.0, 1.0, 0.1)

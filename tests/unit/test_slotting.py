"""Classes, and moves that bring what is picked often nearer."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_shipping.engine import slotting


def test_classes_by_share():
    amounts = {"a": 70, "b": 15, "c": 10, "d": 4, "e": 1, "f": 0, "g": -5}
    classes = slotting.classify_share(amounts)
    assert "".join(classes[key] for key in "abcdefg") == "AABCCCC"
    assert slotting.classify_share({"a": 0}) == {"a": "C"}


def test_classes_by_variation():
    series = {"even": [4, 5, 4], "wavy": [1, 9, 4], "rare": [0, 0, 9], "never": [0, 0], "new": []}
    classes = slotting.classify_variation(series)
    assert list(classes.values()) == ["X", "Y", "Z", "Z", "Z"]


def test_often_picked_goods_come_near():
    items = [
        slotting.Item("often", "far", 100),
        slotting.Item("rarely", "near", 2),
        slotting.Item("middling", "middle", 50),
    ]
    metres = {"near": 10, "middle": 30, "far": 60, "empty": 20}
    first, second = slotting.suggest(items, metres, ["empty"])
    assert first == slotting.Move("often", "far", "near", "rarely", 98 * 50)
    assert second == slotting.Move("middling", "middle", "empty", None, 50 * 10)
    assert len(slotting.suggest(items, metres, ["empty"], most=1)) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50)), max_size=12), st.integers(0, 4))
def test_moves_save_what_they_say(rows, empty):
    items = [slotting.Item(key, key, picks) for key, (picks, _metres) in enumerate(rows)]
    metres = {key: far for key, (_picks, far) in enumerate(rows)}
    free = [f"free {rank}" for rank in range(empty)]
    metres |= {place: rank * 7 for rank, place in enumerate(free)}
    place_of = {item.key: item.place for item in items}
    moves = slotting.suggest(items, metres, free)
    for move in moves:
        place_of[move.key] = move.target
        if move.other is not None:
            place_of[move.other] = move.source

    def walked(places):
        return sum(item.picks * metres[places[item.key]] for item in items)

    before = walked({item.key: item.place for item in items})
    assert len(set(place_of.values())) == len(items)
    assert abs(before - walked(place_of) - sum(move.saved for move in moves)) < 1e-6
    assert all(move.saved > 0 for move in moves)

"""Hand-helds on one batch at the same moment: every scan once, nothing taken twice."""

import uuid

import pytest
from test_concurrency import Rivals


@pytest.fixture(scope="module")
def rivals(server):
    return Rivals(*server)


def transfer(rivals, quantity):
    """A reserved delivery: (its id, its line, evidence that a pick of it names)."""
    product = rivals.product(20, warehouse_east=quantity)
    line = (0, 0, {"product_id": product, "product_uom_qty": quantity})
    order = rivals.order(product, order_line=[line])
    rivals.call("sale.order", "action_confirm", [order])
    [values] = rivals.read("sale.order", [order], "picking_ids")
    [picking] = values["picking_ids"]
    rivals.call("stock.picking", "action_assign", [picking])
    [line] = rivals.read("stock.picking", [picking], "move_line_ids")[0]["move_line_ids"]
    task = rivals.call("picking.scan", "get_pick_task", "stock.picking", picking)
    facts = task["lines"][0]
    return picking, {"line": line, "place": facts["places"][0], "item": next(iter(facts["codes"]))}


def operation(evidence, sequence):
    return {
        "key": str(uuid.uuid4()),
        "sequence": sequence,
        "kind": "pick",
        "quantity": 1,
        **evidence,
    }


def push_at_once(rivals, picking, pushes):
    """Send until nobody is told that somebody else is busy, as the screen does."""
    answers = [None] * len(pushes)
    for _round in range(20):
        open_ranks = [rank for rank, answer in enumerate(answers) if answer is None]
        if not open_ranks:
            return answers
        calls = [
            ("picking.scan", "push", "stock.picking", picking, *pushes[rank]) for rank in open_ranks
        ]
        for rank, (result, error) in zip(open_ranks, rivals.at_once(*calls), strict=True):
            assert not error, error
            if not result.get("busy"):
                answers[rank] = result["answers"]
    raise AssertionError("still busy")


def scanned(rivals, line):
    [row] = rivals.sql(f"SELECT quantity_scanned, picked FROM stock_move_line WHERE id = {line}")
    return float(row[0]), row[1]


def test_the_same_scans_sent_four_times_at_once(rivals):
    """A hand-held that lost its answers sends again while the first request still runs."""
    picking, evidence = transfer(rivals, 5)
    device = str(uuid.uuid4())
    operations = [operation(evidence, sequence) for sequence in (1, 2, 3)]
    answers = push_at_once(rivals, picking, [(device, operations)] * 4)
    assert all(answer == answers[0] for answer in answers)
    assert [one["accepted"] for one in answers[0]] == [True] * 3
    assert scanned(rivals, evidence["line"]) == (3, "f")
    assert rivals.sql(f"SELECT count(*) FROM picking_scan WHERE device = '{device}'") == [["3"]]


def test_the_last_one_is_taken_once(rivals):
    picking, evidence = transfer(rivals, 1)
    pushes = [(str(uuid.uuid4()), [operation(evidence, 1)]) for _device in range(4)]
    answers = push_at_once(rivals, picking, pushes)
    reasons = sorted(answer[0]["reason"] for answer in answers)
    assert reasons == ["", "done", "done", "done"]
    assert scanned(rivals, evidence["line"]) == (1, "t")

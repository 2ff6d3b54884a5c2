"""Planners plan the same transfers and apply at the same moment: each is batched once."""

import time

import pytest
from test_concurrency import Rivals


@pytest.fixture(scope="module")
def planners(server):
    return Rivals(*server)


def make_transfers(planners, count):
    """Reserved deliveries of one product: (ids, id of their operation type)."""
    product = planners.product(20, warehouse_west=500)
    warehouse = planners.ref("warehouse_west")
    [values] = planners.read("stock.warehouse", [warehouse], "lot_stock_id", "out_type_id")
    place, picking_type = values["lot_stock_id"][0], values["out_type_id"][0]
    [customers] = planners.call("stock.location", "search", [("usage", "=", "customer")], limit=1)
    move = {
        "product_id": product,
        "product_uom_qty": 1,
        "location_id": place,
        "location_dest_id": customers,
    }
    transfer = {
        "picking_type_id": picking_type,
        "location_id": place,
        "location_dest_id": customers,
        "move_ids": [(0, 0, move)],
    }
    transfers = planners.call("stock.picking", "create", [transfer] * count)
    planners.call("stock.picking", "action_confirm", transfers)
    planners.call("stock.picking", "action_assign", transfers)
    return transfers, picking_type


def open_screen(session, template):
    """What the Plan Picking screen shows a planner first."""
    return session.call("picking.plan", "first_plan", [open_frame(session, template)["id"]])


def open_frame(session, template):
    return session.call("picking.plan", "open_plan", template)


def test_planners_never_take_the_same_transfer(planners):
    transfers, picking_type = make_transfers(planners, 24)
    template = planners.call(
        "picking.wave.template",
        "create",
        {"name": "Race", "picking_type_id": picking_type, "max_orders": 4, "seconds": 0},
    )
    plans = [open_screen(session, template) for session in planners.sessions]
    # The demo's own transfers may be among them.
    assert min(plan["totals"]["transfers"] for plan in plans) >= len(transfers)
    answers = planners.at_once(*[("picking.plan", "action_apply", [plan["id"]]) for plan in plans])
    lost = [error for _result, error in answers if error]
    assert all("plan again" in error for error in lost), lost
    assert len(lost) < 4
    # Whoever came second left what the first had taken; what nobody got is planned again.
    planners.call("stock.picking", "read", transfers, ["batch_id"])
    again = open_screen(planners, template)
    if again["proposals"]:
        planners.call("picking.plan", "action_apply", [again["id"]])
    ids = ", ".join(map(str, transfers))
    [[batched]] = planners.sql(
        f"SELECT count(*) FROM stock_picking WHERE id IN ({ids}) AND batch_id IS NOT NULL"
    )
    assert batched == "24"
    empty = planners.sql(
        f"SELECT name FROM stock_picking_batch b WHERE wave_template_id = {template} AND NOT EXISTS"
        " (SELECT FROM stock_picking p WHERE p.batch_id = b.id)"
    )
    assert not empty
    sizes = planners.sql(
        f"SELECT count(*) FROM stock_picking WHERE id IN ({ids}) GROUP BY batch_id"
    )
    assert max(int(row[0]) for row in sizes) <= 4


def wait_for_jobs(session, plan, seconds=120):
    """What a planner sees of a plan once no job makes batches of it any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        progress = session.call("picking.plan", "get_progress", [plan])
        if not progress["jobs"]:
            return progress
        time.sleep(0.5)
    raise AssertionError(progress)


def test_jobs_of_two_planners_batch_every_transfer_once(planners):
    """Thirty batches each, made by the job runner in chunks side by side."""
    transfers, picking_type = make_transfers(planners, 30)
    template = planners.call(
        "picking.wave.template",
        "create",
        {"name": "Jobs", "picking_type_id": picking_type, "max_orders": 1, "seconds": 0},
    )
    sessions = planners.sessions[:2]
    plans = [open_screen(session, template) for session in sessions]
    assert min(plan["totals"]["batches"] for plan in plans) >= 30
    answers = planners.at_once(*[("picking.plan", "action_apply", [plan["id"]]) for plan in plans])
    assert answers == [(False, None)] * 2, answers
    seen = [
        wait_for_jobs(session, plan["id"]) for session, plan in zip(sessions, plans, strict=True)
    ]
    for progress in seen:
        assert progress["done"] == progress["total"], progress
        assert len(progress["left"]) == progress["total"] - progress["batches"]
        assert all(left["problem"] for left in progress["left"])
    ids = ", ".join(map(str, transfers))
    batches = planners.sql(
        f"SELECT count(*), count(DISTINCT batch_id) FROM stock_picking WHERE id IN ({ids})"
        " AND batch_id IS NOT NULL"
    )
    assert batches == [["30", "30"]]
    made = planners.sql(
        f"SELECT count(*) FROM stock_picking_batch WHERE wave_template_id = {template}"
    )
    assert int(made[0][0]) == sum(progress["batches"] for progress in seen)

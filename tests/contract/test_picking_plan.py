"""Four planners plan the same transfers and apply at the same moment: each is batched once."""

import pytest
from test_concurrency import Rivals


@pytest.fixture(scope="module")
def planners(server):
    return Rivals(*server)


def open_screen(session, template):
    """What the Plan Picking screen shows a planner first."""
    return session.call("picking.plan", "first_plan", [open_frame(session, template)["id"]])


def open_frame(session, template):
    return session.call("picking.plan", "open_plan", template)


def test_planners_never_take_the_same_transfer(planners):
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
    transfers = planners.call("stock.picking", "create", [transfer] * 24)
    planners.call("stock.picking", "action_confirm", transfers)
    planners.call("stock.picking", "action_assign", transfers)
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

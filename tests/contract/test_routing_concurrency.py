"""Several workers route the same stock at once: nothing is sold twice, nothing is lost.

In a file of its own beside ``test_concurrency.py``, whose sessions it uses.
"""

import pytest
from test_concurrency import Rivals


@pytest.fixture(scope="module")
def rivals(server):
    return Rivals(*server)


def moved(rivals, product):
    """Quantity reserved by warehouse."""
    return {
        int(warehouse): float(quantity)
        for warehouse, quantity in rivals.sql(
            "SELECT t.warehouse_id, sum(l.quantity_product_uom) FROM stock_move_line l"
            " JOIN stock_picking p ON p.id = l.picking_id"
            " JOIN stock_picking_type t ON t.id = p.picking_type_id"
            f" WHERE l.product_id = {product} AND p.state = 'assigned' GROUP BY t.warehouse_id"
        )
    }


def test_four_workers_share_three_units(rivals):
    product = rivals.product(20, warehouse_east=2, warehouse_west=1)
    orders = [rivals.order(product) for _index in range(4)]
    answers = rivals.at_once(*[("sale.order", "action_confirm", [order]) for order in orders])
    assert [error for _result, error in answers] == [None] * 4
    allocated = rivals.sql(
        "SELECT sum(quantity), sum(short_quantity), sum(quantity - short_quantity)"
        f" FROM order_allocation WHERE product_id = {product} AND state = 'released'"
    )
    assert [float(value) for value in allocated[0]] == [4.0, 1.0, 3.0]
    east, west = rivals.ref("warehouse_east"), rivals.ref("warehouse_west")
    assert moved(rivals, product) == {east: 2.0, west: 1.0}
    rivals.verify(orders)


def test_a_run_and_a_confirmation_meet(rivals):
    """The queue of a scheduled plan is run twice while a rival confirms: each order once."""
    plan = rivals.call(
        "order.routing.plan",
        "create",
        {
            "name": "Rivals",
            "sequence": 1,
            "is_scheduled": True,
            "domain": "[('client_order_ref', '=', 'QUEUE')]",
            "rule_ids": [(0, 0, {"name": "All", "action": "backorder"})],
        },
    )
    wizard = rivals.call("order.routing.activate", "create", {"plan_id": plan, "comment": "Race"})
    rivals.call("order.routing.activate", "action_activate", [wizard])
    product = rivals.product(20, warehouse_east=1, warehouse_west=1)
    queued = rivals.order(product, client_order_ref="QUEUE")
    direct = rivals.order(product)
    rivals.call("sale.order", "action_confirm", [queued])
    assert moved(rivals, product) == {}
    answers = rivals.at_once(
        ("order.routing.plan", "action_run", [plan]),
        ("order.routing.plan", "action_run", [plan]),
        ("sale.order", "action_confirm", [direct]),
    )
    assert answers[2][1] is None, answers
    rivals.let_jobs_finish()
    east, west = rivals.ref("warehouse_east"), rivals.ref("warehouse_west")
    assert moved(rivals, product) == {east: 1.0, west: 1.0}
    [moves] = rivals.sql(
        "SELECT count(*), sum(product_uom_qty) FROM stock_move"
        f" WHERE product_id = {product} AND sale_line_id IS NOT NULL AND state != 'cancel'"
    )
    assert (moves[0], float(moves[1])) == ("2", 2.0)
    rivals.verify([queued, direct])

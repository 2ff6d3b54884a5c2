"""Orders from Shopify documents to matched bank lines: seconds and queries per order and stage.

One process, all orders in one call of each stage. Compare runs of the same machine only; nothing is
asserted about time.

    --orders N     documents (100)
    --stock N      stock Odoo, without our addons, does N such orders one by one (0)
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import _pipeline
import suite


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--stock", type=int, default=0)
    options = parser.parse_args(arguments)
    table = whole(env, options.orders)
    ours = 1000 * table.total / table.count
    if options.stock:
        theirs = stock(options.stock)
        print(f"stock Odoo one by one takes {theirs / ours:.1f} times as long in one process")


def whole(env, count, first=0):
    """Every stage over all orders.

    :param int first: number of the first of them
    :return: the table of stages
    """
    channel = _pipeline.prepare(env, count, "manual")  # invoiced as a stage of its own
    channel.auto_confirm = False
    _pipeline.know(channel)
    table = _pipeline.Table(count, env.cr)

    def stage(name, call):
        def flushed():
            result = call()
            # As at the end of a request, with what is tracked for the chatter.
            env.cr.flush()
            return result

        env.cr.flush()
        return table.measure(name, flushed)

    intakes = stage("receive", lambda: _pipeline.receive(channel, count, first))
    stage("create and validate", intakes.action_process)
    bad = intakes.filtered(lambda intake: intake.state != "accepted")
    assert not bad, bad.mapped("error")[:3]
    orders = intakes.order_id
    stage("confirm, route and reserve", orders.action_confirm)
    pickings = orders.picking_ids
    assert set(pickings.mapped("state")) == {"assigned"}
    stage("ship", lambda: validate(pickings))
    channel.invoice_policy = "shipment"
    stage("invoice and post", orders._invoice_shipped)
    invoices = orders.invoice_ids
    assert invoices and all(move.state == "posted" for move in invoices)
    lines = stage("import bank lines", lambda: _pipeline.pay(env, invoices))
    stage("match", lines.action_match)
    assert all(lines.mapped("is_reconciled"))
    stage("facts", lambda: env["order.fact"].sudo()._refresh(orders))
    print(f"{len(orders)} orders, {len(pickings)} deliveries, {len(invoices)} invoices,", end=" ")
    print(f"{1000 * table.total / count:.0f} ms an order, {count / table.total:.1f} orders/s")
    return table


def validate(pickings):
    pickings.move_ids.write({"picked": True})
    pickings.with_context(skip_backorder=True, cancel_backorder=False).button_validate()


def stock(count):
    """Stock Odoo on a database without our addons, order by order.

    :return: milliseconds an order
    """
    env = suite.pg_env("test")
    config = suite.write_config(
        env, "bench-stock", log_level="error", data_dir=suite.LOCAL / "data" / "test"
    )
    suite.template(env, config)
    base = f"base_demo_{suite.base_hash()}"
    suite.clone(env, config, base, "suite_bench_stock")
    try:
        done = subprocess.run(
            [
                sys.executable,
                Path(__file__).with_name("_stock.py"),
                config,
                "suite_bench_stock",
                str(count),
            ],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        suite.drop(env, config, "suite_bench_stock")
    spent = json.loads(done.stdout.splitlines()[-1])
    print(f"stock Odoo, {count} orders of three lines one by one")
    for step, (seconds, queries) in spent.items():
        print(
            f"{step:30}{seconds:9.2f}{count / seconds:10.1f}{1000 * seconds / count:10.1f}"
            f"{queries / count:15.1f}"
        )
    each = 1000 * sum(seconds for seconds, _queries in spent.values()) / count
    print(f"{each:.0f} ms an order")
    return each

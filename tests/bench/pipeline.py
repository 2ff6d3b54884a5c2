"""Orders from Shopify documents to posted invoices: seconds and queries per order and stage.

Compare runs of the same machine only. Nothing is asserted about time.
"""

import argparse
import json
import time
from pathlib import Path

SAMPLE = (
    Path(__file__)
    .resolve()
    .parents[2]
    .joinpath("addons/order_processing/demo/files/shopify_order_1001.json")
)


def documents(count):
    """``count`` different orders in the shape of the documented one."""
    sample = json.loads(SAMPLE.read_text())
    for number in range(count):
        order = dict(sample.get("order", sample))
        order.update(
            id=900_000_000 + number,
            name=f"#B{number}",
            order_number=90_000 + number,
            email=f"customer{number % 50}@example.com",
        )
        order["customer"] = {**order["customer"], "email": order["email"], "id": number % 50}
        yield json.dumps(order).encode()


class Stages:
    def __init__(self, env, count):
        self.env, self.count = env, count
        print(f"{'stage':28}{'s':>8}{'ms/order':>10}{'queries/order':>15}")

    def measure(self, name, call):
        self.env.flush_all()
        queries, started = self.env.cr.sql_log_count, time.perf_counter()
        result = call()
        self.env.flush_all()
        seconds = time.perf_counter() - started
        queries = self.env.cr.sql_log_count - queries
        print(
            f"{name:28}{seconds:8.2f}{1000 * seconds / self.count:10.1f}"
            f"{queries / self.count:15.1f}",
            flush=True,
        )
        return result


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100)
    count = parser.parse_args(arguments).orders
    channel = env.ref("order_processing.channel_shopify")
    channel.invoice_policy = "manual"  # measured as a stage of its own
    channel.duplicate_hours = 0  # fifty customers order the same again and again
    stock = env["stock.quant"].with_context(inventory_mode=True)
    for quant in stock.search([("product_id.default_code", "like", "IPOD2008%")]):
        quant.write({"inventory_quantity": quant.quantity + 2 * count})
        quant.action_apply_inventory()
    stages = Stages(env, count)
    intakes = stages.measure("receive", lambda: _receive(channel, count))
    stages.measure("process (to reserved)", intakes.action_process)
    orders = intakes.order_id
    bad = intakes.filtered(lambda intake: intake.state != "accepted")
    assert not bad, bad.mapped("error")[:3]
    pickings = orders.picking_ids
    stages.measure("validate deliveries", lambda: _validate(pickings))
    channel.invoice_policy = "shipment"
    stages.measure("invoice and post", orders._invoice_shipped)
    assert all(move.state == "posted" for move in orders.invoice_ids) and orders.invoice_ids
    print(f"{len(orders)} orders, {len(pickings)} deliveries, {len(orders.invoice_ids)} invoices")


def _receive(channel, count):
    intakes = channel.env["order.intake"]
    for payload in documents(count):
        intakes |= channel._receive(payload, filename="bench.json")
    return intakes


def _validate(pickings):
    pickings.move_ids.write({"picked": True})
    pickings.with_context(skip_backorder=True, cancel_backorder=False).button_validate()

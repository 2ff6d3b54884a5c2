"""Orders of a format through intake: orders a second and queries an order, read to created.

make bench ARGS="intake --format shopify --orders 1000"
make bench ARGS="intake --format all --orders 200"

The orders are those of the formats' sample writers, each of its own customer and reference, in one
upload; they are taken in as a batch of jobs of 25, as an upload of a person is. One of them names
an unknown product. Compare runs of the same machine only. Nothing is asserted about time.
"""

import argparse
import time
from decimal import Decimal

from odoo.addons.order_processing.engine.intake.registry import READERS
from odoo.addons.order_processing.engine.intake.samples import CUSTOMER, SampleFacts, sample
from odoo.addons.order_processing.models.order_intake_batch import CHUNK

SKU = "IPOD2008GREEN"


def documents(kind, count):
    """``count`` different orders of a format as files; the middle one can't become an order."""
    facts = SampleFacts("1", SKU, "Player", Decimal("199.00"), "USD", "US", "KY")
    for number in range(count):
        # Digits, since some formats know no other references.
        each = facts._replace(ref=str(70_000_000 + number))
        if number == count // 2:
            each = each._replace(sku="NO-SUCH-SKU")
        payload = sample(kind, each)
        for old, new in (
            ("test@example.com", f"{kind}{number}@example.com"),
            ("1 Test Street", f"{number} {kind} Street"),
            (CUSTOMER, f"{kind} customer {number}"),
        ):
            payload = payload.replace(old.encode(), new.encode())
        yield payload, f"{each.ref}{READERS[kind].extensions[0]}"


class Meter:
    """Time and queries of a step, for each order."""

    def __init__(self, env, count):
        self.env, self.count = env, count

    def __call__(self, call):
        self.env.flush_all()
        queries, started = self.env.cr.sql_log_count, time.perf_counter()
        result = call()
        self.env.flush_all()
        seconds = time.perf_counter() - started
        return result, seconds, (self.env.cr.sql_log_count - queries) / self.count


def measure(env, kind, count, release):
    """One line of figures for a format."""
    channel = env["order.channel"].create(
        {
            "name": f"Bench {kind}",
            "code": f"bench-{kind}",
            "kind": kind,
            "tax_policy": "line",
            "auto_confirm": release,
            "invoice_policy": "manual",
        }
    )
    files = list(documents(kind, count))
    meter = Meter(env, count)
    parse = READERS[kind].parse
    started = time.perf_counter()
    for payload, _name in files:
        parse(payload)
    read = time.perf_counter() - started
    (intakes, problems), received, receive_queries = meter(
        lambda: channel._take_files(files, source="upload")
    )
    assert not problems, problems[:3]

    def process():
        for start in range(0, len(intakes), CHUNK):
            intakes[start : start + CHUNK].action_process()
            env.invalidate_all()  # a job has a cache of its own

    _none, processed, process_queries = meter(process)
    states = dict(
        env["order.intake"]._read_group([("id", "in", intakes.ids)], ["state"], ["__count"])
    )
    assert states == {"accepted": count - 1, "rejected": 1}, (
        states,
        intakes.filtered(lambda each: each.state == "rejected").mapped("error")[:3],
    )
    print(
        f"{kind:14}{count:>7}{count / read:>12.0f}{count / (received + processed):>11.1f}"
        f"{receive_queries:>10.1f}{process_queries:>10.1f}",
        flush=True,
    )


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", default="shopify", choices=["all", *sorted(READERS)])
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--release", action="store_true", help="confirm and route each order, too")
    options = parser.parse_args(arguments)
    kinds = sorted(READERS) if options.format == "all" else [options.format]
    product = env["product.product"].search([("default_code", "=", SKU)], limit=1)
    stock = env["stock.quant"].with_context(inventory_mode=True)
    for quant in stock.search([("product_id", "=", product.id)]):
        quant.write({"inventory_quantity": quant.quantity + options.orders * len(kinds)})
        quant.action_apply_inventory()
    print(f"{'':14}{'':>7}{'read only':>12}{'taken in':>11}{'queries/order':>20}")
    print(
        f"{'format':14}{'orders':>7}{'orders/s':>12}{'orders/s':>11}{'receive':>10}{'process':>10}"
    )
    for kind in kinds:
        measure(env, kind, options.orders, options.release)

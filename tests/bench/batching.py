"""Metres of planned batches against the best known, against savings, and against Odoo's way.

python tests/bench/batching.py --instances PATH --reference CSV --seconds S
make bench ARGS="batching --seconds 1 --every 8"
make bench ARGS="batching --screen"

PATH is a file of ../shared/picking-instances/README.md (JSON lines, gzipped), CSV the best known
values beside it. Needs no database for these; from `make bench`, it also times the
Plan Picking screen. Prints figures and asserts none.
"""

import argparse
import csv
import gzip
import json
import random
import sys
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "picking-instances"
#: The floor of the instances (their README): ten aisles of 45 cells, the depot at the front left.
AISLE, FIRST, LENGTH = 5.0, 1.5, 47.0
#: Open transfers with which the screen is timed.
OPEN = (1000, 5000)


def engines():
    import odoo.addons

    if str(ROOT / "addons") not in odoo.addons.__path__:
        odoo.addons.__path__.append(str(ROOT / "addons"))
    from odoo.addons.order_shipping.engine import batching, picking, picking_policies

    return batching, picking, picking_policies


def read_reference(path):
    """Best known metres with the shortest walks, by (capacity, orders, number)."""
    with open(path, newline="") as lines:
        rows = list(csv.reader(lines, delimiter=";"))
    column = rows[0].index("optimal")
    return {tuple(map(int, row[:3])): float(row[column]) for row in rows[3:]}


def read_instances(path, batching):
    with gzip.open(path, "rt") as lines:
        for line in lines:
            case = json.loads(line)
            orders = [
                batching.Order(
                    key,
                    tuple(sorted({(rack // 2 * AISLE, FIRST + cell) for rack, cell in order})),
                    lines=len(order),
                    items=len(order),
                )
                for key, order in enumerate(case["orders"])
            ]
            yield case, orders


def metres(batches):
    return sum(batch.metres for batch in batches)


class Bench:
    def __init__(self, options):
        self.options = options
        self.batching, self.picking, self.policies = engines()
        self.block = self.picking.Block(LENGTH)

    def walk(self, batch, policy):
        """Metres of one batch of orders walked in some way."""
        places = sorted({place for order in batch for place in order.stops})
        return policy(self.block, [self.picking.Stop(place, *place) for place in places]).metres

    def plan(self, orders, limits, **budget):
        # Seconds of processor: whatever else the machine does changes no figure.
        budget = self.batching.Budget(**budget, clock=time.process_time)
        return self.batching.plan(self.block, orders, limits, budget)

    def compare(self, reference):
        """One row for each instance: metres planned, best known, savings, Odoo's, S-shape."""
        for number, (case, orders) in enumerate(
            read_instances(self.options.instances, self.batching)
        ):
            if number % self.options.every:
                continue
            limits = self.batching.Limits(items=case["capacity"])
            if not number:
                self.plan(orders, limits, moves=10)  # compiles the loops before the clock runs
            planned = metres(self.plan(orders, limits, seconds=self.options.seconds))
            savings = metres(self.plan(orders, limits, moves=0))
            odoo = self.batching.first_fit(orders, limits)
            by_name = sum(self.walk(batch, self.picking.as_given) for batch in odoo)
            first = self.batching.next_fit(orders, limits)
            s_shape = sum(self.walk(batch, self.policies.s_shape) for batch in first)
            key = case["capacity"], case["num_orders"], case["inst"]
            yield key, planned, reference[key], savings, by_name, s_shape

    def show(self):
        rows = list(self.compare(read_reference(self.options.reference)))
        gaps = defaultdict(list)
        for (capacity, orders, _number), planned, best, *_others in rows:
            gaps[orders, capacity].append(100 * (planned / best - 1))
        print("  orders  capacity  instances  mean gap %  worst gap %")
        for (orders, capacity), found in sorted(gaps.items()):
            mean = sum(found) / len(found)
            print(f"  {orders:6}  {capacity:8}  {len(found):9}  {mean:10.3f}  {max(found):11.3f}")
        every = sorted(gap for found in gaps.values() for gap in found)
        print(
            f"  {len(every)} instances, {self.options.seconds:g} s of processor each: mean gap to "
            f"best known {sum(every) / len(every):.3f} %, worst {every[-1]:.3f} %, "
            f"95 of 100 within {every[int(0.95 * (len(every) - 1))]:.3f} %"
        )
        worse = sum(planned > savings + 1e-6 for _key, planned, _best, savings, *_o in rows)
        print(f"  longer than savings: {worse} of {len(rows)}")
        for name, rank in (("Odoo's batches walked by name", 4), ("first come + S-shape", 5)):
            saved = [100 * (1 - row[1] / row[rank]) for row in rows]
            print(
                f"  metres saved against {name}: {sum(saved) / len(saved):.1f} % "
                f"({min(saved):.1f} to {max(saved):.1f})"
            )

    def many(self):
        """A web shop's open transfers: few lines each, a few products in most of them."""
        rng = random.Random(1)
        count, aisles, bays = self.options.open, 20, 40
        places = [(aisle * 4.0, 1.2 * bay) for bay in range(1, bays + 1) for aisle in range(aisles)]
        weights = [1 / (rank + 1) ** 0.8 for rank in range(len(places))]
        orders = []
        for key in range(count):
            lines = min(1 + int(rng.expovariate(0.9)), 8)
            stops = tuple(sorted(set(rng.choices(places, weights, k=lines))))
            orders.append(self.batching.Order(key, stops, lines=lines, items=lines))
        self.block = self.picking.Block(1.2 * (bays + 1))
        limits = self.batching.Limits(orders=16)
        started = time.process_time()
        planned = metres(self.plan(orders, limits, seconds=self.options.open_seconds))
        seconds = time.process_time() - started
        odoo = self.batching.first_fit(orders, limits)
        by_name = sum(self.walk(batch, self.picking.as_given) for batch in odoo)
        saved = 100 * (1 - planned / by_name)
        print(
            f"  {count} open transfers, 20 aisles, 16 a batch: {planned:.0f} m planned in "
            f"{seconds:.1f} s of processor, {by_name:.0f} m Odoo's way ({saved:.1f} % less)"
        )


def screen(env, counts):
    """Seconds and queries that the Plan Picking screen takes with so many open transfers."""
    warehouse = env.ref("order_processing.warehouse_east")
    out = warehouse.out_type_id
    template = env["picking.wave.template"].search([("picking_type_id", "=", out.id)], limit=1)
    env["stock.picking"].search(template._get_open_domain()).do_unreserve()
    moves = make_moves(env, warehouse)
    env["picking.plan"]._warm_up()
    open_count = len(moves.picking_id)
    for count in sorted(counts):
        make_transfers(env, moves, open_count, count)
        open_count = count
        print(f"\n  Plan Picking with {count} open transfers")
        with env.cr.savepoint() as point:
            screen_steps(env, template)
            point.rollback()


def screen_steps(env, template):
    """What somebody waits for, one after another."""
    from odoo.addons.order_processing import jobs

    Plan = env["picking.plan"]
    frame = timed(env, "frame", lambda: Plan.open_plan(template.id))
    plan = Plan.browse(frame["id"])
    first = timed(env, "first plan", plan.first_plan)
    show(first)
    better = timed(env, "better plan", lambda: plan.better_plan(first["revision"]))
    show(better or first)
    shown = (better or first)["proposals"][0]["id"]
    timed(env, "drawing of a batch", lambda: plan.get_drawing(shown))
    some = plan.proposal_ids.sorted("sequence")[: jobs.AT_ONCE]
    timed(env, f"{len(some)} batches made, confirmed and routed: one job", some._make_batches)
    left = len(plan.proposal_ids) - len(some)
    made = timed(env, f"the other {left} in one go", plan._apply)
    print(f"    {len(made)} batches made of {len(made.picking_ids)} transfers")


def make_moves(env, warehouse):
    """A transfer that takes one of each of many products, every one from a bin of its own."""
    stock = warehouse.lot_stock_id
    bins = env["stock.location"].search([("location_id", "=", stock.id), ("aisle", "!=", False)])
    products = env["product.product"].create(
        [{"name": f"Bench {place.name}", "is_storable": True} for place in bins]
    )
    for product, place in zip(products, bins, strict=True):
        env["stock.quant"]._update_available_quantity(product, place, 100_000)
    ends = {
        "location_id": stock.id,
        "location_dest_id": env.ref("stock.stock_location_customers").id,
    }
    one_each = [
        (0, 0, ends | {"product_id": product.id, "product_uom_qty": 1}) for product in products
    ]
    vals = ends | {"picking_type_id": warehouse.out_type_id.id, "move_ids": one_each}
    transfer = env["stock.picking"].create(vals)
    transfer.action_confirm()
    transfer.action_assign()
    assert transfer.state == "assigned"
    return transfer.move_ids


def make_transfers(env, moves, start, count):
    """Copy reserved moves into new transfers until there are so many; by hand it takes hours."""
    env.flush_all()
    cr, rng = env.cr, random.Random(start)
    picking = copy_rows(cr, "stock_picking", ["name"], ["%s"])
    move = copy_rows(cr, "stock_move", ["picking_id"], ["%s"])
    line = copy_rows(cr, "stock_move_line", ["picking_id", "move_id"], ["%s", "%s"])
    lines = {one.id: one.move_line_ids.id for one in moves}
    for number in range(start, count):
        cr.execute(picking, [f"BENCH/{number:05}", moves.picking_id.id])
        picking_id = cr.fetchone()[0]
        for one in rng.sample(moves.ids, rng.choice((1, 1, 2, 3))):
            cr.execute(move, [picking_id, one])
            cr.execute(line, [picking_id, cr.fetchone()[0], lines[one]])
    cr.execute("ANALYZE stock_picking, stock_move, stock_move_line")
    env.invalidate_all()


def copy_rows(cr, table, changed, values):
    """SQL that copies one row with some values changed: those, then the id of the row."""
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = current_schema()",
        [table],
    )
    kept = [f'"{name}"' for (name,) in cr.fetchall() if name not in {"id", *changed}]
    columns, picked = ", ".join([*kept, *changed]), ", ".join([*kept, *values])
    return (
        f"INSERT INTO {table} ({columns}) SELECT {picked} FROM {table} WHERE id = %s RETURNING id"
    )


def show(screen):
    totals = screen["totals"]
    print(
        f"    {totals['transfers']} transfers in {totals['batches']} batches, "
        f"{totals['metres']:.0f} m, {100 * totals['saving_odoo']:.1f} % fewer than Odoo's way"
    )


def timed(env, name, method):
    """Print seconds, those of this process, and queries of a call, as its request would need."""
    env.flush_all()
    env.invalidate_all()
    queries, started, used = env.cr.sql_log_count, time.monotonic(), time.process_time()
    answer = method()
    env.flush_all()
    env.cr.precommit.run()
    print(
        f"  {name}: {time.monotonic() - started:.2f} s ({time.process_time() - used:.2f} s of "
        f"processor), {env.cr.sql_log_count - queries} queries"
    )
    return answer


def run(env, arguments):
    parser = argparse.ArgumentParser(prog="batching", description=__doc__)
    parser.add_argument("--instances", default=SHARED / "HW_UDD_Traversal.jsonl.gz")
    parser.add_argument("--reference", default=SHARED / "ref_WG2023_UDD_Traversal.csv")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--every", type=int, default=16, help="take one instance of so many")
    parser.add_argument("--open", type=int, default=5000, help="open transfers of the second part")
    parser.add_argument("--open-seconds", type=float, default=30.0)
    parser.add_argument(
        "--screen", type=int, nargs="*", help="only the screen, with so many open transfers"
    )
    options = parser.parse_args(arguments)
    if options.screen is not None and env is not None:
        screen(env, options.screen or OPEN)
        return
    bench = Bench(options)
    if not Path(bench.options.instances).exists():
        print(f"  the public instances are missing: {bench.options.instances}")
        return
    bench.show()
    bench.many()
    if env is not None:
        screen(env, OPEN[:1])


if __name__ == "__main__":
    run(None, sys.argv[1:])

"""Routing: shipments, cost, proven gap and seconds of four ways to decide where orders leave from.

    python tests/bench/routing.py --orders 10000 --warehouses 10 --skus 5000 --seeds 1,2

Odoo's own choice (one default warehouse, the rest on back-order); greedy, first come first served;
our exact choice order by order; ours jointly. ``--file`` reads an instance instead of making one
(``--save`` writes it): JSON with ``sites``, ``stock`` and ``orders``, as :func:`generate` makes it.
Nothing is asserted about time.

The summary says for each seed how many orders greedy and ours split, and with ``--floor`` how many
every plan must split that ships as much.
"""

import argparse
import gc
import json
import math
import random
import sys
import time
from itertools import accumulate, combinations
from pathlib import Path

#: This bench needs no database.
PURE = True
LINES = (50, 22, 12, 7, 4, 3, 1, 1)


def engine():
    """The engine's modules, imported without Odoo's registry."""
    import odoo.addons  # noqa: PLC0415

    addons = str(Path(__file__).resolve().parents[2] / "addons")
    if addons not in odoo.addons.__path__:
        odoo.addons.__path__.append(addons)
    from odoo.addons.order_processing.engine import routing, routing_joint  # noqa: PLC0415

    return routing, routing_joint


def generate(orders, warehouses, skus, seed, scarcity, coverage):
    """An instance as plain values.

    Products are asked for by Zipf's law; an order has 1 to 8 lines (half have one). Each warehouse
    keeps a product with the chance ``coverage``; together they have ``scarcity`` times what is
    wanted of it, unevenly spread.
    """
    rng = random.Random(seed)
    sites = [[rng.random() * 4000, rng.random() * 2500] for _site in range(warehouses)]
    popular = list(accumulate(1 / (rank + 10) for rank in range(skus)))
    drawn, wanted = [], [0] * skus
    for _order in range(orders):
        count = rng.choices(range(1, 9), LINES)[0]
        products = set()
        while len(products) < min(count, skus):
            products.add(rng.choices(range(skus), cum_weights=popular)[0])
        lines = [[product, rng.choices((1, 2, 3), (8, 1, 1))[0]] for product in sorted(products)]
        for product, quantity in lines:
            wanted[product] += quantity
        drawn.append({"at": [rng.random() * 4000, rng.random() * 2500], "lines": lines})
    stock = []
    for product, quantity in enumerate(wanted):
        keepers = [site for site in range(warehouses) if rng.random() < coverage]
        keepers = keepers or [rng.randrange(warehouses)]
        total = -(-quantity * scarcity // 1)
        shares = [rng.random() + 0.2 for _site in keepers]
        for site, share in zip(keepers, shares, strict=True):
            stock.append([site, product, round(total * share / sum(shares))])
    return {"sites": sites, "stock": stock, "orders": drawn}


def load(routing, instance):
    """Requests and stock of an instance, as the engine takes them."""
    policy = routing.Policy(criteria=routing.order_criteria(("shipments", "cost")))
    requests = []
    for number, order in enumerate(instance["orders"]):
        x, y = order["at"]
        sites = []
        for key, (site_x, site_y) in enumerate(instance["sites"]):
            far = ((site_x - x) ** 2 + (site_y - y) ** 2) ** 0.5
            sites.append(routing.Site(key, 0, round(far), key == 0, cost=round(4.0 + far / 400, 2)))
        needs = [
            routing.Need((number, line), product, quantity, step=1.0)
            for line, (product, quantity) in enumerate(order["lines"])
        ]
        requests.append((needs, sites, 0, policy))
    return requests, {(site, product): float(q) for site, product, q in instance["stock"]}


def by_odoo(requests, stock):
    """All from the default warehouse; what isn't there comes later."""
    left, plans = dict(stock), []
    for needs, _sites, default, _policy in requests:
        shipped = {}
        for need in needs:
            give = min(need.quantity, left.get((default, need.product), 0.0))
            if give:
                left[default, need.product] -= give
                shipped[need.key, default] = give
        plans.append(shipped)
    return plans


def by_greedy(requests, stock):
    """First come, first served: again and again the site that has most of what is left, the
    cheaper of two."""
    left, plans = dict(stock), []
    for needs, sites, _default, _policy in requests:
        shipped, rest = {}, {need.key: need.quantity for need in needs}
        while True:

            def gives(site, needs=needs, rest=rest):
                return sum(min(rest[n.key], left.get((site.key, n.product), 0.0)) for n in needs)

            best = max(sites, key=lambda site: (gives(site), -site.cost))
            if not gives(best):
                break
            for need in needs:
                give = min(rest[need.key], left.get((best.key, need.product), 0.0))
                if give:
                    left[best.key, need.product] -= give
                    rest[need.key] -= give
                    shipped[need.key, best.key] = give
        plans.append(shipped)
    return plans


def from_plans(plans):
    """Quantities of engine plans: dict (need key, site) → shipped at once."""
    return [
        {(s.need, s.site): s.quantity - s.short for s in plan.shares if s.quantity > s.short}
        for plan in plans
    ]


def figures(requests, shipped):
    """(shipments, split orders, units not shipped, cost); what comes later is one shipment more."""
    shipments = split = short = 0
    cost = 0.0
    for (needs, sites, default, _policy), given in zip(requests, shipped, strict=True):
        price = {site.key: site.cost for site in sites}
        used = {site for _need, site in given}
        missing = sum(need.quantity for need in needs) - sum(given.values())
        shipments += len(used) + (missing > 0)
        split += len(used) > 1
        short += missing
        cost += sum(price[site] for site in used) + (price[default] if missing > 0 else 0)
    return shipments, split, short, cost


def options_of(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--warehouses", type=int, default=10)
    parser.add_argument("--skus", type=int, default=1000)
    parser.add_argument("--seed", type=int, action="append", default=[], help="more than once too")
    parser.add_argument("--seeds", default="", help="1,2,3: the same for several")
    parser.add_argument("--scarcity", type=float, default=1.05)
    parser.add_argument("--coverage", type=float, default=0.5)
    parser.add_argument("--seconds", type=float, default=45.0, help="limit of the solver")
    parser.add_argument("--floor", action="store_true", help="prove how few orders may be split")
    parser.add_argument("--brief", action="store_true", help="greedy and ours, jointly, alone")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--save", type=Path, help="{seed} in the name stands for the seed")
    options = parser.parse_args(arguments)
    options.seeds = options.seed + [int(seed) for seed in options.seeds.split(",") if seed]
    return options


def run(_env, arguments):
    """Make or read an instance for each seed, decide it four ways, print tables and a summary."""
    options = options_of(arguments)
    engines = engine()
    rows = [decide(*engines, options, seed) for seed in options.seeds or [1]]
    heads = ("seed", "greedy", "joint", "saved", "floor", "objective", "bound", "gap", "s")
    print("\nsplit orders" + "".join(f"{head:>11}" for head in heads))
    for row in rows:
        print(" " * 12 + "".join(f"{value:>11}" for value in row))


def decide(routing, routing_joint, options, seed):
    """Decide the instance of one seed; returns its row of the summary."""
    if options.file:
        instance = json.loads(options.file.read_text())
    else:
        instance = generate(
            options.orders, options.warehouses, options.skus, seed,
            options.scarcity, options.coverage,
        )  # fmt: skip
    if options.save:
        Path(str(options.save).replace("{seed}", str(seed))).write_text(json.dumps(instance))
    requests, stock = load(routing, instance)
    print(
        f"{len(requests)} orders, {len(instance['sites'])} warehouses, seed {seed},"
        f" stock {options.scarcity} x demand, each product in {options.coverage:.0%} of them"
    )
    print(f"{'':22}{'shipments':>10}{'split':>8}{'short':>8}{'cost':>11}{'gap':>8}{'s':>8}")

    def row(name, decide, gap=""):
        started = time.perf_counter()
        result = decide()
        seconds = time.perf_counter() - started
        shipped = result if isinstance(result, list) else from_plans(result.plans)
        shipments, split, short, cost = figures(requests, shipped)
        if not isinstance(result, list):
            gap = f"{result.gap:.2%}"
        print(
            f"{name:22}{shipments:10}{split:8}{short:8.0f}{cost:11.0f}{gap:>8}{seconds:8.1f}",
            flush=True,
        )
        return split, result

    if not options.brief:
        row("Odoo's own", lambda: by_odoo(requests, stock))
    greedy, _plans = row("greedy, first come", lambda: by_greedy(requests, stock))
    if not options.brief:
        per_order(routing, requests, stock, row)
    joint, result = row(
        "ours, jointly",
        lambda: routing_joint.route_jointly(requests, stock, time_limit=options.seconds),
    )
    print(
        f"jointly: {result.method} {result.reason}, {result.contested} orders compete", flush=True
    )
    return (
        seed, greedy, joint, f"{(greedy - joint) / max(greedy, 1):.1%}",
        fewest_split(requests, stock) if options.floor else "",
        f"{result.objective:.1f}", f"{result.bound:.1f}", f"{result.gap:.2%}",
        f"{result.seconds:.1f}",
    )  # fmt: skip


def fewest_split(requests, stock):
    """No plan that ships as much splits fewer orders: a bound by prices of stock."""
    from odoo.addons.order_processing.engine import routing_prices  # noqa: PLC0415

    prices = routing_prices.Prices(requests, stock)
    prices.rates[prices.rates < routing_prices.NEVER] = 0.0
    prices.splits[:] = 1.0
    prices.ascend(time.monotonic() + 300)
    return max(math.ceil(prices.bound - 1e-6), 0)


def per_order(routing, requests, stock, row):
    """Route order by order; the slowest one's seconds of the processor."""
    times, best = [], [0, 0]

    def decide():
        left, plans = dict(stock), []
        for number, (needs, sites, default, policy) in enumerate(requests):
            started = time.process_time()
            plan = routing.route(needs, sites, default, left, policy)
            times.append(time.process_time() - started)
            if number % max(len(requests) // 500, 1) == 0:
                best[0] += 1
                best[1] += is_optimal(needs, sites, left, plan)
            for place, quantity in routing.taken(needs, plan):
                left[place] = left.get(place, 0.0) - quantity
            plans.append(plan)
        return from_plans(plans)

    gc.collect()
    gc.disable()  # a collection of the whole bench's objects is no order's time
    row("ours, order by order", decide)
    gc.enable()
    times.sort()
    print(
        f"  mean {1000 * sum(times) / len(times):.2f} ms, 99th percentile"
        f" {1000 * times[int(0.99 * len(times))]:.2f} ms, slowest {1000 * times[-1]:.2f} ms;"
        f" {best[1]} of {best[0]} orders checked against every set of warehouses are optimal"
    )


def is_optimal(needs, sites, stock, plan):
    """Whether no set of sites ships more, or as much in fewer shipments. Tries all of them."""
    keys = [
        site.key
        for site in sites
        if any(stock.get((site.key, need.product), 0.0) > 0 for need in needs)
    ]
    filled = plan.total - plan.short
    for size in range(1, len(keys) + 1):
        most = max(
            sum(
                min(need.quantity, sum(stock.get((key, need.product), 0.0) for key in chosen))
                for need in needs
            )
            for chosen in combinations(keys, size)
        )
        if most > filled or (most == filled and size < len(plan.sources)):
            return False
    return True


if __name__ == "__main__":
    run(None, sys.argv[1:])

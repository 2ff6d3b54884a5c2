"""Dashboards, drill-down and refresh on many facts: server time, against the live-query way.

Compare runs of the same machine only. Nothing is asserted about time. Facts are copies of the demo
database's own: what is measured reads and writes facts, whatever the orders. One INSERT … SELECT
repeats each row, with a new id and all its dates moved back by one random time within ``--years``,
oldest first, as they would have come in; lines likewise, two for each order. Orders and other
documents are not copied, so figures of deliveries, holds or invoices stay those of the orders
there are. A dashboard is asked for its own period and the one before, as a browser does on opening
it, and then for all periods at once, which is the worst that a filter can ask for.

    --orders N      facts in the database, about (100000)
    --years N       years they are spread over (1)
    --touched N     orders refreshed in one go (500; they are real orders, made first)
    --year          they are orders of the demo year, which went their whole way (takes minutes)
    --read-only     only dashboards and lists, no refresh
"""

import argparse
import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from odoo import SUPERUSER_ID

from odoo.addons.order_reporting.demo import year
from odoo.addons.order_reporting.engine import measures

LIVE = """
    SELECT date_trunc('month', o.date_order), COUNT(*), SUM(o.amount_untaxed),
           AVG((ship.last::date <= o.commitment_date::date)::int)
      FROM sale_order o
      LEFT JOIN LATERAL (
            SELECT MAX(p.date_done) AS last FROM stock_picking p
              JOIN stock_picking_type t ON t.id = p.picking_type_id AND t.code = 'outgoing'
             WHERE p.sale_id = o.id AND p.state = 'done') ship ON TRUE
     WHERE o.state = 'sale' GROUP BY 1
"""
SPREAD = """
    INSERT INTO {table} ({columns})
    SELECT {values}
      FROM generate_series(1, %(copies)s) AS copy
     CROSS JOIN {table} f
     CROSS JOIN LATERAL (
        SELECT (random() + copy * 0) * %(days)s * INTERVAL '1 day' AS back
     ) moved
     ORDER BY f.date_received - moved.back
"""


#: The kernel's ticks of processor time in a second.
TICKS = os.sysconf("SC_CLK_TCK")


def database_seconds(env):
    """Processor seconds that this session of PostgreSQL has used, on this machine."""
    env.cr.execute("SELECT pg_backend_pid()")
    [[process]] = env.cr.fetchall()
    try:
        numbers = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:  # PostgreSQL runs elsewhere
        return 0.0
    return (int(numbers[11]) + int(numbers[12])) / TICKS


def timed(env, title, call, goal=""):
    """Print seconds on the clock and of the processor, ours and PostgreSQL's; return the first."""
    base, used, started = database_seconds(env), time.process_time(), time.perf_counter()
    call()
    seconds, used = time.perf_counter() - started, time.process_time() - used
    base = database_seconds(env) - base
    print(f"{title:46}{seconds:9.3f} s {used:8.3f} + {base:.2f} s   {goal}", flush=True)
    return seconds


def spread(env, table, unique, count, years):
    """Copy a year's rows of ``table`` to about ``count`` over some years."""
    env.cr.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 (our names)
    [there] = env.cr.fetchone()
    missing = count - there
    if missing <= 0 or not there:
        return
    env.cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{unique}")
    env.cr.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = %s AND column_name != 'id'",
        [table],
    )
    columns = dict(env.cr.fetchall())
    values = [
        f"f.{name} - moved.back" if "timestamp" in kind else f"f.{name}"
        for name, kind in columns.items()
    ]
    query = SPREAD.format(table=table, columns=", ".join(columns), values=", ".join(values))
    env.cr.execute(query, {"copies": round(missing / there), "days": 365 * years - 358})
    env.cr.execute(f"ANALYZE {table}")


def period_of(data):
    """Days of the period a dashboard opens with."""
    [period] = [item for item in data["globalFilters"] if item["type"] == "date"]
    return {"last_90_days": 90, "last_30_days": 30, "last_7_days": 7, "last_12_months": 365}[
        period["defaultValue"]
    ]


def domain_of(domain, matching, days):
    """The domain with the period, where the source follows it; ``days`` None asks for all."""
    match = matching.get("filter-period")
    if not match or days is None:
        return domain
    end = datetime.now() + timedelta(days=match["offset"] * days)
    start = end - timedelta(days=days)
    return [*domain, (match["chain"], ">=", str(start)[:19]), (match["chain"], "<=", str(end)[:19])]


def read_dashboard(env, record, is_whole=False):
    """What the browser asks the server for when it opens a dashboard."""
    data = json.loads(record.spreadsheet_data)
    days = None if is_whole else period_of(data)
    for source in data["pivots"].values():
        codes = [item["id"] for item in source["measures"]]
        codes = [code if ":" in code or code == "__count" else f"{code}:sum" for code in codes]
        domain = domain_of(source["domain"], source["fieldMatching"], days)
        env[source["model"]].formatted_read_group(domain, [], codes)
    for source in data["lists"].values():
        order = ", ".join(
            f"{item['name']} {'asc' if item['asc'] else 'desc'}" for item in source["orderBy"]
        )
        domain = domain_of(source["domain"], source["fieldMatching"], days)
        env[source["model"]].search_read(domain, source["columns"], limit=10, order=order)
    for figure in data["sheets"][0]["figures"]:
        if figure["data"]["type"] == "scorecard":
            continue
        meta = figure["data"]["metaData"]
        model = env[meta["resModel"]]
        measure = meta["measure"]
        if measure != "__count":
            measure = f"{measure}:{model._fields[measure].aggregator}"
        domain = figure["data"]["searchParams"]["domain"]
        domain = domain_of(domain, figure["data"]["fieldMatching"], days)
        model.formatted_read_group(domain, meta["groupBy"], [measure])


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--touched", type=int, default=500)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--year", action="store_true")
    parser.add_argument("--read-only", action="store_true")
    options = parser.parse_args(arguments)
    facts = env["order.fact"]
    if options.year:
        # As the suite itself: patterns are entered and approved by one hand, which people may not.
        year.build(env(user=SUPERUSER_ID), orders=options.touched)
        touched = env["sale.order"].sudo().search([], limit=options.touched, order="id DESC")
    else:
        touched = make_orders(env, options.touched)
    facts.sudo()._rebuild()
    spread(env, "order_fact", "order_uniq", options.orders, options.years)
    spread(env, "order_line_fact", "line_uniq", 2 * options.orders, options.years)
    print(f"{'':46}{'clock':>11} {'processor: Odoo + PostgreSQL'}")
    print(f"{facts.search_count([])} facts, {env['order.line.fact'].search_count([])} lines")
    env.cr.execute("ANALYZE")
    # Helpers of PostgreSQL would work beside this session, and their seconds be counted nowhere.
    env.cr.execute("SET max_parallel_workers_per_gather = 0")
    for record in env["spreadsheet.dashboard"].search(
        [("dashboard_group_id", "=", env.ref("order_reporting.dashboard_group_order").id)]
    ):
        for is_whole, name in ((False, record.name), (True, "  of all periods")):
            env.invalidate_all()
            timed(
                env,
                f"dashboard {name}",
                lambda one=record, whole=is_whole: read_dashboard(env, one, whole),
                "" if is_whole else "goal 1, 3 with 1,000,000",
            )
    late = [("state", "=", "sale"), ("promise_state", "in", ["late", "overdue"])]
    names = ["order_id", "partner_id", "flow_step", "promise_state", "date_promised"]
    timed(
        env,
        "drill-down: 80 late orders",
        lambda: facts.search_read(late, names, limit=80),
        "goal 0.3",
    )
    timed(env, "drill-down: their number", lambda: facts.search_count(late), "goal 0.3")
    timed(env, "cockpit", env["order.cockpit"].get_board, "goal 1")
    timed(env, "process view, 90 days", lambda: env["order.process"].get_process(90))
    timed(
        env,
        f"all {len(measures.MEASURES)} KPIs of 30 days",
        lambda: env["order.kpi"].search([]).mapped("value_text"),
    )
    timed(env, "customers' scorecards", lambda: env["order.customer.score"].search([], limit=80))
    timed(
        env,
        "facts by month, three figures",
        lambda: facts.formatted_read_group(
            [("state", "=", "sale")],
            ["date_received:month"],
            ["__count", "amount_ordered:sum", "on_time_rate:avg"],
        ),
    )
    timed(
        env,
        f"  the live way, on {env['sale.order'].search_count([])} orders only",
        lambda: env.cr.execute(LIVE),
    )
    if not options.read_only:
        refresh(env, touched)


def refresh(env, touched):
    """Derive the facts of real orders: new ones, changed ones, and such as stay as they are."""
    facts = env["order.fact"]
    env.cr.execute("TRUNCATE order_fact, order_line_fact")
    restore = "ALTER TABLE order_{0} ADD CONSTRAINT order_{0}_{1}_uniq UNIQUE ({1}_id)"
    for name, key in (("fact", "order"), ("line_fact", "line")):
        env.cr.execute(
            "SELECT 1 FROM pg_constraint WHERE conname = %s", [f"order_{name}_{key}_uniq"]
        )
        if not env.cr.fetchone():
            env.cr.execute(restore.format(name, key))
    share = 5000 / max(len(touched), 1)
    for title, change in (("new", ""), ("changed", "margin = margin + 1"), ("as they are", "")):
        if change:
            env.cr.execute(f"UPDATE order_fact SET {change}")  # noqa: S608 (ours)
            env.cr.execute(f"UPDATE order_line_fact SET {change}")  # noqa: S608
        seconds = timed(
            env, f"refresh of {len(touched)} orders, {title}", lambda: facts._refresh(touched)
        )
        print(f"{'  that is, for 5000 orders':46}{seconds * share:9.3f} s   goal 1")


def make_orders(env, count):
    """Plain confirmed orders, in one go."""
    product = env["product.product"].create({"name": "Bench", "type": "consu"})
    partner = env["res.partner"].create({"name": "Bench"})
    orders = env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 2})],
            }
            for _number in range(count)
        ]
    )
    orders.action_confirm()
    env.flush_all()
    env["order.fact"].sudo()._refresh(orders)
    return orders.sudo()

"""What an order costs when there are ever more orders from before: time, queries and plans.

The history are copies of whole orders with deliveries, invoices, payments, labels and log, made as
the demo year is; of more than ten thousand, copies of those in turn. On top of each size some new
orders go their whole way.

    --sizes 3000,10000,30000   orders there are before
    --orders N                 new ones at each size (20)
    --plot FILE                a picture of the result (SVG)
    --explain FILE             plans of the ten queries that took longest at the last size
"""

import argparse
import collections
import random
import re
import time

import _multiply
import _plot
import pipeline
import suite

import odoo

#: Orders copied at once: their rows are kept in memory.
CHUNK = 5000
#: From so many orders on they are copied again in SQL.
MADE = 10_000
#: Tables of what the demo year makes beside the copies of orders.
BESIDE = ("stock_picking_batch", "order_intake", "shipping_return", "shipping_return_line")
#: What no plan is made of.
PLANNED = ("SELECT", "WITH", "UPDATE", "INSERT", "DELETE")


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="3000,10000,30000")
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--plot")
    parser.add_argument("--explain")
    options = parser.parse_args(arguments)
    history = History(env)
    costs, first = {}, 0
    for size in map(int, options.sizes.split(",")):
        history.grow_to(size)
        # The first orders of a process load what all share.
        for count in (5, options.orders):
            hot = Hot(env)
            with hot:
                table = pipeline.whole(env, count, first)
            first += count
        costs[size] = (1000 * table.total / count, table.queries / count)
        print(f"{size} orders before: {costs[size][0]:.0f} ms, {costs[size][1]:.0f} queries\n")
    least = min(costs)
    for size, (spent, queries) in costs.items():
        times = spent / costs[least][0]
        print(f"{size:9} before: {spent:.0f} ms an order, {times:.2f} times, {queries:.1f} queries")
    if options.explain:
        suite.Path(options.explain).write_text(hot.explain())
    if options.plot:
        spent = {size: spent for size, (spent, _queries) in costs.items()}
        _plot.line(spent, options.plot, "ms an order by orders there were before")


class History:
    """Orders from before, see ``order_reporting/demo/year.py``."""

    def __init__(self, env):
        from odoo.addons.order_reporting.demo import year

        # As the demo data: nobody approves what he entered himself.
        self.env = env(
            user=odoo.SUPERUSER_ID,
            context={
                "tracking_disable": True,
                "mail_notrack": True,
                "skip_sms": True,
                "skip_backorder": True,
                "allowed_company_ids": env.ref("base.main_company").ids,
            },
        )
        # Another process number gives other orders than the demo year's.
        made = year.patterns.build(self.env, year.SEED + 1)
        self.env.flush_all()
        self.year = year._Year(self.env, random.Random(year.SEED + 1), made)
        self.again = None

    def grow_to(self, size):
        """Copy orders until there are ``size``, or as many more as were copied at once."""
        started = time.perf_counter()
        missing = size - self.env["sale.order"].search_count([])
        if size <= MADE or not self.again:
            self.fill(min(missing, MADE))
        made = self.again.count("sale_order")
        for _number in range(round((size - self.env["sale.order"].search_count([])) / made)):
            moved = self.again.copy()
            self.settle(moved)
            first = self.again.low["sale_order"] + moved["sale_order"] + 1
            self.refresh(list(range(first, first + made)))
        # Payments from before have long met their bank lines; the copies have none.
        self.env.cr.execute(
            "UPDATE account_move_line SET reconciled = TRUE, amount_residual = 0,"
            " amount_residual_currency = 0 WHERE payment_id IS NOT NULL AND NOT reconciled"
        )
        self.env.invalidate_all()
        self.env.cr.commit()
        # As autovacuum does within a minute.
        self.env.cr.execute("ANALYZE")
        print(f"{max(missing, 0)} orders copied in {time.perf_counter() - started:.0f} s")

    def fill(self, count):
        """Make ``count`` orders as the demo year is made."""
        self.again = _multiply.Multiplier(self.env.cr, {*self.year.copier.out, *BESIDE})
        for start in range(0, count, CHUNK):
            self.refresh(self.year.fill(min(CHUNK, count - start)))
            for rows in self.year.copier.out.values():
                rows.clear()
        self.again.end()

    def settle(self, moved):
        """Have the invoices of copies paid: they are history, what is open is of these months."""
        for table, paid in {
            "account_move_line": "reconciled = TRUE, amount_residual = 0,"
            " amount_residual_currency = 0 WHERE NOT reconciled AND amount_residual != 0",
            "account_move": "payment_state = 'paid', amount_residual = 0,"
            " amount_residual_signed = 0 WHERE payment_state IN ('not_paid', 'partial')"
            " AND move_type IN ('out_invoice', 'out_refund')",
        }.items():
            low, by = self.again.low[table], moved[table]
            self.env.cr.execute(
                f"UPDATE {table} SET {paid} AND id BETWEEN %s AND %s",
                [low + by + 1, self.again.high[table] + by],
            )

    def refresh(self, ids):
        """Facts of these orders."""
        self.env.invalidate_all()
        for start in range(0, len(ids), CHUNK):
            orders = self.env["sale.order"].browse(ids[start : start + CHUNK])
            self.env["order.fact"].sudo()._refresh(orders)


class Hot:
    """Notes how long each query took while in the block."""

    def __init__(self, env):
        self.cr = env.cr
        self.spent, self.example = collections.Counter(), {}

    def __enter__(self):
        self.plain = odoo.sql_db.Cursor.execute
        hot = self

        def execute(cr, query, params=None, log_exceptions=True):
            started = time.perf_counter()
            result = hot.plain(cr, query, params, log_exceptions)
            text = cr._obj.query.decode(errors="replace") if cr._obj.query else ""
            # Queries that differ in their values only are one.
            key = re.sub(r"'[^']*'|\b\d+\b", "?", re.sub(r"\s+", " ", text))
            key = re.sub(r"(\?(::\w+)?,? ?)+", "?", key)[:400]
            hot.spent[key] += time.perf_counter() - started
            hot.example[key] = text
            return result

        odoo.sql_db.Cursor.execute = execute
        return self

    def __exit__(self, *_error):
        odoo.sql_db.Cursor.execute = self.plain

    def explain(self):
        """The plans of the ten queries that took longest together."""
        parts = []
        for key, seconds in self.spent.most_common():
            text = self.example[key].strip()
            if not text.upper().startswith(PLANNED) or "nextval" in text:
                continue
            self.cr.execute("SAVEPOINT plan")
            self.cr._obj.execute(f"EXPLAIN {text}")
            plan = "\n".join(line for (line,) in self.cr._obj.fetchall())
            plan = re.sub(r"\{[^{}]{80,}\}", "{…}", plan)
            plan = re.sub(r"\((\d+, ?){20,}\d+\)", "(…)", plan)
            self.cr.execute("ROLLBACK TO SAVEPOINT plan")
            parts.append(f"{1000 * seconds:.0f} ms in all: {key[:300]}\n\n{plan}\n")
            if len(parts) == 10:
                break
        return "\n\n".join(parts)

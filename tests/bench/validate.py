"""Rules on many orders: milliseconds and queries per order against Odoo's confirmation alone.

Compare runs of the same machine only. Nothing is asserted about time.
"""

import argparse
import time
from datetime import datetime, timedelta

#: Twenty rules of every kind that looks at orders as they stand, none of which finds anything.
RULES = (
    ("content", {}),
    ("address", {"check_served": True}),
    ("total", {}),
    ("customer", {}),
    ("blocked", {}),
    ("credit", {}),
    ("overdue", {"days": 10}),
    ("order_value", {"amount": 1e9}),
    ("discount", {"percent": 99.0}),
    ("margin", {"percent": -1e6}),
    ("price_floor", {"percent": 0.1}),
    ("price_list", {"percent": 99.0}),
    ("price_changed", {"gate": "invoice"}),
    ("tax", {}),
    ("duplicate", {"hours": 0.001}),
    ("stock", {}),
    ("promise", {}),
    ("fraud", {"score": 999}),
    ("export", {}),
    ("domain", {"domain": "[('amount_total', '<', 0)]"}),
)


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--rules", type=int, default=20)
    options = parser.parse_args(arguments)
    env["order.rule"].search([]).active = False
    env.company.account_use_credit_limit = True
    nowhere = env.ref("base.kp")
    env["ir.config_parameter"].set_param("sale.async_emails", "True")
    print(f"{'stage':34}{'s':>8}{'ms/order':>10}{'queries/order':>15}{'queries':>9}")
    orders = make_orders(env, options.orders)
    measure(env, "Odoo's confirmation, no rules", orders, orders.action_confirm)
    rules = [RULES[number % len(RULES)] for number in range(options.rules)]
    for kind, vals in rules:
        extra = {}
        if kind in ("blocked", "export", "tax"):
            extra["country_ids"] = nowhere.ids
        if kind == "fraud":
            extra["signal_ids"] = env["order.rule.signal"]._get_usual()
        env["order.rule"].create({"name": kind, "kind": kind, **vals, **extra})
    orders = make_orders(env, options.orders)
    make_orders(env, 1)._check_rules("release")  # warm the caches of configuration
    measure(env, f"{options.rules} rules, nothing found", orders, orders._find_problems)
    measure(env, "  the same and confirmation", orders, orders.action_confirm)
    held = make_orders(env, options.orders)
    env["order.rule"].create({"name": "Everything", "kind": "order_value", "amount": 1.0})
    measure(env, "rules, every order held", held, lambda: held._check_rules("release"))
    measure(env, "  looked at again", held, lambda: held._check_rules("release"))
    assert len(held.hold_ids) == len(held)


def make_orders(env, count):
    """``count`` quotations of as many customers with a limit."""
    products = env["product.product"].search([("default_code", "like", "IPOD2008%")])
    place = env.user._get_default_warehouse_id().lot_stock_id
    for product in products:
        env["stock.quant"]._update_available_quantity(product, place, 2 * count)
    number = env["res.partner"].search_count([])
    partners = env["res.partner"].create(
        [
            {
                "name": f"Customer {number + each}",
                "street": f"{each} Main Street",
                "city": "Albany",
                "zip": "12201",
                "state_id": env.ref("base.state_us_27").id,
                "country_id": env.ref("base.us").id,
                "credit_limit": 1e6,
            }
            for each in range(count)
        ]
    )
    return env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                # a promise to check
                "commitment_date": datetime.now() + timedelta(days=60),
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": 1}) for product in products
                ],
            }
            for partner in partners
        ]
    )


def measure(env, name, orders, call):
    env.cr.flush()
    env.invalidate_all()
    queries, started = env.cr.sql_log_count, time.perf_counter()
    call()
    env.flush_all()
    seconds = time.perf_counter() - started
    queries = env.cr.sql_log_count - queries
    print(
        f"{name:34}{seconds:8.2f}{1000 * seconds / len(orders):10.1f}"
        f"{queries / len(orders):15.1f}{queries:9}",
        flush=True,
    )

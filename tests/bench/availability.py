"""Available to promise of many products in many warehouses: seconds and queries.

    --products N --warehouses W --moves M (open receipts and deliveries for each product)

Measured are the API, the screen's first page, and what a channel is told. Compare runs of the same
machine only; the number of queries is the same everywhere.
"""

import argparse
import random
import time
from datetime import timedelta

from odoo import fields


def run(env, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--warehouses", type=int, default=4)
    parser.add_argument("--moves", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    products, warehouses = _prepare(env, options)
    dates = [fields.Datetime.now() + timedelta(days=days) for days in (0, 7, 28)]
    channel = env.ref("order_processing.channel_shopify")
    channel.warehouse_ids = warehouses
    skus = products.mapped("default_code")
    print(f"{len(products)} products x {len(warehouses)} warehouses, {options.moves} moves each")
    print(f"{'':34}{'s':>8}{'queries':>9}")
    found = _measure(
        env, "API, 3 dates", lambda: products._available_to_promise(warehouses, dates, channel)
    )
    _measure(env, "screen, one page", lambda: env["product.product"].get_availability({}))
    _measure(env, "told to a channel, by SKU", lambda: channel._prepare_availability(skus))
    total = sum(quantities[0] for quantities in found.values())
    print(f"checksum: {total:g} pieces may be promised now")


def _measure(env, name, call):
    env.flush_all()
    env.invalidate_all()
    queries, started = env.cr.sql_log_count, time.perf_counter()
    result = call()
    seconds = time.perf_counter() - started
    print(f"{name:34}{seconds:8.2f}{env.cr.sql_log_count - queries:9}", flush=True)
    return result


def _prepare(env, options):
    """Products with stock in every warehouse, and open moves in the weeks to come."""
    chance = random.Random(options.seed)
    warehouses = env["stock.warehouse"].create(
        [{"name": f"Bench {n}", "code": f"B{n}"} for n in range(options.warehouses)]
    )
    products = env["product.product"].create(
        [
            {"name": f"Bench {n}", "default_code": f"BENCH{n}", "is_storable": True}
            for n in range(options.products)
        ]
    )
    places = warehouses.lot_stock_id
    env["stock.quant"].sudo().create(
        [
            {
                "product_id": product.id,
                "location_id": place.id,
                "quantity": chance.randrange(0, 50),
            }
            for product in products
            for place in places
        ]
    )
    vendors = env.ref("stock.stock_location_suppliers")
    customers = env.ref("stock.stock_location_customers")
    now, vals_list = fields.Datetime.now(), []
    for product in products:
        for number in range(options.moves):
            place = chance.choice(places)
            source, target = (vendors, place) if number % 2 else (place, customers)
            vals_list.append(
                {
                    "product_id": product.id,
                    "product_uom_qty": chance.randrange(1, 20),
                    "product_uom": product.uom_id.id,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "date": now + timedelta(days=chance.randrange(1, 60)),
                    "state": "confirmed",
                }
            )
    env["stock.move"].create(vals_list)
    return products, warehouses

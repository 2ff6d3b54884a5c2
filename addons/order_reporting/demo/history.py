"""Past orders for the demo database, made by the real documents on the days they would have been.

Called once, by the addon's installation hook, and only where demo data is loaded. Every order is
confirmed, delivered, invoiced and paid by Odoo itself; only the clock is set back. Seeded:
the same day gives the same orders.
"""

import random
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields

ORDERS = 40
DAYS = 110


@contextmanager
def clock(moment):
    """Let Odoo's own clock show ``moment`` (naive UTC)."""
    with patch.object(fields.Datetime, "now", staticmethod(lambda *_args: moment)):
        yield


def build(env):
    """Make the past orders; returns them."""
    company = env.ref("base.main_company")
    env = env(
        context={
            "tracking_disable": True,
            "mail_notrack": True,
            "allowed_company_ids": company.ids,
            "skip_backorder": True,
            "skip_sms": True,
        }
    )
    chance = random.Random(2026)
    plans = _plans(env, chance, fields.Datetime.now().replace(microsecond=0))
    orders = env["sale.order"].create([plan["vals"] for plan in plans])
    for order, plan in zip(orders, plans, strict=True):
        plan["order"] = order
        _release(plan)
        _ship(plan)
    _bill([plan for plan in plans if plan["order"].invoice_status == "to invoice"])
    for plan in plans:
        # Set last: a channel's orders are invoiced by a job of today, and these are of the past.
        plan["order"].channel_id = plan["channel"]
    env.flush_all()
    return orders


def _plans(env, chance, now):
    """What is to happen to each order, and when."""
    products = [
        env.ref(f"order_reporting.demo_product_{name}") for name in ("lantern", "bottle", "tent")
    ]
    channels = [env.ref(f"order_reporting.demo_channel_{name}") for name in ("web", "wholesale")]
    customers = [env.ref(f"base.res_partner_{number}") for number in (2, 3, 4, 12)]
    names = (
        "stock.warehouse0",
        "order_processing.warehouse_east",
        "order_processing.warehouse_west",
    )
    sites = [site for site in (env.ref(name, raise_if_not_found=False) for name in names) if site]
    for site in sites:
        for product in products:
            env["stock.quant"]._update_available_quantity(product, site.lot_stock_id, 500)
    plans = []
    for index in range(ORDERS):
        start = now - timedelta(days=DAYS - index * DAYS / ORDERS, hours=chance.uniform(0, 8))
        start = min(start.replace(microsecond=0), now - timedelta(hours=2))
        days_to_ship = chance.choices((0.4, 1, 2, 4), (4, 5, 2, 1))[0]
        channel = chance.choices(channels, (3, 2))[0]
        lines = chance.sample(products, chance.randint(1, 3))
        most = 4 if channel == channels[0] else 30
        plans.append(
            {
                "start": start,
                "channel": channel,
                "by_hand": chance.random() < 0.25,
                "ship": start + timedelta(days=days_to_ship),
                "short": chance.random() < 0.1,
                "pay": start + timedelta(days=days_to_ship + chance.uniform(1, 35)),
                "now": now,
                "vals": {
                    "partner_id": chance.choice(customers).id,
                    "warehouse_id": chance.choice(sites).id,
                    "date_order": start,
                    "commitment_date": start + timedelta(days=2),
                    "order_line": [
                        Command.create(
                            {"product_id": product.id, "product_uom_qty": chance.randint(2, most)}
                        )
                        for product in lines
                    ],
                },
            }
        )
    return plans


def _release(plan):
    order = plan["order"]
    with clock(plan["start"]):
        order._record_event("intake", "Received", source="channel")
    with clock(min(plan["start"] + timedelta(hours=5 if plan["by_hand"] else 0), plan["now"])):
        order._record_event(
            "validate", "Looked at and found right", source="user" if plan["by_hand"] else "system"
        )
        order.action_confirm()
        if "release" not in order.event_ids.mapped("step"):
            order._record_event("release", "Released")


def _ship(plan):
    """Ship what would have left by now; a short order ships the rest three days later."""
    order, day = plan["order"], plan["ship"]
    for part in (0.5, 1) if plan["short"] else (1,):
        pickings = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        if day > plan["now"] or not pickings:
            return
        with clock(day):
            pickings.action_assign()
            for move in pickings.move_ids:
                move.quantity = max(int(move.product_uom_qty * part), 1)
                move.picked = True
            pickings.button_validate()
        day += timedelta(days=3)


def _bill(plans):
    """Invoice and pay, each on its day."""
    if not plans:
        return
    env = plans[0]["order"].env
    orders = env["sale.order"].union(*(plan["order"] for plan in plans))
    orders._create_invoices(grouped=True)
    for plan in plans:
        shipped = max(plan["order"].picking_ids.filtered("date_done").mapped("date_done"))
        plan["order"].invoice_ids.invoice_date = shipped.date()
    orders.invoice_ids.sorted("invoice_date").action_post()
    for plan in plans:
        if plan["pay"] > plan["now"]:
            continue
        invoice = plan["order"].invoice_ids
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": max(plan["pay"].date(), invoice.invoice_date)})._create_payments()

"""Past orders for the demo database, made by the real documents on the days they would have been.

Called once, by the addon's installation hook, and only where demo data is loaded. Every order is
confirmed, delivered, invoiced and paid by Odoo itself; only the clock is set back. Seeded:
the same day gives the same orders. Orders come in waves and customers pay once a month, so that
each step handles many documents at once: installing the demo data shouldn't take long.
"""

import random
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields

WAVES = 15
ORDERS_PER_WAVE = 2
DAYS = 178
#: What goes otherwise than planned: of how many orders it is one, and which one of them.
MISHAPS = {"late": (7, 5), "short": (9, 7), "held": (8, 1), "split": (10, 6), "returned": (12, 11)}
PAY_DAY = 25


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
    now = fields.Datetime.now().replace(microsecond=0)
    plans = _plans(env, random.Random(2026), now)
    orders = env["sale.order"].create([plan["vals"] for plan in plans])
    for order, plan in zip(orders, plans, strict=True):
        plan["order"] = order
    for start in sorted({plan["start"] for plan in plans}):
        _release(env, [plan for plan in plans if plan["start"] == start])
    _ship(env, plans, now)
    _bill(env, plans, now)
    _take_back(env, plans, now)
    for channel in {plan["channel"] for plan in plans}:
        # Set last: a channel's orders are invoiced by a job of today, and these are of the past.
        _orders(env, [plan for plan in plans if plan["channel"] == channel]).channel_id = channel
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
    for index in range(WAVES * ORDERS_PER_WAVE):
        if index % ORDERS_PER_WAVE == 0:
            left = 1 - index // ORDERS_PER_WAVE / WAVES
            # More and more orders: half of them in the last third of the time.
            start = now - timedelta(days=DAYS * left**1.6, hours=chance.uniform(0, 8))
            start = start.replace(microsecond=0)
        mishaps = {name for name, (every, place) in MISHAPS.items() if index % every == place}
        ship = start + timedelta(days=5 if "late" in mishaps else chance.choice((0.4, 1, 1, 2)))
        channel = chance.choices(channels, (3, 2))[0]
        most = 4 if channel == channels[0] else 30
        customer = chance.choice(customers)
        lines = chance.sample(products, 2 if "split" in mishaps else chance.randint(1, 3))
        plans.append(
            {
                "start": start,
                "channel": channel,
                "mishaps": mishaps,
                "by_hand": chance.random() < 0.25,
                # Wholesale goes by the pallet, and other countries by other carriers.
                "is_parcel": channel == channels[0] and customer.country_id.code == "US",
                "ship": ship,
                "sites": chance.sample(sites, min(2, len(sites))),
                "pay": _pay_day(ship + timedelta(days=chance.uniform(1, 10))),
                "vals": {
                    "partner_id": customer.id,
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


def _pay_day(moment):
    """The customers' pay day from ``moment`` on: once a month, so that one payment covers much."""
    day = moment.date()
    while day.day != PAY_DAY:
        day += timedelta(days=1)
    return day


def _orders(env, plans):
    return env["sale.order"].union(*(plan["order"] for plan in plans))


def _release(env, plans):
    """Confirm the orders of one wave: those looked at by hand, or held, some hours later."""
    start = plans[0]["start"]
    for plan in plans:
        if "split" in plan["mishaps"]:
            env["order.allocation"].create(
                [
                    {
                        "line_id": line.id,
                        "warehouse_id": site.id,
                        "quantity": line.product_uom_qty,
                        "is_manual": True,
                    }
                    for line, site in zip(plan["order"].order_line, plan["sites"], strict=False)
                ]
            )
    with clock(start):
        _orders(env, plans)._record_event("intake", "Received", source="channel")
    for delay in (0, 5, 20):
        due = [plan for plan in plans if _delay(plan) == delay]
        if not due:
            continue
        orders = _orders(env, due)
        held = _orders(env, [plan for plan in due if "held" in plan["mishaps"]])
        with clock(start):
            holds = held._place_hold("manual", "release", "Customer asked to wait")
        with clock(min(start + timedelta(hours=delay), fields.Datetime.now())):
            holds.action_release()
            orders._record_event(
                "validate", "Looked at and found right", source="user" if delay else "system"
            )
            orders.action_confirm()
            late = orders.filtered(lambda o: "release" not in o.event_ids.mapped("step"))
            late._record_event("release", "Released")
        if holds:
            holds.flush_recordset()
            # The ORM always dates a row today; this one is of the day its order came in.
            env.cr.execute(
                "UPDATE order_hold SET create_date = %s WHERE id = ANY(%s)", [start, holds.ids]
            )
            holds.invalidate_recordset(["create_date"])


def _delay(plan):
    """Hours from the order's arrival to its release."""
    return 20 if "held" in plan["mishaps"] else 5 if plan["by_hand"] else 0


def _ship(env, plans, now):
    """Ship what would have left by now; a short order ships the rest three days later."""
    for part, wait in ((0.5, 0), (1, 3)):
        for day in sorted({plan["ship"] for plan in plans}):
            moment = day + timedelta(days=wait)
            due = [
                plan
                for plan in plans
                if plan["ship"] == day and (not wait or "short" in plan["mishaps"])
            ]
            pickings = _orders(env, due).picking_ids.filtered(
                lambda picking: picking.state not in ("done", "cancel")
            )
            if moment > now or not pickings:
                continue
            short = _orders(env, [plan for plan in due if "short" in plan["mishaps"]])
            with clock(moment):
                pickings.action_assign()
                for move in pickings.move_ids:
                    share = part if move.picking_id.sale_id in short else 1
                    move.quantity = max(int(move.product_uom_qty * share), 1)
                pickings.move_ids.picked = True
                parcels = _orders(env, [plan for plan in due if plan["is_parcel"]]).picking_ids
                # Core buys a label from this carrier when the delivery is done.
                (pickings & parcels).carrier_id = env.ref("order_shipping.carrier_ground")
                pickings.button_validate()


def _bill(env, plans, now):
    """Invoice what was shipped on the day it was, and pay on pay days."""
    due = [plan for plan in plans if plan["order"].invoice_status == "to invoice"]
    _orders(env, due)._create_invoices(grouped=True)
    by_day = {}
    for plan in due:
        shipped = max(plan["order"].picking_ids.filtered("date_done").mapped("date_done")).date()
        by_day.setdefault(shipped, env["account.move"])
        by_day[shipped] |= plan["order"].invoice_ids
    for day, invoices in by_day.items():
        invoices.invoice_date = day
    _orders(env, due).invoice_ids.sorted("invoice_date").action_post()
    for day in sorted({plan["pay"] for plan in due if plan["pay"] <= now.date()}):
        invoices = _orders(env, [plan for plan in due if plan["pay"] == day]).invoice_ids
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        ).create({"payment_date": day, "group_payment": True})._create_payments()


def _take_back(env, plans, now):
    """Take back one piece of some orders a week after they left, and credit it."""
    for plan in plans:
        day = plan["ship"] + timedelta(days=7)
        delivery = plan["order"].picking_ids.filtered(lambda picking: picking.state == "done")[:1]
        if "returned" not in plan["mishaps"] or not delivery or day > now:
            continue
        with clock(day):
            wizard = env["stock.return.picking"].create({"picking_id": delivery.id})
            wizard.product_return_moves[:1].quantity = 1
            back = wizard._create_return()
            back.move_ids.picked = True
            back.button_validate()
            credit = plan["order"]._create_invoices(final=True)
        credit.invoice_date = day.date()
        credit.action_post()

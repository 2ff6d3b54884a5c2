"""The orders that the demo year is copied from: each goes its whole way by Odoo's own documents."""

import random
from datetime import timedelta

from odoo import Command, fields

from odoo.addons.order_shipping.carriers.base import TrackEvent

from . import history

#: What happens to the patterns of each warehouse. ``paid`` is an order that went its whole way.
KINDS = (
    *("paid",) * 4,
    *("short", "held", "split", "returned"),
    *("unpaid",) * 2,
    *("to_ship",) * 2,
    *("on_hold", "cancelled"),
)
#: Kinds that are still under way and so stand for orders of the last days only.
OPEN = ("unpaid", "to_ship", "on_hold")
AGE_DAYS = 45
CUSTOMERS = (
    *("Alder Outfitters", "Birch & Sons", "Cedar Creek Camping", "Dogwood Supply"),
    *("Elm Street Sports", "Fir Mountain Gear", "Gum Tree Trading", "Hazel Hiking Club"),
    *("Ironwood Adventures", "Juniper Lodge", "Katsura Imports", "Larch Lake Resort"),
    *("Maple Leaf Retail", "Nutmeg Stores", "Oakwood Schools", "Pine Ridge Scouts"),
    *("Quince Quality Goods", "Rowan Rentals", "Spruce Valley Co-op", "Teak Boat Works"),
    *("Umbrella Pine Hotels", "Vine Hill Market", "Walnut Grove Farms", "Yew Tree Travel"),
)
#: Where the customers are, in turn: state, city, postal code. Patterns are made of the first ones.
PLACES = (
    *(
        ("us_27", "New York", "10001"),
        ("us_23", "Las Vegas", "89101"),
        ("us_5", "San Diego", "92101"),
    ),
    *(("us_44", "Austin", "78701"), ("us_48", "Seattle", "98101"), ("us_14", "Chicago", "60601")),
    *(("us_10", "Miami", "33101"), ("us_6", "Denver", "80202"), ("us_39", "Philadelphia", "19103")),
    *(("ca_on", "Toronto", "M5H 2N2"), ("ca_qc", "Montreal", "H2Y 1C6")),
    ("ca_bc", "Vancouver", "V6B 1A1"),
)
#: Name, days on the way at least and at most, how often a day more. Copies of the first one.
CARRIERS = (
    ("Ground (rate table)", 1, 3, 0.08),
    ("Swift Parcel", 1, 2, 0.03),
    ("Budget Freight", 2, 3, 0.30),
)
#: What the orders of each warehouse are about, in turn: by parcel or not, pieces of each product.
BASKETS = (
    (True, (2, 3, 0)),
    (False, (12, 20, 4)),
    (True, (0, 2, 1)),
    (False, (24, 10, 2)),
)


def customers(env):
    """The year's customers, made when they are missing."""
    partners = env["res.partner"]
    found = {partner.name: partner for partner in partners.search([("name", "in", CUSTOMERS)])}
    values = []
    for number, name in enumerate(CUSTOMERS, 1):
        place, city, code = PLACES[(number - 1) % len(PLACES)]
        state = env.ref(f"base.state_{place}")
        if name not in found:
            values.append(
                {
                    "name": name,
                    "is_company": True,
                    "street": f"{number} Market Street",
                    "city": city,
                    "zip": code,
                    "state_id": state.id,
                    "country_id": state.country_id.id,
                    "email": f"orders.{number}@example.com",
                }
            )
    found |= {partner.name: partner for partner in partners.create(values)}
    return [found[name] for name in CUSTOMERS]


def carriers(env):
    """The carriers by rate table that parcels of the year go by."""
    ground = env.ref("order_shipping.carrier_ground")
    made = [ground]
    for name, *_days in CARRIERS[1:]:
        carrier = env["delivery.carrier"].search([("name", "=", name)], limit=1)
        if not carrier:
            carrier = ground.copy()
            carrier.name = name  # a copy's own name says that it is one
        made.append(carrier)
    return made


def build(env, seed):
    """Make the patterns.

    :return: list of dicts with ``order``, ``kind``, ``warehouse`` and ``is_parcel``
    """
    chance = random.Random(seed)
    now = fields.Datetime.now().replace(microsecond=0)
    plans = _plans(env, chance, now)
    orders = env["sale.order"].create([plan["vals"] for plan in plans])
    for order, plan in zip(orders, plans, strict=True):
        plan["order"] = order
    moving = [plan for plan in plans if plan["kind"] not in ("on_hold", "cancelled")]
    history._release(env, moving)
    _stop(env, plans)
    shipped = [plan for plan in moving if plan["kind"] != "to_ship"]
    history._ship(env, shipped, now)
    _bill(env, shipped)
    _deliver(env, shipped)
    history._take_back(env, shipped, now)
    _settle_credits(env, shipped)
    for parcel in (True, False):
        name = "web" if parcel else "wholesale"
        batch = history._orders(env, [plan for plan in plans if plan["is_parcel"] == parcel])
        batch.channel_id = env.ref(f"order_reporting.demo_channel_{name}")
    env.flush_all()
    return plans


def _plans(env, chance, now):
    products = [
        env.ref(f"order_reporting.demo_product_{name}") for name in ("lantern", "bottle", "tent")
    ]
    names = (
        "stock.warehouse0",
        "order_processing.warehouse_east",
        "order_processing.warehouse_west",
    )
    sites = [env.ref(name) for name in names]
    for site in sites:
        for product in products:
            env["stock.quant"]._update_available_quantity(product, site.lot_stock_id, 2000)
    buyers = customers(env)
    start = (now - timedelta(days=AGE_DAYS)).replace(hour=14, minute=0, second=0)
    plans = []
    for site in sites:
        for number, kind in enumerate(KINDS):
            is_parcel, pieces = BASKETS[number % len(BASKETS)]
            plans.append(
                {
                    "kind": kind,
                    "start": start,
                    "warehouse": site,
                    "is_parcel": is_parcel,
                    "mishaps": {kind},
                    "by_hand": number == 3,
                    "ship": start + timedelta(days=1 if kind != "held" else 2, hours=2),
                    "sites": [site, sites[sites.index(site) - 1]],
                    "vals": {
                        "partner_id": chance.choice(buyers[:: len(PLACES)]).id,
                        "warehouse_id": site.id,
                        "date_order": start,
                        "commitment_date": start + timedelta(days=4),
                        "order_line": [
                            Command.create(
                                {
                                    "product_id": product.id,
                                    "product_uom_qty": count + chance.randint(0, 1),
                                }
                            )
                            for product, count in zip(products, pieces, strict=True)
                            if count
                        ],
                    },
                }
            )
    return plans


def _stop(env, plans):
    """Orders that never leave: those on hold still, and those that were cancelled."""
    held = history._orders(env, [plan for plan in plans if plan["kind"] == "on_hold"])
    cancelled = history._orders(env, [plan for plan in plans if plan["kind"] == "cancelled"])
    start = plans[0]["start"]
    with history.clock(start):
        (held + cancelled)._record_event("intake", "Received", source="channel")
        holds = held._place_hold("manual", "release", "Customer asked to wait")
    holds.flush_recordset()
    env.cr.execute("UPDATE order_hold SET create_date = %s WHERE id = ANY(%s)", [start, holds.ids])
    holds.invalidate_recordset(["create_date"])
    with history.clock(start + timedelta(hours=6)):
        cancelled._action_cancel()


def _bill(env, plans):
    """Invoice each order on the day it left; all but the unpaid are paid three weeks later."""
    orders = history._orders(env, plans)
    orders._create_invoices(grouped=True)
    for plan in plans:
        left = max(plan["order"].picking_ids.filtered("date_done").mapped("date_done"))
        plan["paid_on"] = left + timedelta(days=21)
        invoices = plan["order"].invoice_ids
        invoices.invoice_date = left.date()
        with history.clock(left):
            invoices.action_post()
    for plan in plans:
        if plan["kind"] != "unpaid":
            _pay(env, plan["order"].invoice_ids, plan["paid_on"])


def _pay(env, invoices, moment):
    with history.clock(moment):
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        ).create({"payment_date": moment.date(), "group_payment": True})._create_payments()


def _deliver(env, plans):
    """Parcels arrive three days after they left, as far as they have labels."""
    for plan in plans:
        for label in plan["order"].picking_ids.label_ids.filtered_domain(
            [("state", "=", "bought")]
        ):
            left = label.picking_id.date_done
            scans = [
                TrackEvent(label.tracking_number, "picked_up", left, "PU", "Picked up"),
                TrackEvent(
                    label.tracking_number, "delivered", left + timedelta(days=3), "DL", "Delivered"
                ),
            ]
            with history.clock(left + timedelta(days=3)):
                label._keep_events({label: scans})


def _settle_credits(env, plans):
    """Pay the credit notes of returns out, two days after they were made."""
    for plan in plans:
        credits_ = plan["order"].invoice_ids.filtered(
            lambda move: move.move_type == "out_refund" and move.payment_state == "not_paid"
        )
        for credit in credits_:
            moment = fields.Datetime.to_datetime(credit.invoice_date) + timedelta(days=2, hours=12)
            _pay(env, credit, moment)

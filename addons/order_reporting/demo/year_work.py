"""What people do around the orders of the demo year: batches, documents that came in, returns."""

from collections import defaultdict
from datetime import timedelta

from odoo import Command

PER_BATCH = 8
VENDORS = ("Northern Mills", "Harbour Metal Works")
#: Lines an hour of a picker, and metres walked for a line.
PACE = {0: 62, 1: 55, 2: 44}
METRES = {0: 14, 1: 17, 2: 23}
ERRORS = (
    "Line 2: no product has the code LANTRN. Add an alias to the channel, then process it again.",
    "No currency with the code US. Correct the document, then process it again.",
    "The postal code 1001 isn't one of New York. Correct the address, then process it again.",
)


def batch(env, chance, plans):
    """Pick the deliveries of each day and warehouse in batches of some orders."""
    groups = defaultdict(list)
    lines = defaultdict(int)
    for plan in plans:
        for row in plan["made"]["stock_move_line"]:
            lines[row["picking_id"]] += 1
        for row in plan["made"]["stock_picking"]:
            if row["state"] == "done" and not row["return_id"]:
                groups[row["picking_type_id"], row["date_done"].date()].append(row)
    kinds = sorted({kind for kind, _day in groups})
    people = env["res.users"].search([("share", "=", False)], limit=3).ids
    sequence = env["ir.sequence"].search([("code", "=", "picking.batch")], limit=1)
    columns = (
        *("name", "state", "company_id", "picking_type_id", "user_id", "scheduled_date"),
        *("create_date", "write_date", "date_planned_route", "is_wave", "planned_minutes"),
        *("route_metres", "route_metres_by_name", "route_saving", "create_uid", "write_uid"),
    )
    for (kind, _day), pickings in sorted(groups.items()):
        place = kinds.index(kind) % len(PACE)
        pickings.sort(key=lambda row: row["date_done"])
        for start in range(0, len(pickings), PER_BATCH):
            some = pickings[start : start + PER_BATCH]
            count = sum(lines[row["id"]] for row in some)
            hours = count / (PACE[place] * chance.uniform(0.8, 1.2)) + 0.1
            done = some[0]["date_done"] - timedelta(minutes=10)
            begun = (done - timedelta(hours=hours)).replace(microsecond=0)
            metres = round(count * METRES[place] * chance.uniform(0.8, 1.25), 1)
            env.cr.execute(
                f"INSERT INTO stock_picking_batch ({', '.join(columns)})"  # noqa: S608 (our names)
                f" VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id",
                (
                    *(sequence.next_by_id() or f"BATCH/{kind}", "done", some[0]["company_id"]),
                    *(kind, chance.choice(people), begun, begun, done, begun, False),
                    *(round(60 * hours, 1), metres, round(1.4 * metres, 1), 0.29, 1, 1),
                ),
            )
            [batch_id] = env.cr.fetchone()
            for row in some:
                row.update(batch_id=batch_id, date_picked=done)


def take_in(env, chance, plans):
    """Let the orders of the web shop have come in as documents, some of them at fault first."""
    web = env.ref("order_reporting.demo_channel_web")
    rows = []
    for plan in plans:
        order = plan["made"]["sale_order"][0]
        if order["channel_id"] != web.id:
            continue
        moment = order["create_date"]
        number = f"WEB-{order['id']}"
        rows.append((number, "accepted", order["id"], None, moment))
        if chance.random() < 0.02:
            rows.append((number, "duplicate", order["id"], None, moment + timedelta(minutes=7)))
        if chance.random() < 0.035:
            rows.append((f"{number}-X", "rejected", None, chance.choice(ERRORS), moment))
    for number, state, order_id, error, moment in rows:
        env.cr.execute(
            "INSERT INTO order_intake (channel_id, company_id, order_number, external_ref, state,"
            " source, order_id, error, attempts, replays, active, create_uid, write_uid,"
            " create_date, write_date)"
            " VALUES (%s, %s, %s, %s, %s, 'webhook', %s, %s, 1, 0, TRUE, 1, 1, %s, %s)",
            (web.id, web.company_id.id, number, number, state, order_id, error, moment, moment),
        )


def take_back(env, chance, plans):
    """Give what came back its return: asked for some days before, for a reason."""
    reasons = env["shipping.return.reason"].search([])
    # Once for each product: the one to claim from.
    vendors = env["res.partner"].create([{"name": name} for name in VENDORS])
    products = set()
    for plan in plans:
        made = plan["made"]
        for picking in made["stock_picking"]:
            if not picking["return_id"] or picking["state"] != "done":
                continue
            moves = [row for row in made["stock_move"] if row["picking_id"] == picking["id"]]
            products |= {row["product_id"] for row in moves}
            _insert_return(env, chance, plan, picking, moves, chance.choice(reasons))
    for product in env["product.product"].browse(sorted(products)):
        if not product.seller_ids:
            vendor = vendors[product.id % len(vendors)]
            product.seller_ids = [Command.create({"partner_id": vendor.id})]


def _insert_return(env, chance, plan, picking, moves, reason):
    order = plan["made"]["sale_order"][0]
    asked = picking["date_done"] - timedelta(days=chance.randint(2, 6))
    env.cr.execute(
        "INSERT INTO shipping_return (name, state, order_id, company_id, partner_id, source,"
        " settlement, is_warranty, create_uid, write_uid, create_date, write_date)"
        " VALUES (%s, 'closed', %s, %s, %s, 'portal', 'refund', %s, 1, 1, %s, %s) RETURNING id",
        (
            *(env["ir.sequence"].next_by_code("shipping.return"), order["id"]),
            *(order["company_id"], order["partner_id"], reason.is_warranty),
            *(asked, picking["date_done"]),
        ),
    )
    [return_id] = env.cr.fetchone()
    for move in moves:
        env.cr.execute(
            "INSERT INTO shipping_return_line (return_id, company_id, order_id, state,"
            " sale_line_id, product_id, uom_id, quantity, quantity_received, quantity_missing,"
            " quantity_refund, reason_id, create_uid, write_uid, create_date, write_date)"
            " VALUES (%s, %s, %s, 'closed', %s, %s, %s, %s, %s, 0, %s, %s, 1, 1, %s, %s)",
            (
                *(return_id, order["company_id"], order["id"], move["sale_line_id"]),
                *(move["product_id"], move["product_uom"], *[move["quantity"]] * 3, reason.id),
                *(asked, picking["date_done"]),
            ),
        )
    env.cr.execute(
        "UPDATE stock_picking SET shipping_return_id = %s WHERE id = %s", [return_id, picking["id"]]
    )
    refunds = [
        row["id"] for row in plan["made"]["account_move"] if row["move_type"] == "out_refund"
    ]
    env.cr.execute(
        "UPDATE account_move SET shipping_return_id = %s WHERE id = ANY(%s)", [return_id, refunds]
    )

"""The same orders in stock Odoo, one by one, as a clerk would: prints seconds and queries as JSON.

Run by the bench ``pipeline --stock`` in a process of its own, without our addons.
"""

import json
import sys
import time

import odoo
from odoo.modules.registry import Registry
from odoo.tools import config

STEPS = ("create", "confirm and reserve", "validate", "invoice", "post", "match")


def main(conf, database, count):
    config.parse_config(["-c", conf, "-d", database], setup_logging=True)
    with Registry(database).cursor() as cursor:
        env = odoo.api.Environment(cursor, odoo.api.SUPERUSER_ID, {})
        env = env(user=env.ref("base.user_admin").id, context={"lang": "en_US", "tz": "UTC"})
        goods = env["product.product"].create(
            [{"name": f"Bench {n}", "is_storable": True, "list_price": 199.0} for n in range(3)]
        )
        place = env["stock.warehouse"].search([], limit=1).lot_stock_id
        for product in goods:
            env["stock.quant"]._update_available_quantity(product, place, 2.0 * (count + 1))
        customers = env["res.partner"].create([{"name": f"Bench {n}"} for n in range(50)])
        # The first order of a process loads what all share.
        one(env, {step: [0.0, 0] for step in STEPS}, customers[0], goods)
        spent = {step: [0.0, 0] for step in STEPS}
        for number in range(count):
            one(env, spent, customers[number % 50], goods)
        cursor.rollback()
    print(json.dumps(spent))


def one(env, spent, customer, goods):
    def step(name, call):
        env.flush_all()
        started, queries = time.perf_counter(), env.cr.sql_log_count
        result = call()
        env.flush_all()
        spent[name][0] += time.perf_counter() - started
        spent[name][1] += env.cr.sql_log_count - queries
        # Each click is a request of its own, with an empty cache.
        env.invalidate_all()
        return result

    order = step(
        "create",
        lambda: env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [(0, 0, {"product_id": each.id}) for each in goods],
            }
        ),
    )
    step("confirm and reserve", order.action_confirm)
    order.picking_ids.move_ids.picked = True
    step("validate", order.picking_ids.button_validate)
    order.order_line.filtered(lambda line: not line.qty_delivered).qty_delivered = 1
    invoice = step("invoice", order._create_invoices)
    step("post", invoice.action_post)
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)

    def match():
        # As superuser: the demo's administrator isn't in the group that may.
        line = (
            env["account.bank.statement.line"]
            .sudo()
            .create(
                {
                    "journal_id": journal.id,
                    "payment_ref": invoice.name,
                    "amount": invoice.amount_total,
                    "partner_id": customer.id,
                }
            )
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        receivable = invoice.sudo().line_ids.filtered(
            lambda each: each.account_id.account_type == "asset_receivable"
        )
        suspense.account_id = receivable.account_id
        (suspense | receivable).reconcile()

    step("match", match)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

"""Uninstall the three addons from a copy of the demo database, and do business without them.

    uninstall.py [database]    the template of the tests, or a copy of the database named

Uninstalls them as an administrator does, then starts Odoo anew, makes an order, delivers, invoices
and takes the payment of it with Odoo alone. Ends with 1 if anything fails, if the log has a warning
or error, or if something of ours is left in the database.
"""

import sys
import time

import suite

COPY = "suite_uninstall"
UNINSTALL = """
ours = env["ir.module.module"].search([("name", "in", {names})])
ours.button_immediate_uninstall()
print("DONE uninstalled")
"""
BUSINESS = """
names = {names}
left = env["ir.module.module"].search([("name", "in", names), ("state", "!=", "uninstalled")])
assert not left, left.mapped("name")
data = env["ir.model.data"].search([("module", "in", names), ("model", "=like", "ir.%")])
assert not data, data.mapped("complete_name")[:20]
models = env["ir.model"].search([("model", "not in", list(env.registry))])
assert not models, models.mapped("model")[:20]
crons = env["ir.cron"].with_context(active_test=False)
broken = crons.search([("ir_actions_server_id", "=", False)])
assert not broken, broken
env.cr.execute(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    " AND tablename ~ '^(order|shipping)_'"
    " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " AND proname ~ '^(order|shipping)_'"
)
assert not env.cr.rowcount, env.cr.fetchall()

# Every view of Odoo that ours changed is whole again.
for model in ("sale.order", "stock.picking", "account.move", "res.partner", "delivery.carrier",
              "stock.picking.batch", "account.bank.statement.line", "product.template"):
    for kind in ("form", "list", "search"):
        env[model].get_view(view_type=kind)
env["res.config.settings"].get_view(view_type="form")

env = env(user=env.ref("base.user_admin"))
Command = odoo.Command
product = env["product.product"].create(
    dict(name="Plain", is_storable=True, list_price=50.0, invoice_policy="delivery")
)
order = env["sale.order"].create(
    dict(
        partner_id=env["res.partner"].create(dict(name="Stock Odoo")).id,
        order_line=[Command.create(dict(product_id=product.id, product_uom_qty=2))],
    )
)
env["stock.quant"]._update_available_quantity(product, order.warehouse_id.lot_stock_id, 5)
order.action_confirm()
picking = order.picking_ids
picking.action_assign()
picking.move_ids.picked = True
picking.button_validate()
assert picking.state == "done", picking.state
invoice = order._create_invoices()
invoice.action_post()
assert (invoice.state, order.invoice_status) == ("posted", "invoiced")
env["account.payment.register"].with_context(
    active_model="account.move", active_ids=invoice.ids
).create(dict()).action_create_payments()
assert invoice.payment_state in ("paid", "in_payment"), invoice.payment_state
old = env["sale.order"].search([("state", "=", "sale"), ("id", "!=", order.id)], limit=1)
old.copy().action_confirm()
for report in ("sale.report_saleorder", "account.report_invoice"):
    env["ir.actions.report"]._render_qweb_html(report, (order if "sale" in report else invoice).ids)
print("DONE business", order.name, invoice.name)
env.cr.rollback()
"""


def run(env, config, code, log):
    """Run code in Odoo's shell on the copy, or end with what went wrong."""
    code = code.format(names=suite.ADDONS)
    is_done, text = suite.shell(env, config, COPY, code, f"--logfile={log}")
    # Odoo tries to delete demo records that are in use by now, says so, and keeps them.
    lines = [each for each in suite.bad_lines(log) if "bad query: b'DELETE FROM" not in each]
    if not is_done or "DONE" not in text or lines:
        suite.fail("\n".join([text[-3000:], *lines[:20], f"(whole log: {log})"]))


def uninstall(database=None):
    """Carry it out on a copy of a database, or of the tests' template.

    :raise SystemExit: something doesn't work without the suite
    """
    env = suite.pg_env("test")
    config = suite.write_config(env, "test-uninstall", server_wide_modules="base,rpc,web")
    if database:
        suite.clone(env, config, database, COPY)
    else:
        suite.copy(env, config, COPY)
    started = time.monotonic()
    try:
        for name, code in (("uninstall", UNINSTALL), ("without", BUSINESS)):
            log = suite.LOCAL / f"{name}.log"
            log.unlink(missing_ok=True)
            run(env, config, code, log)
    finally:
        suite.drop(env, config, COPY)
    suite.say(f"Odoo works without the suite ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    uninstall(*sys.argv[1:2])

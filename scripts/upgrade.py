"""Update the three addons in a database in use: nothing that people set or did is lost.

    upgrade.py [revision]

Takes the tests' demo database, or installs one with the addons of an earlier git revision. People
change what they may, then the addons are updated as an administrator does. Ends with 1 if the
update fails or logs a warning or error, if a change of theirs or a record is gone, or if an order
that was open before can't be finished.
"""

import contextlib
import subprocess
import sys
import time

import suite

COPY = "suite_upgrade"
#: What people change between two versions, and an order that is on its way.
BEFORE = """
env.ref("order_processing.channel_shopify").write(dict(name="Our shop", duplicate_hours=7))
env["order.rule"].search([], limit=1).write(dict(name="Our rule", active=False))
kind = env["order.message.kind"].search([("template_id", "!=", False)], limit=1)
kind.template_id.write(dict(subject="Our words"))
cron = env.ref("order_processing.cron_send_order_invoices")
cron.write(dict(interval_number=3, active=False))
env.company.write(dict(order_invoice_policy="delivery"))
Command = odoo.Command
product = env["product.product"].create(
    dict(name="Upgrade", is_storable=True, list_price=5.0, invoice_policy="delivery", taxes_id=[])
)
order = env["sale.order"].create(
    dict(
        partner_id=env["res.partner"].create(dict(name="Upgrade")).id,
        client_order_ref="UPGRADE",
        order_line=[Command.create(dict(product_id=product.id, product_uom_qty=2))],
    )
)
env["stock.quant"]._update_available_quantity(product, order.warehouse_id.lot_stock_id, 5)
order.action_confirm()
env.cr.commit()
print("DONE before")
"""
AFTER = """
channel = env.ref("order_processing.channel_shopify")
assert (channel.name, channel.duplicate_hours) == ("Our shop", 7), channel.read()
rule = env["order.rule"].with_context(active_test=False).search([("name", "=", "Our rule")])
assert len(rule) == 1 and not rule.active
assert env["mail.template"].search_count([("subject", "=", "Our words")]) == 1
cron = env.ref("order_processing.cron_send_order_invoices")
assert (cron.interval_number, cron.active) == (3, False), cron.read()
assert env.company.order_invoice_policy == "delivery"
order = env["sale.order"].search([("client_order_ref", "=", "UPGRADE")])
assert order.state == "sale" and order.event_ids, order.state
order.picking_ids.move_ids.picked = True
order.picking_ids.button_validate()
assert order.picking_ids.state == "done", order.picking_ids.state
assert not env["order.event"].sudo()._find_problems(order.ids)
left = env["ir.module.module"].search([("name", "in", {names}), ("state", "!=", "installed")])
assert not left, left.mapped("name")
print("DONE after")
env.cr.rollback()
"""
#: Rows of our models that people make; none may be gone.
COUNTED = (
    "sale_order order_intake order_event order_hold order_rule order_channel order_match"
    " order_allocation shipping_label shipping_return order_fact res_users mail_message ir_cron"
).split()


def shell(env, config, code):
    """Run code in Odoo's shell on the copy, or end with what went wrong."""
    code = code.replace("{names}", repr(suite.ADDONS))
    is_done, text = suite.shell(env, config, COPY, code)
    if not is_done or "DONE" not in text:
        suite.fail(text[-3000:])


def count(env):
    """Rows by table, of those tables that are there."""
    tables = {name for (name,) in suite.psql(env, "SELECT tablename FROM pg_tables", COPY)}
    return {
        table: int(suite.psql(env, f"SELECT COUNT(*) FROM {table}", COPY)[0][0])
        for table in COUNTED
        if table in tables
    }


@contextlib.contextmanager
def addons_of(revision):
    """The folder of our addons as they were at a revision, while in the block."""
    folder = suite.LOCAL / "upgrade"
    git = ["git", "-C", suite.ROOT, "worktree"]
    subprocess.run([*git, "add", "-q", "--detach", folder, revision], check=True)
    try:
        yield folder / "addons"
    finally:
        subprocess.run([*git, "remove", "--force", folder], check=True)


def install(env, revision):
    """Make the copy with the addons of an earlier revision, with demo data."""
    plain = suite.write_config(env, "test-upgrade")
    base = suite._build(env, plain, "base_demo", suite.base_hash(), None, suite.BASE_ADDONS, True)
    with addons_of(revision) as folder:
        path = f"{(suite.LOCAL / 'odoo.addons').read_text().strip()},{folder}"
        config = suite.write_config(env, "test-upgrade", addons_path=path)
        suite.clone(env, config, base, COPY)
        names = ",".join(suite.ADDONS)
        args = ["-d", COPY, "-i", names, "--with-demo", "--no-http", "--stop-after-init"]
        suite.odoo(env, config, *args)
        shell(env, config, BEFORE)


def upgrade(revision=None):
    """Carry it out.

    :param str revision: whose addons are updated; the present ones if none is given
    :raise SystemExit: something was lost or doesn't work
    """
    env = suite.pg_env("test")
    config = suite.write_config(env, "test-upgrade")
    started = time.monotonic()
    try:
        if revision:
            install(env, revision)
            suite.write_config(env, "test-upgrade")  # with today's addons
        else:
            suite.copy(env, config, COPY)
            shell(env, config, BEFORE)
        before = count(env)
        log = suite.LOCAL / "upgrade.log"
        args = ["-d", COPY, "-u", ",".join(suite.ADDONS), "--no-http", "--stop-after-init"]
        suite.odoo(env, config, *args, log=log)
        if lines := suite.bad_lines(log):
            suite.fail("the update logged warnings or errors:\n" + "\n".join(lines[:20]))
        after = count(env)
        if gone := {table for table, rows in before.items() if after.get(table, 0) < rows}:
            suite.fail(f"rows are gone after the update: {gone} ({before}, {after})")
        shell(env, config, AFTER)
    finally:
        suite.drop(env, config, COPY)
    suite.say(f"updating keeps everything ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    upgrade(*sys.argv[1:2])

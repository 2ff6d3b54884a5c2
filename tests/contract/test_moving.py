"""Orders move from the demo database into an empty one, and are the same there.

Two real databases: each step is a run of Odoo's own shell in one of them.
"""

import json
import re
import subprocess
import zipfile

import pytest
import suite

#: Run in the demo database: orders in every state, exported.
EXPORT = """
import json, pathlib
env = env(user=env.ref("base.user_admin"), context={{
    **env.context, "tracking_disable": True, "queue_job__no_delay": True,
}})
customer = env["res.partner"].create({{
    "name": "Mover", "email": "mover@mail.example.com", "street": "1 Way", "city": "Albany",
    "zip": "12201", "country_id": env.ref("base.us").id, "is_company": True,
    "state_id": env.ref("base.state_us_27").id,
}})
goods = env["product.product"].create({{
    "name": "Moved goods", "default_code": "MOVED-1", "is_storable": True, "list_price": 12.34,
    "invoice_policy": "delivery", "taxes_id": [(5,)],
}})
tax = env["account.tax"].create({{"name": "Moved 7.25%", "amount": 7.25}})
warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
env["stock.quant"]._update_available_quantity(goods, warehouse.lot_stock_id, 100)

def order(quantity=3):
    return env["sale.order"].create({{
        "partner_id": customer.id, "warehouse_id": warehouse.id,
        "order_line": [
            (0, 0, {{"display_type": "line_section", "name": "First"}}),
            (0, 0, {{"product_id": goods.id, "product_uom_qty": quantity, "discount": 5,
                     "tax_ids": [(6, 0, tax.ids)]}}),
        ],
    }})

def ship(one, quantity):
    picking = one.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
    picking.action_assign()
    picking.move_ids.quantity = quantity
    picking.move_ids.picked = True
    picking.with_context(skip_backorder=True).button_validate()

draft, held, cancelled, confirmed, half, whole = [order() for _n in range(6)]
held._place_hold("manual", "release", "Somebody looks at it")
cancelled._action_cancel()
(confirmed | half | whole).action_confirm()
ship(half, 1)
ship(whole, 3)
(half | whole)._create_invoices().action_post()
env["ir.attachment"].create({{
    "name": "agreed.txt", "raw": b"What we agreed", "res_model": "sale.order", "res_id": half.id,
}})
made = draft | held | cancelled | confirmed | half | whole
demo = env["sale.order"].search([("company_id", "=", env.company.id)]) - made
action = (made | demo).action_export_orders()
export = env["order.export"].browse(action["res_id"])
export.action_start()
assert export.state == "done", export.part_ids.mapped("problems")
out = pathlib.Path({folder!r})
for number, part in enumerate(export.part_ids):
    (out / f"part{{number}}.zip").write_bytes(part.attachment_id.raw)
(out / "result.json").write_text(json.dumps({{
    "made": made.mapped("name"),
    "total": export.total, "problems": [p for p in export.part_ids.mapped("problems") if p],
}}))
env.cr.commit()
"""
#: Run in the empty database: import twice, and export what came.
IMPORT = """
import json, pathlib
env = env(user=env.ref("base.user_admin"), context={{
    **env.context, "queue_job__no_delay": True,
}})
folder = pathlib.Path({folder!r})
MODELS = ("mail.mail", "order.message", "stock.picking", "account.move", "order.allocation")
before = [env[model].sudo().search_count([]) for model in MODELS]
assert not env["sale.order"].search_count([]), "The database isn't empty"

def take_in():
    files = env["ir.attachment"].create([
        {{"name": path.name, "raw": path.read_bytes()}} for path in sorted(folder.glob("part*.zip"))
    ])
    done = env["order.import"].create({{"attachment_ids": files.ids}})
    done.action_start()
    return done

first = take_in()
second = take_in()
orders = first.line_ids.order_id
action = orders.action_export_orders()
export = env["order.export"].browse(action["res_id"])
export.action_start()
for number, part in enumerate(export.part_ids):
    (folder / f"back{{number}}.zip").write_bytes(part.attachment_id.raw)
new = env["sale.order"].create({{"partner_id": orders[:1].partner_id.id}})
(folder / "result2.json").write_text(json.dumps({{
    "first": [[line.order_name, line.state, line.error] for line in first.line_ids],
    "second": sorted(set(second.line_ids.mapped("state"))),
    "count": len(orders),
    "made": [env[model].sudo().search_count([]) - count for model, count in zip(MODELS, before)],
    "broken": {{order.name: at for order, at in env["order.event"]._verify(orders).items()}},
    "new": new.name, "taken": new.name in orders.mapped("name"),
    "problems": [p for p in export.part_ids.mapped("problems") if p],
}}))
env.cr.commit()
"""


def run(env, config, database, code):
    command = [str(suite.PYTHON), "-m", "odoo", "shell", "-c", str(config), "-d", database]
    done = subprocess.run(
        [*command, "--no-http"], env=env, input=code, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert not done.returncode and "Traceback" not in said, said[-4000:]
    bad = [line for line in said.splitlines() if re.search(r" (WARNING|ERROR) .*order_", line)]
    assert not bad, "\n".join(bad[:10])


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """Records by order name, before and after, and what the runs tell."""
    folder = tmp_path_factory.mktemp("moving")
    env = suite.pg_env("test")
    config = suite.write_config(env, "test")
    for name, demo, code in (("suite_moving", True, EXPORT), ("suite_moved", False, IMPORT)):
        database = suite.copy(env, config, name, demo=demo)
        try:
            suite.psql(
                env,
                "UPDATE ir_config_parameter SET value = gen_random_uuid()::text"
                " WHERE key = 'database.uuid'",
                database,
            )
            run(env, config, database, code.format(folder=str(folder)))
        finally:
            suite.drop(env, config, database)
    results = [json.loads((folder / f"result{n}.json").read_text()) for n in ("", "2")]
    return records(folder, "part"), records(folder, "back"), *results


def records(folder, start):
    found = {}
    for path in sorted(folder.glob(f"{start}*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith("record.json"):
                    record = json.loads(archive.read(name))
                    found[record["order"]["name"]] = record
    return found


def comparable(record):
    """A record without what an import may say otherwise."""
    record = json.loads(json.dumps(record))
    for hold in record["holds"]:
        hold.pop("placed_at")
    record["files"] = sorted((f["name"], f["kind"], f["sha256"]) for f in record["files"])
    return record


def test_every_order_comes(moved):
    before, after, exported, imported = moved
    assert exported["problems"] == imported["problems"] == []
    assert exported["total"] == len(before) > 20
    failed = [row for row in imported["first"] if row[1] != "done"]
    assert not failed
    assert sorted(after) == sorted(before)


def test_orders_are_the_same(moved):
    before, after, exported, _imported = moved
    states = {record["order"]["state"] for record in before.values()}
    assert states >= {"draft", "sale", "cancel"}
    for name in sorted(before):
        was, now = comparable(before[name]), comparable(after[name])
        for part in was:
            if part == "events":
                assert now[part][: len(was[part])] == was[part], (name, part)
            else:
                assert now[part] == was[part], (name, part)
    half = after[exported["made"][4]]
    assert [line["delivered"] for line in half["lines"]] == ["0", "1"]
    assert [line["invoiced"] for line in half["lines"]] == ["0", "1"]
    assert [f["name"] for f in half["files"]].count("agreed.txt") == 1
    assert half["invoices"] and half["deliveries"]


def test_nothing_happens_again(moved):
    *_records, imported = moved
    assert imported["made"] == [0, 0, 0, 0, 0]
    assert imported["second"] == ["known"]
    assert not imported["broken"]
    assert not imported["taken"], imported["new"]

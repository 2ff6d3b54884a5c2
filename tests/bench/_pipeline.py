"""What the benches of the whole pipeline share: documents, steps and invariants."""

import json
import time
from pathlib import Path

from psycopg2 import OperationalError

SAMPLE = (
    Path(__file__)
    .resolve()
    .parents[2]
    .joinpath("addons/order_processing/demo/files/shopify_order_1001.json")
)
#: Records to a job, as people select them on a page of a list.
CHUNK = 40
#: As ``order_processing.jobs.DEATHS``.
DEATHS = 25


def documents(count, first=0, mark="B"):
    """``count`` different orders in the shape of the documented one, from number ``first`` on.

    They are of fifty customers in turn.

    :param mark: begins their numbers
    """
    sample = json.loads(SAMPLE.read_text())
    for number in range(first, first + count):
        order = dict(sample.get("order", sample))
        order.update(
            id=900_000_000 + number,
            name=f"#{mark}{number}",
            order_number=90_000 + number,
            email=f"customer{number % 50}@example.com",
        )
        order["customer"] = {**order["customer"], "email": order["email"], "id": number % 50}
        yield json.dumps(order).encode()


def prepare(env, count, policy):
    """The channel of the documents, with plenty in stock for ``count`` of them.

    Over the last units of a product transactions take turns, see ``order.allocation._take_turn``.

    :param policy: when orders are billed, see ``order.channel.invoice_policy``
    """
    channel = env.ref("order_processing.channel_shopify")
    channel.invoice_policy = policy
    channel.duplicate_hours = 0  # fifty customers order the same again and again
    stock = env["stock.quant"].with_context(inventory_mode=True)
    for quant in stock.search([("product_id.default_code", "like", "IPOD2008%")]):
        quant.write({"inventory_quantity": quant.quantity + 20 * count})
        quant.action_apply_inventory()
    return channel


def receive(channel, count, first=0):
    """Take in ``count`` documents, as an upload of so many files does."""
    files = [(payload, "bench.json") for payload in documents(count, first)]
    return channel._receive_documents(files)


def know(channel):
    """Have an earlier order of each customer, as nearly all of a distributor's have; cancelled."""
    automatic, channel.auto_confirm = channel.auto_confirm, False
    files = [(payload, "earlier.json") for payload in documents(50, 50_000_000, "K")]
    intakes = channel._receive_documents(files)
    intakes.action_process()
    intakes.order_id.action_cancel()
    channel.auto_confirm = automatic
    channel.env.cr.commit()


def pay(env, invoices):
    """The customers' transfers for these invoices, as the bank tells of them; once for each."""
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    lines = env["account.bank.statement.line"]
    there = set(lines.search([("unique_import_id", "like", "bench-")]).mapped("unique_import_id"))
    return lines.create(
        [
            {
                "journal_id": journal.id,
                "date": invoice.invoice_date,
                "payment_ref": f"Payment of {invoice.name}",
                "amount": invoice.amount_residual,
                "unique_import_id": f"bench-{invoice.id}",
            }
            for invoice in invoices
            if f"bench-{invoice.id}" not in there
        ]
    )


def warm_up(env):
    """Bring one bank line and forget it: the first one of a process loads what all share."""
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    env["account.bank.statement.line"].create(
        [{"journal_id": journal.id, "payment_ref": "Warm up", "amount": 1.0}] * 2
    )
    env.cr.rollback()


class Table:
    """Prints a line for each stage: seconds; processor and queries where one process did it."""

    def __init__(self, count, cursor=None):
        self.count, self.cursor = count, cursor
        self.total, self.queries = 0.0, 0
        print(f"{'stage':30}{'s':>9}{'orders/s':>10}{'ms/order':>10}{'CPU ms':>8}{'queries':>9}")

    def measure(self, name, call):
        queries = self.cursor.sql_log_count if self.cursor else 0
        started, cpu = time.perf_counter(), time.process_time()
        result = call()
        seconds = time.perf_counter() - started
        self.total += seconds
        asked = ""
        if self.cursor:
            new = self.cursor.sql_log_count - queries
            self.queries += new
            used = 1000 * (time.process_time() - cpu) / self.count
            asked = f"{used:8.1f}{new / self.count:9.1f}"
        print(
            f"{name:30}{seconds:9.2f}{self.count / seconds:10.1f}"
            f"{1000 * seconds / self.count:10.1f}{asked}",
            flush=True,
        )
        return result


# === WITH A SERVER AND ITS JOB RUNNER === #


def again(call, patience=300):
    """Call until the database answers: it may be restarting."""
    end = time.monotonic() + patience
    while True:
        try:
            return call()
        except OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(1)


def open_jobs(env):
    """Jobs that are still to do, by state."""
    env.cr.rollback()
    env.cr.execute(
        "SELECT state, COUNT(*) FROM queue_job"
        " WHERE state NOT IN ('done', 'cancelled') GROUP BY state"
    )
    return dict(env.cr.fetchall())


def wait_for_jobs(env, patience=1800):
    """Wait until no job is left to do.

    :return: number of jobs that failed for good
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        left = open_jobs(env)
        if not set(left) - {"failed"}:
            return left.get("failed", 0)
        time.sleep(0.3)
    raise TimeoutError(f"jobs are left: {left}")


def ship(env, pickings):
    """Jobs that ship these transfers, so many to a job."""
    pickings.move_ids.write({"picked": True})
    for ids in (pickings.ids[at : at + CHUNK] for at in range(0, len(pickings), CHUNK)):
        chunk = env["stock.picking"].browse(ids)
        key = f"bench.ship:{ids[0]}-{len(ids)}"
        chunk.with_delay(description="Ship", identity_key=key, max_retries=DEATHS)._action_done()
    env.cr.commit()


def match(env, invoices):
    """Bank lines for these invoices, a file after the other, and a job for each that matches it."""
    for at in range(0, len(invoices), CHUNK):
        lines = pay(env, invoices[at : at + CHUNK])
        if lines:
            lines.with_delay(description="Match", max_retries=DEATHS).action_match()
        env.cr.commit()


def move_on(env, on_their_way=()):
    """Ship what is ready and pay what is billed, as jobs.

    :param on_their_way: ids of transfers whose jobs are there already
    :return: (transfers, invoices) that have jobs now
    """
    domain = [("sale_id.channel_ref", "=like", "#B%"), ("state", "=", "assigned")]
    ready = env["stock.picking"].search(domain)
    if pickings := ready.filtered(lambda picking: picking.id not in on_their_way):
        ship(env, pickings)
    domain = [
        ("state", "=", "posted"),
        ("payment_state", "=", "not_paid"),
        ("line_ids.sale_line_ids.order_id.channel_ref", "=like", "#B%"),
    ]
    if invoices := env["account.move"].search(domain, limit=200):
        match(env, invoices)
    return pickings, invoices


# === INVARIANTS === #

#: What must be true in the end: a title and a query that finds what is wrong.
WRONG = {
    "orders of one document": """
        SELECT channel_id, channel_ref FROM sale_order WHERE channel_ref LIKE '#B%%'
         GROUP BY channel_id, channel_ref HAVING COUNT(*) != 1""",
    "documents without an order": """
        SELECT id, state, attempts, error FROM order_intake
         WHERE state != 'accepted' AND filename = 'bench.json'""",
    "lines shipped more or less than ordered": """
        SELECT line.id FROM sale_order_line line
          JOIN sale_order o ON o.id = line.order_id AND o.channel_ref LIKE '#B%%'
          JOIN product_product p ON p.id = line.product_id
          JOIN product_template t ON t.id = p.product_tmpl_id AND t.type = 'consu'
          LEFT JOIN stock_move m ON m.sale_line_id = line.id AND m.state = 'done'
         GROUP BY line.id HAVING COALESCE(SUM(m.quantity), 0) != line.product_uom_qty""",
    "lines billed more or less than ordered": """
        SELECT id FROM sale_order_line line
         WHERE order_id IN (SELECT id FROM sale_order WHERE channel_ref LIKE '#B%%')
           AND display_type IS NULL AND qty_invoiced != product_uom_qty""",
    "stock that isn't the sum of its moves": """
        WITH moved AS (
            SELECT product_id, location_dest_id AS place, quantity_product_uom AS quantity
              FROM stock_move_line WHERE state = 'done'
             UNION ALL
            SELECT product_id, location_id, -quantity_product_uom
              FROM stock_move_line WHERE state = 'done'
        ), sums AS (
            SELECT product_id, place, SUM(quantity) AS quantity FROM moved GROUP BY 1, 2
        ), held AS (
            SELECT product_id, location_id AS place, SUM(quantity) AS quantity
              FROM stock_quant GROUP BY 1, 2
        )
        SELECT p.default_code, held.place, held.quantity, sums.quantity
          FROM held JOIN sums USING (product_id, place)
          JOIN product_product p ON p.id = held.product_id AND p.default_code LIKE 'IPOD2008%%'
         WHERE abs(held.quantity - sums.quantity) > 0.001""",
    # By product and place: a quant that is locked by another job gets a twin, which Odoo merges.
    "reservations that no line holds": """
        WITH held AS (
            SELECT product_id, location_id AS place, SUM(reserved_quantity) AS quantity
              FROM stock_quant GROUP BY 1, 2
        ), wanted AS (
            SELECT product_id, location_id AS place, SUM(quantity_product_uom) AS quantity
              FROM stock_move_line WHERE state NOT IN ('done', 'cancel') GROUP BY 1, 2
        )
        SELECT p.default_code, held.place, held.quantity, wanted.quantity
          FROM held JOIN product_product p ON p.id = held.product_id
           AND p.default_code LIKE 'IPOD2008%%'
          JOIN stock_location l ON l.id = held.place AND l.usage = 'internal'
          LEFT JOIN wanted USING (product_id, place)
         WHERE abs(held.quantity - COALESCE(wanted.quantity, 0)) > 0.001""",
    "entries that don't balance": """
        SELECT move_id FROM account_move_line GROUP BY move_id
        HAVING abs(SUM(debit) - SUM(credit)) > 0.005""",
    "numbers given twice": """
        SELECT journal_id, name FROM account_move WHERE state = 'posted'
         GROUP BY journal_id, name HAVING COUNT(*) > 1""",
    "invoices not posted or not paid": """
        SELECT m.id FROM account_move m JOIN sale_order o ON o.name = m.invoice_origin
         WHERE o.channel_ref LIKE '#B%%'
           AND (m.state != 'posted' OR m.payment_state NOT IN ('paid', 'in_payment'))""",
    "bank lines not matched": """
        SELECT id FROM account_bank_statement_line
         WHERE unique_import_id LIKE 'bench-%%' AND NOT is_reconciled""",
    "bank lines matched twice": """
        SELECT statement_line_id FROM order_match WHERE state = 'posted'
         GROUP BY statement_line_id HAVING COUNT(*) > 1""",
}


def check(env, count):
    """Every invariant; those that don't hold are printed.

    :return: whether all hold
    """
    env.cr.rollback()
    env.invalidate_all()
    # Odoo's daily scheduler: of two jobs that reserve the same quant one makes a twin, and what is
    # freed from the other stays reserved on it until then.
    env["stock.quant"].sudo()._quant_tasks()
    env.cr.commit()
    bad = {}
    for title, query in WRONG.items():
        env.cr.execute(query)
        if rows := env.cr.fetchall():
            bad[title] = f"{len(rows)}, such as {rows[:3]}"
    orders = env["sale.order"].search([("channel_ref", "=like", "#B%")])
    if len(orders) != count:
        bad["orders"] = f"{len(orders)} of {count}"
    if problems := env["order.event"].sudo()._find_problems(orders.ids):
        bad["rows of the log that don't verify"] = problems[:3]
    for title, found in bad.items():
        print(f"  WRONG: {title}: {found}")
    if not bad:
        print(f"  all {len(WRONG) + 2} invariants hold for {count} orders")
    return not bad

"""Two people, or two workers, at the same moment: one order, one invoice, one match each.

On a real server with real sessions, since one database transaction can't be its own rival. What
is lost in a race is repeated by Odoo itself, so that each caller gets an answer.
"""

import concurrent.futures
import datetime
import itertools
import threading
import time

import pytest
import requests
import suite

NUMBERS = itertools.count(1)


class Session:
    """One user's session with the server, speaking as the web client does."""

    def __init__(self, address, database):
        self.address = address
        self.http = requests.Session()
        params = {"db": database, "login": "admin", "password": "admin"}
        assert self.post("/web/session/authenticate", params)["result"]["uid"]

    def post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.http.post(f"{self.address}{path}", json=body, timeout=120).json()

    def try_call(self, model, method, *args, **kwargs):
        """The method's result and the message of its error, one of them empty."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        answer = self.post(f"/web/dataset/call_kw/{model}/{method}", params)
        return answer.get("result"), answer.get("error", {}).get("data", {}).get("message")

    def call(self, model, method, *args, **kwargs):
        result, error = self.try_call(model, method, *args, **kwargs)
        assert not error, error
        return result


class Rivals:
    """Several sessions on one server, and the records they meet over."""

    def __init__(self, address, _log, env, database):
        self.env, self.database = env, database
        self.sessions = [Session(address, database) for _index in range(4)]
        self.call = self.sessions[0].call
        self.channel = self.ref("channel_shopify")

    def ref(self, name):
        rows = self.sql(
            "SELECT res_id FROM ir_model_data"
            f" WHERE module = 'order_processing' AND name = '{name}'"
        )
        return int(rows[0][0])

    def sql(self, statement):
        return suite.psql(self.env, statement, self.database)

    def at_once(self, *calls):
        """Run calls, one per session, as close together as threads can be started."""
        start = threading.Barrier(len(calls))

        def run(session, call):
            start.wait()
            return session.try_call(*call)

        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, self.sessions, calls))

    def product(self, price, **stock):
        """A new product, ``stock`` its quantities by demo warehouse."""
        number = next(NUMBERS)
        product = self.call(
            "product.product",
            "create",
            {
                "name": f"Rival {number}",
                "default_code": f"RIVAL{number}",
                "is_storable": True,
                "invoice_policy": "delivery",
                "list_price": price,
                "taxes_id": [(5,)],
            },
        )
        for warehouse, quantity in stock.items():
            [place] = self.call("stock.warehouse", "read", self.ref(warehouse), ["lot_stock_id"])
            quant = self.call(
                "stock.quant",
                "create",
                {
                    "product_id": product,
                    "location_id": place["lot_stock_id"][0],
                    "inventory_quantity": quantity,
                },
                context={"inventory_mode": True},
            )
            self.call("stock.quant", "action_apply_inventory", quant)
        return product

    def customer(self):
        return self.call(
            "res.partner",
            "create",
            {
                "name": f"Rival {next(NUMBERS)}",
                "street": "1 Main Street",
                "city": "Albany",
                "zip": "12201",
                "state_id": int(
                    self.sql("SELECT res_id FROM ir_model_data WHERE name = 'state_us_27'")[0][0]
                ),
                "country_id": int(
                    self.sql(
                        "SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'us'"
                    )[0][0]
                ),
            },
        )

    def order(self, product, **vals):
        line = (0, 0, {"product_id": product, "product_uom_qty": 1})
        return self.call(
            "sale.order",
            "create",
            {
                "partner_id": self.customer(),
                "channel_id": self.channel,
                "order_line": [line],
                **vals,
            },
        )

    def read(self, model, ids, *names):
        return self.call(model, "read", ids, list(names))

    def let_jobs_finish(self):
        """Wait for the job runner; no job may have failed."""
        for _attempt in range(120):
            states = {row[0] for row in self.sql("SELECT DISTINCT state FROM queue_job")}
            if states <= {"done"}:
                return
            assert "failed" not in states, self.sql("SELECT exc_info FROM queue_job")
            time.sleep(0.5)
        raise AssertionError(f"jobs still {states}")

    def verify(self, orders):
        """The logs are whole, as the screen's own check sees them."""
        answer = self.call("sale.order", "action_verify_log", orders)
        assert answer["params"]["type"] == "success", answer

    def steps(self, order):
        return [
            row[0]
            for row in self.sql(
                f"SELECT step FROM order_event WHERE order_id = {order} ORDER BY sequence"
            )
        ]


@pytest.fixture(scope="module")
def rivals(server):
    return Rivals(*server)


def test_an_order_is_confirmed_once(rivals):
    order = rivals.order(rivals.product(20, warehouse_east=5))
    answers = rivals.at_once(*[("sale.order", "action_confirm", [order])] * 4)
    errors = [error for _result, error in answers if error]
    assert len(errors) == 3, answers
    assert all("not in a state requiring confirmation" in error for error in errors), errors
    assert rivals.steps(order).count("release") == 1
    [moved] = rivals.sql(
        "SELECT count(*), sum(m.product_uom_qty) FROM stock_move m"
        f" JOIN sale_order_line l ON l.id = m.sale_line_id WHERE l.order_id = {order}"
    )
    assert (moved[0], float(moved[1])) == ("1", 1.0)
    rivals.verify([order])


def test_the_last_unit_is_planned_once(rivals):
    """Two orders want the last unit of the nearer warehouse; the other has one more."""
    product = rivals.product(20, warehouse_east=1, warehouse_west=1)
    orders = [rivals.order(product), rivals.order(product)]
    answers = rivals.at_once(*[("sale.order", "action_confirm", [order]) for order in orders])
    assert [error for _result, error in answers] == [None, None]
    planned = rivals.sql(
        "SELECT warehouse_id, sum(quantity), sum(short_quantity) FROM order_allocation"
        f" WHERE product_id = {product} GROUP BY warehouse_id"
    )
    assert sorted((int(w), float(q), float(s)) for w, q, s in planned) == sorted(
        (rivals.ref(name), 1.0, 0.0) for name in ("warehouse_east", "warehouse_west")
    )
    rivals.verify(orders)


def test_the_last_unit_is_planned_once_for_quotations_too(rivals):
    product = rivals.product(20, warehouse_east=1, warehouse_west=1)
    orders = [rivals.order(product), rivals.order(product)]
    answers = rivals.at_once(*[("sale.order", "action_route", [order]) for order in orders])
    assert [error for _result, error in answers] == [None, None]
    planned = rivals.sql(
        f"SELECT count(DISTINCT warehouse_id) FROM order_allocation WHERE product_id = {product}"
    )
    assert planned == [["2"]]


def test_a_shipment_is_billed_once(rivals):
    """The same order shipped from two warehouses at the same moment: its fee is billed once."""
    east, west = rivals.product(20, warehouse_east=5), rivals.product(30, warehouse_west=5)
    fee = rivals.call(
        "product.product",
        "create",
        {"name": "Fee", "type": "service", "invoice_policy": "order", "taxes_id": [(5,)]},
    )
    lines = [
        (0, 0, {"product_id": product, "product_uom_qty": 1, "price_unit": price})
        for product, price in ((east, 20), (west, 30), (fee, 7))
    ]
    order = rivals.order(east, order_line=lines)
    rivals.call("sale.order", "action_confirm", [order])
    [values] = rivals.read("sale.order", [order], "picking_ids")
    assert len(values["picking_ids"]) == 2
    answers = rivals.at_once(
        *[("stock.picking", "button_validate", [picking]) for picking in values["picking_ids"]]
    )
    assert [error for _result, error in answers] == [None, None]
    rivals.let_jobs_finish()
    [values] = rivals.read("sale.order", [order], "invoice_status", "invoice_ids")
    assert values["invoice_status"] == "invoiced"
    invoices = rivals.read("account.move", values["invoice_ids"], "state", "amount_total")
    assert {invoice["state"] for invoice in invoices} == {"posted"}
    assert sum(invoice["amount_total"] for invoice in invoices) == 57
    rivals.verify([order])


def test_bank_lines_are_matched_once(rivals):
    """Four accountants press Match on the same lines: each invoice is paid by one line."""
    fee = rivals.call(
        "product.product",
        "create",
        {"name": "Fee", "type": "service", "invoice_policy": "order", "taxes_id": [(5,)]},
    )
    line = (0, 0, {"product_id": fee, "product_uom_qty": 1, "price_unit": 71.23})
    orders = [rivals.order(fee, order_line=[line]) for _index in range(5)]
    rivals.call("sale.order", "action_confirm", orders)
    invoices, lines = [], []
    [journal] = rivals.call(
        "account.journal", "search", [("type", "=", "bank")], limit=1, order="id"
    )
    for order in orders:
        wizard = rivals.call(
            "sale.advance.payment.inv", "create", {"sale_order_ids": [(6, 0, [order])]}
        )
        rivals.call("sale.advance.payment.inv", "create_invoices", [wizard])
        [values] = rivals.read("sale.order", [order], "invoice_ids")
        invoices += values["invoice_ids"]
    rivals.call("account.move", "action_post", invoices)
    for invoice in rivals.read("account.move", invoices, "name", "amount_total"):
        lines.append(
            rivals.call(
                "account.bank.statement.line",
                "create",
                {
                    "journal_id": journal,
                    "payment_ref": f"Payment {invoice['name']}",
                    "amount": invoice["amount_total"],
                },
            )
        )
    answers = rivals.at_once(*[("account.bank.statement.line", "action_match", lines)] * 4)
    assert [error for _result, error in answers] == [None] * 4
    # Whoever found the lines taken left them alone; pressed again, nothing more happens.
    rivals.call("account.bank.statement.line", "action_match", lines)
    states = rivals.read("account.bank.statement.line", lines, "match_state")
    assert [values["match_state"] for values in states] == ["matched"] * 5
    ids = ", ".join(map(str, lines))
    posted = rivals.sql(
        "SELECT count(*), count(DISTINCT statement_line_id) FROM order_match"
        f" WHERE state = 'posted' AND statement_line_id IN ({ids})"
    )
    assert posted == [["5", "5"]]
    paid = rivals.read("account.move", invoices, "payment_state", "amount_residual")
    assert [(p["payment_state"], p["amount_residual"]) for p in paid] == [("paid", 0)] * 5
    for order in orders:
        assert rivals.steps(order).count("pay") == 1
        assert rivals.steps(order).count("close") == 1
    rivals.verify(orders)


def test_one_line_two_accountants(rivals):
    """Four accountants post one bank line on the screen Matching: one does, three are told so."""
    [journal] = rivals.call(
        "account.journal", "search", [("type", "=", "bank")], limit=1, order="id"
    )
    customer = rivals.customer()
    vals = {
        "move_type": "out_invoice",
        "partner_id": customer,
        "invoice_date": "2026-03-01",
        "invoice_line_ids": [(0, 0, {"name": "Goods", "price_unit": 55, "tax_ids": [(5,)]})],
    }
    invoice = rivals.call("account.move", "create", vals)
    rivals.call("account.move", "action_post", [invoice])
    [item] = rivals.call(
        "account.move.line",
        "search",
        [("move_id", "=", invoice), ("account_id.account_type", "=", "asset_receivable")],
    )
    line = rivals.call(
        "account.bank.statement.line",
        "create",
        {"journal_id": journal, "payment_ref": "WIRE", "amount": 55},
    )
    call = ("account.bank.statement.line", "match_line_choose", line, [item])
    answers = rivals.at_once(*[call] * 4)
    errors = [error for _result, error in answers if error]
    assert len(errors) == 3, answers
    assert all("matched this line" in error or "matching this line" in error for error in errors)
    [paid] = rivals.read("account.move", [invoice], "payment_state", "amount_residual")
    assert (paid["payment_state"], paid["amount_residual"]) == ("paid", 0)
    posted = rivals.sql(
        f"SELECT count(*) FROM order_match WHERE state = 'posted' AND statement_line_id = {line}"
    )
    assert posted == [["1"]]


def test_a_log_under_load(rivals):
    """Twelve entries from four sessions at once: every number once, the seals unbroken."""
    order = rivals.order(rivals.product(20, warehouse_east=5))
    for _round in range(3):
        answers = rivals.at_once(*[("sale.order", "action_validate_order", [order])] * 4)
        assert [error for _result, error in answers] == [None] * 4
    numbers = rivals.sql(
        f"SELECT sequence FROM order_event WHERE order_id = {order} ORDER BY sequence"
    )
    assert [int(row[0]) for row in numbers] == list(range(1, len(numbers) + 1))
    assert rivals.steps(order).count("validate") == 12
    rivals.verify([order])


def test_two_orders_never_use_the_same_credit(rivals):
    """Of four orders confirmed at once, as many pass as the customer's limit bears: one."""
    product = rivals.product(60, warehouse_east=50)
    for _round in range(3):
        customer = rivals.customer()
        rivals.call("res.partner", "write", [customer], {"credit_limit": 100})
        orders = [
            rivals.order(product, partner_id=customer, channel_id=False) for _index in range(4)
        ]
        answers = rivals.at_once(*[("sale.order", "action_confirm", [order]) for order in orders])
        errors = [error for _result, error in answers if error]
        assert len(errors) == 3, answers
        assert all("over the limit" in error for error in errors), errors
        states = rivals.read("sale.order", orders, "state", "open_hold_count")
        assert sorted(order["state"] for order in states) == ["draft"] * 3 + ["sale"]
        # what was raised rolled the calls back, the holds are there all the same
        assert {o["open_hold_count"] for o in states if o["state"] == "draft"} == {1}
        rivals.verify(orders)


def test_a_repeated_delivery_is_ordered_once(rivals):
    product = rivals.product(20, warehouse_east=50)
    today = datetime.date.today()
    schedule = rivals.call(
        "order.schedule",
        "create",
        {
            "partner_id": rivals.customer(),
            "every": 1,
            "unit": "month",
            "date_next": str(today + datetime.timedelta(days=2)),
            "line_ids": [(0, 0, {"product_id": product, "quantity": 1})],
        },
    )
    rivals.call("order.schedule", "action_run", [schedule])
    answers = rivals.at_once(*[("order.schedule", "action_make_now", [schedule])] * 4)
    assert not [error for _result, error in answers if error]
    [row] = rivals.call("order.schedule", "read", [schedule], ["order_count", "run_ids"])
    assert (row["order_count"], len(row["run_ids"])) == (1, 1)


def test_an_agreement_is_not_over_called(rivals):
    product = rivals.product(20, warehouse_east=50)
    partner = rivals.customer()
    line = {"product_id": product, "quantity": 5, "price_unit": 9}
    blanket = rivals.call(
        "order.blanket", "create", {"partner_id": partner, "line_ids": [(0, 0, line)]}
    )
    rivals.call("order.blanket", "action_run", [blanket])
    orders = [
        rivals.call(
            "sale.order",
            "create",
            {
                "partner_id": partner,
                "blanket_id": blanket,
                "order_line": [(0, 0, {"product_id": product, "product_uom_qty": 2})],
            },
        )
        for _each in range(4)
    ]
    answers = rivals.at_once(*[("sale.order", "action_confirm", [order]) for order in orders])
    refused = [error for _result, error in answers if error]
    assert len(refused) == 2
    assert all("only 1 are left" in error for error in refused), refused
    [row] = rivals.call("order.blanket", "read", [blanket], ["line_ids"])
    [row] = rivals.call("order.blanket.line", "read", row["line_ids"], ["quantity_called"])
    assert row["quantity_called"] == 4

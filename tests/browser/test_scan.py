"""A batch picked and packed by scanning, right and wrong, with the connection lost in between."""

import re

import pytest
import suite
import web_client
from playwright.sync_api import expect

PHONE, DESKTOP = (390, 844), (1366, 900)
SHOTS = suite.LOCAL / "reports"


class ScanClient(web_client.WebClient):
    """A hand-held: types barcodes as fast as a scanner does, and asks the server by RPC."""

    def call(self, model, method, *args, **kwargs):
        return self.page.evaluate(
            """async ([model, method, args, kwargs]) => {
                const response = await fetch(`/web/dataset/call_kw/${model}/${method}`, {
                    method: "POST",
                    headers: {"Content-Type": "application/json"},
                    body: JSON.stringify({jsonrpc: "2.0", params: {model, method, args, kwargs}}),
                });
                const {result, error} = await response.json();
                if (error) {
                    throw new Error(error.data.message);
                }
                return result;
            }""",
            [model, method, list(args), kwargs],
        )

    def scan(self, code):
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")

    def press(self, key):
        self.page.keyboard.press(key)

    def feedback(self, text):
        expect(self.page.locator(".o_scan_feedback")).to_contain_text(text)

    def prompt(self, text):
        expect(self.page.locator(".o_scan_next")).to_contain_text(text)

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=SHOTS / f"scan_{name}.png")


@pytest.fixture
def handheld(server, browser):
    clients = []

    def open_client(size):
        clients.append(ScanClient(browser, server[0], size=size))
        return clients[-1]

    yield open_client
    for client in clients:
        client.no_dialog_error()
        client.close()
    problems = [text for client in clients for text in client.problems]
    assert not problems, "\n".join(problems)


def make_batch(client, prefix, orders):
    """Products with barcodes in the bays of East Coast, and a confirmed batch of orders.

    :param orders: for each order a list of (rank of product, quantity)
    :return: dict with what the test scans
    """
    call = client.call
    (warehouse,) = call(
        "stock.warehouse",
        "search_read",
        [["code", "=", "EAST"]],
        ["lot_stock_id", "out_type_id", "company_id"],
    )
    stock, kind = warehouse["lot_stock_id"][0], warehouse["out_type_id"][0]
    call("stock.picking.type", "write", [kind], {"pick_to_tote": True})
    places = []
    for name in ("A-03", "B-07", "D-05", "F-10"):
        place = call("stock.location", "search", [["name", "=", name], ["location_id", "=", stock]])
        places += place
        call("stock.location", "write", place, {"barcode": f"EAST-{name}"})
    products = call(
        "product.product",
        "create",
        [
            {
                "name": f"{prefix} {name}",
                "is_storable": True,
                "barcode": f"{prefix}-{rank}",
                "weight": weight,
                "pack_length": 200,
                "pack_width": 100,
                "pack_height": 50,
                "list_price": 20,
            }
            for rank, (name, weight) in enumerate(
                [("Water Bottle", 0.4), ("Head Torch", 0.2), ("Camp Stove", 1.1), ("Rope", 2.5)]
            )
        ],
    )
    for product, place in zip(products, places, strict=True):
        quant = call(
            "stock.quant",
            "create",
            {"product_id": product, "location_id": place, "inventory_quantity": 50},
            context={"inventory_mode": True},
        )
        call("stock.quant", "action_apply_inventory", [quant])
    (tote_type,) = call(
        "stock.package.type", "create", [{"name": f"{prefix} Tote", "package_use": "reusable"}]
    )
    call(
        "stock.package",
        "create",
        [{"name": f"{prefix}-T{n}", "package_type_id": tote_type} for n in range(1, 6)],
    )
    partner = call(
        "res.partner",
        "create",
        {
            "name": f"{prefix} Outdoor Shop",
            "street": "5 Elm Street",
            "city": "San Francisco",
            "zip": "94105",
            "state_id": call(
                "res.country.state", "search", [["code", "=", "CA"], ["country_id.code", "=", "US"]]
            )[0],
            "country_id": call("res.country", "search", [["code", "=", "US"]])[0],
        },
    )
    pickings = []
    for lines in orders:
        order = call(
            "sale.order",
            "create",
            {
                "partner_id": partner,
                "warehouse_id": warehouse["id"],
                "order_line": [
                    [0, 0, {"product_id": products[rank], "product_uom_qty": quantity}]
                    for rank, quantity in lines
                ],
            },
        )
        call("sale.order", "action_confirm", [order])
        picking = call(
            "stock.picking", "search", [["sale_id", "=", order], ["picking_type_id", "=", kind]]
        )
        assert len(picking) == 1
        call("stock.picking", "action_assign", picking)
        pickings += picking
    batch = call(
        "stock.picking.batch",
        "create",
        {
            "picking_type_id": kind,
            "company_id": warehouse["company_id"][0],
            "picking_ids": [[6, 0, pickings]],
        },
    )
    call("stock.picking.batch", "action_confirm", [batch])
    (name,) = call("stock.picking.batch", "read", [batch], ["name"])
    return {
        "batch": batch,
        "name": name["name"],
        "pickings": pickings,
        "products": products,
        "places": places,
    }


def pick_all(client, prefix, work, shot):
    """Pick every line, with mistakes on the way and the connection gone for half of it."""
    page = client.page
    client.prompt("A-03")
    shot("pick_place")
    client.scan("EAST-B-07")
    client.feedback("Wrong place")
    shot("pick_wrong_place")
    client.scan("EAST-A-03")
    client.prompt("Water Bottle")
    shot("pick_item")
    client.scan(f"{prefix}-3")
    client.feedback("Wrong item")
    shot("pick_wrong_item")
    client.press("q")
    page.locator("input[name=quantity]").fill("99")
    page.locator("input[name=quantity]").press("Enter")
    client.feedback("Too many")
    client.scan(f"{prefix}-0")
    client.prompt("empty tote")
    client.scan("NO-TOTE")
    client.feedback("no empty tote")
    client.scan(f"{prefix}-T1")


def test_pick_and_pack(handheld):
    """Three orders from the shelf to the truck, with mistakes and a lost connection."""
    client = handheld(PHONE)
    page = client.page
    work = make_batch(client, "ALP", [[(0, 2), (1, 1)], [(0, 1), (2, 1)], [(3, 1)]])

    client.page.goto(f"{client.address}/odoo/scan")
    page.locator(".o_scan_work", has_text=work["name"]).wait_for()
    client.shot("phone_start")
    client.scan("NOTHING-THERE")
    client.feedback("No open batch")
    client.scan(work["name"])
    pick_all(client, "ALP", work, lambda name: client.shot(f"phone_{name}"))

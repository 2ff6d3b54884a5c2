"""A hand-held for the browser tests, and a batch of goods with barcodes for it to pick."""

import base64
import io

import suite
import web_client
from PIL import Image, ImageDraw
from playwright.sync_api import expect

PLACES = ("A-03", "B-07", "D-05", "F-10")
ITEMS = ("Water Bottle", "Head Torch", "Camp Stove", "Rope")
WEIGHTS = (0.4, 0.2, 1.1, 2.5)
SHOTS = suite.LOCAL / "reports"


class Handheld(web_client.WebClient):
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
        """A shortcut: a key by itself, which no scanner types."""
        self.page.wait_for_timeout(250)
        self.page.keyboard.press(key)

    def all_sent(self):
        expect(self.page.locator(".o_scan")).to_have_attribute("data-online", "yes")
        expect(self.page.locator(".o_scan")).to_have_attribute("data-waiting", "0")

    def feedback(self, text):
        expect(self.page.locator(".o_scan_feedback")).to_contain_text(text)

    def prompt(self, text):
        expect(self.page.locator(".o_scan_next")).to_contain_text(text)

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=SHOTS / f"scan_{name}.png")


def picture():
    """A bottle, roughly."""
    image = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((88, 70, 168, 240), 18, fill="#2a6f97")
    draw.rectangle((110, 30, 146, 70), fill="#013a63")
    data = io.BytesIO()
    image.save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def make_batch(client, prefix, orders):
    """A confirmed batch in East Coast of one delivery for each order, picked into totes.

    :param orders: for each order a list of (rank of product, quantity)
    :return: dict with what the test scans
    """
    call = client.call
    [warehouse] = call(
        "stock.warehouse",
        "search_read",
        [["code", "=", "EAST"]],
        ["lot_stock_id", "out_type_id", "company_id"],
    )
    kind = warehouse["out_type_id"][0]
    call("stock.picking.type", "write", [kind], {"pick_to_tote": True})
    places, products = make_stock(call, prefix, warehouse["lot_stock_id"][0])
    make_totes(call, prefix)
    partner = make_customer(call, prefix)
    pickings = []
    for lines in orders:
        lines = [(products[rank], quantity) for rank, quantity in lines]
        pickings += make_delivery(call, partner, warehouse["id"], kind, lines)
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
    [name] = call("stock.picking.batch", "read", [batch], ["name"])
    return {
        "batch": batch,
        "name": name["name"],
        "pickings": pickings,
        "products": products,
        "places": places,
    }


def make_stock(call, prefix, stock):
    """Fifty of each item, in a bay of its own: ids of bays and products."""
    places = []
    for name in PLACES:
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
                "image_1920": picture() if not rank else False,
                "weight": weight,
                "pack_length": 200,
                "pack_width": 100,
                "pack_height": 50,
                "list_price": 20,
            }
            for rank, (name, weight) in enumerate(zip(ITEMS, WEIGHTS, strict=True))
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
    return places, products


def make_totes(call, prefix, count=5):
    [kind] = call(
        "stock.package.type", "create", [{"name": f"{prefix} Tote", "package_use": "reusable"}]
    )
    totes = [
        {"name": f"{prefix}-T{number}", "package_type_id": kind} for number in range(1, count + 1)
    ]
    call("stock.package", "create", totes)


def make_customer(call, prefix):
    california = [["code", "=", "CA"], ["country_id.code", "=", "US"]]
    return call(
        "res.partner",
        "create",
        {
            "name": f"{prefix} Outdoor Shop",
            "street": "5 Elm Street",
            "city": "San Francisco",
            "zip": "94105",
            "state_id": call("res.country.state", "search", california)[0],
            "country_id": call("res.country", "search", [["code", "=", "US"]])[0],
        },
    )


def make_delivery(call, partner, warehouse, kind, lines):
    """Ids (one) of the reserved delivery of a confirmed order."""
    order = call(
        "sale.order",
        "create",
        {
            "partner_id": partner,
            "warehouse_id": warehouse,
            "order_line": [
                [0, 0, {"product_id": product, "product_uom_qty": quantity}]
                for product, quantity in lines
            ],
        },
    )
    call("sale.order", "action_confirm", [order])
    picking = call(
        "stock.picking", "search", [["sale_id", "=", order], ["picking_type_id", "=", kind]]
    )
    assert len(picking) == 1
    call("stock.picking", "action_assign", picking)
    return picking


def make_picker(client, prefix):
    """A user who is a picker and packer and nothing else; the login is the password, too."""
    (group,) = client.call(
        "ir.model.data",
        "search_read",
        [["module", "=", "order_shipping"], ["name", "=", "group_shipping_user"]],
        ["res_id"],
    )
    login = f"picker.{prefix.lower()}"
    client.call(
        "res.users",
        "create",
        {
            "name": f"Pat {prefix}",
            "login": login,
            "password": login,
            "odoobot_state": "disabled",
            "group_ids": [[6, 0, [group["res_id"]]]],
        },
    )
    return login

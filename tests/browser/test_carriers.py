"""Carriers, clicked through with the demo's rate tables: from comparing to the carrier's bill."""

import pypdfium2
import pytest
import suite
from playwright.sync_api import expect

RPC = """async ([model, method, args, kwargs]) => {
    const answer = await fetch(`/web/dataset/call_kw/${model}/${method}`, {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({jsonrpc: "2.0", params: {model, method, args, kwargs}}),
    });
    const data = await answer.json();
    if (data.error) { throw new Error(JSON.stringify(data.error.data)); }
    return data.result;
}"""


@pytest.fixture
def rpc(client):
    """Call a method of Odoo as the window's user, to set the scene."""
    client.action("order_shipping.shipping_label_action")

    def call(model, method, *args, **kwargs):
        return client.page.evaluate(RPC, [model, method, list(args), kwargs])

    return call


def ref(rpc, name):
    module, name = name.split(".")
    rows = rpc(
        "ir.model.data",
        "search_read",
        [["module", "=", module], ["name", "=", name]],
        ["res_id"],
    )
    return rows[0]["res_id"]


def make_order(rpc):
    customer = rpc(
        "res.partner",
        "create",
        {
            "name": "Rita Rates",
            "street": "5 Elm Street",
            "city": "San Francisco",
            "zip": "94105",
            "state_id": ref(rpc, "base.state_us_5"),
            "country_id": ref(rpc, "base.us"),
        },
    )
    product = rpc(
        "product.product",
        "create",
        {"name": "Rated Thing", "is_storable": True, "weight": 1.2, "list_price": 40},
    )
    [warehouse] = rpc("stock.warehouse", "read", [ref(rpc, "stock.warehouse0")], ["lot_stock_id"])
    quant = rpc(
        "stock.quant",
        "create",
        {
            "product_id": product,
            "location_id": warehouse["lot_stock_id"][0],
            "inventory_quantity": 5,
        },
        context={"inventory_mode": True},
    )
    rpc("stock.quant", "action_apply_inventory", [quant])
    line = [0, 0, {"product_id": product, "product_uom_qty": 1}]
    return rpc("sale.order", "create", {"partner_id": customer, "order_line": [line]})


def shoot(client, name):
    folder = suite.LOCAL / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    client.page.screenshot(path=folder / f"carriers_{name}.png")


def test_compare_buy_void_reprint_track_and_audit(client, rpc):
    page = client.page
    order = make_order(rpc)
    client.record("sale.order", order)
    client.button("Compare Rates")
    dialog = page.locator(".modal-content")
    expect(dialog.locator(".o_data_row", has_text="Ground (rate table)")).to_contain_text(
        "Cheapest"
    )
    expect(dialog.locator(".o_data_row", has_text="Express (rate table)")).to_contain_text("more")
    shoot(client, "compare")
    dialog.locator(".o_data_row", has_text="Express (rate table)").get_by_role(
        "button", name="Take"
    ).click()
    expect(page.locator(".modal-content")).to_have_count(0)
    expect(page.locator(".o_form_view [name=order_line]")).to_contain_text("Express Shipping")

    rpc("sale.order", "action_confirm", [order])
    [values] = rpc("sale.order", "read", [order], ["picking_ids"])
    picking = values["picking_ids"][0]
    rpc("stock.picking", "action_assign", [picking])
    client.record("stock.picking", picking)
    client.button("Get Rates")
    page.get_by_role("button", name="Buy Label").first.wait_for()
    client.button("Buy Label")
    page.get_by_role("button", name="Void Label").first.wait_for()
    # On the label's own page: beside a chatter the client would be busy drawing its preview.
    [first] = rpc("shipping.label", "search", [["picking_id", "=", picking]])
    client.record("shipping.label", first)
    client.button("Void")
    client.button("Ok")
    expect(page.locator(".o_form_view [name=date_voided]").first).to_be_visible()
    client.record("stock.picking", picking)
    client.button("Buy Label")
    page.get_by_role("button", name="Print Label").first.wait_for()
    shoot(client, "delivery")

    labels = rpc(
        "shipping.label",
        "search_read",
        [["picking_id", "=", picking]],
        ["state", "tracking_number"],
    )
    assert sorted(label["state"] for label in labels) == ["bought", "voided"]
    label = next(label for label in labels if label["state"] == "bought")
    printed = page.request.get(f"{client.address}/order_shipping/labels?ids={label['id']}")
    assert printed.ok and printed.body().startswith(b"%PDF")

    rpc("stock.picking", "action_picked", [picking])
    rpc("stock.picking", "button_validate", [picking], context={"skip_backorder": True})
    client.record("shipping.label", label["id"])
    client.button("Delivered")
    expect(page.locator(".o_form_view [name=track_status]").first).to_contain_text("Delivered")
    page.get_by_role("tab", name="Tracking").click()
    expect(page.locator("[name=track_event_ids]")).to_contain_text("Entered by")
    shoot(client, "tracked")

    audit(client, rpc, labels)


def audit(client, rpc, labels):
    """A bill of three lines: one as bought, one of a void label, one nobody knows."""
    page = client.page
    bought = next(label for label in labels if label["state"] == "bought")
    voided = next(label for label in labels if label["state"] == "voided")
    [cost] = rpc("shipping.label", "read", [bought["id"]], ["cost", "carrier_id"])
    bill = (
        "Tracking Number,Net Amount,Billed Weight\n"
        f"{bought['tracking_number']},{cost['cost']:.2f},1.2\n"
        f"{voided['tracking_number']},{cost['cost']:.2f},1.2\n"
        "340400000000000000,9.99,1\n"
    )
    client.action("order_shipping.shipping_invoice_action")
    client.button("New")
    page.get_by_label("Number").first.fill("BILL-1")
    page.locator("[name=carrier_id] input").fill(cost["carrier_id"][1][:7])
    page.locator(".o-autocomplete--dropdown-item", has_text=cost["carrier_id"][1]).first.click()
    page.locator("[name=file] input[type=file]").set_input_files(
        {"name": "bill.csv", "mimeType": "text/csv", "buffer": bill.encode()}
    )
    client.button("Audit")
    lines = page.locator("[name=line_ids]")
    expect(lines).to_contain_text("Unknown Parcel")
    expect(lines).to_contain_text("Label Was Void")
    expect(lines).to_contain_text("As Bought")
    expect(page.locator("[name=claim_count]")).to_contain_text("2")
    shoot(client, "audit")


def test_a_return_label_is_bought_printed_and_mailed(client, rpc):
    page = client.page
    order = make_order(rpc)
    rpc("sale.order", "action_confirm", [order])
    [values] = rpc("sale.order", "read", [order], ["picking_ids"])
    picking = values["picking_ids"][0]
    rpc("stock.picking", "action_assign", [picking])
    rpc("stock.picking", "action_rate", [picking])
    rpc("stock.picking", "action_buy_label", [picking])
    rpc("stock.picking", "action_picked", [picking])
    rpc("stock.picking", "button_validate", [picking], context={"skip_backorder": True})
    client.record("stock.picking", picking)
    client.button("Buy Return Label")
    page.get_by_role("button", name="Print Return Label").first.wait_for()
    expect(page.get_by_role("button", name="Buy Return Label")).to_have_count(0)
    [label] = rpc(
        "shipping.label", "search", [["picking_id", "=", picking], ["is_return", "=", True]]
    )
    printed = page.request.get(f"{client.address}/order_shipping/labels?ids={label}")
    assert printed.ok and printed.body().startswith(b"%PDF")
    client.button("Send Return Label")
    dialog = page.locator(".modal-content")
    expect(dialog.locator("[name=subject] input")).to_have_value("Return label for " + name(rpc))
    expect(dialog).to_contain_text("Return label")
    expect(dialog).to_contain_text(".pdf")
    shoot(client, "return_mail")


def name(rpc):
    """Of the newest order."""
    [order] = rpc("sale.order", "search_read", [], ["name"], limit=1, order="id desc")
    return order["name"]


def test_a_parcel_abroad_is_printed_with_its_commercial_invoice(client, rpc):
    order = make_order(rpc)
    [values] = rpc("sale.order", "read", [order], ["partner_id"])
    address = {"country_id": ref(rpc, "base.fr"), "state_id": False, "zip": "75002"}
    rpc("res.partner", "write", [values["partner_id"][0]], address)
    rpc("sale.order", "action_confirm", [order])
    [values] = rpc("sale.order", "read", [order], ["picking_ids"])
    [picking] = values["picking_ids"]
    [ground] = rpc("delivery.carrier", "search", [["name", "like", "Ground"]], limit=1)
    band = {"carrier_id": ground, "price": 31, "country_ids": [[6, 0, [address["country_id"]]]]}
    rpc("shipping.rate.table.line", "create", band)
    rpc("stock.picking", "action_assign", [picking])
    rpc("stock.picking", "write", [picking], {"carrier_id": ground})
    rpc("stock.picking", "action_buy_label", [picking])
    [label] = rpc("shipping.label", "search", [["picking_id", "=", picking]])
    printed = client.page.request.get(
        f"{client.address}/order_shipping/labels?ids={label}", timeout=120_000
    )
    assert printed.ok
    pages = pypdfium2.PdfDocument(printed.body())
    assert len(pages) == 4  # the label and three copies
    # Debian's wkhtmltopdf draws letters as curves, so the paper is looked at, not read.
    paper = pages[1].render(scale=1).to_pil()
    paper.save(suite.LOCAL / "reports" / "commercial_invoice.png")
    assert sum(paper.convert("L").histogram()[:100]) > 1000

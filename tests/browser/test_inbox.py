"""Documents that can't become an order, as a clerk meets them, and what becomes of them."""

import json
import re

import suite
from playwright.sync_api import expect

FILES = suite.ROOT / "addons" / "order_processing" / "demo" / "files"


def order(number, **changes):
    """The documented order as another one of the same shop, of another customer."""
    document = json.loads((FILES / "shopify_order_1001.json").read_text())
    document = document.get("order", document)
    # Of the same customer it would be held as a suspected duplicate.
    email = f"customer{number}@example.com"
    document["customer"] = {**document["customer"], "email": email, "id": number}
    document.update(id=number, name=f"#{number}", order_number=number, email=email, **changes)
    return document


def upload(client, *documents):
    """Upload documents (bytes or JSON values) for the demo shop, as files."""
    page = client.page
    client.action("order_processing.order_intake_action")
    client.button("Upload Documents")
    dialog = page.locator(".modal-content")
    dialog.locator("[name=channel_id] input").fill("Shopify Web")
    page.locator(".o-autocomplete--dropdown-item", has_text="Shopify Web Shop").first.click()
    files = [
        {
            "name": f"document_{position}.json",
            "mimeType": "application/json",
            "buffer": each if isinstance(each, bytes) else json.dumps(each).encode(),
        }
        for position, each in enumerate(documents)
    ]
    dialog.locator("input[type=file]").set_input_files(files)
    expect(dialog.locator(".o_attachment")).to_have_count(len(files))
    client.button("Take In")
    page.locator(".o_notification", has_text="Documents taken in").wait_for()
    page.locator(".modal-content").wait_for(state="detached")
    # one document opens by itself, several as a list
    page.locator(".o_form_view, .o_list_view .o_data_row").first.wait_for()
    client.settle()


def open_intake(client, number):
    client.action("order_processing.order_intake_action")
    client.row(number).locator("td.o_data_cell", has_text=number).first.click()
    client.page.locator(".o_form_view").wait_for()


def test_reasons_are_shown_and_bad_files_stop_nothing(client):
    """Five files at once, four bad each in its way: three reasons, one order held, one released."""
    upload(
        client,
        order(5001),
        order(5002, total_price="409.94"),
        order(5003, currency="XQX"),
        b'{"id": 5004, "name": "#5004", "line_items": [',
        order(5005, cancelled_at="2026-11-20T10:00:00Z"),
    )
    client.action("order_processing.order_intake_action")
    rows = client.page.locator(".o_data_row")
    expect(rows.filter(has_text="Needs Attention")).to_have_count(3)
    expect(rows.filter(has_text="#5001")).to_contain_text("Accepted")
    expect(rows.filter(has_text="#5002")).to_contain_text("Accepted")
    expect(rows.filter(has_text="#5003")).to_contain_text("XQX")
    open_intake(client, "#5002")
    form = client.page.locator(".o_form_view")
    expect(form.locator(".alert", has_text="409.94")).to_contain_text("598.94")
    # the document is kept as it came
    expect(form).to_contain_text("IPOD2008GREEN")
    # the order has the channel's prices, and nobody confirms it before somebody decided
    client.button("Open Order")
    expect(form.locator(".alert", has_text="409.94")).to_contain_text("189.00")
    expect(form.locator("[name=state] [aria-checked=true]")).to_contain_text("Quotation")


def test_fixed_and_tried_again(client):
    """An unknown SKU waits; once the product exists, the kept document becomes the order."""
    page = client.page
    document = order(5101)
    document["line_items"][0]["sku"] = "IPOD2008BLUE"
    upload(client, document)
    open_intake(client, "#5101")
    expect(page.locator(".o_form_view .alert").first).to_contain_text("IPOD2008BLUE")

    page.goto(f"{client.address}/odoo/action-stock.stock_product_normal_action/new")
    page.locator("[name=name] textarea, [name=name] input").first.fill("IPod Nano 8 GB, blue")
    page.locator("[name=default_code] input").fill("IPOD2008BLUE")
    page.locator(".o_form_button_save").click()
    # Left while it is being saved, the form would be saved once more.
    expect(page).not_to_have_url(re.compile("/new$"))

    open_intake(client, "#5101")
    client.button("Try Again")
    expect(page.locator("button", has_text="Open Order").first).to_be_visible()
    expect(page.locator(".o_form_view .alert", has_text="IPOD2008BLUE")).to_have_count(0)


def test_same_document_twice_makes_one_order(client):
    document = order(5201)
    upload(client, document)
    upload(client, document)
    client.action("order_processing.order_intake_action")
    expect(client.page.locator(".o_data_row", has_text="#5201")).to_have_count(1)
    client.action("order_processing.sale_order_action")
    search = client.page.locator(".o_searchview_input")
    search.fill("#5201")
    search.press("Enter")
    client.settle()
    expect(client.page.locator(".o_data_row", has_text="#5201")).to_have_count(1)

"""The main job, clicked through: a shop's document taken in, shipped, billed, paid, reported."""

import suite
from playwright.sync_api import expect

FILES = suite.ROOT / "addons" / "order_processing" / "demo" / "files"


def journey(client, shot=lambda name: None):
    """Take documented order #1001 from its document to the KPI screen, one screen after another.

    :param shot: called with the name of each screen worth a picture
    :return: name of the sales order
    """
    name = upload(client, shot)
    order_page(client, name, shot)
    deliveries(client, name, shot)
    invoices(client, name)
    bank_file(client, shot)
    closed(client, name, shot)
    reports(client, name, shot)
    return name


def upload(client, shot):
    page = client.page
    client.action("order_processing.order_intake_action")
    client.button("Upload Documents")
    dialog = page.locator(".modal-content")
    dialog.locator("[name=channel_id] input").fill("Shopify Web")
    page.locator(".o-autocomplete--dropdown-item", has_text="Shopify Web Shop").first.click()
    dialog.locator("input[type=file]").set_input_files(FILES / "shopify_order_1001.json")
    expect(dialog.locator(".o_attachment")).to_have_count(1)
    client.button("Take In")
    page.locator(".o_data_row, .o_form_view", has_text="#1001").first.wait_for()
    if page.locator(".o_list_view").count():
        client.row("#1001").locator("td", has_text="#1001").first.click()
    page.locator(".o_form_view").wait_for()
    expect(page.locator(".o_form_view")).to_contain_text("#1001")
    shot("intake")
    client.button("Open Order")
    page.locator(".o_form_view [name=order_line]").wait_for()
    return page.locator(".o_form_view h1 [name=name], .o_form_view [name=name]").first.inner_text()


def order_page(client, name, shot):
    page = client.page
    form = page.locator(".o_form_view")
    expect(form).to_contain_text("598.94")
    expect(form).to_contain_text("Bob Norman")
    page.get_by_role("tab", name="Allocations").click()
    expect(form).to_contain_text("East Coast")
    expect(form).to_contain_text("West Coast")
    shot("allocations")
    page.get_by_role("tab", name="Timeline").click()
    expect(form).to_contain_text("Released to the warehouse")
    shot("timeline")


def deliveries(client, name, shot):
    """Batch, plan, rate, label, pick and ship the deliveries of both warehouses."""
    page = client.page
    for warehouse in ("EAST", "WEST"):
        client.action("order_shipping.stock_picking_action_to_ship")
        search(client, name)
        client.row(f"{warehouse}/OUT").locator(".o_list_record_selector input").check()
        client.button("Add to Batch")
        dialog = page.locator(".modal-content")
        dialog.get_by_label("a new batch transfer").check()
        client.button("Confirm")
        client.action("stock_picking_batch.stock_picking_batch_action")
        client.row("BATCH/").first.wait_for()
        page.locator(".o_data_row", has_text="BATCH/").first.locator("td.o_data_cell").nth(
            0
        ).click()
        page.locator(".o_form_view [name=route_metres]").first.wait_for()
        if warehouse == "EAST":
            page.get_by_role("tab", name="Pick Route").click()
            expect(page.locator(".o_form_view svg").first).to_be_visible()
            shot("batch")
        client.button("Get Rates")
        client.button("Buy Labels")
        client.button("All Picked")
        if warehouse == "EAST":
            delivery(client, name, warehouse, shot)
        else:
            client.button("Validate")
            expect(
                page.locator(
                    ".o_form_view .o_statusbar_status button[aria-current], "
                    ".o_form_view .o_arrow_button_current"
                ).first
            ).to_contain_text("Done")


def search(client, text):
    box = client.page.locator(".o_searchview_input")
    box.fill(text)
    box.press("Enter")
    client.settle()


def delivery(client, name, warehouse, shot):
    """Look at one delivery's rates and label, then validate it by itself."""
    page = client.page
    client.action("order_shipping.stock_picking_action_to_ship")
    search(client, name)
    client.row(f"{warehouse}/OUT").locator("td.o_data_cell").nth(1).click()
    page.locator(".o_form_view").wait_for()
    expect(page.locator(".o_form_view [name=label_count]")).to_contain_text("1")
    shot("delivery")
    page.locator("button[name=action_view_rates]").click()
    expect(page.locator(".o_data_row", has_text="Ground").first).to_be_visible()
    shot("rates")
    page.go_back()
    page.locator(".o_form_view [name=label_count]").wait_for()
    client.button("Validate")
    expect(page.locator(".o_form_view .o_arrow_button_current").first).to_contain_text("Done")


def invoices(client, name):
    """Nobody pressed a button: both shipments are invoiced and posted by the job."""
    page = client.page
    for _attempt in range(30):
        open_order(client, name)
        button = page.locator("button[name=action_view_invoice]")
        if button.count() and "2" in button.inner_text():
            break
        page.wait_for_timeout(1000)
    expect(page.locator("button[name=action_view_invoice]")).to_contain_text("2")


def open_order(client, name):
    client.action("order_processing.sale_order_action")
    if client.page.locator(".o_facet_remove").count():
        client.page.locator(".o_facet_remove").first.click()
        client.settle()
    search(client, name)
    client.row(name).locator("td.o_data_cell", has_text=name).first.click()
    client.page.locator(".o_form_view [name=order_line]").first.wait_for()


def bank_file(client, shot):
    page = client.page
    client.action("order_processing.account_statement_import_action")
    dialog = page.locator(".modal-content, .o_form_view").last
    dialog.locator("input[type=file]").first.set_input_files(FILES / "bank_2026.ofx")
    client.settle()
    client.button("Import and View")
    row = page.locator(".o_data_row", has_text="1001").first
    row.wait_for()
    for _attempt in range(20):
        if "Matched" in row.inner_text():
            break
        page.wait_for_timeout(1000)
        page.reload()
        row.wait_for()
    expect(row).to_contain_text("Matched")
    shot("bank_lines")


def closed(client, name, shot):
    open_order(client, name)
    page = client.page
    expect(page.locator(".o_form_view")).to_contain_text("Closed")
    page.get_by_role("tab", name="Timeline").click()
    for step in ("Received", "Routed", "Batched", "Labelled", "Shipped", "Invoiced", "Paid"):
        expect(page.locator(".o_form_view")).to_contain_text(step)
    shot("order")


def reports(client, name, shot):
    """The order's fact, refreshed by hand (a job does it every few minutes), and the KPIs."""
    page = client.page
    client.action("order_reporting.order_fact_action")
    page.locator(".o_switch_view.o_list").first.click()
    client.button("Refresh Now")
    search(client, name)
    expect(client.row(name)).to_contain_text("Closed")
    client.action("order_reporting.order_kpi_action")
    expect(page.locator(".o_kanban_record", has_text="On-Time Shipping").first).to_be_visible()
    shot("kpis")
    client.action("order_reporting.spreadsheet_dashboard_order_flow_action")
    page.locator(".o-spreadsheet canvas, .o-grid canvas").first.wait_for(timeout=60_000)
    page.wait_for_timeout(4000)
    shot("dashboard")


def test_order_journey(client, request):
    def shot(name):
        client.page.wait_for_timeout(500)
        client.page.screenshot(path=suite.LOCAL / "reports" / f"journey_{name}.png")

    journey(client, shot)

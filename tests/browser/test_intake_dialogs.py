"""What a clerk does in the inbox's dialogs, and an administrator on a channel."""

from playwright.sync_api import expect
from test_inbox import open_intake, order, upload

CSV = """Bestellung;Kunde;Strasse;Ort;PLZ;Land;Artikel;Menge;Preis;Summe;Währung
T-1;Tabelle AG;1 Main Street;Louisville;40202;US;IPOD2008GREEN;2;10.00;20.00;USD
T-2;Tabelle AG;1 Main Street;Louisville;40202;US;IPOD2008RED;1;199.00;199.00;USD
"""


def unknown(number, sku="THEIR-NUMBER"):
    document = order(number)
    document["line_items"][0]["sku"] = sku
    return document


def choose(scope, page, name, text):
    """Choose a record in a many2one field."""
    scope.locator(f"[name={name}] input").fill(text)
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()


def test_alias_fixes_every_document_that_waits_for_it(client, shot):
    page = client.page
    upload(client, unknown(6001), unknown(6002), unknown(6003), unknown(6004, "SOMETHING-ELSE"))
    open_intake(client, "#6001")
    expect(page.locator(".o_form_view .alert").first).to_contain_text("THEIR-NUMBER")
    shot("intake_broken")
    client.button("Set Alias")
    dialog = page.locator(".modal-content")
    row = dialog.locator(".o_data_row", has_text="THEIR-NUMBER")
    row.locator("[name=product_id]").click()
    choose(row, page, "product_id", "IPOD2008GREEN")
    shot("alias_dialog")
    client.button("Set and Try Again")
    dialog.wait_for(state="detached")
    client.action("order_processing.order_intake_action")
    rows = page.locator(".o_data_row")
    for number in ("#6001", "#6002", "#6003"):
        expect(rows.filter(has_text=number)).to_contain_text("Accepted")
    expect(rows.filter(has_text="#6004")).to_contain_text("Needs Attention")


def test_inbox_by_state_and_what_was_understood(client, shot):
    page = client.page
    upload(client, order(6101), order(6102, total_price="409.94"))
    client.action("order_processing.order_intake_action")
    page.locator(".o_switch_view.o_kanban").click()
    page.locator(".o_kanban_group", has_text="Accepted").first.wait_for()
    expect(page.locator(".o_kanban_record", has_text="#6102").first).to_contain_text("598.94")
    shot("inbox_kanban")
    page.locator(".o_kanban_record", has_text="#6102").first.click()
    form = page.locator(".o_form_view")
    understood = form.locator("[name=understood_table]")
    expect(understood).to_contain_text("IPOD2008GREEN")
    expect(understood).to_contain_text("409.94 USD")
    expect(form.locator("[name=finding_table]")).to_contain_text("Held")
    shot("intake_understood")


def test_columns_are_mapped_with_a_preview_and_imported(client, shot):
    page = client.page
    client.action("order_processing.order_channel_action")
    client.button("New")
    form = page.locator(".o_form_view")
    form.locator("[name=name] input").fill("Table by Mail")
    form.locator("[name=code] input").fill("table-by-mail")
    kind = form.locator("[name=kind] input")
    kind.click()
    page.locator(
        ".o_select_menu_item, .o-dropdown-item", has_text="Table with column"
    ).first.click()
    page.locator(".o_form_button_save").click()
    client.settle()
    expect(form.locator("[name=setup_guide]")).to_contain_text("Map the columns")
    shot("channel_guide")
    client.button("Map Columns")
    dialog = page.locator(".modal-content")
    file = {"name": "orders.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    dialog.locator("input[type=file]").set_input_files([file])
    expect(dialog.locator("[name=line_ids] .o_data_row").first).to_be_visible()
    shot("mapping_columns")
    dialog.get_by_role("tab", name="Preview").click()
    expect(dialog.locator("div[name=preview]")).to_contain_text("IPOD2008RED")
    shot("mapping_preview")
    client.button("Save and Import")
    dialog.wait_for(state="detached")
    rows = page.locator(".o_list_view .o_data_row")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Accepted")).to_have_count(2)


def test_many_documents_show_how_far_they_are(client, shot):
    page = client.page
    documents = [order(number) for number in range(6300, 6325)]
    documents[7] = unknown(6307, "NOBODY-KNOWS")
    upload(client, {"orders": documents})
    form = page.locator(".o_form_view")
    shot("batch_running")
    refresh = page.locator(".breadcrumb, .o_breadcrumb").first
    refresh.wait_for()
    for _attempt in range(60):
        if "24" in form.locator("[name=accepted]").first.inner_text():
            break
        page.wait_for_timeout(1000)
        page.reload()
        form.wait_for()
    expect(form.locator("[name=accepted]").first).to_contain_text("24")
    expect(form.locator("[name=failed]").first).to_contain_text("1")
    shot("batch_done")


def test_channel_is_tried_with_a_test_order(client, shot):
    page = client.page
    client.action("order_processing.order_channel_action")
    page.locator(".o_kanban_record, .o_data_row", has_text="Shopify Web Shop").first.click()
    page.locator(".o_form_view").wait_for()
    client.button("Send a Test Order")
    note = page.locator(".o_notification", has_text="nothing was kept")
    expect(note).to_contain_text("quotation")
    shot("channel_test_order")
    page.get_by_role("tab", name="Fetching").click()
    shot("channel_fetching")

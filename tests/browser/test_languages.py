"""A German customer at a phone, and orders that are taken out and brought in at the screen."""

import io
import zipfile

import pytest
import suite
from customer_page import Customer, Shop, call, one
from playwright.sync_api import expect


@pytest.fixture
def phone(server, browser):
    window = Customer(browser, server[0], locale="de-DE")
    yield window
    window.close()
    assert not window.problems, "\n".join(window.problems)


def look(page, name):
    page.screenshot(path=suite.LOCAL / "reports" / f"{name}.png", full_page=True)


def activate(client, code):
    """Install a language as Settings ▸ Translations ▸ Languages does."""
    (lang,) = call(
        client,
        "res.lang",
        "search",
        [["code", "=", code]],
        context={"active_test": False},
    )
    # In a transaction of its own: a page that reads the languages while the wizard works would
    # have Odoo remember, for all its threads, that there is no such language.
    call(client, "res.lang", "write", [lang], {"active": True})
    wizard = call(client, "base.language.install", "create", {"lang_ids": [[6, 0, [lang]]]})
    # All modules are translated: longer than a page may take.
    answer = client.page.request.post(
        f"{client.address}/web/dataset/call_kw/base.language.install/lang_install",
        data={
            "jsonrpc": "2.0",
            "method": "call",
            "params": {
                "model": "base.language.install",
                "method": "lang_install",
                "args": [[wizard]],
                "kwargs": {},
            },
        },
        timeout=300_000,
    ).json()
    assert "error" not in answer, answer["error"]


def test_a_german_customer_reads_german(client, phone):
    activate(client, "de_DE")
    shop = Shop(client, "greta")
    call(client, "res.partner", "write", [shop.partner], {"lang": "de_DE"})
    company = one(client, "stock.warehouse", shop.warehouse, "company_id")["company_id"][0]
    call(
        client,
        "res.company",
        "write",
        [company],
        {"order_messages": True, "order_quiet_from": 0, "order_quiet_to": 0},
    )
    order = shop.order(3)
    page = phone.page
    phone.login("greta")

    phone.open(f"/my/orders/{order}")
    expect(page.locator("#order_progress")).to_contain_text("Ihre Bestellung ist bestätigt.")
    assert phone.fits()
    look(page, "german_order")
    phone.open(f"/my/orders/{order}/change")
    expect(page.locator("body")).to_contain_text("Straße und Hausnummer")
    assert phone.fits()
    look(page, "german_change")

    shop.deliver(order)
    phone.open(f"/my/orders/{order}/return")
    expect(page.locator("body")).to_contain_text("Was wünschen Sie?")
    assert "What would you like" not in page.content()
    assert phone.fits()
    look(page, "german_return")

    mails = call(
        client,
        "mail.mail",
        "search_read",
        [["email_to", "ilike", "greta@example.com"]],
        ["subject", "body_html"],
    )
    subjects = [mail["subject"] for mail in mails]
    assert any(subject.endswith("ist unterwegs") for subject in subjects), subjects
    assert not [subject for subject in subjects if "order" in subject.lower()]
    shipped = next(mail for mail in mails if mail["subject"].endswith("ist unterwegs"))
    page.set_content(shipped["body_html"])
    expect(page.locator("body")).to_contain_text("Ihre Ware hat unser Lager verlassen.")
    look(page, "german_mail")


def test_orders_are_taken_out_and_brought_in(client):
    shop = Shop(client, "moritz")
    orders = [shop.order(1), shop.order(2)]
    action = call(client, "sale.order", "action_export_orders", orders)
    client.record("order.export", action["res_id"])
    look(client.page, "export_before")
    client.button("Export")
    expect(client.page.locator(".o_arrow_button_current")).to_contain_text("Done", timeout=60_000)
    client.page.get_by_role("tab", name="Downloads").click()
    look(client.page, "export_done")
    with client.page.expect_download() as download:
        client.page.get_by_role("button", name="Download").first.click()
    payload = download.value.path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        assert sum(name.endswith("record.json") for name in archive.namelist()) == 2

    client.action("order_processing.order_import_action")
    client.button("New")
    client.page.set_input_files(
        ".o_field_many2many_binary input[type=file]",
        {"name": "orders.zip", "mimeType": "application/zip", "buffer": payload},
    )
    expect(client.page.locator(".o_field_many2many_binary")).to_contain_text("orders")
    client.button("Import")
    expect(client.page.locator(".o_arrow_button_current")).to_contain_text("Done", timeout=60_000)
    expect(client.page.locator(".o_data_row")).to_have_count(2)
    expect(client.page.locator(".o_data_row").first).to_contain_text("Was Here")
    look(client.page, "import_done")

"""The customer at a phone: tracks, changes, sends back, rates. What staff see is checked after."""

import io
import re
import time

import pytest
from customer_page import Customer, Shop, call, one
from PIL import Image
from playwright.sync_api import expect


@pytest.fixture
def phone(server, browser):
    window = Customer(browser, server[0])
    yield window
    window.close()
    assert not window.problems, "\n".join(window.problems)


@pytest.fixture
def look(phone):
    """Take a picture of the whole page, to look at."""

    def take(name):
        import suite

        phone.page.screenshot(path=suite.LOCAL / "reports" / f"{name}.png", full_page=True)

    return take


def photo():
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "navy").save(out, "JPEG")
    return {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def until(ask, seconds=120):
    """Wait for a job of the server."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = ask()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError("it didn't happen in time")


def test_the_customer_tracks_changes_returns_and_rates(client, phone, look):
    shop = Shop(client, "cora")
    company = [one(client, "stock.warehouse", shop.warehouse, "company_id")["company_id"][0]]
    call(
        client,
        "res.company",
        "write",
        company,
        {
            "order_messages": True,
            "order_quiet_from": 0,
            "order_quiet_to": 0,
            "order_rating_days": 0,
        },
    )
    order = shop.order(3)
    page = phone.page
    phone.login("cora")

    # Tracks.
    phone.open(f"/my/orders/{order}")
    expect(page.locator("#order_progress")).to_contain_text("Your order is confirmed.")
    assert phone.fits()
    assert phone.unlabelled() == []
    assert phone.pale() == []
    look("portal_order")

    # Changes, with the keyboard.
    page.get_by_role("link", name="Change or cancel").focus()
    page.keyboard.press("Enter")
    page.get_by_label(re.compile("Lamp cora")).fill("2")
    assert phone.fits()
    assert phone.unlabelled() == []
    assert phone.pale() == []
    look("portal_change")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("#order_progress")).to_contain_text("3 → 2")
    assert one(client, "sale.order", order, "amount_total")["amount_total"] == 100

    # Sends back what arrived, with a photo.
    shop.deliver(order)
    assert shop.in_stock() == 18
    page.reload()
    expect(page.locator("#order_progress")).to_contain_text("Your goods have left our warehouse.")
    page.get_by_role("link", name="Send back").click()
    page.get_by_label("How many").fill("1")
    page.get_by_label("Why").select_option(label="It arrived damaged")
    page.get_by_label("Photos").set_input_files(photo())
    assert phone.fits()
    assert phone.unlabelled() == []
    assert phone.pale() == []
    look("portal_return")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator("#order_progress")).to_contain_text("We have your return.")
    expect(page.locator("#order_progress [name=return]")).to_contain_text("50.00")
    look("portal_returned")
    (back,) = call(
        client,
        "shipping.return",
        "search_read",
        [["order_id", "=", order]],
        ["state", "photo_ids", "source", "transfer_count"],
    )
    assert (back["state"], back["source"], back["transfer_count"]) == ("approved", "portal", 1)
    assert len(back["photo_ids"]) == 1

    # Rates: by the link of the mail, once the goods were delivered.
    until(lambda: sent(client, order, "shipped"))
    assert not sent(client, order, "rating")
    labels = label_of(client, order)
    call(client, "shipping.label", "action_delivered", labels)
    mail = until(lambda: sent(client, order, "rating"))
    html = one(client, "mail.mail", mail, "body_html")["body_html"]
    link = re.search(r"/rate/[^\"']+/5", html)[0]
    phone.open(link)
    page.locator("textarea").fill("Well packed")
    look("portal_rate")
    page.locator("button[type=submit]").first.click()
    expect(page.locator("body")).to_contain_text(re.compile("thank you", re.I))
    until(lambda: one(client, "sale.order", order, "rating_value")["rating_value"] == 5)
    client.record("sale.order", order)
    expect(client.page.locator("[name=action_view_ratings]")).to_be_visible()


def sent(client, order, kind):
    """The mail of a message that was sent, or nothing."""
    rows = call(
        client,
        "order.message",
        "search_read",
        [["order_id", "=", order], ["kind_id.code", "=", kind], ["state", "=", "sent"]],
        ["mail_id"],
    )
    return rows and rows[0]["mail_id"] and rows[0]["mail_id"][0]


def label_of(client, order):
    """Buy the label of a shipped delivery from a rate table, as an afterthought."""
    deliveries = call(
        client,
        "stock.picking",
        "search",
        [["sale_id", "=", order], ["picking_type_code", "=", "outgoing"]],
    )
    carrier = call(client, "delivery.carrier", "search", [["delivery_type", "=", "rate_table"]])[0]
    call(client, "stock.picking", "write", deliveries, {"carrier_id": carrier})
    call(client, "stock.picking", "action_buy_label", deliveries)
    labels = call(
        client,
        "shipping.label",
        "search",
        [["picking_id", "in", deliveries], ["state", "=", "bought"]],
    )
    assert labels, one(client, "stock.picking", deliveries[0], "shipping_error")
    return labels


def test_the_floor_is_asked_to_stop(client, phone, look):
    shop = Shop(client, "dora")
    order = shop.order(2)
    pickings = one(client, "sale.order", order, "picking_ids")["picking_ids"]
    call(client, "stock.picking", "action_picked", pickings)
    phone.login("dora")
    phone.open(f"/my/orders/{order}/change")
    expect(phone.page.locator("body")).to_contain_text("ask the warehouse to stop")
    phone.page.get_by_role("button", name="Cancel the order").click()
    expect(phone.page.locator("body")).to_contain_text("We have asked the warehouse to stop")
    look("portal_asked")
    (change,) = call(client, "order.change", "search", [["order_id", "=", order]])
    client.action("order_processing.order_change_action")
    client.row("Cancel the order").locator("td.o_data_cell").nth(1).click()
    client.page.locator(".o_form_view").wait_for()
    client.button("Stopped: Do It")
    expect(client.page.locator(".o_arrow_button_current")).to_contain_text("Done")
    assert one(client, "order.change", change, "state")["state"] == "done"
    assert one(client, "sale.order", order, "state")["state"] == "cancel"
    assert shop.in_stock() == 20
    phone.open(f"/my/orders/{order}")
    expect(phone.page.locator("#order_progress")).to_contain_text("The order is cancelled.")

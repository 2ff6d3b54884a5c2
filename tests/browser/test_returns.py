"""Staff receive, inspect, refund and exchange; stock, invoices and payments are checked."""

from customer_page import Shop, call, one
from playwright.sync_api import expect


def current(client):
    return client.page.locator(".o_form_view .o_arrow_button_current").first


def authorise(client, shop, order, shot=lambda name: None, settlement=None):
    """Press Return on the order, enter one piece and a reason, approve: the return's id."""
    client.record("sale.order", order)
    client.button("Return")
    page = client.page
    row = page.locator("[name=line_ids] .o_data_row").first
    row.locator("[name=quantity]").click()
    row.locator("[name=quantity] input").fill("1")
    row.locator("[name=reason_id] input").fill("It arrived")
    page.locator(".o-autocomplete--dropdown-item", has_text="It arrived damaged").first.click()
    if settlement:
        page.locator("[name=settlement] select, [name=settlement] input").first.click()
        page.get_by_text(settlement, exact=True).last.click()
    shot("return_new")
    page.locator(".o_form_button_save").click()
    client.settle()
    client.button("Approve")
    expect(current(client)).to_contain_text("Approved")
    (back,) = call(client, "shipping.return", "search", [["order_id", "=", order]])
    return back


def receive(client, back, shot=lambda name: None):
    """Press Receive and validate the receipt."""
    client.record("shipping.return", back)
    client.button("Receive")
    expect(client.page.locator(".o_form_view [name=shipping_return_id]")).to_be_visible()
    shot("return_receipt")
    client.button("Validate")
    expect(current(client)).to_contain_text("Done")
    client.record("shipping.return", back)
    expect(current(client)).to_contain_text("Received")


def test_receive_inspect_and_refund(client, shot):
    shop = Shop(client, "rita")
    order = shop.order(3)
    invoice = shop.deliver(order, paid=True)
    assert shop.in_stock() == 17
    back = authorise(client, shop, order, shot)

    receive(client, back, shot)
    assert shop.in_stock() == 17
    line = call(
        client,
        "shipping.return.line",
        "search_read",
        [["return_id", "=", back]],
        ["quantity_received"],
    )
    assert line[0]["quantity_received"] == 1

    client.button("All Fine: Restock")
    expect(current(client)).to_contain_text("Inspected")
    shot("return_inspected")
    assert shop.in_stock() == 18

    client.button("Refund")
    expect(current(client)).to_contain_text("Refunded")
    shot("return_refunded")
    (note,) = call(
        client,
        "account.move",
        "search_read",
        [["shipping_return_id", "=", back]],
        ["state", "move_type", "reversed_entry_id", "amount_total", "amount_residual"],
    )
    assert (note["state"], note["move_type"]) == ("posted", "out_refund")
    assert note["reversed_entry_id"][0] == invoice
    assert (note["amount_total"], note["amount_residual"]) == (50, 50)
    lines = call(
        client,
        "sale.order.line",
        "search_read",
        [["order_id", "=", order]],
        ["qty_delivered", "qty_invoiced", "qty_to_invoice"],
    )
    assert [lines[0][name] for name in ("qty_delivered", "qty_invoiced", "qty_to_invoice")] == [
        2,
        2,
        0,
    ]

    # The list by state and the reasons by product.
    client.action("order_shipping.shipping_return_action")
    client.page.locator(".o_kanban_view").wait_for()
    shot("return_kanban")
    client.action("order_shipping.shipping_return_line_action")
    expect(client.page.locator(".o_pivot_view")).to_contain_text("It arrived damaged")
    shot("return_pivot")


def test_exchange(client, shot):
    shop = Shop(client, "xena")
    order = shop.order(2)
    shop.deliver(order, paid=True)
    back = authorise(client, shop, order, settlement="Exchange")
    receive(client, back)
    client.button("All Fine: Restock")
    expect(current(client)).to_contain_text("Inspected")
    client.button("Exchange")
    expect(current(client)).to_contain_text("Exchanged")
    shot("return_exchanged")
    exchange = one(client, "shipping.return", back, "exchange_order_id")["exchange_order_id"][0]
    assert one(client, "sale.order", exchange, "state", "amount_total")["amount_total"] == 50
    assert shop.in_stock() == 19
    invoice = shop.deliver(exchange)
    assert shop.in_stock() == 18
    paid = one(client, "account.move", invoice, "amount_residual", "payment_state")
    assert (paid["amount_residual"], paid["payment_state"]) in ((0, "paid"), (0, "reversed"))

"""Orders to invoice: the run over many orders, what came of it, and the reason of each left out."""

from playwright.sync_api import expect
from test_rules import rpc


def order(client, customer, product, reference, **vals):
    """A confirmed order over one piece: id and number."""
    line = (0, 0, {"product_id": product, "price_unit": 80, "tax_ids": [(5,)]})
    values = {
        "partner_id": customer,
        "client_order_ref": reference,
        "order_line": [line],
        **vals,
    }
    made = rpc(client, "sale.order", "create", values)
    rpc(client, "sale.order", "action_confirm", [made])
    return made, rpc(client, "sale.order", "read", [made], ["name"])[0]["name"]


def test_a_billing_run(client, shot):
    page = client.page
    customers = rpc(
        client,
        "res.partner",
        "create",
        [{"name": name, "is_company": True} for name in ("Billed Ltd", "Unbilled Ltd")],
    )
    product = rpc(
        client,
        "product.product",
        "create",
        {"name": "Billed Service", "type": "service", "invoice_policy": "order", "taxes_id": []},
    )
    good, good_name = order(client, customers[0], product, "RUN-4711")
    bad, bad_name = order(client, customers[1], product, "RUN-4711")
    # Nothing posts to an account that was closed meanwhile: only this order's invoice fails.
    [line] = rpc(client, "sale.order", "read", [bad], ["order_line"])[0]["order_line"]
    broken = rpc(
        client,
        "product.product",
        "create",
        {"name": "Broken Service", "type": "service", "invoice_policy": "order", "taxes_id": []},
    )
    account = rpc(
        client,
        "account.account",
        "create",
        {"name": "Closed income", "code": "499901", "account_type": "income"},
    )
    rpc(client, "product.product", "write", [broken], {"property_account_income_id": account})
    rpc(client, "sale.order.line", "write", [line], {"product_id": broken, "price_unit": 80})
    rpc(client, "account.account", "write", [account], {"active": False})

    client.action("order_processing.sale_order_action_to_invoice")
    rows = page.locator(".o_data_row")
    mine = rows.filter(has_text="Billed Ltd").or_(rows.filter(has_text="Unbilled Ltd"))
    expect(mine).to_have_count(2)
    for number in range(2):
        mine.nth(number).locator(".o_list_record_selector input").check()
    page.get_by_role("button", name="Invoice Now").click()
    told = page.locator(".o_notification")
    expect(told).to_contain_text("1 invoices posted")
    expect(told).to_contain_text(f"Not billed: {bad_name}")
    shot("billing_run")

    # who was billed is gone from the list; the other stays, with the reason
    client.action("order_processing.sale_order_action_to_invoice")
    expect(rows.filter(has_text=bad_name)).to_have_count(1)
    expect(rows.filter(has_text=good_name)).to_have_count(0)
    [values] = rpc(client, "sale.order", "read", [bad], ["invoice_wait", "invoice_status"])
    assert values["invoice_status"] == "to invoice"
    expect(rows.filter(has_text=bad_name)).to_contain_text(values["invoice_wait"][:40])
    shot("billing_left")

    # put right, it is billed from the same list
    rpc(client, "account.account", "write", [account], {"active": True})
    rows.filter(has_text=bad_name).locator(".o_list_record_selector input").check()
    page.get_by_role("button", name="Invoice Now").click()
    expect(page.locator(".o_notification").last).to_contain_text("1 invoices posted")
    moves = rpc(
        client,
        "account.move",
        "search_read",
        [("partner_id", "in", customers)],
        ["state", "amount_total", "partner_id"],
    )
    assert sorted(move["amount_total"] for move in moves) == [80, 80]
    assert {move["state"] for move in moves} == {"posted"}

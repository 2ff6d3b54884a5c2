"""A clerk's order over the credit limit: held, the limit raised, let go and confirmed."""

import suite
import web_client
from playwright.sync_api import expect


def shot(page, name):
    page.screenshot(path=suite.LOCAL / "reports" / f"rules_{name}.png")


def rpc(client, model, method, *args, **kwargs):
    """Call a method as the user of the window."""
    answer = client.page.evaluate(
        """async (params) => (await fetch('/web/dataset/call_kw', {
            method: 'POST', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({jsonrpc: '2.0', method: 'call', params}),
        })).json()""",
        {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
    )
    assert "error" not in answer, answer
    return answer["result"]


def clerk(client, login):
    """A user of the order desk."""
    groups = [
        rpc(client, "ir.model.data", "check_object_reference", module, name)[1]
        for module, name in (("order_processing", "group_order_user"), ("base", "group_user"))
    ]
    return rpc(
        client,
        "res.users",
        "create",
        {"name": login.title(), "login": login, "password": login, "group_ids": [(6, 0, groups)]},
    )


def quotation(client, limit, price):
    """A typed quotation of a new customer with a credit limit."""
    country, state = (
        rpc(client, "ir.model.data", "check_object_reference", "base", name)[1]
        for name in ("us", "state_us_27")
    )
    customer = rpc(
        client,
        "res.partner",
        "create",
        {
            "name": "Deco Addict Limited",
            "is_company": True,
            "street": "1 Main Street",
            "city": "Albany",
            "zip": "12201",
            "country_id": country,
            "state_id": state,
            "credit_limit": limit,
        },
    )
    product = rpc(
        client,
        "product.product",
        "create",
        {"name": "Desk", "type": "service", "taxes_id": [(5,)], "invoice_policy": "order"},
    )
    line = (0, 0, {"product_id": product, "product_uom_qty": 1, "price_unit": price})
    order = rpc(client, "sale.order", "create", {"partner_id": customer, "order_line": [line]})
    return customer, order


def test_over_the_credit_limit(client, browser):
    clerk(client, "clerk")
    customer, order = quotation(client, 1000, 1250)

    desk = web_client.WebClient(browser, client.address, "clerk")
    page = desk.page
    desk.action("order_processing.sale_order_action", order)
    page.locator(".o_order_credit_bar").first.wait_for()
    expect(page.locator(".o_order_credit_bar").first).to_contain_text("250.00 too much")
    page.locator(".o_statusbar_buttons button[name=action_confirm]:visible").first.click()
    page.locator(".o_notification", has_text="over the limit").wait_for()
    # the hold is on the order, not only in a message that goes away
    banner = page.locator(".alert-danger", has_text="over the limit")
    expect(banner.first).to_be_visible()
    shot(page, "held")
    page.reload()
    expect(page.locator(".alert-danger", has_text="over the limit").first).to_be_visible()

    # the administrator raises the limit on the customer, whose bar tells what it is about
    client.record("res.partner", customer)
    client.page.get_by_role("tab", name="Invoicing").click()
    bar = client.page.locator(".o_order_credit_bar")
    expect(bar).to_contain_text("On hold")
    bar.scroll_into_view_if_needed()
    shot(client.page, "customer")
    client.page.locator("[name=credit_limit] input").fill("2000")
    client.page.locator(".o_form_button_save").click()
    expect(bar).to_contain_text("2,000.00")

    desk.action("order_processing.sale_order_action", order)
    page.locator(".o_form_view [name=order_line]").first.wait_for()
    expect(page.locator(".alert-danger", has_text="over the limit")).to_have_count(0)
    page.locator(".o_statusbar_buttons button[name=action_confirm]:visible").first.click()
    expect(page.locator(".o_arrow_button_current").first).to_contain_text("Sales Order")
    shot(page, "confirmed")
    desk.no_dialog_error()
    desk.close()
    assert not desk.problems, desk.problems


def test_a_rule_is_made_and_tried(client):
    """The form asks only for what the kind needs; trying a rule touches nothing."""
    _customer, order = quotation(client, 0, 7777)
    page = client.page
    client.action("order_processing.order_rule_action")
    expect(client.row("Credit limit")).to_be_visible()
    shot(page, "list")
    client.button("New")
    form = page.locator(".o_form_view")
    form.locator("[name=name] input, [name=name] textarea").first.fill("Large orders")
    form.locator("[name=kind] select, [name=kind] input").first.wait_for()
    kind = form.locator("[name=kind] select")
    if kind.count():
        kind.select_option(label="Order value")
    else:
        form.locator("[name=kind] input").click()
        page.locator(".o_select_menu_item, .o-dropdown-item", has_text="Order value").first.click()
    expect(form.locator("[name=amount]")).to_be_visible()
    expect(form.locator("[name=percent]")).to_have_count(0)
    form.locator("[name=amount] input").fill("7000")
    shot(page, "form")
    page.locator(".o_form_button_save").click()
    client.settle()
    client.button("Try It")
    dialog = page.locator(".modal-content")
    dialog.locator(".o_data_row", has_text="7,777.00").first.wait_for()
    shot(page, "trial")
    dialog.get_by_role("button", name="Close").first.click()
    state = rpc(client, "sale.order", "read", [order], ["open_hold_count", "flow_step"])[0]
    assert (state["open_hold_count"], state["flow_step"]) == (0, False)
    # the quotations' list confirms the good and says why the others wait
    client.action("sale.action_quotations_with_onboarding")
    row = client.row("7,777.00")
    row.locator("input[type=checkbox]").first.click()
    client.button("Confirm")
    page.locator(".o_notification", has_text="more than").wait_for()
    shot(page, "bulk")
    rule = rpc(client, "order.rule", "search", [("name", "=", "Large orders")])
    rpc(client, "order.rule", "unlink", rule)

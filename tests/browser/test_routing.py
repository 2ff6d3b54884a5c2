"""Routing seen in the browser: why an order leaves from where it does, and a dry run."""

import suite
from playwright.sync_api import expect
from test_order_journey import open_order, upload


def shot(client, name):
    client.page.wait_for_timeout(500)
    client.page.screenshot(path=suite.LOCAL / "reports" / f"routing_{name}.png", full_page=True)


def test_the_explanation_and_a_dry_run(client):
    page = client.page
    name = upload(client, lambda _name: None)
    open_order(client, name)
    page.get_by_role("tab", name="Allocations").click()
    page.locator("[name=allocation_ids] .o_data_row").first.locator("td").first.click()
    dialog = page.locator(".modal-content, .o_form_view").last
    expect(dialog.locator("svg[role=img]")).to_be_visible()
    expect(dialog).to_contain_text("Would have been chosen")
    expect(dialog).to_contain_text("Rule: Fewest shipments, version 1")
    shot(client, "explanation")

    client.action("order_processing.order_routing_plan_action")
    client.row("Every order").locator("td.o_data_cell").nth(1).click()
    page.locator(".o_form_view [name=rule_ids]").wait_for()
    shot(client, "plan")
    client.button("Dry Run")
    page.locator(".o_form_view [name=source]").wait_for()
    page.get_by_label("Orders of the last 30 days").check()
    client.button("Try")
    expect(page.locator(".o_dryrun")).to_contain_text("Split orders")
    expect(page.locator(".o_dryrun")).to_contain_text("Active (v1)")
    shot(client, "dryrun")
    client.button("Graph")
    expect(page.locator(".o_graph_renderer canvas")).to_be_visible()
    shot(client, "graph")
    client.no_dialog_error()
    assert not client.problems

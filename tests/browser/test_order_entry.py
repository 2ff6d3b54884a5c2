"""A clerk's order: typed, scanned, pasted, repeated, with dates as he types; then Availability."""

import re

import pytest
import suite
from playwright.sync_api import expect

#: The demo's product of the sample orders, and one that isn't in stock anywhere.
SKU = "IPOD2008GREEN"


def shot(client, name):
    client.page.screenshot(path=suite.LOCAL / "reports" / f"order_entry_{name}.png")


def new_order(client, customer="Azure Interior"):
    page = client.page
    client.action("sale.action_quotations_with_onboarding", "new")
    page.locator(".o_field_widget[name=partner_id] input").fill(customer)
    page.locator(".o-autocomplete--dropdown-item", has_text=customer).first.click()
    page.locator(".o_field_widget[name=_barcode_scanned] input").wait_for()
    return page


def scan(client, code):
    """What a keyboard wedge does with the scan field focused."""
    field = client.page.locator(".o_order_scan input")
    field.fill(code)
    field.press("Enter")


def lines(page):
    return page.locator(".o_field_widget[name=order_line] .o_data_row")


def test_scan_paste_repeat(client):
    page = new_order(client)
    # scanned twice: one line of two
    scan(client, SKU)
    expect(lines(page)).to_have_count(1)
    scan(client, SKU)
    expect(lines(page).locator("[name=product_uom_qty]")).to_have_text(re.compile(r"^2\.00"))
    badge = lines(page).locator(".o_order_line_promise")
    expect(badge).to_be_visible()
    # unknown: said in words, no dialog in the way of the next scan
    scan(client, "4711-none")
    expect(page.locator(".o_notification", has_text="4711-none")).to_be_visible()
    expect(page.locator(".modal")).to_have_count(0)
    shot(client, "scan")

    # a scanner shoots while nothing is focused, too
    page.locator(".o_form_sheet").click(position={"x": 5, "y": 5})
    page.keyboard.type("IPOD2008RED", delay=5)
    page.keyboard.press("Enter")
    expect(lines(page)).to_have_count(2)

    # pasted from a spreadsheet: one good row, one slip, one without a quantity
    page.locator("button[name=action_paste_lines]").click()
    dialog = page.locator(".modal-content")
    text = dialog.locator("[name=text] textarea")
    text.fill("SKU\tQty\tPrice\nIPOD2008BLACK\t3\t150.00\nIPOD2008GREN\t2\nIPOD2008RED\tsome")
    client.button("Read")
    expect(dialog.locator(".o_data_row")).to_have_count(3)
    expect(dialog.locator(".alert")).to_contain_text("2")
    shot(client, "paste")
    dialog.locator(".o_data_row").nth(1).locator("[name=action_take_proposal]").click()
    expect(dialog.locator(".alert")).to_contain_text("1")
    shot(client, "paste_proposal")
    client.button("Add to Order")
    page.locator(".o_notification", has_text="Not understood: 1").wait_for()
    page.locator(".modal-content").wait_for(state="detached")
    expect(lines(page)).to_have_count(5)
    expect(lines(page).nth(2)).to_contain_text("150.00")
    expect(lines(page).nth(3)).to_contain_text("IPOD2008GREEN")
    expect(lines(page).nth(4).locator("textarea")).to_have_value(re.compile("No quantity.*some"))
    shot(client, "pasted")

    # what makes the figure, by the badge
    lines(page).first.locator(".o_order_line_promise").click()
    expect(page.locator(".o_availability_parts")).to_contain_text("May be promised now")
    shot(client, "detail")
    page.keyboard.press("Escape")
    page.locator(".modal-content").wait_for(state="detached")

    # by the keyboard: reserve, confirm, and the promise is kept
    client.button("Reserve")
    page.locator(".o_notification", has_text=re.compile("Reserved|Not all")).first.wait_for()
    client.settle()
    client.button("Confirm")
    expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text(
        re.compile("Sales Order")
    )
    client.settle()
    shot(client, "confirmed")

    # the same again for the same customer
    page = new_order(client)
    page.locator("button[name=action_repeat_order]").click()
    dialog = page.locator(".modal-content")
    expect(dialog.locator("[name=former_id] input")).to_have_value(re.compile("S0"))
    expect(dialog.locator(".o_data_row").first).to_contain_text("IPOD")
    shot(client, "repeat")
    client.button("Add to Order")
    page.locator(".modal-content").wait_for(state="detached")
    expect(lines(page).first).to_contain_text("IPOD")
    assert lines(page).count() >= 3
    shot(client, "repeated")


def test_at_risk_filter(client):
    page = client.page
    client.action("sale.action_orders")
    page.locator(".o_searchview_dropdown_toggler").click()
    page.locator(".o_filter_menu .dropdown-item, .o-dropdown-item", has_text="At Risk").click()
    expect(page.locator(".o_searchview_facet", has_text="At Risk")).to_be_visible()


@pytest.mark.parametrize("columns", ["warehouses", "dates"])
def test_availability(client, columns):
    page = client.page
    client.action("order_processing.availability_action")
    page.locator(".o_order_availability table").wait_for()
    page.locator("input[name=search]").fill("IPOD2008")
    page.locator(f"button[name={columns}]").click()
    rows = page.locator(".o_order_availability tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text(re.compile(r"\d"))
    shot(client, f"availability_{columns}")
    rows.first.locator("button").last.click()
    expect(page.locator(".o_availability_parts")).to_contain_text("On hand")
    shot(client, f"availability_detail_{columns}")
    page.locator(".modal-footer button", has_text="Close").click()
    page.locator(".modal-content").wait_for(state="detached")
    page.locator("input[name=search]").fill("nothing like this")
    expect(page.locator(".o_order_availability .o_view_nocontent")).to_be_visible()

"""Every dashboard, the cockpit and the process view in a real browser, wide and on a phone."""

import re

import openpyxl
import pytest
import web_client
from playwright.sync_api import expect

DASHBOARDS = (
    *("order_flow", "operations", "warehouse", "carriers"),
    *("order_desk", "finance", "sales"),
)
PHONE = (390, 844)


def open_dashboard(client, code):
    client.action(f"order_reporting.spreadsheet_dashboard_{code}_action")
    page = client.page
    page.wait_for_selector(".o-figure, .o_figure_container, .o_mobile_figure", timeout=60_000)
    expect(page.get_by_text("Loading...")).to_have_count(0, timeout=60_000)
    client.settle()


@pytest.mark.parametrize("code", DASHBOARDS)
def test_a_dashboard_opens_without_errors(client, code, shot):
    open_dashboard(client, code)
    assert client.page.locator(".o-figure").count() >= 6
    shot(f"dashboard_{code}")


def test_dashboards_on_a_phone(server, browser):
    window = web_client.WebClient(browser, server[0], size=PHONE)
    for code in DASHBOARDS:
        open_dashboard(window, code)
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE[0], code
    window.no_dialog_error()
    assert not window.problems, window.problems
    window.close()


def test_the_cockpit_opens_the_orders_behind_a_stage(client):
    client.action("order_reporting.order_cockpit_action")
    stages = client.page.locator(".o_order_cockpit_stages [data-stage]")
    expect(stages).to_have_count(7)
    counts = stages.locator(".o_stage_count").all_inner_texts()
    place = next(number for number, text in enumerate(counts) if int(text))
    stages.nth(place).locator(".o_stage_count").click()
    client.page.wait_for_selector(".o_list_view .o_data_row")
    pager = client.page.locator(".o_pager_limit")
    expect(pager).to_have_text(counts[place])


def test_the_cockpit_and_the_process_on_a_phone(server, browser):
    window = web_client.WebClient(browser, server[0], size=PHONE)
    for action, screen in (("cockpit", ".o_order_cockpit"), ("process", ".o_order_process")):
        window.action(f"order_reporting.order_{action}_action")
        window.page.wait_for_selector(screen)
        window.settle()
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE[0], action
    assert not window.problems, window.problems
    window.close()


def test_the_process_draws_and_opens_a_variant(client, shot):
    client.action("order_reporting.order_process_action")
    page = client.page
    with page.expect_response(lambda answer: "get_process" in answer.url):
        page.select_option("select[aria-label=Period]", "365")
    client.settle()
    expect(page.locator(".o_process_picture svg text").first).to_be_visible()
    button = page.locator(".o_process_variants button").first
    count = button.inner_text()
    shot("process")
    button.click()
    page.wait_for_selector(".o_list_view .o_data_row")
    expect(page.locator(".o_pager_limit")).to_have_text(count)


def test_a_kpi_tells_its_definition_and_opens_its_rows(client):
    client.action("order_reporting.order_kpi_action")
    card = client.page.locator(".o_kanban_record", has_text="On-Time Shipping").first
    expect(card).to_contain_text("last parcel left on or before the promised day")
    card = client.page.locator(".o_kanban_record", has_text=re.compile("Open .* behind it")).first
    card.get_by_role("button", name=re.compile("behind it")).click()
    client.page.wait_for_selector(".o_list_view .o_data_row")


def test_a_dashboard_as_a_workbook_and_on_paper(client, tmp_path):
    open_dashboard(client, "order_flow")
    page = client.page
    with page.expect_download(timeout=60_000) as waiting:
        page.locator(".o_dashboard_xlsx").click()
    path = tmp_path / "dashboard.xlsx"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == "Executive.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Dashboard", "Data", "Active Filters"]
    assert [row[0].value for row in book["Data"].iter_rows(min_row=2, max_row=3)] == [
        "Orders",
        "Revenue",
    ]
    assert isinstance(book["Data"]["B2"].value, int | float)
    page.evaluate("() => { window.printed = 0; window.print = () => window.printed++; }")
    page.locator(".o_dashboard_print").click()
    page.wait_for_function("() => window.printed === 1")


def test_cohorts_open_the_orders_behind_a_cell(client, server, browser, shot):
    client.action("order_reporting.order_cohort_action")
    page = client.page
    page.wait_for_selector(".o_cohort_table tbody tr")
    shot("cohorts")
    row = page.locator(".o_cohort_table tbody tr").first
    row.locator("td button").nth(1).click()
    page.wait_for_selector(".o_list_view .o_data_row")
    window = web_client.WebClient(browser, server[0], size=PHONE)
    window.action("order_reporting.order_cohort_action")
    window.page.wait_for_selector(".o_cohort_table")
    with window.page.expect_response(lambda answer: "get_cohorts" in answer.url):
        window.page.select_option("select[aria-label='Cohorts of']", "returns")
    window.settle()
    assert window.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert not window.problems, window.problems
    window.close()

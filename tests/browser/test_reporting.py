"""Every dashboard, the cockpit and the process view in a real browser, wide and on a phone."""

import re

import addons_path  # noqa: F401
import openpyxl
import pytest
import suite
import web_client
from playwright.sync_api import expect
from PyPDF2 import PdfReader

from odoo.addons.order_reporting.tools.dashboards import DASHBOARDS as DESCRIBED

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


def figures_on_paper(path):
    """The text of a PDF, and {label: number or None} of the figures at its top."""
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())

    def read(label):
        figure = r"(?:no data|\$? ?(-?[\d,]+(?:\.\d+)?))(?: %)? (?:before|now)"
        found = re.search(rf"(?:^|\s){re.escape(label)} {figure}", text)
        assert found, (label, text[:600])
        return float(found.group(1).replace(",", "")) if found.group(1) else None

    return text, read


def download(page, button, path):
    with page.expect_download(timeout=90_000) as waiting:
        page.locator(button).click()
    waiting.value.save_as(path)
    return waiting.value.suggested_filename


def test_figures_on_the_screen_are_those_on_paper(client, tmp_path):
    """The browser's spreadsheet and the server count the same, in each dashboard."""
    scales = {"percent": 100, "count": 1, "number": 1, "money": 1}
    for described in DESCRIBED:
        open_dashboard(client, described.code)
        book, paper = tmp_path / "dashboard.xlsx", tmp_path / f"{described.code}.pdf"
        download(client.page, ".o_dashboard_xlsx", book)
        assert download(client.page, ".o_dashboard_pdf", paper).endswith(".pdf")
        text, read = figures_on_paper(paper)
        assert described.name in text
        rows = openpyxl.load_workbook(book)["Data"].iter_rows(min_row=2, values_only=True)
        known = 0
        for score, row in zip(described.scores, rows, strict=False):
            assert row[0] == score.label
            shown, printed = row[3], read(score.label)
            if isinstance(shown, str):
                assert (shown, printed) == ("no data", None), (described.code, score.label)
            else:
                wanted = shown * scales[score.unit]
                assert printed == pytest.approx(wanted, abs=0.51 if score.unit == "count" else 0.06)
                known += 1
        assert known >= 2, described.code


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


def test_an_own_dashboard_from_copy_to_phone(client, server, browser, shot):
    """Copy, choose parts, open, come back and change, and read it on a phone."""
    open_dashboard(client, "operations")
    page = client.page
    page.locator(".o_dashboard_change", has_text="Copy…").click()
    name = page.locator("div[name=name] input, div[name=name] textarea").first
    expect(name).to_have_value("Operations Today (copy)")
    name.fill("Monday Meeting")
    rows = page.locator("div[name=order_block_ids] .o_data_row")
    expect(rows).to_have_count(11)
    # The list at the end is taken out, the first figure gets a title of its own.
    rows.last.locator(".o_list_record_remove").click()
    expect(rows).to_have_count(10)
    rows.first.locator("td[name=title]").click()
    page.locator("td[name=title] input").fill('Orders of "all" shops')
    shot("own_dashboard_form")
    page.locator(".o_form_button_save").click()
    page.wait_for_selector(".o_form_status_indicator_buttons.invisible", state="attached")
    client.button("Open Dashboard")
    page.wait_for_selector(".o-figure", timeout=60_000)
    expect(page.get_by_text("Loading...")).to_have_count(0, timeout=60_000)
    expect(page.locator(".o_search_panel .active")).to_contain_text("Monday Meeting")
    assert page.locator(".o-figure").count() == 10
    shot("own_dashboard")
    # Changed again from the dashboard itself; coming back shows it.
    page.locator(".o_dashboard_change", has_text="Change").click()
    rows.nth(9).locator(".o_list_record_remove").click()
    page.locator(".o_form_button_save").click()
    page.wait_for_selector(".o_form_status_indicator_buttons.invisible", state="attached")
    page.locator(".o_breadcrumb .o_back_button, .breadcrumb-item a").last.click()
    expect(page.locator(".o-figure")).to_have_count(9, timeout=60_000)
    window = web_client.WebClient(browser, server[0], size=PHONE)
    window.action("order_reporting.order_dashboard_copy_action")
    window.page.locator(".o_kanban_record", has_text="Monday Meeting").first.click()
    window.page.wait_for_selector("div[name=order_block_ids] .o_kanban_record")
    window.settle()
    assert window.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    window.page.screenshot(path=suite.LOCAL / "reports" / "own_dashboard_form_phone.png")
    window.page.get_by_role("button", name="Open Dashboard").click()
    window.page.wait_for_selector(".o_mobile_figure, .o-figure, .o_figure_container")
    window.settle()
    assert window.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    window.page.screenshot(path=suite.LOCAL / "reports" / "own_dashboard_phone.png")
    window.no_dialog_error()
    assert not window.problems, window.problems
    window.close()

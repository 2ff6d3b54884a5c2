"""Take the pictures of the README and of the addons' pages again, from a real browser.

Drives the same journey as the browser test, so that a picture never shows what can't be clicked;
dashboards are taken with the demo year, as `make run` shows them.

make screenshots                    all of them
scripts/screenshots.py figures      only the dashboards and boards (or: journey)
"""

import sys

import suite
import test_order_journey
import test_plan_picking
import web_client
from PIL import Image
from playwright.sync_api import expect

PICTURES = {
    "intake": "order_processing",
    "allocations": "order_processing",
    "order": "order_processing",
    "holds": "order_processing",
    "dry_run": "order_processing",
    "availability": "order_processing",
    "bank_lines": "order_processing",
    "plan_picking": "order_shipping",
    "batch": "order_shipping",
    "delivery": "order_shipping",
    "rates": "order_shipping",
}
#: Pictures of figures: they need more than the demo database's few orders.
YEAR_PICTURES = {
    "kpis": "order_reporting",
    "dashboard": "order_reporting",
    "dashboard_sales": "order_reporting",
    "cockpit": "order_reporting",
    "cohorts": "order_reporting",
}


def stills(client, shot):
    """What the journey doesn't pass."""
    page = client.page
    client.action("order_processing.order_hold_action").settle()
    shot("holds")
    client.action("order_processing.availability_action").settle()
    shot("availability")
    client.action("order_processing.order_routing_plan_action")
    client.row("Every order").locator("td.o_data_cell").nth(1).click()
    page.locator(".o_form_view [name=rule_ids]").wait_for()
    client.button("Dry Run")
    page.locator(".o_form_view [name=source]").wait_for()
    page.get_by_label("Orders of the last 30 days").check()
    client.button("Try")
    expect(page.locator(".o_dryrun")).to_contain_text("Split orders")
    shot("dry_run")
    test_plan_picking.make_deliveries(client, 40)
    client.action("order_shipping.picking_plan_action")
    page.locator(".o_picking_plan_card[data-id]").first.wait_for()
    page.select_option("select[name=template]", label="East Coast: carts of twelve totes")
    expect(page.locator(".o_picking_plan_totals")).to_contain_text("less")
    shot("plan_picking")


def figures(client, shot):
    """KPIs, dashboards and boards with a year of orders behind them."""
    page = client.page
    client.action("order_reporting.order_kpi_action").settle()
    shot("kpis")
    for code, name in (("order_flow", "dashboard"), ("sales", "dashboard_sales")):
        client.action(f"order_reporting.spreadsheet_dashboard_{code}_action")
        page.wait_for_selector(".o-figure canvas", timeout=60_000)
        expect(page.get_by_text("Loading...")).to_have_count(0, timeout=60_000)
        shot(name)
    client.action("order_reporting.order_cockpit_action").settle()
    shot("cockpit")
    client.action("order_reporting.order_cohort_action").settle()
    shot("cohorts")


def photographer(client, pictures):
    """A function that takes one of ``pictures`` by its name; other names take none."""

    def shot(name):
        if name not in pictures:
            return
        page = client.page
        for close in page.locator(".o_notification_close").all():
            close.click()
        # Where the pointer rests, a tooltip would be in the picture.
        size = page.viewport_size
        page.mouse.move(size["width"] - 2, size["height"] - 2)
        expect(page.locator(".o-tooltip")).to_have_count(0)
        page.wait_for_timeout(1500)
        folder = suite.ROOT / "addons" / pictures[name] / "static" / "description"
        path = folder / f"{name}.png"
        page.screenshot(path=path)
        # 256 colours are enough for a screen, at a third of the size
        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
        suite.say(f"{path.relative_to(suite.ROOT)}: {path.stat().st_size // 1024} kB")

    return shot


def take(name, pictures, parts, has_year=False):
    """Start a server of its own and take ``pictures`` of what the ``parts`` show."""
    with (
        web_client.suite_server(name, has_year=has_year) as (address, *_rest),
        web_client.chromium() as browser,
    ):
        client = web_client.WebClient(browser, address, size=(1280, 800))
        for part in parts:
            part(client, photographer(client, pictures))
        if client.problems:
            suite.fail("\n".join(client.problems))


def main():
    wanted = sys.argv[1:] or ["journey", "figures"]
    if "journey" in wanted:
        take("pictures", PICTURES, (test_order_journey.journey, stills))
    if "figures" in wanted:
        take("figures", YEAR_PICTURES, (figures,), has_year=True)


if __name__ == "__main__":
    main()

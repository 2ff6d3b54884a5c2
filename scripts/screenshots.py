"""Take the pictures of the README and of the addons' pages again, from a real browser.

Drives the same journey as the browser test, so that a picture never shows what can't be clicked.
"""

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
    "kpis": "order_reporting",
    "dashboard": "order_reporting",
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


def main():
    with web_client.suite_server("pictures") as (address, *_rest), web_client.chromium() as browser:
        client = web_client.WebClient(browser, address, size=(1280, 800))

        def shot(name):
            if name not in PICTURES:
                return
            page = client.page
            for close in page.locator(".o_notification_close").all():
                close.click()
            page.wait_for_timeout(1200)
            folder = suite.ROOT / "addons" / PICTURES[name] / "static" / "description"
            path = folder / f"{name}.png"
            page.screenshot(path=path)
            # 256 colours are enough for a screen, at a third of the size
            Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
            suite.say(f"{path.relative_to(suite.ROOT)}: {path.stat().st_size // 1024} kB")

        test_order_journey.journey(client, shot)
        stills(client, shot)
        if client.problems:
            suite.fail("\n".join(client.problems))


if __name__ == "__main__":
    main()

"""Take the pictures of the README and of the addons' pages again, from a real browser.

Drives the same journey as the browser test, so that a picture never shows what can't be clicked.
"""

import suite
import test_order_journey
import web_client
from PIL import Image

PICTURES = {
    "intake": "order_processing",
    "allocations": "order_processing",
    "order": "order_processing",
    "bank_lines": "order_processing",
    "batch": "order_shipping",
    "delivery": "order_shipping",
    "rates": "order_shipping",
    "kpis": "order_reporting",
    "dashboard": "order_reporting",
}


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
        if client.problems:
            suite.fail("\n".join(client.problems))


if __name__ == "__main__":
    main()

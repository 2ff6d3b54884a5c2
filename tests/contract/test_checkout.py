"""A shopper at the delivery step of eCommerce, with eCommerce really installed.

One carrier answers, one hangs and has a fallback table, one hangs and has none, one is a rate
table: the shopper sees prices and promised days of all but the one that can't be priced, and waits
for none.
"""

import carrier_stub
import pytest
import suite
import web_client
from playwright.sync_api import expect
from test_concurrency import Session

METHOD = "[name=o_delivery_method]"


@pytest.fixture(scope="module")
def shop():
    with (
        carrier_stub.serving() as quick,
        carrier_stub.serving() as hung,
        web_client.suite_server("checkout", "website_sale") as (address, log, _env, name),
        web_client.chromium() as browser,
    ):
        hung.rate_delay = 30
        yield Shop(Session(address, name), address, browser, quick, hung)
    assert not suite.bad_lines(log)


class Shop:
    def __init__(self, session, address, browser, quick, hung):
        self.call, self.address, self.browser = session.call, address, browser
        published = self.call("delivery.carrier", "search", [["website_published", "=", True]])
        self.call("delivery.carrier", "write", published, {"website_published": False})
        band = (0, 0, {"price": 7.77, "transit_days_max": 3})
        self.carrier("Quick", "ups", quick.address, margin=0.1)
        self.carrier("Hung", "ups", hung.address, rate_line_ids=[band])
        self.carrier("Lost", "ups", hung.address)
        flat = {"customer_price_rule": "flat", "customer_price": 3.33}
        self.carrier("Van", "rate_table", "", rate_line_ids=[band], **flat)
        [self.product] = self.call(
            "product.product",
            "create",
            [{"name": "Lamp", "weight": 1, "list_price": 30, "is_published": True, "taxes_id": []}],
        )

    def carrier(self, name, kind, url, **vals):
        product = {"name": name, "type": "service", "taxes_id": [], "list_price": 0}
        [product] = self.call("product.product", "create", [product])
        vals |= {"name": name, "delivery_type": kind, "product_id": product}
        if url:
            vals |= {"account_url": url, "account_client_id": "id", "account_number": "A1B2C3"}
            vals |= {"account_client_secret": "secret", "service_code": "03"}
        self.call("delivery.carrier", "create", [vals | {"website_published": True}])

    def shopper(self, size):
        """A stranger's browser with a lamp in the cart, at the delivery step."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-US", timezone_id="UTC"
        )
        page = context.new_page()
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{self.address}/shop")
        page.evaluate(
            """async (product) => {
                const read = await fetch(`/shop/cart/add`, {
                    method: "POST",
                    headers: {"Content-Type": "application/json"},
                    body: JSON.stringify({jsonrpc: "2.0", method: "call", params: {
                        product_template_id: product[0], product_id: product[1], quantity: 1,
                    }}),
                });
                const answer = await read.json();
                if (answer.error) { throw new Error(JSON.stringify(answer.error)); }
            }""",
            [
                self.call("product.product", "read", [self.product], ["product_tmpl_id"])[0][
                    "product_tmpl_id"
                ][0],
                self.product,
            ],
        )
        page.goto(f"{self.address}/shop/checkout")
        for name, value in {
            "name": "Sue Shopper",
            "email": "sue@example.com",
            "phone": "+1 415 555 0188",
            "street": "5 Elm Street",
            "city": "San Francisco",
            "zip": "94105",
        }.items():
            page.locator(f"form.address_autoformat [name={name}]").fill(value)
        # The form only listens once its script is there: chosen again until the states are.
        states = page.locator("select[name=state_id]")
        for country in ("Canada", "United States") * 10:
            page.locator("select[name=country_id]").select_option(label=country)
            page.wait_for_timeout(1000)
            if country == "United States" and states.is_visible():
                break
        states.select_option(label="California")
        page.locator("[name=website_sale_main_button]:visible").first.click()
        page.wait_for_url("**/shop/checkout*")
        return page, problems


def row(page, name):
    return page.locator(METHOD).filter(has=page.get_by_text(name, exact=True))


@pytest.mark.parametrize("size", [(1366, 900), (390, 844)])
def test_a_shopper_sees_prices_and_days_and_waits_for_no_carrier(shop, size):
    page, problems = shop.shopper(size)
    expect(row(page, "Quick")).to_contain_text("13.75")  # 12.50 and the margin
    expect(row(page, "Quick")).to_contain_text("Arrives by")
    expect(row(page, "Van")).to_contain_text("3.33")
    expect(row(page, "Van")).to_contain_text("Arrives by")
    # It hangs for 30 s: nobody waits for it.
    expect(row(page, "Hung")).to_contain_text("7.77", timeout=15_000)
    expect(row(page, "Hung")).to_contain_text("Arrives by")
    expect(row(page, "Lost")).to_contain_text("please choose another", timeout=15_000)
    row(page, "Hung").locator("label").click()
    expect(page.locator("tr[name=o_order_delivery]").first).to_contain_text("7.77")
    page.screenshot(path=suite.LOCAL / "reports" / f"checkout_{size[0]}.png", full_page=True)
    assert not problems, problems
    [order] = shop.call(
        "sale.order",
        "search_read",
        [["partner_id.email", "=", "sue@example.com"]],
        ["carrier_id", "amount_delivery"],
        limit=1,
        order="id desc",
    )
    assert (order["carrier_id"][1], order["amount_delivery"]) == ("Hung", 7.77)

"""A customer at their phone, and the data the tests of the customer's page start from."""

import re

import web_client

PHONE = (390, 844)
#: Luminance and contrast as WCAG defines them, of each text on the first background behind it.
CONTRAST = """() => {
    const parts = (text) => text.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], back) =>
        [r, g, b].map((value, at) => value * a + back[at] * (1 - a));
    const light = (color) => {
        const [r, g, b] = color.map((value) => value / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (node) => {
        if (!node) {
            return [255, 255, 255];
        }
        const color = parts(getComputedStyle(node).backgroundColor);
        const further = behind(node.parentElement);
        return color[3] === 0 ? further : over(color, further);
    };
    const bad = [];
    for (const page of document.querySelectorAll(".o_order_page")) {
        const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode.textContent.trim();
            const node = walker.currentNode.parentElement;
            if (!text || !node.checkVisibility() || node.closest(":disabled, script, style")) {
                continue;
            }
            const style = getComputedStyle(node);
            const back = behind(node);
            const pair = [light(over(parts(style.color), back)), light(back)];
            const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
            const size = parseFloat(style.fontSize);
            const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
            if (ratio < (large ? 3 : 4.5)) {
                bad.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
            }
        }
    }
    return bad;
}"""


class Customer:
    """A window of a phone, logged in to nothing; the same complaints fail as in WebClient."""

    def __init__(self, browser, address, locale="en-US"):
        self.address = address
        self.problems = []
        context = browser.new_context(
            viewport={"width": PHONE[0], "height": PHONE[1]}, locale=locale, timezone_id="UTC"
        )
        context.set_default_timeout(20_000)
        self.page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def _on_console(self, message):
        if problem := web_client.console_problem(message):
            self.problems.append(problem)

    def login(self, login):
        self.page.goto(f"{self.address}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(re.compile("/my"))

    def open(self, path):
        self.page.goto(f"{self.address}{path}")

    def fits(self):
        """Whether nothing sticks out of the phone to the right."""
        width = "document.documentElement.scrollWidth"
        return self.page.evaluate(f"{width} <= window.innerWidth + 1")

    def unlabelled(self):
        """Fields of the order's pages that no label names."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll(
                   '.o_order_page input:not([type=hidden]), .o_order_page textarea,'
                   + ' .o_order_page select')]
                 .filter(each => !each.labels.length && !each.getAttribute('aria-label'))
                 .map(each => each.name)"""
        )

    def pale(self):
        """Words of the order's pages that stand out too little from what is behind them.

        Contrast by WCAG 2.2, 1.4.3: 4.5, or 3 for large letters.
        """
        return self.page.evaluate(CONTRAST)

    def close(self):
        self.page.context.close()


def call(client, model, method, *args, **kwargs):
    """Call a public method of Odoo as the user of a WebClient window."""
    answer = client.page.request.post(
        f"{client.address}/web/dataset/call_kw/{model}/{method}",
        data={
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        },
    ).json()
    assert "error" not in answer, answer["error"]["data"].get("debug") or answer["error"]
    return answer.get("result")  # nothing: the method returned none


def one(client, model, record_id, *names):
    """Fields of one record, as a dict."""
    return call(client, model, "read", [record_id], list(names))[0]


class Shop:
    """A customer with a login, goods in stock, and orders of them."""

    def __init__(self, client, login):
        self.client = client
        self.login = login
        group = call(client, "ir.model.data", "check_object_reference", "base", "group_portal")[1]
        us = call(client, "res.country", "search", [["code", "=", "US"]])[0]
        state = call(client, "res.country.state", "search", [["code", "=", "NY"]])[0]
        self.partner = call(
            client,
            "res.partner",
            "create",
            {
                "name": f"Cora {login}",
                "email": f"{login}@example.com",
                "street": "1 Main Street",
                "city": "Albany",
                "zip": "12201",
                "country_id": us,
                "state_id": state,
            },
        )
        call(
            client,
            "res.users",
            "create",
            {
                "partner_id": self.partner,
                "login": login,
                "password": login,
                "group_ids": [[6, 0, [group]]],
            },
        )
        self.product = call(
            client,
            "product.product",
            "create",
            {
                "name": f"Lamp {login}",
                "is_storable": True,
                "list_price": 50.0,
                "weight": 0.4,
                "taxes_id": [[5]],
                "invoice_policy": "delivery",
            },
        )
        self.warehouse = call(client, "stock.warehouse", "search", [], limit=1)[0]
        self.stock = one(client, "stock.warehouse", self.warehouse, "lot_stock_id")["lot_stock_id"][
            0
        ]
        quant = call(
            client,
            "stock.quant",
            "create",
            {
                "product_id": self.product,
                "location_id": self.stock,
                "inventory_quantity": 20,
            },
        )
        call(client, "stock.quant", "action_apply_inventory", [quant])

    def order(self, quantity=3):
        """A confirmed order, reserved."""
        order = call(
            self.client,
            "sale.order",
            "create",
            {
                "partner_id": self.partner,
                "warehouse_id": self.warehouse,
                "order_line": [[0, 0, {"product_id": self.product, "product_uom_qty": quantity}]],
            },
        )
        call(self.client, "sale.order", "action_confirm", [order])
        assert one(self.client, "sale.order", order, "state")["state"] == "sale"
        return order

    def deliver(self, order, paid=False):
        """Ship and bill it; pay it if wanted."""
        client = self.client
        pickings = one(client, "sale.order", order, "picking_ids")["picking_ids"]
        call(client, "stock.picking", "action_assign", pickings)
        call(client, "stock.picking", "action_picked", pickings)
        call(client, "stock.picking", "button_validate", pickings)
        wizard = call(
            client,
            "sale.advance.payment.inv",
            "create",
            {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]},
        )
        call(client, "sale.advance.payment.inv", "create_invoices", [wizard])
        invoices = one(client, "sale.order", order, "invoice_ids")["invoice_ids"]
        call(client, "account.move", "action_post", invoices)
        if paid:
            context = {"active_model": "account.move", "active_ids": invoices}
            pay = call(client, "account.payment.register", "create", {}, context=context)
            call(
                client, "account.payment.register", "action_create_payments", [pay], context=context
            )
        return invoices[0]

    def in_stock(self):
        """Pieces on the warehouse's own locations."""
        rows = call(
            self.client,
            "stock.quant",
            "search_read",
            [["product_id", "=", self.product], ["location_id", "child_of", self.stock]],
            ["quantity"],
        )
        return sum(row["quantity"] for row in rows)

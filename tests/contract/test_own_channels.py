"""Orders of this Odoo's own website and till, with eCommerce and Point of Sale really installed."""

import base64

import pytest
import requests
import suite
import web_client
from test_concurrency import Session

#: A picture of one point, for a signature.
DOT = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
        "000002000001e221bc330000000049454e44ae426082"
    )
).decode()


@pytest.fixture(scope="module")
def shop():
    with web_client.suite_server("website", "website_sale,pos_sale") as (address, log, _env, name):
        yield Shop(Session(address, name), address)
    assert not suite.bad_lines(log)


class Shop:
    def __init__(self, session, address):
        self.call, self.address = session.call, address
        self.website = self.call("website", "search", [], limit=1)[0]
        self.company = self.read("website", self.website, "company_id")[0]
        self.product = self.call("product.product", "search", [["sale_ok", "=", True]], limit=1)[0]
        self.channels = {
            kind: self.call(
                "order.channel",
                "create",
                [{"name": kind, "code": f"own-{kind}", "kind": kind, "company_id": self.company}],
            )[0]
            for kind in ("website", "pos")
        }

    def read(self, model, record, name):
        return self.call(model, "read", [record], [name])[0][name]

    def cart(self, **vals):
        """A cart of a customer of the website, as eCommerce keeps it."""
        address = {"street": "1 Main Street", "city": "Louisville", "zip": "40202"}
        country = self.call("res.country", "search", [["code", "=", "US"]])[0]
        state = self.call("res.country.state", "search", [["code", "=", "KY"]])[0]
        partner = self.call(
            "res.partner",
            "create",
            [{"name": "Web Customer", "country_id": country, "state_id": state} | address | vals],
        )[0]
        line = (0, 0, {"product_id": self.product, "product_uom_qty": 1})
        values = {"partner_id": partner, "website_id": self.website, "order_line": [line]}
        values |= {"require_signature": True, "require_payment": False}
        return self.call("sale.order", "create", [values])[0], partner

    def sign(self, order):
        """The customer signs the order on its portal page."""
        url = self.call("sale.order", "action_preview_sale_order", [order])["url"]
        token = url.partition("access_token=")[2].partition("&")[0]
        params = {"access_token": token, "name": "Web Customer", "signature": DOT}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = requests.post(
            f"{self.address}/my/orders/{order}/accept", json=body, timeout=60
        ).json()
        assert "error" not in answer and not answer["result"].get("error"), answer


def test_order_of_the_website_is_the_channels_once_it_is_placed(shop):
    order, _partner = shop.cart()
    assert not shop.read("sale.order", order, "channel_id")
    shop.sign(order)
    assert shop.read("sale.order", order, "state") == "sale"
    assert shop.read("sale.order", order, "channel_id")[0] == shop.channels["website"]
    steps = shop.call(
        "order.event", "search_read", [["order_id", "=", order]], ["step"], order="id"
    )
    assert [each["step"] for each in steps[:2]] == ["intake", "release"]
    assert shop.read("order.channel", shop.channels["website"], "last_message_at")
    assert not shop.read("order.channel", shop.channels["website"], "adoption_note")


def test_held_until_it_is_put_right_and_then_goes_on(shop):
    order, partner = shop.cart(name="No Street", street=False)
    shop.sign(order)  # the customer isn't told of holds, and his signature isn't lost
    assert shop.read("sale.order", order, "state") in ("draft", "sent")
    assert shop.read("sale.order", order, "open_hold_count") == 1
    shop.call("res.partner", "write", [partner], {"street": "2 Main Street"})
    shop.call("sale.order", "action_validate_order", [order])
    assert shop.read("sale.order", order, "open_hold_count") == 0
    assert shop.read("sale.order", order, "state") == "sale"


def test_what_tills_sell_is_seen_on_their_channel(shop):
    channel = shop.channels["pos"]
    before = shop.read("order.channel", channel, "pos_order_count")
    recent = shop.read("order.channel", channel, "recent_count")
    config = shop.call("pos.config", "create", [{"name": "Till", "company_id": shop.company}])[0]
    session = shop.call("pos.session", "create", [{"config_id": config}])[0]
    amounts = dict.fromkeys(("amount_tax", "amount_total", "amount_paid", "amount_return"), 0)
    shop.call("pos.order", "create", [{"session_id": session, "name": "T/1", **amounts}])
    assert shop.read("order.channel", channel, "pos_order_count") == before + 1
    assert shop.read("order.channel", channel, "recent_count") == recent + 1
    action = shop.call("order.channel", "action_view_pos_orders", [channel])
    assert shop.call("pos.order", "search_count", action["domain"]) == before + 1

"""A channel that fetches: real Odoo and its job runner, a shop on loopback, and its faults."""

import json
import time

import pytest
from shop_server import KEY, SECRET, TOKEN, shop_server
from test_intake_http import SAMPLES, Api, variant


@pytest.fixture
def api(server):
    return Api(*server)


@pytest.fixture
def shop():
    with shop_server() as running:
        yield running


class Puller:
    """A channel and the shop it fetches from."""

    def __init__(self, api, shop, kind, **vals):
        self.api, self.shop = api, shop
        values = {"pulls": True, "pull_url": shop.address, "pull_since": "2026-01-01 00:00:00"}
        code = f"pull-{time.time_ns()}"
        self.id = api.make_channel(kind, code=code, **values, **vals)

    def read(self, *names):
        (values,) = self.api.call("order.channel", "read", [self.id], list(names))
        return [values[name] for name in names]

    def write(self, **vals):
        self.api.call("order.channel", "write", [self.id], vals)

    def pull(self):
        """Fetch and wait until all jobs are done."""
        self.api.call("order.channel", "action_pull", [self.id])
        self.wait()

    def wait(self):
        for _attempt in range(240):
            (row,) = self.api.sql(
                "SELECT count(*) FROM queue_job WHERE state IN"
                " ('wait_dependencies', 'pending', 'enqueued', 'started')"
            )
            if row == ["0"]:
                break
            time.sleep(0.5)
        else:
            raise AssertionError("The jobs don't end")
        failed = self.api.sql("SELECT exc_message FROM queue_job WHERE state = 'failed'")
        assert not failed, failed

    def states(self):
        return self.api.sql(
            "SELECT external_ref, state FROM order_intake"
            f" WHERE channel_id = {self.id} AND NOT is_change ORDER BY external_ref"
        )


def orders(start, count):
    document = json.loads((SAMPLES / "shopify_order_1001.json").read_text())
    for number in range(start, start + count):
        # Of one customer they would be held as suspected duplicates.
        email = f"pull{number}@example.com"
        order = variant(
            document, number, email=email, updated_at=f"2026-02-01T00:{number % 60:02}:00Z"
        )
        yield order | {"customer": {**order["customer"], "email": email, "id": number}}


def test_shopify_with_faults_is_fetched_once(api, shop):
    channel = Puller(api, shop, "shopify", pull_key=TOKEN)
    shop.add(*orders(8000, 7), next(orders(8010, 1)) | {"cancelled_at": "2026-02-01T00:50:00Z"})
    shop.faults += [(429, {"Retry-After": "30"}, b"")]
    channel.pull()
    error, failures, later = channel.read("pull_error", "pull_failures", "pull_not_before")
    assert "left alone" in error and not failures and later
    shop.faults += [(500, {}, b"oops")]
    channel.pull()
    assert channel.read("pull_failures") == [1]
    channel.write(pull_key="wrong")
    channel.pull()
    assert "refused the key" in channel.read("pull_error")[0]
    assert channel.states() == []

    # The second page breaks off: the first is kept, and the next time it goes on from there.
    channel.write(pull_key=TOKEN)
    shop.faults += [None, "half"]
    channel.pull()
    assert channel.states() == [[str(number), "accepted"] for number in (8000, 8001, 8002)]
    shop.requests.clear()
    channel.pull()
    assert "page_info" in shop.requests[0][1]
    assert channel.states() == [[str(number), "accepted"] for number in range(8000, 8007)]
    assert channel.read("pull_error", "pull_failures") == [False, 0]

    # Nothing new, a change of one, and one that was cancelled after it was fetched.
    channel.pull()
    assert len(channel.states()) == 7
    changed = shop.orders[0] | {"updated_at": "2026-02-02T00:00:00Z", "note": "Ring twice"}
    gone = shop.orders[1] | {"updated_at": "2026-02-02T00:01:00Z", "cancelled_at": "2026-02-02"}
    shop.orders[:2] = [changed, gone]
    channel.pull()
    rows = api.sql(
        "SELECT external_ref, state FROM order_intake"
        f" WHERE channel_id = {channel.id} AND is_change ORDER BY id"
    )
    assert [(ref.partition("#")[0], state) for ref, state in rows] == [
        ("8000", "accepted"),
        ("8001", "accepted"),
    ]
    count = api.sql(f"SELECT count(*) FROM sale_order WHERE channel_id = {channel.id}")
    assert count == [["7"]]


def test_webhook_and_fetching_together_make_one_order(api, shop):
    channel = Puller(api, shop, "shopify", pull_key=TOKEN)
    (order,) = orders(8100, 1)
    shop.add(order)
    posted = api.post(order, secret="contract", channel=channel.id)
    assert posted.status_code == 201
    channel.pull()
    assert channel.states() == [["8100", "accepted"]]
    count = api.sql(f"SELECT count(*) FROM sale_order WHERE channel_id = {channel.id}")
    assert count == [["1"]]


def test_woocommerce(api, shop):
    channel = Puller(api, shop, "woocommerce", pull_key=KEY, pull_secret=SECRET)
    sample = {
        "order_key": "wc_order_x",
        "currency": "USD",
        "total": "199.00",
        "total_tax": "0",
        "prices_include_tax": False,
        "line_items": [
            {
                "id": 1,
                "name": "Player",
                "sku": "IPOD2008GREEN",
                "quantity": 1,
                "subtotal": "199.00",
                "total": "199.00",
                "subtotal_tax": "0",
                "total_tax": "0",
            }
        ],
    }
    for number, status in ((1, "processing"), (2, "pending"), (3, "processing")):
        address = {
            "first_name": f"Customer {number}",
            "address_1": f"{number} Main Street",
            "city": "Louisville",
            "postcode": "40202",
            "country": "US",
            "state": "KY",
        }
        shop.add(
            sample
            | {
                "id": 8200 + number,
                "number": str(8200 + number),
                "status": status,
                "date_modified_gmt": f"2026-02-01T00:00:0{number}",
                "billing": address | {"email": f"woo{number}@example.com"},
                "shipping": address,
            }
        )
    channel.pull()
    assert channel.states() == [["8201", "accepted"], ["8203", "accepted"]]
    # The pending one is paid: it is changed, and comes.
    shop.orders[1] |= {"status": "processing", "date_modified_gmt": "2026-02-01T00:01:00"}
    channel.pull()
    assert [state for _ref, state in channel.states()] == ["accepted"] * 3

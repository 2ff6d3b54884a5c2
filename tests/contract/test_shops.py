"""Fetching from shops over real HTTP, with everything that goes wrong on the way."""

import json
import time

import pytest
from shop_server import KEY, SECRET, TOKEN, shop_server

from odoo.addons.order_processing.shops import base
from odoo.addons.order_processing.shops.base import Cursor, ShopError, wait_of
from odoo.addons.order_processing.shops.shopify import Shopify, next_page
from odoo.addons.order_processing.shops.woocommerce import WooCommerce

BEGIN = Cursor("2026-01-01T00:00:00Z")


@pytest.fixture
def shop():
    with shop_server() as running:
        yield running


def shopify_order(number, minute=None, **values):
    minute = number if minute is None else minute
    return {"id": number, "updated_at": f"2026-01-01T00:{minute:02}:00Z", **values}


def woo_order(number, second=0, **values):
    return {"id": number, "date_modified_gmt": f"2026-01-01T01:00:{second:02}", **values}


def fetch_all(client, cursor=BEGIN, pages=20):
    """References in the order they came, and the last cursor."""
    refs = []
    for _page in range(pages):
        page = client.fetch(cursor)
        refs += [entry.ref for entry in page.entries]
        cursor = page.cursor
        if not page.more:
            return refs, cursor
    raise AssertionError("Fetching doesn't end")


def failing(client, cursor=BEGIN):
    with pytest.raises(ShopError) as caught:
        client.fetch(cursor)
    return caught.value


def test_shopify_pages_by_link_header_and_goes_on_where_it_was(shop):
    shop.add(*[shopify_order(number) for number in range(1, 9)])
    client = Shopify(shop.address, TOKEN)
    refs, cursor = fetch_all(client)
    assert refs == [str(number) for number in range(1, 9)]
    assert [sorted(query) for _path, query in shop.requests] == [
        ["limit", "order", "status", "updated_at_min"],
        ["limit", "page_info"],
        ["limit", "page_info"],
    ]
    # Nothing new: nothing comes, though the last moment is asked for again.
    assert fetch_all(client, cursor) == ([], cursor)
    shop.add(shopify_order(20, 8), shopify_order(21, 30))  # one in that same moment
    refs, cursor = fetch_all(client, Cursor.load(json.loads(json.dumps(cursor.dump()))))
    assert refs == ["20", "21"]


def test_shopify_interrupted_between_pages(shop):
    shop.add(*[shopify_order(number) for number in range(1, 9)])
    client = Shopify(shop.address, TOKEN)
    first = client.fetch(BEGIN)
    shop.pages.clear()  # the shop forgot its pages meanwhile
    refs, _cursor = fetch_all(client, first.cursor)
    assert refs == ["4", "5", "6", "7", "8"]


def test_zones_compare_as_moments(shop):
    shop.add(
        shopify_order(1) | {"updated_at": "2026-01-01T09:00:00-05:00"},
        shopify_order(2) | {"updated_at": "2026-01-01T15:00:00+01:00"},
    )
    page = Shopify(shop.address, TOKEN).fetch(BEGIN)
    assert {entry.changed for entry in page.entries} == {"2026-01-01T14:00:00Z"}
    assert page.cursor.seen == ("1", "2")


def test_void_orders_are_told(shop):
    shop.add(shopify_order(1, cancelled_at="2026-01-01T00:01:00Z"), shopify_order(2, test=True))
    shop.add(shopify_order(3))
    page = Shopify(shop.address, TOKEN).fetch(BEGIN)
    assert [entry.is_void for entry in page.entries] == [True, True, False]


def test_documents_are_kept_as_they_came(shop):
    raw = b'{"orders": [ {"id": 7,  "total":1.10, "updated_at":"2026-01-02T00:00:00Z"} ]}'
    shop.faults.append((200, {}, raw))
    (entry,) = Shopify(shop.address, TOKEN).fetch(BEGIN).entries
    assert entry.payload == b'{"id": 7,  "total":1.10, "updated_at":"2026-01-02T00:00:00Z"}'


def test_woocommerce_pages_and_changes_while_it_is_read(shop):
    shop.add(*[woo_order(number, number % 60) for number in range(1, 51)])
    shop.add(*[woo_order(number, 59) for number in range(51, 181)])
    client = WooCommerce(shop.address, KEY, SECRET)
    first = client.fetch(BEGIN)
    assert (len(first.entries), first.more) == (100, True)
    # One that was read is changed: with page numbers, another would be skipped now.
    shop.orders[0]["date_modified_gmt"] = "2026-01-01T02:00:00"
    refs, cursor = fetch_all(client, first.cursor)
    assert sorted([entry.ref for entry in first.entries] + refs) == sorted(
        [str(number) for number in range(1, 181)] + ["1"]
    )
    assert fetch_all(client, cursor)[0] == []


def test_woocommerce_more_than_a_page_in_one_second(shop):
    shop.add(*[woo_order(number, 5) for number in range(1, 251)])
    client = WooCommerce(shop.address, KEY, SECRET)
    refs, cursor = fetch_all(client)
    assert sorted(map(int, refs)) == list(range(1, 251))
    assert cursor.since == "2026-01-01T01:00:05Z"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ((429, {"Retry-After": "2.0"}, b""), "busy"),
        ((503, {"Retry-After": "7"}, b""), "busy"),
        ((500, {}, b"oops"), "failed"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "failed"),
        ((403, {}, b"no scope"), "refused"),
        ((200, {}, b'{"orders": [{"id": 1'), "garbled"),
        ((200, {}, b"[]"), "garbled"),
        ((200, {}, b'{"orders": [{}]}'), "garbled"),
        ((200, {}, b"<html>maintenance</html>"), "garbled"),
        ("half", "garbled"),
        ("slow", "unreachable"),
    ],
)
def test_faults(shop, monkeypatch, fault, code):
    monkeypatch.setattr(base, "TIMEOUT", (1, 0.5))
    shop.add(shopify_order(1))
    shop.faults.append(fault)
    client = Shopify(shop.address, TOKEN)
    error = failing(client)
    assert error.code == code
    assert error.wait == {"busy": int(float(fault[1]["Retry-After"])) if code == "busy" else 0}.get(
        code, 0
    )
    # Nothing is lost by it.
    assert fetch_all(client)[0] == ["1"]


def test_an_answer_without_end(shop, monkeypatch):
    monkeypatch.setattr(base, "MAX_ANSWER", 100_000)
    shop.faults.append((200, {}, b"[" * 200_000))
    assert failing(Shopify(shop.address, TOKEN)).code == "garbled"


def test_wrong_token_and_nobody_there(shop):
    assert failing(Shopify(shop.address, "wrong")).code == "refused"
    assert failing(WooCommerce(shop.address, KEY, "wrong")).code == "refused"
    assert failing(Shopify("http://127.0.0.1:9", TOKEN)).code == "unreachable"


@pytest.mark.parametrize(
    "address", ["http://shop.example", "ftp://shop", "", "shop", "https://a:b@shop.example"]
)
def test_credentials_go_nowhere_unsafe(address):
    assert failing(Shopify(address, TOKEN)).code == "address"


def test_only_the_page_is_taken_from_a_link():
    link = (
        '<https://evil.example/x?page_info=a>; rel="previous", <https://e/?page_info=b>; rel="next"'
    )
    assert next_page(link) == "b"
    assert next_page("") == next_page("<x>; rel=prev") == ""


def test_how_long_to_wait():
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 30))
    assert 28 <= wait_of(later) <= 31
    assert [wait_of(text) for text in ("0", "1.2", "99999", "soon", None)] == [1, 2, 3600, 60, 60]

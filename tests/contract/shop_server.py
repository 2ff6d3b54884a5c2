"""A shop on loopback: speaks HTTP as Shopify's and WooCommerce's references say, and misbehaves."""

import base64
import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "shpat_contract"
KEY, SECRET = "ck_contract", "cs_contract"


class ShopServer:
    """Orders of one shop, and the faults of the next answers.

    :param int page_size: orders of a page, whatever the caller asks for
    """

    def __init__(self, page_size=3):
        self.orders, self.faults, self.requests = [], [], []
        self.page_size = page_size
        self.pages = {}
        self.address = ""

    def add(self, *orders):
        self.orders += orders

    def answer(self, path, query, headers):
        """``(status, headers, body)`` of a request."""
        if path.startswith("/admin/api/"):
            return self._shopify(query, headers)
        if path == "/wp-json/wc/v3/orders":
            return self._woocommerce(query, headers)
        return 404, {}, b"{}"

    def _shopify(self, query, headers):
        if headers.get("X-Shopify-Access-Token") != TOKEN:
            return 401, {}, b'{"errors": "[API] Invalid API key or access token"}'
        if "page_info" in query:
            if set(query) - {"page_info", "limit"}:
                return 400, {}, b'{"errors": "page_info can only be used with limit"}'
            rows = self.pages.get(query["page_info"])
            if rows is None:
                return 400, {}, b'{"errors": {"page_info": "Invalid value."}}'
        else:
            since = query.get("updated_at_min", "")
            rows = sorted(
                (row for row in self.orders if row["updated_at"] >= since),
                key=lambda row: (row["updated_at"], row["id"]),
            )
        page, rest = rows[: self.page_size], rows[self.page_size :]
        more = {}
        if rest:
            name = f"p{len(self.pages)}"
            self.pages[name] = rest
            url = f"https://shop.example/admin/api/orders.json?limit=3&page_info={name}"
            more = {"Link": f'<{url}>; rel="next"'}
        return 200, more, json.dumps({"orders": page}).encode()

    def _woocommerce(self, query, headers):
        expected = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            return 401, {}, b'{"code": "woocommerce_rest_cannot_view"}'
        after = query.get("modified_after", "")
        rows = sorted(
            (row for row in self.orders if row["date_modified_gmt"] > after),
            key=lambda row: (row["date_modified_gmt"], row["id"]),
        )
        size = int(query["per_page"])
        start = (int(query["page"]) - 1) * size
        return 200, {}, json.dumps(rows[start : start + size]).encode()


def _handler(shop):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args):
            pass

        def do_GET(self):
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            shop.requests.append((parts.path, query))
            fault = shop.faults.pop(0) if shop.faults else None
            status, headers, body = shop.answer(parts.path, query, self.headers)
            if isinstance(fault, tuple):
                status, headers, body = fault
            elif fault == "slow":
                time.sleep(1.5)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fault == "half":
                body = body[: len(body) // 2]
                self.close_connection = True
            with contextlib.suppress(OSError):
                self.wfile.write(body)

    return Handler


@contextlib.contextmanager
def shop_server(**options):
    """A running :class:`ShopServer`."""
    shop = ShopServer(**options)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
    shop.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

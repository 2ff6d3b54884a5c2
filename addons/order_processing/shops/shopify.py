"""Shopify's Admin REST API: ``GET /admin/api/{version}/orders.json``.

Written from Shopify's references of the Order resource, of paginated requests (the Link header)
and of rate limits (429 with Retry-After).
"""

from urllib.parse import parse_qs, urlsplit

from .base import Cursor, Entry, Page, Shop, ShopError, advance, moment, read_rows

VERSION = "2025-07"
LIMIT = 250


class Shopify(Shop):
    """A shop on Shopify; the key is the Admin API access token of an app with ``read_orders``."""

    def fetch(self, cursor):
        """See :meth:`.base.Shop.fetch`."""
        try:
            return self._fetch(cursor)
        except ShopError as error:
            if error.code != "failed" or not cursor.page:
                raise
            # The shop forgets its pages after a while; the last change seen is enough to go on.
            return self._fetch(Cursor(cursor.since, "", cursor.seen))

    def _fetch(self, cursor):
        if cursor.page:
            # A request for a further page may have no other filter than the limit.
            params = {"limit": LIMIT, "page_info": cursor.page}
        else:
            params = {"limit": LIMIT, "status": "any", "order": "updated_at asc"}
            if cursor.since:
                params["updated_at_min"] = cursor.since
        body, headers = self.get(
            f"/admin/api/{VERSION}/orders.json",
            params,
            headers={"X-Shopify-Access-Token": self.key},
        )
        entries = tuple(
            Entry(str(row["id"]), moment(row.get("updated_at")), is_void(row), payload)
            for row, payload in read_rows(body, "orders")
        )
        page = next_page(headers.get("Link", ""))
        fresh, after = advance(cursor, entries, page)
        return Page(fresh, after, bool(page))


def is_void(row):
    """Whether an order was cancelled, or is only a test."""
    return bool(row.get("cancelled_at")) or row.get("test") is True


def next_page(link):
    """``page_info`` of the link with ``rel="next"``; only it is taken, never the address."""
    for each in link.split(","):
        target, _semicolon, rest = each.partition(";")
        if 'rel="next"' in rest.replace("'", '"').replace(" ", ""):
            query = parse_qs(urlsplit(target.strip(" <>")).query)
            return query.get("page_info", [""])[0]
    return ""

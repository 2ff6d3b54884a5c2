"""WooCommerce's REST API: ``GET /wp-json/wc/v3/orders``.

Written from its reference (orders, authentication over HTTPS, pagination). The pages are those of
what was changed since the cursor, which moves on with each page: counting pages of a list that
changes meanwhile would skip orders. Only where a whole page was changed within one second is the
next one asked for by its number.
"""

from datetime import datetime, timedelta

from .base import Cursor, Entry, Page, Shop, advance, moment, read_rows

LIMIT = 100
#: Statuses of what never was bought, or is none any more.
VOID = frozenset("cancelled trash failed refunded pending checkout-draft auto-draft".split())


class WooCommerce(Shop):
    """A shop with WooCommerce; key and secret are those of its REST API, with read access."""

    def fetch(self, cursor):
        """See :meth:`.base.Shop.fetch`."""
        number = int(cursor.page) if cursor.page.isdecimal() else 1
        params = {
            "per_page": LIMIT,
            "page": number,
            "orderby": "modified",
            "order": "asc",
            "dates_are_gmt": "true",
        }
        if cursor.since:
            # "After" leaves the second itself out.
            since = datetime.fromisoformat(cursor.since.removesuffix("Z")) - timedelta(seconds=1)
            params["modified_after"] = since.isoformat(timespec="seconds")
        body, _headers = self.get("/wp-json/wc/v3/orders", params, auth=(self.key, self.secret))
        entries = tuple(
            Entry(
                str(row["id"]),
                moment(row.get("date_modified_gmt")),
                row.get("status") in VOID,
                payload,
            )
            for row, payload in read_rows(body)
        )
        fresh, after = advance(cursor, entries)
        full = len(entries) >= LIMIT
        if full and after.since == cursor.since:
            after = Cursor(after.since, str(number + 1), after.seen)
        return Page(fresh, after, full)

import json

from .common import SECRET, OrderProcessingCase

BEARER = {"Authorization": f"Bearer {SECRET}"}


def json_order(number, sku="IPOD2008GREEN", **changes):
    """A small order in our own order JSON, without taxes."""
    return {
        "ref": f"J{number}",
        "number": f"PO-{number}",
        "currency": "USD",
        "total": "199.00",
        "email": f"buyer{number}@mail.example.com",
        "customer_name": f"Buyer {number}",
        "shipping": {
            "name": f"Buyer {number}",
            "street": f"{number} Main Street",
            "city": "Louisville",
            "zip": "40202",
            "state_code": "KY",
            "country_code": "US",
        },
        "lines": [
            {"ref": "1", "sku": sku, "title": sku, "quantity": "1", "unit_price": "199.00"},
        ],
    } | changes


def woo_order(number, **changes):
    """A small order as WooCommerce's webhook posts it."""
    address = {
        "first_name": "Wanda",
        "last_name": str(number),
        "address_1": f"{number} Main Street",
        "city": "Louisville",
        "state": "KY",
        "postcode": "40202",
        "country": "US",
    }
    return {
        "id": number,
        "number": str(number),
        "order_key": f"wc_order_{number}",
        "status": "processing",
        "currency": "USD",
        "total": "199.00",
        "total_tax": "0.00",
        "prices_include_tax": False,
        "billing": address | {"email": f"wanda{number}@mail.example.com"},
        "shipping": address,
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "line_items": [
            {
                "id": 1,
                "name": "iPod",
                "sku": "IPOD2008GREEN",
                "quantity": 1,
                "subtotal": "199.00",
                "subtotal_tax": "0.00",
                "total": "199.00",
                "total_tax": "0.00",
                "price": 199,
                "taxes": [],
            }
        ],
    } | changes


class WaysCase(OrderProcessingCase):
    """Channels that take documents by key and by WooCommerce's signature."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel_json = cls._create_channel(code="json", kind="json", tax_policy="line")
        cls.channel_woo = cls._create_channel(code="woo", kind="woocommerce", tax_policy="line")

    @staticmethod
    def dump(document):
        """Bytes of a JSON document."""
        return json.dumps(document).encode()

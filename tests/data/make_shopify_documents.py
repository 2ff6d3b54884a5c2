"""Write the demo's Shopify documents from Shopify's own documented order.

``python tests/data/make_shopify_documents.py`` reads ``../shared/order-samples/shopify/order.json``
(Shopify/shopify_python_api @ 307fa92, MIT) and applies to it what the newer documented edition of
the same order states (Shopify/shopify-api-js, rest/admin/__tests__/2023-10, MIT).
"""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared" / "order-samples" / "shopify" / "order.json"
TARGET = ROOT / "addons" / "order_processing" / "demo" / "files" / "shopify_order_1001.json"

ALLOCATED = ("3.34", "3.33", "3.33")


def money(amount, currency="USD"):
    """Shopify's pair of one amount in the shop's and the customer's currency."""
    both = {"amount": amount, "currency_code": currency}
    return {"shop_money": dict(both), "presentment_money": dict(both)}


def newer_edition(order):
    """Turn the old edition of the documented order into the newer one, in place."""
    order.update(
        {
            "admin_graphql_api_id": "gid://shopify/Order/450789469",
            "confirmed": True,
            "email": "bob.norman@mail.example.com",
            "contact_email": "bob.norman@mail.example.com",
            "phone": "+557734881234",
            "financial_status": "paid",
            "fulfillments": [],
            "po_number": "ABC123",
            "presentment_currency": "USD",
            "subtotal_price": "597.00",
            "total_line_items_price": "597.00",
            "total_discounts": "10.00",
            "total_price": "598.94",
            "total_tip_received": "0.00",
            "total_shipping_price_set": money("0.00"),
            "discount_codes": [{"code": "TENOFF", "amount": "10.00", "type": "fixed_amount"}],
            "discount_applications": [
                {
                    "type": "discount_code",
                    "code": "TENOFF",
                    "value": "10.0",
                    "value_type": "fixed_amount",
                    "allocation_method": "across",
                    "target_selection": "all",
                    "target_type": "line_item",
                }
            ],
            "tax_lines": [{"price": "11.94", "rate": 0.06, "title": "State Tax"}],
        }
    )
    order.pop("total_price_usd")
    order["customer"]["email"] = "bob.norman@mail.example.com"
    order["billing_address"]["phone"] = "+1(502)-459-2181"
    for line, allocated in zip(order["line_items"], ALLOCATED, strict=True):
        line.update(
            {
                "gift_card": False,
                "taxable": True,
                "total_discount": "0.00",
                "discount_allocations": [
                    {
                        "amount": allocated,
                        "amount_set": money(allocated),
                        "discount_application_index": 0,
                    }
                ],
                "tax_lines": [{"price": "3.98", "rate": 0.06, "title": "State Tax"}],
            }
        )
    order["shipping_lines"][0].update(
        {"discounted_price": "0.00", "discount_allocations": [], "tax_lines": []}
    )
    return order


if __name__ == "__main__":
    document = json.loads(SOURCE.read_text(encoding="utf-8"))
    newer_edition(document["order"])
    TARGET.write_text(json.dumps(document["order"], indent=2) + "\n", encoding="utf-8")

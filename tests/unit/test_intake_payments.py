"""What each format says of payments, from its public samples."""

import json
from decimal import Decimal

import pytest
import suite

from odoo.addons.order_processing.engine.intake import (
    amazon_api,
    payments,
    shopify,
    ubl,
    woocommerce,
)
from odoo.addons.order_processing.engine.intake.reading import Reader, load

FILES = suite.ROOT / "addons" / "order_processing" / "demo" / "files"
SAMPLES = suite.ROOT.parent / "shared" / "order-samples"


def order(**changes):
    return json.loads((FILES / "shopify_order_1001.json").read_text()) | changes


def shopify_payments(**changes):
    found = shopify.parse(json.dumps(order(**changes)).encode()).order.payments
    return [(each.kind, each.amount, each.status, each.method, each.reference) for each in found]


def test_shopify_by_status():
    total = Decimal("598.94")
    assert shopify_payments() == [("payment", total, "captured", "authorize_net", "")]
    (authorised,) = shopify_payments(financial_status="authorized", total_outstanding="598.94")
    assert authorised[1:3] == (total, "authorised")
    (gift,) = shopify_payments(payment_gateway_names=["gift_card"], gateway=None)
    assert gift[0] == "gift_card"
    partly = shopify_payments(financial_status="partially_paid", total_outstanding="98.94")
    assert [each[1:3] for each in partly] == [
        (Decimal(500), "captured"),
        (Decimal("98.94"), "awaited"),
    ]
    assert shopify_payments(financial_status="partially_paid") == []


def test_shopify_documented_transactions():
    """Source: Shopify's reference of the Transaction resource."""
    document = json.loads((SAMPLES / "shopify" / "transactions.json").read_text())
    assert shopify_payments(transactions=document) == [
        ("payment", Decimal("409.94"), "authorised", "bogus", "authorization-key")
    ]


def transactions(*rows):
    names = ("id", "parent_id", "kind", "amount", "status")
    document, _finding = load(
        json.dumps({"transactions": [dict(zip(names, row, strict=True)) for row in rows]}).encode()
    )
    found = payments.from_transactions(Reader(document))
    return [(each.amount, each.status) for each in found]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, None, "authorization", "10", "success"), (2, 1, "capture", "10", "success")],
         [(10, "captured")]),
        ([(1, None, "authorization", "10", "success"), (2, 1, "capture", "4", "success")],
         [(6, "authorised"), (4, "captured")]),
        ([(1, None, "authorization", "10", "success"), (2, 1, "void", "10", "success")], []),
        ([(1, None, "sale", "10", "success"), (2, 1, "refund", "3", "success")],
         [(7, "captured")]),
        ([(1, None, "sale", "10", "failure"), (2, None, "sale", "10", "pending")], []),
        ([(1, None, "authorization", "10", "success"), (2, 1, "capture", "10", "success"),
          (3, 2, "refund", "10", "success")], []),
        ([(2, 9, "refund", "3", "success"), (3, 9, "capture", "3", "success")],
         [(3, "captured")]),
    ],
)  # fmt: skip
def test_transactions_add_up(rows, expected):
    assert transactions(*rows) == expected


def test_woocommerce():
    document = json.loads((SAMPLES / "woocommerce" / "order_1.json").read_text())
    document |= {"transaction_id": "pi_3TEST"}
    (payment,) = woocommerce.parse(json.dumps(document).encode()).order.payments
    assert (payment.amount, payment.status, payment.reference, payment.paid_at) == (
        Decimal(document["total"]), "captured", "pi_3TEST", "2017-03-22T19:28:08",
    )  # fmt: skip
    document |= {"date_paid": None, "date_paid_gmt": None}
    (payment,) = woocommerce.parse(json.dumps(document).encode()).order.payments
    assert (payment.status, payment.method) == ("awaited", "Direct Bank Transfer")


def test_ubl_prepaid_changes_no_total():
    payload = (SAMPLES / "ubl" / "UC1_Order.xml").read_text()
    before = ubl.parse(payload.encode()).order
    prepaid = payload.replace(
        '<cbc:PayableAmount currencyID="EUR">143.75<',
        '<cbc:PrepaidAmount currencyID="EUR">43.75</cbc:PrepaidAmount>'
        '<cbc:PayableAmount currencyID="EUR">100<',
    )
    assert prepaid != payload
    result = ubl.parse(prepaid.encode())
    (payment,) = result.order.payments
    assert (payment.amount, payment.status) == (Decimal("43.75"), "captured")
    assert (result.order.total, result.findings) == (before.total, ())


def test_amazon_at_the_door_and_by_gift_card():
    spec = json.loads((SAMPLES / "amazon" / "ordersV0.json").read_text())
    assert "PaymentExecutionDetail" in spec["definitions"]["Order"]["properties"]
    money = {"CurrencyCode": "USD", "Amount": "6.00"}
    document = {
        "order": {
            "AmazonOrderId": "902-1",
            "OrderStatus": "Unshipped",
            "OrderTotal": {"CurrencyCode": "USD", "Amount": "10.00"},
            "BuyerInfo": {"BuyerName": "A"},
            "PaymentExecutionDetail": [
                {"Payment": money, "PaymentMethod": "COD"},
                {"Payment": money | {"Amount": "4.00"}, "PaymentMethod": "GC"},
            ],
        },
        "items": {
            "OrderItems": [
                {
                    "OrderItemId": "1",
                    "SellerSKU": "A",
                    "QuantityOrdered": 1,
                    "ItemPrice": money | {"Amount": "10.00"},
                }
            ]
        },
    }
    found = amazon_api.parse(json.dumps(document).encode()).order.payments
    assert [(each.kind, each.amount, each.status) for each in found] == [
        ("payment", 6, "awaited"),
        ("gift_card", 4, "authorised"),
    ]
    del document["order"]["PaymentExecutionDetail"]
    (payment,) = amazon_api.parse(json.dumps(document).encode()).order.payments
    assert (payment.amount, payment.status, payment.method) == (10, "authorised", "Amazon")

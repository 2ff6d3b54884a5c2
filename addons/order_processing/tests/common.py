import base64
import hashlib
import hmac
import json

from odoo import Command
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import file_open

SKUS = ("IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK")
SECRET = "a secret of the tests"


def read_sample(name):
    """Bytes of one of the demo's sample documents, e.g. ``shopify_order_1001.json``."""
    with file_open(f"order_processing/demo/files/{name}", "rb") as sample:
        return sample.read()


def sample_order(number=1001, **changes):
    """A sample Shopify order as a dict, with top-level ``changes`` applied."""
    return json.loads(read_sample(f"shopify_order_{number}.json")) | changes


def sku_order(number, sku="IPOD2008GREEN", **changes):
    """A small order of one line, without taxes, that is its own customer's."""
    return {
        "id": 7000 + number,
        "name": f"#{7000 + number}",
        "email": f"customer{number}@mail.example.com",
        "currency": "USD",
        "total_price": "199.00",
        "total_tax": "0.00",
        "customer": {"first_name": "Customer", "last_name": str(number)},
        "shipping_address": {
            "name": f"Customer {number}",
            "address1": f"{number} Main Street",
            "city": "Louisville",
            "zip": "40202",
            "province_code": "KY",
            "country_code": "US",
        },
        "line_items": [{"id": number, "sku": sku, "title": sku, "quantity": 1, "price": "199.00"}],
    } | changes


def to_payload(document):
    """The bytes a channel would send for ``document``, a JSON value."""
    return json.dumps(document).encode()


def sign(payload, secret=SECRET):
    """Shopify's signature of ``payload``: HMAC-SHA256, base64."""
    return base64.b64encode(hmac.new(secret.encode(), payload, hashlib.sha256).digest()).decode()


class OrderProcessingCase(TransactionCase):
    """A company of its own with a channel, two warehouses, stock and the samples' products.

    Nothing here needs demo data: the records are the test's own, in a company of their own, so
    that the SKUs of the sample documents are free.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.usd = cls.env.ref("base.USD")
        cls.usd.active = True
        cls.company = cls._create_company("Order Suite Test")
        cls.user = new_test_user(
            cls.env,
            "order_channel_user",
            groups="order_processing.group_order_manager,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.company.ids),
        )
        cls.company = cls.company.with_env(cls.env)
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)])[:1]
        cls.warehouse_east, cls.warehouse_west = cls.env["stock.warehouse"].create(
            [
                {"name": "Test East", "code": "TEAST", "company_id": cls.company.id},
                {"name": "Test West", "code": "TWEST", "company_id": cls.company.id},
            ]
        )
        cls.products = cls.env["product.product"].create(
            [
                {
                    "name": f"Test {sku.title()}",
                    "default_code": sku,
                    "type": "consu",
                    "is_storable": True,
                    "invoice_policy": "delivery",
                    "list_price": 199.0,
                    "standard_price": 120.0,
                    "weight": 0.2,
                    "company_id": cls.company.id,
                    "taxes_id": [Command.clear()],
                }
                for sku in SKUS
            ]
        )
        cls.product_green, cls.product_red, cls.product_black = cls.products
        cls._set_stock(cls.product_green, cls.warehouse_east, 50)
        cls._set_stock(cls.product_red, cls.warehouse_east, 50)
        cls._set_stock(cls.product_black, cls.warehouse_west, 50)
        cls.tax_6 = cls._create_tax(6.0)
        cls.channel = cls._create_channel(code="test", tax_policy="line")
        cls.channel_odoo_tax = cls._create_channel(code="test_odoo", tax_policy="odoo")

    @classmethod
    def _create_company(cls, name):
        """A company in USD with a small chart of accounts and its own warehouse."""
        company = cls.env["res.company"].create(
            {"name": name, "currency_id": cls.usd.id, "country_id": cls.env.ref("base.us").id}
        )
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=company, install_demo=False
        )
        return company

    @classmethod
    def _create_tax(cls, rate, company=None, included=False):
        """A percentage sales tax; ``included`` in prices or on top of them."""
        company = company or cls.company
        return (
            cls.env["account.tax"]
            .with_company(company)
            .create(
                {
                    "name": f"Test {rate} %{' incl.' if included else ''}",
                    "amount": rate,
                    "amount_type": "percent",
                    "type_tax_use": "sale",
                    "company_id": company.id,
                    "price_include_override": "tax_included" if included else "tax_excluded",
                }
            )
        )

    @classmethod
    def _create_channel(cls, **vals):
        """A Shopify channel that acts as ``cls.user`` and ships from all test warehouses."""
        code = vals.get("code", "test")
        return cls.env["order.channel"].create(
            {
                "name": f"Shop {code}",
                "code": code,
                "kind": "shopify",
                "company_id": cls.company.id,
                "user_id": cls.user.id,
                "secret": SECRET,
                "warehouse_id": cls.warehouse.id,
                "warehouse_ids": [
                    Command.set((cls.warehouse | cls.warehouse_east | cls.warehouse_west).ids)
                ],
            }
            | vals
        )

    @classmethod
    def _set_stock(cls, product, warehouse, quantity):
        """Put ``quantity`` of ``product`` (its own unit) on the warehouse's stock location."""
        cls.env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, quantity)

    def _take_in(self, document, channel=None, filename="order.json"):
        """Send a document (dict or bytes) through the channel and process it: the intake."""
        payload = document if isinstance(document, bytes) else to_payload(document)
        intake = (channel or self.channel)._receive(payload, filename=filename)
        intake.action_process()
        return intake

"""Channels of every format, and public documents for them.

The samples are read from ``../shared/order-samples`` beside the repository; its README names where
each of them was published.
"""

from pathlib import Path

from odoo import Command

from .common import OrderProcessingCase

SAMPLES = Path(__file__).resolve().parents[3].parent / "shared" / "order-samples"


def sample(name):
    """Bytes of a public document, e.g. ``ubl/Order_Example.xml``."""
    path = SAMPLES / name
    if not path.exists():
        raise AssertionError(f"Public sample ../shared/order-samples/{name} is missing")
    return path.read_bytes()


def canonical(number, **changes):
    """A small order in the addon's own JSON."""
    return {
        "ref": f"C{number}",
        "currency": "USD",
        "total": "20.00",
        "email": f"canonical{number}@mail.example.com",
        "customer_name": "Ann",
        "shipping": {
            "name": "Ann",
            "street": f"{number} Lane",
            "city": "Louisville",
            "zip": "40202",
            "state_code": "KY",
            "country_code": "US",
        },
        "lines": [{"ref": "1", "sku": "IPOD2008RED", "quantity": 2, "unit_price": "10"}],
    } | changes


class FormatCase(OrderProcessingCase):
    """Channels of every kind, with pricelists in the currencies of the samples."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        currencies = cls.env.ref("base.EUR") | cls.env.ref("base.NOK")
        currencies.active = True
        cls.env["product.pricelist"].create(
            [
                {"name": each.name, "currency_id": each.id, "company_id": cls.company.id}
                for each in currencies
            ]
        )

    @classmethod
    def _channel(cls, kind, code="", **vals):
        values = {
            "kind": kind,
            "code": f"{kind}{code}",
            "tax_policy": "line",
            "auto_confirm": False,
        }
        return cls._create_channel(**(values | vals))

    @classmethod
    def _product(cls, name, **vals):
        values = {
            "name": name,
            "type": "consu",
            "company_id": cls.company.id,
            "taxes_id": [Command.clear()],
        }
        return cls.env["product.product"].create(values | vals)

    def _alias(self, channel, kind, code, **vals):
        return self.env["order.channel.alias"].create(
            {"channel_id": channel.id, "kind": kind, "code": code, **vals}
        )

    def assertAccepted(self, intake):
        refused = intake.filtered(lambda each: each.state != "accepted")
        self.assertFalse(refused, refused.mapped(lambda each: (each.state, each.error)))
        return intake.order_id

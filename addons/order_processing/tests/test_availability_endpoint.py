from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import SECRET, SKUS, OrderProcessingCase


@tagged("post_install", "-at_install")
class TestAvailabilityEndpoint(OrderProcessingCase, HttpCase):
    def _ask(self, path, method="GET", json=None, key=SECRET, channel=None):
        channel = channel or self.channel
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        response = self.opener.request(
            method,
            f"{self.base_url()}/order/{path.replace('CHANNEL', str(channel.id))}",
            json=json,
            headers=headers,
            timeout=60,
        )
        return response.status_code, response.json()

    def test_availability_by_sku(self):
        status, answer = self._ask("availability/CHANNEL?sku=IPOD2008GREEN,NONE&sku=IPOD2008BLACK")
        self.assertEqual((status, answer["status"]), (200, "ok"))
        found = {row["sku"]: row["available"] for row in answer["products"]}
        self.assertEqual(found, {"IPOD2008GREEN": 50, "IPOD2008BLACK": 50})
        self.assertEqual(answer["unknown"], ["NONE"])

    def test_all_products(self):
        _status, answer = self._ask("availability/CHANNEL")
        self.assertLessEqual(set(SKUS), {row["sku"] for row in answer["products"]})
        self.assertEqual(answer["unknown"], [])

    def test_a_date(self):
        move = self.env["stock.move"].create(
            {
                "product_id": self.product_green.id,
                "product_uom_qty": 7,
                "product_uom": self.product_green.uom_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.date = fields.Datetime.now() + timedelta(days=3)
        later = (fields.Date.today() + timedelta(days=4)).isoformat()
        for date, expected in (("", 50), (later, 57), (f"{later}T10:00:00Z", 57)):
            answer = self._ask(f"availability/CHANNEL?sku=IPOD2008GREEN&date={date}")[1]
            self.assertEqual(answer["products"][0]["available"], expected)
        self.assertEqual(self._ask("availability/CHANNEL?date=soon")[0], 400)

    def test_only_with_the_key(self):
        for key in (None, "wrong"):
            self.assertEqual(self._ask("availability/CHANNEL", key=key)[0], 401)
            self.assertEqual(self._ask("reservation/CHANNEL", "POST", {}, key=key)[0], 401)
            self.assertEqual(self._ask("reservation/CHANNEL/x", "DELETE", key=key)[0], 401)
        self.assertEqual(self._ask("availability/999999999")[0], 404)

    def test_cart(self):
        cart = {"reference": "#900", "lines": [{"sku": "IPOD2008GREEN", "quantity": 8}]}
        status, answer = self._ask("reservation/CHANNEL", "POST", cart)
        self.assertEqual((status, answer["status"]), (200, "reserved"), answer)
        self.assertEqual(answer["lines"][0]["reserved"], 8)
        _status, found = self._ask("availability/CHANNEL?sku=IPOD2008GREEN")
        self.assertEqual(found["products"][0]["available"], 42)
        cart["lines"][0]["quantity"] = 60
        status, answer = self._ask("reservation/CHANNEL", "POST", cart)
        self.assertEqual((status, answer["status"]), (200, "partial"))
        self.assertEqual(answer["lines"][0]["reserved"], 50)
        self.assertEqual(self._ask("reservation/CHANNEL/%23900", "DELETE")[1]["status"], "released")
        _status, found = self._ask("availability/CHANNEL?sku=IPOD2008GREEN")
        self.assertEqual(found["products"][0]["available"], 50)

    def test_another_channels_cart_is_not_its_own(self):
        cart = {"reference": "same", "lines": [{"sku": "IPOD2008GREEN", "quantity": 8}]}
        self._ask("reservation/CHANNEL", "POST", cart)
        self._ask("reservation/CHANNEL/same", "DELETE", channel=self.channel_odoo_tax)
        reserved = self.env["order.reservation"].search([("reference", "=", "same")])
        self.assertEqual(reserved.state, "active")

    def test_bad_carts(self):
        line = {"sku": "IPOD2008GREEN", "quantity": 1}
        for cart in (
            {"lines": [line]},
            {"reference": "x", "lines": []},
            {"reference": "x", "lines": [line] * 201},
            {"reference": "x", "lines": [{"sku": "IPOD2008GREEN", "quantity": -1}]},
            {"reference": "x", "lines": [{"sku": "IPOD2008GREEN", "quantity": True}]},
            {"reference": "x", "lines": [{"sku": "IPOD2008GREEN", "quantity": 1e308}]},
            {"reference": "x", "lines": [{"sku": ["a"], "quantity": 1}]},
            {"reference": "x", "lines": ["a"]},
            {"reference": "x", "lines": [{"sku": "NONE", "quantity": 1}]},
            {"reference": "x", "lines": [line], "minutes": "long"},
        ):
            status, answer = self._ask("reservation/CHANNEL", "POST", cart)
            self.assertEqual((status, answer["status"]), (422, "bad_request"), cart)
            self.assertTrue(answer["reason"])
        self.assertEqual(self._ask("reservation/CHANNEL", "POST", [1])[0], 400)
        self.assertFalse(self.env["order.reservation"].search([("reference", "=", "x")]))

    def test_a_channel_that_does_not_reserve(self):
        self.channel.reservation_minutes = 0
        cart = {"reference": "x", "lines": [{"sku": "IPOD2008GREEN", "quantity": 1}]}
        self.assertEqual(self._ask("reservation/CHANNEL", "POST", cart)[0], 403)

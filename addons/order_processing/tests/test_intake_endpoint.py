import json
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from ..controllers import common
from .common import SECRET, OrderProcessingCase, read_sample, sample_order, sign, to_payload


@tagged("post_install", "-at_install")
class TestIntakeEndpoint(OrderProcessingCase, HttpCase):
    def _post(self, payload, signature=None, channel=None, headers=None):
        """Post to a channel's address: the HTTP status and the answer's JSON."""
        channel_id = channel.id if channel is not None else self.channel.id
        sent = {"Content-Type": "application/json"} | (headers or {})
        if signature is not False:
            sent["X-Shopify-Hmac-Sha256"] = signature or sign(payload)
        response = self.url_open(f"/order/intake/{channel_id}", data=payload, headers=sent)
        return response.status_code, response.json()

    def _count(self):
        return self.env["order.intake"].search_count([("channel_id", "=", self.channel.id)])

    def test_signed_order_and_its_replay(self):
        payload = read_sample("shopify_order_1001.json")
        status, answer = self._post(payload, headers={"X-Shopify-Topic": "orders/create"})
        self.assertEqual((status, answer["status"]), (201, "accepted"), answer)
        intake = self.env["order.intake"].browse(answer["intake"])
        self.assertEqual(answer["order"], intake.order_id.name)
        self.assertEqual(intake.order_id.amount_total, 598.94)
        self.assertEqual(intake.source, "webhook")
        status, again = self._post(payload)
        self.assertEqual((status, again["order"]), (200, answer["order"]))
        self.assertEqual(self._count(), 1)

    def test_unsigned_and_wrongly_signed(self):
        payload = read_sample("shopify_order_1001.json")
        for signature in (False, "bm90IGl0", "ä", sign(payload, SECRET + "x"), sign(b"other")):
            if signature == "ä":
                signature = "ä".encode()
            status, answer = self._post(payload, signature)
            self.assertEqual((status, answer["status"]), (401, "not_signed"))
            self.assertIn("secret", answer["reason"])
        self.assertFalse(self._count())

    def test_nobody_can_try_keys(self):
        payload = read_sample("shopify_order_1001.json")
        other = self.channel.copy({"code": "other", "secret": SECRET})
        with patch.object(common, "MOST_MISSES", 2):
            for status in (401, 401, 429):
                response = self.url_open(
                    f"/order/intake/{self.channel.id}",
                    data=payload,
                    headers={"Content-Type": "application/json"},
                )
                self.assertEqual(response.status_code, status)
            self.assertEqual(response.headers["Retry-After"], str(common.MISS_SECONDS))
            # Not even the right one, so that a hit can't be told from a miss; others go on.
            self.assertEqual(self._post(payload), (429, response.json()))
            self.assertEqual(self._post(payload, channel=other)[0], 201)
            self.env["order.portal.rate"].search([("key", "like", "key:")]).date = "2020-01-01"
            self.assertEqual(self._post(payload)[0], 201)

    def test_channel_without_a_secret_takes_nothing(self):
        self.channel.secret = False
        self.assertEqual(self._post(b"{}", sign(b"{}", ""))[0], 401)

    def test_malformed(self):
        status, answer = self._post(b'{"id": 1, "line_items": [')
        self.assertEqual((status, answer["status"]), (422, "rejected"))
        self.assertIn("isn't complete JSON", answer["reason"])
        self.assertEqual(answer["findings"][0]["code"], "not_json")
        self.assertEqual(self._count(), 1)

    def test_wrong_total_then_corrected_then_changed(self):
        status, answer = self._post(to_payload(sample_order(1001, total_price="409.94")))
        self.assertEqual((status, answer["findings"][0]["code"]), (201, "wrong_total"))
        self.assertIn("409.94 USD", answer["findings"][0]["message"])
        status, answer = self._post(to_payload(sample_order(1001)))
        self.assertEqual((status, answer["status"]), (200, "accepted"))
        status, answer = self._post(to_payload(sample_order(1001, note="Changed")))
        self.assertEqual((status, answer["status"]), (200, "accepted"))
        changed = sample_order(1001, note="Changed", email="somebody@else.example")
        status, answer = self._post(to_payload(changed))
        self.assertEqual((status, answer["status"]), (409, "rejected"))
        self.assertIn("by hand", answer["reason"])

    def test_no_such_channel(self):
        payload = b"{}"
        self.assertEqual(self._post(payload, channel=self.channel.browse(2**30))[0], 404)
        self.channel.active = False
        self.assertEqual(self._post(payload)[0], 404)
        self.channel.write({"active": True, "kind": "manual"})
        self.assertEqual(self._post(payload)[0], 404)

    def test_too_large(self):
        status, answer = self._post(b"x" * (5 * 1024 * 1024 + 1), "any")
        self.assertEqual((status, answer["status"]), (413, "too_large"))

    def test_not_posted(self):
        response = self.url_open(f"/order/intake/{self.channel.id}")
        self.assertEqual((response.status_code, response.headers["Allow"]), (405, "POST"))
        self.assertEqual(json.loads(response.content)["status"], "not_allowed")

    def test_other_topics_are_ignored(self):
        payload = to_payload(sample_order(1001))
        status, answer = self._post(payload, headers={"X-Shopify-Topic": "products/update"})
        self.assertEqual((status, answer["status"]), (200, "ignored"))
        status, answer = self._post(payload, headers={"X-Shopify-Test": "true"})
        self.assertEqual((status, answer["status"]), (200, "ignored"))
        self.assertFalse(self._count())

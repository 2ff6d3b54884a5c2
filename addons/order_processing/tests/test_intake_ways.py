import json
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import SECRET, sign
from .common_ways import BEARER, WaysCase, json_order, woo_order


@tagged("post_install", "-at_install")
class TestIntakeWays(WaysCase, HttpCase):
    def _post(self, channel, document, headers=None, mimetype="application/json"):
        payload = document if isinstance(document, bytes) else self.dump(document)
        sent = {"Content-Type": mimetype} | (headers or {})
        answer = self.url_open(
            f"/order/intake/{channel.id}", data=payload, headers=sent, timeout=120
        )
        return answer.status_code, answer.json()

    def _by_woo(self, document, **headers):
        payload = self.dump(document)
        signed = {"X-WC-Webhook-Signature": sign(payload)} | headers
        return self._post(self.channel_woo, payload, signed)

    def _count(self, channel):
        return self.env["order.intake"].search_count([("channel_id", "=", channel.id)])

    # === PROOF OF SENDER === #

    def test_default_proof_by_kind(self):
        proofs = [each.auth for each in (self.channel, self.channel_json, self.channel_woo)]
        self.assertEqual(proofs, ["shopify", "key", "woocommerce"])

    def test_api_key(self):
        status, answer = self._post(self.channel_json, json_order(1), BEARER)
        self.assertEqual((status, answer["status"]), (201, "accepted"), answer)
        self.assertEqual(self.env["order.intake"].browse(answer["intake"]).source, "api")
        for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": SECRET}):
            status, answer = self._post(self.channel_json, json_order(2), wrong)
            self.assertEqual((status, answer["status"]), (401, "not_signed"))
        # A signature is no API key, and the other way round.
        payload = self.dump(json_order(2))
        signed = {"X-Shopify-Hmac-Sha256": sign(payload)}
        self.assertEqual(self._post(self.channel_json, payload, signed)[0], 401)
        self.assertEqual(self._post(self.channel, payload, BEARER)[0], 401)
        self.assertEqual(self._count(self.channel_json), 1)

    def test_woocommerce(self):
        topic = {"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Delivery-ID": "abc123"}
        status, answer = self._by_woo(woo_order(501), **topic)
        self.assertEqual((status, answer["status"]), (201, "accepted"), answer)
        intake = self.env["order.intake"].browse(answer["intake"])
        self.assertEqual((intake.filename, intake.source), ("abc123.json", "webhook"))
        status, answer = self._by_woo(woo_order(502), **{"X-WC-Webhook-Topic": "product.updated"})
        self.assertEqual((status, answer["status"]), (200, "ignored"))
        forged = {"X-WC-Webhook-Signature": sign(b"other")}
        self.assertEqual(self._post(self.channel_woo, woo_order(503), forged)[0], 401)
        self.assertEqual(self._count(self.channel_woo), 1)

    def test_woocommerce_is_not_refused_what_was_kept(self):
        """Five refusals would make the shop drop its webhook."""
        status, answer = self._by_woo(woo_order(504, currency="QQQ"))
        self.assertEqual((status, answer["status"]), (200, "rejected"))
        self.assertTrue(answer["reason"])

    def test_woocommerce_ping(self):
        ping = {"mimetype": "application/x-www-form-urlencoded"}
        status, answer = self._post(self.channel_woo, b"webhook_id=7", **ping)
        self.assertEqual((status, answer["status"]), (200, "ignored"))
        self.assertEqual(self._post(self.channel_woo, b"a=b", **ping)[0], 415)
        self.assertEqual(self._post(self.channel_json, b"webhook_id=7", **ping)[0], 415)
        self.assertFalse(self._count(self.channel_woo))

    def test_content_types(self):
        for mimetype, expected in (("text/csv", 415), ("application/vnd.x+json", 201)):
            status, answer = self._post(self.channel_json, json_order(3), BEARER, mimetype)
            self.assertEqual(status, expected, answer)
        status, _answer = self._post(
            self.channel_json, json_order(3), BEARER, "application/octet-stream"
        )
        self.assertEqual(status, 200)

    def test_change_over_of_the_secret(self):
        self.channel_json.action_rotate_secret()
        self.assertNotEqual(self.channel_json.secret, SECRET)
        self.assertEqual(self._post(self.channel_json, json_order(4), BEARER)[0], 201)
        now = {"Authorization": f"Bearer {self.channel_json.secret}"}
        self.assertEqual(self._post(self.channel_json, json_order(4), now)[0], 200)
        self.channel_json.former_secret_until = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(self._post(self.channel_json, json_order(4), BEARER)[0], 401)
        self.channel_json.action_rotate_secret()
        self.channel_json.action_renew_secret()
        self.assertEqual(self._post(self.channel_json, json_order(4), now)[0], 401)

    def test_number_beyond_the_database(self):
        self.assertEqual(self._post(self.channel.browse(2**31), json_order(1))[0], 404)
        self.assertEqual(self.url_open(f"/order/status/{2**40}/x").status_code, 404)
        self.assertEqual(self.url_open(f"/order/answer/{2**40}").status_code, 401)

    # === IDEMPOTENCY KEY === #

    def test_idempotency_key(self):
        key = BEARER | {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
        status, first = self._post(self.channel_json, json_order(5), key)
        self.assertEqual(status, 201, first)
        status, again = self._post(self.channel_json, json_order(5), key)
        self.assertEqual((status, again["order"]), (200, first["order"]))
        status, other = self._post(self.channel_json, json_order(6), key)
        self.assertEqual((status, other["status"]), (422, "key_reused"))
        self.assertIn("key of its own", other["reason"])
        self.assertEqual(self._count(self.channel_json), 1)
        # Another channel's keys are its own.
        other = self._create_channel(code="json2", kind="json", tax_policy="line")
        self.assertEqual(self._post(other, json_order(6), key)[0], 201)

    def test_bad_idempotency_key(self):
        for key in ("x" * 256, '""', "a b"):
            sent = BEARER | {"Idempotency-Key": key}
            status, answer = self._post(self.channel_json, json_order(7), sent)
            self.assertEqual((status, answer["status"]), (400, "bad_key"))
        self.assertFalse(self._count(self.channel_json))

    def test_several_orders_in_one_document(self):
        bad = json_order(9, sku="NEVER-SEEN")
        body = {"orders": [json_order(8), bad]}
        key = BEARER | {"Idempotency-Key": "two"}
        for expected in (201, 200):
            status, answer = self._post(self.channel_json, body, key)
            self.assertEqual((status, answer["status"]), (207, "several"), answer)
            statuses = [each["http_status"] for each in answer["documents"]]
            self.assertEqual(statuses, [expected, 422])
        self.assertEqual(self._count(self.channel_json), 2)

    def test_many_orders_in_one_document_are_a_batch(self):
        many = {"orders": [json_order(100 + n) for n in range(21)]}
        status, answer = self._post(self.channel_json, many, BEARER)
        self.assertEqual((status, len(answer["documents"])), (207, 21))
        batch = self.env["order.intake.batch"].search([("channel_id", "=", self.channel_json.id)])
        self.assertEqual((batch.total, batch.accepted), (21, 21))

    # === STATUS === #

    def _status(self, reference, headers=BEARER, channel=None):
        path = f"/order/status/{(channel or self.channel_json).id}/{reference}"
        answer = self.url_open(path, headers=headers)
        return answer.status_code, answer.json()

    def test_status(self):
        intake = self._take_in(json_order(10), self.channel_json)
        self.assertEqual(intake.state, "accepted", intake.error)
        status, answer = self._status("J10")
        self.assertEqual((status, answer["order"]), (200, intake.order_id.name))
        self.assertEqual((answer["state"], answer["total"]), ("sale", "199.00"))
        self.assertEqual(answer["step"], intake.order_id.flow_step)
        self.assertEqual(answer["deliveries"][0]["lines"][0]["sku"], "IPOD2008GREEN")
        self.assertFalse(answer["deliveries"][0]["parcels"])
        self.assertEqual(self._status("PO-10")[1], answer)
        picking = intake.order_id.picking_ids
        picking.carrier_tracking_ref = "1Z999"
        picking.move_ids.quantity = 1
        picking.move_ids.picked = True
        picking.button_validate()
        answer = self._status("J10")[1]
        self.assertEqual(answer["deliveries"][0]["state"], "shipped")
        self.assertRegex(answer["deliveries"][0]["shipped_at"], r"^\d{4}-\d\d-\d\dT[\d:]{8}Z$")
        parcel = {"tracking_number": "1Z999", "tracking_url": None}
        self.assertEqual(answer["deliveries"][0]["parcels"], [parcel])

    def test_status_of_what_is_no_order_yet(self):
        self._take_in(json_order(11, sku="NEVER-SEEN"), self.channel_json)
        status, answer = self._status("J11")
        self.assertEqual((status, answer["status"]), (200, "rejected"))
        self.assertIn("NEVER-SEEN", answer["reason"])
        self.assertNotIn("order", answer)

    def test_status_only_for_the_channel_itself(self):
        self._take_in(json_order(12), self.channel_json)
        self.assertEqual(self._status("J12", {})[0], 401)
        self.assertEqual(self._status("J12", {"Authorization": "Bearer no"})[0], 401)
        other = self._create_channel(code="json3", kind="json")
        status, answer = self._status("J12", channel=other)
        self.assertEqual((status, answer["status"]), (404, "unknown_order"))
        self.assertEqual(self._status("nothing%2Flike%20it")[0], 404)

    def test_page_for_programmers(self):
        answer = self.url_open("/order/api")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("text/html", answer.headers["Content-Type"])
        self.assertNotIn("<script", answer.text)
        for word in ("/order/status/{channel}/{reference}", "Idempotency-Key", "order.schema.json"):
            self.assertIn(word, answer.text)
        schema = self.url_open("/order_processing/static/openapi/order.schema.json")
        self.assertEqual(json.loads(schema.content)["title"], "Order")

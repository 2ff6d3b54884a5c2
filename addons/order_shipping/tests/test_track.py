import base64
import datetime
import hashlib
import hmac
import json

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.order_shipping.carriers.base import TrackEvent

from .common import ShippingCase
from .test_network import NetworkCase


@tagged("post_install", "-at_install")
class TestTrack(NetworkCase):
    def make_shipped(self, carrier=None):
        picking = self.make_rated()
        if carrier:
            picking.carrier_id = carrier
        picking.action_buy_label()
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def run_job(self):
        self.env.flush_all()
        self.env.ref("order_shipping.ir_cron_track").method_direct_trigger()
        self.env.invalidate_all()

    def scan(self, label, *scans):
        self.stub.scans[label.tracking_number] = [
            (kind, code, words, day, "101500") for kind, code, words, day in scans
        ]

    def test_events_are_kept_once_and_the_order_hears_of_the_arrival(self):
        picking = self.make_shipped()
        label = picking.label_ids
        self.scan(label, ("M", "MP", "Label created", "20261120"))
        label.action_track()
        self.assertEqual(label.track_status, "label_created")
        self.scan(
            label,
            ("M", "MP", "Label created", "20261120"),
            ("I", "DP", "Departed", "20261121"),
            ("D", "F4", "Delivered", "20261122"),
        )
        for _again in range(2):
            label._track()
        self.assertEqual(len(label.track_event_ids), 3)
        self.assertEqual(label.track_status, "delivered")
        self.assertEqual(label.date_track, datetime.datetime(2026, 11, 22, 10, 15))
        events = self.events(picking.sale_id, "deliver")
        self.assertEqual(len(events), 1)
        parcel = events.details["transfers"][0]["parcels"][0]
        self.assertEqual(parcel["tracking"], label.tracking_number)

    def test_late_news_of_earlier_scans_change_nothing(self):
        label = self.make_shipped().label_ids
        time = datetime.datetime(2026, 11, 22, 10)
        number = label.tracking_number
        label._keep_events({label: [TrackEvent(number, "delivered", time)]})
        earlier = time - datetime.timedelta(days=1)
        label._keep_events({label: [TrackEvent(number, "in_transit", earlier)]})
        self.assertEqual(label.track_status, "delivered")

    def test_trouble_asks_a_person_once(self):
        picking = self.make_shipped()
        label = picking.label_ids
        self.scan(label, ("X", "A1", "The receiver has moved", "20261121"))
        for _again in range(2):
            label._track()
        self.assertEqual(label.track_status, "delayed")
        self.assertEqual(len(picking.activity_ids), 1)
        self.assertIn("The receiver has moved", picking.activity_ids.note)

    def test_the_job_asks_for_those_that_are_due(self):
        label = self.make_shipped().label_ids
        self.scan(label, ("I", "DP", "Departed", "20261121"))
        self.run_job()
        self.assertEqual(label.track_status, "in_transit")
        self.assertTrue(label.date_track_next)
        self.scan(label, ("D", "F4", "Delivered", "20261122"))
        self.run_job()
        self.assertEqual(label.track_status, "in_transit")  # not due yet

    def test_a_parcel_nobody_scanned_is_reported(self):
        picking = self.make_shipped()
        picking.date_done = datetime.datetime.now() - datetime.timedelta(days=3)
        self.run_job()
        self.assertIn("never scanned", picking.activity_ids.summary)

    def test_ups_is_asked_to_tell_of_parcels_and_polled_less(self):
        label = self.make_shipped().label_ids
        self.scan(label, ("I", "DP", "Departed", "20261121"))
        self.run_job()
        self.assertFalse(self.stub.subscribed)  # without a secret nobody tells us anything
        self.ups.webhook_secret = "hook-secret"
        label.date_track_next = False
        self.run_job()
        [asked] = self.stub.subscribed
        self.assertEqual(asked["trackingNumberList"], [label.tracking_number])
        self.assertEqual(
            asked["destination"],
            {"url": self.ups.webhook_url, "credentialType": "Bearer", "credential": "hook-secret"},
        )
        self.assertTrue(label.date_subscribed)
        pause = label.date_track_next - datetime.datetime.now()
        self.assertGreater(pause, datetime.timedelta(hours=23))
        self.run_job()
        self.assertEqual(len(self.stub.subscribed), 1)
        label.date_subscribed -= datetime.timedelta(days=14)
        self.run_job()
        self.assertEqual(len(self.stub.subscribed), 2)

    def test_damage_and_loss_ask_a_person(self):
        for words, status in (("Package damaged", "damaged"), ("Package lost", "lost")):
            picking = self.make_shipped()
            label = picking.label_ids
            self.scan(label, ("X", "XX", words, "20261121"))
            label._track()
            self.assertEqual(label.track_status, status)
            self.assertIn(status.title(), picking.activity_ids.summary)

    def test_customers_hear_that_it_waits_or_could_not_be_delivered(self):
        self.company.order_messages = True
        picking = self.make_shipped()
        label = picking.label_ids
        number, time = label.tracking_number, datetime.datetime(2026, 11, 22, 10)
        for hour, status in enumerate(("delivery_failed", "ready_for_pickup", "delivery_failed")):
            event = TrackEvent(number, status, time + datetime.timedelta(hours=hour))
            label._keep_events({label: [event]})
        told = self.env["order.message"].search([("order_id", "=", picking.sale_id.id)])
        kinds = told.filtered(lambda row: row.event == f"parcel:{label.id}").kind_id.mapped("code")
        self.assertEqual(sorted(kinds), ["delivery_failed", "ready_for_pickup"])

    def test_carriers_without_an_interface_are_told_by_hand(self):
        picking = self.make_shipped(self.ground)
        label = picking.label_ids
        with self.assertRaisesRegex(UserError, "no interface"):
            label.action_track()
        label.action_delivered()
        self.assertEqual(label.track_status, "delivered")
        self.assertEqual(len(self.events(picking.sale_id, "deliver")), 1)


@tagged("post_install", "-at_install")
class TestTrackWebhook(ShippingCase, HttpCase):
    """News a carrier sends by itself is taken only with its signature."""

    def post(self, carrier, body, headers):
        headers = {"Content-Type": "application/json"} | headers
        return self.url_open(f"/order_shipping/track/{carrier.id}", data=body, headers=headers)

    def sign(self, body, secret):
        return hmac.new(secret.encode(), body, hashlib.sha256).digest()

    def make_label(self, kind):
        """A parcel of a carrier that sends news, and the carrier."""
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        label = picking.label_ids
        carrier = self.make_carrier(kind, 9, [])
        carrier.write({"delivery_type": kind, "webhook_secret": "hook-secret"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE shipping_label SET carrier_id = %s WHERE id = %s", (carrier.id, label.id)
        )
        label.invalidate_recordset()
        return label, carrier

    def check(self, kind, document, headers):
        """News that are proven move the parcel once; others are refused."""
        label, carrier = self.make_label(kind)
        body = json.dumps(document).replace("NUMBER", label.tracking_number).encode()
        self.assertEqual(self.post(carrier, body, headers(body, "wrong")).status_code, 401)
        label.invalidate_recordset()
        self.assertFalse(label.track_status)
        for _again in range(2):
            proof = headers(body, "hook-secret")
            self.assertEqual(self.post(carrier, body, proof).status_code, 200)
        label.invalidate_recordset()
        self.assertEqual((label.track_status, len(label.track_event_ids)), ("in_transit", 1))
        return label, carrier, body

    def test_signed_news_moves_the_parcel_once(self):
        def headers(body, secret):
            digest = self.sign(body, secret).hex()
            return {"X-Hmac-Signature": f"hmac-sha256-hex={digest}"}

        details = [
            {"status": "in_transit", "message": "Departed", "datetime": "2026-11-21T10:00:00Z"}
        ]
        tracker = {"tracking_code": "NUMBER", "tracking_details": details}
        document = {"description": "tracker.updated", "result": tracker}
        _label, carrier, body = self.check("easypost", document, headers)
        nonsense = b"[1]"
        proof = headers(nonsense, "hook-secret")
        self.assertEqual(self.post(carrier, nonsense, proof).status_code, 400)
        proof = headers(body, "hook-secret")
        self.assertEqual(self.post(self.ground, body, proof).status_code, 401)

    def test_ups_proves_itself_by_the_credential(self):
        document = {
            "trackingNumber": "NUMBER",
            "gmtActivityDate": "20261121",
            "gmtActivityTime": "101500",
            "activityStatus": {"type": "I", "code": "DP", "description": "On the Way"},
        }
        self.check("ups", document, lambda _body, secret: {"credential": secret})

    def test_fedex_signs_with_its_security_token(self):
        scan = {"date": "2026-11-21T10:00:00Z", "eventType": "IT", "eventDescription": "On its way"}
        result = {"trackingNumber": "NUMBER", "trackResults": [{"scanEvents": [scan]}]}
        self.check(
            "fedex",
            {"output": {"completeTrackResults": [result]}},
            lambda body, secret: {"fdx-signature": base64.b64encode(self.sign(body, secret))},
        )

    def test_usps_signs_time_and_payload(self):
        scan = {
            "eventCode": "10",
            "eventType": "In Transit",
            "GMTTimestamp": "2026-11-21T10:00:00Z",
        }
        payload = json.dumps({"trackingNumber": "NUMBER", "trackingEvents": [scan]})

        def headers(body, secret):
            told = json.loads(body)
            signed = (told["timestamp"] + told["payload"]).encode()
            return {"X-HMAC": base64.b64encode(self.sign(signed, secret))}

        document = {"timestamp": "2026-11-21T10:01:00Z", "payload": payload}
        self.check("usps", document, headers)

    def test_without_a_secret_nobody_is_believed(self):
        label, carrier = self.make_label("ups")
        carrier.webhook_secret = False
        self.env.flush_all()
        self.assertEqual(self.post(carrier, b"{}", {"credential": ""}).status_code, 401)
        self.assertFalse(label.track_status)


@tagged("post_install", "-at_install")
class TestProof(NetworkCase):
    def test_the_proof_is_kept_once(self):
        self.ups.service_code = "03"
        picking = self.make_picking()
        picking.carrier_id = self.ups
        picking.action_buy_label()
        label = picking.label_ids
        with self.assertRaisesRegex(UserError, "No parcel was delivered"):
            label.action_fetch_proof()
        picking.with_context(skip_backorder=True).button_validate()
        number = label.tracking_number
        self.stub.scans[number] = [("D", "F4", "Delivered", "20261122", "101500")]
        label.action_track()
        with self.assertRaisesRegex(UserError, "no proof of delivery yet"):
            label.action_fetch_proof()
        self.stub.proof = base64.b64encode(b"<html>Signed by Ann</html>").decode()
        for _again in range(2):
            action = label.action_fetch_proof()
            self.assertIn("with the deliveries: 1.", action["params"]["message"])
        kept = self.env["ir.attachment"].search([("name", "=like", "ProofOfDelivery-%")])
        self.assertEqual(kept.name, f"ProofOfDelivery-{number}.html")
        self.assertEqual((kept.res_id, kept.mimetype), (picking.id, "text/plain"))

    def test_the_carriers_papers_are_kept_once(self):
        dhl = self.make_network("DHL", "dhl_express", "")
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        label = picking.label_ids
        with self.assertRaisesRegex(UserError, "keep no papers"):
            label.action_fetch_documents()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE shipping_label SET carrier_id = %s, shipment_ref = '1234567890' WHERE id = %s",
            (dhl.id, label.id),
        )
        label.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "no new papers"):
            label.action_fetch_documents()
        paper = base64.b64encode(b"%PDF-1.4 what customs wrote").decode()
        self.stub.papers = {"customs-entry": paper}
        self.assertIn("deliveries: 1.", label.action_fetch_documents()["params"]["message"])
        with self.assertRaisesRegex(UserError, "no new papers"):
            label.action_fetch_documents()
        kept = self.env["ir.attachment"].search([("name", "=like", "CarrierPaper-%")])
        self.assertEqual(kept.name, "CarrierPaper-customs-entry-1234567890.pdf")
        self.assertEqual(kept.res_id, picking.id)

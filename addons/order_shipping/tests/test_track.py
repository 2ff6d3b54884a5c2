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

    def post(self, carrier, body, secret="hook-secret"):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hmac-Signature": f"hmac-sha256-hex={digest}",
        }
        return self.url_open(f"/order_shipping/track/{carrier.id}", data=body, headers=headers)

    def test_signed_news_moves_the_parcel_once(self):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        label = picking.label_ids
        easypost = self.make_carrier("EasyPost", 9, [])
        easypost.write({"delivery_type": "easypost", "webhook_secret": "hook-secret"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE shipping_label SET carrier_id = %s WHERE id = %s", (easypost.id, label.id)
        )
        label.invalidate_recordset()
        details = [
            {"status": "in_transit", "message": "Departed", "datetime": "2026-11-21T10:00:00Z"}
        ]
        tracker = {"tracking_code": label.tracking_number, "tracking_details": details}
        body = json.dumps({"description": "tracker.updated", "result": tracker}).encode()
        self.assertEqual(self.post(easypost, body, secret="wrong").status_code, 401)
        self.assertFalse(label.track_status)
        for _again in range(2):
            self.assertEqual(self.post(easypost, body).status_code, 200)
        label.invalidate_recordset()
        self.assertEqual((label.track_status, len(label.track_event_ids)), ("in_transit", 1))
        self.assertEqual(self.post(easypost, b"[1]").status_code, 400)
        self.assertEqual(self.post(self.ground, body).status_code, 401)


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

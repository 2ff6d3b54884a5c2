import io
import re

from PIL import Image

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common_return import ReturnCase

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def picture(kind="PNG", size=(4, 4)):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


@tagged("post_install", "-at_install")
class TestReturnPortal(ReturnCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.order = self.make_shipped(pay=True)
        self.line = self.order.order_line
        self.token = self.order._portal_ensure_token()
        self.stranger = new_test_user(self.env, "return_eve", "base.group_portal")

    def url(self, path="", token=None):
        url = f"/my/orders/{self.order.id}{path}"
        return f"{url}?access_token={token}" if token else url

    def send(self, data, files=None, token=None):
        token = token or self.token
        page = self.url_open(self.url("/return", token))
        found = TOKEN.search(page.text)
        data = {**data, "csrf_token": found[1] if found else "none"}
        return self.url_open(
            self.url("/return/send", token), data=data, files=files, allow_redirects=False
        )

    def form(self, quantity=1, **more):
        return {
            f"line_{self.line.id}": str(quantity),
            f"reason_{self.line.id}": str(self.unwanted.id),
            **more,
        }

    def photos(self, *contents):
        return [("photos", (f"p{i}.png", data, "image/png")) for i, data in enumerate(contents)]

    def test_the_guest_sends_back_with_photos(self):
        page = self.url_open(self.url(token=self.token)).text
        self.assertIn("Send back", page)
        answer = self.send(
            self.form(2, settlement="exchange", note="Too small"), self.photos(picture(), picture())
        )
        self.assertEqual(answer.status_code, 303, answer.text[:400])
        back = self.order.return_ids
        self.assertEqual(
            (back.source, back.settlement, back.state), ("portal", "exchange", "approved")
        )
        self.assertEqual((back.line_ids.quantity, back.line_ids.reason_id), (2, self.unwanted))
        self.assertEqual(back.photo_ids.mapped("mimetype"), ["image/png", "image/png"])
        self.assertEqual(back.photo_ids[0].raw, picture())
        self.assertIn(back.name, self.url_open(self.url(token=self.token)).text)

    def test_what_can_not_come_back_is_told(self):
        cases = [
            self.form(4),
            self.form(0),
            self.form("many"),
            self.form("-1"),
            self.form("nan"),
            {f"line_{self.line.id}": "1"},
            self.form(1) | {f"reason_{self.line.id}": "999999"},
        ]
        for form in cases:
            answer = self.send(form)
            self.assertEqual(answer.status_code, 422, form)
            self.assertIn('role="alert"', answer.text)
        self.assertFalse(self.order.return_ids)

    def test_a_reason_that_is_not_offered_is_refused(self):
        hidden = self.env.ref("order_shipping.return_reason_undeliverable")
        form = self.form(1) | {f"reason_{self.line.id}": str(hidden.id)}
        self.assertEqual(self.send(form).status_code, 422)

    def test_uploads_are_checked_by_what_they_are(self):
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        bad = [
            [svg],
            [b"%PDF-1.4"],
            [picture()[:20]],
            [picture()] * 6,
            [picture() + b"0" * (8 * 1024 * 1024)],
        ]
        for contents in bad:
            answer = self.send(self.form(), self.photos(*contents))
            self.assertEqual(answer.status_code, 422, [content[:12] for content in contents])
        self.assertFalse(self.order.return_ids)
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "=", "shipping.return")]))

    def test_every_route_refuses_others(self):
        back = self.make_return(self.order, 1)
        routes = ["/return", f"/return/{back.id}/label"]
        forged = "0" * len(self.token)
        for token in (None, forged):
            for path in routes:
                self.assertEqual(self.url_open(self.url(path, token)).status_code, 404)
        page = self.url_open(self.url("/return", self.token))
        csrf = TOKEN.search(page.text)[1]
        for token in (None, forged):
            data = {**self.form(), "csrf_token": csrf}
            answer = self.url_open(self.url("/return/send", token), data=data)
            self.assertEqual(answer.status_code, 404)
        self.order.date_link_expires = "2020-01-01"
        for path in routes:
            self.assertEqual(self.url_open(self.url(path, self.token)).status_code, 404)
        self.authenticate("return_eve", "return_eve")
        for path in routes:
            self.assertEqual(self.url_open(self.url(path)).status_code, 404)
        self.assertEqual(self.order.return_ids, back)

    def test_the_label_is_the_customers_to_print(self):
        self.policy.carrier_id = self.ground
        back = self.make_return(self.order, 1, source="portal")
        missing = self.url_open(self.url(f"/return/{back.id}/label", self.token))
        self.assertEqual(missing.status_code, 404)
        back.picking_ids._buy_return_label_job()
        self.assertEqual(back.state, "label_sent")
        answer = self.url_open(self.url(f"/return/{back.id}/label", self.token))
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        other = self.make_return(self.make_shipped(), 1)
        wrong = self.url_open(self.url(f"/return/{other.id}/label", self.token))
        self.assertEqual(wrong.status_code, 404)

    def test_parcels_are_shown_with_their_scans(self):
        order = self.make_order(self.goods)
        picking = order.picking_ids
        picking.carrier_id = self.ground
        picking.action_assign()
        picking.action_buy_label()
        self.assertEqual(order._get_change_stage(), "labelled")
        picking.move_ids.picked = True
        picking.button_validate()
        label = picking.label_ids
        label.action_delivered()
        (parcel,) = order._get_customer_parcels()
        self.assertEqual((parcel["number"], parcel["status"]), (label.tracking_number, "Delivered"))
        self.assertEqual(len(parcel["events"]), 1)
        page = self.url_open(f"/my/orders/{order.id}?access_token={order._portal_ensure_token()}")
        self.assertIn(label.tracking_number, page.text)
        self.assertIn("Your goods have arrived.", page.text)

    def test_a_change_voids_the_label(self):
        order = self.make_order(self.goods, 2)
        picking = order.picking_ids
        picking.carrier_id = self.ground
        picking.action_assign()
        picking.action_buy_label()
        change = self.env["order.change"]._ask(order, {"cancel": True}, "portal")
        self.assertEqual(change.state, "asked")
        change.action_accept()
        self.assertEqual((picking.label_ids.state, order.state), ("voided", "cancel"))


@tagged("post_install", "-at_install")
class TestPayBack(ReturnCase):
    """Money goes back to the payment it came with, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.method = cls.env.ref("payment.payment_method_unknown")
        cls.method.support_refund = "partial"
        cls.provider = cls.env["payment.provider"].create(
            {
                "name": "Test Pay",
                "code": "none",
                "state": "test",
                "company_id": cls.company.id,
                "payment_method_ids": [Command.set(cls.method.ids)],
            }
        )

    def setUp(self):
        super().setUp()
        self.calls = []
        provider, transaction = type(self.provider), self.env.registry["payment.transaction"]

        def features(providers):
            providers.support_refund = "partial"

        self.patch(provider, "_compute_feature_support_fields", features)
        self.provider.invalidate_recordset(["support_refund"])
        calls = self.calls

        def send(tx):
            calls.append((tx.id, tx.amount))

        self.patch(transaction, "_send_refund_request", send)

    def make_refunded(self, **vals):
        order = self.make_shipped(pay=True)
        invoice = order.invoice_ids
        self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": order.name,
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": self.partner.id,
                "state": "done",
                "operation": "online_direct",
                "payment_id": invoice.matched_payment_ids.id,
                "invoice_ids": [Command.set(invoice.ids)],
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        back = self.make_return(order, 1, **vals)
        back.action_approve()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        return back

    def test_asked_after_the_commit_and_only_once(self):
        note = self.make_refunded().refund_ids
        self.assertEqual(self.calls, [])
        request = note.payment_request_ids
        self.assertEqual(
            (request.kind, request.state, request.amount), ("refund", "waiting", 21.99)
        )
        self.assertFalse(note.activity_ids, "a provider pays it back: nobody is asked to")
        with self.enter_registry_test_mode():
            cron = self.env.ref("order_processing.cron_order_payment_request")
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.assertEqual([amount for _tx, amount in self.calls], [-21.99])

    def test_store_credit_stays_here(self):
        note = self.make_refunded(settlement="credit").refund_ids
        self.assertFalse(note.payment_request_ids)
        self.assertEqual(note.amount_residual, 21.99)

import datetime
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_flow import FlowCommon


@tagged("post_install", "-at_install")
class TestMessage(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"order_messages": True, "order_quiet_from": 21.0, "order_quiet_to": 8.0})
        cls.partner.write({"email": "bob@example.com", "tz": "UTC"})
        cls.messages = cls.env["order.message"]

    def _kinds(self, order):
        rows = self.messages.search([("order_id", "=", order.id)], order="id")
        return [row.kind_id.code for row in rows]  # mapped() would tell each once

    def _released(self, **vals):
        order = self._order((self.green, 1), **vals)
        order.action_confirm()
        return order

    def _send(self, order):
        order.message_outbox_ids.date_due = "2020-01-01"
        order.message_outbox_ids._send()

    def test_one_message_for_each_step(self):
        order = self._released()
        self.assertEqual(self._kinds(order), ["received"])
        self._ship(order.picking_ids)
        order._record_event("ship", "East by Ground, tracking 1")
        order._record_event("deliver", "East")
        kinds = self._kinds(order)
        self.assertEqual(kinds.count("received"), 1)
        self.assertIn("shipped", kinds)
        self.assertEqual([kinds.count("delivered"), kinds.count("rating")], [1, 1])
        rating = order.message_outbox_ids.filtered(lambda m: m.kind_id.code == "rating")
        self.assertGreater(rating.date_due, rating.create_date + datetime.timedelta(days=2))

    def test_never_twice(self):
        order = self._released()
        self.messages._queue(order, "received")
        self.assertEqual(self._kinds(order), ["received"])
        row = order.message_outbox_ids
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            row.copy({"order_id": order.id, "kind_id": row.kind_id.id, "event": row.event})
        self._send(order)
        mail = row.mail_id
        self.assertEqual(row.state, "sent")
        row._send()
        self.assertEqual(row.mail_id, mail)
        found = self.env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "=", order.id)]
        )
        self.assertEqual(len(found), 1)

    def test_in_the_customers_language_with_a_link(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.env.ref("order_processing.mail_template_order_received")
        template.with_context(lang="de_DE").subject = "Bestellung {{ object.name }} ist da"
        self.partner.lang = "de_DE"
        order = self._released()
        self._send(order)
        mail = order.message_outbox_ids.mail_id
        self.assertEqual(mail.subject, f"Bestellung {order.name} ist da")
        self.assertIn(f"/my/orders/{order.id}?access_token={order.access_token}", mail.body_html)
        self.assertIn("bob@example.com", mail.email_to)

    def test_a_channel_has_its_own_words_or_none(self):
        kind = self.env.ref("order_processing.order_message_kind_received")
        own = kind.template_id.copy({"subject": "From our shop: {{ object.name }}"})
        kind.channel_template_ids = [
            Command.create({"channel_id": self.channel.id, "template_id": own.id})
        ]
        order = self._released()
        self._send(order)
        self.assertEqual(order.message_outbox_ids.mail_id.subject, f"From our shop: {order.name}")
        other = self._released(channel=False)
        self._send(other)
        self.assertIn("We have received", other.message_outbox_ids.mail_id.subject)
        self.channel.customer_messages = False
        self.assertFalse(self._kinds(self._released()))

    def test_what_customers_decline_is_not_sent(self):
        kind = self.env.ref("order_processing.order_message_kind_received")
        self.partner.order_message_muted_ids = kind
        self.assertFalse(self._kinds(self._released()))
        self.partner.order_message_muted_ids = False
        order = self._released()
        self.partner.order_message_muted_ids = kind
        self._send(order)
        self.assertEqual(order.message_outbox_ids.state, "skipped")

    def test_text_messages_go_along_where_customers_want_them(self):
        kind = self.env.ref("order_processing.order_message_kind_received")
        kind.sms_text = "Order {order} is here. {news}"
        self.partner.write({"phone": "+14155550199", "order_message_sms": False})
        texts = self.env["sms.sms"].search([])
        self._send(self._released())
        self.assertEqual(self.env["sms.sms"].search([]), texts)  # nobody asked for one
        self.partner.order_message_sms = True
        order = self._released()
        for _again in range(2):
            self._send(order)
        sent = self.env["sms.sms"].search([]) - texts
        self.assertEqual((sent.body, sent.number), (f"Order {order.name} is here.", "+14155550199"))
        self.assertEqual(sent.state, "outgoing")
        self.assertTrue(order.message_outbox_ids.mail_id)
        # Who has no address is told all the same; who declined is not.
        self.partner.email = False
        other = self._released()
        self._send(other)
        self.assertEqual(
            (other.message_outbox_ids.state, other.message_outbox_ids.is_texted), ("sent", True)
        )
        late = self._released()
        self.partner.order_message_muted_ids = kind
        self._send(late)
        self.assertEqual(
            (late.message_outbox_ids.state, late.message_outbox_ids.is_texted), ("skipped", False)
        )

    def test_answers_are_sent_also_where_nothing_else_is(self):
        self.company.order_messages = False
        order = self._released()
        self.assertFalse(self._kinds(order))
        self.env["order.change"]._ask(order, {"cancel": True}, "portal")
        self.assertEqual(self._kinds(order), ["changed"])

    def test_quiet_hours_are_the_customers(self):
        self.partner.tz = "America/New_York"
        with freeze_time("2026-01-10 03:00:00"):
            order = self._released()
        self.assertEqual(order.message_outbox_ids.date_due, datetime.datetime(2026, 1, 10, 13, 0))
        with freeze_time("2026-01-10 12:59:00"):
            order.message_outbox_ids._send()
            self.assertEqual(order.message_outbox_ids.state, "waiting")
        with freeze_time("2026-01-10 13:00:00"):
            order.message_outbox_ids._send()
        self.assertEqual(order.message_outbox_ids.state, "sent")

    def test_one_bad_message_stops_no_other(self):
        good, bad = self._released(), self._released()
        rows = good.message_outbox_ids | bad.message_outbox_ids
        rows.date_due = "2020-01-01"
        one = type(rows)._send_one

        def fail(message):
            if message.order_id == bad:
                raise ValueError("no such field")
            return one(message)

        with patch.object(type(rows), "_send_one", fail):
            rows._send()
        self.assertEqual(good.message_outbox_ids.state, "sent")
        self.assertEqual(bad.message_outbox_ids.state, "failed")
        self.assertIn("no such field", bad.message_outbox_ids.reason)
        bad.message_outbox_ids.with_user(self.desk).action_retry()
        self.assertEqual(bad.message_outbox_ids.state, "sent")

    def test_without_an_address_nothing_is_sent(self):
        order = self._released()
        self.partner.email = False
        self._send(order)
        self.assertEqual(order.message_outbox_ids.state, "skipped")

    def test_late_orders_are_told_once_for_each_promise(self):
        order = self._released()
        order.commitment_date = datetime.datetime.now() - datetime.timedelta(days=1)
        self.env["sale.order"]._cron_tell_delayed()
        self.env["sale.order"]._cron_tell_delayed()
        self.assertEqual(self._kinds(order).count("delayed"), 1)

    def test_an_address_hold_asks_the_customer(self):
        order = self._order((self.green, 1))
        order._place_hold("address", "release", "No street")
        self.assertIn("held", self._kinds(order))
        credit = order._place_hold("credit", "release", "Too much")
        self.assertEqual(self._kinds(order).count("held"), 1)
        credit.action_ask_customer()
        credit.action_ask_customer()
        self.assertEqual(self._kinds(order).count("held"), 2)

    def test_a_credit_note_is_told(self):
        order = self._released()
        self._ship(order.picking_ids)
        invoice = order.invoice_ids  # the channel bills what has shipped
        self.assertEqual(invoice.state, "posted")
        self.assertNotIn("refunded", self._kinds(order))
        invoice._reverse_moves().action_post()
        self.assertIn("refunded", self._kinds(order))

    def test_ratings_are_asked_given_and_answered(self):
        order = self._released()
        order.user_id = self.salesman
        url = order._get_rating_url(1)
        token = url.split("/")[-2]
        rating = self.env["rating.rating"].search([("access_token", "=", token)])
        self.assertEqual((rating.res_id, rating.partner_id), (order.id, self.partner))
        self.assertEqual(rating.rated_partner_id, self.salesman.partner_id)
        order.rating_apply(1, token=token, feedback="Late and wet")
        order.invalidate_recordset()
        self.assertEqual((order.rating_count, order.rating_value), (1, 1.0))
        self.assertIn("An unhappy customer", order.activity_ids.mapped("summary"))
        self.assertEqual(order.action_view_ratings()["domain"][1], ("res_id", "in", order.ids))

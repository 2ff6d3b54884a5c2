from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_ways import WaysCase, json_order


@tagged("post_install", "-at_install")
class TestChannelHealth(WaysCase):
    def _came_at(self, intake, moment):
        intake.flush_recordset()
        self.env.cr.execute(
            "UPDATE order_intake SET create_date = %s WHERE id = %s", (moment, intake.id)
        )
        intake.channel_id.invalidate_recordset()

    def _alerts(self):
        return self.channel_json.activity_ids

    def test_figures_of_all_channels_in_one_query(self):
        for number in (1, 2, 3):
            self._take_in(json_order(number), self.channel_json)
        self._take_in(json_order(4, sku="NEVER-SEEN"), self.channel_json)
        old = self._take_in(json_order(5, sku="NEVER-SEEN"), self.channel_json)
        self._came_at(old, datetime.now() - timedelta(days=8))
        channels = self.channel_json | self.channel_woo | self.channel
        channels.mapped("name")
        self.env.flush_all()
        with self.assertQueryCount(1):
            channels.mapped("error_rate")
        channel = self.channel_json
        self.assertEqual((channel.recent_count, channel.backlog_count), (4, 2))
        self.assertEqual(channel.error_rate, 25)
        self.assertTrue(channel.last_message_at)
        self.assertFalse(self.channel_woo.last_message_at)

    def test_silence_counts_working_hours_only(self):
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "40 h", "tz": "UTC", "company_id": self.company.id}
        )
        intake = self._take_in(json_order(1), self.channel_json)
        self.channel_json.silence_hours = 6
        friday = datetime(2025, 6, 13, 16, 0)
        self._came_at(intake, friday)
        with freeze_time(friday + timedelta(days=2, hours=18)):  # Monday, 10 o'clock
            self.assertFalse(self.channel_json.is_silent)
        self.channel_json.invalidate_recordset()
        with freeze_time(friday + timedelta(days=3)):
            self.assertTrue(self.channel_json.is_silent)
        self.company.resource_calendar_id = False
        self.channel_json.invalidate_recordset()
        with freeze_time(friday + timedelta(days=2)):
            self.assertTrue(self.channel_json.is_silent)

    def test_one_alert_until_a_message_comes(self):
        Channel = self.env["order.channel"]
        intake = self._take_in(json_order(1), self.channel_json)
        self.channel_json.silence_hours = 2
        self._came_at(intake, datetime.now() - timedelta(days=10))
        Channel._cron_check_silence()
        Channel._cron_check_silence()
        self.assertEqual(len(self._alerts()), 1)
        self.assertEqual(self._alerts().user_id, self.user)
        self.assertIn("more than 2 working hours", self._alerts().note)
        self._take_in(json_order(2), self.channel_json)
        self.channel_json.invalidate_recordset()
        Channel._cron_check_silence()
        self.assertFalse(self._alerts())

    def test_no_alert_unless_asked_for(self):
        intake = self._take_in(json_order(1), self.channel_json)
        self._came_at(intake, datetime.now() - timedelta(days=100))
        self.env["order.channel"]._cron_check_silence()
        self.assertFalse(self._alerts())
        self.channel_json.write({"silence_hours": 1, "kind": "manual"})
        self.env["order.channel"]._cron_check_silence()
        self.assertFalse(self._alerts())

    # === TEST ORDER === #

    def test_test_order_keeps_nothing(self):
        Intake, Order = self.env["order.intake"], self.env["sale.order"]
        counts = Intake.search_count([]), Order.search_count([])
        for channel in (self.channel, self.channel_json, self.channel_woo):
            params = channel.with_user(self.user).action_send_test_order()["params"]
            self.assertEqual(params["type"], "success", params["message"])
            self.assertIn("for Test Order", params["message"])
            self.assertNotIn("held", params["message"])
            self.assertTrue(channel.auto_confirm)
        self.assertEqual((Intake.search_count([]), Order.search_count([])), counts)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Test Order")]))

    def test_test_order_says_what_is_missing(self):
        self.channel_json.user_id = False
        params = self.channel_json.action_send_test_order()["params"]
        self.assertEqual(params["type"], "warning")
        self.assertIn("has no user to act as", params["message"])
        clerk = new_test_user(self.env, "test_clerk", groups="order_processing.group_order_user")
        clerk.write({"company_ids": [(4, self.company.id)]})
        with self.assertRaises(AccessError):
            self.channel_json.with_user(clerk).action_send_test_order()

    # === FETCHING === #

    def test_fetching_of_channels_that_are_polled(self):
        Channel = self.env.registry["order.channel"]
        other = self._create_channel(code="json2", kind="json", tax_policy="line")
        answers = {self.channel_json.id: [(self.dump(json_order(1)), "1.json")]}

        def fetch(channel):
            if channel == other:
                raise ConnectionError("no answer")
            return answers.get(channel.id, [])

        self.env["order.channel"]._cron_pull()
        self.assertFalse(self.channel_json.last_pull_at)
        with (
            patch.object(Channel, "_get_pulled_kinds", lambda channel: ["json"]),
            patch.object(Channel, "_pull_documents", fetch),
            mute_logger("odoo.addons.order_processing.models.order_channel_pull"),
        ):
            self.env["order.channel"]._cron_pull()
            self.env["order.channel"]._cron_pull()
        intake = self.channel_json.intake_ids
        self.assertEqual((intake.state, intake.source, intake.replays), ("accepted", "pull", 1))
        self.assertTrue(self.channel_json.last_pull_at)
        self.assertFalse(other.last_pull_at)

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError

from .common_flow import FlowCommon


class TestHoldClock(FlowCommon):
    def setUp(self):
        super().setUp()
        progress = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 60.0
        )
        self.startPatcher(progress)
        self.past = fields.Datetime.now() - timedelta(minutes=1)

    def _run(self):
        self.env["order.hold"]._cron_clocks()

    def test_the_companys_clock_starts_by_itself(self):
        hold = self._order()._place_hold("manual", "release", "Wait")
        self.assertTrue(hold.date_due)
        self.assertEqual(
            self.env["order.event"].search_count([("order_id", "=", hold.order_id.id)]), 1
        )
        own = fields.Datetime.now() + timedelta(days=30)
        hold = self._order()._place_hold("manual", "release", "Wait", date_due=own)
        self.assertEqual(hold.date_due, own)
        self.company.order_hold_hours = 0
        self.assertFalse(self._order()._place_hold("manual", "release", "Wait").date_due)

    def test_expiry_each_in_its_way(self):
        orders = self.env["sale.order"].union(*[self._order() for _index in range(4)])
        holds = orders._place_hold("manual", "release", "Wait", date_expires=self.past)
        for hold, way in zip(holds, ("release", "reject", "cancel", "release"), strict=True):
            hold.expiry = way
        holds[3].date_expires = fields.Datetime.now() + timedelta(days=1)
        self._run()
        self.assertEqual(holds.mapped("state"), ["released", "rejected", "expired", "pending"])
        self.assertEqual(orders.mapped("state"), ["draft", "draft", "cancel", "draft"])
        self.assertEqual(orders[0].event_ids[-1].source, "system")
        self._run()
        self.assertEqual(holds[1].state, "rejected")

    def test_checked_again_by_itself(self):
        self.channel.auto_confirm = True
        self.partner.zip = False
        order = self._order()
        order.action_validate_order()
        order.hold_ids.date_recheck = self.past
        self._run()
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.hold_ids.date_recheck)
        self.partner.zip = "12201"
        order.hold_ids.date_recheck = self.past
        self._run()
        self.assertEqual((order.hold_ids.state, order.state), ("released", "sale"))

    def test_owner_gets_an_activity_that_goes_with_the_hold(self):
        order = self._order(user_id=self.desk.id)
        hold = order._place_hold("manual", "release", "Call the customer")
        self._run()
        self._run()
        self.assertEqual(hold.activity_ids.user_id, self.desk)
        self.assertEqual(len(hold.activity_ids), 1)
        hold.action_release()
        self.assertFalse(hold.activity_ids)

    def test_overdue_goes_to_the_teams_leader(self):
        team = self.env["crm.team"].create({"name": "Team", "user_id": self.manager.id})
        order = self._order(user_id=self.desk.id, team_id=team.id)
        hold = order._place_hold("manual", "release", "Wait", date_due=self.past)
        self._run()
        self.assertTrue(hold.date_escalated)
        self.assertIn(self.manager, hold.activity_ids.user_id)
        self._run()
        self.assertEqual(len(hold.activity_ids.filtered(lambda a: a.user_id == self.manager)), 1)

    def test_reminders_come_again_and_again(self):
        hold = self._order(user_id=self.desk.id)._place_hold("manual", "release", "Wait")
        self._run()
        self.assertFalse(hold.date_reminded)
        long_ago = fields.Datetime.now() - timedelta(hours=30)
        self.env.cr.execute("UPDATE order_hold SET create_date = %s", [long_ago])
        hold.invalidate_recordset()
        self._run()
        first = hold.date_reminded
        self.assertTrue(first)
        notified = self.env["mail.message"].search(
            [
                ("subject", "like", "Reminder"),
                ("model", "=", "order.hold"),
                ("res_id", "=", hold.id),
                ("partner_ids", "in", self.desk.partner_id.ids),
            ]
        )
        self.assertEqual(len(notified), 1)
        self._run()
        self.assertEqual(hold.date_reminded, first)

    def test_one_clock_that_fails_stops_no_other(self):
        orders = self._order() | self._order() | self._order()
        holds = orders._place_hold("manual", "release", "Wait", date_expires=self.past)
        holds.expiry = "cancel"
        cancel = type(orders)._action_cancel

        def failing(records):
            if orders[1] in records:
                raise UserError("Shipped already")
            return cancel(records)

        with patch.object(type(orders), "_action_cancel", failing):
            self._run()
        self.assertEqual(holds.mapped("state"), ["expired", "pending", "expired"])
        self.assertIn("clock", orders[1].activity_ids.summary)

    def test_the_board_shows_what_waits(self):
        order = self._order()
        order._place_hold("manual", "release", "Late one", date_due=self.past)
        self._order()._place_hold("stock", "release", "Fresh one")
        board = {
            column["key"]: column
            for column in self.env["order.hold"].with_user(self.desk).get_exceptions()
        }
        self.assertIn("Late one", [card["text"] for card in board["late"]["cards"]])
        self.assertIn("Fresh one", [card["text"] for card in board["holds"]["cards"]])
        self.assertNotIn("Late one", [card["text"] for card in board["holds"]["cards"]])
        for column in board.values():
            self.env[column["model"]].search_count(column["domain"])

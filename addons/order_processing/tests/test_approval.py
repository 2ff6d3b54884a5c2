from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError

from .common_approval import ApprovalCommon


class TestApproval(ApprovalCommon):
    # === who is asked === #

    def test_the_first_level_that_covers_the_order_is_the_last_asked(self):
        small, large = self._held(1), self._held(10)
        self.assertEqual(self._waits_for(small), ["Lead"])
        self.assertTrue(small.order_id._blocked_by("release"))
        for hold in (small, large):
            hold.with_user(self.lead).action_approve()
        self.assertEqual(small.state, "approved")
        self.assertEqual((large.state, self._waits_for(large)), ("pending", ["Heads"]))
        with self.assertRaisesRegex(UserError, "Special price"):
            large.order_id.action_confirm()
        large.with_user(self.head).action_approve()
        self.assertEqual(large.state, "pending")
        with self.assertRaisesRegex(AccessError, "isn't asked for"):
            large.with_user(self.head).action_approve()
        large.with_user(self.head2).action_release("Agreed")
        self.assertEqual((large.state, large.resolution), ("released", "Agreed"))
        self.assertEqual(large.approval_ids.user_id, self.lead | self.head | self.head2)
        large.order_id.action_confirm()
        self.assertEqual(large.order_id.state, "sale")

    def test_discounts_and_margins_ask_higher_levels(self):
        hold = self._held(1)
        hold.order_id.order_line.discount = 20
        hold.with_user(self.lead).action_ask_again()
        hold.with_user(self.lead).action_approve()
        self.assertEqual(self._waits_for(hold), ["Heads"])

    def test_nobody_else_decides_not_even_an_administrator(self):
        hold = self._held()
        for user in (self.desk, self.manager, self.boss, self.salesman):
            for action in ("action_approve", "action_release", "action_reject"):
                with self.assertRaises(AccessError, msg=f"{user.name} {action}"):
                    getattr(hold.with_user(user), action)()
        self.assertEqual(hold.state, "pending")

    def test_parallel_levels_decide_in_any_order(self):
        self.policy.is_parallel = True
        hold = self._held(10)
        self.assertEqual(self._waits_for(hold), ["Lead", "Heads"])
        for user in (self.head2, self.lead, self.head):
            self.assertEqual(hold.state, "pending")
            hold.with_user(user).action_approve()
        self.assertEqual(hold.state, "approved")

    def test_one_rejection_decides_and_the_order_stays(self):
        hold = self._held(10)
        hold.with_user(self.lead).action_reject("Too cheap")
        self.assertEqual((hold.state, self._waits_for(hold)), ("rejected", []))
        self.assertTrue(hold.order_id._blocked_by("release"))
        with self.assertRaises(AccessError):
            hold.with_user(self.lead).action_release()
        hold.with_user(self.desk).action_ask_again()
        self.assertEqual((hold.state, self._waits_for(hold)), ("pending", ["Lead"]))
        for user in (self.lead, self.head, self.head2):
            hold.with_user(user).action_approve()
        self.assertEqual(hold.state, "approved")
        self.assertEqual(hold.approval_ids.mapped("round"), [0, 1, 1, 1])

    def test_no_policy_means_desk_and_administrators_as_ever(self):
        self.policy.kind = "credit"
        hold = self._held()
        self.assertFalse(hold.policy_id)
        hold.with_user(self.clerk).action_release()
        self.assertEqual(hold.state, "released")

    def test_scope_of_a_policy(self):
        self.policy.write({"amount_from": 500, "channel_ids": [Command.set(self.channel.ids)]})
        self.assertFalse(self._held(1).policy_id)
        self.assertFalse(self._held(10).policy_id, "not of the channel")
        order = self._order((self.green, 10))
        self.assertEqual(order._place_hold("manual", "ship", "x").policy_id, self.policy)
        self.policy.gate = "release"
        self.assertFalse(self._order((self.green, 10))._place_hold("manual", "ship", "x").policy_id)

    def test_amounts_are_compared_in_company_currency(self):
        currency = self.env["res.currency"].create(
            {
                "name": "TST",
                "symbol": "T",
                "rate_ids": [Command.create({"rate": 10, "company_id": self.company.id})],
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Test", "currency_id": currency.id}
        )
        order = self._order(pricelist_id=pricelist.id)
        self.assertAlmostEqual(order.amount_total, 1990)
        case = order._place_hold("manual", "release", "x")._case()
        self.assertAlmostEqual(case.amount, 199)

    def test_a_policy_can_always_decide(self):
        with self.assertRaisesRegex(ValidationError, "last level has no limits"):
            self._policy(self._step("Lead", self.lead, max_amount=10))
        with self.assertRaisesRegex(ValidationError, "choose a group or users"):
            self._policy({"name": "Nobody"})
        with self.assertRaisesRegex(ValidationError, "needs a level"):
            self._policy()

    # === delegation === #

    def _delegate(self, absent, substitute, **vals):
        now = fields.Datetime.now()
        return (
            self.env["order.approval.delegation"]
            .with_user(absent)
            .create(
                {
                    "substitute_id": substitute.id,
                    "date_from": now - timedelta(days=1),
                    "date_to": now + timedelta(days=1),
                    **vals,
                }
            )
        )

    def test_a_substitute_decides_while_somebody_is_away(self):
        delegation = self._delegate(self.lead, self.desk)
        hold = self._held()
        Hold = self.env["order.hold"].with_user(self.desk)
        self.assertIn(hold, Hold.search([("awaits_me", "=", True)]))
        hold.with_user(self.desk).action_approve()
        self.assertEqual(hold.state, "approved")
        self.assertEqual(
            (hold.approval_ids.user_id, hold.approval_ids.principal_id), (self.desk, self.lead)
        )
        delegation.date_to = fields.Datetime.now() - timedelta(hours=1)
        later = self._held()
        self.assertNotIn(later, Hold.search([("awaits_me", "=", True)]))
        with self.assertRaises(AccessError):
            later.with_user(self.desk).action_approve()

    def test_one_person_is_not_two(self):
        self._delegate(self.head, self.head2)
        hold = self._held(10)
        hold.with_user(self.lead).action_approve()
        hold.with_user(self.head2).action_approve()
        with self.assertRaises(AccessError):
            hold.with_user(self.head2).action_approve()
        self.assertEqual(hold.state, "pending")

    def test_delegating_for_others_is_the_administrators(self):
        for substitute in (self.clerk, self.desk):
            with self.assertRaises(AccessError):
                self._delegate(self.desk, substitute, user_id=self.lead.id)
        self._delegate(self.manager, self.desk, user_id=self.lead.id)

    def test_the_absent_ones_duties_bar_the_substitute(self):
        self._delegate(self.lead, self.desk)
        hold = self._held(by=self.lead)
        with self.assertRaises(AccessError):
            hold.with_user(self.desk).action_approve()

    # === clocks === #

    def _no_commit(self):
        """The cron's ``_commit_progress`` commits, which tests may not."""
        return patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 60.0
        )

    def test_escalation_by_the_working_calendar(self):
        # Friday 15:00 UTC, four working hours: Monday.
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Test", "tz": "UTC", "company_id": self.company.id}
        )
        with freeze_time("2026-03-06 15:00:00"):
            hold = self._held()
        due = hold.level_ids.date_due
        self.assertEqual((due.weekday(), hold.date_due), (0, due))
        self.assertGreater(due, datetime(2026, 3, 9, 8))
        with self._no_commit():
            with freeze_time("2026-03-08 12:00:00"):
                self.env["order.hold"]._cron_clocks()
            self.assertEqual(self._waits_for(hold), ["Lead"])
            with freeze_time("2026-03-09 20:00:00"):
                self.env["order.hold"]._cron_clocks()
        self.assertEqual(self._waits_for(hold), ["Heads"])
        self.assertEqual(hold.approval_ids.outcome, "escalated")
        self.assertTrue(hold.date_escalated)
        with self.assertRaises(AccessError):
            hold.with_user(self.lead).action_approve()
        hold.with_user(self.head).action_approve()
        hold.with_user(self.head2).action_approve()
        self.assertEqual(hold.state, "approved")

    def test_the_last_level_is_reminded_not_passed(self):
        self.policy.step_ids[2].hours = 1
        hold = self._held(100)
        for user in (self.lead, self.head, self.head2):
            hold.with_user(user).action_approve()
        self.assertEqual(self._waits_for(hold), ["Boss"])
        before = self.env["order.approval.request"].search_count([("hold_id", "=", hold.id)])
        with self._no_commit(), freeze_time(fields.Datetime.now() + timedelta(days=10)):
            self.env["order.hold"]._cron_clocks()
        self.assertEqual((hold.state, self._waits_for(hold)), ("pending", ["Boss"]))
        requests = self.env["order.approval.request"].search([("hold_id", "=", hold.id)])
        self.assertGreater(len(requests), before)
        self.assertEqual(requests[-1].user_id, self.boss)

    def test_mails_ask_those_who_may_decide(self):
        hold = self._held(by=self.head)
        requests = self.env["order.approval.request"].search([("hold_id", "=", hold.id)])
        self.assertEqual(requests.user_id, self.lead)
        mail = self.env["mail.mail"].search([("recipient_ids", "in", self.lead.partner_id.ids)])[:1]
        self.assertIn(hold.order_id.name, mail.subject)
        self.assertIn("/order/approval/", mail.body_html)
        hold.order_id.order_line.product_uom_qty = 10
        hold.with_user(self.lead).action_approve()
        asked = self.env["order.approval.request"].search([("hold_id", "=", hold.id)]) - requests
        self.assertEqual(asked.user_id, self.head2, "who entered the order isn't bothered")

    def test_time_alone_approves_nothing(self):
        hold = self._held(date_expires=fields.Datetime.now() - timedelta(minutes=1))
        for vals in ({"date_expires": "2026-01-01"}, {"expiry": "release"}):
            with self.assertRaisesRegex(AccessError, "isn't yours to say"):
                hold.with_user(self.clerk).write(vals)
        with self._no_commit():
            self.env["order.hold"]._cron_clocks()
        self.assertEqual(hold.state, "rejected")
        self.assertTrue(hold.order_id._blocked_by("release"))

    # === log, access, cost === #

    def test_decisions_are_never_changed(self):
        hold = self._held()
        hold.with_user(self.lead).action_approve()
        row = hold.approval_ids
        for action in (lambda: row.write({"outcome": "rejected"}), row.unlink):
            with self.assertRaises(UserError):
                action()
        with self.assertRaises(UserError):
            self.env["order.approval"].with_user(self.manager).create(
                {
                    "hold_id": hold.id,
                    "company_id": self.company.id,
                    "level": "x",
                    "outcome": "approved",
                }
            )
        for name in ("policy_id", "approval_round"):
            with self.assertRaises(AccessError):
                hold.with_user(self.manager).write({name: False})
        event = hold.order_id.event_ids[-1]
        self.assertEqual((event.duty, event.user_id), ("approve", self.lead))

    def test_the_banner_offers_what_is_permitted(self):
        hold = self._held()
        rows = {
            user.name: hold.order_id.with_user(user).hold_banner[0]["actions"]
            for user in (self.lead, self.clerk, self.desk)
        }
        self.assertEqual(
            rows, {"lead": ["approve", "reject", "check"], "clerk": ["check"], "Desk": ["check"]}
        )

    def test_rejecting_tells_the_customer(self):
        self.partner.email = "bob@example.com"
        hold = self._held()
        wizard = (
            self.env["order.hold.reject"]
            .with_user(self.lead)
            .with_context(active_ids=hold.ids)
            .create(
                {
                    "reason": "Below cost",
                    "tell_customer": True,
                    "customer_reason": "We no longer sell at that price",
                }
            )
        )
        self.assertIn("no longer sell", wizard.preview)
        wizard.action_reject()
        self.assertEqual((hold.state, hold.resolution), ("rejected", "Below cost"))
        message = hold.order_id.message_ids.filtered(lambda m: self.partner in m.partner_ids)
        self.assertIn("no longer sell", message.body)
        self.assertNotIn("Below cost", message.body)
        self.assertEqual(hold.order_id.state, "draft")
        self.partner.email = False
        other = self._held()
        wizard.copy({"hold_ids": [Command.set(other.ids)]})
        with self.assertRaisesRegex(UserError, "no e-mail address"), self.env.cr.savepoint():
            wizard.create(
                {"hold_ids": [Command.set(other.ids)], "reason": "x", "tell_customer": True}
            ).action_reject()
        self.assertEqual(other.state, "pending")

    def test_approving_many_costs_per_batch(self):
        """50 holds cost what 10 do, and little in all."""
        few = self.env["order.hold"].union(*[self._held() for _index in range(10)])
        many = self.env["order.hold"].union(*[self._held() for _index in range(50)])
        self._held().with_user(self.lead).action_approve()

        def count(holds):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            holds.with_user(self.lead).action_approve()
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        counts = [count(few), count(many)]
        self.assertEqual(set((few | many).mapped("state")), {"approved"})
        self.assertLessEqual(counts[1], counts[0] + 4, counts)
        self.assertLessEqual(counts[1], 60, counts)

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_order_portal import TOKEN, PortalCase


class AgreementCase(PortalCase):
    """A blanket order over ten green ones at 7.50, with the customer who has a login."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.env["order.blanket"].with_company(cls.company)._get_today()
        cls.blanket = cls.env["order.blanket"].create(
            {
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
                "reference": "FRAME-2026",
                "date_end": cls.today + timedelta(days=90),
                "line_ids": [
                    Command.create({"product_id": cls.green.id, "quantity": 10, "price_unit": 7.5})
                ],
            }
        )
        cls.blanket.action_run()
        cls.agreed = cls.blanket.line_ids

    def call(self, quantity, confirm=True, **vals):
        order = self._order(
            (self.green, quantity),
            channel=False,
            warehouse_id=self.east.id,
            blanket_id=self.blanket.id,
            **vals,
        )
        if confirm:
            order.action_confirm()
        return order

    def left(self):
        self.agreed.invalidate_recordset(["quantity_left", "quantity_called"])
        return self.agreed.quantity_left

    def schedule(self, **vals):
        schedule = self.env["order.schedule"].create(
            {
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "every": 2,
                "unit": "week",
                "lead_days": 7,
                "date_next": self.today + timedelta(days=3),
                "line_ids": [Command.create({"product_id": self.green.id, "quantity": 2})],
                **vals,
            }
        )
        schedule.action_run()
        return schedule


@tagged("post_install", "-at_install")
class TestBlanket(AgreementCase):
    def test_called_at_the_agreed_price_until_nothing_is_left(self):
        order = self.call(4)
        self.assertEqual((order.state, order.order_line.price_unit), ("sale", 7.5))
        self.assertEqual(order.order_line.blanket_line_id, self.agreed)
        self.assertEqual((self.agreed.quantity_called, self.left()), (4, 6))
        self.call(6)
        self.assertEqual(self.left(), 0)
        with self.assertRaisesRegex(UserError, "only 0 are left"), self.env.cr.savepoint():
            self.call(1)
        order._action_cancel()
        self.assertEqual(self.left(), 4)
        self.call(4)

    def test_from_the_form(self):
        self.call(4)
        order = self.env["sale.order"].browse(self.blanket.action_call_off()["res_id"])
        self.assertEqual((order.order_line.product_uom_qty, order.amount_untaxed), (6, 45))
        self.assertEqual(order.client_order_ref, "FRAME-2026")
        self.assertEqual(self.blanket.order_count, 2)

    def test_other_units_count_in_the_agreements_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.call(1, confirm=False)
        order.order_line.product_uom_id = dozen
        self.assertEqual(order.order_line.price_unit, 90)
        with self.assertRaisesRegex(UserError, "only 10 are left"):
            order.action_confirm()

    def test_more_than_agreed_waits_for_approval(self):
        self.blanket.over_call = "hold"
        order = self.call(12, confirm=False)
        order.with_context(order_confirm_each=True).action_confirm()
        self.assertEqual(order.state, "draft")
        hold = order.hold_ids.filtered(lambda each: each.kind == "call_off")
        self.assertIn("only 10 are left", hold.reason)
        hold.action_approve()
        if order.state != "sale":
            order.action_confirm()
        self.assertEqual((order.state, self.left()), ("sale", 0))

    def test_goods_that_are_not_listed(self):
        order = self.call(1, confirm=False)
        order.order_line = [Command.create({"product_id": self._product("RED", 5.0).id})]
        with self.assertRaisesRegex(UserError, "isn't part of it"):
            order.action_confirm()

    def test_not_before_and_not_after_its_days(self):
        self.blanket.date_start = self.today + timedelta(days=1)
        with self.assertRaisesRegex(UserError, "it begins on"), self.env.cr.savepoint():
            self.call(1)
        self.blanket.write({"date_start": False, "date_end": self.today - timedelta(days=1)})
        self.assertTrue(self.blanket.is_expired)
        self.assertIn(self.blanket, self.blanket.search([("is_expired", "=", True)]))
        self.blanket.over_call = "hold"  # no approval helps
        with self.assertRaisesRegex(UserError, "it ended on"), self.env.cr.savepoint():
            self.call(1)
        self.blanket.date_end = False
        self.blanket.action_close()
        with self.assertRaisesRegex(UserError, "isn't running"), self.env.cr.savepoint():
            self.call(1)
        with self.assertRaisesRegex(ValidationError, "before it begins"):
            self.blanket.write({"date_start": self.today, "date_end": "2000-01-01"})

    def test_salespeople_see_those_of_their_own_customers(self):
        schedule = self.schedule(blanket_id=self.blanket.id)
        mine = self.salesman
        self.blanket.user_id = schedule.user_id = self.manager
        for record in (self.blanket, self.agreed, schedule, schedule.line_ids):
            self.assertFalse(record.with_user(mine).search([("id", "in", record.ids)]), record)
            self.assertTrue(record.with_user(self.desk).search([("id", "in", record.ids)]))
        # The order is his all the same, at the agreed price.
        order = self.call(2, confirm=False, user_id=mine.id)
        order.with_user(mine).action_confirm()
        self.assertEqual(order.order_line.price_unit, 7.5)
        self.blanket.user_id = mine
        self.assertTrue(self.blanket.with_user(mine).search([("id", "=", self.blanket.id)]))

    def test_what_a_channel_sends_by_its_reference(self):
        Blanket = self.env["order.blanket"]
        company = self.blanket.company_id
        for names, found in (
            (("FRAME-2026",), self.blanket),
            ((self.blanket.name,), self.blanket),
            ((False, "", "OTHER"), Blanket),
        ):
            self.assertEqual(Blanket._find_for(self.partner, company, *names), found)
        stranger = self.stranger.partner_id
        self.assertFalse(Blanket._find_for(stranger, company, "FRAME-2026"))


@tagged("post_install", "-at_install")
class TestSchedule(AgreementCase):
    def test_each_day_is_ordered_once(self):
        schedule = self.schedule()
        day = self.today + timedelta(days=3)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            for _again in range(3):
                self.env["order.schedule"]._cron_make()
        run = schedule.run_ids
        self.assertEqual((len(run), run.date), (1, day))
        order = run.order_id
        self.assertEqual((order.state, order.commitment_date.date()), ("sale", day))
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertIn("release", order.event_ids.mapped("step"))
        self.assertEqual(schedule.date_next, day + timedelta(days=14))
        # another worker that read the day before it was moved on
        schedule.date_next = day
        schedule.action_make_now()
        self.assertEqual(schedule.order_count, 1)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            with self.env.cr.savepoint():
                self.env["order.schedule.run"].create({"schedule_id": schedule.id, "date": day})

    def test_skip_pause_and_end(self):
        schedule = self.schedule(date_end=self.today + timedelta(days=40))
        first = schedule.date_next
        self.assertEqual(len(schedule._get_coming(9)), 3)
        schedule.action_skip()
        self.assertEqual(schedule.run_ids.state, "skipped")
        self.assertEqual(schedule.date_next, first + timedelta(days=14))
        schedule.action_make_now()
        self.assertFalse(schedule.order_count)
        schedule.action_pause()
        schedule.date_next = self.today - timedelta(days=30)
        schedule.action_make_now()
        self.assertFalse(schedule.order_count)
        schedule.action_run()  # what passed meanwhile isn't delivered afterwards
        self.assertGreaterEqual(schedule.date_next, self.today)
        schedule.date_end = schedule.date_next
        schedule.lead_days = 30
        schedule.action_make_now()
        self.assertEqual((schedule.state, schedule.order_count), ("ended", 1))

    def test_what_can_not_be_confirmed_is_told(self):
        self.call(9)
        schedule = self.schedule(blanket_id=self.blanket.id)
        schedule.action_make_now()
        run = schedule.run_ids
        self.assertEqual((run.order_id.state, run.order_id.blanket_id), ("draft", self.blanket))
        self.assertIn("only 1 are left", run.message)
        self.assertIn("Repeated delivery", ",".join(run.order_id.activity_ids.mapped("summary")))

    def test_another_customers_agreement(self):
        with self.assertRaisesRegex(ValidationError, "another customer's"):
            self.schedule(blanket_id=self.blanket.id, partner_id=self.stranger.partner_id.id)


@tagged("post_install", "-at_install")
class TestAgreementPortal(AgreementCase):
    def page(self):
        return self.url_open("/my/agreements")

    def send(self, url, csrf=None, **form):
        csrf = csrf or TOKEN.search(self.page().text)[1]
        return self.url_open(url, data={**form, "csrf_token": csrf}, allow_redirects=False)

    def test_customers_call_off(self):
        self.authenticate("portal_bob", "portal_bob")
        page = self.page().text
        self.assertIn("FRAME-2026", page)
        url = f"/my/agreements/{self.blanket.id}/call"
        name = f"line_{self.agreed.id}"
        answer = self.send(url, **{name: "3"})
        self.assertEqual(answer.status_code, 303)
        order = self.blanket.order_ids
        self.assertEqual((order.state, order.partner_id), ("sale", self.partner))
        self.assertEqual((order.amount_untaxed, self.left()), (22.5, 7))
        for bad in ("8", "-1", "x", "nan", ""):
            answer = self.send(url, **{name: bad})
            self.assertEqual(answer.status_code, 422, bad)
        self.assertEqual(self.blanket.order_ids, order)
        answer = self.send(url, **{name: "1", "date": "2001-01-01"})
        self.assertIn("The day is past", answer.text)

    def test_customers_skip_pause_and_end(self):
        schedule = self.schedule()
        self.authenticate("portal_bob", "portal_bob")
        self.assertIn(schedule.name, self.page().text)
        for wish, state in (("skip", "running"), ("pause", "paused"), ("resume", "running")):
            answer = self.send(f"/my/schedules/{schedule.id}/{wish}")
            self.assertEqual((answer.status_code, schedule.state), (303, state))
        csrf = TOKEN.search(self.page().text)[1]
        for wish in ("unlink", "action_run"):
            answer = self.send(f"/my/schedules/{schedule.id}/{wish}", csrf)
            self.assertEqual(answer.status_code, 404)
        self.send(f"/my/schedules/{schedule.id}/end", csrf)
        self.assertEqual(schedule.state, "ended")

    def test_another_customer_and_nobody(self):
        schedule = self.schedule()
        urls = (f"/my/agreements/{self.blanket.id}/call", f"/my/schedules/{schedule.id}/end")
        self.authenticate("portal_eve", "portal_eve")
        page = self.page().text
        self.assertNotIn("FRAME-2026", page)
        self.assertNotIn(schedule.name, page)
        csrf = TOKEN.search(self.url_open("/my/messages").text)[1]
        for url in urls:
            answer = self.send(url, csrf, **{f"line_{self.agreed.id}": "1"})
            self.assertEqual(answer.status_code, 404)
            with mute_logger("odoo.http"):  # a forged form
                self.assertEqual(self.send(url, "forged").status_code, 400)
        self.authenticate(None, None)
        for url in urls:
            answer = self.url_open(url, data={"csrf_token": "x"}, allow_redirects=False)
            self.assertIn(answer.status_code, (303, 400))
        self.assertEqual((schedule.state, len(self.blanket.order_ids)), ("running", 0))

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_billing import BillingCase


@tagged("post_install", "-at_install")
class TestDunning(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.company)
        # Other items of the company belong to demo data.
        cls.company = cls.env["res.company"].create({"name": "Reminding Company"})
        cls.env.user.company_ids |= cls.company
        cls.accountant.write(
            {"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id}
        )
        cls.env["account.chart.template"].try_loading(
            "generic_coa", cls.company, install_demo=False
        )
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.partner = cls.partner.with_env(cls.env)
        cls.partner.email = "bob@example.com"
        cls.fee = cls.env["product.product"].create(
            {"name": "Reminder fee", "type": "service", "taxes_id": False}
        )
        cls.levels = cls.env["account.dunning.level"].create(
            [
                {
                    "name": name,
                    "days": days,
                    "pause": pause,
                    "subject": f"{name}: overdue",
                    "text": f"<p>{name} text</p>",
                    "company_id": cls.company.id,
                    "stop_ship": name == "Last",
                    "fee_amount": 5 if name == "Second" else 0,
                    "fee_product_id": cls.fee.id,
                }
                for name, days, pause in (("First", 7, 0), ("Second", 20, 5), ("Last", 30, 5))
            ]
        )

    def _invoice(self, days, amount=100.0, partner=None, **vals):
        """A posted invoice so many days overdue."""
        due = self.today - timedelta(days=days)
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.partner).id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
                **vals,
            }
        )
        move.action_post()
        return move

    def _plan(self, later=0):
        run = (
            self.env["account.dunning.run"]
            .with_user(self.accountant)
            .with_company(self.company)
            .create({"date": self.today + timedelta(days=later), "company_id": self.company.id})
        )
        run.action_plan()
        return run

    def test_one_letter_per_customer_over_everything(self):
        self._invoice(25), self._invoice(10), self._invoice(3), self._invoice(-5)
        contact = self.env["res.partner"].create({"name": "Desk", "parent_id": self.partner.id})
        self._invoice(8, 50.0, partner=contact)
        other = self.env["res.partner"].create({"name": "Other"})
        self._invoice(6, partner=other)
        run = self._plan()
        letter = run.letter_ids
        self.assertEqual((letter.partner_id, letter.amount), (self.partner, 350))
        self.assertEqual(letter.level_id, self.levels[0], "levels are climbed one by one")
        self.assertEqual(letter.line_ids.mapped("days_overdue"), [25, 10, 8, 3])
        self.assertEqual(letter.line_ids.mapped("is_new"), [True, True, True, False])
        self.assertIn("First text", letter.preview)
        run.action_send()
        self.assertEqual((run.state, letter.state, letter.way), ("done", "sent", "mail"))
        message = letter.message_ids.filtered("partner_ids")
        self.assertEqual(message.partner_ids, self.partner)
        self.assertEqual(message.attachment_ids.mimetype, "application/pdf")

    def test_a_level_is_sent_once(self):
        self._invoice(40)
        self._plan().action_send()
        self.assertFalse(self._plan().letter_ids)
        self.env["account.dunning.run"].search([("state", "=", "draft")]).action_cancel()
        run = self._plan(later=5)
        self.assertEqual(run.letter_ids.level_id, self.levels[1])
        run.action_send()
        letter = run.letter_ids
        self.assertEqual((letter.fee_move_id.state, letter.fee_move_id.amount_total), ("posted", 5))
        # A letter of the same level past the plan is refused by the database.
        twin = letter.sudo().copy({"state": "draft"})
        twin.line_ids = [
            Command.create(
                {"item_id": line.item_id.id, "level_id": line.level_id.id, "is_new": True}
            )
            for line in letter.line_ids
        ]
        with mute_logger("odoo.sql_db"):
            twin._send()
        self.assertEqual(twin.state, "failed")
        self.assertIn("reminded of at this level before", twin.error)
        self.assertFalse(twin.message_ids.filtered("partner_ids"))

    def test_only_one_run_at_a_time(self):
        self._invoice(40)
        run = self._plan()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self._plan()
        run.action_cancel()
        self._plan()

    def test_who_is_left_out(self):
        disputed = self._invoice(40)
        disputed.dunning_blocked = True
        self.assertFalse(self._plan().letter_ids)
        disputed.dunning_blocked = False
        run = self.env["account.dunning.run"].search([("state", "=", "draft")])
        run.action_plan()
        letter = run.letter_ids.with_user(self.accountant)
        letter.action_exclude()
        with self.assertRaises(UserError):
            run.action_send()
        letter.action_include()
        self.partner.dunning_blocked = True
        run.action_plan()
        self.assertFalse(run.letter_ids)
        self.partner.dunning_blocked = False
        self.company.order_dunning_least = 500
        run.action_plan()
        self.assertFalse(run.letter_ids)

    def test_paid_since_the_preview(self):
        invoice = self._invoice(40)
        run = self._plan()
        self._settle(invoice)
        run.action_send()
        self.assertEqual(run.letter_ids.state, "excluded")
        self.assertFalse(run.letter_ids.message_ids.filtered("partner_ids"))

    def _settle(self, moves):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        ).create({})._create_payments()

    def test_the_last_level_stops_shipping_until_paid(self):
        self.levels[:2].active = False
        invoice = self._invoice(40)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)])[:1]
        self._stock(self.green, warehouse, 10)
        vals = {"channel": False, "company_id": self.company.id, "warehouse_id": warehouse.id}
        order = self._order((self.green, 1), **vals).with_env(self.env)
        order.action_confirm()
        self._plan().action_send()
        self.assertEqual((order.hold_ids.kind, order.hold_ids.gate), ("dunning", "ship"))
        later = self._order((self.green, 1), **vals).with_env(self.env)
        later.action_confirm()
        self.assertEqual(later.hold_ids.kind, "dunning")
        with self.assertRaises(UserError):
            self._ship(later.picking_ids)
        self._settle(invoice)
        self.assertEqual((order | later).hold_ids.mapped("state"), ["released"] * 2)
        self._ship(later.picking_ids)
        self.assertEqual(later.picking_ids.state, "done")

    def test_a_dispute_lets_goods_go(self):
        self.levels[:2].active = False
        invoice = self._invoice(40)
        self._plan().action_send()
        self.assertEqual(self.partner._get_stopped(self.company), self.partner)
        invoice.dunning_blocked = True
        self.assertFalse(self.partner._get_stopped(self.company))

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.levels[0].with_context(lang="fr_FR").text = "<p>Veuillez payer</p>"
        self.partner.lang = "fr_FR"
        self._invoice(10)
        self.assertIn("Veuillez payer", self._plan().letter_ids.preview)

    def test_by_post_where_there_is_no_address(self):
        self.partner.email = False
        self._invoice(10)
        run = self._plan()
        run.action_send()
        self.assertEqual((run.letter_ids.state, run.letter_ids.way), ("sent", "print"))
        self.assertEqual(run.action_print()["report_name"], "order_processing.report_dunning")

    def test_the_cron_does_what_the_company_wants(self):
        Run = self.env["account.dunning.run"]
        self._invoice(10)
        Run._cron_plan()
        self.assertFalse(Run.search([("company_id", "=", self.company.id)]))
        self.company.order_dunning_mode = "prepare"
        Run._cron_plan()
        run = Run.search([("company_id", "=", self.company.id)])
        self.assertEqual((run.state, len(run.letter_ids)), ("draft", 1))
        Run._cron_plan()
        self.assertEqual(Run.search_count([("company_id", "=", self.company.id)]), 1)
        run.action_cancel()
        self.company.order_dunning_mode = "send"
        Run._cron_plan()
        self.assertEqual(Run.search([("company_id", "=", self.company.id)], limit=1).state, "done")

    def test_rights_and_bad_input(self):
        self._invoice(10)
        run = self._plan()
        with self.assertRaises(AccessError):
            run.letter_ids.with_user(self.accountant).write({"state": "sent"})
        with self.assertRaises(AccessError):
            run.with_user(self.desk).sudo(False).read(["name"])
        with self.assertRaises(UserError):
            self.levels[0].days = 0
        run.action_send()
        with self.assertRaises(UserError):
            run.action_plan()
        with self.assertRaises(UserError):
            run.unlink()
        form = Form(self.env["account.dunning.run"].with_user(self.accountant))
        self.assertEqual(form.save().state, "draft")

import io
from datetime import date, timedelta

import openpyxl
from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_billing import BillingCase

DAY = "2026-03-04"


@tagged("post_install", "-at_install")
class TestTreasury(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": "Treasury Company", "currency_id": cls.company.currency_id.id}
        )
        cls.env.user.company_ids |= cls.company
        cls.accountant.write(
            {"company_ids": [Command.set(cls.company.ids)], "company_id": cls.company.id}
        )
        cls.env["account.chart.template"].try_loading(
            "generic_coa", cls.company, install_demo=False
        )
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.partner = cls.partner.with_env(cls.env)
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)])[:1]
        cls._stock(cls.green, cls.warehouse, 100)

    def _invoice(self, invoiced, due, amount=100.0):
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": invoiced,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
            }
        )
        move.action_post()
        return move

    def _receive(self, move, day):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"payment_date": day})._create_payments()

    def _forecast(self, day=DAY):
        with freeze_time(f"{day} 12:00:00"):
            self.env.flush_all()
            self.env["order.treasury.forecast"]._take(self.company)
        return self.env["order.treasury.forecast"].search([("company_id", "=", self.company.id)])[0]

    def _sale(self, quantity=10):
        order = self._order(
            (self.green, quantity),
            channel=False,
            company_id=self.company.id,
            warehouse_id=self.warehouse.id,
        ).with_env(self.env)
        order.order_line.price_unit = 10.0
        order.order_line.tax_ids = False
        order.action_confirm()
        return order

    def test_receivables_by_age(self):
        today = fields.Date.context_today(self.company)
        for days in (-3, 10, 45, 75, 120):
            due = today - timedelta(days=days)
            self._invoice(due, due)
        self.env.flush_all()
        self.env["order.treasury.forecast"]._take(self.company)
        rows = self.env["order.treasury.receivable"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            {row.bucket: (row.amount, row.overdue) for row in rows},
            {
                "not_due": (100, 0),
                "d30": (100, 100),
                "d60": (100, 100),
                "d90": (100, 100),
                "older": (100, 100),
            },
        )
        self.assertEqual(set(rows.mapped("risk")), {"high"})
        self.assertEqual(rows[0].action_open_document()["res_id"], rows[0].move_id.id)

    def test_forecast_at_the_customers_own_delay(self):
        with freeze_time("2026-03-01 12:00:00"):
            for month in (10, 11, 12):
                paid = self._invoice(date(2025, month, 1), date(2025, month, 10))
                self._receive(paid, date(2025, month, 20))
            self._invoice("2026-03-01", "2026-03-05", 300)
        forecast = self._forecast()
        self.assertEqual(forecast.delay, 10)
        weeks = {week.week: week.receivable for week in forecast.week_ids if week.receivable}
        self.assertEqual(weeks, {date(2026, 3, 9): 300}, "due on the 5th, paid ten days later")
        self.assertEqual(forecast.week_ids[-1].balance, forecast.bank_balance + 300)
        customer = self.env["order.treasury.customer"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual((customer.payment_count, customer.delay), (3, 10))

    def test_unbilled_and_open_orders_are_expected_too(self):
        with freeze_time("2026-03-04 10:00:00"):
            order = self._sale()
            self._ship_part(order, 6, backorder=True)
            order.commitment_date = "2026-03-20 12:00:00"
        forecast = self._forecast()
        self.assertEqual(
            {(flow.kind, flow.day, flow.amount) for flow in forecast.flow_ids},
            {("unbilled", date(2026, 3, 4), 60), ("order", date(2026, 3, 20), 40)},
        )
        self.assertEqual(sum(forecast.week_ids.mapped("unbilled")), 60)
        self.assertEqual(sum(forecast.week_ids.mapped("order")), 40)

    def test_payouts_pending_are_expected_once_and_until_the_bank_shows_them(self):
        with freeze_time("2026-03-03 12:00:00"):
            invoice = self._invoice("2026-03-03", "2026-04-20")
            self._invoice("2026-03-03", "2026-03-04", 40)
        payout = self.env["order.payout"].create(
            {
                "company_id": self.company.id,
                "provider": "stripe",
                "reference": "po_123456",
                "date": "2026-03-03",
                "currency_id": self.company.currency_id.id,
                "amount": 97,
                "fee": 3,
                "difference": 0,
                "line_ids": [
                    Command.create({"references": invoice.name, "gross": 100, "fee": 3}),
                ],
            }
        )
        forecast = self._forecast()
        self.assertEqual(
            {(flow.kind, flow.day, flow.amount) for flow in forecast.flow_ids},
            {("payout", date(2026, 3, 6), 97), ("receivable", date(2026, 3, 4), 40)},
            "the invoice is what the payout is of: it isn't expected of the customer again",
        )
        self.assertEqual(forecast.flow_ids.payout_id, payout)
        self.assertEqual(forecast.week_ids[0].payout, 97)
        self.assertEqual(forecast.week_ids[0].expected, 137)
        bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        self.company.order_fee_account_id = self.env["account.account"].search(
            [("account_type", "=", "expense"), ("company_ids", "in", self.company.ids)], limit=1
        )
        self.company.order_write_off_day = 100
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": bank.id,
                "date": "2026-03-04",
                "payment_ref": "STRIPE po_123456",
                "amount": 97,
            }
        )
        line.action_match()
        self.assertEqual(line.order_match_ids.level, "payout")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self._forecast().flow_ids.mapped("kind"), ["receivable"])

    def test_registered_payments_are_on_their_way_until_the_bank_shows_them(self):
        with freeze_time("2026-03-03 12:00:00"):
            invoice = self._invoice("2026-03-03", "2026-03-04", 70)
            self._receive(invoice, "2026-03-03")
        forecast = self._forecast()
        flow = forecast.flow_ids
        self.assertEqual((flow.kind, flow.day, flow.amount), ("transit", date(2026, 3, 6), 70))
        self.assertEqual(flow.partner_id, self.partner)
        stale = self._forecast("2026-06-01")
        self.assertFalse(stale.flow_ids, "nobody waits for it after two months")

    def test_it_is_held_against_what_came(self):
        with freeze_time("2026-03-01 12:00:00"):
            invoice = self._invoice("2026-03-01", "2026-03-05", 100)
        forecast = self._forecast()
        self.assertEqual(forecast.week_ids[0].receivable, 100)
        with freeze_time("2026-03-06 12:00:00"):
            self._receive(invoice, "2026-03-06")
        with freeze_time("2026-03-08 12:00:00"):
            self.env["order.treasury.week"]._measure(self.company)
        self.assertFalse(forecast.week_ids[0].is_measured, "the week isn't over")
        with freeze_time("2026-03-09 12:00:00"):
            self.env.flush_all()
            self.env["order.treasury.week"]._measure(self.company)
        week = forecast.week_ids[0]
        self.assertEqual((week.is_measured, week.actual, week.error), (True, 100, 0))

    def test_the_day_is_taken_once_and_history_stays(self):
        first = self._forecast()
        again = self._forecast()
        self.assertFalse(first.exists())
        other = self._forecast("2026-03-05")
        self.assertTrue(again.exists())
        self.assertEqual(len(again.week_ids), 13)
        self.assertFalse(again.flow_ids)
        self.assertNotEqual(other, again)

    def test_revenue_and_dso_by_month(self):
        with freeze_time("2026-01-10 12:00:00"):
            order = self._sale()
            self._ship_part(order, 6, backorder=True)
            order.picking_ids.move_ids.filtered(
                lambda m: m.state == "done"
            ).date = "2026-01-10 12:00:00"
        with freeze_time("2026-02-05 12:00:00"):
            bill = order._create_invoices()
            bill.invoice_line_ids.quantity = 10
            bill.invoice_date = "2026-02-05"
            bill.action_post()
        with freeze_time("2026-03-31 12:00:00"):
            self.env.flush_all()
            self.env["order.treasury.month"]._refresh(self.company)
        months = {
            record.month.month: record
            for record in self.env["order.treasury.month"].search(
                [("company_id", "=", self.company.id), ("month", ">=", "2026-01-01")]
            )
        }
        values = {
            number: (month.recognised, month.billed, month.deferred, month.unbilled)
            for number, month in months.items()
        }
        self.assertEqual(values, {1: (60, 0, 0, 60), 2: (0, 100, 40, 0), 3: (0, 0, 40, 0)})
        self.assertEqual((months[2].receivable, months[2].sales), (100, 100))
        self.assertAlmostEqual(months[3].dso, 90.0)
        self.assertAlmostEqual(months[3].dso_count_back, 31 + 28)

    def test_the_workbook(self):
        self._invoice(DAY, DAY)
        self._forecast()
        self.env["order.treasury.month"]._refresh(self.company)
        Month = self.env["order.treasury.month"].with_user(self.accountant)
        book = openpyxl.load_workbook(io.BytesIO(Month._export_workbook()))
        self.assertEqual(book.sheetnames, ["Receivables", "Forecast", "Months"])
        self.assertEqual(book["Receivables"]["A2"].value, self.partner.display_name)
        self.assertEqual(book["Forecast"].max_row, 14)
        self.assertEqual(book["Months"].max_row, 13)
        self.assertIn("download", Month.action_export()["url"])

    def test_accountants_of_the_company_only(self):
        self._forecast()
        forecast = self.env["order.treasury.forecast"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertTrue(forecast.with_user(self.accountant).read(["bank_balance"]))
        with self.assertRaises(AccessError):
            forecast.with_user(self.accountant).write({"bank_balance": 1})
        for user in (self.desk, self.salesman):
            with self.assertRaises(AccessError):
                forecast.with_user(user).read(["bank_balance"])
        other = self.env["res.company"].create({"name": "Other Company"})
        self.accountant.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(
            self.env["order.treasury.week"]
            .with_user(self.accountant)
            .with_context(allowed_company_ids=other.ids)
            .search([("forecast_id", "=", forecast.id)])
        )

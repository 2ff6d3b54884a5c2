import base64
import datetime

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestShippingAccrual(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start = fields.Date.context_today(cls.company).replace(day=1)
        cls.last_month = cls.start - relativedelta(months=1)
        Account = cls.env["account.account"]
        cls.expense, cls.accrued = Account.create(
            [
                {"name": "Freight", "code": "610900", "account_type": "expense"},
                {"name": "Accrued", "code": "210900", "account_type": "liability_current"},
            ]
        )
        journal = cls.env["account.journal"].create(
            {
                "name": "Accruals",
                "code": "ACRF",
                "type": "general",
                "company_id": cls.company.id,
            }
        )
        cls.company.write(
            {
                "freight_journal_id": journal.id,
                "freight_expense_account_id": cls.expense.id,
                "freight_accrual_account_id": cls.accrued.id,
                "freight_accrual_from": cls.last_month,
            }
        )

    def make_label(self, left=None):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        picking.with_context(skip_backorder=True).button_validate()
        day = left or self.last_month + datetime.timedelta(days=9)
        picking.date_done = datetime.datetime.combine(day, datetime.time(12))
        return picking.label_ids

    def run_job(self):
        self.env["shipping.accrual"]._run(self.company)
        return self.env["shipping.accrual"].search([("company_id", "=", self.company.id)])

    def bill(self, label):
        content = f"Tracking Number,Net Amount\n{label.tracking_number},9.10".encode()
        bill = self.env["shipping.invoice"].create(
            {
                "name": f"B{label.id}",
                "carrier_id": self.ground.id,
                "file": base64.b64encode(content),
            }
        )
        bill.action_audit()
        return bill

    def balances(self, accruals):
        lines = accruals.move_id.line_ids
        return [
            sum(lines.filtered(lambda line, a=account: line.account_id == a).mapped("balance"))
            for account in (self.expense, self.accrued)
        ]

    def test_what_left_last_month_and_is_not_billed_is_accrued_once(self):
        labels = self.make_label() | self.make_label()
        billed = self.make_label()
        self.bill(billed)
        this_month = self.make_label(self.start)
        long_ago = self.make_label(self.last_month - datetime.timedelta(days=1))
        accrual = self.run_job()
        self.assertEqual((accrual.kind, accrual.parcels, accrual.amount), ("accrue", 2, 17))
        self.assertEqual(accrual.month, self.last_month)
        self.assertEqual(accrual.move_id.state, "posted")
        self.assertEqual(accrual.move_id.date, self.start - datetime.timedelta(days=1))
        self.assertEqual(self.balances(accrual), [17, -17])
        self.assertEqual(labels.accrual_id, accrual)
        self.assertFalse((billed | this_month | long_ago).accrual_id)
        self.assertEqual(self.run_job(), accrual)

    def test_the_bill_takes_back_what_was_accrued(self):
        label = self.make_label()
        accrual = self.run_job()
        self.bill(label)
        both = self.run_job()
        settled = both - accrual
        self.assertEqual((settled.kind, settled.amount, settled.month), ("settle", 8.5, self.start))
        self.assertEqual(self.balances(both), [0, 0])
        self.assertEqual(label.settlement_id, settled)
        self.assertEqual(self.run_job(), both)

    def test_a_void_label_is_taken_back_and_other_currencies_are_converted(self):
        euro = self.env.ref("base.EUR")
        self.set_rate(euro, 0.5)
        self.ground.rate_currency_id = euro
        label = self.make_label()
        accrual = self.run_job()
        self.assertEqual(accrual.amount, 17)
        label.picking_id.cancel_shipment()
        both = self.run_job()
        self.assertEqual((both - accrual).amount, 17)
        self.assertEqual(self.balances(both), [0, 0])

    def test_a_return_label_counts_once_it_is_used(self):
        label = self.make_label()
        back = label.picking_id.buy_return_label()
        self.assertEqual(self.run_job().parcels, 1)
        back.sudo().track_status = "in_transit"
        self.assertEqual(sum(self.run_job().mapped("parcels")), 2)

    def test_rights_and_settings(self):
        packer = self.make_user("accrual_packer", "order_shipping.group_shipping_manager")
        with self.assertRaises(AccessError):
            self.env["shipping.accrual"].with_user(packer).action_run()
        clerk = self.make_user("accrual_clerk", "account.group_account_invoice")
        self.make_label()
        self.env["shipping.accrual"].with_user(clerk).action_run()
        self.assertEqual(len(self.run_job()), 1)
        self.company.freight_expense_account_id = False
        with self.assertRaisesRegex(UserError, "Choose journal and accounts"):
            self.env["shipping.accrual"].with_user(clerk).action_run()

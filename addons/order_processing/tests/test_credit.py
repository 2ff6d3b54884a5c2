from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError

from .common_rule import RuleCommon


class TestCredit(RuleCommon):
    """Exposure, limits, holds that follow them, partial approval, history."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One clock for all: around midnight it is tomorrow already for some.
        cls.env["res.users"].with_context(active_test=False).search([]).tz = "UTC"
        cls.company.account_use_credit_limit = True
        cls.rule = cls._rule("credit")
        cls.partner.credit_limit = 500.0

    def _standing(self):
        payer = (self.partner.id, self.company.id)
        return self.env["order.credit"]._get_standings([payer])[payer]

    def _bill(self, amount, days=30, **vals):
        """A posted invoice due in ``days``."""
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": fields.Date.today() - timedelta(days=100),
                "invoice_date_due": fields.Date.today() + timedelta(days=days),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "x", "price_unit": amount, "tax_ids": False})
                ],
                **vals,
            }
        )
        invoice.action_post()
        return invoice

    def _settle(self, amount, invoice=None):
        """A payment of the customer, matched with ``invoice`` if one is given."""
        if invoice:
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            return wizard.create({"amount": amount})._create_payments()
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", self.company.id)], limit=1
        )
        receivable = self.partner.property_account_receivable_id
        income = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        move = self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.partner.id,
                            "credit": amount,
                        }
                    ),
                    Command.create({"account_id": income.id, "debit": amount}),
                ],
            }
        )
        move.action_post()
        return move

    def test_what_counts(self):
        self._bill(100.0, days=-12)
        self._bill(50.0, days=12)
        self._settle(30.0)
        confirmed = self._order((self.green, 1), channel=False)
        confirmed.action_confirm()
        held = self._order((self.delivery_fee, 2), channel=False)
        held._place_hold("manual", "release", "Wait")
        self._order((self.red, 1), channel=False)  # a mere quotation doesn't count
        standing = self._standing()
        self.assertEqual(standing.overdue, 100.0)
        self.assertEqual(standing.overdue_days, 12)
        self.assertEqual(standing.not_due, 50.0)
        self.assertEqual(standing.unmatched, 30.0)
        self.assertEqual(standing.to_invoice, 199.0)
        self.assertEqual(standing.held, ((held.id, 20.0),))
        self.assertEqual(standing.exposure(), 100 + 50 - 30 + 199 + 20)

    def test_undelivered_orders_count_and_move_on_to_the_invoice(self):
        """Odoo's own figure misses orders invoiced at delivery until they are delivered."""
        order = self._order((self.green, 1), (self.delivery_fee, 1))
        self.channel.invoice_policy = "manual"
        order.action_confirm()
        self.assertEqual(self._standing().to_invoice, 209.0)
        self._ship(order.picking_ids)
        self.assertEqual(self._standing().to_invoice, 209.0)
        invoice = order._create_invoices()
        self.assertEqual(self._standing().exposure(), 209.0)
        invoice.action_post()
        standing = self._standing()
        self.assertEqual((standing.to_invoice, standing.receivable), (0.0, 209.0))
        self._settle(209.0, invoice)
        self.assertEqual(self._standing().exposure(), 0.0)

    def test_down_payments_count_once(self):
        order = self._order((self.green, 1), channel=False)
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "fixed",
                "fixed_amount": 99.0,
            }
        )
        wizard.create_invoices()
        order.invoice_ids.action_post()
        standing = self._standing()
        self.assertEqual(standing.receivable, 99.0)
        self.assertEqual(standing.to_invoice, 100.0)

    def test_over_the_limit(self):
        order = self._order((self.green, 3), channel=False)
        self._prove(
            order,
            self.rule,
            "97.00 over the limit",
            lambda: self.partner.write({"credit_limit": 600}),
        )

    def test_paying_sets_free(self):
        invoice = self._bill(400.0)
        order = self._order((self.green, 1), channel=False)
        hold = self._assert_kept(order, self.rule, "over the limit")
        self._commit()
        self.assertEqual(hold.state, "pending")
        self._settle(300.0, invoice)
        self._assert_let_go(order, hold)

    def test_overdue(self):
        self.rule.active = False
        rule = self._rule("overdue", days=10)
        invoice = self._bill(100.0, days=-12)
        order = self._order(channel=False)
        hold = self._assert_kept(order, rule, "overdue, the oldest for 12 days")
        self._settle(100.0, invoice)
        self._assert_let_go(order, hold)

    def test_orders_confirmed_together_share_what_is_left(self):
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order((self.green, 1), channel=False)
        orders.with_context(order_confirm_each=True).action_confirm()
        self.assertEqual(orders.mapped("state"), ["sale", "sale", "draft"])
        self.assertEqual(orders[2].hold_ids.rule_id, self.rule)

    def test_the_later_waits_for_the_earlier(self):
        first, second = (self._order((self.green, 2), channel=False) for _number in range(2))
        first._place_hold("manual", "release", "Wait")
        with self.assertRaisesRegex(UserError, "over the limit"):
            second.action_confirm()
        first.hold_ids.action_release()
        first.action_confirm()
        self.rule.count_held = False
        self.assertEqual(first.state, "sale")

    def test_approving_up_to_an_amount(self):
        order = self._order((self.green, 3), channel=False)
        order.action_validate_order()
        hold = order.hold_ids
        self.assertEqual(hold.finding_measure, 597.0)
        with self.assertRaises(AccessError):
            hold.with_user(self.desk).approve_up_to = 1e6
        hold.with_user(self.manager).approve_up_to = 620.0
        hold.with_user(self.manager).action_approve("Paid by card tomorrow")
        with self.assertRaises(UserError):
            hold.with_user(self.manager).approve_up_to = 1e6
        self._bill(20.0)
        order._check_rules("release")
        self.assertFalse(self._open_holds(order))
        self._bill(20.0)
        with self.assertRaisesRegex(UserError, "over the limit"):
            order.action_confirm()

    def test_insured_amount(self):
        self.partner.credit_insured = 150.0
        order = self._order((self.green, 1), channel=False)
        order.action_validate_order()
        self.assertFalse(order.hold_ids)
        self.rule.limit_base = "lower"
        order.action_validate_order()
        self.assertRegex(self._open_holds(order).reason, "150.00")

    def test_no_limit_and_no_use_of_limits(self):
        self.partner.credit_limit = 0.0
        self._order((self.green, 50), channel=False).action_confirm()
        self.partner.credit_limit = 10.0
        self.company.account_use_credit_limit = False
        order = self._order((self.green, 1), channel=False)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_contacts_share_their_companys_credit(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.partner.id})
        self._order((self.green, 2), channel=False).action_confirm()
        order = self._order((self.green, 1), channel=False, partner_id=contact.id)
        order._place_hold("manual", "ship", "Wait")
        with self.assertRaisesRegex(UserError, "over the limit"):
            order.action_confirm()

    def test_what_is_added_after_confirmation_uses_credit_too(self):
        order = self._order((self.green, 1), channel=False)
        order.action_confirm()
        order.order_line.product_uom_qty = 4
        self._commit()
        hold = self._open_holds(order)
        self.assertEqual((hold.rule_id, hold.gate), (self.rule, "ship"))
        with self.assertRaisesRegex(UserError, "over the limit"):
            self._ship(order.picking_ids)

    def test_bar_and_odoos_warning_agree(self):
        order = self._order((self.green, 3), channel=False)
        self.assertEqual(order.credit_bar["exposure"], 597.0)
        self.assertEqual(order.credit_bar["over"], 97.0)
        self.assertIn("97.00 too much", order.partner_credit_warning)
        order._place_hold("manual", "release", "Wait")
        order.invalidate_recordset()
        self.assertEqual(order.credit_bar["exposure"], 597.0, "a held order counts once")
        self.partner.credit_limit = 1000.0
        order.invalidate_recordset()
        self.assertFalse(order.partner_credit_warning)
        self.assertEqual(self.partner.credit_bar["exposure"], 597.0)

    def test_history(self):
        self._bill(100.0)
        self.partner.credit_limit = 700.0
        self.partner.credit_insured = 300.0
        self.partner.credit_insured = 300.0
        history = self.env["order.credit.history"].search([("partner_id", "=", self.partner.id)])
        changed = history.sorted("id")[-2:]
        self.assertEqual(changed.mapped("reason"), ["limit", "insured"])
        self.assertEqual(changed.mapped("before"), [500.0, 0.0])
        self.assertEqual(changed[0].limit, 700.0)
        self.assertEqual(changed.mapped("exposure"), [100.0, 100.0])
        self.env["order.credit"]._cron_keep()
        history = self.env["order.credit.history"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(history[0].reason, "day")
        for change in (lambda h: h.write({"limit": 1}), lambda h: h.unlink(), lambda h: h.copy()):
            with self.assertRaises(AccessError):
                change(history[0].with_user(self.manager))

    def test_companies_have_their_own_limits(self):
        theirs = self.env["res.company"].create({"name": "Theirs"})
        payer = (self.partner.id, theirs.id)
        self._bill(100.0)
        standing = self.env["order.credit"]._get_standings([payer])[payer]
        self.assertIsNone(standing.limit)
        self.assertEqual(standing.exposure(), 0.0)

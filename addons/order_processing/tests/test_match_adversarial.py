import base64

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .match_common import MatchCase

STRIPE = """automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,currency,\
gross,fee,net,reporting_category,source_id,description
po_1Abc234,2026-03-10 00:00:00,txn_000001,usd,100.00,3.20,96.80,charge,ch_000111,{first}
po_1Abc234,2026-03-10 00:00:00,txn_000002,usd,50.00,1.75,48.25,charge,ch_000222,{second}
po_1Abc234,2026-03-10 00:00:00,txn_000003,usd,-145.05,0.00,-145.05,payout,po_1Abc234,STRIPE PAYOUT
"""
PAYPAL = """"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net",\
"Transaction ID","Invoice Number"
"03/08/2026","09:00:00","PST","Zoe","Express Checkout Payment","Completed","USD","100.00","-3.20",\
"96.80","7AB12345CD678901X","{first}"
"03/09/2026","09:00:00","PST","Yan","Express Checkout Payment","Pending","USD","70.00","0.00",\
"70.00","7AB12345CD678999X",""
"03/10/2026","09:00:00","PST","","General Withdrawal","Completed","USD","-96.80","0.00","-96.80",\
"9WX12345CD678902Y",""
"""


@tagged("post_install", "-at_install")
class TestMatchAdversarial(MatchCase):
    """Where the state of the books matters: what must not post, and what must stay right."""

    def assert_books_are_right(self, *moves):
        """Every entry balances, and what invoices say is paid is what their items say."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT move_id FROM account_move_line
                WHERE company_id = %s AND parent_state = 'posted'
             GROUP BY move_id HAVING abs(sum(balance)) > 0.001""",
            [self.company.id],
        )
        self.assertFalse(self.env.cr.fetchall())
        for move in moves:
            owed = sum(self.receivable(move).mapped("amount_residual"))
            self.assertAlmostEqual(owed, move.amount_residual_signed)
            state = "paid" if move.currency_id.is_zero(owed) else move.payment_state
            self.assertEqual(move.payment_state, state)

    # === POST, UNDO, IMPORT AGAIN === #

    def test_post_undo_and_import_again_keep_the_books_right(self):
        moves = self.invoice(100) + self.invoice(60) + self.invoice(77.7, partner=self.beta)
        content = self.ofx(
            (100, moves[0].name), (30, moves[1].name), (30, moves[1].name), (77.7, moves[2].name)
        )
        _action, lines = self.import_file(content)
        self.assertEqual(set(lines.mapped("match_state")), {"matched"})
        self.assertEqual(set(moves.mapped("payment_state")), {"paid"})
        self.assert_books_are_right(*moves)
        self.as_accountant(lines).action_undo_match()
        self.assertEqual(set(moves.mapped("payment_state")), {"not_paid"})
        self.assert_books_are_right(*moves)
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(content)
        self.match(lines)
        self.assertEqual(set(lines.mapped("match_state")), {"open"}, "undone stays undone")
        for match in lines.order_match_ids.filtered(lambda match: match.state == "undone"):
            self.as_accountant(match).action_accept()
        self.assertEqual(set(moves.mapped("payment_state")), {"paid"})
        self.assert_books_are_right(*moves)

    def test_overlapping_file_pays_nothing_twice(self):
        first, second = self.invoice(100), self.invoice(50)
        self.import_file(self.ofx((100, first.name)))
        _action, lines = self.import_file(self.ofx((100, first.name), (50, second.name)))
        self.assertEqual(lines.mapped("payment_ref"), [second.name])
        self.assertEqual((first + second).mapped("payment_state"), ["paid", "paid"])
        self.assert_books_are_right(first, second)

    def test_locked_period_posts_nothing_and_moves_nothing(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name, date="2026-02-10")
        # A period with open bank lines can't be locked on screen; other tools do lock it.
        self.env.cr.execute(
            "UPDATE res_company SET fiscalyear_lock_date = '2026-02-28' WHERE id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        self.match(line)
        self.assertEqual(str(line.date), "2026-02-10")
        self.assertIn("locked period", line.match_note)
        self.assertEqual(move.payment_state, "not_paid")

    def test_cancelled_invoice_is_not_paid(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        move.button_draft()
        move.button_cancel()
        self.assertFalse(self.match(line))
        self.assertEqual(line.match_state, "open")

    # === LINES TOGETHER, DISCOUNTS, FEES === #

    def test_two_lines_pay_one_invoice(self):
        move = self.invoice(100)
        lines = self.bank_line(60, move.name) + self.bank_line(40, f"rest of {move.name}")
        self.match(lines)
        self.assertEqual(set(lines.mapped("match_state")), {"matched"})
        self.assertEqual(move.payment_state, "paid")
        self.assertIn("together", lines[0].order_match_ids.reason)
        self.as_accountant(lines[0]).action_undo_match()
        self.assertEqual((move.amount_residual, lines[1].match_state), (60, "matched"))
        self.assert_books_are_right(move)

    def early_term(self):
        return self.env["account.payment.term"].create(
            {
                "name": "2/7 net 30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
                "early_pay_discount_computation": "excluded",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})
                ],
            }
        )

    def test_early_payment_with_its_discount(self):
        term = self.early_term()
        early, late = (self.invoice(100, invoice_payment_term_id=term.id) for _each in range(2))
        lines = self.bank_line(98, early.name, date="2026-03-05")
        lines += self.bank_line(98, late.name, date="2026-03-20")
        self.match(lines)
        self.assertEqual(lines.mapped("match_state"), ["matched", "suggested"])
        self.assertEqual((early + late).mapped("payment_state"), ["paid", "not_paid"])
        self.assertEqual(lines[0].order_match_ids.level, "discount")
        self.assert_books_are_right(early, late)

    def test_instalments_are_paid_one_by_one(self):
        """Equal shares of one invoice: the one due first, and nothing twice."""
        term = self.env["account.payment.term"].create(
            {
                "name": "thirds",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((40, 0), (40, 30), (20, 60))
                ],
            }
        )
        move = self.invoice(100, invoice_payment_term_id=term.id)
        lines = self.env["account.bank.statement.line"].union(
            *(self.bank_line(amount, move.name) for amount in (40, 40, 19.99, 20, 40))
        )
        self.match(lines)
        expected = ["matched", "matched", "open", "matched", "open"]
        self.assertEqual(lines.mapped("match_state"), expected)
        self.assertEqual(move.payment_state, "paid")
        self.assertIn("paid twice", lines[4].match_note)
        due = [line.order_match_ids.item_ids.date_maturity for line in lines[:2]]
        self.assertEqual(due, sorted(due))
        self.as_accountant(lines[1]).action_undo_match()
        self.assertEqual(move.amount_residual, 40)
        self.assert_books_are_right(move)

    def test_bank_fee_goes_to_its_account(self):
        move = self.invoice(100)
        line = self.bank_line(98.5, move.name)
        self.match(line)
        self.assertEqual(line.match_state, "suggested")
        self.company.order_fee_max = 5
        match = self.match(line).filtered(lambda match: match.state == "suggested")
        self.assertEqual(match.level, "tolerance")
        with self.assertRaisesRegex(UserError, "to which account fees"):
            self.as_accountant(match).action_accept()
        expense = self.company_data["default_account_expense"]
        self.company.write({"order_fee_account_id": expense.id, "order_fee_post": True})
        self.match(line)
        self.assertEqual((line.match_state, move.payment_state), ("matched", "paid"))
        booked = line.move_id.line_ids.filtered(lambda item: item.account_id == expense)
        self.assertAlmostEqual(booked.balance, 1.5)
        self.assert_books_are_right(move)

    def test_foreign_line_pays_an_invoice_in_its_currency(self):
        currency = self.setup_other_currency("EUR")
        move = self.invoice(90, currency_id=currency.id)
        line = self.bank_line(120, move.name, foreign_currency_id=currency.id, amount_currency=90)
        self.match(line)
        self.assertEqual((line.match_state, move.payment_state), ("matched", "paid"))
        self.assert_books_are_right()

    def test_old_documents_are_left_to_a_person(self):
        move = self.invoice(100, invoice_date="2023-01-05")
        line = self.bank_line(100, move.name)
        self.match(line)
        self.assertEqual(line.match_state, "suggested")
        self.assertIn("older", line.suggestion_id.reason)
        self.company.order_match_days = 0
        self.match(line)
        self.assertEqual(move.payment_state, "paid")

    # === WHAT GOES BACK === #

    def test_chargeback_reopens_and_represented_pays_again(self):
        move = self.invoice(100)
        paid = self.bank_line(100, move.name)
        self.match(paid)
        back = self.bank_line(-100, f"RETURN AC04 {move.name}", date="2026-03-12")
        match = self.match(back)
        self.assertEqual((match.state, match.level), ("posted", "chargeback"))
        self.assertEqual((back.match_state, paid.match_state), ("matched", "matched"))
        self.assertEqual((move.payment_state, move.amount_residual), ("not_paid", 100))
        self.assertEqual(paid.order_match_ids.state, "undone")
        activity = move.activity_ids.filtered(lambda each: "taken back" in each.summary)
        self.assertEqual(len(activity), 1)
        self.assert_books_are_right(move)
        again = self.bank_line(100, move.name, date="2026-03-20")
        self.match(again)
        self.assertEqual((again.match_state, move.payment_state), ("matched", "paid"))
        self.assert_books_are_right(move)

    def test_chargeback_of_another_amount_is_noted(self):
        move = self.invoice(100)
        self.match(self.bank_line(100, move.name))
        back = self.bank_line(-90, f"RETURN {move.name}")
        self.match(back)
        self.assertEqual((back.match_state, move.payment_state), ("open", "paid"))
        self.assertIn("paid already", back.match_note)

    # === PAYOUTS === #

    def import_payouts(self, text):
        wizard = self.as_accountant(self.env["order.payout.import"]).create(
            {"file": base64.b64encode(text.encode()), "filename": "payouts.csv"}
        )
        return wizard.action_import()

    def test_stripe_payout_pays_its_invoices_and_books_the_fee(self):
        first, second = self.invoice(100), self.invoice(50, partner=self.beta)
        line = self.bank_line(145.05, "STRIPE PO_1ABC234")
        self.match(line)
        self.assertNotEqual(line.match_state, "matched")
        expense = self.company_data["default_account_expense"]
        report = STRIPE.format(first=first.name, second=second.name)
        action = self.import_payouts(report)
        self.assertIn("to which account fees", line.match_note)
        self.company.order_fee_account_id = expense
        self.match(line)
        self.assertEqual(line.match_state, "matched")
        self.assertEqual((first + second).mapped("payment_state"), ["paid", "paid"])
        booked = line.move_id.line_ids.filtered(lambda item: item.account_id == expense)
        self.assertAlmostEqual(booked.balance, 4.95)
        payout = self.env["order.payout"].search(action["domain"])
        self.assertEqual(
            (payout.reference, payout.amount, payout.fee), ("po_1Abc234", 145.05, 4.95)
        )
        with self.assertRaisesRegex(UserError, "imported already"):
            self.import_payouts(report)
        self.assert_books_are_right(first, second)
        self.as_accountant(line).action_undo_match()
        self.assertEqual((first + second).mapped("payment_state"), ["not_paid", "not_paid"])
        self.assert_books_are_right(first, second)

    def test_paypal_withdrawal_pays_what_was_earned_before(self):
        self.company.order_fee_account_id = self.company_data["default_account_expense"]
        move = self.invoice(100)
        line = self.bank_line(96.8, "PAYPAL TRANSFER")
        self.import_payouts(PAYPAL.format(first=move.name))
        self.assertEqual((line.match_state, move.payment_state), ("matched", "paid"))
        self.assert_books_are_right(move)

    def test_other_files_are_no_payouts(self):
        with self.assertRaisesRegex(UserError, "no report of payouts"):
            self.import_payouts("a,b\n1,2\n")
        with self.assertRaisesRegex(UserError, "is not an amount"):
            self.import_payouts(STRIPE.replace("96.80", "abc"))

    # === QUERIES === #

    def test_suggestions_for_fifty_lines_stay_cheap(self):
        moves = self.env["account.move"].union(*(self.invoice(100 + n) for n in range(50)))
        lines = self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": self.bank.id,
                    "date": fields.Date.to_date("2026-03-10"),
                    "payment_ref": f"Part of {move.name}",
                    "amount": 7,
                }
                for move in moves
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(3 * 50):
            lines.action_match()
            self.env.flush_all()
        self.assertEqual(set(lines.mapped("match_state")), {"suggested"})

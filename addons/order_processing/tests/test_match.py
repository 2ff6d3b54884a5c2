from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .match_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatch(MatchCase):
    def test_number_and_amount_pay_the_invoice(self):
        order, move = self.order_invoice(100)
        line = self.bank_line(100, f"Payment {move.name} thanks")
        match = self.match(line)
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(line.match_state, "matched")
        self.assertEqual(line.partner_id, self.acme)
        self.assertEqual(line.move_id.partner_id, self.acme)
        self.assertEqual((match.state, match.level), ("posted", "reference"))
        self.assertEqual(match.move_ids, move)
        self.assertEqual(match.order_ids, order)
        self.assertEqual(match.user_id, self.accountant)
        self.assertIn(move.name, match.reason)
        self.assertEqual(order.match_ids, match)

    def test_order_and_channel_numbers_lead_to_the_invoice(self):
        order, move = self.order_invoice(70, channel_ref="#1001")
        other, other_move = self.order_invoice(80)
        lines = self.bank_line(70, "ORDER #1001") + self.bank_line(80, f"{other.name}, thanks")
        self.match(lines)
        self.assertEqual((move + other_move).mapped("payment_state"), ["paid", "paid"])
        event = order.event_ids.filtered(lambda event: event.step == "pay")
        self.assertEqual(len(event), 1)
        self.assertEqual(event.details["invoice_id"], move.id)
        self.assertEqual(event.details["amount"], 70)
        self.assertEqual(event.details["reference"], "ORDER #1001")

    def test_transaction_of_the_channel_leads_to_the_invoice(self):
        """What the shop's payment provider calls the payment is all that the bank line says."""
        order, move = self.order_invoice(90)
        # sudo: nobody but the channel says what was paid there.
        self.env["order.payment"].sudo().create(
            {
                "order_id": order.id,
                "kind": "payment",
                "amount": 90,
                "state": "captured",
                "reference": "ch_3Nx7TEST99",
            }
        )
        _other, other_move = self.order_invoice(90)
        line = self.bank_line(90, "STRIPE PAYOUT ch_3Nx7TEST99")
        match = self.match(line)
        self.assertEqual((move.payment_state, other_move.payment_state), ("paid", "not_paid"))
        self.assertEqual((match.level, match.order_ids), ("reference", order))

    def test_pay_is_recorded_once_per_invoice_however_paid(self):
        order, move = self.order_invoice(100)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({})._create_payments()
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        steps = order.event_ids.mapped("step")
        self.assertEqual(steps.count("pay"), 1)
        self.receivable(move).remove_move_reconcile()
        self.match(self.bank_line(100, move.name))
        self.assertEqual(order.event_ids.mapped("step").count("pay"), 1)

    def test_several_invoices_and_credit_notes(self):
        first, second = self.invoice(100), self.invoice(50.5)
        credit = self.invoice(20, move_type="out_refund")
        line = self.bank_line(130.5, f"{first.name} {second.name} less {credit.name}")
        match = self.match(line)
        self.assertEqual(match.state, "posted")
        self.assertEqual(
            (first + second + credit).mapped("payment_state"), ["paid", "paid", "paid"]
        )
        self.assertEqual(line.match_state, "matched")
        self.assertEqual(match.move_ids, first + second + credit)

    def test_registered_payment_is_matched_with_the_bank(self):
        move = self.invoice(100)
        outstanding = self.env["account.account"].create(
            {
                "name": "Outstanding Receipts Test",
                "code": "101499",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        self.bank.inbound_payment_method_line_ids.payment_account_id = outstanding
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"communication": "CHEQUE 778812"})
            ._create_payments()
        )
        line = self.bank_line(100, "CHEQUE 778812")
        self.assertEqual(self.match(line).state, "posted")
        self.assertTrue(payment.is_matched)

    def test_known_customer_with_one_document_of_the_amount(self):
        move, _other = self.invoice(100), self.invoice(90)
        line = self.bank_line(100, "thank you", partner_id=self.acme.id)
        self.assertEqual(self.match(line).level, "partner")
        self.assertEqual(move.payment_state, "paid")

    def test_bank_account_tells_the_customer(self):
        self.env["res.partner.bank"].create({"acc_number": "DE 12-34", "partner_id": self.acme.id})
        move = self.invoice(100)
        line = self.bank_line(100, "thank you", account_number="DE1234")
        self.assertEqual(self.match(line).level, "partner")
        self.assertEqual((move.payment_state, line.partner_id), ("paid", self.acme))
        self.env["res.partner.bank"].create({"acc_number": "DE1234", "partner_id": self.beta.id})
        self.invoice(200)
        shared = self.bank_line(200, "thank you", account_number="DE1234")
        self.assertEqual(self.match(shared).mapped("state"), ["suggested"])

    def test_nothing_is_posted_without_proof(self):
        move = self.invoice(100)
        self.invoice(100, partner=self.beta)
        cases = [
            (100, "WIRE", {}),
            (100, "%", {}),
            (100, "_", {}),
            (100, "INV", {}),
            (100, move.name + "1", {}),
            (100, move.name[:-1], {}),
            (99.99, move.name, {}),
            (60, move.name, {}),
            (130, move.name, {}),
            (-100, move.name, {}),
            (100, move.name, {"partner_id": self.beta.id}),
        ]
        lines = self.env["account.bank.statement.line"].union(
            *(self.bank_line(amount, label, **vals) for amount, label, vals in cases)
        )
        matches = self.match(lines)
        self.assertNotIn("posted", matches.mapped("state"))
        self.assertEqual(move.payment_state, "not_paid")
        self.assertNotIn("matched", lines.mapped("match_state"))

    def test_equal_documents_tie(self):
        moves = self.invoice(100) + self.invoice(100)
        line = self.bank_line(100, "", partner_id=self.acme.id, payment_ref="thanks")
        matches = self.match(line)
        self.assertEqual(matches.mapped("state"), ["suggested", "suggested"])
        self.assertEqual(line.match_state, "suggested")
        self.assertEqual(set(moves.mapped("payment_state")), {"not_paid"})

    def test_paid_twice(self):
        move = self.invoice(100)
        lines = self.bank_line(100, move.name) + self.bank_line(100, move.name)
        self.match(lines)
        self.assertEqual(lines.mapped("match_state"), ["matched", "open"])
        self.match(lines[1])
        self.assertIn("paid twice", lines[1].match_note)

    def test_cancelled_and_draft_invoices_are_not_paid(self):
        move = self.invoice(100)
        name = move.name
        move.button_draft()
        line = self.bank_line(100, name)
        self.assertFalse(self.match(line))
        move.action_post()
        self.assertEqual(self.match(line).state, "posted")

    def test_suggestions_are_not_repeated_and_go_when_they_no_longer_hold(self):
        move = self.invoice(100)
        line = self.bank_line(60, move.name)
        first = self.match(line)
        self.assertEqual(self.match(line), first)
        self.match(self.bank_line(100, move.name))
        self.match(line)
        self.assertEqual(first.state, "superseded")
        self.assertEqual(line.match_state, "open")

    def test_accept_partial_and_overpaid(self):
        move = self.invoice(100)
        part, over = self.bank_line(60, move.name), self.bank_line(70, move.name)
        match = self.match(part)
        self.as_accountant(match).action_accept()
        self.assertEqual((move.payment_state, move.amount_residual), ("partial", 40))
        self.assertEqual((match.state, match.level), ("posted", "manual"))
        self.assertEqual(match.candidates["evidence"], "reference")
        self.assertEqual(part.match_state, "matched")
        self.as_accountant(self.match(over)).action_accept()
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual((over.match_state, over.amount_residual), ("partial", -30))
        with self.assertRaises(UserError):
            match.action_accept()

    def test_accept_wrong_direction_or_settled(self):
        move = self.invoice(100)
        line = self.bank_line(60, move.name)
        match = self.match(line)
        self.match(self.bank_line(100, move.name))
        with self.assertRaisesRegex(UserError, "settled already"):
            self.as_accountant(match).action_accept()

    def test_undo_and_post_again(self):
        order, move = self.order_invoice(100)
        line = self.bank_line(100, move.name)
        match = self.match(line)
        self.as_accountant(line).action_undo_match()
        self.assertEqual((match.state, move.payment_state), ("undone", "not_paid"))
        self.assertEqual(match.closed_by_id, self.accountant)
        self.assertIn("taken back", order.message_ids[0].body)
        self.assertEqual(line.match_state, "open")
        self.assertFalse(line.partner_id, "the match alone had told the customer")
        self.match(line)
        self.assertEqual(line.order_match_ids, match, "what a person undid stays undone")
        other = self.invoice(100)
        self.match(self.bank_line(100, other.name))
        self.as_accountant(match).action_accept()
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(line.order_match_ids.mapped("state"), ["posted", "undone"])
        self.assertEqual(line.order_match_ids[0].level, "manual")

    def test_rejected_suggestions_stay_away(self):
        move = self.invoice(100)
        line = self.bank_line(60, move.name)
        match = self.match(line)
        self.as_accountant(match).action_reject()
        self.assertEqual(match.state, "rejected")
        self.assertEqual(self.match(line), match)

    def test_state_tells_when_the_invoice_was_freed(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        match = self.match(line)
        self.receivable(move).remove_move_reconcile()
        self.assertTrue(line.is_reconciled, "Odoo's own field says nothing about it")
        self.assertEqual((line.match_state, match.state), ("credit", "undone"))
        self.as_accountant(line).action_undo_match()
        self.assertEqual(line.match_state, "open")

    def test_invoice_corrected_and_posted_again_is_matched_again(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        match = self.match(line)
        move.button_draft()
        move.invoice_line_ids.price_unit = 90
        self.assertEqual((line.match_state, match.state), ("open", "undone"))
        self.assertFalse(match.is_refusal, "nobody said the two don't belong together")
        move.invoice_line_ids.price_unit = 100
        move.action_post()
        self.assertEqual((self.match(line) - match).state, "posted")
        self.assertEqual(move.payment_state, "paid")

    def test_locked_period_is_noted_on_its_line_only(self):
        moves = self.invoice(100) + self.invoice(90)
        lines = self.bank_line(100, moves[0].name, date="2026-02-10") + self.bank_line(
            90, moves[1].name
        )
        # A period with open bank lines can't be locked on screen; other tools do lock it.
        self.env.cr.execute(
            "UPDATE res_company SET fiscalyear_lock_date = '2026-02-28' WHERE id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        self.match(lines)
        self.assertEqual(lines.mapped("match_state"), ["suggested", "matched"])
        self.assertTrue(lines[0].match_note)
        self.assertEqual(moves.mapped("payment_state"), ["not_paid", "paid"])

    def test_other_currency_is_a_persons_choice(self):
        currency = self.setup_other_currency("EUR")
        move = self.invoice(100, currency_id=currency.id)
        line = self.bank_line(100, move.name)
        match = self.match(line)
        self.assertEqual(match.state, "suggested")
        self.assertIn("currency", match.reason)
        self.as_accountant(match).action_accept()
        self.assertIn(move.payment_state, ("partial", "paid"))
        self.assertEqual(sum(line.move_id.line_ids.mapped("balance")), 0)

    def test_journal_in_another_currency(self):
        currency = self.setup_other_currency("EUR")
        journal = self.bank.copy({"currency_id": currency.id, "name": "Euro", "code": "EUR1"})
        move = self.invoice(100, currency_id=currency.id)
        line = self.bank_line(100, move.name, journal_id=journal.id)
        self.assertEqual(self.match(line).state, "posted")
        self.assertEqual((move.payment_state, line.match_state), ("paid", "matched"))

    def test_switch_of_the_journal(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        self.bank.auto_match = "off"
        self.assertFalse(self.match(line))
        self.bank.auto_match = "suggest"
        self.assertEqual(self.match(line).state, "suggested")
        self.as_accountant(line).action_accept_suggestion()
        self.assertEqual(move.payment_state, "paid")

    def test_companies_are_apart(self):
        data = self.setup_other_company(name="Other Company")
        other = data["company"]
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        foreign = (
            self.env["account.bank.statement.line"]
            .with_company(other)
            .create(
                {
                    "journal_id": data["default_journal_bank"].id,
                    "date": "2026-03-10",
                    "payment_ref": move.name,
                    "amount": 100,
                }
            )
        )
        (foreign + line).with_context(allowed_company_ids=(self.company + other).ids).action_match()
        self.assertEqual(line.match_state, "matched")
        self.assertFalse(foreign.order_match_ids)
        self.assertEqual(foreign.match_state, "open")
        with self.assertRaises(AccessError):
            self.as_accountant(foreign).read(["match_state"])

    def test_log_is_append_only(self):
        match = self.match(self.bank_line(100, self.invoice(100).name))
        with self.assertRaises(UserError):
            match.write({"reason": "other"})
        with self.assertRaises(UserError):
            match.unlink()
        with self.assertRaises(UserError):
            self.as_accountant(self.env["order.match"]).create({})

    def test_log_outlives_its_bank_line(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        match = self.match(line)
        line.unlink()
        self.assertEqual((match.state, match.label), ("undone", move.name))
        self.assertEqual(match.company_id, self.company)
        self.assertEqual(move.payment_state, "not_paid")

    def test_rights(self):
        line = self.bank_line(60, self.invoice(100).name)
        match = self.match(line)
        clerk = new_test_user(
            self.env,
            "order_clerk",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        for records, method in (
            (line, "action_match"),
            (line, "action_undo_match"),
            (match, "action_accept"),
            (match, "action_reject"),
        ):
            with self.assertRaises(UserError):
                getattr(records.with_user(clerk), method)()
        seen = self.as_accountant(line).web_read(
            {
                "suggestion_id": {"fields": {"display_name": {}}},
                "order_match_ids": {
                    "fields": {
                        "order_ids": {"fields": {"display_name": {}}},
                        "move_ids": {"fields": {"display_name": {}}},
                    }
                },
            }
        )
        self.assertTrue(seen[0]["suggestion_id"])

    def test_cron_matches_what_was_paid_before_its_invoice(self):
        line = self.bank_line(100, "ORDER #70017")
        self.match(line)
        self.assertEqual(line.match_state, "open")
        _order, move = self.order_invoice(100, channel_ref="#70017")
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.ir_cron_match_bank_lines").method_direct_trigger()
        self.assertEqual((line.match_state, move.payment_state), ("matched", "paid"))

    def test_fifty_exact_matches_stay_cheap(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(10)]
        )
        moves = self.env["account.move"].union(
            *(self.invoice(100 + n, partner=partners[n % 10]) for n in range(50))
        )
        lines = self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": self.bank.id,
                    "date": fields.Date.to_date("2026-03-10"),
                    "payment_ref": f"Payment {move.name}",
                    "amount": move.amount_total,
                }
                for move in moves
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(7 * 50):
            lines.action_match()
            self.env.flush_all()
        self.assertEqual(set(moves.mapped("payment_state")), {"paid"})
        self.assertEqual(set(lines.mapped("match_state")), {"matched"})
        self.assertEqual(set(lines.order_match_ids.mapped("state")), {"posted"})

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .match_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatchMemory(MatchCase):
    """Learning from what accountants choose, and unlearning it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expense = cls.company_data["default_account_expense"]
        cls.Line = cls.as_accountant(cls.env["account.bank.statement.line"])
        cls.Fact = cls.env["order.match.memory"]

    def choose(self, line, move):
        self.Line.match_line_choose(line.id, self.receivable(move).ids)

    def test_account_is_certain_after_a_person_chose(self):
        payer = {"account_number": "DE89 3704 0044", "partner_name": "ACME HOLDING"}
        first, second = self.invoice(100), self.invoice(90)
        line = self.bank_line(100, "WIRE", **payer)
        self.match(line)
        self.assertEqual(line.match_state, "suggested")
        self.choose(line, first)
        facts = self.Fact.search([("company_id", "=", self.company.id)])
        self.assertEqual(
            {(fact.kind, fact.key, fact.state) for fact in facts},
            {("account", "DE8937040044", "confirmed"), ("name", "ACME HOLDING", "learnt")},
        )
        later = self.bank_line(90, "WIRE", **payer)
        self.assertEqual(self.match(later).level, "partner")
        self.assertEqual(second.payment_state, "paid")

    def test_undo_unlearns(self):
        line = self.bank_line(100, "WIRE", account_number="DE8937040044")
        self.choose(line, self.invoice(100))
        self.Line.match_line_undo(line.id)
        fact = self.Fact.search([("key", "=", "DE8937040044")])
        self.assertEqual(fact.state, "forgotten")
        self.invoice(90)
        later = self.bank_line(90, "WIRE", account_number="DE8937040044")
        self.match(later)
        self.assertNotEqual(later.match_state, "matched")

    def test_undo_of_one_of_two_keeps_the_fact(self):
        lines = [self.bank_line(100, "WIRE", account_number="DE8937040044") for _n in range(2)]
        for line in lines:
            self.choose(line, self.invoice(100))
        self.Line.match_line_undo(lines[0].id)
        fact = self.Fact.search([("key", "=", "DE8937040044")])
        self.assertEqual((fact.state, fact.count), ("confirmed", 2))

    def test_account_of_two_customers_decides_nothing(self):
        line, other = (self.bank_line(100, "W", account_number="DE8937040044") for _n in range(2))
        self.choose(line, self.invoice(100))
        self.choose(other, self.invoice(100, partner=self.beta))
        facts = self.Fact.search([("key", "=", "DE8937040044")])
        self.assertEqual(set(facts.mapped("state")), {"learnt"})
        self.invoice(90)
        later = self.bank_line(90, "WIRE", account_number="DE8937040044")
        self.match(later)
        self.assertNotEqual(later.match_state, "matched")
        self.as_accountant(facts[0]).action_confirm()
        with self.assertRaisesRegex(UserError, "Forget that first"):
            self.as_accountant(facts[1]).action_confirm()

    def test_name_ranks_until_confirmed(self):
        line = self.bank_line(100, "WIRE", partner_name="Acme Holding")
        self.choose(line, self.invoice(100))
        move = self.invoice(90)
        self.invoice(90, partner=self.beta)
        later = self.bank_line(90, "WIRE", partner_name="ACME HOLDING INC")
        self.match(later)
        self.assertEqual(later.match_state, "suggested")
        self.assertEqual(later.suggestion_id.move_ids, move)
        fact = self.Fact.search([("kind", "=", "name")])
        self.as_accountant(fact).action_confirm()
        self.match(later)
        self.assertEqual((later.match_state, move.payment_state), ("matched", "paid"))

    def test_fee_is_suggested_then_booked_by_itself(self):
        line = self.bank_line(-12.5, "Account fee 02/2026")
        self.Line.match_line_choose(
            line.id, [], {"account_id": self.expense.id, "name": "February"}
        )
        later = self.bank_line(-13, "Account fee 03/2026")
        match = self.match(later)
        self.assertEqual((match.level, match.state), ("fee", "suggested"))
        self.assertEqual(self.Line.get_match_detail(later.id)["account_id"], self.expense.id)
        fact = self.Fact.search([("kind", "=", "fee")])
        self.assertEqual((fact.key, fact.state), ("ACCOUNT FEE", "learnt"))
        self.as_accountant(fact).action_confirm()
        self.match(later)
        self.assertEqual(later.match_state, "matched")
        booked = later.move_id.line_ids.filtered(lambda item: item.account_id == self.expense)
        self.assertEqual(booked.balance, 13)
        dear = self.bank_line(-60, "Account fee 04/2026")
        self.match(dear)
        self.assertEqual(dear.match_state, "suggested", "over the limit of a line")

    def test_only_accountants_teach(self):
        fact = self.Fact.sudo().create(
            {
                "company_id": self.company.id,
                "kind": "name",
                "key": "X",
                "partner_id": self.acme.id,
                "state": "learnt",
            }
        )
        with self.assertRaises(UserError):
            fact.with_user(new_test_user(self.env, "fact_nobody")).action_confirm()

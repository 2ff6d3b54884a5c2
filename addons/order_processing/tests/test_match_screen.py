from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .match_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatchScreen(MatchCase):
    """What the screen Matching calls: one call for each thing an accountant does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expense = cls.company_data["default_account_expense"]
        cls.Line = cls.as_accountant(cls.env["account.bank.statement.line"])

    def item(self, move):
        return self.receivable(move)

    def write_off(self, name="Rounding"):
        return {"account_id": self.expense.id, "name": name}

    def test_page_shows_open_lines_and_the_day(self):
        move = self.invoice(100)
        done, left = self.bank_line(100, move.name), self.bank_line(60, "WIRE", partner_name="Zoe")
        self.match(done + left)
        page = self.Line.get_match_screen({"journal_id": self.bank.id})
        self.assertEqual([row["id"] for row in page["lines"]], left.ids)
        self.assertEqual(page["progress"], {"done": 1, "total": 2})
        self.assertEqual(page["lines"][0]["payer"], "Zoe")
        self.assertEqual(self.Line.get_match_screen({"search": "zoe"})["count"], 1)
        self.assertEqual(self.Line.get_match_screen({"search": "60.00"})["count"], 1)
        self.assertEqual(self.Line.get_match_screen({"search": "%"})["count"], 0)
        found = self.Line.get_match_screen({"filter": "done", "journal_id": self.bank.id})
        self.assertEqual([row["id"] for row in found["lines"]], done.ids)

    def test_detail_tells_why(self):
        move = self.invoice(100)
        line = self.bank_line(60, move.name)
        self.match(line)
        detail = self.Line.get_match_detail(line.id)
        self.assertEqual(detail["left"], 60)
        (proposal,) = detail["proposals"]
        self.assertIn("60", proposal["reason"])
        self.assertEqual(proposal["items"][0]["document"], move.name)
        self.assertEqual(proposal["items"][0]["open"], 100)
        self.assertIn(self.expense.id, [each["id"] for each in detail["accounts"]])

    def test_accept_and_undo(self):
        move = self.invoice(100)
        line = self.bank_line(60, move.name)
        match = self.match(line)
        answer = self.Line.match_line_accept(line.id, match.id)
        self.assertEqual((answer["state"], move.amount_residual), ("matched", 40))
        answer = self.Line.match_line_undo(line.id)
        self.assertEqual((answer["state"], move.payment_state), ("open", "not_paid"))

    def test_undo_proposes_and_posts_nothing_else(self):
        """Another way that would be certain by itself waits for who has just undone one."""
        move, other = self.invoice(100), self.invoice(100)
        line = self.bank_line(100, move.name, partner_id=self.acme.id)
        self.match(line)
        self.match(self.bank_line(100, move.name[:-1]))
        self.Line.match_line_undo(line.id)
        self.assertEqual((move + other).mapped("payment_state"), ["not_paid", "not_paid"])
        self.assertNotEqual(line.match_state, "matched")

    def test_choose_several_of_any_partner(self):
        first, second = self.invoice(100), self.invoice(50, partner=self.beta)
        line = self.bank_line(150, "WIRE")
        found = self.Line.search_match_items(line.id, "Beta")
        self.assertEqual([row["id"] for row in found["items"]], self.item(second).ids)
        found = self.Line.search_match_items(line.id, first.name)
        self.assertEqual([row["id"] for row in found["items"]], self.item(first).ids)
        found = self.Line.search_match_items(line.id, "50.00")
        self.assertEqual([row["id"] for row in found["items"]], self.item(second).ids)
        answer = self.Line.match_line_choose(line.id, (self.item(first) + self.item(second)).ids)
        self.assertEqual(answer["state"], "matched")
        self.assertEqual((first + second).mapped("payment_state"), ["paid", "paid"])
        match = line.order_match_ids
        self.assertEqual((match.state, match.level), ("posted", "manual"))
        self.assertEqual(match.user_id, self.accountant)
        self.assertIn(first.name, match.reason)

    def test_order_number_finds_its_invoice(self):
        order, move = self.order_invoice(70, channel_ref="#1001")
        line = self.bank_line(70, "WIRE")
        for text in (order.name, "#1001"):
            found = self.Line.search_match_items(line.id, text)
            self.assertEqual([row["id"] for row in found["items"]], self.item(move).ids)

    def test_chosen_less_than_the_line_stays_open(self):
        move = self.invoice(100)
        line = self.bank_line(130, "WIRE")
        answer = self.Line.match_line_choose(line.id, self.item(move).ids)
        self.assertEqual((answer["state"], move.payment_state), ("partial", "paid"))
        self.assertEqual(line.amount_residual, -30)
        second = self.invoice(30)
        answer = self.Line.match_line_choose(line.id, self.item(second).ids)
        self.assertEqual((answer["state"], second.payment_state), ("matched", "paid"))

    def test_rest_is_written_off_either_way(self):
        for paid in (97.1, 102.9):
            move = self.invoice(100)
            line = self.bank_line(paid, "WIRE")
            answer = self.Line.match_line_choose(line.id, self.item(move).ids, self.write_off())
            self.assertEqual((answer["state"], move.payment_state), ("matched", "paid"))
            booked = line.move_id.line_ids.filtered(lambda i: i.account_id == self.expense)
            self.assertAlmostEqual(booked.balance, 100 - paid)
            self.assertEqual(booked.name, "Rounding")
            self.assertIn(self.expense.name, line.order_match_ids.reason)
            self.assertAlmostEqual(line.order_match_ids.write_off_amount, 100 - paid)
            self.assertFalse(round(sum(line.move_id.line_ids.mapped("balance")), 2))

    def test_write_off_limits_of_line_and_day(self):
        self.company.order_write_off_line, self.company.order_write_off_day = 20, 30
        lines = [self.bank_line(-15, "Account fee") for _each in range(3)]
        with (
            self.assertRaisesRegex(UserError, "more than one line may write off"),
            self.env.cr.savepoint(),
        ):
            self.Line.match_line_choose(self.bank_line(-21, "Fee").id, [], self.write_off())
        for line in lines[:2]:
            self.Line.match_line_choose(line.id, [], self.write_off())
        with self.assertRaisesRegex(UserError, "limit of a day"), self.env.cr.savepoint():
            self.Line.match_line_choose(lines[2].id, [], self.write_off())
        self.Line.match_line_undo(lines[0].id)
        answer = self.Line.match_line_choose(lines[2].id, [], self.write_off())
        self.assertEqual(answer["state"], "matched")

    def test_write_off_only_to_its_accounts(self):
        line = self.bank_line(-5, "Fee")
        wrong = self.company_data["default_account_receivable"]
        with self.assertRaisesRegex(UserError, "may not be written off"):
            self.Line.match_line_choose(line.id, [], {"account_id": wrong.id, "name": "x"})
        other = self.expense.copy({"code": "699999"})
        self.company.order_write_off_account_ids = other
        with self.assertRaisesRegex(UserError, "may not be written off"):
            self.Line.match_line_choose(line.id, [], self.write_off())
        with self.assertRaisesRegex(UserError, "Choose at least one"):
            self.Line.match_line_choose(line.id, [])

    def test_somebody_was_faster(self):
        move, other = self.invoice(100), self.invoice(60)
        line, second = self.bank_line(100, "WIRE"), self.bank_line(60, other.name[:-1])
        self.Line.match_line_choose(line.id, self.item(move).ids)
        with self.assertRaisesRegex(UserError, "just matched this line"):
            self.Line.match_line_choose(line.id, self.item(other).ids)
        with self.assertRaisesRegex(UserError, "settled or gone"):
            self.Line.match_line_choose(second.id, self.item(move).ids)
        self.assertEqual(other.payment_state, "not_paid")
        gone = self.bank_line(5, "WIRE")
        gone_id = gone.id
        gone.unlink()
        with self.assertRaisesRegex(UserError, "gone"):
            self.Line.match_line_choose(gone_id, self.item(other).ids)

    def test_items_of_others_are_refused(self):
        line = self.bank_line(100, "WIRE")
        move = self.invoice(100)
        income = move.line_ids - self.item(move)
        with self.assertRaisesRegex(UserError, "settled or gone"):
            self.Line.match_line_choose(line.id, income.ids)
        with self.assertRaisesRegex(UserError, "other way"):
            refund = self.invoice(100, move_type="out_refund")
            self.Line.match_line_choose(line.id, self.item(refund).ids)

    def test_rights(self):
        line = self.bank_line(100, "WIRE")
        clerk = new_test_user(self.env, "screen_clerk", groups="account.group_account_invoice")
        Line = self.env["account.bank.statement.line"].with_user(clerk)
        for call in (
            lambda: Line.get_match_screen({}),
            lambda: Line.get_match_detail(line.id),
            lambda: Line.search_match_items(line.id),
            lambda: Line.get_match_dry_run(),
            lambda: Line.match_line_choose(line.id, []),
        ):
            with self.assertRaises(UserError):
                call()

    def test_dry_run_writes_nothing(self):
        move = self.invoice(100)
        lines = self.bank_line(100, move.name) + self.bank_line(60, "WIRE")
        self.bank.auto_match = "off"
        result = self.Line.get_match_dry_run(self.bank.id)
        self.assertEqual((result["posted"], result["waiting"]), (1, 1))
        self.assertIn(move.name, result["lines"][0]["reason"])
        self.assertFalse(lines.order_match_ids)
        self.assertEqual(move.payment_state, "not_paid")

    def test_kill_switch_only_suggests(self):
        move = self.invoice(100)
        line = self.bank_line(100, move.name)
        self.company.order_match_stopped = True
        self.assertEqual(self.match(line).state, "suggested")
        self.assertTrue(self.Line.get_match_screen({})["journals"][0]["stopped"])
        self.company.order_match_stopped = False
        self.match(line)
        self.assertEqual(move.payment_state, "paid")

    def test_line_somebody_else_works_on(self):
        """A second connection holds the line: the message says so, nothing is posted."""
        line = self.bank_line(5, "WIRE")
        self.patch(
            type(self.env["account.bank.statement.line"]),
            "try_lock_for_update",
            lambda records, **_kwargs: records.browse(),
        )
        with self.assertRaisesRegex(UserError, "matching this line right now"):
            self.Line.match_line_choose(line.id, [], self.write_off())
        self.assertFalse(line.is_reconciled)

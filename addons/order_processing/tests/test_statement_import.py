from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import file_open

from .match_common import MatchCase
from .test_statement_formats import ENTRY, camt

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "bank-samples" / "ofx"


@tagged("post_install", "-at_install")
class TestStatementImport(MatchCase):
    def test_import_matches_and_shows_the_new_lines(self):
        move = self.invoice(100)
        action, lines = self.import_file(self.ofx((100, move.name), (5, "interest")))
        self.assertEqual(lines.mapped("match_state"), ["matched", "open"])
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(action["res_model"], "account.bank.statement.line")
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), lines)
        self.assertEqual(lines.statement_id.attachment_ids.name, "bank.ofx")

    def test_public_samples(self):
        self.bank.bank_account_id.acc_number = "1452687~7"
        content = SAMPLES / "checking.ofx"
        self.assertTrue(content.exists(), f"sample bank files are missing: {SAMPLES}")
        _action, lines = self.import_file(content.read_bytes())
        self.assertEqual(lines.mapped("amount"), [0.01, -34.51, -25])
        self.assertEqual(str(lines[0].date), "2011-03-31")
        self.assertEqual(lines.statement_id.balance_end_real, 100.99)
        for name in ("date_missing.ofx", "decimal_error.ofx"):
            with self.assertRaisesRegex(UserError, "Nothing was imported: .* can't be read"):
                self.import_file((SAMPLES / name).read_bytes())
        with self.assertRaisesRegex(UserError, "no transactions"):
            self.import_file((SAMPLES / "multiple_accounts.ofx").read_bytes())

    def test_demo_file_pays_the_channels_order(self):
        self.bank.bank_account_id.acc_number = "1452687~7"
        order, move = self.order_invoice(598.94, channel_ref="#1001")
        with file_open("order_processing/demo/files/bank_2026.ofx", "rb") as demo:
            _action, lines = self.import_file(demo.read())
        self.assertEqual(len(lines), 6)
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(lines.mapped("match_state").count("matched"), 1)
        self.assertIn("pay", order.event_ids.mapped("step"))

    def test_same_file_again_adds_nothing(self):
        content = self.ofx((100, "A"), (50, "B"))
        self.import_file(content)
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(content)

    def test_overlapping_file_adds_the_rest(self):
        self.import_file(self.ofx((100, "A"), (50, "B")))
        action, lines = self.import_file(self.ofx((100, "A"), (50, "B"), (7, "C")))
        self.assertEqual(lines.mapped("payment_ref"), ["C"])
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["next"]["res_model"], "account.bank.statement.line")

    def test_two_equal_payments_of_one_day_survive(self):
        content = self.ofx((30, "Rent", "X"), (30, "Rent", "X"))
        _action, lines = self.import_file(content)
        self.assertEqual(lines.mapped("amount"), [30, 30])
        with self.assertRaisesRegex(UserError, "already imported"):
            self.import_file(content)

    def test_account_must_be_exactly_a_journals(self):
        for account in ("9100", "_______", "%", "999999"):
            with self.assertRaisesRegex(UserError, "Set it as Account Number"):
                self.import_file(self.ofx((1, "A"), account=account))
        self.bank.bank_account_id.acc_number = "FR76 3000 6000 0112"
        _action, lines = self.import_file(self.ofx((1, "A"), account="3000 6000 0112"))
        self.assertEqual(lines.journal_id, self.bank)

    def test_file_of_another_account_than_started_from(self):
        other = self.bank.copy({"name": "Other", "code": "OTH1"})
        other.bank_acc_number = "4444-44"
        with self.assertRaisesRegex(UserError, "belongs to journal"):
            self.import_file(self.ofx((1, "A")), journal_id=other.id)
        other.bank_account_id = False
        with self.assertRaisesRegex(UserError, "Set it as Account Number on journal Bank"):
            self.import_file(self.ofx((1, "A"), account="4444-44"), journal_id=other.id)

    def test_wrong_currency_is_refused(self):
        self.env.ref("base.EUR").active = True
        with self.assertRaisesRegex(UserError, "Nothing was imported"):
            self.import_file(self.ofx((1, "A"), currency="EUR"))

    def test_locked_period_is_told(self):
        self.company.fiscalyear_lock_date = "2026-03-15"
        action, lines = self.import_file(self.ofx((1, "A"), (2, "B", "F9", "20260320")))
        self.assertIn("locked period", action["params"]["message"])
        self.assertIn("A (2026-03-10", action["params"]["message"])
        self.assertNotIn("B (", action["params"]["message"])
        self.assertEqual(len(lines), 2)

    def test_other_formats_fall_through(self):
        with self.assertRaisesRegex(UserError, "not supported"):
            self.import_file(b"%PDF-1.4 a statement on paper")
        with self.assertRaisesRegex(UserError, "refused for safety"):
            self.import_file(
                self.ofx((1, "A")).replace(b"<OFX>", b"<OFX><!DOCTYPE x [<!ENTITY a 'b'>]>")
            )

    def test_formats_are_named(self):
        self.assertIn(
            "OFX", self.env["account.journal"]._get_bank_statements_available_import_formats()
        )

    def test_import_survives_matching_switched_off(self):
        self.bank.auto_match = "off"
        move = self.invoice(100)
        _action, lines = self.import_file(self.ofx((100, move.name)))
        self.assertEqual(lines.match_state, "open")

    def test_a_gap_in_the_chain_of_balances_is_told(self):
        """The file of a day is missing; once it comes, nothing is wrong any more."""

        def file(day, opening, amount, closing):
            balances = "".join(
                f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>{value}</Amt>"
                f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
                for code, value in (("OPBD", opening), ("CLBD", closing))
            )
            entry = ENTRY.format(amount=amount, ref=f"B{day}", details="")
            return camt(entry.replace("2026-03-10", day), balances=balances)

        def told(action):
            notes = action.get("context", {}).get("notifications") or action.get("params", {})
            return str(notes)

        action, _lines = self.import_file(file("2026-03-10", 0, 100, 100))
        self.assertNotIn("missing between", told(action))
        action, lines = self.import_file(file("2026-03-12", 150, 10, 160))
        self.assertRegex(told(action), "begins with .*150.00.* with .*100.00.*50.00 are missing")
        self.assertFalse(lines.statement_id.is_valid)
        action, _lines = self.import_file(file("2026-03-11", 100, 50, 150))
        self.assertNotIn("missing between", told(action))
        lines.statement_id.invalidate_recordset(["is_valid"])
        self.assertTrue(lines.statement_id.is_valid)

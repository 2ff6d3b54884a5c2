from datetime import timedelta

from lxml import etree
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import mute_logger

from .common_billing import BillingCase

IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300")


class TestPaymentFile(BillingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.company.order_creditor_id = "DE98ZZZ09999999999"
        cls.bank = cls.env["account.journal"].create(
            {"name": "Euro bank", "type": "bank", "code": "EURB", "currency_id": cls.euro.id}
        )
        cls.bank.bank_account_id = cls._account(cls.company.partner_id, IBANS[0], "COBADEFFXXX")
        cls.account = cls._account(cls.partner, IBANS[1])
        cls.mandate = cls.env["account.debit.mandate"].create(
            {"partner_id": cls.partner.id, "bank_id": cls.account.id, "date_signed": "2026-01-15"}
        )
        cls.mandate.action_activate()
        cls.today = fields.Date.context_today(cls.company)

    @classmethod
    def _account(cls, partner, iban, bic=None):
        bank = cls.env["res.bank"].create({"name": bic, "bic": bic}) if bic else False
        return cls.env["res.partner.bank"].create(
            {
                "partner_id": partner.id,
                "acc_number": iban,
                "bank_id": bank.id if bank else False,
                "allow_out_payment": True,
            }
        )

    def _document(self, amount=100.0, kind="out_invoice", partner=None, **vals):
        move = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": (partner or self.partner).id,
                "currency_id": self.euro.id,
                "invoice_date": self.today,
                "invoice_date_due": self.today,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
                ],
                **vals,
            }
        )
        move.action_post()
        return move

    def _file(self, kind="debit", **vals):
        record = (
            self.env["account.payment.file"]
            .with_user(self.accountant)
            .create({"kind": kind, "journal_id": self.bank.id, **vals})
        )
        record.action_collect()
        return record

    def _xml(self, record):
        return etree.fromstring(record.attachment_id.raw)

    def test_a_debit_of_what_is_due(self):
        first, second = self._document(100.10), self._document(50.05)
        self._document(70, invoice_date_due=self.today + timedelta(days=60))
        self._document(80, partner=self.env["res.partner"].create({"name": "No mandate"}))
        self._document(90).dunning_blocked = True
        record = self._file()
        self.assertEqual(record.line_ids.move_id, first | second)
        record.action_make()
        self.assertEqual((record.state, record.amount), ("made", 150.15))
        xml = self._xml(record)
        self.assertEqual(xml.tag, "{urn:iso:std:iso:20022:tech:xsd:pain.008.001.08}Document")
        text = {
            name: xml.xpath(f"//*[local-name()='{name}']/text()")
            for name in ("CtrlSum", "InstdAmt", "MndtId", "IBAN", "EndToEndId", "SeqTp")
        }
        self.assertEqual(text["CtrlSum"][0], "150.15")
        self.assertEqual(sorted(text["InstdAmt"]), ["100.10", "50.05"])
        self.assertEqual(set(text["MndtId"]), {self.mandate.reference})
        self.assertEqual(set(text["IBAN"]), set(IBANS[:2]))
        self.assertEqual(set(text["EndToEndId"]), set(record.line_ids.mapped("reference")))
        self.assertEqual(text["SeqTp"], ["RCUR"])
        self.assertIn("download", record.action_download()["url"])

    def test_the_older_formats(self):
        self._document()
        record = self._file(debit_schema="pain.008.001.02")
        record.action_make()
        self.assertIn(b"pain.008.001.02", record.attachment_id.raw)
        self._document(30, kind="out_refund")
        transfer = self._file("transfer", transfer_schema="pain.001.001.03")
        transfer.action_make()
        self.assertIn(b"pain.001.001.03", transfer.attachment_id.raw)

    def test_a_transfer_of_credit_notes_and_bills(self):
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self._account(vendor, IBANS[2])
        poor = self.env["res.partner"].create({"name": "Without account"})
        credit = self._document(30, kind="out_refund")
        bill = self._document(40, kind="in_invoice", partner=vendor)
        left_out = self._document(50, kind="in_invoice", partner=poor)
        record = self._file("transfer")
        self.assertEqual(record.line_ids.move_id, credit | bill)
        self.assertIn(left_out.name, record.skipped)
        record.action_make()
        xml = self._xml(record)
        self.assertEqual(xml.xpath("//*[local-name()='CtrlSum']/text()")[0], "70.00")

    def test_an_item_is_in_one_open_file(self):
        self._document()
        record = self._file()
        self.assertFalse(self._file().line_ids)
        line = record.line_ids.sudo()
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            line.copy({"file_id": self._file().id})
            self.env.flush_all()
        record.action_cancel()
        self.assertEqual(self._file().line_ids.amount, 100)

    def test_sent_paid_and_given_back(self):
        paid, back = self._document(100), self._document(50)
        record = self._file()
        with self.assertRaises(UserError):
            record.action_sent()
        record.action_make()
        record.action_sent()
        self.assertEqual(self.mandate.date_used, record.date)
        with self.assertRaises(UserError):
            record.action_cancel()
        self._pay(paid)
        line = record.line_ids.filtered(lambda each: each.move_id == back)
        self.assertEqual((record.line_ids - line).state, "paid")
        self.assertEqual(record.state, "sent")
        line.action_reject()
        self.assertEqual((line.state, record.state), ("rejected", "done"))
        self.assertEqual(self._file().line_ids.move_id, back)

    def test_paid_since_it_was_collected(self):
        invoice = self._document()
        record = self._file()
        self._pay(invoice, part=0.5)
        with self.assertRaisesRegex(UserError, "paid since"):
            record.action_make()
        record.action_collect()
        self.assertEqual(record.amount, 50)

    def test_mandates(self):
        self._document()
        self.mandate.date_signed = "2020-01-01"
        self.assertFalse(self._file().line_ids, "unused for 36 months")
        self.mandate.write({"date_signed": self.today, "usage": "OOFF"})
        self.assertTrue(self._file().line_ids)
        self.mandate.date_used = self.today
        self.env["account.payment.file"].search([("state", "=", "draft")]).action_cancel()
        self.assertFalse(self._file().line_ids, "of single use")
        with self.assertRaises(ValidationError):
            self.mandate.reference = "Ümlaut"
        with self.assertRaises(ValidationError):
            self.mandate.bank_id = self._account(self.partner, "12345")
        with self.assertRaises(ValidationError):
            self.mandate.bank_id = self._account(self.company.partner_id, IBANS[2])

    def test_what_is_missing_is_told(self):
        self._document()
        record = self._file()
        self.company.order_creditor_id = "DE97ZZZ09999999999"
        with self.assertRaisesRegex(UserError, "creditor identifier"):
            record.action_make()
        self.company.order_creditor_id = "DE98ZZZ09999999999"
        self.bank.bank_account_id = False
        with self.assertRaisesRegex(UserError, "IBAN"):
            record.action_make()
        record.action_cancel()
        empty = self._file("transfer")
        with self.assertRaises(UserError):
            empty.action_make()

    def test_rights(self):
        record = self._file()
        with self.assertRaises(AccessError):
            record.with_user(self.desk).read(["name"])
        with self.assertRaises(AccessError):
            record.line_ids.with_user(self.accountant).create({"file_id": record.id, "amount": 1})

    def test_the_bank_collects_and_takes_back(self):
        """The end-to-end id says what was collected, and the bank's return what came back."""
        invoice, other = self._document(100), self._document(100)
        record = self._file()
        record.action_make()
        record.action_sent()
        line = record.line_ids.filtered(lambda each: each.move_id == other)
        collected = self._bank_line(100, "Direct debit", end_to_end_id=line.reference)
        collected.action_match()
        self.assertEqual(collected.order_match_ids.level, "end_to_end")
        self.assertEqual((other.payment_state, invoice.payment_state), ("paid", "not_paid"))
        self.assertEqual(line.state, "paid")
        back = self._bank_line(-100, f"Return {other.name}", return_reason="AM04")
        back.action_match()
        self.assertEqual(back.order_match_ids.level, "chargeback")
        self.assertEqual(other.payment_state, "not_paid")
        self.assertEqual((line.state, line.reason), ("rejected", "AM04"))
        self.assertIn(other.name, record.message_ids[0].body)

    def _bank_line(self, amount, label, **details):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": self.today,
                "payment_ref": label,
                "amount": amount,
                "transaction_details": details,
            }
        )

    def test_the_state_moves_by_the_buttons_only(self):
        """Over RPC, too: nobody marks a file as sent that the bank never got."""
        self._document()
        record = self._file()
        for vals in (
            {"state": "sent"},
            {"state": "done", "date": self.today},
            {"attachment_id": False},
            {"line_ids": [Command.clear()]},
        ):
            with self.assertRaisesRegex(UserError, "buttons"):
                record.write(vals)
        with self.assertRaisesRegex(UserError, "buttons"):
            record.create({"kind": "debit", "journal_id": self.bank.id, "state": "sent"})
        self.assertEqual((record.state, len(record.line_ids)), ("draft", 1))
        record.date = self.today + timedelta(days=5)
        record.action_make()
        with self.assertRaisesRegex(UserError, "made already"):
            record.date = self.today
        record.action_sent()
        with self.assertRaisesRegex(UserError, "buttons"):
            record.write({"state": "draft"})
        self.assertEqual(record.state, "sent")
        copied = record.copy()
        self.assertEqual((copied.state, copied.attachment_id.id), ("draft", False))

    # === BOOKED AS ONE SUM === #

    def _sent(self, *amounts, kind="debit", document="out_invoice"):
        """Documents of these amounts, and the file that was sent with them."""
        moves = [self._document(amount, document) for amount in amounts]
        record = self._file(kind)
        record.action_make()
        record.action_sent()
        return moves, record

    def test_the_bank_books_the_file_as_one_sum(self):
        (first, second, third), record = self._sent(100.10, 50.05, 30)
        self.assertTrue(record.message)
        self.assertEqual(len(set(record.line_ids.mapped("batch"))), 1)
        self.assertIn(record.message, record.attachment_id.raw.decode())
        for label, details in (
            (f"SEPA direct debits {record.message}", {}),
            ("Collected", {"batch": record.line_ids[0].batch}),
            (f"File {record.name}", {}),
        ):
            line = self._bank_line(180.15, label, **details)
            line.action_match()
            self.assertEqual(line.order_match_ids.mapped("level"), ["batch"], label)
            self.assertTrue(line.is_reconciled)
            self.assertIn(record.name, line.order_match_ids.reason)
            for move in (first, second, third):
                self.assertEqual(move.payment_state, "paid")
            self.assertEqual(set(record.line_ids.mapped("state")), {"paid"})
            self.assertEqual(record.state, "done")
            self.assertAlmostEqual(sum(line.move_id.line_ids.mapped("balance")), 0)
            line.action_undo_match()
            self.assertEqual({first.payment_state, third.payment_state}, {"not_paid"})
            line.unlink()
            record.line_ids.sudo().state = "open"
            record.sudo().state = "sent"

    def test_a_member_comes_back_after_the_sum(self):
        """The bank's return names the end-to-end id: this one alone is open again."""
        (first, second), record = self._sent(100, 50)
        self._bank_line(150, record.message).action_match()
        line = record.line_ids.filtered(lambda each: each.move_id == second)
        back = self._bank_line(-50, "Return", end_to_end_id=line.reference, return_reason="AM04")
        back.action_match()
        self.assertEqual(back.order_match_ids.level, "chargeback")
        self.assertTrue(back.is_reconciled)
        self.assertEqual((first.payment_state, second.payment_state), ("paid", "not_paid"))
        self.assertEqual((line.state, line.reason), ("rejected", "AM04"))

    def test_a_member_came_back_before_the_sum(self):
        (first, second), record = self._sent(100, 50)
        line = self._bank_line(100, f"Net of returns {record.message}")
        line.action_match()
        self.assertFalse(line.is_reconciled, "nobody said which one came back")
        best = line.suggestion_id
        self.assertEqual((best.level, best.move_ids), ("batch", first))
        self.assertIn("give back", best.reason)
        record.line_ids.filtered(lambda each: each.move_id == second).action_reject()
        line.action_match()
        self.assertTrue(line.is_reconciled)
        self.assertEqual((first.payment_state, second.payment_state), ("paid", "not_paid"))

    def test_a_sum_that_is_a_cent_off_or_not_named(self):
        moves, record = self._sent(100, 50)
        for amount, label, why in (
            (149.99, record.message, "149.99"),
            (150.01, record.message, "150.01"),
            (150, "Collected", "doesn't name it"),
        ):
            line = self._bank_line(amount, label)
            line.action_match()
            self.assertEqual(line.match_state, "suggested", label)
            self.assertEqual(line.suggestion_id.level, "batch")
            self.assertIn(why, line.suggestion_id.reason)
            self.assertEqual({move.payment_state for move in moves}, {"not_paid"})
        line.action_accept_suggestion()
        self.assertEqual({move.payment_state for move in moves}, {"paid"})

    def test_a_transfer_is_booked_as_one_sum(self):
        moves, record = self._sent(40, 2.5, kind="transfer", document="out_refund")
        line = self._bank_line(-42.5, record.message)
        line.action_match()
        self.assertEqual(line.order_match_ids.level, "batch")
        self.assertEqual({move.payment_state for move in moves}, {"paid"})

    def test_a_file_the_bank_does_not_have_yet(self):
        moves, record = self._sent(100, 50)
        record.sudo().state = "made"
        line = self._bank_line(150, record.message)
        line.action_match()
        self.assertFalse(line.is_reconciled)

    def test_the_structured_reference_of_an_invoice_leads_back_to_it(self):
        """Whoever pays under it, as printed or scanned, is matched by itself."""
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        journal.write({"invoice_reference_type": "invoice", "invoice_reference_model": "euro"})
        move, other = self._document(75), self._document(75)
        self.assertTrue(move.payment_reference.startswith("RF"))
        line = self._bank_line(75, move.payment_reference.replace(" ", ""))
        line.action_match()
        self.assertEqual(line.order_match_ids.level, "structured")
        self.assertEqual((move.payment_state, other.payment_state), ("paid", "not_paid"))

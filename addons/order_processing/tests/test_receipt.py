from odoo.tests import tagged

from .common_billing import BillingCase


@tagged("post_install", "-at_install")
class TestReceipt(BillingCase):
    def setUp(self):
        super().setUp()
        self.partner.email = "bob@example.com"

    def _paid(self, **vals):
        self.partner.write(vals)
        order = self._sold()
        self._ship_part(order, 10)
        invoice = self._bill(order)
        self._pay(invoice)
        return invoice

    def _send(self):
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.cron_send_order_receipts").method_direct_trigger()

    def _receipts(self, invoice):
        return invoice.message_ids.filtered("partner_ids")

    def test_who_wants_one_gets_one_receipt(self):
        invoice = self._paid(order_receipt="send")
        self.assertEqual(invoice.order_receipt_state, "waiting")
        self.assertFalse(self._receipts(invoice), "nothing leaves with the payment's transaction")
        self._send()
        self.assertEqual(
            (invoice.order_receipt_state, invoice.order_receipt_error), ("sent", False)
        )
        receipt = self._receipts(invoice)
        self.assertEqual(receipt.partner_ids, self.partner)
        self.assertIn(invoice.name, receipt.subject)
        self.assertIn("100.00", receipt.body)
        self.assertTrue(receipt.attachment_ids, "the paid invoice")
        self._send()
        invoice._enqueue_receipts()
        invoice._send_waiting_receipts()
        self.assertEqual(self._receipts(invoice), receipt)

    def test_the_customer_decides_and_else_the_company(self):
        self.assertFalse(self._paid().order_receipt_state)
        self.company.order_receipt = "send"
        self.assertEqual(self._paid().order_receipt_state, "waiting")
        self.assertFalse(self._paid(order_receipt="none").order_receipt_state)

    def test_a_credit_note_is_no_payment(self):
        self.company.order_receipt = "send"
        order = self._sold()
        picking = self._ship_part(order, 10)
        invoice = self._bill(order)
        self._return(picking, 10, to_refund=True)
        credit = order._create_invoices(final=True)
        credit.action_post()
        items = (invoice + credit).line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        items.filtered(lambda item: not item.reconciled).reconcile()
        self.assertFalse(invoice.order_receipt_state)

    def test_taken_back_before_it_was_sent(self):
        invoice = self._paid(order_receipt="send")
        invoice.line_ids.remove_move_reconcile()
        self._send()
        self.assertFalse(invoice.order_receipt_state)
        self.assertFalse(self._receipts(invoice))

    def test_no_address_is_told_and_it_goes_out_later(self):
        invoice = self._paid(order_receipt="send", email=False)
        self._send()
        self.assertEqual(invoice.order_receipt_state, "failed")
        self.assertIn("no e-mail address", invoice.order_receipt_error)
        self.partner.email = "bob@example.com"
        invoice.with_user(self.accountant).action_send_receipt_again()
        self.assertEqual(invoice.order_receipt_state, "sent")
        self.assertEqual(len(self._receipts(invoice)), 1)

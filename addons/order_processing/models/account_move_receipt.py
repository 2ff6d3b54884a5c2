import logging

import psycopg2

from odoo import api, fields, models

from ..logs import log_line

_logger = logging.getLogger(__name__)


class AccountMove(models.Model):
    """Customers who want one get a receipt by mail when an invoice is paid, once."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    order_receipt_state = fields.Selection(
        [("waiting", "To Send"), ("sent", "Sent"), ("failed", "Not Sent")],
        string="Receipt",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Whether the customer got a receipt of the payment.",
    )
    order_receipt_error = fields.Char(
        string="Receipt Failed", readonly=True, copy=False, help="Why, and what to do."
    )

    def _invoice_paid_hook(self):
        """Have receipts sent of what was paid with money, in a job of their own."""
        result = super()._invoice_paid_hook()
        self._enqueue_receipts()
        return result

    def _enqueue_receipts(self):
        """Send receipts of these invoices soon, where the customer or the company wants it.

        Nothing is sent from within the transaction that books the payment: it may yet fail.
        """
        # sudo: whoever books the payment need not have rights on the customer's settings.
        moves = self.sudo().filtered(
            lambda move: (
                move.move_type in ("out_invoice", "out_receipt")
                and not move.order_receipt_state
                and move._wants_receipt()
                and move._get_money_received()
            )
        )
        if not moves:
            return
        moves.order_receipt_state = "waiting"
        cron = self.env.ref("order_processing.cron_send_order_receipts", raise_if_not_found=False)
        if cron:
            cron._trigger()

    def _wants_receipt(self):
        """Whether the customer gets a receipt; he decides, else the company."""
        self.ensure_one()
        customer = self.commercial_partner_id.with_company(self.company_id)
        return (customer.order_receipt or self.company_id.order_receipt) == "send"

    def _get_money_received(self):
        """The entries of payments that settled this invoice; credit notes are none."""
        self.ensure_one()
        items = self.line_ids.filtered(lambda i: i.account_id.account_type == "asset_receivable")
        return items.matched_credit_ids.credit_move_id.move_id.filtered(
            lambda move: not move.is_invoice(include_receipts=True)
        )

    def action_send_receipt_again(self):
        """Send receipts that couldn't be sent once more."""
        self.check_access("write")
        again = self.filtered(lambda move: move.order_receipt_state == "failed").sudo()
        again.write({"order_receipt_state": "waiting", "order_receipt_error": False})
        again._send_waiting_receipts()

    @api.model
    def _cron_send_receipts(self, limit=200):
        """Send what waits, each receipt in a transaction of its own."""
        waiting = self.search([("order_receipt_state", "=", "waiting")], limit=limit + 1)
        for number, move in enumerate(waiting[:limit], start=1):
            move._send_waiting_receipts()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(waiting) - number):
                break

    def _send_waiting_receipts(self):
        """Send those of these receipts that wait; a failure is kept on the invoice."""
        for move in self.sudo():
            if not move.try_lock_for_update():
                continue
            move.invalidate_recordset(["order_receipt_state", "payment_state"])
            if move.order_receipt_state != "waiting":
                continue
            if move.payment_state not in ("paid", "in_payment"):
                # Taken back meanwhile: there is a receipt when it is paid again.
                move.order_receipt_state = False
                continue
            try:
                with self.env.cr.savepoint():
                    error = move._send_receipt()
            except psycopg2.OperationalError:
                raise
            except Exception as problem:
                _logger.exception("%s", log_line("receipt not sent", invoice=move.name))
                error = str(problem) or type(problem).__name__
            state = "failed" if error else "sent"
            move.write({"order_receipt_state": state, "order_receipt_error": error})

    def _send_receipt(self):
        """Mail the receipt of one invoice, in the customer's language.

        :return: what stood in the way, or nothing
        """
        self.ensure_one()
        if not self.partner_id.email:
            return self.env._(
                "%s has no e-mail address. Add one to the customer, then press “Send Again”.",
                self.partner_id.display_name,
            )
        template = self.env.ref("order_processing.mail_template_order_receipt")
        self.with_company(self.company_id).message_post_with_source(
            template,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            email_layout_xmlid="mail.mail_notification_light",
        )
        return False

    def _get_receipt_payments(self):
        """What paid this invoice, for the receipt: list of dicts ``date``, ``amount``, ``text``.

        Amounts are in the invoice's currency, with its symbol.
        """
        self.ensure_one()
        items = self.line_ids.filtered(lambda i: i.account_id.account_type == "asset_receivable")
        return [
            {
                "date": part.credit_move_id.date,
                "amount": part.debit_amount_currency,
                "text": part.credit_move_id.move_id.statement_line_ids[:1].payment_ref
                or part.credit_move_id.payment_id.memo
                or part.credit_move_id.move_id.name
                or "",
            }
            for part in items.matched_credit_ids.sorted(
                lambda part: (part.credit_move_id.date, part.id)
            )
        ]

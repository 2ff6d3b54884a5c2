import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..jobs import enqueue
from ..logs import log_line

_logger = logging.getLogger(__name__)


class AccountMove(models.Model):
    """Invoices of orders are sent after posting, the way the customer wants, and once."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    order_send_state = fields.Selection(
        [("waiting", "To Send"), ("sent", "Sent"), ("failed", "Not Sent")],
        string="Sending",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Whether this invoice was sent by itself.",
    )
    order_send_error = fields.Char(
        string="Sending Failed", readonly=True, copy=False, help="Why, and what to do."
    )

    def _enqueue_sending(self):
        """Send these posted documents soon, in a job, if their company wants it.

        Nothing is sent from within the transaction that posted them: a mail can't be taken back.
        """
        moves = self.sudo().filtered(
            lambda move: (
                move.state == "posted"
                and move.company_id.order_invoice_send
                and not move.is_move_sent
                and move.order_send_state != "sent"
            )
        )
        if not moves:
            return
        moves.order_send_state = "waiting"
        cron = self.env.ref("order_processing.cron_send_order_invoices", raise_if_not_found=False)
        if cron:
            cron._trigger()

    def action_send_again(self):
        """Send invoices that couldn't be sent once more, now."""
        self.check_access("write")
        again = self.filtered(lambda move: move.order_send_state == "failed")
        if not again:
            raise UserError(self.env._("None of these documents failed to be sent."))
        again.sudo().write({"order_send_state": "waiting", "order_send_error": False})
        enqueue(again, "_send_waiting", description=self.env._("Send invoices again"))

    @api.model
    def _cron_send_waiting(self, limit=200):
        """Send what waits, in chunks, each invoice in a transaction of its own."""
        waiting = self.search(
            [("order_send_state", "=", "waiting"), ("state", "=", "posted")], limit=limit + 1
        )
        for move in waiting[:limit]:
            move._send_waiting()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(waiting) - 1):
                break

    def _send_waiting(self):
        """Send those of these documents that wait; a failure is kept on the document.

        A document that somebody else sends at this moment, or has sent, is left out: the row is
        locked, and looked at again under the lock.
        """
        for move in self.sudo():
            if not move.try_lock_for_update():
                continue
            move.invalidate_recordset(["order_send_state", "is_move_sent"])
            if move.order_send_state != "waiting":
                continue
            if move.is_move_sent:
                move.order_send_state = "sent"
                continue
            try:
                with self.env.cr.savepoint():
                    move._send_as_wanted()
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                if not isinstance(error, UserError):
                    order = move.line_ids.sale_line_ids.order_id
                    words = log_line("invoice not sent", order=order, invoice=move.name)
                    _logger.exception("%s", words)
                text = str(error.args[0]) if error.args else type(error).__name__
                move.write({"order_send_state": "failed", "order_send_error": text[:500]})
                move._tell_not_sent(text)
            else:
                move.write({"order_send_state": "sent", "order_send_error": False})

    def _send_as_wanted(self):
        """Make the documents of one invoice and send it by the customer's own way.

        :raises UserError: if the customer can't be reached that way
        """
        self.ensure_one()
        Send = self.env["account.move.send"].with_company(self.company_id)
        settings = Send._get_default_sending_settings(self)
        if "email" in settings["sending_methods"] and not self.partner_id.email:
            raise UserError(
                self.env._(
                    "%s has no e-mail address. Add one to the customer, or choose another way of"
                    " sending invoices there, then press “Send Again”.",
                    self.partner_id.display_name,
                )
            )
        Send._generate_and_send_invoices(self, allow_raising=True)
        if not self.is_move_sent:
            self.is_move_sent = True

    def _tell_not_sent(self, error):
        """One activity for whoever looks after the invoice."""
        self.ensure_one()
        summary = self.env._("Invoice not sent")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=error,
                user_id=(self.invoice_user_id or self.env.user).id,
            )

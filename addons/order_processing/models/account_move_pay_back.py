from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..jobs import has_runner


class AccountMove(models.Model):
    """Credit notes that go back to the payment they were paid with.

    The row that says what is asked for (a ``payment.transaction``) is committed before the provider
    is called, and that it was called is committed before the call. So nothing is paid back twice:
    what a crash leaves open is found out by a person.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    pay_back_tx_id = fields.Many2one(
        "payment.transaction", string="Paid Back By", readonly=True, copy=False
    )
    pay_back_state = fields.Selection(related="pay_back_tx_id.state", string="Payment Back")
    is_pay_back_asked = fields.Boolean(readonly=True, copy=False)

    # === BUSINESS === #

    def _pay_back(self):
        """Have what is left of these credit notes go back to the original payment, after commit.

        Where no provider can do that, an accountant is asked to.
        """
        for note in self:
            amount = note.amount_residual
            if note.currency_id.compare_amounts(amount, 0.0) <= 0:
                continue
            paid = note._find_original_payment(amount)
            if not paid:
                total = formatLang(self.env, amount, currency_obj=note.currency_id)
                note._ask_accountant(
                    self.env._("Pay back %s", total),
                    self.env._(
                        "No payment provider pays this back by itself: pay it from the bank and"
                        " match it with this credit note."
                    ),
                )
                continue
            # sudo: the row that says what is asked for; the provider is called after the commit.
            back = paid.sudo()._create_child_transaction(
                amount, is_refund=True, invoice_ids=[Command.set(note.ids)]
            )
            note.sudo().pay_back_tx_id = back
            note._ask_provider_later()

    def _find_original_payment(self, amount):
        """The payment the invoice was paid with, if its provider pays as much of it back."""
        self.ensure_one()
        # sudo: providers' capabilities are read for whoever refunds.
        note = self.sudo()
        paid = note.reversed_entry_id.transaction_ids
        paid |= note._invoiced_orders("out_refund").transaction_ids
        paid |= note.reversed_entry_id._invoiced_orders("out_invoice").transaction_ids
        for tx in paid:
            support = {tx.provider_id.support_refund, tx.payment_method_id.support_refund}
            is_payment = tx.state == "done" and tx.operation != "refund" and tx.amount > 0
            if not is_payment or "none" in support or tx.currency_id != note.currency_id:
                continue
            back = sum(
                -child.amount
                for child in tx.child_transaction_ids
                if child.operation == "refund" and child.state not in ("cancel", "error")
            )
            enough = tx.currency_id.compare_amounts(tx.amount - back, amount)
            whole = not back and enough == 0
            if whole or (enough >= 0 and support == {"partial"}):
                return tx
        return None

    def _ask_accountant(self, summary, note):
        """A task on the credit note, once for each summary."""
        self.ensure_one()
        move = self.sudo()  # sudo: whoever refunds leaves the task
        if summary not in move.activity_ids.mapped("summary"):
            move.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=note,
                user_id=(move.invoice_user_id or self.env.user).id,
            )

    def _ask_provider_later(self):
        """Call the provider once this is committed: a job, or right after the commit."""
        self.ensure_one()
        if has_runner():
            self.with_delay(
                description=self.env._("Pay back %s", self.name),
                identity_key=f"order_processing.pay_back:{self.id}",
            )._ask_provider()
            return
        registry, uid, move_id = self.env.registry, self.env.uid, self.id

        @self.env.cr.postcommit.add
        def ask():
            with registry.cursor() as cr:
                env = api.Environment(cr, uid, {})
                env["account.move"].browse(move_id)._ask_provider()

    def _ask_provider(self):
        """Ask the provider to pay back: once, whatever happens (a job may run twice)."""
        self.ensure_one()
        with self.env.registry.cursor() as cr:
            cr.execute(
                "UPDATE account_move SET is_pay_back_asked = TRUE"
                " WHERE id = %s AND is_pay_back_asked IS NOT TRUE RETURNING id",
                (self.id,),
            )
            first = bool(cr.fetchone())
        self.invalidate_recordset(["is_pay_back_asked"])
        back = self.sudo().pay_back_tx_id  # sudo: see _pay_back
        if not first:
            if back.state == "draft":
                self._ask_accountant(
                    self.env._("Was it paid back?"),
                    self.env._(
                        "The provider was asked to pay back %s and never answered. Look there"
                        " before anybody pays again.",
                        back.reference,
                    ),
                )
            return
        try:
            back._ensure_provider_is_not_disabled()
            back._log_sent_message()
            back._send_refund_request()
        except UserError as error:  # ValidationError is one too
            back._set_error(str(error))
            self._ask_accountant(self.env._("Not paid back"), str(error))
        if back.state == "done" and not back.is_post_processed:
            back._post_process()

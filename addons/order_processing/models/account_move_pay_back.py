from odoo import fields, models
from odoo.tools import formatLang


class AccountMove(models.Model):
    """Credit notes that go back to the payment they were paid with."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    payment_request_ids = fields.One2many(
        "order.payment.request", "move_id", string="Asked of Providers", readonly=True
    )

    def _goes_back_to_payment(self):
        """Whether a provider is asked to pay this credit note back as soon as it is posted."""
        self.ensure_one()
        return self.move_type == "out_refund"

    def _pay_back(self):
        """Have an accountant pay back what is left of these credit notes and no provider pays."""
        for note in self:
            # sudo: who credits needn't read what providers are asked.
            requests = note.sudo().payment_request_ids.filtered(lambda r: r.kind == "refund")
            asked = sum(requests.filtered(lambda r: r.state != "done").mapped("amount"))
            rest = note.amount_residual - asked
            if note.currency_id.compare_amounts(rest, 0.0) <= 0:
                continue
            total = formatLang(self.env, rest, currency_obj=note.currency_id)
            note._ask_accountant(
                self.env._("Pay back %s", total),
                self.env._(
                    "No payment provider pays this back by itself: pay it from the bank and match"
                    " it with this credit note."
                ),
            )

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

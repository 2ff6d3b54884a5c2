from odoo import models


class AccountMove(models.Model):
    """Who invoices or refunds an order may be barred by what else they did on it."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    def _check_order_gates(self):
        """Ask the duties too."""
        self._invoiced_orders("out_invoice", "out_receipt")._check_duty("invoice")
        self._invoiced_orders("out_refund")._check_duty("refund")
        return super()._check_order_gates()


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _create_payments(self):
        """Registering a payment is a duty, writing off a difference with it another."""
        # sudo: accountants register payments of orders they may not read.
        orders = self.sudo().line_ids.move_id._invoiced_orders("out_invoice", "out_receipt")
        orders = orders.sudo(False).sudo()
        duties = {"pay": self.env._("Payment registered by hand")}
        if self.payment_difference_handling == "reconcile" and not self.currency_id.is_zero(
            self.payment_difference
        ):
            duties["write_off"] = self.env._("Difference of a payment written off")
        for duty in duties:
            orders._check_duty(duty)
        payments = super()._create_payments()
        for duty, summary in duties.items():
            orders._record_duty(duty, summary)
        return payments


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def _match_by_hand(self, items, write_off=None, match=None):
        """Matching a payment by hand is a duty, writing off a difference with it another."""
        moves = items.sudo().move_id
        # sudo: accountants match payments of orders they may not read.
        orders = moves._invoiced_orders("out_invoice", "out_receipt", "out_refund")
        if match:
            orders |= match.sudo().order_ids
        duties = {"match": self.env._("Bank line matched by hand")}
        if write_off:
            duties["write_off"] = self.env._("Difference of a payment written off")
        for duty in duties:
            orders._check_duty(duty)
        result = super()._match_by_hand(items, write_off, match)
        for duty, summary in duties.items():
            orders._record_duty(duty, summary)
        return result

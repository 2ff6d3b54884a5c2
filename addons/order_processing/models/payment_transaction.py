from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """Leave paid orders that are on hold as quotations: a payment must not fail over a hold."""
        orders = self.sale_order_ids.filtered(lambda order: order.state in ("draft", "sent"))
        # sudo: who pays may not read what rules look at.
        orders.sudo()._check_rules("release")
        blocked = orders._blocked_by("release")
        for order, holds in blocked.items():
            order._warn_responsible(
                self.env._("Paid, but on hold"), "; ".join(holds.mapped("reason"))
            )
        ready = self.filtered(lambda tx: not any(order in blocked for order in tx.sale_order_ids))
        return super(PaymentTransaction, ready)._check_amount_and_confirm_order()

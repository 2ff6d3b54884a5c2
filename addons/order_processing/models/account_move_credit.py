from odoo import models

from .order_rule import CREDIT_KINDS


class AccountMove(models.Model):
    """Invoices change what customers owe, and so what rules say about their open orders."""

    _inherit = "account.move"

    def button_draft(self):
        """Have the customers' open orders checked again."""
        self._touch_customers()
        return super().button_draft()

    def button_cancel(self):
        """Have the customers' open orders checked again."""
        self._touch_customers()
        return super().button_cancel()

    def _post(self, soft=True):
        """Have the customers' open orders checked again."""
        posted = super()._post(soft)
        posted._touch_customers()
        return posted

    def _touch_customers(self):
        """Look at the rules of these customers' open orders when the transaction ends."""
        if not CREDIT_KINDS & self.env["order.rule"]._get_kinds():
            return
        # sudo: accountants need no rights on orders for them to follow what is owed.
        items = self.sudo().line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        self.env["sale.order"]._touch_rules_of(items.partner_id.commercial_partner_id)

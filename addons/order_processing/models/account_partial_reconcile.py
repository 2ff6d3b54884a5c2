from odoo import models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """Log matches as undone when their reconciliation goes, also from an invoice's form."""
        lines = (self.debit_move_id + self.credit_move_id).move_id.statement_line_ids
        result = super().unlink()
        if lines:
            lines.exists()._log_lost_matches()
        return result

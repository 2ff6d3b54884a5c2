from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Payments change what customers owe, see ``account.move._touch_customers``."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        """Have the customers' open orders checked again."""
        partials = super().create(vals_list)
        (partials.debit_move_id | partials.credit_move_id).move_id._touch_customers()
        return partials

    def unlink(self):
        """Have the customers' open orders checked again."""
        (self.debit_move_id | self.credit_move_id).move_id._touch_customers()
        return super().unlink()

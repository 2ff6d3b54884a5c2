from odoo import models


class StockPicking(models.Model):
    """Who is responsible for transfers that join a batch."""

    _inherit = "stock.picking"

    def assign_batch_user(self, user_id):
        """As core's, but the notes on all transfers are written at once: core posts each."""
        changed = self.filtered(lambda picking: picking.user_id.id != user_id)
        changed._take_over(user_id)
        changed._log_taken_over()

    def _take_over(self, user_id):
        """Give transfers to whoever picks their batch; :meth:`_log_taken_over` tells it."""
        self.with_context(mail_notrack=True).write({"user_id": user_id})

    def _log_taken_over(self):
        """Note on transfers who is responsible since they joined their batch."""
        bodies = {}
        for picking in self:
            batch = picking.batch_id._get_html_link()
            bodies[picking.id] = (
                self.env._(
                    "In %(batch)s: %(user)s is responsible", batch=batch, user=picking.user_id.name
                )
                if picking.user_id
                else self.env._("In %(batch)s: nobody is responsible yet", batch=batch)
            )
        self._message_log_batch(bodies)

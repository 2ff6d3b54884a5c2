from odoo import models
from odoo.exceptions import UserError

from ..engine import calling

#: An agreement that isn't in force covers nothing: no approval helps.
NEVER = (calling.NOT_AGREED, calling.NOT_YET, calling.ENDED)


class SaleOrder(models.Model):
    """No order calls off more than was agreed, unless somebody approves it."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _check_rules(self, gate):
        """Extend: what an agreement doesn't cover is held, where that was agreed."""
        result = super()._check_rules(gate)
        if gate == "release":
            for order, problems in self._find_uncovered().items():
                order._hold_uncovered(problems)
        return result

    def action_confirm(self):
        """Refuse call-offs that their agreement doesn't cover.

        :raise UserError: it says what is left
        """
        # sudo: whoever confirms the order, the agreement counts.
        self.blanket_id.sudo()._lock_for_call()
        for order, problems in self._find_uncovered().items():
            if order._is_refused(problems):
                raise UserError(order.blanket_id.sudo()._describe(problems))
        return super().action_confirm()

    def _is_refused(self, problems):
        return self.blanket_id.sudo().over_call == "refuse" or problems[0].code in NEVER

    def _hold_uncovered(self, problems):
        """Ask for an approval, once: what was approved isn't asked for again."""
        self.ensure_one()
        if self._is_refused(problems):
            return
        reason = self.blanket_id.sudo()._describe(problems)
        # sudo: approvals count, whoever may see them.
        known = (
            self.env["order.hold"]
            .sudo()
            .search_count(
                [("order_id", "=", self.id), ("kind", "=", "call_off"), ("reason", "=", reason)],
                limit=1,
            )
        )
        if not known:
            self._place_hold("call_off", "release", reason)

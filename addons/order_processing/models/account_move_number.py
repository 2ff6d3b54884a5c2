from odoo import models


class AccountMove(models.Model):
    """Many entries numbered at once ask for the form of their journal's numbers once.

    Odoo looks for the last number before each that it gives, with two queries, though after the
    first it counts on by itself.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    def _compute_name(self):
        moves = self.with_context(number_formats={}) if len(self) > 1 else self
        return super(AccountMove, moves)._compute_name()

    def _get_next_sequence_format(self):
        known = self.env.context.get("number_formats")
        if known is None:
            return super()._get_next_sequence_format()
        # All that Odoo's choice of the last number depends on.
        key = (
            self.journal_id,
            self.date,
            self.move_type,
            bool(self.origin_payment_id),
            self.journal_id.is_self_billing and self.commercial_partner_id,
        )
        if key not in known:
            known[key] = super()._get_next_sequence_format()
        number_format, values = known[key]
        return number_format, dict(values)

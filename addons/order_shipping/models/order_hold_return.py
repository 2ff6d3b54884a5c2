from odoo import fields, models


class OrderHold(models.Model):
    """The approval of a return is a hold at the refund gate."""

    _inherit = "order.hold"

    kind = fields.Selection(
        selection_add=[("return", "Return")], ondelete={"return": "set default"}
    )

    def _advice(self):
        """What to do about a return that waits."""
        if self.kind == "return" and self.state == "pending" and not self.policy_id:
            return self.env._("Look at the return, then approve or reject it.")
        return super()._advice()

    def _resolve(self, state, resolution=None, by_person=True):
        """Approving the hold approves the return, rejecting refuses it."""
        result = super()._resolve(state, resolution, by_person=by_person)
        holds = self.filtered(lambda hold: hold.kind == "return" and hold.state == state)
        if holds and by_person:
            # sudo: whoever may decide about the hold decides about its return.
            returns = (
                self.env["shipping.return"]
                .sudo()
                .search([("hold_id", "in", holds.ids), ("state", "=", "requested")])
            )
            if state in ("approved", "released"):
                returns.filtered(lambda each: each.source != "blind")._approve()
            elif state == "rejected":
                for each in returns:
                    each.refusal = resolution or self.env._("Not approved")
                returns._stop("refused")
        return result

from odoo import models
from odoo.tools import format_amount

from .order_intake_messages import finding_message


class SaleOrder(models.Model):
    """Step "validate": what a channel stated otherwise than it came out holds the order."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _stated_otherwise(self):
        """Amounts of lines, taxes and totals that the document stated otherwise, as facts."""
        self.ensure_one()
        differences = self.channel_differences or []
        return tuple(each for each in differences if not self._is_compared_anew(each))

    def _is_compared_anew(self, difference):
        """Whether ``total_differs`` says the same as a difference that intake noted."""
        amounts = {"stated": self.channel_total, "computed": self.amount_total}
        return difference["what"] == "wrong_total" and not any(
            self.currency_id.compare_amounts(float(difference[name]), amount)
            for name, amount in amounts.items()
        )

    def _finding_text(self, finding):
        if finding.code == "stated_otherwise":
            return finding_message(self.env, finding.params["what"], finding.params)
        text = super()._finding_text(finding)
        if finding.code == "total_differs":
            difference = finding.params["order"] - finding.params["channel"]
            amount = format_amount(self.env, difference, self.currency_id)
            text += " " + self.env._("(difference %(amount)s)", amount=amount)
        return text

    def _finding_advices(self):
        advices = super()._finding_advices()
        return {**advices, "stated_otherwise": advices["total_differs"]}

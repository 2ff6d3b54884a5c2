import datetime

from odoo import models


class SaleOrder(models.Model):
    """What customers think of an order, asked once it was delivered."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _name = "sale.order"
    _inherit = ["sale.order", "rating.mixin"]

    def action_view_ratings(self):
        """Open what customers said of these orders; answer them from there."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.rating_action_order"
        )
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        return action | {"domain": [*domain, ("consumed", "=", True)]}

    def _ask_rating(self, days):
        """Ask the customers of these orders for a rating, once, some days from now."""
        self.env["order.message"]._queue(self, "rating", delay=datetime.timedelta(days=days))

    def _rating_get_operator(self):
        """Who is rated: whoever looks after the order, or the company."""
        return self.user_id.partner_id or self.company_id.partner_id

    def _rating_get_partner(self):
        return self.partner_id

    def _get_rating_url(self, rate=5):
        """Where the customer rates this order: a link that is of use to nobody else."""
        self.ensure_one()
        token = self._rating_get_access_token()
        return f"{self.get_base_url()}/rate/{token}/{rate}"

    def rating_apply(self, rate, token=None, rating=None, feedback=None, **kwargs):
        """Ask somebody to answer an unhappy customer."""
        rating = super().rating_apply(rate, token=token, rating=rating, feedback=feedback, **kwargs)
        if rate <= 2:
            self._warn_responsible(self.env._("An unhappy customer"), feedback or "")
        return rating

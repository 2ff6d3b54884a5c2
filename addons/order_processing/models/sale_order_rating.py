import datetime

from odoo import fields, models


class SaleOrder(models.Model):
    """What customers think of an order, asked once it was delivered.

    Odoo's ratings belong to any mail.thread; the statistics of rating.mixin can't be inherited by
    a model that is a mail.thread already, so the two figures shown are computed here.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    rating_count = fields.Integer(compute="_compute_rating", groups="base.group_user")
    rating_value = fields.Float(
        string="Rating", compute="_compute_rating", digits=(3, 1), groups="base.group_user"
    )

    def _compute_rating(self):
        rows = (
            self.env["rating.rating"]
            .sudo()
            ._read_group(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("consumed", "=", True),
                ],
                ["res_id"],
                ["__count", "rating:avg"],
            )
        )
        found = {res_id: (count, average) for res_id, count, average in rows}
        for order in self:
            order.rating_count, order.rating_value = found.get(order.id, (0, 0.0))

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

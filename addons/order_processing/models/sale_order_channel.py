from odoo import fields, models

from ..engine.intake.canonical import Finding


class SaleOrder(models.Model):
    """What an order of a channel knows of the document it came with."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    channel_total_stated = fields.Boolean(
        default=True,
        copy=False,
        help="Whether the channel said what the order costs; otherwise our own prices hold.",
    )

    def _check_channel_total(self, order):
        """Compare what this order comes to with what the document states, to the cent.

        A document that says nothing of taxes is compared before them. What it didn't state as
        total is kept as it came out, so that later changes show.

        :param order: ``engine.intake.canonical.Order``
        :return: a finding, or None
        """
        self.ensure_one()
        code = "odoo_total"
        field, computed, stated = "total_price", self.amount_total, order.total
        if stated is None and order.net_total is not None:
            code = "odoo_net_total"
            field = "net_total"
            if order.taxes_stated:
                # Taxes that the channel charged may be lines here, so taxes are compared with.
                stated = (
                    order.net_total if order.taxes_included else order.net_total + order.total_tax
                )
            else:
                computed, stated = self.amount_untaxed, order.net_total
        if stated is None:
            return None
        stated = float(stated)
        if self.currency_id.compare_amounts(computed, stated):
            args = {
                "computed": f"{computed:.{order.digits}f}",
                "stated": f"{stated:.{order.digits}f}",
                "difference": f"{computed - stated:+.{order.digits}f}",
                "currency": order.currency,
                "channel": self.channel_id.name,
            }
            return Finding(code, field, args)
        if not self.channel_total_stated:
            # sudo: nobody edits what a channel stated; here intake keeps what it amounts to.
            self.sudo().write({"channel_total": self.amount_total, "channel_total_stated": True})
        return None

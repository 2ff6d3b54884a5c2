from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ..engine.intake.duplicates import Placed, find_duplicates


class SaleOrder(models.Model):
    """Orders that may have come twice, under two references."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    def _hold_duplicates(self):
        """Hold back those of these new orders that say the same as one before them.

        The same customer, delivery address, lines and amount within the channel's window.

        :return: dict of the held orders → the order each may repeat
        """
        found = {}
        for channel, orders in self.grouped("channel_id").items():
            if channel.duplicate_hours > 0:
                found |= orders._find_duplicates(channel.duplicate_hours)
        held = self.browse([order.id for order in found])
        held._place_hold(
            "duplicate",
            "release",
            lambda order: self.env._(
                "May be the same order as %(order)s (%(ref)s): same customer, address, lines and"
                " amount. Cancel one of them, or release it.",
                order=found[order].name,
                ref=found[order].channel_ref or found[order].client_order_ref or "–",
            ),
        )
        return found

    def _find_duplicates(self, hours):
        """See :meth:`_hold_duplicates`; one query for the orders and one for their lines.

        :param hours: how far back to look
        """
        # sudo: an order repeats another whoever may read that; only its number is told.
        orders = self.sudo()
        since = fields.Datetime.now() - timedelta(hours=hours)
        earlier = orders.search(
            Domain("company_id", "in", orders.company_id.ids)
            & Domain("create_date", ">=", since)
            & Domain("state", "!=", "cancel")
            & Domain(
                "partner_id",
                "child_of",
                orders.partner_id.commercial_partner_id.ids,
            )
            & Domain("amount_total", "in", list(set(orders.mapped("amount_total"))))
        )
        placed = {order.id: order._get_placed() for order in earlier | orders}
        repeated = find_duplicates([placed[order.id] for order in orders], list(placed.values()))
        return {
            self.browse(order_id): orders.browse(other_id)
            for order_id, other_id in repeated.items()
        }

    def _get_placed(self):
        """This order as it is compared with others."""
        self.ensure_one()
        quantities = defaultdict(float)
        for line in self.order_line:
            if not line.display_type:
                quantities[line.product_id.id, line.product_uom_id.id] += line.product_uom_qty
        lines = frozenset((key, round(quantity, 6)) for key, quantity in quantities.items())
        content = (
            self.company_id.id,
            self.partner_id.commercial_partner_id.id,
            self.partner_shipping_id._get_address_key(),
            self.currency_id.id,
            round(self.amount_total, 6),
            lines,
        )
        ref = (self.channel_id.id, self.channel_ref) if self.channel_ref else self.id
        return Placed(self.id, content, ref)

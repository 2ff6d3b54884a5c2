from odoo import api, fields, models
from odoo.exceptions import UserError

from .sale_order import INTERNAL

#: How long a quotation of no channel reserves.
DEFAULT_MINUTES = 30


class SaleOrder(models.Model):
    """Quotations that keep their goods for a while."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    reservation_ids = fields.One2many(
        "order.reservation", "order_id", string="Reservations", groups=INTERNAL
    )
    reserved_until = fields.Datetime(
        compute="_compute_reserved_until",
        groups=INTERNAL,
        help="Until then the goods of this quotation aren't promised to others.",
    )

    @api.depends("reservation_ids.state", "reservation_ids.expires_at")
    def _compute_reserved_until(self):
        now = fields.Datetime.now()
        for order in self:
            live = order.reservation_ids.filtered(
                lambda each: each.state == "active" and each.expires_at > now
            )
            order.reserved_until = min(live.mapped("expires_at"), default=False)

    # === ACTION === #

    def action_reserve(self):
        """Reserve what is there of each quotation's goods, for its channel's time.

        :raises UserError: for orders that aren't quotations, or hold nothing that is stocked
        """
        self.check_access("write")
        parts = []
        for order in self:
            if order.state not in ("draft", "sent"):
                raise UserError(
                    self.env._("%s is no quotation: its goods are reserved already.", order.name)
                )
            wanted = order._get_goods()
            if not wanted:
                raise UserError(self.env._("%s has no goods to reserve.", order.name))
            granted = order._reserve(wanted)
            missing = [
                self.env._(
                    "%(product)s: %(granted)s of %(wanted)s",
                    product=product.display_name,
                    granted=f"{granted[product]:g}",
                    wanted=f"{quantity:g}",
                )
                for product, quantity in wanted.items()
                if product.uom_id.compare(granted[product], quantity) < 0
            ]
            parts.append((order, missing))
        short = [text for _order, missing in parts for text in missing]
        message = self.env._("Reserved until the time is over or the order is confirmed.")
        if short:
            message = self.env._("Not all is there. %(missing)s", missing=" • ".join(short))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if short else "success",
                "sticky": bool(short),
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_release_reservation(self):
        """Give the goods of these quotations back to everybody."""
        self.check_access("write")
        # sudo: nobody edits reservations; whoever may change the quotation may end its own.
        self.sudo().reservation_ids.filtered(lambda each: each.state == "active").state = "released"
        return True

    def _action_confirm(self):
        """What was reserved is ordered now: routing may take it."""
        self.env["order.reservation"]._convert(self)
        return super()._action_confirm()

    def _action_cancel(self):
        res = super()._action_cancel()
        # sudo: see action_release_reservation
        self.sudo().reservation_ids.filtered(lambda each: each.state == "active").state = "released"
        return res

    # === BUSINESS === #

    def _reserve(self, wanted):
        """Reserve for one quotation: dict product → quantity that could be reserved."""
        self.ensure_one()
        # sudo: a channel's settings, read for whoever sells.
        channel = self.sudo().channel_id
        return self.env["order.reservation"]._reserve(
            wanted,
            self._get_promise_places(),
            self.name,
            channel.reservation_minutes or DEFAULT_MINUTES,
            channel.sudo(self.env.su),
            self,
        )

    def _get_goods(self):
        """Goods of one order: dict product → quantity in the product's unit."""
        self.ensure_one()
        goods = {}
        for line in self.order_line:
            product = line.product_id
            if product.type == "consu" and line.product_uom_qty > 0:
                goods[product] = goods.get(product, 0.0) + line.product_uom_id._compute_quantity(
                    line.product_uom_qty, product.uom_id
                )
        return goods

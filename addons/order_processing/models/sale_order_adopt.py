from odoo import api, fields, models

from ..flow import BY_CHANNEL

INTERNAL = "base.group_user"


class SaleOrder(models.Model):
    """Orders of this Odoo's website, point of sale and salespeople, as those of a channel."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    is_accepted = fields.Boolean(
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="The customer signed or paid: once nothing holds the order any more it goes on by"
        " itself, if its channel releases by itself.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let channels of salespeople have what is entered by hand."""
        orders = super().create(vals_list)
        orders._adopt(("manual",))
        return orders

    def write(self, vals):
        """Let channels have what a customer of the website has placed."""
        res = super().write(vals)
        if vals.get("state") == "sent":
            self._adopt(("website",))
        return res

    # === ACTIONS === #

    def action_confirm(self):
        """Let channels have what is confirmed; that of a till afterwards: nothing may stop it."""
        at_till = self.filtered(lambda order: order._get_pos_lines())
        (self - at_till)._adopt(("website", "manual"))
        res = super().action_confirm()
        at_till._adopt(("pos",))
        return res

    def _validate_order(self):
        self._accept()
        return super()._validate_order()

    # === BUSINESS === #

    def _accept(self):
        """Note that the customers want these orders, and check them before they are confirmed."""
        # sudo: Odoo calls this for visitors of the website.
        orders = self.sudo().filtered(lambda order: order.state in ("draft", "sent"))
        orders._adopt(("website", "manual"))
        adopted = orders.filtered("channel_id.adopts_orders")
        adopted.is_accepted = True
        adopted._apply_findings(adopted._find_problems())

    def _get_pos_lines(self):
        """What a till made of this order; nothing where there is no point of sale."""
        # sudo: whoever confirms the order may not read the till's.
        return "pos_order_line_ids" in self._fields and self.sudo().pos_order_line_ids

    def _adopt(self, kinds):
        """Give those of these orders that no channel has to the first channel that adopts them."""
        # sudo: customers and tills place orders too, and see no channels.
        # An imported order came through no channel of this database.
        free = self.sudo().filtered(
            lambda order: not order.channel_id and not order.moved_key and order.state != "cancel"
        )
        if not free:
            return
        channels = (
            self.env["order.channel"]
            .sudo()
            .search(
                [
                    ("adopts_orders", "=", True),
                    ("kind", "in", kinds),
                    ("company_id", "in", free.company_id.ids),
                ]
            )
        )
        for channel in channels:
            orders = free.filtered_domain(channel._get_adopt_domain())
            orders.channel_id = channel
            free -= orders
            orders._record_adoption(channel)

    def _record_adoption(self, channel):
        words = {
            "website": self.env._("Ordered on the website (%(channel)s)"),
            "pos": self.env._("Handed over at the point of sale (%(channel)s)"),
            "manual": self.env._("Entered by hand (%(channel)s)"),
        }
        self._record_event(
            "intake",
            words[channel.kind] % {"channel": channel.name},
            {"channel": channel.code},
            source="user" if channel.kind == "manual" else "channel",
        )
        if channel.kind == "website":
            self.with_context(order_event_source=BY_CHANNEL)._hold_duplicates()

    def _confirm_if_automatic(self):
        """Leave quotations that nobody accepted yet, whatever their channel releases by itself."""
        # sudo: what may go on doesn't depend on who noticed.
        waiting = self.filtered(
            lambda order: not order.sudo().channel_id.adopts_orders or order.sudo().is_accepted
        )
        return super(SaleOrder, waiting)._confirm_if_automatic()


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """A paid order is an accepted one; see ``sale.order._accept``."""
        orders = self.sale_order_ids.filtered(lambda order: order.state in ("draft", "sent"))
        orders.filtered(lambda order: order._is_confirmation_amount_reached())._accept()
        return super()._check_amount_and_confirm_order()

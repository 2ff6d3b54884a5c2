import ast
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .order_channel import OWN_KINDS
from .order_channel_health import RATE_DAYS


class OrderChannel(models.Model):
    """Orders that are made in this Odoo are a channel's, too: nothing is imported for them.

    Works by what is installed: without eCommerce or the point of sale there is nothing to adopt.
    """

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.channel"

    adopts_orders = fields.Boolean(
        compute="_compute_adopts_orders",
        store=True,
        readonly=False,
        precompute=True,
        help="Sales orders made in this Odoo become this channel's: they are validated, held and"
        " routed like those of any other. Orders of a website when the customer has placed them,"
        " others when they are created.",
    )
    adopt_domain = fields.Char(
        string="Which Orders",
        help="Narrows down the orders this channel adopts: those of one website, team or"
        " salesperson. Of several channels the first takes an order.",
    )
    adoption_note = fields.Char(compute="_compute_adoption_note")
    pos_order_count = fields.Integer(compute="_compute_pos_order_count")

    @api.depends("kind")
    def _compute_adopts_orders(self):
        for channel in self:
            channel.adopts_orders = channel.kind in ("website", "pos")

    @api.depends("kind")
    def _compute_adoption_note(self):
        lacking = {
            "website": "website_id" not in self.env["sale.order"]._fields
            and self.env._("eCommerce isn't installed: there are no orders of a website."),
            "pos": "pos.order" not in self.env
            and self.env._("Point of Sale isn't installed: there are no orders of one."),
        }
        for channel in self:
            channel.adoption_note = lacking.get(channel.kind) or False

    def _compute_pos_order_count(self):
        for channel in self:
            domain = channel._get_pos_domain()
            channel.pos_order_count = (
                self.env["pos.order"].sudo().search_count(domain) if domain else 0
            )

    @api.constrains("adopt_domain")
    def _check_adopt_domain(self):
        for channel in self.filtered("adopt_domain"):
            try:
                self.env["sale.order"].search(channel._get_adopt_domain(), limit=1)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "Which orders %(channel)s adopts can't be understood: %(domain)s",
                        channel=channel.name,
                        domain=channel.adopt_domain,
                    )
                ) from error

    # === ACTIONS === #

    def action_view_pos_orders(self):
        """Open what was sold at the points of sale of these channels' companies."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Point of Sale Orders"),
            "res_model": "pos.order",
            "view_mode": "list,form",
            "domain": [("company_id", "in", self.company_id.ids), ("state", "!=", "cancel")],
        }

    # === BUSINESS === #

    def _get_adopt_domain(self):
        """Which of the sales orders that nobody has yet are this channel's."""
        self.ensure_one()
        has_websites = "website_id" in self.env["sale.order"]._fields
        domain = Domain("company_id", "=", self.company_id.id)
        if self.kind == "website":
            domain &= Domain("website_id", "!=", False) if has_websites else Domain.FALSE
        elif self.kind == "pos":
            has_pos = "pos_order_line_ids" in self.env["sale.order"]._fields
            domain &= Domain("pos_order_line_ids", "!=", False) if has_pos else Domain.FALSE
        elif has_websites:
            domain &= Domain("website_id", "=", False)
        return domain & Domain(ast.literal_eval(self.adopt_domain or "[]"))

    def _get_pos_domain(self):
        """The point of sale's orders of this channel; nothing where there is none."""
        self.ensure_one()
        if self.kind != "pos" or "pos.order" not in self.env:
            return None
        return Domain("company_id", "=", self.company_id.id) & Domain("state", "!=", "cancel")

    def _compute_health(self):
        """Add what the channels' orders tell of those that take no documents."""
        res = super()._compute_health()
        own = self.filtered(lambda channel: channel.kind in OWN_KINDS)
        since = fields.Datetime.now() - timedelta(days=RATE_DAYS)
        # sudo: everybody who sees the channel may know when it was last heard of.
        Order = self.env["sale.order"].sudo()
        newest = Order._read_group(
            [("channel_id", "in", own.ids)], ["channel_id"], ["create_date:max"]
        )
        recent = Order._read_group(
            [("channel_id", "in", own.ids), ("create_date", ">=", since)],
            ["channel_id"],
            ["__count"],
        )
        newest, recent = (
            {channel.id: value for channel, value in rows} for rows in (newest, recent)
        )
        for channel in own:
            last, count = newest.get(channel.id), recent.get(channel.id, 0)
            domain = channel._get_pos_domain()
            if domain is not None:
                Pos = self.env["pos.order"].sudo()
                ((sold,),) = Pos._read_group(domain, [], ["date_order:max"])
                last = max(filter(None, (last, sold)), default=None)
                count += Pos.search_count(domain & Domain("date_order", ">=", since))
            channel.last_message_at = last and last.replace(microsecond=0)
            channel.recent_count = count
        return res

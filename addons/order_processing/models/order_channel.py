import secrets

from odoo import api, fields, models


class OrderChannel(models.Model):
    """A place orders come from, and what is decided once for all of its orders."""

    _name = "order.channel"
    _description = "Order Channel"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    code = fields.Char(
        required=True,
        help="Short name in the address documents are posted to. Letters, digits, - and _.",
    )
    kind = fields.Selection(
        [("manual", "Entered by hand"), ("shopify", "Shopify")],
        required=True,
        default="manual",
        help="Format of the documents this channel sends.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Acts As",
        default=lambda self: self.env.user,
        tracking=True,
        help="Orders of this channel are created with the rights of this user.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        string="Default Warehouse",
        check_company=True,
        help="Ships what routing can't place elsewhere.",
    )
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Ships From",
        check_company=True,
        help="Warehouses routing may choose from. Empty: all warehouses of the company.",
    )
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    payment_term_id = fields.Many2one("account.payment.term", check_company=True)
    auto_confirm = fields.Boolean(
        string="Release by Itself",
        default=True,
        help="Confirm an accepted order at once when no hold keeps it back.",
    )
    invoice_policy = fields.Selection(
        [("shipment", "At shipment, by itself"), ("manual", "By hand")],
        required=True,
        default="shipment",
        help="When orders of this channel are invoiced.",
    )
    tax_policy = fields.Selection(
        [
            ("odoo", "Odoo's taxes, matched by rate"),
            ("line", "As charged by the channel, one line per tax"),
        ],
        required=True,
        default="odoo",
        help="Odoo's taxes: the rate on each document line picks the tax and the total must agree"
        " to the cent. As charged: the amounts the channel collected become lines of their own, on"
        " the account of the tax product.",
    )
    tax_product_id = fields.Many2one(
        "product.product",
        string="Tax Product",
        default=lambda self: self._default_product("product_channel_tax"),
    )
    discount_product_id = fields.Many2one(
        "product.product",
        string="Discount Product",
        default=lambda self: self._default_product("product_channel_discount"),
    )
    shipping_product_id = fields.Many2one(
        "product.product",
        string="Shipping Product",
        default=lambda self: self._default_product("product_channel_shipping"),
    )
    secret = fields.Char(
        copy=False,
        groups="order_processing.group_order_manager",
        default=lambda self: secrets.token_urlsafe(32),
        help="Key that signs posted documents. Paste it into the shop, or the shop's into here.",
    )
    endpoint_url = fields.Char(compute="_compute_endpoint_url", string="Post Documents To")
    intake_ids = fields.One2many("order.intake", "channel_id")
    intake_count = fields.Integer(compute="_compute_intake_count")
    intake_attention_count = fields.Integer(compute="_compute_intake_count")
    order_count = fields.Integer(compute="_compute_order_count")

    _code_company_uniq = models.Constraint(
        "UNIQUE (company_id, code)", "This company already has a channel with this code."
    )

    @api.model
    def _default_product(self, name):
        """Service product ``order_processing.<name>``, or none when it was deleted."""
        return self.env.ref(f"order_processing.{name}", raise_if_not_found=False)

    def _compute_endpoint_url(self):
        for channel in self:
            channel.endpoint_url = f"{channel.get_base_url()}/order/intake/{channel.id}"

    def _compute_intake_count(self):
        totals, waiting = {}, {}
        for channel, state, count in self.env["order.intake"]._read_group(
            [("channel_id", "in", self.ids)], ["channel_id", "state"], ["__count"]
        ):
            totals[channel] = totals.get(channel, 0) + count
            if state == "rejected":
                waiting[channel] = count
        for channel in self:
            channel.intake_count = totals.get(channel, 0)
            channel.intake_attention_count = waiting.get(channel, 0)

    def _compute_order_count(self):
        counts = dict(
            self.env["sale.order"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.order_count = counts.get(channel, 0)

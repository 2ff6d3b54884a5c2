import re
import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import clean_context

from ..engine.intake.canonical import Finding
from ..engine.intake.registry import READERS

#: Kinds whose orders are made in this Odoo: they take no documents.
OWN_KINDS = ("manual", "website", "pos")
CODE_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")


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
        "_selection_kind",
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
    duplicate_hours = fields.Float(
        string="Look for Duplicates",
        default=24.0,
        help="Hours within which an order with the same customer, address, lines and amount as"
        " another, under another reference, is held as a suspected duplicate. 0: never.",
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
        default=lambda self: self._default_product("product_channel_tax"),
    )
    discount_product_id = fields.Many2one(
        "product.product",
        default=lambda self: self._default_product("product_channel_discount"),
    )
    shipping_product_id = fields.Many2one(
        "product.product",
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
    def _selection_kind(self):
        """Orders made in this Odoo, and every format that can be read."""
        formats = [(kind, reader.label) for kind, reader in READERS.items()]
        return [
            ("manual", self.env._("Entered by hand")),
            ("website", self.env._("Website of this Odoo")),
            ("pos", self.env._("Point of sale of this Odoo")),
            *formats,
        ]

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

    # === CONSTRAINTS === #

    @api.constrains("code")
    def _check_code(self):
        for channel in self:
            if not CODE_PATTERN.fullmatch(channel.code or ""):
                raise ValidationError(
                    self.env._(
                        "The code “%(code)s” of channel %(channel)s has other characters than"
                        " letters, digits, - and _ (at most 64). Change it.",
                        code=channel.code,
                        channel=channel.name,
                    )
                )

    # === CRUD === #

    def copy_data(self, default=None):
        """Give copies a code and name of their own."""
        vals_list = super().copy_data(default)
        default = default or {}
        for channel, vals in zip(self, vals_list, strict=True):
            if "code" not in default:
                vals["code"] = f"{channel.code[:50]}-{secrets.token_hex(3)}"
            if "name" not in default:
                vals["name"] = self.env._("%(channel)s (copy)", channel=channel.name)
        return vals_list

    # === ACTIONS === #

    def action_renew_secret(self):
        """Give each channel a new secret; the shop must learn it before it can post again."""
        self.check_access("write")
        for channel in self:
            channel.secret = secrets.token_urlsafe(32)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("New secret"),
                "message": self.env._(
                    "Paste the new secret into the shop: documents signed with the old one are"
                    " refused from now on."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_intakes(self):
        """Open the documents of these channels."""
        waiting = any(channel.intake_attention_count for channel in self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        return action | {
            "domain": [("channel_id", "in", self.ids)],
            "context": {"search_default_attention": 1} if waiting else {},
        }

    def action_view_orders(self):
        """Open the sales orders of these channels."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return action | {"domain": [("channel_id", "in", self.ids)], "context": {}}

    def action_upload(self):
        """Open the upload of documents into this channel."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_upload_action"
        )
        return action | {"context": {"default_channel_id": self[:1].id}}

    # === ACTING === #

    def _as_acting_user(self):
        """This channel in the environment of the user it acts as, in its company alone."""
        self.ensure_one()
        user = self.user_id
        if not user:
            return self
        # Without the defaults of the screen somebody works on: they aren't the documents'.
        acting = self.with_user(user).with_context(**clean_context(self.env.context))
        return acting.with_context(
            allowed_company_ids=self.company_id.ids, lang=user.sudo().lang or self.env.lang
        )

    def _check_ready(self):
        """Findings about the channel itself that keep every order of it out."""
        self.ensure_one()
        # sudo: whoever processes documents may not read users; only names go into the reason.
        channel = self.sudo()
        user, company = channel.user_id, channel.company_id
        args = {"channel": channel.name, "user": user.name or "", "company": company.name}
        if not channel.active:
            return [Finding("channel_archived", args=args)]
        if not user:
            return [Finding("no_acting_user", args=args)]
        if not user.active:
            return [Finding("acting_user_archived", args=args)]
        if company not in user.company_ids:
            return [Finding("no_company_access", args=args)]
        env = self._as_acting_user().env
        missing = [
            env[model]
            for model in ("sale.order", "sale.order.line", "res.partner")
            if not env[model].has_access("create")
        ]
        if missing:
            names = ", ".join(model.browse()._description for model in missing)
            return [Finding("no_rights", args=args | {"models": names})]
        return []

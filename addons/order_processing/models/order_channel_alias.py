from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine.intake.aliases import CUSTOMER, PRODUCT, UNIT, AliasFact, alias_key

#: The field that holds what a kind of alias stands for.
TARGETS = {PRODUCT: "product_id", UNIT: "uom_id", CUSTOMER: "customer_id"}


class OrderChannelAlias(models.Model):
    """What a code in documents means, where it isn't our own: decided once, by a person."""

    _name = "order.channel.alias"
    _description = "Channel Alias"
    _order = "kind, code, id"
    _rec_name = "code"
    _check_company_auto = True

    kind = fields.Selection(
        [(PRODUCT, "Product"), (UNIT, "Unit"), (CUSTOMER, "Customer or Address")],
        required=True,
        default=PRODUCT,
    )
    code = fields.Char(
        required=True,
        help="As the documents have it. Capitals don't matter.",
    )
    code_key = fields.Char(compute="_compute_code_key", store=True, index=True)
    channel_id = fields.Many2one(
        "order.channel",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="Empty: all channels of the company.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Only for Customer",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="The customer whose own number this is. Empty: it means the same for everybody.",
    )
    product_id = fields.Many2one("product.product", ondelete="cascade", check_company=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", ondelete="cascade")
    customer_id = fields.Many2one(
        "res.partner",
        string="Customer or Address",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
    )
    is_learned = fields.Boolean(
        string="Learned",
        readonly=True,
        help="Kept when the customer was created from a document, to be recognised again.",
    )

    _code_uniq = models.UniqueIndex(
        "(company_id, COALESCE(channel_id, 0), COALESCE(partner_id, 0), kind, code_key)",
        "There already is an alias for this code. Change that one.",
    )

    @api.depends("code")
    def _compute_code_key(self):
        for alias in self:
            alias.code_key = alias_key(alias.code)

    @api.depends("channel_id")
    def _compute_company_id(self):
        for alias in self:
            alias.company_id = alias.channel_id.company_id or alias.company_id or self.env.company

    @api.constrains("kind", "product_id", "uom_id", "customer_id")
    def _check_target(self):
        for alias in self:
            if not alias[TARGETS[alias.kind]]:
                raise ValidationError(
                    self.env._("Choose what “%(code)s” stands for.", code=alias.code)
                )

    # === BUSINESS === #

    @api.model
    def _gather(self, channel, codes):
        """Read the aliases of ``codes`` that count for ``channel``.

        :param dict codes: codes as sent by kind
        :return: see :func:`..engine.intake.aliases.find_alias`
        """
        wanted = [
            Domain("kind", "=", kind) & Domain("code_key", "in", sorted(map(alias_key, found)))
            for kind, found in codes.items()
            if found
        ]
        if not wanted:
            return {}
        # Also those of archived products: that a code means one is worth telling.
        aliases = self.with_context(active_test=False).search(
            Domain("company_id", "=", channel.company_id.id)
            & Domain("channel_id", "in", (False, channel.id))
            & Domain.OR(wanted)
        )
        facts = {}
        for alias in aliases:
            target = alias[TARGETS[alias.kind]]
            fact = (
                target._get_customer_fact() if alias.kind == CUSTOMER else target._get_intake_fact()
            )
            facts.setdefault((alias.kind, alias.code_key), []).append(
                AliasFact(
                    fact,
                    bool(alias.channel_id),
                    alias.partner_id.commercial_partner_id.id or None,
                )
            )
        return facts

    def _retry_waiting(self):
        """Process every waiting document that one of these aliases may put right.

        :return: the documents
        """
        keys = {(alias.kind, alias.code_key) for alias in self}
        waiting = self.env["order.intake"].search(
            [("state", "=", "rejected"), ("company_id", "in", self.company_id.ids)]
        )
        found = waiting.filtered(
            lambda intake: any(
                (kind, alias_key(code)) in keys for _channel, kind, code in intake._get_fixes()
            )
        )
        found._work_off(self.env._("Aliases set"), again=True)
        return found

    @api.model
    def _learn_customer(self, channel, codes, customer):
        """Remember which customer was created for the codes of a document.

        :param codes: codes that had no alias
        """
        # sudo: the channel takes orders in; that it recognises their customers goes with it.
        aliases = self.sudo()
        known = (
            aliases.search(
                [
                    ("channel_id", "=", channel.id),
                    ("kind", "=", CUSTOMER),
                    ("code_key", "in", [alias_key(code) for code in codes]),
                ]
            ).mapped("code_key")
            if codes
            else []
        )
        aliases.create(
            [
                {
                    "kind": CUSTOMER,
                    "code": code,
                    "channel_id": channel.id,
                    "customer_id": customer.id,
                    "is_learned": True,
                }
                for code in dict.fromkeys(codes)
                if alias_key(code) not in known
            ]
        )

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.order_channel_alias import TARGETS


class OrderIntakeAlias(models.TransientModel):
    """Says what the unknown codes of documents mean, for those that wait and all to come."""

    _name = "order.intake.alias"
    _description = "Set Aliases"

    line_ids = fields.One2many("order.intake.alias.line", "wizard_id", string="Unknown Codes")

    has_product = fields.Boolean(compute="_compute_has")
    has_unit = fields.Boolean(compute="_compute_has")
    has_customer = fields.Boolean(compute="_compute_has")

    @api.depends("line_ids.kind")
    def _compute_has(self):
        for wizard in self:
            kinds = set(wizard.line_ids.mapped("kind"))
            wizard.has_product = "product" in kinds
            wizard.has_unit = "unit" in kinds
            wizard.has_customer = "customer" in kinds

    @api.model
    def default_get(self, fields_list):
        """One line for each unknown code of the documents chosen."""
        vals = super().default_get(fields_list)
        intakes = self.env["order.intake"].browse(self.env.context.get("active_ids", []))
        vals["line_ids"] = [
            Command.create(
                {
                    "channel_id": channel.id,
                    "kind": kind,
                    "code": code,
                    "title": fix.get("title") or "",
                    "is_customers_own": bool(fix.get("own")),
                }
            )
            for (channel, kind, code), fix in intakes._get_fixes().items()
        ]
        return vals

    def action_set(self):
        """Keep the aliases that were filled in, and try every document again that waits for one.

        :raises UserError: if nothing was filled in
        """
        self.ensure_one()
        filled = self.line_ids.filtered(lambda line: line[TARGETS[line.kind]])
        if not filled:
            raise UserError(
                self.env._("Choose for at least one code what it means, or close the dialog.")
            )
        aliases = self.env["order.channel.alias"].union(*[line._set_alias() for line in filled])
        intakes = aliases._retry_waiting()
        accepted = intakes.filtered(lambda intake: intake.state == "accepted")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if accepted == intakes else "warning",
                "message": self.env._(
                    "%(aliases)s codes are known from now on. %(accepted)s of %(count)s waiting"
                    " documents became orders.",
                    aliases=len(aliases),
                    accepted=len(accepted),
                    count=len(intakes),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }


class OrderIntakeAliasLine(models.TransientModel):
    """One unknown code."""

    _name = "order.intake.alias.line"
    _description = "Unknown Code"

    wizard_id = fields.Many2one("order.intake.alias", required=True, ondelete="cascade")
    channel_id = fields.Many2one("order.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    kind = fields.Selection(
        selection=lambda self: (
            self.env["order.channel.alias"]._fields["kind"]._description_selection(self.env)
        ),
        required=True,
    )
    code = fields.Char(required=True)
    title = fields.Char(string="In the Document")
    is_customers_own = fields.Boolean(
        string="Customer's Own", help="The document says that this is the customer's own number."
    )
    product_id = fields.Many2one(
        "product.product", domain="[('company_id', 'in', (False, company_id))]"
    )
    uom_id = fields.Many2one("uom.uom", string="Unit")
    customer_id = fields.Many2one(
        "res.partner",
        string="Customer or Address",
        domain="[('company_id', 'in', (False, company_id))]",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Only for Customer",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Choose the customer where the code is his own number, which others may use for"
        " something else.",
    )
    is_for_all = fields.Boolean(
        string="All Channels", help="The code means the same in all channels of the company."
    )

    def _set_alias(self):
        """The alias of this line, created or changed."""
        self.ensure_one()
        Alias = self.env["order.channel.alias"]
        scope = {
            "kind": self.kind,
            "company_id": self.channel_id.company_id.id,
            "channel_id": False if self.is_for_all else self.channel_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
        }
        key = Alias.new({"code": self.code}).code_key
        domain = [(name, "=", value) for name, value in scope.items()]
        target = {TARGETS[self.kind]: self[TARGETS[self.kind]].id, "is_learned": False}
        alias = Alias.search([*domain, ("code_key", "=", key)], limit=1)
        if alias:
            alias.write(target)
            return alias
        return Alias.create(scope | target | {"code": self.code})

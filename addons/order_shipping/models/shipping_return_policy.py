from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import returning


class ShippingReturnPolicy(models.Model):
    """On what terms goods come back: for a channel, or for all orders of a company."""

    _name = "shipping.return.policy"
    _description = "Return Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="Empty: for all companies.",
    )
    channel_ids = fields.Many2many(
        "order.channel",
        string="Channels",
        help="Empty: for orders of any channel, and of none.",
    )
    days = fields.Integer(
        default=30, help="Days after delivery within which goods may come back. 0: never."
    )
    warranty_days = fields.Integer(
        string="Warranty (days)",
        default=730,
        help="Days after delivery within which a warranty claim is possible; each needs approval."
        " 0: no warranty.",
    )
    condition = fields.Html(
        translate=True, help="In what condition goods have to be. Shown to the customer."
    )
    fee_percent = fields.Float(
        string="Restocking Fee (%)", digits=(5, 2), help="Not charged where it is our fault."
    )
    payer = fields.Selection(
        [("customer", "Customer"), ("company", "We")],
        string="Pays the Way Back",
        required=True,
        default="customer",
        help="Deducted from the refund. Where it is our fault we pay in any case.",
    )
    approval_limit = fields.Float(
        string="Approve Above",
        digits="Product Price",
        help="Value of goods, in the company's currency, above which a return waits for approval."
        " 0: whatever the value.",
    )
    auto_approve = fields.Boolean(
        string="Approve by Itself",
        default=True,
        help="What customers ask for within the policy goes ahead at once.",
    )
    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Return Carrier",
        check_company=True,
        help="Whose label the customer gets. Empty: the customer sends it as they like.",
    )

    @api.constrains("days", "warranty_days", "fee_percent", "approval_limit")
    def _check_figures(self):
        for policy in self:
            if min(policy.days, policy.warranty_days) < 0 or policy.approval_limit < 0:
                raise ValidationError(self.env._("Days and limits can't be below zero."))
            if not 0 <= policy.fee_percent <= 100:
                raise ValidationError(self.env._("The fee is between 0 and 100 percent."))

    @api.model
    def _get_for(self, order):
        """The policy of an order: the first that names its channel, else the first for any."""
        policies = self.sudo().search([("company_id", "in", [False, order.company_id.id])])
        channel = order.sudo().channel_id
        named = policies.filtered(lambda policy: channel and channel in policy.channel_ids)
        general = policies.filtered(lambda policy: not policy.channel_ids)
        return (named or general)[:1]

    def _get_facts(self):
        """This policy as a plain value; an empty recordset allows returns for 30 days."""
        if not self:
            return returning.Policy(days=30)
        return returning.Policy(
            days=self.days,
            warranty_days=self.warranty_days,
            fee_percent=Decimal(str(self.fee_percent)),
            customer_pays=self.payer == "customer",
            approval_limit=Decimal(str(self.approval_limit)),
        )

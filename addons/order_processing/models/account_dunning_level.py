from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountDunningLevel(models.Model):
    """One step of reminding: from when, with which words, and what follows."""

    _name = "account.dunning.level"
    _description = "Reminder Level"
    _order = "days, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: every company that has no levels of its own.", index=True
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    days = fields.Integer(
        string="Days Overdue", required=True, help="From how many days after the due date."
    )
    pause = fields.Integer(
        string="Days Since the Letter Before",
        default=7,
        help="At least so many days lie between the letter before and this one.",
    )
    subject = fields.Char(required=True, translate=True)
    text = fields.Html(
        required=True,
        translate=True,
        help="The letter, in each language. The overdue invoices follow it as a table.",
    )
    fee_amount = fields.Monetary(
        string="Fee", help="Billed with the letter as an invoice of its own. 0: none."
    )
    fee_product_id = fields.Many2one(
        "product.product",
        domain=[("type", "=", "service")],
        help="What the fee is billed as: its account and taxes.",
    )
    stop_ship = fields.Boolean(
        string="Stop Shipping",
        help="Hold the customer's open and new orders until what was reminded of is paid.",
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for level in self:
            level.currency_id = (level.company_id or self.env.company).currency_id

    @api.constrains("days", "pause", "fee_amount", "fee_product_id")
    def _check_level(self):
        for level in self:
            if level.days < 1 or level.pause < 0:
                raise ValidationError(
                    self.env._("A level begins at least one day after the due date.")
                )
            if level.fee_amount < 0 or (level.fee_amount and not level.fee_product_id):
                raise ValidationError(
                    self.env._("A fee needs an amount above zero and a product to bill it as.")
                )

    @api.model
    def _get_levels(self, company):
        """The levels of a company by days: its own, else those for everybody."""
        own = self.search([("company_id", "=", company.id)])
        return (own or self.search([("company_id", "=", False)])).sorted(lambda each: each.days)

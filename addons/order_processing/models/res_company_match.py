from odoo import fields, models


class ResCompany(models.Model):
    """How far matching payments may go by itself, and what people may write off."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    order_match_stopped = fields.Boolean(
        string="Stop Matching",
        help="Nothing is posted by itself any more, in no journal; matching only suggests.",
    )
    order_match_days = fields.Integer(
        string="Oldest Documents",
        default=730,
        help="Days. Older open documents are left to a person, so that a neglected backlog isn't"
        " paid by chance. 0: no limit.",
    )
    order_write_off_line = fields.Monetary(
        string="Write-Off per Line",
        default=50.0,
        help="The most that may be written off on one bank line. 0: nothing.",
    )
    order_write_off_day = fields.Monetary(
        string="Write-Off per Day",
        default=500.0,
        help="The most that may be written off in a day, by all users together.",
    )
    order_write_off_account_ids = fields.Many2many(
        "account.account",
        "res_company_order_write_off_rel",
        string="Write-Off Accounts",
        check_company=True,
        help="Where differences may be booked. Empty: expenses and other income.",
    )
    order_fee_account_id = fields.Many2one(
        "account.account",
        string="Account of Fees",
        check_company=True,
        help="Where fees of banks and payment providers are booked.",
    )
    order_fee_max = fields.Monetary(
        string="Largest Bank Fee",
        help="A payment that names its documents and misses no more than this is taken for one"
        " less a bank's fee. 0: never.",
    )
    order_fee_percent = fields.Float(
        string="Bank Fee, Percent",
        default=2.0,
        help="And no more than this part of what is open.",
    )
    order_fee_post = fields.Boolean(
        string="Post Bank Fees by Itself",
        help="Else they are only suggested. Takes the account of fees.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    order_match_stopped = fields.Boolean(related="company_id.order_match_stopped", readonly=False)
    order_match_days = fields.Integer(related="company_id.order_match_days", readonly=False)
    order_write_off_line = fields.Monetary(
        related="company_id.order_write_off_line",
        readonly=False,
        currency_field="match_currency_id",
    )
    order_write_off_day = fields.Monetary(
        related="company_id.order_write_off_day", readonly=False, currency_field="match_currency_id"
    )
    order_write_off_account_ids = fields.Many2many(
        related="company_id.order_write_off_account_ids", readonly=False
    )
    order_fee_account_id = fields.Many2one(
        related="company_id.order_fee_account_id", readonly=False
    )
    order_fee_max = fields.Monetary(
        related="company_id.order_fee_max", readonly=False, currency_field="match_currency_id"
    )
    order_fee_percent = fields.Float(related="company_id.order_fee_percent", readonly=False)
    order_fee_post = fields.Boolean(related="company_id.order_fee_post", readonly=False)
    match_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of Limits"
    )

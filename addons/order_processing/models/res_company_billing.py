from odoo import fields, models

from ..engine import billing


class ResCompany(models.Model):
    """How a company bills, compares and reminds when nothing else is said."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    order_invoice_policy = fields.Selection(
        list(billing.POLICIES),
        string="Invoice Orders",
        required=True,
        default="manual",
        help="When orders are invoiced that come from no channel, unless the customer has a"
        " policy of his own.",
    )
    order_invoice_cadence = fields.Selection(
        list(billing.CADENCES), string="Periodic Invoices", required=True, default="monthly"
    )
    order_invoice_weekday = fields.Selection(
        list(billing.WEEKDAYS), string="On", required=True, default="0"
    )
    order_invoice_monthday = fields.Integer(
        string="On Day",
        default=31,
        help="Day of the month; beyond a month's end its last day counts.",
    )
    order_invoice_grouping = fields.Selection(
        list(billing.GROUPINGS), string="Periodic Invoices Join", required=True, default="customer"
    )
    order_invoice_send = fields.Boolean(
        string="Send Invoices by Themselves",
        help="Invoices of orders are sent after posting, the way each customer wants them.",
    )
    order_receipt = fields.Selection(
        [("send", "Send by mail"), ("none", "Don't send")],
        string="Receipts",
        required=True,
        default="none",
        help="Whether customers get a receipt by mail when an invoice is paid; customers may"
        " differ.",
    )
    order_deposit_percent = fields.Float(
        string="Deposit",
        help="Percentage of each order billed when it is confirmed, and deducted later. 0: none.",
    )
    order_proforma = fields.Boolean(
        string="Send Pro-Forma Invoices",
        help="Customers get a pro-forma invoice by mail when their order is confirmed.",
    )
    order_discrepancy_hours = fields.Float(
        string="Bill Within",
        default=24.0,
        help="Hours after which goods that left and aren't billed count as a discrepancy.",
    )
    order_discrepancy_gate = fields.Selection(
        [("invoice", "Invoicing"), ("ship", "Shipping")],
        string="Discrepancies Stop",
        help="What an order may not do while more was billed than shipped, or at another price."
        " Empty: nothing.",
    )
    order_discrepancy_user_id = fields.Many2one(
        "res.users",
        string="Owner of Discrepancies",
        help="Looks after discrepancies of orders without a salesperson.",
    )
    order_dunning_mode = fields.Selection(
        [
            ("manual", "By hand"),
            ("prepare", "Plan every day, send by hand"),
            ("send", "Plan and send every day"),
        ],
        string="Reminders",
        required=True,
        default="manual",
    )
    order_dunning_least = fields.Monetary(
        string="Remind From", help="Customers who owe less than this overdue are left alone."
    )

from odoo import fields, models

from ..engine import billing


class ResPartner(models.Model):
    """How a customer wants to be billed."""

    _name = "res.partner"
    _inherit = ["res.partner", "order.billing.mixin"]

    order_invoice_policy = fields.Selection(
        list(billing.POLICIES),
        string="Invoice Orders",
        company_dependent=True,
        help="When this customer's orders are invoiced, whichever channel they come from."
        " Empty: as the channel or the company does.",
    )
    order_proforma = fields.Boolean(
        string="Pro-Forma Invoice",
        company_dependent=True,
        help="Send this customer a pro-forma invoice when an order is confirmed.",
    )
    order_receipt = fields.Selection(
        [("send", "Send by mail"), ("none", "Don't send")],
        string="Receipts",
        company_dependent=True,
        help="Whether this customer gets a receipt when an invoice is paid. Empty: as the company"
        " does.",
    )
    order_deposit_percent = fields.Float(
        string="Deposit",
        company_dependent=True,
        help="Percentage of each order billed when it is confirmed. 0: as the channel does.",
    )

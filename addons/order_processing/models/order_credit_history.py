from odoo import api, fields, models
from odoo.exceptions import AccessError


class OrderCreditHistory(models.Model):
    """What a customer owed and might owe at one time, and who changed the limit."""

    _name = "order.credit.history"
    _description = "Credit History"
    _order = "date desc, id desc"
    _rec_name = "date"

    credit_id = fields.Many2one(
        "order.credit", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="credit_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="credit_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Who", readonly=True, default=lambda self: self.env.user
    )
    reason = fields.Selection(
        [("day", "Day's end"), ("limit", "Limit changed"), ("insured", "Insurance changed")],
        required=True,
        readonly=True,
    )
    before = fields.Monetary(readonly=True, help="The limit, or the insured amount, before.")
    limit = fields.Monetary(string="Credit Limit", readonly=True, aggregator="max")
    insured = fields.Monetary(readonly=True, aggregator="max")
    exposure = fields.Monetary(readonly=True, aggregator="max")
    receivable = fields.Monetary(readonly=True, aggregator="max")
    to_invoice = fields.Monetary(string="Ordered, Not Invoiced", readonly=True, aggregator="max")
    held = fields.Monetary(string="On Hold", readonly=True, aggregator="max")
    overdue = fields.Monetary(readonly=True, aggregator="max")

    @api.model_create_multi
    def create(self, vals_list):
        """Recorded by the suite only, see ``order.credit._keep``."""
        if not self.env.su:
            raise AccessError(self.env._("The history of credit is recorded, not edited."))
        return super().create(vals_list)

    def write(self, vals):
        """See :meth:`create`."""
        if not self.env.su:
            raise AccessError(self.env._("The history of credit is recorded, not edited."))
        return super().write(vals)

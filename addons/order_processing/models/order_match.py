from odoo import fields, models


class OrderMatch(models.Model):
    """One decision about a bank line: what matched it, on which evidence, posted or only proposed."""

    _name = "order.match"
    _description = "Payment Match"
    _order = "id desc"
    _check_company_auto = True

    statement_line_id = fields.Many2one(
        "account.bank.statement.line", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="statement_line_id.company_id", store=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(required=True)
    level = fields.Selection(
        [
            ("reference", "Reference and amount"),
            ("partner", "Customer and amount"),
            ("manual", "Chosen by a person"),
        ],
        required=True,
        help="The evidence that decided.",
    )
    state = fields.Selection(
        [("suggested", "Suggested"), ("posted", "Posted"), ("undone", "Undone")],
        required=True,
        index=True,
    )
    reason = fields.Char(required=True)
    candidates = fields.Json()
    move_ids = fields.Many2many("account.move", string="Documents")
    order_ids = fields.Many2many("sale.order", string="Orders")
    user_id = fields.Many2one("res.users", required=True, default=lambda self: self.env.user)

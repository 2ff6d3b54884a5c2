from odoo import fields, models

from ..flow import GATES, HOLD_STATES


class OrderHold(models.Model):
    """One reason why an order may not pass one gate."""

    _name = "order.hold"
    _description = "Order Hold"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state, date_due, id"
    _rec_name = "reason"
    _check_company_auto = True

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id")
    kind = fields.Selection(
        [
            ("manual", "Manual"),
            ("address", "Address"),
            ("total", "Total"),
            ("stock", "Stock"),
            ("credit", "Credit"),
            ("customer", "Customer"),
        ],
        required=True,
        default="manual",
    )
    gate = fields.Selection(list(GATES), required=True, default="release")
    state = fields.Selection(
        list(HOLD_STATES),
        required=True,
        default="pending",
        readonly=True,
        tracking=True,
        index=True,
    )
    reason = fields.Char(required=True, help="What is wrong, in words the order desk acts on.")
    placed_by_id = fields.Many2one(
        "res.users", readonly=True, default=lambda self: self.env.user, copy=False
    )
    resolved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    date_due = fields.Datetime(string="Due")
    date_resolved = fields.Datetime(readonly=True, copy=False)
    resolution = fields.Char(readonly=True, copy=False)

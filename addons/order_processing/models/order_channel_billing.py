from odoo import fields, models


class OrderChannel(models.Model):
    """How orders of a channel are billed."""

    _name = "order.channel"
    _inherit = ["order.channel", "order.billing.mixin"]

    invoice_policy = fields.Selection(
        selection_add=[
            ("shipment",),
            ("delivery", "At delivery, by itself"),
            ("order", "At the order, by itself"),
            ("periodic", "Periodically, by itself"),
            ("manual",),
        ],
        ondelete={"delivery": "set default", "order": "set default", "periodic": "set default"},
    )
    deposit_percent = fields.Float(
        string="Deposit",
        help="Percentage of each order billed when it is confirmed, and deducted later."
        " 0: as the company does.",
    )

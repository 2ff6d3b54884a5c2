from odoo import fields, models


class ShippingLabel(models.Model):
    """In which entries a label's freight was accrued and settled."""

    _inherit = "shipping.label"

    accrual_id = fields.Many2one(
        "shipping.accrual", string="Accrued In", readonly=True, copy=False, index="btree_not_null"
    )
    settlement_id = fields.Many2one(
        "shipping.accrual", string="Settled In", readonly=True, copy=False, index="btree_not_null"
    )
    accrued_amount = fields.Float(
        readonly=True, copy=False, help="In the company's currency, as it was accrued."
    )

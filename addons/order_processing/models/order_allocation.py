from odoo import fields, models


class OrderAllocation(models.Model):
    """What routing decided: this much of this line leaves from this warehouse, and why."""

    _name = "order.allocation"
    _description = "Order Allocation"
    _order = "order_id, line_id, id"
    _check_company_auto = True

    line_id = fields.Many2one("sale.order.line", required=True, index=True, ondelete="cascade")
    order_id = fields.Many2one(related="line_id.order_id", store=True, index=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True)
    product_id = fields.Many2one(related="line_id.product_id", store=True)
    uom_id = fields.Many2one(related="line_id.product_uom_id")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, check_company=True)
    quantity = fields.Float(digits="Product Unit", required=True, help="In the line's unit.")
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("released", "Released"),
            ("shipped", "Shipped"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        index=True,
    )
    explanation = fields.Json(
        readonly=True, help="Every candidate, what it could give, and why it won or lost."
    )

    _line_warehouse_uniq = models.UniqueIndex(
        "(line_id, warehouse_id) WHERE state != 'cancelled'",
        "A line is allocated once to a warehouse.",
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "An allocation needs a quantity above zero."
    )

from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class OrderRoutingReject(models.TransientModel):
    """Which lines of a delivery a warehouse can't ship, and why."""

    _name = "order.routing.reject"
    _description = "Reject Lines"

    picking_id = fields.Many2one("stock.picking", required=True, readonly=True)
    reason = fields.Selection(
        [
            ("not_found", "Not found: write off and count"),
            ("damaged", "Damaged: move to quarantine"),
            ("busy", "No capacity: stock stays as it is"),
            ("other", "Other: stock stays as it is"),
        ],
        required=True,
        default="not_found",
    )
    note = fields.Char()
    line_ids = fields.One2many("order.routing.reject.line", "reject_id")

    @api.model
    def default_get(self, field_names):
        """One row for each move that is still open."""
        values = super().default_get(field_names)
        picking = self.env["stock.picking"].browse(values.get("picking_id"))
        values["line_ids"] = [
            Command.create({"move_id": move.id})
            for move in picking.move_ids
            if move.sale_line_id and move.state not in ("done", "cancel")
        ]
        return values

    def action_reject(self):
        """Correct the stock and route the rejected quantities elsewhere."""
        self.ensure_one()
        self.picking_id.check_access("write")
        rows = self.line_ids.filtered(lambda row: row.uom_id.compare(row.quantity, 0.0) > 0)
        if not rows:
            raise UserError(self.env._("Enter the quantities that can't be shipped."))
        for row in rows:
            if row.uom_id.compare(row.quantity, row.demand) > 0:
                raise UserError(
                    self.env._("%(product)s: no more than %(quantity)s were to be shipped.",
                               product=row.product_id.display_name, quantity=row.demand)
                )  # fmt: skip
        orders = rows.move_id.sale_line_id.order_id
        orders._reject(
            self.picking_id,
            [
                {"move": row.move_id, "quantity": row.quantity,
                 "reason": self.reason, "note": self.note}
                for row in rows
            ],
        )  # fmt: skip
        return {"type": "ir.actions.act_window_close"}


class OrderRoutingRejectLine(models.TransientModel):
    """A move of the delivery, and how much of it is rejected."""

    _name = "order.routing.reject.line"
    _description = "Rejected Line"

    reject_id = fields.Many2one("order.routing.reject", required=True, ondelete="cascade")
    move_id = fields.Many2one("stock.move", required=True)
    product_id = fields.Many2one(related="move_id.product_id")
    uom_id = fields.Many2one(related="move_id.product_id.uom_id")
    demand = fields.Float(related="move_id.product_qty", string="To Ship", digits="Product Unit")
    quantity = fields.Float(string="Rejected", digits="Product Unit")

from odoo import Command, api, fields, models


class OrderChangeWish(models.TransientModel):
    """Change or cancel an order after it was placed: staff say what, the order's step says how."""

    _name = "order.change.wish"
    _description = "Change an Order"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    stage = fields.Char(compute="_compute_stage_text", string="What Happens")
    line_ids = fields.One2many("order.change.wish.line", "wish_id")
    partner_shipping_id = fields.Many2one("res.partner", string="Deliver To")
    date = fields.Date(string="Deliver On")
    note = fields.Char()

    @api.model
    def default_get(self, fields_list):
        """Start from the order as it is."""
        values = super().default_get(fields_list)
        order = self.env["sale.order"].browse(values.get("order_id"))
        if order:
            values["partner_shipping_id"] = order.partner_shipping_id.id
            values["line_ids"] = [
                Command.create({"line_id": line.id, "quantity": line.product_uom_qty})
                for line in order.order_line
                if line._may_be_changed()
            ]
        return values

    @api.depends("order_id")
    def _compute_stage_text(self):
        words = {
            "quotation": self.env._("Not released yet: it is changed."),
            "released": self.env._("Released: reserved stock is given back."),
            "picking": self.env._("It is being picked: tell the warehouse before you change it."),
            "labelled": self.env._("It has a label: the label is made void."),
            "part_shipped": self.env._("A part has left: only the rest can be changed."),
            "shipped": self.env._("It has left: make a return instead."),
            "cancelled": self.env._("It is cancelled."),
        }
        for wish in self:
            wish.stage = words[wish.order_id._get_change_stage()]

    def action_change(self):
        """Change the order as entered."""
        self.ensure_one()
        self.order_id._check_may_write()
        wish = {
            "lines": {
                str(row.line_id.id): row.quantity
                for row in self.line_ids
                if row.quantity != row.line_id.product_uom_qty
            }
        }
        if self.partner_shipping_id != self.order_id.partner_shipping_id:
            wish["address"] = self.partner_shipping_id.id
        if self.date:
            wish["date"] = str(self.date)
        self.env["order.change"]._ask(self.order_id, wish, "staff", self.note or "")
        return {"type": "ir.actions.act_window_close"}

    def action_cancel_order(self):
        """Cancel the order, or what hasn't left of it."""
        self.ensure_one()
        self.order_id._check_may_write()
        self.env["order.change"]._ask(self.order_id, {"cancel": True}, "staff", self.note or "")
        return {"type": "ir.actions.act_window_close"}


class OrderChangeWishLine(models.TransientModel):
    _name = "order.change.wish.line"
    _description = "Change an Order: Line"

    wish_id = fields.Many2one("order.change.wish", required=True, ondelete="cascade")
    line_id = fields.Many2one("sale.order.line", required=True, ondelete="cascade")
    product_id = fields.Many2one(related="line_id.product_id")
    old_quantity = fields.Float(related="line_id.product_uom_qty", string="Ordered")
    delivered = fields.Float(related="line_id.qty_delivered", string="Shipped")
    quantity = fields.Float(digits="Product Unit", string="New Quantity")

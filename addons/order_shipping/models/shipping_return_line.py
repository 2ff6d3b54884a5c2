from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import returning
from .shipping_rate import to_decimal


class ShippingReturnLine(models.Model):
    """Goods of one order line that come back, and what became of them."""

    _name = "shipping.return.line"
    _description = "Return Line"
    _rec_name = "product_id"

    return_id = fields.Many2one("shipping.return", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="return_id.company_id", store=True)
    order_id = fields.Many2one(related="return_id.order_id", store=True, index=True)
    state = fields.Selection(related="return_id.state", store=True)
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order Line",
        index=True,
        ondelete="restrict",
        domain="[('order_id', '=', order_id), ('display_type', '=', False)]",
        help="Empty: it came back but wasn't sent with this order.",
    )
    product_id = fields.Many2one(
        "product.product", compute="_compute_product_id", store=True, readonly=False
    )
    uom_id = fields.Many2one("uom.uom", compute="_compute_uom_id", store=True)
    quantity = fields.Float(digits="Product Unit", help="How many are announced.")
    quantity_left = fields.Float(
        string="May Come Back", digits="Product Unit", compute="_compute_quantity_left"
    )
    quantity_received = fields.Float(string="Received", digits="Product Unit", readonly=True)
    quantity_missing = fields.Float(
        string="Missing", digits="Product Unit", compute="_compute_quantity_missing", store=True
    )
    quantity_refund = fields.Float(
        string="Refunded Quantity",
        digits="Product Unit",
        help="How many the customer gets money for; as received, unless inspection finds fault.",
    )
    reason_id = fields.Many2one("shipping.return.reason", ondelete="restrict", index=True)
    note = fields.Char()
    fee_percent = fields.Float(string="Fee (%)", digits=(5, 2))
    is_unexpected = fields.Boolean(
        string="Wrong Item", readonly=True, help="It came back though nobody announced it."
    )
    inspection_ids = fields.One2many("shipping.return.inspection", "line_id")
    quantity_open = fields.Float(
        string="To Inspect", digits="Product Unit", compute="_compute_quantity_open"
    )
    exchange_product_id = fields.Many2one(
        "product.product",
        string="Exchange For",
        help="What the customer gets instead; empty: the same again.",
    )

    @api.depends("sale_line_id")
    def _compute_product_id(self):
        for line in self:
            line.product_id = line.sale_line_id.product_id or line.product_id

    @api.depends("sale_line_id", "product_id")
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.sale_line_id.product_uom_id or line.product_id.uom_id

    @api.depends("sale_line_id", "return_id.order_id", "quantity")
    def _compute_quantity_left(self):
        left = {}
        for line in self:
            order = line.return_id.order_id._origin
            if order and order not in left:
                # sudo: what was shipped counts, whoever may see it.
                left[order] = order.sudo()._get_returnable(line.return_id._origin)
            facts = left.get(order, {}).get(line.sale_line_id._origin)
            line.quantity_left = facts["left"] if facts else 0.0

    @api.depends("quantity", "quantity_received", "state")
    def _compute_quantity_missing(self):
        for line in self:
            came = line.state not in ("requested", "approved", "label_sent", "refused", "cancelled")
            missing = line.quantity - line.quantity_received
            line.quantity_missing = max(missing, 0.0) if came else 0.0

    @api.depends("quantity_received", "inspection_ids.quantity", "inspection_ids.is_done")
    def _compute_quantity_open(self):
        for line in self:
            line.quantity_open = line.quantity_received - sum(
                line.inspection_ids.filtered("is_done").mapped("quantity")
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Announce goods only as long as the return is a request."""
        lines = super().create(vals_list)
        if not self.env.su and any(line.state != "requested" for line in lines):
            raise UserError(self.env._("Goods can't be added: the return is under way."))
        return lines

    def write(self, vals):
        """Keep what was agreed once the return is under way."""
        if not self.env.su:
            if "quantity_received" in vals:
                raise UserError(self.env._("Receive goods with their receipt."))
            if {"quantity", "sale_line_id", "product_id"} & vals.keys() and any(
                line.state != "requested" for line in self
            ):
                raise UserError(self.env._("The return is under way: its goods stay as agreed."))
        result = super().write(vals)
        if {"quantity", "sale_line_id", "reason_id"} & vals.keys():
            self.filtered(lambda line: line.state == "requested")._set_fee()
            self._check_quantities()
        if "quantity_refund" in vals:
            self._check_refund_quantity()
        return result

    def _check_quantities(self):
        """:raise UserError: more is announced than was shipped and hasn't come back"""
        for line in self.filtered(lambda each: each.sale_line_id and each.state == "requested"):
            if line.uom_id.compare(line.quantity, line.quantity_left) > 0:
                raise UserError(
                    line.return_id._describe_problems(
                        [(line, "too_many", to_decimal(line.quantity_left))]
                    )
                )

    def _check_refund_quantity(self):
        """:raise UserError: money for more than came back"""
        for line in self:
            if line.uom_id.compare(line.quantity_refund, line.quantity_received) > 0:
                raise UserError(
                    self.env._(
                        "%(product)s: %(count)s came back, no more can be refunded.",
                        product=line.product_id.display_name,
                        count=line.quantity_received,
                    )
                )

    def _set_fee(self):
        """The fee the policy asks for; staff may change it afterwards."""
        for line in self:
            facts = line.return_id.policy_id._get_facts()
            line.fee_percent = float(returning.fee_percent(facts, line.reason_id._get_facts()))

    def _get_refund_quantity(self):
        """How many the customer gets money for: as told, or as announced before it arrived."""
        self.ensure_one()
        if not self.sale_line_id:
            return 0.0
        if self.state in ("requested", "approved", "label_sent"):
            return self.quantity
        return self.quantity_refund

    def _get_unit_price(self):
        """What the customer pays for one, with tax and discount, not rounded."""
        self.ensure_one()
        # sudo: prices of an order are told to whoever handles its return.
        line = self.sudo().sale_line_id
        if not line.product_uom_qty:
            return to_decimal(line.price_unit)
        return to_decimal(line.price_total / line.product_uom_qty)

    def _get_ask(self):
        """This line as a plain value to judge."""
        self.ensure_one()
        # sudo: what was shipped counts, whoever may see it.
        facts = self.order_id.sudo()._get_returnable(self.return_id).get(self.sale_line_id)
        line = self.sale_line_id.sudo()
        rounding = to_decimal(self.uom_id.rounding or 0.01)
        company = self.return_id.company_id
        value = (
            line.currency_id._convert(
                float(self._get_unit_price()) * self.quantity,
                company.currency_id,
                company,
                fields.Date.today(),
            )
            if line
            else 0.0
        )
        return returning.Ask(
            key=self,
            quantity=to_decimal(self.quantity),
            shipped=to_decimal(facts["shipped"] if facts else 0.0),
            taken=to_decimal(facts["taken"] if facts else 0.0),
            rounding=rounding,
            value=to_decimal(value),
            reason=self.reason_id._get_facts(),
            delivered=facts["date"] if facts else None,
        )

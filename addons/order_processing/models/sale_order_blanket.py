from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleOrder(models.Model):
    """An order that calls off a blanket order: at its prices, and not more than is left."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    blanket_id = fields.Many2one(
        "order.blanket",
        string="Blanket Order",
        index="btree_not_null",
        copy=False,
        check_company=True,
        domain="[('state', '=', 'running'), ('partner_id', 'parent_of', partner_id)]",
        help="The agreement this order calls off.",
    )

    @api.constrains("blanket_id", "partner_id")
    def _check_blanket_id(self):
        for order in self.filtered("blanket_id"):
            # sudo: whoever enters the order, the agreement is looked at.
            owner = order.blanket_id.sudo().partner_id.commercial_partner_id
            if owner != order.partner_id.commercial_partner_id:
                raise ValidationError(self.env._("The blanket order is another customer's."))

    def _find_uncovered(self):
        """Dict order → problems, of these quotations that are call-offs."""
        found = {}
        for order in self.filtered(lambda o: o.blanket_id and o.state in ("draft", "sent")):
            # sudo: whoever confirms the order, the agreement counts.
            blanket = order.blanket_id.sudo()
            today = blanket._get_today()
            if problems := blanket._judge(order.sudo()._get_calls(), today, apart_from=order):
                found[order] = problems
        return found

    def _get_calls(self):
        """Lines as ``engine.calling.judge`` takes them; deliveries and fees are no goods."""
        calls = []
        for line in self.order_line:
            if line.display_type or line.is_delivery or line.product_id.type == "service":
                continue
            agreed = line.blanket_line_id
            many = line.product_uom_qty
            if agreed:
                many = line.product_uom_id._compute_quantity(many, agreed.uom_id, round=False)
            calls.append((line, agreed or None, Decimal(str(many))))
        return calls


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    blanket_line_id = fields.Many2one(
        "order.blanket.line",
        compute="_compute_blanket_line_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        string="Agreed",
    )

    @api.depends("order_id.blanket_id", "product_id")
    def _compute_blanket_line_id(self):
        for line in self:
            # sudo: whoever enters the order, it gets what was agreed.
            agreed = line.order_id.blanket_id.sudo().line_ids
            line.blanket_line_id = agreed.filtered(
                lambda each, line=line: each.product_id == line.product_id
            )[:1].sudo(False)

    @api.depends("blanket_line_id")
    def _compute_price_unit(self):
        """Extend: another agreement, another price."""
        return super()._compute_price_unit()

    @api.depends("blanket_line_id")
    def _compute_discount(self):
        """Extend: an agreed price is net of the pricelist's discounts."""
        result = super()._compute_discount()
        self.filtered("blanket_line_id").discount = 0.0
        return result

    def _get_display_price(self):
        """Extend: what was agreed is the price, in the order's currency and the line's unit."""
        if not self.blanket_line_id:
            return super()._get_display_price()
        # sudo: whoever enters the order, it gets what was agreed.
        agreed = self.blanket_line_id.sudo()
        return agreed.currency_id._convert(
            agreed.uom_id._compute_price(agreed.price_unit, self.product_uom_id),
            self.currency_id or agreed.currency_id,
            self.company_id or self.env.company,
            (self.order_id.date_order or fields.Datetime.now()).date(),
            round=False,
        )

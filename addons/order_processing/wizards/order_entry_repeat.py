from odoo import Command, api, fields, models
from odoo.exceptions import UserError

#: Former orders to choose among.
LAST = 20


class OrderEntryRepeat(models.TransientModel):
    """Repeats a former order of the customer, at today's prices."""

    _name = "order.entry.repeat"
    _description = "Repeat a Former Order"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="former_id.currency_id")
    company_id = fields.Many2one(related="order_id.company_id")
    candidate_ids = fields.Many2many(
        "sale.order", compute="_compute_candidate_ids", string="Last Orders"
    )
    former_id = fields.Many2one(
        "sale.order",
        string="Repeat",
        domain="[('id', 'in', candidate_ids)]",
        compute="_compute_former_id",
        store=True,
        readonly=False,
    )
    former_date = fields.Datetime(related="former_id.date_order", string="Ordered")
    former_total = fields.Monetary(related="former_id.amount_total", string="Total Then")
    line_ids = fields.One2many(
        "order.entry.repeat.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    archived_note = fields.Text(compute="_compute_archived_note")

    # === COMPUTE === #

    @api.depends("order_id")
    def _compute_candidate_ids(self):
        for wizard in self:
            order = wizard.order_id
            wizard.candidate_ids = self.env["sale.order"].search(
                [
                    ("partner_id", "child_of", order.partner_id.commercial_partner_id.id),
                    ("company_id", "=", order.company_id.id),
                    ("state", "=", "sale"),
                    ("id", "!=", order.id),
                ],
                order="date_order desc, id desc",
                limit=LAST,
            )

    @api.depends("candidate_ids")
    def _compute_former_id(self):
        for wizard in self:
            if wizard.former_id not in wizard.candidate_ids:
                wizard.former_id = wizard.candidate_ids[:1]

    @api.depends("former_id")
    def _compute_line_ids(self):
        for wizard in self:
            lines = wizard.former_id.order_line.filtered(
                lambda line: (
                    line.product_id
                    and not line.display_type
                    and not line.is_downpayment
                    and not line.is_delivery
                )
            )
            wizard.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "sequence": number,
                        "former_line_id": line.id,
                        "product_id": line.product_id.id,
                        "quantity": line.product_uom_qty,
                        "is_chosen": line.product_id.active and line.product_id.sale_ok,
                    }
                )
                for number, line in enumerate(lines)
            ]

    @api.depends("line_ids.product_id")
    def _compute_archived_note(self):
        for wizard in self:
            gone = wizard.line_ids.product_id.filtered(
                lambda product: not (product.active and product.sale_ok)
            )
            names = ", ".join(gone.mapped("display_name"))
            wizard.archived_note = names and self.env._(
                "No longer sold: %(products)s. Choose what to send instead, or leave it out.",
                products=names,
            )

    # === ACTION === #

    def action_add(self):
        """Add the chosen lines to the order, priced as of today.

        :raises UserError: if nothing that is still sold is chosen
        """
        self.ensure_one()
        self.order_id.check_access("write")
        chosen = self.line_ids.filtered(
            lambda line: (
                line.is_chosen
                and line.product_id.active
                and line.product_id.sale_ok
                and line.quantity > 0
            )
        )
        if not chosen:
            raise UserError(self.env._("Choose at least one line that is still sold."))
        last = max(self.order_id.order_line.mapped("sequence"), default=9)
        self.order_id.write(
            {
                "order_line": [
                    Command.create(line._prepare_order_line(last + number))
                    for number, line in enumerate(chosen, start=1)
                ]
            }
        )
        return {"type": "ir.actions.act_window_close"}


class OrderEntryRepeatLine(models.TransientModel):
    """A line of the former order."""

    _name = "order.entry.repeat.line"
    _description = "Line to Repeat"
    _order = "sequence, id"

    wizard_id = fields.Many2one("order.entry.repeat", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="wizard_id.company_id")
    sequence = fields.Integer()
    former_line_id = fields.Many2one("sale.order.line", readonly=True, ondelete="cascade")
    former_price = fields.Float(
        related="former_line_id.price_unit", string="Price Then", digits="Product Price"
    )
    is_chosen = fields.Boolean(string="Repeat", default=True)
    product_id = fields.Many2one(
        "product.product",
        domain="[('sale_ok', '=', True), ('company_id', 'in', (False, company_id))]",
    )
    is_sold = fields.Boolean(compute="_compute_today")
    quantity = fields.Float(digits="Product Unit")
    uom_id = fields.Many2one("uom.uom", string="Unit", compute="_compute_today")
    price = fields.Float(
        string="Price Today",
        compute="_compute_today",
        digits="Product Price",
        help="By the order's pricelist, as of its date.",
    )

    @api.depends("product_id", "quantity", "former_line_id")
    def _compute_today(self):
        for line in self:
            product, order = line.product_id, line.wizard_id.order_id
            line.is_sold = product.active and product.sale_ok
            unit = line.former_line_id.product_uom_id
            if not unit or product != line.former_line_id.product_id:
                unit = product.uom_id
            line.uom_id = unit
            line.price = (
                order.pricelist_id._get_product_price(
                    product,
                    line.quantity or 1.0,
                    currency=order.currency_id,
                    uom=unit,
                    date=order.date_order,
                )
                if line.is_sold
                else 0.0
            )

    def _prepare_order_line(self, sequence):
        """Values of the order line; Odoo gives it today's price and taxes."""
        self.ensure_one()
        return {
            "sequence": sequence,
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "product_uom_id": self.uom_id.id,
        }

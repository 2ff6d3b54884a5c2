from odoo import api, fields, models
from odoo.tools import format_date


class DeliveryCarrier(models.Model):
    """What customers are told of a carrier, on quotations and in a website's checkout."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "delivery.carrier"

    customer_price_rule = fields.Selection(
        [
            ("cost", "Carrier's price and margin"),
            ("flat", "Flat price"),
            ("free", "Free"),
        ],
        string="Customers Pay",
        default="cost",
        required=True,
        help="Whatever it costs us. “Free above” and the invoicing of real costs hold besides.",
    )
    customer_price = fields.Monetary(
        string="Flat Price",
        currency_field="customer_currency_id",
        help="Before tax, in the company's currency.",
    )
    customer_currency_id = fields.Many2one(
        "res.currency", compute="_compute_customer_currency_id", string="Currency of Flat Price"
    )
    has_price_rule = fields.Boolean(compute="_compute_has_price_rule")

    _customer_price_not_negative = models.Constraint(
        "CHECK (customer_price >= 0)", "A flat price can't be negative."
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_customer_currency_id(self):
        for carrier in self:
            carrier.customer_currency_id = (carrier.company_id or self.env.company).currency_id

    @api.depends("delivery_type")
    def _compute_has_price_rule(self):
        for carrier in self:
            carrier.has_price_rule = carrier._makes_labels()

    # === BUSINESS === #

    def _apply_margins(self, price, order=False):
        """Extend: a flat price or none instead of what the carrier asks."""
        self.ensure_one()
        if not self._makes_labels() or self.customer_price_rule == "cost":
            return super()._apply_margins(price, order)
        if self.customer_price_rule == "free":
            return 0.0
        if not order:
            return self.customer_price
        return self._compute_currency(order, self.customer_price, "company_to_pricelist")

    def _get_order_promise(self, order, service, arrives):
        """What a customer is told of an order's arrival: the promise, corrected by experience."""
        return self._get_promise_text(self._get_order_arrival(order, service, arrives))

    def _get_order_arrival(self, order, service, arrives):
        """The day an order sent with a service arrives: as promised, or later by experience."""
        lane = self.env["shipping.lane"]._find(
            self, service, order.warehouse_id, order.partner_shipping_id
        )
        return self._get_honest_arrival(arrives, order._get_ship_date(), lane)

    def _get_promise_text(self, arrives):
        """The day of arrival in the words and language of who asks; "" where none is promised."""
        if not arrives:
            return ""
        return self.env._(
            "Arrives by %s", format_date(self.env, arrives, date_format="EEEE, d MMMM")
        )

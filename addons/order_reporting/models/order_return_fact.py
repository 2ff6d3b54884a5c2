from odoo import fields, models

from ..nullable import NullableFloat
from .order_fact import rate

# The vendor is the one Odoo would buy from: the first on the product's list. Days are those of the
# warehouse, as in all facts; units are the product's, whatever it was sold by.
QUERY = """
    SELECT l.id, l.return_id, l.order_id, r.company_id, o.channel_id, o.warehouse_id, r.partner_id,
           o.user_id, l.product_id, l.reason_id, seller.partner_id AS vendor_id, r.state,
           r.settlement, r.create_date AS date_requested,
           l.quantity * unit.share AS units, l.quantity_received * unit.share AS units_received,
           COALESCE(y.is_our_fault, FALSE)::int AS our_fault_rate,
           COALESCE(y.is_supplier_fault, FALSE)::int AS supplier_fault_rate,
           COALESCE(y.is_warranty, FALSE)::int AS warranty_rate,
           CASE WHEN refund.day IS NOT NULL
                THEN GREATEST(refund.day - asked.day, 0) END AS days_to_refund
      FROM shipping_return_line l
      JOIN shipping_return r ON r.id = l.return_id AND r.state NOT IN ('refused', 'cancelled')
      JOIN sale_order o ON o.id = r.order_id
      LEFT JOIN shipping_return_reason y ON y.id = l.reason_id
      LEFT JOIN product_product p ON p.id = l.product_id
      LEFT JOIN product_template t ON t.id = p.product_tmpl_id
      LEFT JOIN uom_uom own ON own.id = t.uom_id
      LEFT JOIN uom_uom sold ON sold.id = l.uom_id
      CROSS JOIN LATERAL (SELECT COALESCE(sold.factor / own.factor, 1) AS share) unit
      JOIN res_company c ON c.id = r.company_id
      JOIN res_partner home ON home.id = c.partner_id
      LEFT JOIN resource_calendar calendar ON calendar.id = c.resource_calendar_id
      LEFT JOIN stock_warehouse w ON w.id = o.warehouse_id
      LEFT JOIN res_partner site ON site.id = w.partner_id
      CROSS JOIN LATERAL (
            SELECT (r.create_date AT TIME ZONE 'UTC' AT TIME ZONE
                    COALESCE(site.tz, home.tz, calendar.tz, 'UTC'))::date AS day
      ) asked
      LEFT JOIN LATERAL (
            SELECT s.partner_id
              FROM product_supplierinfo s
             WHERE s.product_tmpl_id = p.product_tmpl_id
               AND (s.product_id IS NULL OR s.product_id = p.id)
               AND (s.company_id IS NULL OR s.company_id = r.company_id)
             ORDER BY s.sequence, s.min_qty DESC, s.price, s.id
             LIMIT 1
      ) seller ON TRUE
      LEFT JOIN LATERAL (
            SELECT MIN(m.invoice_date) AS day
              FROM account_move m
             WHERE m.shipping_return_id = r.id AND m.move_type = 'out_refund'
               AND m.state = 'posted'
      ) refund ON TRUE
"""


class OrderReturnFact(models.Model):
    """One row for each line of a return: why, whose fault, how soon the money went back.

    A live query, so always up to date. Refused and cancelled returns don't count.
    """

    _name = "order.return.fact"
    _description = "Return Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_requested desc, id desc"
    _rec_name = "return_id"
    _log_access = False

    return_id = fields.Many2one("shipping.return", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    channel_id = fields.Many2one("order.channel", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    reason_id = fields.Many2one("shipping.return.reason", readonly=True)
    vendor_id = fields.Many2one(
        "res.partner",
        readonly=True,
        help="The first on the product's list of vendors: the one to claim from.",
    )
    state = fields.Selection(
        lambda self: self.env["shipping.return"]._fields["state"]._description_selection(self.env),
        readonly=True,
    )
    settlement = fields.Selection(
        lambda self: (
            self.env["shipping.return"]._fields["settlement"]._description_selection(self.env)
        ),
        readonly=True,
    )
    date_requested = fields.Datetime(string="Requested", readonly=True)
    units = fields.Float(string="Units Announced", readonly=True, digits="Product Unit")
    units_received = fields.Float(readonly=True, digits="Product Unit")
    our_fault_rate = rate("Our Fault", "By the reason's own mark.")
    supplier_fault_rate = rate("Supplier's Fault", "By the reason's own mark: a ground to claim.")
    warranty_rate = rate("Warranty Claim", "By the reason's own mark.")
    days_to_refund = NullableFloat(
        string="Days to Refund",
        readonly=True,
        aggregator="avg",
        help="From the request to the first posted credit note; empty until then.",
    )

    @property
    def _table_query(self):
        return QUERY

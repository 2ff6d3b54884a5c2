from odoo import fields, models

from ..nullable import NullableMonetary
from .order_fact import duration, rate

QUERY = """
    SELECT p.id, p.id AS picking_id, p.sale_id AS order_id, p.company_id, c.currency_id,
           p.carrier_id, t.warehouse_id, o.channel_id, o.user_id, p.partner_id,
           COALESCE(o.commitment_date, p.date_deadline) AS date_promised,
           p.date_done AS date_shipped, scan.date_delivered,
           EXTRACT(EPOCH FROM scan.date_delivered - p.date_done) / 3600 AS hours_in_transit,
           CASE WHEN scan.labels IS NULL OR COALESCE(o.commitment_date, p.date_deadline) IS NULL
                THEN NULL
                WHEN scan.date_delivered IS NOT NULL
                THEN (scan.date_delivered::date
                      <= COALESCE(o.commitment_date, p.date_deadline)::date)::int
                WHEN p.date_done < (now() AT TIME ZONE 'UTC') - interval '14 days' THEN 0
            END AS delivered_on_time_rate,
           CASE WHEN scan.labels > 0 THEN scan.has_exception::int END AS exception_rate,
           COALESCE(scan.labels, 0) AS parcel_count, scan.weight, scan.cost AS freight_cost
      FROM stock_picking p
      JOIN stock_picking_type t ON t.id = p.picking_type_id AND t.code = 'outgoing'
      JOIN stock_location dest ON dest.id = p.location_dest_id AND dest.usage = 'customer'
      JOIN res_company c ON c.id = p.company_id
      JOIN sale_order o ON o.id = p.sale_id
      LEFT JOIN LATERAL (
            SELECT COUNT(*) AS labels, SUM(b.weight) AS weight,
                   SUM(CASE WHEN b.currency_id = c.currency_id THEN b.cost
                       ELSE b.cost / COALESCE(NULLIF(o.currency_rate, 0), 1) END) AS cost,
                   CASE WHEN BOOL_AND(b.track_status = 'delivered')
                        THEN MAX(b.date_track) END AS date_delivered,
                   COALESCE(BOOL_OR(b.track_status IN (
                       'delivery_failed', 'delayed', 'on_hold', 'damaged', 'lost',
                       'return_to_sender')), FALSE)
                       AS has_exception
              FROM shipping_label b
             WHERE b.picking_id = p.id AND b.state = 'bought'
            HAVING COUNT(*) > 0
      ) scan ON TRUE
     WHERE p.state = 'done'
"""


class OrderShipmentFact(models.Model):
    """One row for each delivery that left: by which carrier, when it arrived, at what cost.

    A live query, so always up to date.
    """

    _name = "order.shipment.fact"
    _description = "Shipment Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_shipped desc, id desc"
    _rec_name = "picking_id"
    _log_access = False

    picking_id = fields.Many2one("stock.picking", string="Delivery", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    carrier_id = fields.Many2one("delivery.carrier", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    channel_id = fields.Many2one("order.channel", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Ship To", readonly=True)
    date_promised = fields.Datetime(string="Promised", readonly=True)
    date_shipped = fields.Datetime(string="Shipped", readonly=True)
    date_delivered = fields.Datetime(
        string="Delivered", readonly=True, help="Its last parcel, if the carrier told."
    )
    hours_in_transit = duration("Hours in Transit", "From leaving to the last parcel's arrival.")
    delivered_on_time_rate = rate(
        "Delivered on Time",
        "Arrived on or before the promised day, in UTC; not arrived two weeks after leaving"
        " counts as late.",
    )
    exception_rate = rate("With Exception", "A scan told of a delay, a failure or a return.")
    parcel_count = fields.Integer(string="Parcels", readonly=True)
    weight = fields.Float(string="Weight (kg)", readonly=True)
    freight_cost = NullableMonetary(
        readonly=True, help="Labels in company currency; empty when there is none."
    )

    @property
    def _table_query(self):
        return QUERY

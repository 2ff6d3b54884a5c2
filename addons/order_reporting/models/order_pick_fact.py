from odoo import fields, models

from ..nullable import NullableFloat

QUERY = """
    SELECT b.id, b.id AS batch_id, b.company_id, t.warehouse_id, b.user_id, span.started
               AS date_started, span.done AS date_done, span.transfers AS transfer_count,
           work.lines AS line_count, work.units,
           NULLIF(b.route_metres, 0) AS metres,
           CASE WHEN span.is_timed
                THEN EXTRACT(EPOCH FROM span.done - span.started) / 3600 END AS hours,
           CASE WHEN span.is_timed THEN work.lines ELSE 0 END AS lines_timed,
           CASE WHEN b.route_metres > 0 THEN work.lines ELSE 0 END AS lines_walked
      FROM stock_picking_batch b
      JOIN stock_picking_type t ON t.id = b.picking_type_id
      JOIN LATERAL (
            SELECT COUNT(*) AS transfers, MAX(COALESCE(p.date_picked, p.date_done)) AS done,
                   COALESCE(b.date_planned_route, b.create_date) AS started,
                   MAX(COALESCE(p.date_picked, p.date_done))
                       - COALESCE(b.date_planned_route, b.create_date)
                       BETWEEN interval '1 minute' AND interval '24 hours' AS is_timed
              FROM stock_picking p
             WHERE p.batch_id = b.id AND p.state = 'done'
      ) span ON span.transfers > 0
      JOIN LATERAL (
            SELECT COUNT(*) AS lines, SUM(l.quantity) AS units
              FROM stock_move_line l
              JOIN stock_picking p ON p.id = l.picking_id
             WHERE p.batch_id = b.id AND p.state = 'done' AND l.state = 'done'
      ) work ON TRUE
     WHERE b.state = 'done'
"""


class OrderPickFact(models.Model):
    """One row for each finished batch: lines, metres walked by plan, hours taken.

    A live query, so always up to date.
    """

    _name = "order.pick.fact"
    _description = "Pick Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_done desc, id desc"
    _rec_name = "batch_id"
    _log_access = False

    batch_id = fields.Many2one("stock.picking.batch", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    user_id = fields.Many2one("res.users", string="Picker", readonly=True)
    date_started = fields.Datetime(
        string="Started", readonly=True, help="When its route was planned, or it was made."
    )
    date_done = fields.Datetime(
        string="Done", readonly=True, help="The last of its transfers picked or left."
    )
    transfer_count = fields.Integer(string="Transfers", readonly=True)
    line_count = fields.Integer(string="Lines", readonly=True)
    units = fields.Float(readonly=True, digits="Product Unit")
    metres = NullableFloat(string="Metres", readonly=True, help="Of the planned route.")
    hours = NullableFloat(
        string="Hours", readonly=True, help="From start to done; over 24 hours isn't counted."
    )
    lines_timed = fields.Integer(
        string="Lines with Hours", readonly=True, help="Lines of batches whose hours are known."
    )
    lines_walked = fields.Integer(
        string="Lines with Metres", readonly=True, help="Lines of batches whose route is known."
    )

    @property
    def _table_query(self):
        return QUERY

from odoo import fields, models

from .order_fact import duration

QUERY = """
    SELECT p.id, p.id AS picking_id, p.company_id, t.warehouse_id, p.date_done AS date_received,
           CASE WHEN stocked.is_done THEN stocked.day END AS date_stocked,
           CASE WHEN stocked.is_done
                THEN EXTRACT(EPOCH FROM stocked.day - p.date_done) / 3600 END AS hours
      FROM stock_picking p
      JOIN stock_picking_type t ON t.id = p.picking_type_id AND t.code = 'incoming'
      JOIN LATERAL (
            SELECT MAX(n.date) AS day, BOOL_AND(n.state = 'done') AS is_done, COUNT(*) AS moves
              FROM stock_move m
              JOIN stock_move_move_rel r ON r.move_orig_id = m.id
              JOIN stock_move n ON n.id = r.move_dest_id AND n.state != 'cancel'
              JOIN stock_location dest ON dest.id = n.location_dest_id AND dest.usage = 'internal'
             WHERE m.picking_id = p.id AND m.state = 'done'
      ) stocked ON stocked.moves > 0
     WHERE p.state = 'done'
"""


class OrderReceiptFact(models.Model):
    """One row for each receipt that was put away by a second step: from the dock to the shelf.

    A live query, so always up to date. Warehouses that receive in one step have none.
    """

    _name = "order.receipt.fact"
    _description = "Receipt Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_received desc, id desc"
    _rec_name = "picking_id"
    _log_access = False

    picking_id = fields.Many2one("stock.picking", string="Receipt", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    date_received = fields.Datetime(string="On the Dock", readonly=True)
    date_stocked = fields.Datetime(string="On the Shelf", readonly=True)
    hours = duration("Dock to Stock (h)", "From the dock until the last piece is on its shelf.")

    @property
    def _table_query(self):
        return QUERY

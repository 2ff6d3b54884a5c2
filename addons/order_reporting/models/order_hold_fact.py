from odoo import fields, models

from .order_fact import duration

QUERY = """
    SELECT h.id, h.id AS hold_id, h.order_id, h.company_id, h.channel_id, o.warehouse_id,
           o.partner_id, o.user_id, h.user_id AS owner_id, h.kind, h.gate, h.state,
           h.create_date AS date_placed, h.date_resolved,
           CASE WHEN h.date_resolved IS NOT NULL
                THEN EXTRACT(EPOCH FROM GREATEST(h.date_resolved - h.create_date, interval '0'))
                     / 3600
            END AS hours,
           h.state IN ('pending', 'rejected') AS is_open
      FROM order_hold h
      JOIN sale_order o ON o.id = h.order_id
"""


class OrderHoldFact(models.Model):
    """One row for each hold: why, at which gate, for how long.

    A live query, so always up to date.
    """

    _name = "order.hold.fact"
    _description = "Hold Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_placed desc, id desc"
    _rec_name = "hold_id"
    _log_access = False

    hold_id = fields.Many2one("order.hold", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    channel_id = fields.Many2one("order.channel", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    owner_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    kind = fields.Selection(
        lambda self: self.env["order.hold"]._fields["kind"]._description_selection(self.env),
        string="Reason",
        readonly=True,
    )
    gate = fields.Selection(
        lambda self: self.env["order.hold"]._fields["gate"]._description_selection(self.env),
        readonly=True,
    )
    state = fields.Selection(
        lambda self: self.env["order.hold"]._fields["state"]._description_selection(self.env),
        readonly=True,
    )
    date_placed = fields.Datetime(string="Placed", readonly=True)
    date_resolved = fields.Datetime(string="Resolved", readonly=True)
    hours = duration("Hours on Hold", "From placing to resolving; empty while it is open.")
    is_open = fields.Boolean(string="Open", readonly=True)

    @property
    def _table_query(self):
        return QUERY

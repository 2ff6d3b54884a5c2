from odoo import fields, models

from .order_fact import duration

QUERY = """
    SELECT d.id, d.id AS discrepancy_id, d.order_id, d.company_id, c.currency_id, o.channel_id,
           o.warehouse_id, d.partner_id, o.user_id, d.user_id AS owner_id, d.product_id,
           d.verdict, d.state, d.date_found, d.date_resolved, d.amount_abs AS amount,
           CASE WHEN d.date_resolved IS NOT NULL
                THEN EXTRACT(EPOCH FROM GREATEST(d.date_resolved - d.date_found, interval '0'))
                     / 3600
            END AS hours,
           d.state = 'open' AS is_open
      FROM order_discrepancy d
      JOIN sale_order o ON o.id = d.order_id
      JOIN res_company c ON c.id = d.company_id
"""


class OrderDiscrepancyFact(models.Model):
    """One row for each difference the three-way match found: what, how much, how long open.

    A live query, so always up to date.
    """

    _name = "order.discrepancy.fact"
    _description = "Discrepancy Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_found desc, id desc"
    _rec_name = "discrepancy_id"
    _log_access = False

    discrepancy_id = fields.Many2one("order.discrepancy", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    channel_id = fields.Many2one("order.channel", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    owner_id = fields.Many2one("res.users", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    verdict = fields.Selection(
        lambda self: (
            self.env["order.discrepancy"]._fields["verdict"]._description_selection(self.env)
        ),
        readonly=True,
    )
    state = fields.Selection(
        lambda self: (
            self.env["order.discrepancy"]._fields["state"]._description_selection(self.env)
        ),
        readonly=True,
    )
    date_found = fields.Datetime(string="Found", readonly=True)
    date_resolved = fields.Datetime(string="Settled", readonly=True)
    amount = fields.Monetary(
        string="Value", readonly=True, help="In company currency, without its sign or taxes."
    )
    hours = duration("Hours to Settle", "From finding to settling; empty while it is open.")
    is_open = fields.Boolean(string="Open", readonly=True)

    @property
    def _table_query(self):
        return QUERY

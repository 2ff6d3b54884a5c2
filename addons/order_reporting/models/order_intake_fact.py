from odoo import fields, models

from .order_fact import rate

QUERY = """
    SELECT i.id, i.id AS intake_id, i.order_id, i.company_id, i.channel_id,
           i.create_date AS date_received, i.state,
           (i.state = 'rejected' OR COALESCE(i.error, '') != '')::int AS error_rate,
           (i.state = 'duplicate')::int AS duplicate_rate
      FROM order_intake i
"""


class OrderIntakeFact(models.Model):
    """One row for each document that came in: taken over, or with errors.

    A live query, so always up to date.
    """

    _name = "order.intake.fact"
    _description = "Intake Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_received desc, id desc"
    _rec_name = "intake_id"
    _log_access = False

    intake_id = fields.Many2one("order.intake", string="Document", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    channel_id = fields.Many2one("order.channel", readonly=True)
    date_received = fields.Datetime(string="Received", readonly=True)
    state = fields.Selection(
        lambda self: self.env["order.intake"]._fields["state"]._description_selection(self.env),
        readonly=True,
    )
    error_rate = rate("Intake Errors", "Needed attention: rejected, or an error is noted.")
    duplicate_rate = rate("Duplicates", "The same document had come before.")

    @property
    def _table_query(self):
        return QUERY

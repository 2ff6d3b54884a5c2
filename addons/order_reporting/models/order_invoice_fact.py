from odoo import fields, models

from ..nullable import NullableFloat

QUERY = """
    SELECT m.id, m.id AS move_id, m.company_id, c.currency_id, m.commercial_partner_id
               AS partner_id, m.team_id, m.invoice_user_id AS user_id,
           m.invoice_date AS date_invoiced, due.day AS date_due,
           CASE WHEN m.amount_residual = 0 THEN paid.day END AS date_paid,
           m.amount_total_signed AS amount, m.amount_residual_signed AS amount_open,
           CASE WHEN due.day < CURRENT_DATE THEN m.amount_residual_signed ELSE 0 END
               AS amount_overdue,
           CASE WHEN m.amount_residual = 0 AND m.move_type = 'out_invoice'
                THEN paid.day - due.day END AS days_late,
           CASE WHEN m.amount_residual = 0 AND m.move_type = 'out_invoice'
                THEN paid.day - m.invoice_date END AS days_to_pay
      FROM account_move m
      JOIN res_company c ON c.id = m.company_id
      CROSS JOIN LATERAL (SELECT COALESCE(m.invoice_date_due, m.invoice_date) AS day) due
      LEFT JOIN LATERAL (
            SELECT MAX(pr.max_date) AS day
              FROM account_move_line d
              JOIN account_partial_reconcile pr ON d.id IN (pr.debit_move_id, pr.credit_move_id)
             WHERE d.move_id = m.id AND d.display_type = 'payment_term'
      ) paid ON m.amount_residual = 0
     WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
"""


class OrderInvoiceFact(models.Model):
    """One row for each posted customer invoice or credit note: what is open, due, paid.

    A live query, so always up to date.
    """

    _name = "order.invoice.fact"
    _description = "Invoice Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date_invoiced desc, id desc"
    _rec_name = "move_id"
    _log_access = False

    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    date_invoiced = fields.Date(string="Invoiced", readonly=True)
    date_due = fields.Date(string="Due", readonly=True)
    date_paid = fields.Date(
        string="Paid", readonly=True, help="The last payment, once nothing is open."
    )
    amount = fields.Monetary(readonly=True, help="With tax, credit notes negative.")
    amount_open = fields.Monetary(string="Open", readonly=True)
    amount_overdue = fields.Monetary(
        string="Overdue", readonly=True, help="Open and due before today."
    )
    days_late = NullableFloat(
        string="Days Late", readonly=True, aggregator="avg", help="Paid after its due day."
    )
    days_to_pay = NullableFloat(
        string="Days to Pay", readonly=True, aggregator="avg", help="From invoice to payment."
    )

    @property
    def _table_query(self):
        return QUERY

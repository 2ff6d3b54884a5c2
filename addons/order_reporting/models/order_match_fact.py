from odoo import fields, models

from .order_fact import rate

QUERY = """
    SELECT l.id, l.id AS statement_line_id, l.company_id, c.currency_id, l.partner_id, m.date,
           move.amount AS amount,
           COALESCE(decision.stands, FALSE)::int AS auto_rate,
           CASE WHEN decision.posted THEN decision.stands::int END AS precision_rate,
           (NOT COALESCE(l.is_reconciled, FALSE))::int AS open_rate
      FROM account_bank_statement_line l
      JOIN account_move m ON m.id = l.move_id AND m.state = 'posted'
      JOIN res_company c ON c.id = l.company_id
      LEFT JOIN LATERAL (
            SELECT SUM(a.balance) AS amount
              FROM account_move_line a
              JOIN account_journal j ON j.id = a.journal_id
             WHERE a.move_id = m.id AND a.account_id = j.default_account_id
      ) move ON TRUE
      LEFT JOIN LATERAL (
            SELECT BOOL_OR(x.state IN ('posted', 'undone')) AS posted,
                   BOOL_OR(x.state = 'posted') AND NOT BOOL_OR(x.state = 'undone') AS stands
              FROM order_match x
             WHERE x.statement_line_id = l.id AND x.level IN ('reference', 'partner')
      ) decision ON TRUE
     WHERE l.amount > 0
"""


class OrderMatchFact(models.Model):
    """One row for each bank line that money came in by: matched by whom, or not.

    A live query, so always up to date.
    """

    _name = "order.match.fact"
    _description = "Bank Line Fact"
    _inherit = "order.source.mixin"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "statement_line_id"
    _log_access = False

    statement_line_id = fields.Many2one(
        "account.bank.statement.line", string="Bank Line", readonly=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    date = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True, help="Of the bank line, in company currency.")
    auto_rate = rate(
        "Matched by Itself", "Posted by matching on its own evidence, and not undone since."
    )
    precision_rate = rate(
        "Right by Itself", "Of what matching posted by itself: not undone by anybody since."
    )
    open_rate = rate("Not Matched", "Still without what it pays.")

    @property
    def _table_query(self):
        return QUERY

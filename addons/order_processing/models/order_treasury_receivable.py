from odoo import fields, models
from odoo.tools import SQL

from ..engine import treasury


class OrderTreasuryReceivable(models.Model):
    """Each open receivable by its age: read from the books whenever it is looked at."""

    _name = "order.treasury.receivable"
    _description = "Open Receivable"
    _auto = False
    _order = "days_overdue desc, id"
    _rec_name = "move_id"
    _depends = {
        "account.move.line": [
            "amount_residual",
            "date",
            "date_maturity",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.move": ["dunning_blocked", "invoice_user_id"],
        "order.treasury.customer": ["risk", "delay"],
        "res.partner": ["commercial_partner_id"],
    }

    item_id = fields.Many2one("account.move.line", readonly=True)
    move_id = fields.Many2one("account.move", string="Document", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    invoice_user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    date = fields.Date(readonly=True)
    date_maturity = fields.Date(string="Due", readonly=True)
    days_overdue = fields.Integer(readonly=True, aggregator="max")
    bucket = fields.Selection(list(treasury.BUCKETS), string="Age", readonly=True)
    risk = fields.Selection(
        list(treasury.RISKS),
        readonly=True,
        help="By how much of the customer's debt is overdue, for how long, and how late the"
        " customer usually pays. Looked at once a day.",
    )
    delay = fields.Float(
        string="Usual Delay (Days)",
        readonly=True,
        aggregator="avg",
        help="Days the customer usually pays after the due date, over 12 months, by amount.",
    )
    disputed = fields.Boolean(readonly=True)
    amount = fields.Monetary(
        string="Open", readonly=True, help="In the company's currency. Credits are below zero."
    )
    overdue = fields.Monetary(readonly=True, help="The part of it that is past due.")

    @property
    def _table_query(self):
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT item.id, item.id AS item_id, item.move_id, item.company_id,
                   company.currency_id, who.commercial_partner_id AS partner_id,
                   move.invoice_user_id, item.date, due.date AS date_maturity,
                   GREATEST(%(today)s - due.date, 0) AS days_overdue,
                   CASE WHEN due.date >= %(today)s THEN 'not_due'
                        WHEN due.date >= %(today)s - 30 THEN 'd30'
                        WHEN due.date >= %(today)s - 60 THEN 'd60'
                        WHEN due.date >= %(today)s - 90 THEN 'd90'
                        ELSE 'older' END AS bucket,
                   standing.risk, standing.delay, move.dunning_blocked AS disputed,
                   item.amount_residual AS amount,
                   CASE WHEN due.date < %(today)s THEN item.amount_residual ELSE 0 END AS overdue
              FROM account_move_line item
              JOIN account_account account ON account.id = item.account_id
                   AND account.account_type = 'asset_receivable'
              JOIN account_move move ON move.id = item.move_id
              JOIN res_company company ON company.id = item.company_id
         LEFT JOIN res_partner who ON who.id = item.partner_id
         LEFT JOIN order_treasury_customer standing
                ON standing.partner_id = who.commercial_partner_id
               AND standing.company_id = item.company_id
        CROSS JOIN LATERAL (SELECT COALESCE(item.date_maturity, item.date) AS date) due
             WHERE item.parent_state = 'posted' AND item.reconciled IS NOT TRUE
               AND item.amount_residual != 0""",
            today=today,
        )

    def action_open_document(self):
        """Open the invoice, credit note or payment behind an open item."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }


class OrderTreasuryCustomer(models.Model):
    """How a customer pays one company: kept once a day."""

    _name = "order.treasury.customer"
    _description = "Customer's Payment Behaviour"
    _order = "overdue desc, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    delay = fields.Float(
        string="Usual Delay (Days)",
        readonly=True,
        aggregator="avg",
        help="Days this customer pays after the due date, over 12 months, weighted by amount;"
        " all customers' delay where there are too few payments.",
    )
    payment_count = fields.Integer(string="Payments", readonly=True)
    total = fields.Monetary(string="Open", readonly=True)
    overdue = fields.Monetary(readonly=True)
    oldest_days = fields.Integer(string="Oldest (Days)", readonly=True, aggregator="max")
    risk = fields.Selection(list(treasury.RISKS), readonly=True)

    _partner_company_uniq = models.Constraint(
        "UNIQUE (partner_id, company_id)", "A customer is kept once in a company."
    )

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..nullable import NullableFloat
from .order_fact import rate

#: The last year's released orders of each customer, ranked within its company. ABC: the customers
#: that make 80 % of the revenue, the next 15 %, the rest (Pareto). Churn: how long a customer has
#: been silent, against the usual gap between its orders (three orders at least).
DAYS = 365
QUERY = """
    WITH orders AS (
        SELECT f.*, f.date_received - LAG(f.date_received) OVER (
                   PARTITION BY f.company_id, customer.commercial_partner_id
                   ORDER BY f.date_received, f.id) AS gap,
               customer.commercial_partner_id AS customer_id
          FROM order_fact f
          JOIN res_partner customer ON customer.id = f.partner_id
         WHERE f.id IN %(facts)s
    ), customers AS (
        SELECT MIN(id) AS id, company_id, MIN(currency_id) AS currency_id, customer_id,
               COUNT(*) AS order_count, SUM(amount_ordered) AS revenue, SUM(margin) AS margin,
               SUM(profit) AS profit, SUM(freight_cost) AS freight_cost,
               SUM(amount_credited) AS amount_credited, SUM(amount_open) AS amount_open,
               AVG(on_time_rate) AS on_time_rate, AVG(return_rate) AS return_rate,
               AVG(hours_to_pay) / 24 AS days_to_pay,
               MIN(date_received) AS date_first, MAX(date_received) AS date_last,
               EXTRACT(EPOCH FROM AVG(gap)) / 86400 AS days_between,
               EXTRACT(EPOCH FROM (now() AT TIME ZONE 'UTC') - MAX(date_received)) / 86400
                   AS days_silent
          FROM orders
         GROUP BY company_id, customer_id
    ), ranked AS (
        SELECT c.*,
               RANK() OVER (PARTITION BY company_id ORDER BY revenue DESC) AS place,
               SUM(revenue) OVER (PARTITION BY company_id ORDER BY revenue DESC, id) - revenue
                   AS before,
               SUM(revenue) OVER (PARTITION BY company_id) AS whole
          FROM customers c
    )
    SELECT id, company_id, currency_id, customer_id AS partner_id, order_count, revenue, margin,
           profit, profit / NULLIF(revenue, 0) AS profit_rate, freight_cost, amount_credited,
           amount_open, on_time_rate, return_rate, days_to_pay, date_first, date_last,
           days_between, days_silent, place,
           CASE WHEN whole <= 0 OR before >= 0.95 * whole THEN 'c'
                WHEN before >= 0.80 * whole THEN 'b' ELSE 'a' END AS abc,
           CASE WHEN order_count < 3 THEN 'new'
                WHEN days_silent > GREATEST(4 * days_between, 30) THEN 'lost'
                WHEN days_silent > GREATEST(2 * days_between, 14) THEN 'risk'
                ELSE 'active' END AS churn
      FROM ranked
"""


class OrderCustomerScore(models.Model):
    """What a customer brought in the last year, after service, and whether it is leaving.

    A live query on the facts.
    """

    _name = "order.customer.score"
    _description = "Customer Scorecard"
    _auto = False
    _order = "revenue desc, id"
    _rec_name = "partner_id"
    _log_access = False

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    place = fields.Integer(string="Rank", readonly=True, aggregator=None, help="By revenue.")
    abc = fields.Selection(
        [("a", "A"), ("b", "B"), ("c", "C")],
        string="ABC",
        readonly=True,
        help="A: the customers that make 80 % of the revenue; B: the next 15 %; C: the rest.",
    )
    churn = fields.Selection(
        [
            ("active", "Active"),
            ("risk", "Silent"),
            ("lost", "Gone"),
            ("new", "Too few orders"),
        ],
        string="Signal",
        readonly=True,
        help="Silent: no order for over twice its usual gap (two weeks at least). Gone: for over"
        " four times (30 days at least). Judged from three orders on.",
    )
    order_count = fields.Integer(string="Orders", readonly=True, help="Of the last 365 days.")
    revenue = fields.Monetary(readonly=True, help="Untaxed, of the last 365 days.")
    margin = fields.Monetary(readonly=True)
    profit = fields.Monetary(
        readonly=True,
        help="Margin less freight, handling, credit notes and the cost of waiting for the money.",
    )
    profit_rate = NullableFloat(
        string="Profit %", readonly=True, aggregator=None, help="Profit over revenue."
    )
    freight_cost = fields.Monetary(readonly=True)
    amount_credited = fields.Monetary(string="Credited", readonly=True)
    amount_open = fields.Monetary(string="Open", readonly=True)
    on_time_rate = rate("On Time", "Of its orders that were shipped or due.")
    return_rate = rate("Returned", "Orders of which something came back.")
    days_to_pay = NullableFloat(readonly=True, aggregator="avg", help="Mean, of paid orders.")
    days_between = NullableFloat(
        string="Days between Orders", readonly=True, aggregator="avg", help="Mean."
    )
    days_silent = NullableFloat(string="Days Silent", readonly=True, aggregator="avg")
    date_first = fields.Datetime(string="First Order", readonly=True)
    date_last = fields.Datetime(string="Last Order", readonly=True)

    @property
    def _table_query(self):
        """The query over the facts this user may see, so that a score never tells of others."""
        facts = self.env["order.fact"]
        since = fields.Datetime.now() - timedelta(days=DAYS)
        query = facts._search([("state", "=", "sale"), ("date_received", ">=", since)])
        return SQL(QUERY, facts=query.subselect())

    def action_open_facts(self):
        """Open the orders behind this row."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("order_reporting.order_fact_action")
        domain = [
            ("partner_id", "child_of", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
            ("state", "=", "sale"),
            ("date_received", ">=", fields.Datetime.now() - timedelta(days=DAYS)),
        ]
        return {**action, "name": self.partner_id.display_name, "domain": domain, "context": {}}

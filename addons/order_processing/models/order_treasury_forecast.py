from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine import treasury

WEEKS = 13


class OrderTreasuryForecast(models.Model):
    """Cash expected by week as one day saw it: kept, so that it can be held against what came."""

    _name = "order.treasury.forecast"
    _description = "Cash Forecast"
    _order = "date desc, id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    bank_balance = fields.Monetary(
        readonly=True, help="Of the bank and cash accounts in the books, on this day."
    )
    delay = fields.Float(
        string="Usual Delay (Days)",
        readonly=True,
        help="Days all customers pay after the due date; used for those with too few payments.",
    )
    week_ids = fields.One2many("order.treasury.week", "forecast_id", readonly=True)
    flow_ids = fields.One2many("order.treasury.flow", "forecast_id", readonly=True)
    expected = fields.Monetary(compute="_compute_expected", string="Expected in 13 Weeks")

    _company_date_uniq = models.Constraint(
        "UNIQUE (company_id, date)", "There is a forecast of this day already."
    )

    @api.depends("date")
    def _compute_name(self):
        for forecast in self:
            forecast.name = self.env._("Forecast of %s", fields.Date.to_string(forecast.date))

    @api.depends("week_ids.expected")
    def _compute_expected(self):
        for forecast in self:
            forecast.expected = sum(forecast.week_ids.mapped("expected"))

    # === ACTION === #

    @api.model
    def action_take(self):
        """Take today's forecast of the user's companies anew, and show it."""
        if not self.env.user.has_group("order_processing.group_order_accountant"):
            raise AccessError(self.env._("Ask an accountant: forecasts read the bank's balance."))
        # sudo: forecasts are taken, not entered; the group was checked.
        self.sudo()._take(self.env.companies)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_treasury_week_action"
        )

    # === BUSINESS === #

    @api.model
    def _cron_take(self):
        """Once a day: how customers pay, the forecast, how good the last ones were, the months."""
        companies = self.env["res.company"].search([("chart_template", "!=", False)])
        self._take(companies)
        self.env["order.treasury.week"]._measure(companies)
        self.env["order.treasury.month"]._refresh(companies)

    @api.model
    def _take(self, companies):
        """Take the forecast of today for each company; one of the same day is replaced."""
        today = fields.Date.context_today(self)
        for company in companies:
            own, usual = self._keep_customers(company, today)
            flows = self._gather_flows(company, today, own, usual)
            balance = self._bank_balance(company, today)
            weeks = treasury.forecast(flows, balance, today, WEEKS)
            sales = treasury.by_week(self._gather_expected_sales(company, today), today, WEEKS)
            self.search([("company_id", "=", company.id), ("date", "=", today)]).unlink()
            # Of past forecasts the weeks are held against what came; flows are for looking at.
            self.env["order.treasury.flow"].search([("company_id", "=", company.id)]).unlink()
            last = weeks[-1].start + timedelta(days=6)
            self.create(
                {
                    "company_id": company.id,
                    "date": today,
                    "bank_balance": balance,
                    "delay": usual,
                    "week_ids": [
                        fields.Command.create(
                            {
                                "week": week.start,
                                "horizon": number,
                                **week.amounts,
                                "sales": sales[week.start],
                                "expected": week.expected,
                                "balance": week.balance,
                            }
                        )
                        for number, week in enumerate(weeks)
                    ],
                    "flow_ids": [
                        fields.Command.create(
                            {
                                "kind": flow.kind,
                                "partner_id": flow.customer,
                                "day": flow.day,
                                "week": treasury.monday(flow.day),
                                "amount": flow.amount,
                                **dict(flow.source),
                            }
                        )
                        for flow in flows
                        if flow.day <= last
                    ],
                }
            )

    @api.model
    def _keep_customers(self, company, today):
        """Keep how each customer pays: ``(delays by customer, delay of all)``."""
        self.env["account.move.line"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        payments = [
            (customer, days, float(amount))
            for customer, days, amount in self.env.execute_query(
                SQL(
                    """SELECT who.commercial_partner_id,
                              part.max_date - COALESCE(item.date_maturity, item.date), part.amount
                         FROM account_partial_reconcile part
                         JOIN account_move_line item ON item.id = part.debit_move_id
                         JOIN account_account account ON account.id = item.account_id
                              AND account.account_type = 'asset_receivable'
                         JOIN account_move_line other ON other.id = part.credit_move_id
                         JOIN account_move settling ON settling.id = other.move_id
                              AND settling.move_type NOT IN ('out_refund', 'out_invoice')
                         JOIN res_partner who ON who.id = item.partner_id
                        WHERE part.company_id = %s AND part.max_date > %s::date - 365""",
                    company.id,
                    today,
                )
            )
        ]
        own, usual = treasury.delays(payments)
        counts = defaultdict(int)
        for customer, _days, _amount in payments:
            counts[customer] += 1
        values = []
        for customer, total, overdue, oldest in self.env.execute_query(
            SQL(
                """SELECT who.commercial_partner_id, SUM(item.amount_residual),
                          COALESCE(SUM(item.amount_residual) FILTER (
                              WHERE due.date < %(today)s AND item.amount_residual > 0), 0),
                          COALESCE(MAX(%(today)s - due.date) FILTER (
                              WHERE item.amount_residual > 0), 0)
                     FROM account_move_line item
                     JOIN account_account account ON account.id = item.account_id
                          AND account.account_type = 'asset_receivable'
                     JOIN res_partner who ON who.id = item.partner_id
               CROSS JOIN LATERAL (SELECT COALESCE(item.date_maturity, item.date) AS date) due
                    WHERE item.parent_state = 'posted' AND item.company_id = %(company)s
                      AND item.reconciled IS NOT TRUE AND item.amount_residual != 0
                 GROUP BY 1""",
                today=today,
                company=company.id,
            )
        ):
            delay = own.get(customer, usual)
            total, overdue, oldest = float(total), float(overdue), max(oldest, 0)
            values.append(
                {
                    "partner_id": customer,
                    "company_id": company.id,
                    "delay": delay,
                    "payment_count": counts[customer],
                    "total": total,
                    "overdue": overdue,
                    "oldest_days": oldest,
                    "risk": treasury.risk(overdue, total, delay, oldest),
                }
            )
        Customer = self.env["order.treasury.customer"]
        Customer.search([("company_id", "=", company.id)]).unlink()
        Customer.create(values)
        return own, usual

    @api.model
    def _gather_flows(self, company, today, own, usual):
        """What is expected of customers: list of ``engine.treasury.Flow``, in company currency."""
        flows, promised = self._gather_payout_flows(company, today)
        for item, customer, due, amount, move in self.env.execute_query(
            SQL(
                """SELECT item.id, who.commercial_partner_id,
                          COALESCE(item.date_maturity, item.date), item.amount_residual,
                          item.move_id
                     FROM account_move_line item
                     JOIN account_account account ON account.id = item.account_id
                          AND account.account_type = 'asset_receivable'
                     JOIN res_partner who ON who.id = item.partner_id
                    WHERE item.parent_state = 'posted' AND item.company_id = %s
                      AND item.reconciled IS NOT TRUE AND item.amount_residual != 0""",
                company.id,
            )
        ):
            if item in promised:
                continue  # the provider has the money and pays it out
            delay = own.get(customer, usual)
            # A credit isn't paid out: it comes off what is due at the same time.
            day = treasury.expected_day(due, delay, today)
            flows.append(
                treasury.Flow(
                    "receivable",
                    customer,
                    day,
                    float(amount),
                    (("move_id", move), ("item_id", item)),
                )
            )
        return flows + self._gather_order_flows(company, today, own, usual)

    @api.model
    def _gather_payout_flows(self, company, today):
        """What is paid and not in the bank yet: providers' payouts, and registered payments.

        :return: list of ``engine.treasury.Flow``, and the ids of the items payouts settle
        """
        oldest = today - timedelta(days=treasury.STALE_DAYS)
        payouts = self.env["order.payout"]._get_pending(company, oldest)
        promised = payouts._get_settled_items()
        flows = []
        for payout in payouts:
            amount = payout.currency_id._convert(
                payout.amount, company.currency_id, company, payout.date
            )
            day = treasury.transit_day(payout.date, today)
            flows.append(treasury.Flow("payout", None, day, amount, (("payout_id", payout.id),)))
        waiting = self.env["account.move.line"].search(
            [
                ("company_id", "=", company.id),
                ("parent_state", "=", "posted"),
                ("payment_id", "!=", False),
                ("account_id.reconcile", "=", True),
                ("account_id.account_type", "not in", ("asset_receivable", "liability_payable")),
                ("reconciled", "=", False),
                ("payment_id.partner_type", "=", "customer"),
                ("date", ">=", oldest),
                ("id", "not in", list(promised)),
            ]
        )
        for item in waiting:
            source = (("item_id", item.id), ("move_id", item.move_id.id))
            day = treasury.transit_day(item.date, today)
            customer = item.partner_id.commercial_partner_id.id or None
            flows.append(treasury.Flow("transit", customer, day, item.amount_residual, source))
        return flows, promised

    @api.model
    def _gather_order_flows(self, company, today, own, usual):
        """What confirmed orders will bring: what has left and isn't billed, and what will leave.

        Billed today or when it leaves, due by the order's terms, paid at the customer's delay.
        """
        self.env["sale.order"].flush_model()
        self.env["sale.order.line"].flush_model()
        flows, terms = [], {}
        for order, customer, term, ready, rate, unbilled, coming in self.env.execute_query(
            SQL(
                """SELECT sale.id, who.commercial_partner_id, sale.payment_term_id,
                          COALESCE(sale.commitment_date, sale.date_order)::date,
                          COALESCE(NULLIF(sale.currency_rate, 0), 1),
                          SUM(line.price_total / line.product_uom_qty
                              * GREATEST(line.qty_delivered - line.qty_invoiced, 0)),
                          SUM(line.price_total / line.product_uom_qty
                              * GREATEST(line.product_uom_qty
                                         - GREATEST(line.qty_delivered, line.qty_invoiced), 0))
                     FROM sale_order sale
                     JOIN sale_order_line line ON line.order_id = sale.id
                          AND line.display_type IS NULL AND line.product_uom_qty > 0
                          AND line.is_downpayment IS NOT TRUE
                     JOIN res_partner who ON who.id = sale.partner_invoice_id
                    WHERE sale.state = 'sale' AND sale.company_id = %s
                      AND sale.invoice_status != 'invoiced'
                      AND (sale.flow_step IS NULL OR sale.flow_step NOT IN ('close', 'cancel'))
                 GROUP BY sale.id, who.commercial_partner_id""",
                company.id,
            )
        ):
            delay = own.get(customer, usual)
            for kind, amount, billed in (
                ("unbilled", unbilled, today),
                ("order", coming, max(ready, today)),
            ):
                amount = company.currency_id.round(float(amount or 0) / float(rate))
                if not amount:
                    continue
                if (term, billed) not in terms:
                    terms[term, billed] = self._due_day(term, billed)
                day = treasury.expected_day(terms[term, billed], delay, today)
                flows.append(treasury.Flow(kind, customer, day, amount, (("order_id", order),)))
        return flows

    @api.model
    def _gather_expected_sales(self, company, today):
        """What orders that nobody has placed yet may bring: pairs (day paid, amount with tax).

        Nobody forecasts sales here; addons that do override this. It is shown beside what is
        expected and never part of it.
        """
        return []

    @api.model
    def _due_day(self, term_id, billed):
        """When an invoice of a day is due, by its payment terms: their last instalment."""
        lines = self.env["account.payment.term"].browse(term_id).line_ids
        return max((line._get_due_date(billed) for line in lines), default=billed)

    @api.model
    def _bank_balance(self, company, today):
        """What is in the bank and cash accounts, by the books."""
        [[balance]] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", today),
                ("account_id.account_type", "=", "asset_cash"),
            ],
            [],
            ["balance:sum"],
        )
        return balance or 0.0


class OrderTreasuryWeek(models.Model):
    """One week of a forecast, and what came of it."""

    _name = "order.treasury.week"
    _description = "Week of a Cash Forecast"
    _order = "date desc, week, id"
    _rec_name = "week"

    forecast_id = fields.Many2one(
        "order.treasury.forecast", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="forecast_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(related="forecast_id.date", store=True, string="Forecast Of")
    week = fields.Date(string="Week From", required=True, readonly=True, index=True)
    horizon = fields.Integer(
        string="Weeks Ahead", readonly=True, aggregator=None, help="0: the forecast's own week."
    )
    receivable = fields.Monetary(string="Open Invoices", readonly=True)
    unbilled = fields.Monetary(string="Shipped, Not Billed", readonly=True)
    order = fields.Monetary(string="Open Orders", readonly=True)
    payout = fields.Monetary(
        string="Payouts Pending",
        readonly=True,
        help="Providers' payouts by their reports that the bank hasn't shown yet, less their fees.",
    )
    transit = fields.Monetary(
        string="Payments on Their Way",
        readonly=True,
        help="Payments registered in the books that the bank hasn't shown yet.",
    )
    sales = fields.Monetary(
        string="Sales to Come (Forecast)",
        readonly=True,
        help="What orders not placed yet may bring, by the forecast of sales, on the days customers"
        " usually pay. Neither part of what is expected nor of the bank's balance.",
    )
    expected = fields.Monetary(readonly=True)
    balance = fields.Monetary(string="Bank at Its End", readonly=True, aggregator=None)
    is_measured = fields.Boolean(readonly=True)
    actual = fields.Monetary(
        readonly=True, help="What customers paid in the week, once it is over."
    )
    error = fields.Float(
        string="Off by %",
        readonly=True,
        aggregator="avg",
        help="How far the forecast was off what came, in percent of what came.",
    )

    @api.model
    def _measure(self, companies):
        """Hold forecasts of weeks that are over against what customers paid in them."""
        today = fields.Date.context_today(self)
        due = self.search(
            [
                ("company_id", "in", companies.ids),
                ("is_measured", "=", False),
                ("week", "<=", today - timedelta(days=7)),
            ]
        )
        if not due:
            return
        self.env["account.move.line"].flush_model()
        paid = {
            (company, week): float(amount)
            for company, week, amount in self.env.execute_query(
                SQL(
                    """SELECT item.company_id, DATE_TRUNC('week', item.date)::date,
                              -SUM(item.balance)
                         FROM account_move_line item
                         JOIN account_account account ON account.id = item.account_id
                              AND account.account_type = 'asset_receivable'
                         JOIN account_move move ON move.id = item.move_id
                        WHERE item.parent_state = 'posted' AND item.company_id = ANY(%s)
                          AND move.move_type = 'entry' AND item.date >= %s
                     GROUP BY 1, 2""",
                    due.company_id.ids,
                    min(due.mapped("week")),
                )
            )
        }
        for week in due:
            actual = paid.get((week.company_id.id, week.week), 0.0)
            # What was paid before, and was only on its way, customers didn't pay in that week.
            off = treasury.error(week.expected - week.transit, actual)
            week.write({"is_measured": True, "actual": actual, "error": off or 0.0})

    def action_view_flows(self):
        """What is expected in these weeks, by customer and document."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_treasury_flow_action"
        )
        domain = [
            ("forecast_id", "in", self.forecast_id.ids),
            ("week", "in", self.mapped("week")),
        ]
        return action | {"domain": domain}


class OrderTreasuryFlow(models.Model):
    """Money one customer is expected to pay for one document; of the newest forecast only."""

    _name = "order.treasury.flow"
    _description = "Expected Payment"
    _order = "day, amount desc, id"
    _rec_name = "partner_id"

    forecast_id = fields.Many2one(
        "order.treasury.forecast", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="forecast_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(list(treasury.KINDS), required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, index=True)
    week = fields.Date(string="Week From", readonly=True)
    day = fields.Date(string="Expected On", readonly=True)
    amount = fields.Monetary(readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True, ondelete="cascade")
    item_id = fields.Many2one("account.move.line", readonly=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade")
    payout_id = fields.Many2one("order.payout", readonly=True, ondelete="cascade")

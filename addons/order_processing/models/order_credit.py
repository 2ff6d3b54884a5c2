from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import credit
from ..flow import HOLD_BLOCKING


class OrderCredit(models.Model):
    """The credit of one customer in one company: the row that orders take turns on.

    What a customer owes is always computed from invoices and orders; nothing here can disagree
    with them. The row is what transactions that use credit lock, and what the daily look at
    everybody's exposure is kept on.
    """

    _name = "order.credit"
    _description = "Customer Credit"
    _order = "exposure desc, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    turn = fields.Integer(
        readonly=True, help="Counts the transactions that used this customer's credit."
    )
    exposure = fields.Monetary(readonly=True, help="What counted against the limit at that time.")
    limit = fields.Monetary(string="Credit Limit", readonly=True)
    date = fields.Datetime(string="As Of", readonly=True)
    history_ids = fields.One2many("order.credit.history", "credit_id")

    _partner_company_uniq = models.Constraint(
        "UNIQUE (partner_id, company_id)", "A customer has one credit in a company."
    )

    # === BUSINESS: turns === #

    @api.model
    def _take_turn(self, payers):
        """Let only one transaction at a time use the credit of these customers.

        Every turn changes the customer's row. So of two transactions that use the same credit the
        second waits, and PostgreSQL then refuses its outdated view; Odoo runs it again, and it
        sees what the first confirmed.

        :param payers: pairs (commercial partner id, company id)
        """
        payers = sorted(set(payers))
        if not payers:
            return
        values = SQL(", ").join(SQL("(%s, %s, 1)", *payer) for payer in payers)
        self.env.cr.execute(
            SQL(
                "INSERT INTO order_credit AS mine (partner_id, company_id, turn) VALUES %s"
                " ON CONFLICT (partner_id, company_id) DO UPDATE SET turn = mine.turn + 1",
                values,
            ),
            log_exceptions=False,  # two at once: one is repeated by the framework
        )

    # === BUSINESS: what counts === #

    @api.model
    def _get_standings(self, payers, locking=False, limited=False):
        """What counts against the limits of customers: four queries for any number of them.

        :param payers: pairs (commercial partner id, company id)
        :param bool locking: take turns with others who use these credits
        :param bool limited: leave out customers without a limit
        :return: dict payer → ``engine.credit.Standing``
        """
        payers = sorted(set(payers))
        if not payers:
            return {}
        standings = self._get_limits(payers)
        if limited:
            payers = [each for each in payers if standings[each].ceiling("lower") is not None]
            if not payers:
                return {}
        if locking:
            # Without a limit nobody has to wait for anybody.
            self._take_turn([payer for payer in payers if standings[payer].limit is not None])
        partner_ids = sorted({partner for partner, _company in payers})
        company_ids = sorted({company for _partner, company in payers})
        parts = defaultdict(dict)
        for payer, found in (
            *self._read_receivables(partner_ids, company_ids),
            *self._read_to_invoice(partner_ids, company_ids),
            *self._read_held(partner_ids, company_ids),
        ):
            parts[payer].update(found)
        return {payer: replace(standings[payer], **parts[payer]) for payer in payers}

    @api.model
    def _get_limits(self, payers):
        """Standings with nothing but the limits, which are Odoo's own fields."""
        standings = {}
        for company_id in {company for _partner, company in payers}:
            company = self.env["res.company"].browse(company_id)
            # sudo: limits are for accountants; here they are compared with.
            partners = self.env["res.partner"].sudo().with_company(company)
            ids = [partner for partner, each in payers if each == company_id]
            for partner in partners.browse(ids):
                used = company.sudo().account_use_credit_limit
                insured = partner.credit_insured
                standings[partner.id, company_id] = credit.Standing(
                    limit=(used and partner.credit_limit) or None, insured=insured or None
                )
        return standings

    @api.model
    def _read_receivables(self, partner_ids, company_ids):
        """Open items of receivable accounts, by when they are due."""
        self.env["account.move.line"].flush_model(
            ["partner_id", "company_id", "amount_residual", "date_maturity", "parent_state"]
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT who.commercial_partner_id, item.company_id,
                          SUM(item.amount_residual) FILTER (
                              WHERE item.amount_residual > 0 AND due.date < %(today)s),
                          SUM(item.amount_residual) FILTER (
                              WHERE item.amount_residual > 0 AND due.date >= %(today)s),
                          -SUM(item.amount_residual) FILTER (WHERE item.amount_residual < 0),
                          %(today)s - MIN(due.date) FILTER (WHERE item.amount_residual > 0)
                     FROM account_move_line item
                     JOIN res_partner who ON who.id = item.partner_id
                     JOIN account_account account ON account.id = item.account_id
               CROSS JOIN LATERAL (SELECT COALESCE(item.date_maturity, item.date) AS date) due
                    WHERE item.parent_state = 'posted'
                      AND account.account_type = 'asset_receivable'
                      AND item.reconciled IS NOT TRUE
                      AND item.amount_residual != 0
                      AND item.company_id = ANY(%(companies)s)
                      AND who.commercial_partner_id = ANY(%(partners)s)
                 GROUP BY who.commercial_partner_id, item.company_id""",
                today=fields.Date.context_today(self),
                companies=company_ids,
                partners=partner_ids,
            )
        )
        for partner, company, overdue, not_due, unmatched, days in rows:
            yield (
                (partner, company),
                {
                    "overdue": float(overdue or 0.0),
                    "not_due": float(not_due or 0.0),
                    "unmatched": float(unmatched or 0.0),
                    "overdue_days": max(days or 0, 0),
                },
            )

    @api.model
    def _read_to_invoice(self, partner_ids, company_ids):
        """Confirmed orders less what is billed of them, delivered or not, taxes included.

        By order, so that a down payment counts once: as the invoice it is.
        """
        self.env["sale.order"].flush_model(["state", "partner_invoice_id", "currency_rate"])
        self.env["sale.order.line"].flush_model(["price_total", "product_uom_qty", "qty_delivered"])
        self.env["account.move.line"].flush_model(["price_total", "parent_state"])
        rows = self.env.execute_query(
            SQL(
                """WITH ordered AS (
                    SELECT sale.id, who.commercial_partner_id AS partner, sale.company_id,
                           SUM(CASE WHEN line.is_downpayment THEN 0
                                    WHEN line.product_uom_qty > 0
                                    THEN line.price_total
                                         * GREATEST(1, line.qty_delivered / line.product_uom_qty)
                                    ELSE line.price_total END)
                           / COALESCE(NULLIF(MIN(sale.currency_rate), 0), 1) AS amount
                      FROM sale_order sale
                      JOIN res_partner who ON who.id = sale.partner_invoice_id
                      JOIN sale_order_line line
                        ON line.order_id = sale.id AND line.display_type IS NULL
                     WHERE sale.state = 'sale' AND sale.company_id = ANY(%(companies)s)
                       AND who.commercial_partner_id = ANY(%(partners)s)
                  GROUP BY sale.id, who.commercial_partner_id),
                billed AS (
                    SELECT line.order_id,
                           SUM(CASE WHEN move.move_type = 'out_refund' THEN -item.price_total
                                    ELSE item.price_total END
                               / COALESCE(NULLIF(move.invoice_currency_rate, 0), 1)) AS amount
                      FROM ordered
                      JOIN sale_order_line line ON line.order_id = ordered.id
                      JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                      JOIN account_move_line item ON item.id = rel.invoice_line_id
                      JOIN account_move move ON move.id = item.move_id
                     WHERE move.state = 'posted'
                  GROUP BY line.order_id)
                SELECT ordered.partner, ordered.company_id,
                       SUM(GREATEST(ordered.amount - COALESCE(billed.amount, 0), 0))
                  FROM ordered LEFT JOIN billed ON billed.order_id = ordered.id
              GROUP BY ordered.partner, ordered.company_id""",
                companies=company_ids,
                partners=partner_ids,
            )
        )
        for partner, company, amount in rows:
            yield (partner, company), {"to_invoice": float(amount or 0.0)}

    @api.model
    def _read_held(self, partner_ids, company_ids):
        """Quotations on hold: their customers have ordered, we haven't said yes yet."""
        self.env["sale.order"].flush_model(["amount_total"])
        self.env["order.hold"].flush_model(["order_id", "gate", "state"])
        rows = self.env.execute_query(
            SQL(
                """SELECT who.commercial_partner_id, sale.company_id,
                          ARRAY_AGG(sale.id ORDER BY sale.id),
                          ARRAY_AGG(sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1)
                                    ORDER BY sale.id)
                     FROM sale_order sale
                     JOIN res_partner who ON who.id = sale.partner_invoice_id
                    WHERE sale.state IN ('draft', 'sent') AND sale.company_id = ANY(%(companies)s)
                      AND who.commercial_partner_id = ANY(%(partners)s)
                      AND EXISTS (SELECT FROM order_hold hold
                                   WHERE hold.order_id = sale.id AND hold.gate = 'release'
                                     AND hold.state = ANY(%(blocking)s))
                 GROUP BY who.commercial_partner_id, sale.company_id""",
                companies=company_ids,
                partners=partner_ids,
                blocking=sorted(HOLD_BLOCKING),
            )
        )
        for partner, company, orders, amounts in rows:
            held = tuple(zip(orders, map(float, amounts), strict=True))
            yield (partner, company), {"held": held}

    # === BUSINESS: keeping === #

    @api.model
    def _keep(self, payers, reason, **vals):
        """Keep the exposure of customers as it is now, in their history.

        :param payers: pairs (commercial partner id, company id)
        :param str reason: ``day``, ``limit`` or ``insured``
        :param vals: values of each history line
        """
        payers = sorted(set(payers))
        if not payers:
            return
        self._take_turn(payers)
        standings = self._get_standings(payers)
        # sudo: history is recorded, not edited, whoever causes it.
        rows = self.sudo().search(
            [
                ("partner_id", "in", [partner for partner, _company in payers]),
                ("company_id", "in", [company for _partner, company in payers]),
            ]
        )
        now, lines = fields.Datetime.now(), []
        for row in rows:
            standing = standings.get((row.partner_id.id, row.company_id.id))
            if not standing:
                continue
            exposure, limit = standing.exposure(), standing.limit or 0.0
            row.write({"exposure": exposure, "limit": limit, "date": now})
            lines.append(
                {
                    "credit_id": row.id,
                    "date": now,
                    "reason": reason,
                    "exposure": exposure,
                    "limit": limit,
                    "insured": standing.insured or 0.0,
                    "receivable": standing.receivable,
                    "to_invoice": standing.to_invoice,
                    "held": standing.held_before(),
                    "overdue": standing.overdue,
                    **vals,
                }
            )
        self.env["order.credit.history"].sudo().create(lines)

    @api.model
    def _cron_keep(self):
        """Once a day: keep the exposure of everybody who owes or may owe something."""
        for company in self.env["res.company"].search([("account_use_credit_limit", "=", True)]):
            partners = self.env["res.partner"].with_company(company)
            limited = partners.search(
                [("credit_limit", "!=", 0), ("parent_id", "=", False)]
            ).commercial_partner_id
            known = self.search([("company_id", "=", company.id)]).partner_id
            for start in range(0, len(limited | known), 500):
                chunk = (limited | known)[start : start + 500]
                self._keep([(partner.id, company.id) for partner in chunk], "day")

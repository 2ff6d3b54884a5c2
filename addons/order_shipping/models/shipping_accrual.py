import datetime
from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, date_utils, format_date

#: Labels of one run; what is left is for the next, at once.
AT_ONCE = 20_000
#: Findings of a bill's line by which nothing is owed.
NOT_OWED = ("duplicate", "voided", "never_shipped")


class ShippingAccrual(models.Model):
    """Freight that was used and isn't billed yet, as one journal entry of a company and month.

    At the month's end the cost of all parcels that left in it, and that no audited bill has, is
    accrued: expense to accrued freight. Once their bill is audited, or their label was void, the
    same amounts are taken back; the carrier's bill itself is the expense then. Each label remembers
    both entries, so that nothing is accrued or settled twice, however often this runs.
    """

    _name = "shipping.accrual"
    _description = "Freight Accrual"
    _order = "month desc, id desc"
    _check_company_auto = True
    _rec_name = "move_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    month = fields.Date(required=True, readonly=True, help="First day of the month it is about.")
    kind = fields.Selection(
        [("accrue", "Accrued"), ("settle", "Settled")], required=True, readonly=True
    )
    move_id = fields.Many2one(
        "account.move", string="Journal Entry", readonly=True, check_company=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(readonly=True)
    parcels = fields.Integer(readonly=True)

    # === ACTION === #

    @api.model
    def action_run(self):
        """Accrue the months that are over and settle what was billed, now.

        :raise AccessError: the user keeps no books
        :raise UserError: journal and accounts aren't chosen
        """
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Freight is accrued by those who keep the books."))
        company = self.env.company
        # sudo: accountants needn't read the deliveries and labels that are added up.
        if not company.sudo()._get_freight_accounts():
            raise UserError(
                self.env._(
                    "Choose journal and accounts first: Inventory > Configuration > Settings, "
                    "Freight Accruals."
                )
            )
        self.sudo()._run(company.sudo())
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_view_labels(self):
        """The labels of this entry."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.shipping_label_action"
        )
        name = "accrual_id" if self.kind == "accrue" else "settlement_id"
        return action | {"domain": [(name, "=", self.id)], "context": {}}

    # === BUSINESS === #

    @api.model
    def _cron_accrue(self):
        """All companies that have chosen their accounts."""
        companies = self.env["res.company"].search([("freight_journal_id", "!=", False)])
        left = 0
        for company in companies.filtered(lambda each: each._get_freight_accounts()):
            left += self._run(company)
            self.env["ir.cron"]._commit_progress(1)
        if left:
            self.env.ref("order_shipping.ir_cron_accrue")._trigger()

    @api.model
    def _run(self, company):
        """Accrue and settle one company; 1 if there is more to do, else 0."""
        self.env.flush_all()
        start = date_utils.start_of(fields.Date.context_today(self), "month")
        accrued = self._query(_to_accrue(company, start))
        self._book(company, "accrue", accrued)
        settled = self._query(_to_settle(company))
        self._book(company, "settle", settled)
        return int(len(accrued) == AT_ONCE or len(settled) == AT_ONCE)

    @api.model
    def _query(self, query):
        self.env.cr.execute(query)
        return self.env.cr.fetchall()

    @api.model
    def _book(self, company, kind, rows):
        """One entry for each month of these labels, whose rows are locked.

        :param rows: tuples of label, month, carrier, amount, currency, day
        """
        months = defaultdict(list)
        for row in rows:
            months[row[1]].append(row)
        for month, of_month in sorted(months.items()):
            amounts = {
                label: self._to_company(company, amount, currency, day)
                for label, _month, _carrier, amount, currency, day in of_month
            }
            by_carrier = defaultdict(float)
            for label, _month, carrier, *_rest in of_month:
                by_carrier[carrier] += amounts[label]
            total = company.currency_id.round(sum(amounts.values()))
            record = self.create(
                {
                    "company_id": company.id,
                    "month": month,
                    "kind": kind,
                    "amount": total,
                    "parcels": len(amounts),
                }
            )
            if not company.currency_id.is_zero(total):
                record.move_id = record._make_move(by_carrier)
            self.env.cr.execute(_keep(kind, record.id, amounts))
        self.env["shipping.label"].invalidate_model(
            ["accrual_id", "settlement_id", "accrued_amount"]
        )

    @api.model
    def _to_company(self, company, amount, currency_id, day):
        currency = self.env["res.currency"].browse(currency_id)
        return currency._convert(float(amount), company.currency_id, company, day)

    def _make_move(self, by_carrier):
        """The journal entry, posted: an expense line for each carrier against accrued freight."""
        self.ensure_one()
        company = self.company_id
        journal, expense, accrued = company._get_freight_accounts()
        sign = 1 if self.kind == "accrue" else -1
        carriers = self.env["delivery.carrier"].with_context(active_test=False)
        lines = [
            {
                "name": carriers.browse(carrier).name,
                "account_id": expense.id,
                "balance": sign * company.currency_id.round(amount),
            }
            for carrier, amount in sorted(by_carrier.items())
        ]
        balance = -sum(line["balance"] for line in lines)
        words = self._get_words()
        lines.append(
            {"name": words, "account_id": accrued.id, "balance": company.currency_id.round(balance)}
        )
        last = date_utils.end_of(self.month, "month")
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "company_id": company.id,
                "journal_id": journal.id,
                "date": min(last, max(fields.Date.context_today(self), self.month)),
                "ref": words,
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        move.action_post()
        return move

    def _get_words(self):
        month = format_date(self.env, self.month, date_format="MMMM yyyy")
        if self.kind == "accrue":
            return self.env._(
                "Freight not billed yet, %(month)s (%(count)s parcels)",
                month=month,
                count=self.parcels,
            )
        return self.env._(
            "Freight accrued, now billed or void, %(month)s (%(count)s parcels)",
            month=month,
            count=self.parcels,
        )


class ResCompany(models.Model):
    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    freight_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of Freight Accruals",
        domain=[("type", "=", "general")],
        check_company=True,
        help="Empty: freight isn't accrued.",
    )
    freight_expense_account_id = fields.Many2one(
        "account.account", string="Freight Expense", check_company=True
    )
    freight_accrual_account_id = fields.Many2one(
        "account.account",
        string="Accrued Freight",
        check_company=True,
        help="A current liability: freight used and not billed yet.",
    )

    freight_accrual_from = fields.Date(
        string="Accrued From",
        default=lambda self: date_utils.start_of(fields.Date.context_today(self), "month"),
        help="Parcels that left before this day aren't accrued.",
    )

    def _get_freight_accounts(self):
        """Journal, expense and liability account; None unless all are chosen."""
        self.ensure_one()
        chosen = (
            self.freight_journal_id,
            self.freight_expense_account_id,
            self.freight_accrual_account_id,
        )
        return chosen if all(chosen) else None


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_journal_id = fields.Many2one(related="company_id.freight_journal_id", readonly=False)
    freight_expense_account_id = fields.Many2one(
        related="company_id.freight_expense_account_id", readonly=False
    )
    freight_accrual_account_id = fields.Many2one(
        related="company_id.freight_accrual_account_id", readonly=False
    )
    freight_accrual_from = fields.Date(related="company_id.freight_accrual_from", readonly=False)


def _billed():
    """SQL: an audited bill asks, rightly, for label ``l``."""
    return SQL(
        """SELECT i.date FROM shipping_invoice_line b
             JOIN shipping_invoice i ON i.id = b.invoice_id
            WHERE b.label_id = l.id AND i.state IN ('audited', 'closed')
              AND b.finding NOT IN %s ORDER BY i.date LIMIT 1""",
        NOT_OWED,
    )


def _to_accrue(company, before):
    """Labels whose parcels left before a day, whose freight nobody billed or accrued yet."""
    zone = company.partner_id.tz or "UTC"
    since = company.freight_accrual_from or datetime.date.min
    left = SQL("timezone(%s, timezone('UTC', p.date_done))", zone)
    return SQL(
        """SELECT l.id, date_trunc('month', %(left)s)::date, l.carrier_id, l.cost, l.currency_id,
                  (%(left)s)::date
             FROM shipping_label l JOIN stock_picking p ON p.id = l.picking_id
            WHERE l.company_id = %(company)s AND l.state = 'bought' AND p.state = 'done'
              AND %(left)s >= %(since)s AND %(left)s < %(before)s
              AND l.accrual_id IS NULL AND l.cost > 0
              AND (l.is_return IS NOT TRUE OR l.return_id IS NOT NULL
                   OR COALESCE(l.track_status, 'label_created') != 'label_created')
              AND NOT EXISTS (%(billed)s)
            ORDER BY l.id LIMIT %(most)s FOR UPDATE OF l SKIP LOCKED""",
        left=left,
        company=company.id,
        since=datetime.datetime.combine(since, datetime.time.min),
        before=datetime.datetime.combine(before, datetime.time.min),
        billed=_billed(),
        most=AT_ONCE,
    )


def _to_settle(company):
    """Accrued labels that were billed or voided since, by the month of that."""
    return SQL(
        """SELECT l.id, date_trunc('month', COALESCE(bill.date, l.date_voided))::date,
                  l.carrier_id, l.accrued_amount, c.currency_id,
                  COALESCE(bill.date, l.date_voided::date)
             FROM shipping_label l JOIN res_company c ON c.id = l.company_id
             LEFT JOIN LATERAL (%(billed)s) bill ON true
            WHERE l.company_id = %(company)s AND l.accrual_id IS NOT NULL
              AND l.settlement_id IS NULL
              AND (bill.date IS NOT NULL OR (l.state = 'voided' AND l.date_voided IS NOT NULL))
            ORDER BY l.id LIMIT %(most)s FOR UPDATE OF l SKIP LOCKED""",
        company=company.id,
        billed=_billed(),
        most=AT_ONCE,
    )


def _keep(kind, record_id, amounts):
    """Note on labels in which entry they are, all in one statement."""
    labels, values = list(amounts), list(amounts.values())
    if kind == "settle":
        return SQL(
            "UPDATE shipping_label SET settlement_id = %s WHERE id = ANY(%s)", record_id, labels
        )
    return SQL(
        """UPDATE shipping_label l SET accrual_id = %s, accrued_amount = n.amount
             FROM unnest(%s, %s::float[]) AS n(id, amount) WHERE l.id = n.id""",
        record_id,
        labels,
        values,
    )

import base64
import io
from datetime import timedelta

import xlsxwriter
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine import treasury

MONTHS = 12


class OrderTreasuryMonth(models.Model):
    """One month of one company: what was earned, billed and is owed, and how fast it is paid."""

    _name = "order.treasury.month"
    _description = "Treasury by Month"
    _order = "month desc, id"
    _rec_name = "month"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    recognised = fields.Monetary(
        readonly=True, help="Goods of orders that left, services as billed, without taxes."
    )
    billed = fields.Monetary(
        readonly=True, help="Invoices of orders less credit notes, without taxes."
    )
    deferred = fields.Monetary(
        readonly=True,
        aggregator=None,
        help="Billed, but not shipped by the month's end.",
    )
    unbilled = fields.Monetary(
        readonly=True,
        aggregator=None,
        help="Shipped, but not billed by the month's end.",
    )
    sales = fields.Monetary(
        string="Credit Sales", readonly=True, help="Invoices less credit notes, with taxes."
    )
    receivable = fields.Monetary(
        string="Receivables", readonly=True, aggregator=None, help="At the month's end."
    )
    dso = fields.Float(
        string="DSO",
        readonly=True,
        aggregator="avg",
        help="Days sales outstanding: receivables / credit sales of 3 months × their days.",
    )
    dso_count_back = fields.Float(
        string="DSO, Count-Back",
        readonly=True,
        aggregator="avg",
        help="Days of the newest sales the receivables at the month's end are worth.",
    )

    _company_month_uniq = models.Constraint(
        "UNIQUE (company_id, month)", "A month is kept once in a company."
    )

    # === ACTION === #

    @api.model
    def action_refresh(self):
        """Compute the last twelve months of the user's companies anew, and show them."""
        if not self.env.user.has_group("order_processing.group_order_accountant"):
            raise AccessError(self.env._("Ask an accountant to compute the months."))
        # sudo: months are computed, not entered; the group was checked.
        self.sudo()._refresh(self.env.companies)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_treasury_month_action"
        )

    @api.model
    def action_export(self):
        """Receivables, the newest forecast and the months as one workbook."""
        self.check_access("read")
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"treasury-{fields.Date.context_today(self)}.xlsx",
                "datas": base64.b64encode(self._export_workbook()),
                "mimetype": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def _export_workbook(self):
        """The workbook's bytes; each sheet has what the user may read."""
        mine = [("company_id", "in", self.env.companies.ids)]
        newest = self.env["order.treasury.forecast"].search(mine, limit=1).date
        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
            self._write_sheet(
                book,
                self.env._("Receivables"),
                self.env["order.treasury.receivable"].search(mine),
                ("partner_id", "move_id", "date", "date_maturity", "days_overdue", "bucket")
                + ("risk", "delay", "amount", "overdue"),
            )
            self._write_sheet(
                book,
                self.env._("Forecast"),
                self.env["order.treasury.week"].search([("date", "=", newest)], order="week"),
                ("week", "receivable", "unbilled", "order", "payout", "transit")
                + ("expected", "balance"),
            )
            self._write_sheet(
                book,
                self.env._("Months"),
                self.search(mine, order="month"),
                ("month", "recognised", "billed", "deferred", "unbilled", "sales", "receivable")
                + ("dso", "dso_count_back"),
            )
        return stream.getvalue()

    @staticmethod
    def _write_sheet(book, title, records, names):
        """One sheet: the labels of fields, and a row per record."""
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        labels = [records._fields[name]._description_string(records.env) for name in names]
        sheet.write_row(0, 0, labels, bold)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(names) - 1, 16)
        for row, record in enumerate(records, start=1):
            for column, name in enumerate(names):
                field, value = records._fields[name], record[name]
                if field.type == "date":
                    if value:
                        sheet.write_datetime(row, column, fields.Datetime.to_datetime(value), day)
                elif field.type == "many2one":
                    sheet.write_string(row, column, value.display_name or "")
                elif field.type == "selection":
                    labels = dict(field._description_selection(records.env))
                    sheet.write_string(row, column, labels.get(value, ""))
                else:
                    sheet.write_number(row, column, value or 0)

    # === BUSINESS === #

    @api.model
    def _refresh(self, companies):
        """Compute the last :data:`MONTHS` months of each company, the current one included."""
        first = fields.Date.context_today(self).replace(day=1)
        months = [first - relativedelta(months=number) for number in range(MONTHS - 1, -1, -1)]
        for company in companies:
            known = {
                record.month: record
                for record in self.search(
                    [("company_id", "=", company.id), ("month", "in", months)]
                )
            }
            rows = self._compute_months(company, months)
            for month, values in rows.items():
                if month in known:
                    known[month].write(values)
            self.create(
                [
                    {"company_id": company.id, "month": month, **values}
                    for month, values in rows.items()
                    if month not in known
                ]
            )

    @api.model
    def _compute_months(self, company, months):
        """Values of each month: dict month → values."""
        earned = treasury.revenue(self._gather_revenue(company), months)
        sales, receivables = self._gather_receivables(company, months)
        today = fields.Date.context_today(self)
        result = {}
        for month in months:
            recognised, billed, deferred, unbilled = earned[month]
            back = [month - relativedelta(months=number) for number in range(MONTHS)]
            lengths = [
                (min(each + relativedelta(months=1) - timedelta(days=1), today) - each).days + 1
                for each in back
            ]
            newest = [
                (sales.get(each, 0.0), days) for each, days in zip(back, lengths, strict=True)
            ]
            owed = receivables[month]
            quarter = newest[:3]
            result[month] = {
                "recognised": recognised,
                "billed": billed,
                "deferred": deferred,
                "unbilled": unbilled,
                "sales": sales.get(month, 0.0),
                "receivable": owed,
                "dso": treasury.dso_simple(
                    owed, sum(each for each, _days in quarter), sum(days for _each, days in quarter)
                )
                or 0.0,
                "dso_count_back": treasury.dso_count_back(owed, newest) or 0.0,
            }
        return result

    @api.model
    def _gather_revenue(self, company):
        """What left and what was billed of each order line by month, in company currency.

        Goods are earned when they leave (and unearned when they come back), services when they
        are billed. Down payments are billed without anything leaving: they stay deferred until
        the last invoice takes them off.
        """
        for model in ("stock.move", "account.move.line", "account.move", "sale.order.line"):
            self.env[model].flush_model()
        return [
            (line, month, float(shipped), float(billed))
            for line, month, shipped, billed in self.env.execute_query(
                SQL(
                    """
        SELECT line, month, SUM(shipped), SUM(billed) FROM (
            SELECT line.id AS line, DATE_TRUNC('month', move.date)::date AS month,
                   CASE WHEN target.usage = 'customer' THEN 1 ELSE -1 END
                   * move.quantity * moved_in.factor / unit.factor
                   * line.price_subtotal / line.product_uom_qty
                   / COALESCE(NULLIF(sale.currency_rate, 0), 1) AS shipped, 0 AS billed
              FROM stock_move move
              JOIN sale_order_line line ON line.id = move.sale_line_id
                   AND line.product_uom_qty > 0 AND line.product_id = move.product_id
              JOIN sale_order sale ON sale.id = line.order_id
              JOIN uom_uom unit ON unit.id = line.product_uom_id
              JOIN uom_uom moved_in ON moved_in.id = move.product_uom
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location target ON target.id = move.location_dest_id
             WHERE move.state = 'done' AND sale.company_id = %(company)s
               AND (source.usage = 'customer') != (target.usage = 'customer')
         UNION ALL
            SELECT line.id, DATE_TRUNC('month', move.date)::date,
                   CASE WHEN template.type = 'consu' OR line.is_downpayment THEN 0
                        ELSE -item.balance END, -item.balance
              FROM account_move_line item
              JOIN account_move move ON move.id = item.move_id AND move.state = 'posted'
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id
              JOIN sale_order_line line ON line.id = rel.order_line_id
         LEFT JOIN product_product product ON product.id = line.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE item.company_id = %(company)s
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')) each
     GROUP BY line, month""",
                    company=company.id,
                )
            )
        ]

    @api.model
    def _gather_receivables(self, company, months):
        """``(credit sales by month, receivables at each month's end)``, in company currency."""
        sales = {
            month: float(amount)
            for month, amount in self.env.execute_query(
                SQL(
                    """SELECT DATE_TRUNC('month', COALESCE(invoice_date, date))::date,
                              SUM(amount_total_signed)
                         FROM account_move
                        WHERE state = 'posted' AND company_id = %s
                          AND move_type IN ('out_invoice', 'out_refund')
                     GROUP BY 1""",
                    company.id,
                )
            )
        }
        changes = self.env.execute_query(
            SQL(
                """SELECT DATE_TRUNC('month', item.date)::date, SUM(item.balance)
                     FROM account_move_line item
                     JOIN account_account account ON account.id = item.account_id
                          AND account.account_type = 'asset_receivable'
                    WHERE item.parent_state = 'posted' AND item.company_id = %s
                 GROUP BY 1""",
                company.id,
            )
        )
        receivables = {
            month: sum(float(amount) for each, amount in changes if each <= month)
            for month in months
        }
        return sales, receivables

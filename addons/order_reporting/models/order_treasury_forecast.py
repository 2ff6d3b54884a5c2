from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL


class OrderTreasuryForecast(models.Model):
    _inherit = "order.treasury.forecast"

    @api.model
    def _gather_expected_sales(self, company, today):
        """The forecast of sales by week, each paid as long after as half of the orders are.

        Only whole weeks to come: the current one has orders already, which are expected anyway.
        """
        pairs = super()._gather_expected_sales(company, today)
        [[days]] = self.env.execute_query(
            SQL(
                """
                SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY hours_order_to_cash) / 24
                  FROM order_fact
                 WHERE company_id = %s AND date_paid >= %s::date - 365
                   AND hours_order_to_cash IS NOT NULL
                """,
                company.id,
                today,
            )
        )
        if days is None:
            return pairs  # nobody has paid yet: nothing says when they will
        # sudo: called with the rights of whoever takes the forecast, an accountant or the night.
        forecasts = (
            self.env["order.forecast"]
            .sudo()
            .search([("kind", "=", "sales"), ("company_id", "=", company.id), ("date", ">", today)])
        )
        # The middle of the week they are ordered in.
        wait = timedelta(days=3 + round(days))
        return pairs + [(forecast.date + wait, forecast.expected) for forecast in forecasts]

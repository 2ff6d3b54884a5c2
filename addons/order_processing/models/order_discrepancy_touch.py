from odoo import api, fields, models
from odoo.tools import SQL

PENDING = "order_processing.discrepancy"


class OrderDiscrepancyTouch(models.Model):
    """A note that an order's documents changed: only added, so that nobody waits for anybody."""

    _name = "order.discrepancy.touch"
    _description = "Order to Compare"
    _order = "id"
    _log_access = False

    order_id = fields.Many2one("sale.order", required=True, index=True, ondelete="cascade")

    @api.model
    def _touch(self, orders):
        """Have these orders compared soon after this transaction is committed."""
        if not orders.ids:
            return
        data = self.env.cr.precommit.data
        if PENDING not in data:
            data[PENDING] = set()
            self.env.cr.precommit.add(self.sudo()._write_touches)
        data[PENDING].update(orders.ids)

    @api.model
    def _write_touches(self):
        """Note the orders that were touched, and wake the scheduled action."""
        ids = self.env.cr.precommit.data.pop(PENDING, set())
        if not ids:
            return
        self.env["sale.order"].flush_model(["state"])
        self.env.cr.execute(
            SQL(
                """INSERT INTO order_discrepancy_touch (order_id)
                        SELECT id FROM sale_order
                         WHERE id = ANY(%s) AND state IN ('sale', 'cancel')""",
                sorted(ids),
            )
        )
        cron = self.env.ref(
            "order_processing.cron_order_discrepancy_compare", raise_if_not_found=False
        )
        if cron:
            cron._trigger()

    @api.model
    def _take(self, count):
        """The oldest notes nobody else is working on.

        :return: ``(orders, notes)``, the notes locked
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT id, order_id FROM order_discrepancy_touch
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
                count,
            )
        )
        orders = self.env["sale.order"].browse({order for _id, order in rows})
        return orders.exists(), self.browse([each for each, _order in rows])

    @api.model
    def _touch_due(self):
        """Note orders with discrepancies, and those that left unbilled within the last 100 days."""
        self.env["sale.order"].flush_model(["state", "invoice_status"])
        self.env["order.discrepancy"].flush_model(["state"])
        self.env.cr.execute(
            SQL(
                """INSERT INTO order_discrepancy_touch (order_id)
                   SELECT order_id FROM order_discrepancy
                    WHERE state IN ('open', 'ignored')
                    UNION
                   SELECT id FROM sale_order
                    WHERE state = 'sale' AND invoice_status = 'to invoice'
                      AND write_date > NOW() AT TIME ZONE 'UTC' - INTERVAL '100 days'"""
            )
        )

import datetime

from odoo import api, fields, models
from odoo.tools import SQL


class OrderPortalRate(models.Model):
    """How often an address or a link tried something: shared by all workers of a database."""

    _name = "order.portal.rate"
    _description = "Requests of the Customers' Pages"

    key = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, help="Start of the counted time.")
    count = fields.Integer(readonly=True)

    _key_uniq = models.Constraint("UNIQUE (key)", "Each caller is counted once.")

    @api.model
    def _take(self, key, limit, seconds):
        """Count a request, and tell whether it is within the limit.

        :param str key: who asks for what
        :param int limit: requests within ``seconds``
        :return: True if it may go on
        """
        self.flush_model()
        now = fields.Datetime.now()
        start = now - datetime.timedelta(seconds=seconds)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO order_portal_rate (key, date, count) VALUES (%(key)s, %(now)s, 1)
                ON CONFLICT (key) DO UPDATE
                   SET count = CASE WHEN order_portal_rate.date < %(start)s THEN 1
                                    ELSE order_portal_rate.count + 1 END,
                       date = CASE WHEN order_portal_rate.date < %(start)s THEN %(now)s
                                   ELSE order_portal_rate.date END
                RETURNING count
                """,
                key=key,
                now=now,
                start=start,
            )
        )
        self.invalidate_model()
        return rows[0][0] <= limit

    @api.model
    def _is_over(self, key, limit, seconds):
        """Whether a limit is used up, without counting; see :meth:`_take`."""
        since = fields.Datetime.now() - datetime.timedelta(seconds=seconds)
        domain = [("key", "=", key), ("date", ">=", since), ("count", ">=", limit)]
        return bool(self.search_count(domain, limit=1))

    @api.autovacuum
    def _gc_counts(self):
        """Forget counts of yesterday."""
        yesterday = fields.Datetime.now() - datetime.timedelta(days=1)
        self.search([("date", "<", yesterday)]).unlink()

from odoo import api, fields, models

#: Clocks of the application and of the database may differ by this much.
CLOCK_SKEW_SECONDS = 60


class OrderFactSweep(models.Model):
    """How far the refresh of facts has come: a single row.

    A sweep takes the orders that changed since ``since``, in order of id. ``horizon`` is fixed when
    it starts and becomes ``since`` when it ends; ``after_order`` lets the next run of the cron
    continue a sweep that ran out of time. (A system parameter would do, but writing one every few
    minutes would clear the caches of every worker.)

    The horizon is the start of the oldest transaction still open: what such a transaction writes
    carries its start time and may become visible only after our next look. So nothing that commits
    late is missed, however long it took.
    """

    _name = "order.fact.sweep"
    _description = "Order Fact Refresh"
    _log_access = False

    since = fields.Datetime()
    horizon = fields.Datetime()
    after_order = fields.Integer()

    @api.model
    def _current(self):
        """The single row, created when it is missing."""
        return self.search([], limit=1) or self.create({})

    @api.model
    def _get_horizon(self):
        """UTC moment before which every write is committed and visible."""
        self.env.cr.execute(
            """
            SELECT date_trunc('second', (
                LEAST(now(), MIN(xact_start)) - make_interval(secs => %s)
            ) AT TIME ZONE 'UTC')
              FROM pg_stat_activity
             WHERE datname = current_database()
               AND xact_start IS NOT NULL
               AND pid != pg_backend_pid()
            """,
            [CLOCK_SKEW_SECONDS],
        )
        [[moment]] = self.env.cr.fetchall()
        return moment

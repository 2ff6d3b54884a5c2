from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import hashchain


class OrderEventHead(models.Model):
    """Number and hash of the last event of a company's own log, as orders keep those of theirs."""

    _name = "order.event.head"
    _description = "Head of a Company's Log"
    _rec_name = "company_id"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    sequence = fields.Integer(readonly=True, help="Number of the last event.")
    hash = fields.Char(readonly=True, help="Hash of the last event.")

    _company_uniq = models.Constraint("UNIQUE (company_id)", "A company has one log.")

    @api.model
    def _lock(self, companies):
        """Lock the logs of ``companies``: dict company id → (number, hash) of the last event."""
        for company in companies:
            self.env.cr.execute(
                "INSERT INTO order_event_head (company_id, sequence) VALUES (%s, 0)"
                " ON CONFLICT (company_id) DO NOTHING",
                [company.id],
                log_exceptions=False,  # two appends at once: one is repeated by the framework
            )
        self.env.cr.execute(
            "SELECT company_id, sequence, hash FROM order_event_head WHERE company_id IN %s"
            " ORDER BY company_id FOR UPDATE",
            [tuple(companies.ids)],
            log_exceptions=False,
        )
        return {
            company_id: (sequence, last or hashchain.GENESIS)
            for company_id, sequence, last in self.env.cr.fetchall()
        }

    @api.model
    def _store(self, heads):
        """Write what :meth:`_lock` read back, moved on."""
        values = SQL(", ").join(SQL("(%s, %s, %s)", key, *head) for key, head in heads.items())
        self.env.cr.execute(
            SQL(
                "UPDATE order_event_head SET sequence = head.sequence, hash = head.hash"
                " FROM (VALUES %s) AS head (company_id, sequence, hash)"
                " WHERE order_event_head.company_id = head.company_id",
                values,
            )
        )
        self.env["order.event.head"].invalidate_model(flush=False)

import datetime
import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
#: After so many failures in a row a carrier isn't asked for a while.
FAILURES = 5
OPEN_SECONDS = 60
#: An answer of a carrier that is well is noted again after so long.
NOTED_SECONDS = 60


class ShippingCarrierHealth(models.Model):
    """How a carrier's interface is doing: the circuit breaker all workers share."""

    _name = "shipping.carrier.health"
    _description = "Carrier's Interface"
    _rec_name = "carrier_id"

    carrier_id = fields.Many2one(
        "delivery.carrier", required=True, ondelete="cascade", readonly=True, index=True
    )
    company_id = fields.Many2one(related="carrier_id.company_id", store=True)
    failures = fields.Integer(readonly=True, help="In a row, since it last answered.")
    open_until = fields.Datetime(
        string="Not Asked Until", readonly=True, help="It failed too often to be waited for."
    )
    last_error = fields.Char(readonly=True)
    date_answered = fields.Datetime(string="Last Answer", readonly=True)

    _carrier_uniq = models.Constraint("UNIQUE (carrier_id)", "A carrier has one state.")

    @api.model
    def _get_closed(self, carriers):
        """Those of ``carriers`` that aren't to be asked now."""
        health = self.sudo().search(  # sudo: packers needn't read it to be kept waiting less
            [("carrier_id", "in", carriers.ids), ("open_until", ">", fields.Datetime.now())]
        )
        return health.carrier_id

    @api.model
    def _note(self, results):
        """Note answers and failures, whatever becomes of the caller's transaction.

        :param dict results: of carrier to the last error, "" where it answered
        """
        recent = fields.Datetime.now() - datetime.timedelta(seconds=NOTED_SECONDS)
        known = self.sudo().search(  # sudo: as in _get_closed
            [
                ("carrier_id", "in", [carrier.id for carrier in results]),
                ("failures", "=", 0),
                ("date_answered", ">", recent),
            ]
        )
        news = {c: error for c, error in results.items() if error or c not in known.carrier_id}
        if not news:
            return
        try:
            with self.env["shipping.label"]._own_transaction() as env:
                for carrier, error in news.items():
                    env.cr.execute(_upsert(carrier.id, carrier.company_id.id or None, error))
        except OperationalError as error:
            # Somebody else notes the same carrier just now: theirs is as good as ours.
            _logger.info("Health of carriers not noted: %s", type(error).__name__)
        self.invalidate_model()


def _upsert(carrier_id, company_id, error):
    failed = 1 if error else 0
    return SQL(
        """
        INSERT INTO shipping_carrier_health
            (carrier_id, company_id, failures, last_error, date_answered, create_date, write_date)
        VALUES (%(carrier)s, %(company)s, %(failed)s, %(error)s,
            CASE WHEN %(failed)s = 0 THEN now() AT TIME ZONE 'UTC' END,
            now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
        ON CONFLICT (carrier_id) DO UPDATE SET
            failures = CASE WHEN %(failed)s = 0 THEN 0
                ELSE shipping_carrier_health.failures + 1 END,
            last_error = COALESCE(EXCLUDED.last_error, shipping_carrier_health.last_error),
            date_answered = COALESCE(EXCLUDED.date_answered, shipping_carrier_health.date_answered),
            open_until = CASE
                WHEN %(failed)s = 0 THEN NULL
                WHEN shipping_carrier_health.failures + 1 >= %(limit)s
                THEN now() AT TIME ZONE 'UTC' + %(seconds)s * interval '1 second'
                ELSE shipping_carrier_health.open_until END,
            write_date = now() AT TIME ZONE 'UTC'
        """,
        carrier=carrier_id,
        company=company_id,
        failed=failed,
        error=error or None,
        limit=FAILURES,
        seconds=OPEN_SECONDS,
    )

import hashlib
from datetime import timedelta

from psycopg2 import errorcodes, errors

from odoo import api, fields, models

from ..quiet import expected_conflict

#: How long a key is remembered. The documents themselves are recognised forever.
KEPT = timedelta(days=90)


class KeyRace(errors.SerializationFailure):
    """Another request with the same key was taken in at this moment.

    Odoo repeats a request that fails with this class; see ``IntakeRace``.
    """

    pgcode = errorcodes.SERIALIZATION_FAILURE


class OrderIntakeKey(models.Model):
    """A request that its sender named: the same name again gets the first answer again.

    Documents are recognised by what is in them, too; the key also catches one that is used for
    two different documents. See draft-ietf-httpapi-idempotency-key-header.
    """

    _name = "order.intake.key"
    _description = "Order Request Key"
    _order = "id desc"

    name = fields.Char(string="Key", required=True, readonly=True)
    channel_id = fields.Many2one(
        "order.channel", required=True, readonly=True, index=True, ondelete="cascade"
    )
    body_sha256 = fields.Char(string="SHA-256", required=True, readonly=True)
    intake_ids = fields.Many2many("order.intake", string="Documents", readonly=True)

    _name_uniq = models.UniqueIndex(
        "(channel_id, name)", "A request with this key was taken in before."
    )

    @api.model
    def _find(self, channel, key):
        """The request of ``channel`` that had ``key``, if there was one."""
        return self.search([("channel_id", "=", channel.id), ("name", "=", key)], limit=1)

    def _is_of(self, payload):
        """Tell whether this request had ``payload`` as its body."""
        self.ensure_one()
        return self.body_sha256 == hashlib.sha256(payload).hexdigest()

    @api.model
    def _remember(self, channel, key, payload, intakes):
        """Keep a request's key.

        :raise KeyRace: the same key came at this moment; repeated, it finds the other's request
        """
        try:
            with expected_conflict(), self.env.cr.savepoint():
                return self.create(
                    {
                        "name": key,
                        "channel_id": channel.id,
                        "body_sha256": hashlib.sha256(payload).hexdigest(),
                        "intake_ids": intakes.ids,
                    }
                )
        except errors.UniqueViolation as error:
            raise KeyRace from error

    @api.autovacuum
    def _gc_keys(self):
        self.search([("create_date", "<", fields.Datetime.now() - KEPT)], limit=10_000).unlink()

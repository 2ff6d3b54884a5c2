import hashlib
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models

#: How long keys are kept: longer than any transaction that may still not see the customer.
KEPT = timedelta(days=1)


class OrderCustomerKey(models.Model):
    """What a customer who is just being created will be found by, so that he is created once.

    Two jobs, or two requests, that take in the first orders of a customer don't see what the other
    creates. Each inserts the customer's keys first. The second waits for the first, and PostgreSQL
    then refuses its outdated view; it is run again, and finds the customer. A job asks before, and
    leaves the documents of such customers to a later one.
    """

    _name = "order.customer.key"
    _description = "Key of a New Customer"

    name = fields.Char(string="SHA-256", required=True, readonly=True, help="Of the key.")

    _name_uniq = models.Constraint("UNIQUE (name)", "This customer is being created already.")

    @api.model
    def _claim(self, keys):
        """Be the only transaction that creates the customers of these keys.

        :param keys: see ``engine.intake.customers.Who``
        :raise psycopg2.errors.SerializationFailure: another one just did; run again to see them
        """
        if names := sorted(map(self._digest, set(keys))):
            # What was claimed before and is seen, perhaps of a contact deleted since, is no rival.
            self.env.cr.execute(
                "INSERT INTO order_customer_key (name, create_date)"
                " SELECT name, now() AT TIME ZONE 'UTC' FROM unnest(%s) AS name"
                " ON CONFLICT (name) DO NOTHING",
                [names],
                log_exceptions=False,  # it is repeated
            )

    @api.model
    def _try_claim(self, keys):
        """Claim keys without waiting for anybody.

        :param keys: set of keys as in :meth:`_claim`
        :return: those of which another transaction creates the customer now, or just did
        """
        digests = {self._digest(key): key for key in keys}
        if not digests:
            return set()
        # Until the end of the transaction; none for the keys that are somebody else's.
        self.env.cr.execute(
            "SELECT name FROM unnest(%s) AS name"
            " WHERE NOT pg_try_advisory_xact_lock(hashtextextended('order.customer.key', 0)"
            " # hashtextextended(name, 0))",
            [sorted(digests)],
        )
        rivals = {digests[name] for (name,) in self.env.cr.fetchall()}
        try:
            with self.env.cr.savepoint(flush=False):
                self._claim(keys - rivals)
        except SerializationFailure:
            # One of them was created after this transaction began; it can't be told which.
            return keys
        return rivals

    @staticmethod
    def _digest(key):
        return hashlib.sha256(repr(key).encode()).hexdigest()

    @api.autovacuum
    def _gc_keys(self):
        self.search([("create_date", "<", fields.Datetime.now() - KEPT)], limit=10_000).unlink()

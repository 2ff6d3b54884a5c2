import hashlib
from datetime import timedelta

from odoo import api, fields, models

#: How long keys are kept: longer than any transaction that may still not see the customer.
KEPT = timedelta(days=1)


class OrderCustomerKey(models.Model):
    """What a customer who is just being created will be found by, so that he is created once.

    Two jobs, or two requests, that take in the first orders of a customer don't see what the other
    creates. Each inserts the customer's keys first. The second waits for the first, and PostgreSQL
    then refuses its outdated view; it is run again, and finds the customer.
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
        names = sorted({hashlib.sha256(repr(key).encode()).hexdigest() for key in keys})
        if names:
            # What was claimed before and is seen, perhaps of a contact deleted since, is no rival.
            self.env.cr.execute(
                "INSERT INTO order_customer_key (name, create_date)"
                " SELECT name, now() AT TIME ZONE 'UTC' FROM unnest(%s) AS name"
                " ON CONFLICT (name) DO NOTHING",
                [names],
                log_exceptions=False,  # it is repeated
            )

    @api.autovacuum
    def _gc_keys(self):
        self.search([("create_date", "<", fields.Datetime.now() - KEPT)], limit=10_000).unlink()

from contextlib import contextmanager

from odoo import models

from ..bulk import write_rows

#: What taxes change in the lines they are computed from.
TAXED = {"tax_tag_ids", "amount_currency", "balance"}


class BulkLines:
    """In the context as ``bulk_lines``: lines of new invoices and what is to be written of them."""

    def __init__(self):
        self.rows = {}
        self.gathers = False


class AccountMove(models.Model):
    """Lines of many new invoices get their amounts together.

    Odoo writes them one by one, each time followed by everything that depends on a line: a fifth of
    what an invoice costs.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    @contextmanager
    def _sync_tax_lines(self, container):
        bulk = self.env.context.get("bulk_lines")
        with super()._sync_tax_lines(container):
            yield
            if bulk:
                bulk.gathers = True
        if bulk:
            bulk.gathers = False
            rows, bulk.rows = bulk.rows, {}
            write_rows(rows)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        """Keep what ``_sync_tax_lines`` writes for the end of it.

        The inverse of ``amount_currency`` has nothing to do: both amounts are given. What Odoo
        checks of items that are posted, locked or reconciled doesn't concern new ones.
        """
        bulk = self.env.context.get("bulk_lines")
        if not bulk or not bulk.gathers or set(vals) != TAXED:
            return super().write(vals)
        for line in self:
            bulk.rows[line] = vals
        return True

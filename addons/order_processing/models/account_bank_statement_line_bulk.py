from odoo import api, models

from ..bulk import write_rows

#: What Odoo writes in the entry of each line it has just created.
LINKED = {"statement_line_id", "narration", "name"}


class BulkEntries:
    """In the context as ``bulk_entries``: what is to be written in the entries of new lines."""

    def __init__(self):
        self.rows = {}
        self.protected = []

    def apply(self):
        """Write it in all entries together."""
        rows, protected, self.rows, self.protected = self.rows, self.protected, {}, []
        if rows:
            with next(iter(rows)).env.protecting(protected):
                write_rows(rows)


class AccountBankStatementLine(models.Model):
    """Many bank lines at once: their entries are written together.

    Odoo ties each new entry to its line by a ``write`` of its own, and once the items are made
    writes line by line what these say of them, which they were made from: four tenths of what a
    bank line costs.
    """

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.bank.statement.line"

    @api.model_create_multi
    def create(self, vals_list):
        """As one by one, written together."""
        bulk = BulkEntries() if len(vals_list) > 1 else None
        lines = super(AccountBankStatementLine, self.with_context(bulk_entries=bulk)).create(
            vals_list
        )
        return lines.with_env(self.env)

    def _synchronize_from_moves(self, changed_fields):
        lines = self
        if self.env.context.get("bulk_entries"):
            lines = self.filtered(lambda line: not line._is_as_its_entry())
        return super(AccountBankStatementLine, lines)._synchronize_from_moves(changed_fields)

    def _is_as_its_entry(self):
        """Whether the entry says what this line does: there is nothing to write in either."""
        self.ensure_one()
        liquidity, suspense, others = self._seek_for_lines()
        if len(liquidity) != 1 or len(suspense) != 1 or others or self.foreign_currency_id:
            return False
        journal = self.journal_id
        currency = journal.currency_id or journal.company_id.sudo().currency_id
        return (
            suspense.currency_id == liquidity.currency_id == currency == self.move_id.currency_id
            and liquidity.name == self.payment_ref
            and liquidity.partner_id == self.partner_id == self.move_id.partner_id
            and not currency.compare_amounts(liquidity.amount_currency, self.amount)
            and not self.amount_currency
        )


class AccountMove(models.Model):
    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    def write(self, vals):
        """Keep what ties new entries to their bank lines until their items are made."""
        bulk = self.env.context.get("bulk_entries")
        if not bulk or set(vals) != LINKED or vals["name"] or any(self.mapped("name")):
            return super().write(vals)
        values = {key: vals[key] for key in LINKED - {"name"}} | {"is_manually_modified": True}
        for move in self:
            bulk.rows[move] = values
            # What was given for the line isn't computed anew.
            held = [field for field in self._fields.values() if move in self.env.protected(field)]
            bulk.protected.append((held, move))
        return True


class AccountMoveLine(models.Model):
    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Tie new entries to their bank lines first."""
        bulk = self.env.context.get("bulk_entries")
        if bulk:
            bulk.apply()
        return super().create(vals_list)

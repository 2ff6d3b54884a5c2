from odoo import api, models

from ..engine import matching
from .account_bank_statement_line_facts import exact


class AccountPaymentFile(models.Model):
    """What matching reads of payment files: the bank may book one as one sum."""

    # One file per concern: pylint: disable=consider-merging-classes-inherited
    _inherit = "account.payment.file"

    @api.model
    def _gather_batches(self, bank_lines):
        """Payments the bank has and ``bank_lines`` of one company may book as sums, for the engine.

        :return: list of ``matching.Batch``: each file, and each of its batches
        """
        # sudo: whoever matches need not have rights on payment files.
        files = self.sudo().search(
            [("company_id", "=", bank_lines.company_id[:1].id), ("state", "=", "sent")]
        )
        found = []
        for record in files:
            lines = record.line_ids.filtered(lambda line: line.state == "open")
            parts = record.line_ids.grouped("batch")
            groups = [(lines, [record.name, record.message, *(parts if len(parts) == 1 else ())])]
            if len(parts) > 1:
                groups += [(lines & part, [batch]) for batch, part in parts.items() if batch]
            for members, names in groups:
                if members:
                    found.append(record._prepare_batch(members, filter(None, names)))
        return found

    def _prepare_batch(self, members, names):
        """Some of this file's payments as the engine takes them."""
        sign = 1 if self.kind == "debit" else -1
        return matching.Batch(
            id=self.id,
            scope=self.company_id.id,
            date=self.date,
            currency=self.currency_id.name,
            references=tuple(names),
            items=tuple(
                (line.item_id.id, sign * exact(line.amount, self.currency_id)) for line in members
            ),
        )


class AccountPaymentFileLine(models.Model):
    _inherit = "account.payment.file.line"

    @api.model
    def _get_references(self, items):
        """The end-to-end ids under which the bank collects or pays items: dict item id → list."""
        # sudo: whoever matches need not have rights on payment files.
        rows = self.sudo()._read_group(
            [("item_id", "in", items.ids), ("state", "=", "open")],
            ["item_id"],
            ["reference:array_agg"],
        )
        return {item.id: references for item, references in rows}

    @api.model
    def _get_settled(self, references):
        """Documents that payments with these end-to-end ids settled: dict move id → list of ids."""
        if not references:
            return {}
        # sudo: whoever matches need not have rights on payment files.
        rows = self.sudo()._read_group(
            [("reference", "in", list(references)), ("state", "=", "paid")],
            ["item_id"],
            ["reference:array_agg"],
        )
        return {item.move_id.id: ends for item, ends in rows}

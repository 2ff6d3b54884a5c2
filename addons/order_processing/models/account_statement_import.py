import logging

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine.statement import StatementError, ofx
from ..jobs import enqueue

_logger = logging.getLogger(__name__)

#: A shorter number could be a part of many accounts' numbers.
PARTIAL_NUMBER = 6


class AccountStatementImport(models.TransientModel):
    _inherit = "account.statement.import"

    # === ACTIONS === #

    def import_file_button(self):
        """Import, then show the new bank lines instead of their statements."""
        result = super().import_file_button()
        statements = result.get("params", {}).get("next") or result
        lines = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.account_bank_statement_line_action"
        )
        found = self.env["account.bank.statement"].search(statements.get("domain") or [(0, "=", 1)])
        lines["domain"] = [("statement_id", "in", found.ids)]
        lines["context"] = {}
        if statements is result:
            return lines
        result["params"]["next"] = lines
        return result

    # === BUSINESS === #

    def _parse_file(self, data_file):
        """Read OFX; leave any other format to the next in line.

        :return: list of (currency code, account number, statements' values)
        :raise UserError: a file that is OFX and can't be read, with the reason
        """
        if not ofx.is_ofx(data_file):
            return super()._parse_file(data_file)
        try:
            statements = ofx.read(data_file)
        except StatementError as error:
            raise UserError(self._get_statement_error(error)) from error
        if not any(statement.lines for statement in statements):
            raise UserError(
                self.env._(
                    "This file has no transactions (accounts in it: %(accounts)s).",
                    accounts=", ".join(statement.account for statement in statements),
                )
            )
        return [
            (statement.currency, statement.account, [self._prepare_statement_vals(statement)])
            for statement in statements
        ]

    @api.model
    def _prepare_statement_vals(self, statement):
        """Values of the framework for one statement read from a file."""
        vals = {
            "name": f"{statement.account} {statement.date or ''}".strip(),
            "date": statement.date,
            "transactions": [self._prepare_transaction_vals(line) for line in statement.lines],
        }
        if statement.balance is not None:
            total = sum(line.amount for line in statement.lines)
            vals["balance_start"] = float(statement.balance - total)
            vals["balance_end_real"] = float(statement.balance)
        return vals

    @api.model
    def _prepare_transaction_vals(self, line):
        parts = [line.name]
        if line.memo and line.memo != line.name:
            # Banks often repeat the cut name in full in the memo.
            parts = [line.memo] if line.name and line.memo.startswith(line.name) else parts
            parts += [line.memo] if line.memo not in parts else []
        label = " - ".join(part for part in parts if part)
        return {
            "payment_ref": label or line.reference or line.type or line.id,
            "ref": line.reference or False,
            "date": line.date,
            "amount": float(line.amount),
            "partner_name": line.name or False,
            "account_number": line.account or False,
            "transaction_type": line.type or False,
            "unique_import_id": line.key,
            "transaction_details": {"fitid": line.id, "name": line.name, "memo": line.memo},
        }

    @api.model
    def _get_statement_error(self, error):
        """Turn a :class:`StatementError` into a sentence that says what to do."""
        details = error.details
        messages = {
            "too_large": lambda: self.env._(
                "This file is larger than %(limit)s MB. Ask the bank for a shorter period.",
                **details,
            ),
            "too_many_lines": lambda: self.env._(
                "This file has more than %(limit)s transactions. Ask the bank for a shorter"
                " period.",
                **details,
            ),
            "encoding": lambda: self.env._(
                "This file says its text is in %(encoding)s, but it can't be read as that."
                " Download it again.",
                **details,
            ),
            "document_type": lambda: self.env._(
                "This file declares a document type or entities, which no bank does. It was"
                " refused for safety."
            ),
            "too_deep": lambda: self.env._(
                "This file is damaged: its elements are nested too deeply."
            ),
            "no_account": lambda: self.env._("This OFX file has no bank or card statement in it."),
            "no_number": lambda: self.env._("A statement in this file has no account number."),
            "no_currency": lambda: self.env._(
                "The statement of account %(account)s names no currency.", **details
            ),
            "line": lambda: self.env._(
                "Nothing was imported: %(count)s transaction(s) of account %(account)s can't be"
                ' read. The first is "%(line)s": %(detail)s. Download the file again or ask the'
                " bank.",
                **details,
            ),
            "line_currency": lambda: self.env._(
                "Nothing was imported: the transaction %(line)s of account %(account)s is stated"
                " in %(currency)s, not in the account's currency.",
                **details,
            ),
        }
        if error.code in messages:
            return messages[error.code]()
        return self.env._(
            "This OFX file is damaged and can't be read (%(detail)s). Download it again.",
            detail=details.get("detail", error.code),
        )

    @api.model
    def _match_journal(self, account_number, currency):
        """Find the journal of exactly this account; parts of numbers must leave no doubt.

        :raise UserError: no journal, several, or another one than the import started from
        """
        started_from = self.env["account.journal"].browse(self.env.context.get("journal_id"))
        number = sanitize_account_number(account_number or "")
        if not account_number:
            return super()._match_journal(account_number, currency)
        journals = self.env["account.journal"].search(
            [
                ("type", "in", ("bank", "credit")),
                ("company_id", "in", self.env.companies.ids),
                ("bank_account_id", "!=", False),
            ]
        )
        numbers = {
            journal: journal.bank_account_id.sanitized_acc_number or "" for journal in journals
        }
        found = journals.filtered(lambda journal: number and numbers[journal] == number)
        if not found and len(number) >= PARTIAL_NUMBER:
            found = journals.filtered(lambda journal: number in numbers[journal])
        if started_from in found:
            found = started_from
        if len(found) != 1 or (started_from and found != started_from):
            raise UserError(self._get_journal_error(account_number, found, started_from))
        journal_currency = found.currency_id or found.company_id.currency_id
        if journal_currency != currency:
            raise UserError(
                self.env._(
                    "The file is in %(currency)s, but journal %(journal)s is in"
                    " %(journal_currency)s. Nothing was imported.",
                    currency=currency.name,
                    journal=found.display_name,
                    journal_currency=journal_currency.name,
                )
            )
        return found

    @api.model
    def _get_journal_error(self, account_number, found, started_from):
        if len(found) > 1:
            return self.env._(
                "Account %(number)s fits several journals: %(journals)s. Start the import from"
                " the right journal on the accounting dashboard.",
                number=account_number,
                journals=", ".join(found.mapped("display_name")),
            )
        if not found:
            return self.env._(
                "No bank journal has account number %(number)s. Set it as Account Number on"
                " journal %(journal)s, if the file is of that account, and import again.",
                number=account_number,
                journal=started_from.display_name or self.env._("of that bank"),
            )
        return self.env._(
            "The file is of account %(number)s, which belongs to journal %(journal)s, not to"
            " %(started)s. Nothing was imported.",
            number=account_number,
            journal=found.display_name,
            started=started_from.display_name,
        )

    def _create_bank_statements(self, stmts_vals, result):
        """Import, and say so when a locked period made Odoo move a line's date."""
        wanted = {
            vals["unique_import_id"]: vals["date"]
            for statement in stmts_vals
            for vals in statement["transactions"]
            if vals.get("unique_import_id")
        }
        known = set(result["statement_ids"])
        answer = super()._create_bank_statements(stmts_vals, result)
        statements = self.env["account.bank.statement"].browse(
            [id_ for id_ in result["statement_ids"] if id_ not in known]
        )
        moved = statements.line_ids.filtered(
            lambda line: wanted.get(line.unique_import_id, line.date) != line.date
        )
        if moved:
            listed = ", ".join(
                f"{line.payment_ref} ({wanted[line.unique_import_id]} → {line.date})"
                for line in moved[:10]
            )
            result["notifications"].append(
                self.env._(
                    "%(count)s transactions lie in a locked period, so Odoo gave them a later"
                    " date: %(lines)s.",
                    count=len(moved),
                    lines=listed,
                )
            )
        return answer

    def _import_file(self):
        """Import, then have the new lines matched."""
        result = super()._import_file()
        statements = self.env["account.bank.statement"].browse(result["statement_ids"])
        try:
            with self.env.cr.savepoint():
                enqueue(
                    statements.line_ids,
                    "action_match",
                    description=self.env._("Match %(file)s", file=self.statement_filename or ""),
                )
        except UserError as error:
            # The lines are in; a person can match them from the list.
            _logger.info("Imported bank lines were not matched: %s", error)
            result["notifications"].append(
                self.env._("The new lines were not matched: %(error)s", error=error)
            )
        return result

import logging
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine.statement import StatementError, bai2, camt, mt940, ofx, qif
from ..jobs import enqueue
from .account_statement_messages import statement_message

_logger = logging.getLogger(__name__)

#: Formats that say which account they are of: how to recognise one, and its reader.
READERS = (
    (ofx.is_ofx, ofx.read),
    (camt.is_camt, camt.read),
    (mt940.is_mt940, mt940.read),
    (bai2.is_bai2, bai2.read),
)
#: A shorter number could be a part of many accounts' numbers.
PARTIAL_NUMBER = 6


class AccountStatementImport(models.TransientModel):
    _inherit = "account.statement.import"

    journal_id = fields.Many2one(
        "account.journal",
        string="Bank Account",
        domain="[('type', 'in', ('bank', 'credit', 'cash'))]",
        default=lambda self: self.env.context.get("journal_id"),
        help="Needed only for files that don't say which account they are of: QIF, CSV and XLSX.",
    )
    notes = fields.Text(readonly=True, help="What the user is told once the import is done.")

    # === ACTIONS === #

    def import_file_button(self):
        """Import, then show the new bank lines instead of their statements."""
        self = self._from_journal()
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
        """Read the formats of banks; leave any other to the next in line.

        :return: list of (currency code, account number, statements' values)
        :raise UserError: a file that is of a format we know and can't be read, with the reason
        """
        try:
            statements = self._read_statements(data_file)
        except StatementError as error:
            raise UserError(statement_message(self.env, error)) from error
        if statements is None:
            return super()._parse_file(data_file)
        if not any(statement.lines for statement in statements):
            raise UserError(
                self.env._(
                    "This file has no transactions (accounts in it: %(accounts)s).",
                    accounts=", ".join(statement.account for statement in statements)
                    or self.env._("not named"),
                )
            )
        self._note_what_is_odd(statements)
        return [
            (statement.currency, statement.account, [self._prepare_statement_vals(statement)])
            for statement in statements
        ]

    def _read_statements(self, data_file):
        """Statements of a file in a format we know; none for any other.

        :raise StatementError: the file can't be read
        """
        if qif.is_qif(data_file):
            journal = self._get_started_journal()
            return self._of_journal(qif.read(data_file, self._is_day_first()), journal)
        for detects, read in READERS:
            if detects(data_file):
                return read(data_file)
        return self._read_table(data_file)

    def _get_started_journal(self):
        """The journal the import started from, which files without an account need."""
        journal = self.env["account.journal"].browse(self.env.context.get("journal_id"))
        if not journal:
            raise UserError(
                self.env._(
                    "This file doesn't say which account it is of. Choose the bank account above."
                )
            )
        return journal

    def _from_journal(self):
        """The import as if started from the journal that was chosen, if one was."""
        return self.with_context(journal_id=self.journal_id.id) if self.journal_id else self

    def _has_own_format(self, data):
        """Whether a file is of one of the formats of banks; else it may be a table."""
        return qif.is_qif(data) or any(detects(data) for detects, _read in READERS)

    def _is_day_first(self):
        """Whether the user writes days before months: settles 03/04 where the file doesn't."""
        lang = self.env["res.lang"]._get_data(code=self.env.user.lang or "en_US")
        return not (lang.date_format or "%m/%d/%Y").startswith("%m")

    def _of_journal(self, statements, journal):
        """Statements that name no account, as statements of ``journal`` in its currency.

        What is in another currency can't be booked on it: it is left out and told.
        """
        currency = (journal.currency_id or journal.company_id.currency_id).name
        own = [each for each in statements if each.currency in ("", currency)]
        others = [each for each in statements if each not in own]
        if not own:
            raise StatementError(
                "other_currencies",
                currencies=", ".join(each.currency for each in others),
                journal=journal.display_name,
                currency=currency,
            )
        for each in others:
            self._note(
                self.env._(
                    "%(count)s transactions in %(currency)s were left out: import the file again"
                    " from a journal in that currency.",
                    count=len(each.lines),
                    currency=each.currency,
                )
            )
        return [replace(each, currency=currency) for each in own]

    def _note(self, text):
        """Keep something the user is told once the import is done."""
        self.notes = "\n".join(filter(None, [self.notes, text]))

    def _note_what_is_odd(self, statements):
        """Tell what a file leaves open: balances that don't add up, movements not booked yet."""
        for statement in statements:
            if statement.pending:
                self._note(
                    self.env._(
                        "%(count)s pending or failed movements of %(account)s were left out: they"
                        " come again once they are booked.",
                        count=statement.pending,
                        account=statement.account or self.env._("the account"),
                    )
                )
            if statement.difference:
                self._note(
                    self.env._(
                        "The statement of %(account)s from %(date)s doesn't add up: its lines and"
                        " its balances differ by %(difference)s. Ask the bank whether the file is"
                        " complete.",
                        account=statement.account or self.env._("the account"),
                        date=statement.date or "?",
                        difference=f"{statement.difference} {statement.currency}",
                    )
                )

    def _prepare_statement_vals(self, statement):
        """Values of the framework for one statement read from a file."""
        name = statement.account or self.statement_filename or self.env._("Bank file")
        total = sum(line.amount for line in statement.lines)
        vals = {
            "name": f"{name} {statement.date or ''}".strip(),
            "date": statement.date,
            "transactions": self._prepare_transactions(statement),
        }
        opening, balance = statement.opening, statement.balance
        if opening is None and balance is not None:
            opening = balance - total
        if opening is not None:
            vals["balance_start"] = float(opening)
            vals["balance_end_real"] = float(opening + total if balance is None else balance)
        return vals

    def _prepare_transactions(self, statement):
        names = {line.foreign_currency for line in statement.lines if line.foreign_currency}
        currencies = {
            currency.name: currency.id
            for currency in self.env["res.currency"].search([("name", "in", list(names))])
        }
        transactions = []
        for line in statement.lines:
            vals = self._prepare_transaction_vals(line)
            if line.foreign_currency in currencies and line.foreign_currency != statement.currency:
                vals["foreign_currency_id"] = currencies[line.foreign_currency]
                vals["amount_currency"] = float(line.foreign_amount)
            transactions.append(vals)
        return transactions

    @api.model
    def _prepare_transaction_vals(self, line):
        parts = [line.name]
        if line.memo and line.memo != line.name:
            # Banks often repeat the cut name in full in the memo.
            parts = [line.memo] if line.name and line.memo.startswith(line.name) else parts
            parts += [line.memo] if line.memo not in parts else []
        label = " - ".join(part for part in parts if part)
        return {
            "payment_ref": label or line.reference or line.type or line.id or "/",
            "ref": line.reference or False,
            "date": line.date,
            "amount": float(line.amount),
            "partner_name": line.name or False,
            "account_number": line.account or False,
            "transaction_type": line.type or False,
            "unique_import_id": line.key,
            "transaction_details": {
                "fitid": line.id,
                "name": line.name,
                "memo": line.memo,
                **({"entry": line.entry} if line.entry else {}),
                **({"end_to_end_id": line.end_to_end} if line.end_to_end else {}),
                **({"batch": line.batch} if line.batch else {}),
                **({"return_reason": line.return_reason} if line.return_reason else {}),
            },
        }

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
        self._drop_breakdowns(stmts_vals, result)
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
        result["notifications"] += filter(None, (self.notes or "").split("\n"))
        statements = self.env["account.bank.statement"].browse(result["statement_ids"])
        result["notifications"] += self._describe_gaps(statements)
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

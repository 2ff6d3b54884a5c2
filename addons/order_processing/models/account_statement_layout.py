from odoo import Command, api, fields, models

from ..engine.statement import table


class AccountStatementLayout(models.Model):
    """What the columns of a bank's CSV or XLSX files hold, as an accountant confirmed it once."""

    _name = "account.statement.layout"
    _description = "Bank File Layout"
    _order = "journal_id, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, help="For people: the file it was learnt from.")
    journal_id = fields.Many2one(
        "account.journal", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="journal_id.company_id", store=True, index=True)
    fingerprint = fields.Char(
        required=True, readonly=True, help="Stands for the names of the file's columns."
    )
    day_first = fields.Boolean(
        help="Read 03/04/2026 as the third of April where no other date of the file settles it."
    )
    line_ids = fields.One2many("account.statement.layout.line", "layout_id", string="Columns")

    _journal_fingerprint_uniq = models.Constraint(
        "UNIQUE (journal_id, fingerprint)", "This journal has a layout for these columns already."
    )

    def _get_mapping(self):
        """Dict from field to column, as ``engine.statement.table`` reads it."""
        self.ensure_one()
        return {line.field_name: line.column for line in self.line_ids}

    @api.model
    def _find(self, journal, names):
        """Layout of a journal for a file with columns of these names; empty if it has none."""
        return self.search(
            [("journal_id", "=", journal.id), ("fingerprint", "=", table.fingerprint(names))]
        )

    @api.model
    def _learn(self, journal, names, mapping, day_first, name):
        """Keep what a journal's files with columns of these names hold.

        :return: the layout, new or changed
        """
        columns = [
            Command.create({"field_name": field, "column": column})
            for field, column in mapping.items()
        ]
        layout = self._find(journal, names)
        if layout:
            layout.write({"day_first": day_first, "line_ids": [Command.clear(), *columns]})
            return layout
        return self.create(
            {
                "name": name,
                "journal_id": journal.id,
                "fingerprint": table.fingerprint(names),
                "day_first": day_first,
                "line_ids": columns,
            }
        )


class AccountStatementLayoutLine(models.Model):
    """One column."""

    _name = "account.statement.layout.line"
    _description = "Bank File Column"
    _rec_name = "column"

    layout_id = fields.Many2one(
        "account.statement.layout", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="layout_id.company_id", store=True)
    field_name = fields.Selection("_selection_field_name", string="Field", required=True)
    column = fields.Char(required=True, help="Name of the column in the file.")

    _field_uniq = models.Constraint(
        "UNIQUE (layout_id, field_name)", "Each field has one column. Change the one it has."
    )

    @api.model
    def _selection_field_name(self):
        """Every field a bank's table may state, in words."""
        words = {
            "date": self.env._("Date"),
            "amount": self.env._("Amount (+ in, − out)"),
            "credit": self.env._("Money In"),
            "debit": self.env._("Money Out"),
            "direction": self.env._("Credit or Debit"),
            "fee": self.env._("Provider's Fee"),
            "currency": self.env._("Currency"),
            "label": self.env._("Label"),
            "name": self.env._("Name of the Other Side"),
            "account": self.env._("Account of the Other Side"),
            "reference": self.env._("Reference"),
            "id": self.env._("Unique Id of the Movement"),
            "type": self.env._("Type"),
            "status": self.env._("Status (pending and failed are left out)"),
            "balance": self.env._("Balance"),
        }
        return [(field, words[field]) for field in table.FIELDS]

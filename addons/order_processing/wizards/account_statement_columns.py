import base64

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..engine.statement import StatementError, table
from ..models.account_statement_messages import statement_message

#: Rows shown before a table is imported.
SHOWN = 12


class AccountStatementImport(models.TransientModel):
    """Bank files that are tables: read by the journal's layout, asked about when it has none."""

    _inherit = "account.statement.import"

    def import_file_button(self):
        """Ask what the columns hold before the first table of its kind is imported."""
        self.ensure_one()
        file = self.with_context(bin_size=False).statement_file
        if self._needs_columns(base64.b64decode(file or b"")):
            wizard = self.env["account.statement.columns"].create(
                {
                    "statement_file": file,
                    "statement_filename": self.statement_filename,
                    "journal_id": self.journal_id.id,
                }
            )
            return wizard._open()
        return super().import_file_button()

    def _needs_columns(self, data):
        if self._has_own_format(data) or not table.is_table(data):
            return False
        try:
            names = table.headers(data)
        except StatementError:
            return False  # said when it is read
        layouts = self.env["account.statement.layout"]
        return not self.journal_id or not layouts._find(self.journal_id, names)

    def _read_table(self, data):
        """Statements of a table by the layout of the journal; none if it is no table."""
        if not table.is_table(data):
            return None
        journal = self._get_started_journal()
        layout = self.env["account.statement.layout"]._find(journal, table.headers(data))
        if not layout:
            raise UserError(
                self.env._(
                    "The columns of this table aren't known to journal %(journal)s yet. Import it"
                    " once from Payments ▸ Import Bank File and say what they hold.",
                    journal=journal.display_name,
                )
            )
        statements = table.read(data, layout._get_mapping(), layout.day_first)
        return self._of_journal(statements, journal)


class AccountStatementColumns(models.TransientModel):
    """Learns what the columns of a bank's table hold, and shows what would be read."""

    _name = "account.statement.columns"
    _description = "Columns of a Bank File"

    statement_file = fields.Binary(required=True, readonly=True, attachment=False)
    statement_filename = fields.Char(readonly=True)
    journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', 'in', ('bank', 'credit', 'cash'))]",
        help="The bank account this file is of. It is asked once for files with these columns.",
    )
    day_first = fields.Boolean(
        string="Days before months",
        help="How to read 03/04/2026: as the third of April if ticked.",
    )
    ambiguous_days = fields.Boolean(compute="_compute_preview")
    line_ids = fields.One2many("account.statement.columns.line", "wizard_id", string="Columns")
    headers = fields.Char(compute="_compute_preview", string="Columns in the File")
    unused = fields.Char(compute="_compute_preview", string="Not Used")
    problem = fields.Char(compute="_compute_preview")
    # sanitize=False: every value in it is escaped by Markup.
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model_create_multi
    def create(self, vals_list):
        """Start with what the names of the columns suggest."""
        wizards = super().create(vals_list)
        for wizard in wizards.filtered(lambda wizard: not wizard.line_ids):
            seen = table.preview(wizard._get_data())
            wizard.day_first = self.env["account.statement.import"]._is_day_first()
            wizard.line_ids = [
                Command.create({"field_name": field, "column": column})
                for field, column in seen.mapping.items()
            ]
        return wizards

    @api.depends("line_ids.field_name", "line_ids.column", "day_first", "journal_id")
    def _compute_preview(self):
        for wizard in self:
            mapping = wizard._get_mapping()
            seen = table.preview(wizard._get_data(), mapping, wizard.day_first, SHOWN)
            used = set(mapping.values())
            wizard.headers = ", ".join(seen.headers)
            wizard.unused = ", ".join(name for name in seen.headers if name not in used)
            wizard.ambiguous_days = seen.ambiguous_days
            wizard.problem = seen.problem and statement_message(self.env, seen.problem)
            wizard.preview = wizard._render(seen)

    def action_import(self):
        """Keep what the columns hold for this journal, and import the file."""
        self.ensure_one()
        if not self.journal_id:
            raise UserError(self.env._("Choose the bank journal this file is of."))
        if self.problem:
            raise UserError(self.problem)
        self.env["account.statement.layout"]._learn(
            self.journal_id,
            table.headers(self._get_data()),
            self._get_mapping(),
            self.day_first,
            self.statement_filename or self.journal_id.name,
        )
        wizard = self.env["account.statement.import"].create(
            {
                "statement_file": self.with_context(bin_size=False).statement_file,
                "statement_filename": self.statement_filename,
                "journal_id": self.journal_id.id,
            }
        )
        return wizard.import_file_button()

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Columns of the Bank File"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _get_data(self):
        return base64.b64decode(self.with_context(bin_size=False).statement_file or b"")

    def _get_mapping(self):
        return {
            line.field_name: line.column
            for line in self.line_ids
            if line.field_name and line.column
        }

    def _render(self, seen):
        """The first lines as they would be booked, as HTML."""
        journal = self.journal_id
        currency = journal.currency_id or journal.company_id.currency_id
        rows = Markup().join(
            Markup(
                '<tr><td class="text-nowrap">%s</td><td class="text-end text-nowrap %s">%s</td>'
                "<td>%s</td><td>%s</td><td>%s</td></tr>"
            )
            % (
                format_date(self.env, line.date),
                "text-danger" if line.amount < 0 else "",
                formatLang(self.env, float(line.amount), digits=currency.decimal_places or 2),
                line.name,
                line.memo,
                line.reference or line.id,
            )
            for line in seen.lines
        )
        if not rows:
            return False
        head = Markup().join(
            Markup("<th>%s</th>") % word
            for word in (
                self.env._("Date"),
                self.env._("Amount"),
                self.env._("Name"),
                self.env._("Label"),
                self.env._("Reference"),
            )
        )
        return Markup(
            '<div class="table-responsive"><table class="table table-sm table-striped">'
            "<thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>"
        ) % (head, rows)


class AccountStatementColumnsLine(models.TransientModel):
    """One field and its column."""

    _name = "account.statement.columns.line"
    _description = "Column of a Bank File"

    wizard_id = fields.Many2one("account.statement.columns", required=True, ondelete="cascade")
    field_name = fields.Selection(
        selection=lambda self: self.env["account.statement.layout.line"]._selection_field_name(),
        string="Field",
        required=True,
    )
    column = fields.Char(required=True)

import base64

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.engine.intake import numerals, spreadsheets


class ShippingTableImport(models.AbstractModel):
    """What a carrier sends as a table, CSV or XLSX, is read: all of it or nothing."""

    _name = "shipping.table.import"
    _description = "Import of a Carrier's Table"

    carrier_id = fields.Many2one("delivery.carrier", required=True)
    file = fields.Binary(required=True)
    filename = fields.Char()
    findings = fields.Text(readonly=True)

    def _read_rows(self, engine, number_columns):
        """Read the file by the functions of a module of ``engine/``.

        :param engine: has ``guess_columns``, ``NEEDED`` and ``read``
        :param number_columns: names of columns whose numbers tell the decimal mark
        :return: what was read, findings (a text, empty if every row is right), dict of the
            countries' ids by their codes
        :raise UserError: the file can't be read, lacks a column or has no rows
        """
        self.ensure_one()
        table, columns = self._read_table(engine)
        indexes = [columns[name] for name in number_columns if name in columns]
        texts = [row[index] for row in table.rows for index in indexes]
        mark, _proven = numerals.decimal_mark(texts, table.delimiter)
        countries = {country.code: country.id for country in self.env["res.country"].search([])}
        found, problems = engine.read(
            table.rows, columns, lambda text: numerals.to_decimal(text, mark), countries
        )
        if not found and not problems:
            raise UserError(self.env._("The file has no rows below its headings."))
        return found, "\n".join(self._describe(problem) for problem in problems[:100]), countries

    def _read_table(self, engine):
        content = base64.b64decode(self.with_context(bin_size=False).file)
        table = spreadsheets.read_table(content)
        if table.failed:
            raise UserError(self.env._("The file can't be read: save it as CSV or XLSX."))
        columns = engine.guess_columns(table.headers)
        names = self._get_column_names()
        missing = [names.get(name, name) for name in engine.NEEDED if name not in columns]
        if missing:
            raise UserError(
                self.env._(
                    "The file has no column for: %(missing)s. Its columns are: %(columns)s.",
                    missing=", ".join(missing),
                    columns=", ".join(table.headers),
                )
            )
        return table, columns

    def _show(self):
        """The dialog again, with what was found."""
        title = self.env["ir.model"]._get(self._name).name
        return self._get_records_action(name=title, target="new")

    def _get_column_names(self):
        """What needed columns are called for people, where it isn't our name of them."""
        return {}

    def _describe(self, problem):
        """One row's problem, for people."""
        words = self._get_problem_words(problem)
        return self.env._("Row %(row)s: %(words)s", row=problem.row, words=words[problem.code])

    def _get_problem_words(self, problem):
        """What each code of a problem means: dict of texts."""
        return {
            "country": self.env._("no such country: %s (write two-letter codes)", problem.value),
        }

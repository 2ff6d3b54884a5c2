import base64

from odoo import Command, fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.engine.intake import numerals, spreadsheets, tables

from ..engine import pricelist


class ShippingPricelist(models.TransientModel):
    """Read a carrier's price list from CSV or XLSX into its rate table, all of it or nothing."""

    _name = "shipping.pricelist"
    _description = "Import a Price List"

    carrier_id = fields.Many2one("delivery.carrier", required=True, readonly=True)
    file = fields.Binary(
        required=True,
        help="Columns: Country, Postal Prefix, Up to kg, Price; and if there are: Side up to, "
        "Girth up to (cm), Per kg, Above kg, Days from, Days to, Free. CSV or XLSX, in any order.",
    )
    filename = fields.Char()
    is_replacing = fields.Boolean(
        string="Replace the Table", default=True, help="Otherwise the lines are added to it."
    )
    findings = fields.Text(readonly=True)

    def action_import(self):
        """Read every row; write them if all are right, else say what is wrong with each.

        :raise UserError: the file can't be read, or lacks a column
        """
        self.ensure_one()
        self.carrier_id.check_access("write")
        table, columns = self._read()
        mark, _proven = numerals.decimal_mark(
            [row[columns[name]] for row in table.rows for name in pricelist.NEEDED],
            table.delimiter,
        )
        countries = {country.code: country.id for country in self.env["res.country"].search([])}
        lines, problems = pricelist.read(
            table.rows, columns, lambda text: numerals.to_decimal(text, mark), countries
        )
        if problems:
            self.findings = "\n".join(self._describe(problem) for problem in problems[:100])
            return self._show()
        if not lines:
            raise UserError(self.env._("The file has no rows below its headings."))
        clear = [Command.clear()] if self.is_replacing else []
        self.carrier_id.rate_line_ids = clear + [
            Command.create(self._prepare_line(line, countries)) for line in lines
        ]
        return {"type": "ir.actions.act_window_close"}

    def _read(self):
        content = base64.b64decode(self.with_context(bin_size=False).file)
        is_sheet = spreadsheets.is_xlsx(content)
        table = spreadsheets.read_xlsx(content) if is_sheet else tables.read_csv(content)
        if table.failed:
            raise UserError(self.env._("The file can't be read: save it as CSV or XLSX."))
        columns = pricelist.guess_columns(table.headers)
        missing = [name for name in pricelist.NEEDED if name not in columns]
        if missing:
            names = {"price": self.env._("Price"), "max_weight": self.env._("Up to kg")}
            raise UserError(
                self.env._(
                    "The file has no column %(missing)s. Its columns are: %(columns)s.",
                    missing=", ".join(names[name] for name in missing),
                    columns=", ".join(table.headers),
                )
            )
        return table, columns

    def _describe(self, problem):
        words = {
            "number": self.env._("“%s” is no number", problem.value),
            "negative": self.env._("%s is negative", problem.value),
            "country": self.env._("no such country: %s (write two-letter codes)", problem.value),
            "zero_price": self.env._("a price of 0 needs an x in the column Free"),
            "days": self.env._("the longest time is shorter than the shortest"),
            "twice": self.env._("the same place, weight and size as row %s", problem.value),
        }
        return self.env._("Row %(row)s: %(words)s", row=problem.row, words=words[problem.code])

    def _prepare_line(self, line, countries):
        return {
            "country_ids": [Command.set([countries[code] for code in line.countries])],
            "zip_prefix": line.zip_prefix,
            "max_weight": float(line.max_weight),
            "max_side": float(line.max_side),
            "max_girth": float(line.max_girth),
            "price": float(line.price),
            "price_per_kg": float(line.price_per_kg),
            "from_weight": float(line.from_weight),
            "transit_days_min": line.days_min,
            "transit_days_max": line.days_max,
            "is_free": line.is_free,
        }

    def _show(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

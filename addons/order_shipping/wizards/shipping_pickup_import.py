import base64

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.engine.intake import numerals, spreadsheets, tables

from ..engine import pickup


class ShippingPickupImport(models.TransientModel):
    """Read a carrier's list of pick-up points from CSV or XLSX, all of it or nothing."""

    _name = "shipping.pickup.import"
    _description = "Import Pick-up Points"

    carrier_id = fields.Many2one("delivery.carrier", required=True)
    file = fields.Binary(
        required=True,
        help="Columns: Code, Name, Street, Zip, City, Country; and if there are: Latitude, "
        "Longitude, Hours. CSV or XLSX, in any order.",
    )
    filename = fields.Char()
    is_replacing = fields.Boolean(
        string="Archive Others", default=True, help="Points that aren't in the list any more."
    )
    findings = fields.Text(readonly=True)

    def action_import(self):
        """Write all points if every row is right, else say what is wrong with each.

        :raise UserError: the file can't be read, or lacks a column
        """
        self.ensure_one()
        self.carrier_id.check_access("write")
        if not self.carrier_id.takes_pickup_points:
            raise UserError(
                self.env._("%s doesn't deliver to pick-up points.", self.carrier_id.name)
            )
        table, columns = self._read()
        texts = [row[columns["latitude"]] for row in table.rows] if "latitude" in columns else []
        mark, _proven = numerals.decimal_mark(texts, table.delimiter)
        countries = {country.code: country.id for country in self.env["res.country"].search([])}
        points, problems = pickup.read(
            table.rows, columns, lambda text: numerals.to_decimal(text, mark), countries
        )
        if problems:
            self.findings = "\n".join(self._describe(problem) for problem in problems[:100])
            return self._show()
        if not points:
            raise UserError(self.env._("The file has no rows below its headings."))
        self._keep(points, countries)
        self.carrier_id.rate_table_use_locations = True
        return self.carrier_id.action_view_pickup_points()

    def _keep(self, points, countries):
        """Update the points that are known by their code, add the new ones."""
        Point = self.env["shipping.pickup.point"].with_context(active_test=False)
        known = {
            point.code: point for point in Point.search([("carrier_id", "=", self.carrier_id.id)])
        }
        new = []
        for point in points:
            vals = {name: point[name] for name in ("code", "name", "street", "zip", "city")}
            vals |= {
                "country_id": countries[point["country"]],
                "latitude": point["latitude"],
                "longitude": point["longitude"],
                "hours": point.get("hours") or False,
                "active": True,
            }
            if old := known.pop(point["code"], None):
                changed = {
                    name: value
                    for name, value in vals.items()
                    if getattr(old[name], "id", old[name]) != value
                }
                old.write(changed)
            else:
                new.append(vals | {"carrier_id": self.carrier_id.id})
        Point.create(new)
        if self.is_replacing:
            Point.union(*known.values()).active = False

    def _read(self):
        content = base64.b64decode(self.with_context(bin_size=False).file)
        is_sheet = spreadsheets.is_xlsx(content)
        table = spreadsheets.read_xlsx(content) if is_sheet else tables.read_csv(content)
        if table.failed:
            raise UserError(self.env._("The file can't be read: save it as CSV or XLSX."))
        columns = pickup.guess_columns(table.headers)
        missing = [name for name in pickup.NEEDED if name not in columns]
        if missing:
            raise UserError(
                self.env._(
                    "The file has no column for: %(missing)s. Its columns are: %(columns)s.",
                    missing=", ".join(missing),
                    columns=", ".join(table.headers),
                )
            )
        return table, columns

    def _describe(self, problem):
        words = {
            "missing": self.env._("lacks %s", problem.value),
            "country": self.env._("no such country: %s (write two-letter codes)", problem.value),
            "position": self.env._("latitude and longitude are no position"),
            "twice": self.env._("the same code as row %s", problem.value),
        }
        return self.env._("Row %(row)s: %(words)s", row=problem.row, words=words[problem.code])

    def _show(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

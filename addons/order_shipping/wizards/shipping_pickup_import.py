from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import pickup


class ShippingPickupImport(models.TransientModel):
    """Read a carrier's list of pick-up points from CSV or XLSX, all of it or nothing."""

    _name = "shipping.pickup.import"
    _inherit = "shipping.table.import"
    _description = "Import Pick-up Points"

    file = fields.Binary(
        help="Columns: Code, Name, Street, Zip, City, Country; and if there are: Latitude, "
        "Longitude, Hours. CSV or XLSX, in any order.",
    )
    is_replacing = fields.Boolean(
        string="Archive Others", default=True, help="Points that aren't in the list any more."
    )

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
        points, self.findings, countries = self._read_rows(pickup, ("latitude",))
        if self.findings:
            return self._show()
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

    def _get_problem_words(self, problem):
        return super()._get_problem_words(problem) | {
            "missing": self.env._("lacks %s", problem.value),
            "position": self.env._("latitude and longitude are no position"),
            "twice": self.env._("the same code as row %s", problem.value),
        }

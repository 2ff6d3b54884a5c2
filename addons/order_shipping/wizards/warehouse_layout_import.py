import base64

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.order_processing.engine.intake import spreadsheets

from ..engine import layout_import

#: So many findings are shown; the rest is counted.
SHOWN = 50


class WarehouseLayoutImport(models.TransientModel):
    _name = "warehouse.layout.import"
    _description = "Import Warehouse Layout"

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        default=lambda self: (
            self.env.context.get("active_model") == "stock.warehouse"
            and self.env.context.get("active_id")
        ),
    )
    data = fields.Binary(string="File", required=True, attachment=False)
    filename = fields.Char()
    place_count = fields.Integer(compute="_compute_findings")
    new_count = fields.Integer(compute="_compute_findings")
    finding_html = fields.Html(string="Findings", compute="_compute_findings", sanitize=False)

    # === COMPUTE === #

    @api.depends("data", "warehouse_id")
    def _compute_findings(self):
        for wizard in self:
            places, findings = wizard._read()
            known = wizard.warehouse_id._find_places(places)
            wizard.place_count = len(places)
            wizard.new_count = sum(place.row not in known for place in places)
            wizard.finding_html = wizard._describe(findings)

    # === BUSINESS === #

    def _read(self):
        """(places, findings) of the file; both empty as long as there is none."""
        self.ensure_one()
        if not self.data:
            return [], []
        # The web client asks with the size of a saved file instead of its content.
        record = self.with_context(bin_size=False)
        table = spreadsheets.read_table(base64.b64decode(record.data))
        if table.failed:
            return [], [layout_import.Finding(1, "no_table")]
        places, findings = layout_import.parse(table)
        if not self.warehouse_id:
            return places, findings
        kept, cut_off = layout_import.check_reach(places, *self.warehouse_id._get_spots(places))
        return kept, sorted(findings + cut_off, key=lambda finding: finding.row)

    def _describe(self, findings):
        """The findings as a table, errors and warnings told apart."""
        if not findings:
            return False
        rows = Markup("").join(
            Markup("<tr><td>%s</td><td><span class='badge %s'>%s</span></td><td>%s</td></tr>")
            % (
                finding.row,
                "text-bg-danger" if finding.is_error else "text-bg-warning",
                self.env._("Left out") if finding.is_error else self.env._("Look"),
                self._get_message(finding),
            )
            for finding in findings[:SHOWN]
        )
        more = len(findings) - SHOWN
        text = escape(self.env._("… and %s more.", more)) if more > 0 else ""
        return Markup(
            "<table class='table table-sm'><tr><th>%s</th><th></th><th></th></tr>%s</table>%s"
        ) % (self.env._("Row"), rows, text)

    def _get_message(self, finding):
        messages = {
            "no_table": self.env._(
                "This is no CSV or XLSX table with column names in its first row."
            ),
            "no_name_column": self.env._(
                "No column names the locations: call one of them %(names)s."
            ),
            "no_name": self.env._("The location has no name."),
            "no_place": self.env._("%(name)s tells no aisle: fill the aisle and bay columns."),
            "bad_number": self.env._("%(value)s is no number that column %(column)s can hold."),
            "bad_side": self.env._("%(value)s is no side: write left or right."),
            "beyond": self.env._(
                "It lies behind the back cross aisle, %(length)s m from the front, where no walk "
                "gets: correct its bay or y, or the Aisle Length on the map of the warehouse."
            ),
            "no_way_in": self.env._(
                "Nobody can walk to aisle %(aisle)s: all aisles go the other way. Take an aisle "
                "out of the one-way lists on the map of the warehouse."
            ),
            "no_way_out": self.env._(
                "Nobody can leave aisle %(aisle)s: no aisle leads from its end to where walks end. "
                "Take an aisle out of the one-way lists on the map of the warehouse."
            ),
            "double_name": self.env._("The same location as in row %(row)s."),
            "double_place": self.env._("At the same place as %(name)s in row %(row)s."),
            "gap": self.env._("Aisle %(aisle)s has no bay %(bays)s before this one."),
        }
        return messages[finding.code] % finding.args

    # === ACTION === #

    def action_import(self):
        """Set the places of known locations and create the others; rows with errors are left out.

        :raise UserError: no row can be taken
        """
        self.ensure_one()
        places, _findings = self._read()
        if not places:
            raise UserError(self.env._("No row of this file can be taken: see the findings."))
        self.warehouse_id._write_places(places)
        return self.warehouse_id.action_show_layout()

from odoo import Command, fields, models

from ..engine import pricelist


class ShippingPricelist(models.TransientModel):
    """Read a carrier's price list from CSV or XLSX into its rate table, all of it or nothing."""

    _name = "shipping.pricelist"
    _inherit = "shipping.table.import"
    _description = "Import a Price List"

    carrier_id = fields.Many2one(readonly=True)
    file = fields.Binary(
        help="Columns: Country, Postal Prefix, Up to kg, Price; and if there are: Side up to, "
        "Girth up to (cm), Per kg, Above kg, Days from, Days to, Free. CSV or XLSX, in any order.",
    )
    is_replacing = fields.Boolean(
        string="Replace the Table", default=True, help="Otherwise the lines are added to it."
    )

    def action_import(self):
        """Read every row; write them if all are right, else say what is wrong with each.

        :raise UserError: the file can't be read, or lacks a column
        """
        self.ensure_one()
        self.carrier_id.check_access("write")
        lines, self.findings, countries = self._read_rows(pricelist, pricelist.NEEDED)
        if self.findings:
            return self._show()
        clear = [Command.clear()] if self.is_replacing else []
        self.carrier_id.rate_line_ids = clear + [
            Command.create(self._prepare_line(line, countries)) for line in lines
        ]
        return {"type": "ir.actions.act_window_close"}

    def _get_column_names(self):
        return {"price": self.env._("Price"), "max_weight": self.env._("Up to kg")}

    def _get_problem_words(self, problem):
        return super()._get_problem_words(problem) | {
            "number": self.env._("“%s” is no number", problem.value),
            "negative": self.env._("%s is negative", problem.value),
            "zero_price": self.env._("a price of 0 needs an x in the column Free"),
            "days": self.env._("the longest time is shorter than the shortest"),
            "twice": self.env._("the same place, weight and size as row %s", problem.value),
        }

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

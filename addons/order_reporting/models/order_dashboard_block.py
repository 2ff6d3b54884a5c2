from odoo import api, fields, models
from odoo.tools.translate import code_translations

from ..tools.blocks import BLOCKS, CHART, DASHBOARD_OF, LISTING, SCORE

MODULE = "order_reporting"


class OrderDashboardBlock(models.Model):
    """A figure, chart or list on a copy of one of our dashboards."""

    _name = "order.dashboard.block"
    _description = "Part of a Dashboard"
    _order = "sequence, id"
    _rec_name = "code"

    dashboard_id = fields.Many2one(
        "spreadsheet.dashboard", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=1000)
    code = fields.Selection(
        "_list_codes",
        string="Shows",
        required=True,
        help="A figure, chart or list of any of our dashboards. Figures come first, then charts,"
        " then lists, each in this order.",
    )
    kind = fields.Selection(
        [(SCORE, "Figure"), (CHART, "Chart"), (LISTING, "List")], compute="_compute_kind"
    )
    title = fields.Char(
        string="Own Title", help="In place of its own one. Empty: the title it has, translated."
    )
    is_wide = fields.Boolean(
        string="Whole Width", help="Of a chart: over the whole width, not beside another one."
    )

    @api.model
    def _list_codes(self):
        """All parts, each named after its dashboard and title in the user's language."""
        translate = self._translate_titles()
        return [
            (code, f"{translate(DASHBOARD_OF[block.origin].name)}: {translate(block.title)}")
            for code, block in BLOCKS.items()
        ]

    @api.model
    def _translate_titles(self):
        """A function: a title of the dashboards in the user's language.

        They are terms of the browser's translations, as Odoo has it for all spreadsheets.
        """
        found = code_translations.get_web_translations(MODULE, self.env.lang or "en_US")
        terms = {term["id"]: term["string"] for term in found["messages"]}
        return lambda title: terms.get(title) or title

    @api.depends("code")
    def _compute_kind(self):
        for line in self:
            block = BLOCKS.get(line.code)
            line.kind = block.kind if block else False

    @api.onchange("code")
    def _onchange_code(self):
        block = BLOCKS.get(self.code)
        self.is_wide = bool(block and block.kind == CHART and block.part.wide)

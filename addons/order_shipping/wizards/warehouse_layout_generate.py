from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import drawing, layout, layout_generate, picking


class WarehouseLayoutGenerate(models.TransientModel):
    _name = "warehouse.layout.generate"
    _description = "Generate Warehouse Layout"

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        default=lambda self: (
            self.env.context.get("active_model") == "stock.warehouse"
            and self.env.context.get("active_id")
        ),
    )
    blocks = fields.Integer(default=1, required=True, help="Rows of aisles behind each other.")
    aisles = fields.Integer(default=6, required=True)
    bays = fields.Integer(
        string="Bays in a Block", default=12, required=True, help="Bays along an aisle, per block."
    )
    levels = fields.Integer(default=1, help="Shelves above each other; 1 names no levels.")
    aisle_pitch = fields.Float(string="Aisle to Aisle (m)", default=layout.AISLE_PITCH)
    bay_pitch = fields.Float(string="Bay to Bay (m)", default=layout.BAY_PITCH)
    cross = fields.Float(string="Cross Aisle (m)", default=3.0)
    numbered = fields.Boolean(string="Number the Aisles", help="01, 02 … instead of A, B …")
    svg = fields.Html(string="Drawing", compute="_compute_svg", sanitize=False)
    summary = fields.Char(compute="_compute_svg")

    @api.depends(
        *("blocks", "aisles", "bays", "levels", "aisle_pitch", "bay_pitch", "cross", "numbered"),
        "warehouse_id",
    )
    def _compute_svg(self):
        for wizard in self:
            plan = wizard._get_plan()
            if not plan.is_valid:
                wizard.svg = False
                wizard.summary = self.env._(
                    "Give 1 to 4 blocks, at most 200 aisles and %s places, and distances above 0.",
                    layout_generate.MOST_PLACES,
                )
                continue
            places = plan.places()
            block = picking.Block(plan.length, wizard.warehouse_id.depot_x, middle=plan.middle)
            boxes = {(place.x, place.y): place for place in reversed(places)}
            wizard.svg = drawing.map_svg(
                block,
                {place.x: place.aisle for place in places},
                [(place.name, *spot, 0.0, False) for spot, place in boxes.items()],
                self.env._("Drawing of the layout"),
            )
            wizard.summary = self.env._(
                "%(count)s places, %(first)s to %(last)s; %(wide).1f m × %(deep).1f m",
                count=len(places),
                first=places[0].name,
                last=places[-1].name,
                wide=(plan.aisles - 1) * plan.aisle_pitch,
                deep=plan.length,
            )

    def _get_plan(self):
        self.ensure_one()
        return layout_generate.Plan(
            self.blocks,
            self.aisles,
            self.bays,
            self.levels,
            self.aisle_pitch,
            self.bay_pitch,
            self.cross,
            self.numbered,
        )

    def action_generate(self):
        """Create the places that don't exist yet, and set those of all of them.

        :raise UserError: the numbers make no warehouse
        """
        self.ensure_one()
        plan = self._get_plan()
        if not plan.is_valid:
            raise UserError(self.summary)
        self.warehouse_id.write(
            {
                "aisle_pitch": plan.aisle_pitch,
                "bay_pitch": plan.bay_pitch,
                "aisle_length": plan.length,
                "middle_cross_aisles": ", ".join(f"{y:g}" for y in plan.middle),
                "floor_kind": "aisles",
            }
        )
        self.warehouse_id._write_places(plan.places())
        return self.warehouse_id.action_show_layout()

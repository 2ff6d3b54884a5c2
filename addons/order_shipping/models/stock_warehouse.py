from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import floor, layout, picking, picking_general


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    aisle_pitch = fields.Float(
        string="Aisle to Aisle (m)",
        default=layout.AISLE_PITCH,
        help="Metres from the middle of one aisle to the middle of the next.",
    )
    bay_pitch = fields.Float(
        string="Bay to Bay (m)",
        default=layout.BAY_PITCH,
        help="Metres from one bay to the next along an aisle.",
    )
    aisle_length = fields.Float(
        string="Aisle Length (m)",
        help="Metres from the front to the back cross aisle. Leave 0 to take the last bay's place; "
        "bays further back than this are in no walk.",
    )
    depot_x = fields.Float(
        string="Picks Start at (m)",
        help="Where walks start: metres along the front cross aisle, 0 at the first aisle.",
    )
    depot_at_back = fields.Boolean(
        string="Start at the Back", help="Walks start at the back cross aisle."
    )
    is_end_apart = fields.Boolean(
        string="End Elsewhere",
        help="Walks end elsewhere than they start, such as at the packing tables.",
    )
    end_x = fields.Float(
        string="Picks End at (m)",
        help="Where walks end: metres along the front cross aisle, 0 at the first aisle.",
    )
    end_at_back = fields.Boolean(
        string="End at the Back", help="Walks end at the back cross aisle."
    )
    middle_cross_aisles = fields.Char(
        string="Cross Aisles Between (m)",
        help="Metres from the front of every cross aisle between front and back, such as 12.5, 25.",
    )
    aisles_forward = fields.Char(
        string="One Way to the Back",
        help="Aisles that people walk from the front to the back only, such as B, D.",
    )
    aisles_backward = fields.Char(
        string="One Way to the Front",
        help="Aisles that people walk from the back to the front only, such as C, E.",
    )
    walk_policy = fields.Selection(
        [
            ("optimal", "Shortest walk"),
            ("s_shape", "S-shape"),
            ("largest_gap", "Largest gap"),
            ("return", "Return"),
        ],
        default="optimal",
        required=True,
        help="How people walk. All but the shortest walk are for places where they must.",
    )
    floor_kind = fields.Selection(
        [("aisles", "Aisles"), ("free", "Open floor")],
        default="aisles",
        required=True,
        help="On an open floor people walk straight from place to place.",
    )

    _layout_not_negative = models.Constraint(
        "CHECK (aisle_pitch > 0 AND bay_pitch > 0 AND aisle_length >= 0)",
        "Distances between aisles and between bays must be more than 0 metres.",
    )

    @api.constrains("middle_cross_aisles")
    def _check_middle_cross_aisles(self):
        for warehouse in self:
            try:
                count = len(floor.read_metres(warehouse.middle_cross_aisles))
            except ValueError:
                raise ValidationError(
                    self.env._("Cross aisles are metres from the front, such as 12.5, 25.")
                )
            if count > 3:
                raise ValidationError(
                    self.env._("Walks are planned for up to three cross aisles between.")
                )

    @api.constrains("aisles_forward", "aisles_backward")
    def _check_one_way(self):
        for warehouse in self:
            forward = set(floor.read_names(warehouse.aisles_forward))
            if both := sorted(forward.intersection(floor.read_names(warehouse.aisles_backward))):
                raise ValidationError(
                    self.env._(
                        "Aisles %(aisles)s can't be one way to both ends: take them out of one "
                        "list, or out of both if people may walk them both ways.",
                        aisles=", ".join(both),
                    )
                )

    # === BUSINESS === #

    def _get_layouts(self):
        """The floors of these warehouses, in one query.

        :return: dict of warehouse to ``floor.Floor``; those without any aisle are left out
        """
        groups = self.env["stock.location"]._read_group(
            [("warehouse_id", "in", self.ids), ("aisle", "!=", False)],
            ["warehouse_id", "aisle"],
            ["pos_x:avg", "pos_y:max"],
        )
        aisles, deepest = {}, {}
        for warehouse, aisle, pos_x, pos_y in groups:
            aisles.setdefault(warehouse, {})[aisle] = pos_x
            deepest[warehouse] = max(deepest.get(warehouse, 0.0), pos_y)
        return {
            warehouse: warehouse._get_floor(aisles[warehouse], deepest[warehouse])
            for warehouse in self
            if warehouse in aisles
        }

    def _get_floor(self, aisles, deepest):
        length = self.aisle_length
        if not length or self.floor_kind == "free":
            length = max(length, deepest + self.bay_pitch)
        one_way = {}
        by_name = {name.upper(): x for name, x in aisles.items()}
        for names, way in (
            (self.aisles_forward, picking_general.FORWARD),
            (self.aisles_backward, picking_general.BACKWARD),
        ):
            one_way |= {by_name[name]: way for name in floor.read_names(names) if name in by_name}
        return floor.Floor(
            picking.Block(
                length=length,
                depot_x=self.depot_x,
                depot_at_back=self.depot_at_back,
                middle=tuple(y for y in floor.read_metres(self.middle_cross_aisles) if y < length),
                end=(self.end_x, self.end_at_back) if self.is_end_apart else None,
            ),
            aisles,
            one_way,
            self.walk_policy,
            self.floor_kind != "free",
        )

    def _get_places(self, locations):
        """Where locations of one warehouse are.

        Without any layout they are put in aisles by their names: batches still hold what is close
        together, and nobody quotes the metres.

        :return: (``floor.Floor``, dict of location to (x, y), whether the metres mean something);
            locations without an aisle, and those that no walk gets to, are left out
        """
        self.ensure_one()
        plan = self._get_layouts().get(self)
        if not plan:
            # Two locations of one name must not change places from one plan to the next.
            return *floor.guessed(locations.sorted(lambda loc: (loc.complete_name, loc.id))), False
        spots = {location: location._find_spot(plan) for location in locations}
        return plan, {location: spot for location, spot in spots.items() if spot}, True

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import layout


class StockLocation(models.Model):
    _inherit = "stock.location"

    aisle = fields.Char(
        compute="_compute_aisle",
        store=True,
        readonly=False,
        index="btree_not_null",
        help="Aisle of this location, as written on the rack. Read from names such as A-07-2.",
    )
    position = fields.Integer(
        string="Bay",
        compute="_compute_aisle",
        store=True,
        readonly=False,
        aggregator=None,
        help="Number of the bay along the aisle, counted from the front.",
    )
    level = fields.Integer(
        compute="_compute_aisle",
        store=True,
        readonly=False,
        aggregator=None,
        help="Shelf above the floor; 0 where it isn't known.",
    )
    pos_x = fields.Float(
        string="Along the Front (m)",
        compute="_compute_pos",
        store=True,
        readonly=False,
        aggregator=None,
        help="Metres from the first aisle, along the front cross aisle.",
    )
    pos_y = fields.Float(
        string="Into the Aisle (m)",
        compute="_compute_pos",
        store=True,
        readonly=False,
        aggregator=None,
        help="Metres from the front cross aisle into the aisle.",
    )

    side = fields.Selection(
        [("left", "Left"), ("right", "Right")],
        help="Side of the aisle, seen from the front.",
    )
    pick_zone = fields.Char(
        index="btree_not_null",
        help="Zone whose picks are batched together when picking by zone. A place without one is "
        "in the zone of the location around it.",
    )
    picking_skill_ids = fields.Many2many(
        "picking.skill",
        string="Picked With",
        help="Skills and equipment that pickers need here and at the places inside.",
    )

    _pos_not_negative = models.Constraint(
        "CHECK (pos_y >= 0)", "A place in an aisle can't lie before its front."
    )

    # === COMPUTE === #

    @api.depends("name", "usage")
    def _compute_aisle(self):
        """Read the place from the name; what somebody typed in is kept."""
        for location in self:
            place = layout.parse_name(location.name) if location.usage == "internal" else None
            if place and not location.aisle:
                location.aisle, location.position, location.level = place
            else:
                location.aisle = location.aisle
                location.position = location.position
                location.level = location.level

    @api.depends("aisle", "position")
    def _compute_pos(self):
        for location in self:
            if not location.aisle:
                location.pos_x = location.pos_y = 0.0
                continue
            warehouse = location.warehouse_id
            location.pos_x, location.pos_y = layout.coordinates(
                location.aisle,
                location.position,
                warehouse.aisle_pitch or layout.AISLE_PITCH,
                warehouse.bay_pitch or layout.BAY_PITCH,
            )

    # === ACTION === #

    def action_read_layout(self):
        """Set aisle, bay, level and metres anew from the names of these locations.

        :raise UserError: none of the names tells an aisle and a bay
        """
        places = {
            location: place
            for location in self
            if location.usage == "internal" and (place := layout.parse_name(location.name))
        }
        if not places:
            raise UserError(
                self.env._("None of these locations has a name such as A-07 or A-07-2 to read.")
            )
        for location, place in places.items():
            location.aisle, location.position, location.level = place
        self.union(*places)._compute_pos()
        return True

    # === BUSINESS === #

    def _get_place(self):
        """The nearest location, this one or one around it, whose aisle is known; else empty."""
        location = self
        while location and not location.aisle:
            location = location.location_id
        return location

    def _get_pick_zone(self):
        """Zone of this place, or of the nearest location around it that has one; else empty."""
        location = self
        while location and not location.pick_zone:
            location = location.location_id
        return location.pick_zone or ""

    def _get_picking_skills(self):
        """Skills needed at any of these places: their own and those of the places around them."""
        skills, places = self.env["picking.skill"], self
        while places:
            skills |= places.picking_skill_ids
            places = places.location_id
        return skills

    def _get_spot(self, plan):
        """(x, y) in metres on a ``floor.Floor``: all places of an aisle are at its middle."""
        self.ensure_one()
        return (plan.aisles[self.aisle] if plan.in_aisles else self.pos_x, self.pos_y)

    def _find_spot(self, plan):
        """(x, y) of this place or of the one around it that has an aisle.

        :return: None where there is none, or where no walk gets to
        """
        place = self._get_place()
        if not plan or place.aisle not in plan.aisles:
            return None
        spot = place._get_spot(plan)
        return None if plan.dead_end(*spot) else spot

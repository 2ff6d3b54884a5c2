from datetime import timedelta

from odoo import api, fields, models

from ..engine import drawing, floor, layout

#: Days of picks that the map's heat shows.
DAYS = 90
#: Names shown of places that no walk gets to.
SHOWN = 8


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    map_svg = fields.Html(string="Map", compute="_compute_map_svg", sanitize=False)
    place_count = fields.Integer(compute="_compute_place_count", string="Places")
    layout_problems = fields.Text(
        compute="_compute_layout_problems",
        help="Places that no walk gets to, and settings that fit nothing in this warehouse.",
    )

    # === COMPUTE === #

    def _compute_place_count(self):
        groups = self.env["stock.location"]._read_group(
            [("warehouse_id", "in", self.ids), ("aisle", "!=", False)],
            ["warehouse_id"],
            ["__count"],
        )
        counts = dict(groups)
        for warehouse in self:
            warehouse.place_count = counts.get(warehouse, 0)

    @api.depends(
        *("depot_x", "depot_at_back", "is_end_apart", "end_x", "end_at_back"),
        *("middle_cross_aisles", "aisle_length", "floor_kind"),
        *("aisles_forward", "aisles_backward"),
    )
    def _compute_map_svg(self):
        layouts = self._get_layouts()
        for warehouse in self:
            plan = layouts.get(warehouse)
            warehouse.map_svg = plan and warehouse._draw_map(plan)

    @api.depends(
        *("depot_at_back", "is_end_apart", "end_at_back", "middle_cross_aisles", "aisle_length"),
        *("aisles_forward", "aisles_backward", "floor_kind"),
    )
    def _compute_layout_problems(self):
        layouts = self._get_layouts()
        for warehouse in self:
            plan = layouts.get(warehouse)
            problems = warehouse._get_layout_problems(plan) if plan else []
            warehouse.layout_problems = "\n".join(problems)

    def _get_layout_problems(self, plan):
        """What is wrong with the layout of a warehouse and what to do about it, as sentences."""
        self.ensure_one()
        by_reason = {}
        for location in self._search_places():
            if reason := plan.dead_end(*location._get_spot(plan)):
                by_reason.setdefault(reason, []).append(location.name)
        problems = [
            self._describe_dead_end(reason, names) for reason, names in sorted(by_reason.items())
        ]
        named = floor.read_names(f"{self.aisles_forward or ''},{self.aisles_backward or ''}")
        aisles = {name.upper() for name in plan.aisles}
        if unknown := [name for name in named if name not in aisles]:
            problems.append(
                self.env._(
                    "No place is in the one-way aisles %s: correct their names.",
                    ", ".join(unknown),
                )
            )
        too_far = [y for y in floor.read_metres(self.middle_cross_aisles) if y >= plan.block.length]
        if too_far:
            problems.append(
                self.env._(
                    "Cross aisles at %(metres)s m lie behind the back one, %(length)g m from the "
                    "front: correct them or the Aisle Length.",
                    metres=", ".join(f"{y:g}" for y in too_far),
                    length=plan.block.length,
                )
            )
        return problems

    def _describe_dead_end(self, reason, names):
        shown = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
        values = {"count": len(names), "names": shown, "length": f"{self.aisle_length:g}"}
        return {
            floor.BEYOND: self.env._(
                "%(count)s places lie behind the back cross aisle, %(length)s m from the front: "
                "%(names)s. Correct their bays and metres, or the Aisle Length.",
                **values,
            ),
            floor.NO_WAY_IN: self.env._(
                "%(count)s places can't be walked to, as all aisles go the other way: %(names)s. "
                "Take an aisle out of the one-way lists, or start walks at the other end.",
                **values,
            ),
            floor.NO_WAY_OUT: self.env._(
                "%(count)s places can be walked to, but no aisle leads from there to where walks "
                "end: %(names)s. Take an aisle out of the one-way lists, or end walks elsewhere.",
                **values,
            ),
        }[reason]

    def _search_places(self):
        """Every place of this warehouse that has an aisle."""
        return self.env["stock.location"].search(
            [("warehouse_id", "=", self.id), ("aisle", "!=", False), ("usage", "=", "internal")]
        )

    def _draw_map(self, plan):
        """The floor with stock and pick frequency of each bay, in three queries."""
        self.ensure_one()
        # Places that no walk gets to aren't on the floor: the page tells them.
        locations = self._search_places().filtered(lambda place: place._find_spot(plan))
        picks, stock = self._get_picks(locations), self._get_stock(locations)
        by_spot = {}
        for location in locations:
            by_spot.setdefault(location._get_spot(plan), []).append(location)
        heat = {
            spot: sum(picks.get(location.id, 0) for location in places)
            for spot, places in by_spot.items()
        }
        most = max(heat.values(), default=0)
        boxes = [
            (
                self.env._(
                    "%(places)s: %(picks)s picks in %(days)s days, %(stock)g in stock",
                    places=", ".join(location.name for location in places),
                    picks=heat[spot],
                    days=DAYS,
                    stock=sum(stock.get(location.id, 0.0) for location in places),
                ),
                *spot,
                heat[spot] / most if most else 0.0,
                any(stock.get(location.id, 0.0) > 0 for location in places),
            )
            for spot, places in by_spot.items()
        ]
        title = self.env._("Map of %s", self.name)
        return drawing.map_svg(plan.block, plan.names_by_x(), boxes, title)

    @api.model
    def _get_picks(self, locations):
        """Lines picked from each location lately, by its id."""
        since = fields.Datetime.now() - timedelta(days=DAYS)
        groups = self.env["stock.move.line"]._read_group(
            [
                ("location_id", "in", locations.ids),
                ("state", "=", "done"),
                ("date", ">=", since),
                ("location_dest_id", "not in", locations.ids),
            ],
            ["location_id"],
            ["__count"],
        )
        return {location.id: count for location, count in groups}

    @api.model
    def _get_stock(self, locations):
        groups = self.env["stock.quant"]._read_group(
            [("location_id", "in", locations.ids)], ["location_id"], ["quantity:sum"]
        )
        return {location.id: quantity for location, quantity in groups}

    # === BUSINESS: LAYOUT === #

    def _find_places(self, places):
        """Locations that rows name, by full or own name or barcode.

        :param list places: ``layout_import.Place``
        :return: dict of row to location; rows whose location doesn't exist yet are left out
        """
        if not places or not self:
            return {}
        locations = self.env["stock.location"].search(
            [("id", "child_of", self.view_location_id.id), ("usage", "=", "internal")]
        )
        by_name = {}
        for name in ("name", "barcode", "complete_name"):
            by_name |= {loc[name].lower(): loc for loc in locations if loc[name]}
        found = {place.row: by_name.get(place.name.lower()) for place in places}
        return {row: location for row, location in found.items() if location}

    def _get_spots(self, places):
        """Where rows of a table will be on the floor that this warehouse has with them.

        :param list places: ``layout_import.Place``
        :return: (dict of row to (x, y), ``floor.Floor``)
        """
        self.ensure_one()
        pitches = self.aisle_pitch, self.bay_pitch
        measured = {}
        for place in places:
            x, y = layout.coordinates(place.aisle, place.position, *pitches)
            measured[place.row] = (
                x if place.x is None else place.x,
                y if place.y is None else place.y,
            )
        known = self._get_layouts().get(self)
        aisles = {place.aisle: measured[place.row][0] for place in reversed(places)}
        if known:
            aisles |= known.aisles
        plan = self._get_floor(aisles, max((y for _x, y in measured.values()), default=0.0))
        return {
            place.row: (
                aisles[place.aisle] if plan.in_aisles else measured[place.row][0],
                measured[place.row][1],
            )
            for place in places
        }, plan

    def _write_places(self, places):
        """Set the places of known locations, and create the others under the stock location."""
        self.ensure_one()
        known = self._find_places(places)
        vals_list = []
        for place in places:
            vals = self._prepare_place_vals(place)
            if place.row in known:
                known[place.row].write(vals)
            else:
                vals_list.append(
                    vals
                    | {
                        "name": place.name.rsplit("/", 1)[-1],
                        "location_id": self.lot_stock_id.id,
                        "usage": "internal",
                        "company_id": self.company_id.id,
                    }
                )
        self.env["stock.location"].create(vals_list)

    @api.model
    def _prepare_place_vals(self, place):
        vals = {"aisle": place.aisle, "position": place.position, "level": place.level}
        if place.side:
            vals["side"] = place.side
        if place.zone:
            vals["pick_zone"] = place.zone
        if place.x is not None:
            vals["pos_x"] = place.x
        if place.y is not None:
            vals["pos_y"] = place.y
        return vals

    # === ACTION === #

    def action_show_layout(self):
        """Show the map of this warehouse."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.stock_warehouse_action_map"
        )
        view = self.env.ref("order_shipping.stock_warehouse_view_form_map")
        return action | {"res_id": self.id, "view_mode": "form", "views": [(view.id, "form")]}

    def action_show_places(self):
        """List the places of this warehouse."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_shipping.stock_location_action_layout"
        )
        return action | {
            "domain": [("warehouse_id", "=", self.id), ("usage", "=", "internal")],
            "context": {},
        }

    def action_plan_picking(self):
        """Open the Plan Picking screen of this warehouse."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("order_shipping.picking_plan_action")
        return action | {"params": {"warehouse_id": self.id}}

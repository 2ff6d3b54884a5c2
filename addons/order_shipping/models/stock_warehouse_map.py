from datetime import timedelta

from odoo import api, fields, models

from ..engine import drawing

#: Days of picks that the map's heat shows.
DAYS = 90


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    map_svg = fields.Html(string="Map", compute="_compute_map_svg", sanitize=False)
    place_count = fields.Integer(compute="_compute_place_count", string="Places")

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
    )
    def _compute_map_svg(self):
        layouts = self._get_layouts()
        for warehouse in self:
            plan = layouts.get(warehouse)
            warehouse.map_svg = plan and warehouse._draw_map(plan)

    def _draw_map(self, plan):
        """The floor with stock and pick frequency of each bay, in three queries."""
        self.ensure_one()
        locations = self.env["stock.location"].search(
            [("warehouse_id", "=", self.id), ("aisle", "!=", False), ("usage", "=", "internal")]
        )
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

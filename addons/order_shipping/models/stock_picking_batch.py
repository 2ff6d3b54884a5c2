from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import drawing, picking


class StockPickingBatch(models.Model):
    _inherit = "stock.picking.batch"

    route_metres = fields.Float(
        string="Planned Walk (m)",
        readonly=True,
        copy=False,
        digits=(10, 1),
        help="Metres of the shortest walk past all places of this batch, from the start and back.",
    )
    route_metres_by_name = fields.Float(
        string="Walk by Location Name (m)",
        readonly=True,
        copy=False,
        digits=(10, 1),
        help="Metres of the walk in the order of location names, in which batches are printed.",
    )
    route_saving = fields.Float(
        string="Walk Saved",
        compute="_compute_route_saving",
        store=True,
        aggregator="avg",
        help="Share of the walk by name that the planned walk saves.",
    )
    wave_template_id = fields.Many2one(
        "picking.wave.template", readonly=True, copy=False, index=True
    )
    planned_minutes = fields.Float(
        string="Planned Time (min)",
        readonly=True,
        copy=False,
        help="Minutes for the walk, the lines and the cart, at the pace of the wave template.",
    )
    route_unmapped_count = fields.Integer(
        string="Places without Layout",
        readonly=True,
        copy=False,
        help="Places without an aisle or that no walk gets to: they come last, by name, and aren't "
        "counted in metres.",
    )
    date_planned_route = fields.Datetime(string="Route Planned On", readonly=True, copy=False)
    route_svg = fields.Html(string="Pick Route", compute="_compute_route_svg", sanitize=False)
    next_step = fields.Selection(
        [
            ("pick", "Pick"),
            ("rate", "Get rates"),
            ("label", "Buy labels"),
            ("validate", "Validate"),
        ],
        compute="_compute_next_step",
        help="What the user can do next for this batch, once it is in progress.",
    )
    has_label = fields.Boolean(compute="_compute_next_step")
    is_labelled = fields.Boolean(string="All Labelled", compute="_compute_next_step")
    is_picked = fields.Boolean(string="All Picked", compute="_compute_next_step")

    @api.constrains("user_id")
    def _check_skills(self):
        batches = self.filtered("user_id")
        if not batches or not self.env["picking.skill"]._is_used():
            return
        for batch in batches:
            if missing := batch.move_line_ids._get_picking_skills()._get_missing(batch.user_id):
                raise ValidationError(
                    self.env._(
                        "%(user)s can't pick %(batch)s: %(skills)s.",
                        user=batch.user_id.name,
                        batch=batch.name,
                        skills=", ".join(missing.mapped("name")),
                    )
                )

    # === COMPUTE === #

    @api.depends("route_metres", "route_metres_by_name")
    def _compute_route_saving(self):
        for batch in self:
            by_name = batch.route_metres_by_name
            batch.route_saving = 1 - batch.route_metres / by_name if by_name else 0.0

    @api.depends("date_planned_route")
    def _compute_route_svg(self):
        layouts = self.warehouse_id._get_layouts()
        for batch in self:
            plan = layouts.get(batch.warehouse_id)
            lines = batch._get_route_lines().filtered("pick_sequence").sorted("pick_sequence")
            spots = {location: location._find_spot(plan) for location in lines.location_id}
            by_spot = lines.location_id.grouped(spots.get)
            stops = [
                picking.Stop(", ".join(locations.mapped("name")), *spot)
                for spot, locations in by_spot.items()
                if spot
            ]
            batch.route_svg = batch._draw_route(plan, stops) if stops else False

    @api.depends(
        "state",
        "picking_ids.state",
        "picking_ids.carrier_id",
        "picking_ids.is_labelled",
        "picking_ids.move_ids.quantity",
        "picking_ids.move_ids.picked",
    )
    @api.depends_context("uid")
    def _compute_next_step(self):
        """What is left to do for each batch; who may not ship can only validate it."""
        may_ship = self.env.user.has_group("order_shipping.group_shipping_user")
        for batch in self:
            pickings = batch.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
            deliveries = batch.picking_ids._filter_outgoing()
            unlabelled = (deliveries & pickings).filtered(lambda p: not p.is_labelled)
            batch.is_picked = all(
                move.picked
                for move in pickings.move_ids
                if move.quantity and move.state not in ("done", "cancel")
            )
            batch.is_labelled = not unlabelled
            batch.has_label = any(deliveries.mapped("is_labelled"))
            if not may_ship or batch.state != "in_progress":
                batch.next_step = "validate"
            elif not batch.is_picked:
                batch.next_step = "pick"
            elif any(not picking.carrier_id for picking in unlabelled):
                batch.next_step = "rate"
            elif any(p.carrier_id._makes_labels() for p in unlabelled):
                batch.next_step = "label"
            else:
                batch.next_step = "validate"

    # === BUSINESS: LINES === #

    def _get_route_lines(self):
        """Lines a picker walks to: those that leave a place inside a warehouse."""
        return self.picking_ids.move_line_ids.filtered(
            lambda line: line.state != "cancel" and line.location_id.usage == "internal"
        )

    # === ACTION === #

    def action_confirm(self):
        """Plan the walk and log the batch on its orders, once core has confirmed it."""
        result = super().action_confirm()
        self.action_plan_route()
        self.picking_ids._record_batched()
        return result

    def _confirm_reserved(self):
        """Confirm new batches of reserved transfers, all together.

        :meth:`action_confirm` takes one batch at a time and confirms its transfers anew, which asks
        for every product of each whether more has to be bought: that was done when they were.
        """
        batches = self.filtered(lambda batch: batch.state == "draft" and batch.picking_ids)
        batches._check_company()
        # They were made a moment ago: that they are no draft needs no note on each.
        batches.with_context(mail_notrack=True).state = "in_progress"
        batches.action_plan_route()
        batches.picking_ids._record_batched()

    def _sanity_check(self):
        """Core looks up every open transfer of the company for each batch: only those that hold
        something odd need that.
        """

        def is_odd(batch):
            states = ("waiting", "confirmed", "assigned") + ("draft",) * (batch.state == "draft")
            return any(
                picking.state not in states
                or picking.company_id != batch.company_id
                or (batch.picking_type_id and picking.picking_type_id != batch.picking_type_id)
                for picking in batch.picking_ids
            )

        return super(StockPickingBatch, self.filtered(is_odd))._sanity_check()

    def action_assign(self):
        result = super().action_assign()
        self.filtered(lambda batch: batch.state == "in_progress").action_plan_route()
        return result

    def action_plan_route(self):
        """Find the shortest walk of each batch and number its lines in walking order.

        Places without a layout come after the walk, by name. Every batch is planned on its own; all
        of them are read and written together.
        """
        self.picking_ids.move_line_ids.location_id.fetch(["aisle", "pos_y", "complete_name"])
        layouts = self.warehouse_id._get_layouts()
        now = fields.Datetime.now()
        by_rank = defaultdict(list)
        for batch in self:
            plan = batch._plan_route(layouts.get(batch.warehouse_id))
            ranks, metres, metres_by_name, unmapped = plan
            for line in batch._get_route_lines():
                by_rank[ranks[line.location_id]].append(line.id)
            batch.write(
                {
                    "route_metres": metres,
                    "route_metres_by_name": metres_by_name,
                    "route_unmapped_count": unmapped,
                    "date_planned_route": now,
                }
            )
        for rank, ids in by_rank.items():
            self.env["stock.move.line"].browse(ids).pick_sequence = rank
        return True

    def action_replan(self):
        """Let transfers go whose stock isn't there (any more), and plan the walk anew.

        They go back to the open transfers, and the next plan takes them once they are reserved.

        :raise UserError: everything is reserved
        """
        missing = self.picking_ids.filtered(
            lambda picking: picking.state in ("waiting", "confirmed")
        )
        if not missing:
            raise UserError(self.env._("The stock of all these transfers is there."))
        missing.batch_id = False
        open_batches = self.exists().filtered(lambda batch: batch.state in ("draft", "in_progress"))
        return open_batches.action_plan_route()

    def action_picked(self):
        """Mark everything reserved in these batches as picked, and log it on the orders."""
        open_batches = self.filtered(lambda batch: batch.state == "in_progress")
        open_batches.picking_ids.action_picked()
        return True

    def action_rate(self):
        """Get rates for every delivery of these batches."""
        return self.picking_ids.action_rate()

    def action_buy_label(self):
        """Buy the missing labels of every delivery of these batches."""
        return self._get_pickings_in_walking_order().action_buy_label()

    def action_print_labels(self):
        """Print all labels of these batches as one document, in walking order."""
        return self._get_pickings_in_walking_order().action_print_labels()

    def action_batch_detailed_operations(self):
        """Show the lines in walking order, once a walk is planned."""
        action = super().action_batch_detailed_operations()
        if self.date_planned_route:
            view = self.env.ref("order_shipping.stock_move_line_view_list_route")
            action["views"] = [(view.id, "list")]
        return action

    # === BUSINESS === #

    def _plan_route(self, plan):
        """Plan one batch.

        :param floor.Floor plan: the floor; None where the warehouse has no layout
        :return: (dict of location to its stop's number, metres, metres by name, unmapped places)
        """
        self.ensure_one()
        locations = self._get_route_lines().location_id.sorted("complete_name")
        spots = {location: location._find_spot(plan) for location in locations}
        mapped = locations.filtered(spots.get)
        stops = [picking.Stop(location, *spots[location]) for location in mapped]
        ranks = {}
        metres = by_name = 0.0
        if stops:
            route = plan.route(stops)
            metres, by_name = route.metres, picking.as_given(plan.block, stops).metres
            last = None
            for location in route.keys:
                # Levels of one bay are one stop.
                ranks[location] = len(set(ranks.values())) + (spots[location] != last)
                last = spots[location]
        unmapped = locations - mapped
        first = len(set(ranks.values())) + 1
        ranks |= {location: rank for rank, location in enumerate(unmapped, first)}
        return ranks, metres, by_name, len(unmapped)

    def _draw_route(self, plan, stops):
        """The walk as SVG, with every name in it escaped."""
        title = self.env._(
            "Pick route of %(batch)s: %(metres).1f metres",
            batch=self.name,
            metres=self.route_metres,
        )
        return drawing.route_svg(plan.block, plan.names_by_x(), self._merge_stops(stops), title)

    @api.model
    def _merge_stops(self, stops):
        """Join neighbouring stops at one place, as their numbers are."""
        merged = []
        for stop in stops:
            if merged and merged[-1][1:] == stop[1:]:
                merged[-1] = stop._replace(key=f"{merged[-1].key}, {stop.key}")
            else:
                merged.append(stop)
        return merged

    def _get_pickings_in_walking_order(self):
        """The deliveries in the order in which the walk meets them first."""

        def first_stop(record):
            stops = [line.pick_sequence for line in record.move_line_ids if line.pick_sequence]
            return (record.batch_id.id, min(stops, default=len(record.move_line_ids)), record.id)

        return self.picking_ids.filtered_domain(
            Domain("picking_type_code", "=", "outgoing")
        ).sorted(first_stop)

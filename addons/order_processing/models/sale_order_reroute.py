from odoo import models
from odoo.tools import float_compare

from ..engine.routing_model import EPSILON
from .order_allocation_queue import OPEN_PICKING
from .order_routing_run import decide_jointly


class SaleOrder(models.Model):
    """Step "route", again: what waits in the queue, is rejected, or could be better."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "sale.order"

    # === Queue === #

    def _route_queued(self, asked=False):
        """Route what of these orders waits in the queue."""
        allocations = self.env["order.allocation"].sudo()
        queued = self.sudo().allocation_ids.filtered(lambda a: a.state == "queued")
        wanted = {
            line: sum(own.mapped("quantity")) for line, own in queued.grouped("line_id").items()
        }
        if not queued:
            return
        places = allocations._places_of(queued.order_id, every=True)
        lines = queued.line_id.filtered(lambda line: line.order_id in places)
        requests, outcomes, plans, stock = allocations._decide(lines, places, wanted, asked)
        allocations._take_turn_for(requests, outcomes, stock)
        queued.order_id._replace_queued(queued, requests, outcomes, plans, stock)

    def _replace_queued(self, queued, requests, outcomes, plans, stock, run=None):
        """Put decisions in the place of what waited in the queue, and tell the warehouses."""
        lines = queued.line_id
        queued.unlink()
        allocations = self.env["order.allocation"].sudo()
        routed = allocations._apply_outcomes(requests, outcomes, plans, stock, run, bool(run))
        self._launch(lines)
        self._record_routes({order: routed[order] for order in self if order in routed})

    def _launch(self, lines):
        """Let the moves of confirmed lines follow their allocations."""
        confirmed = lines.filtered(lambda line: line.state == "sale")
        if confirmed:
            confirmed.with_context(order_routed=True)._action_launch_stock_rule()

    # === Look again === #

    def _may_be_moved(self):
        """Whether nobody has begun to pick, pack or bill this order's open deliveries."""
        self.ensure_one()
        allocations = self.allocation_ids.filtered(lambda a: a.state != "cancelled")
        pickings = self.picking_ids.filtered(lambda p: p.state != "cancel")
        return (
            self.state == "sale"
            and not self.locked
            and set(allocations.mapped("state")) == {"released"}
            and not any(allocations.mapped("is_manual"))
            and all(p.state in OPEN_PICKING and not p._is_begun() for p in pickings)
        )

    def _reoptimise(self, run):
        """Route released orders together anew, with the stock they hold; move them if that saves
        as many shipments for each order moved as the plan asks for.

        :return: shipments saved
        """
        allocations = self.env["order.allocation"].sudo().with_context(routing_run=True)
        held = self.sudo().allocation_ids.filtered(lambda a: a.state == "released")
        wanted = {
            line: sum(own.mapped("quantity")) for line, own in held.grouped("line_id").items()
        }
        lines = held.line_id
        places = allocations._places_of(lines.order_id, every=True)
        plans = self.env["order.routing.plan"]._of_orders(lines.order_id)
        warehouses = self.env["stock.warehouse"].sudo().union(*[s for s, _d in places.values()])
        stock = allocations._free_stock(lines._routed_products(), warehouses)
        held._give_back(stock)
        requests = allocations._requests(lines, places, wanted, plans)
        outcomes, _report = decide_jointly(requests, stock, run.plan_id.time_limit)
        outcomes = allocations._await_incoming(requests, outcomes)
        changed, saved = self._worth_moving(held, outcomes)
        if not changed or saved < max(1, run.plan_id.min_saving * len(changed)):
            return 0
        allocations._take_turn_for(requests, outcomes, stock)
        moving = held.filtered(lambda a: a.order_id in changed)
        moving._withdraw()
        mine = {order: outcomes[order] for order in changed}
        kept = {order: requests[order] for order in changed}
        routed = allocations._apply_outcomes(kept, mine, plans, stock, run, joint=True)
        changed._launch(moving.line_id)
        changed._record_routes(routed)
        return saved

    def _worth_moving(self, held, outcomes):
        """Orders whose decision differs from what they hold, and the shipments that saves."""
        changed, saved = self.browse(), 0
        for order, own in held.grouped("order_id").items():
            plan = outcomes[order].plan
            before = {(a.line_id.id, a.warehouse_id.id): a.quantity for a in own}
            after = {(share.need, share.site): share.quantity for share in plan.shares}
            if before.keys() == after.keys() and all(
                float_compare(before[key], after[key], precision_digits=6) == 0 for key in before
            ):
                continue
            short = sum(own.mapped("short_quantity"))
            sources = {a.warehouse_id for a in own if a.quantity - a.short_quantity > EPSILON}
            changed |= order
            saved += len(sources) + (short > EPSILON) - plan.parcels
        return changed, saved

    # === Rejection === #

    def _reject(self, picking, rows):
        """A warehouse can't ship some quantities: correct its stock, and route them elsewhere.

        :param picking: the delivery (or its first step) they were on
        :param rows: list of dicts ``move``, ``quantity`` (product's unit), ``reason``, ``note``
            and, if it isn't where the move is reserved, ``places``: locations it was looked for in
        :return: the attempts
        """
        attempts = self.env["order.routing.attempt"].sudo()
        warehouse = picking.picking_type_id.warehouse_id
        of_line = {}
        for row in rows:
            # sudo: the warehouse's word is enough; its staff need no rights on sales.
            row = {"places": row["move"].move_line_ids.location_id, **row}
            row["move"] = row["move"].sudo()
            of_line.setdefault(row["move"].sale_line_id, []).append(row)
        for line, mine in of_line.items():
            quantity = line._take_back(warehouse, mine)
            for row in mine:
                warehouse.sudo()._correct_stock(
                    row["move"].product_id, row["places"].sudo(), row["quantity"], row["reason"]
                )
            attempts |= attempts.create(
                {
                    "line_id": line.id,
                    "warehouse_id": warehouse.id,
                    "picking_id": picking.id,
                    "quantity": quantity,
                    "reason": mine[0]["reason"],
                    "note": mine[0].get("note"),
                }
            )
        lines = attempts.line_id
        plans = self.env["order.allocation"].sudo()._route(lines, every=True)
        lines.order_id._launch(lines)
        lines.move_ids.filtered(lambda move: move.state == "confirmed")._assign_by_method()
        lines.order_id._record_routes({o: p for o, p in plans.items() if o in lines.order_id})
        return attempts

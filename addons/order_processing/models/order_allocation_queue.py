from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models

from ..engine import availability, routing_explain, routing_rules
from ..engine.routing_model import EPSILON, Share

OPEN_PICKING = ("waiting", "confirmed", "assigned")


class OrderAllocation(models.Model):
    """Decide and apply: a plan's rules, the queue, and what is routed again."""

    # One file per step: pylint: disable=consider-merging-classes-inherited
    _inherit = "order.allocation"

    plan_id = fields.Many2one("order.routing.plan", index="btree_not_null", readonly=True)
    decision_id = fields.Many2one("order.routing.decision", index="btree_not_null", readonly=True)
    queue_reason = fields.Char(readonly=True, help="Why it waits in the queue.")
    is_stopped = fields.Boolean(
        string="Needs a Person", readonly=True, help="Rejected too often to be routed by itself."
    )
    date_cancel = fields.Datetime(
        string="Cancelled On", readonly=True, help="When what still waits is taken off the order."
    )

    # === ACTION === #

    def action_route_again(self):
        """Route what waits in the queue now, also what was rejected too often."""
        self.check_access("write")
        # sudo: the queue is the flow's own; rights on the orders were checked.
        queued = self.sudo().filtered(lambda a: a.state == "queued")
        queued.order_id._route_queued(asked=True)
        return True

    # === BUSINESS: decide === #

    @api.model
    def _decide(self, lines, places, wanted, asked=False):
        """Decide lines by their orders' plans: what :meth:`_store` writes.

        :return: (dict order → Request, dict order → Outcome, dict order → plan, stock)
        """
        orders = lines.order_id.sorted(lambda order: (order.date_order, order.id))
        warehouses = self.env["stock.warehouse"].union(*[sites for sites, _d in places.values()])
        plans = self.env["order.routing.plan"]._of_orders(orders)
        stock = self._free_stock(lines._routed_products(), warehouses)
        requests = self._requests(lines, places, wanted, plans)
        stopped = self.env["order.routing.attempt"]._stopped(lines, plans)
        outcomes, waiting = {}, {}
        for order in orders:
            plan = plans.get(order)
            if plan and plan.is_scheduled and not asked and not self.env.context.get("routing_run"):
                waiting[order] = "scheduled"
            elif order in stopped.order_id and not asked:
                waiting[order] = "stopped"
        deciding = [order for order in orders if order not in waiting]
        decided = routing_rules.decide_all([requests[order] for order in deciding], stock)
        outcomes = dict(zip(deciding, decided, strict=True))
        outcomes = self._await_incoming(requests, outcomes)
        for order, reason in waiting.items():
            plan = routing_rules.nowhere(requests[order])
            outcomes[order] = routing_rules.Outcome(plan, -1, "queue", reason)
        return requests, {order: outcomes[order] for order in orders}, plans, stock

    @api.model
    def _await_incoming(self, requests, outcomes):
        """Back-orders wait at the warehouse that receives the goods the earliest.

        :return: the outcomes, dict order → Outcome
        """
        short = {
            order: outcome
            for order, outcome in outcomes.items()
            if outcome.action == "backorder" and outcome.plan.short > EPSILON
        }
        if not short:
            return outcomes
        keys = [s.need for o in short.values() for s in o.plan.shares if s.short > EPSILON]
        products = self.env["sale.order.line"].browse(keys).product_id
        sites = {site.key for order in short for site in requests[order].sites}
        orders = self.env["sale.order"].union(*short)
        outlooks = products._get_outlooks(
            self.env["stock.warehouse"].browse(sites), ignore_orders=orders
        )
        taken = defaultdict(float)
        for order, outcome in outcomes.items():
            for place, quantity in routing_rules.taken(requests[order].needs, outcome.plan):
                taken[place] += quantity
        found = {}
        for order, outcome in short.items():
            when = self._when_there(requests[order], outcome, outlooks, taken)
            found[order] = routing_rules.await_at(outcome, when)
        return {**outcomes, **found}

    @api.model
    def _when_there(self, request, outcome, outlooks, taken):
        """When each warehouse receives what is short: dict (need, warehouse id) → moment.

        :param taken: dict (warehouse id, product id) → what the orders decided so far take there;
            what this one waits for is added
        """
        sites = sorted(
            request.sites, key=lambda site: (not site.is_default, site.priority, site.distance)
        )
        when = {}
        for need in request.needs:
            short = sum(s.short for s in outcome.plan.shares if s.need == need.key)
            if short <= EPSILON:
                continue
            short *= need.unit_size
            moments = {}
            for site in sites:
                outlook = outlooks.get((need.product, site.key))
                if outlook is None or (need.key, site.key) in outcome.blocked:
                    continue
                quantity = short + taken[site.key, need.product]
                moment = availability.earliest(outlook.steps, quantity)
                # What is there now, the rule didn't want to ship from there.
                if moment and moment > outlook.now:
                    moments[site.key] = moment
            if moments:
                taken[min(moments, key=moments.get), need.product] += short
            when.update(((need.key, site), moment) for site, moment in moments.items())
        return when

    def _apply_outcomes(self, requests, outcomes, plans, stock, run=None, joint=False):
        """Write decisions, then allocations: released, queued, or left to a route.

        :return: dict order → ``engine.routing.Plan``
        """
        decisions = self._record_decisions(requests, outcomes, plans, stock, run, joint)
        routed, queued = {}, []
        for order, outcome in outcomes.items():
            placed, rest = self._divide(order, requests[order], outcome)
            routed[order] = placed
            decision, plan = decisions[order], plans.get(order)
            rule = requests[order].rules[outcome.rule] if outcome.rule >= 0 else None
            queued += [
                {
                    "line_id": share.need,
                    "warehouse_id": requests[order].default,
                    "quantity": share.quantity,
                    "short_quantity": share.quantity,
                    "state": "queued",
                    "plan_id": plan.id if plan else False,
                    "decision_id": decision.id,
                    "explanation": decision.data,
                    "queue_reason": self._reason_text(outcome.reason),
                    "is_stopped": outcome.reason == "stopped",
                    "date_cancel": fields.Datetime.now() + timedelta(days=rule.days)
                    if rule and outcome.action == "cancel"
                    else False,
                }
                for share in rest
            ]
        self._store(routed, decisions)
        self.create(queued)
        return {order: outcome.plan for order, outcome in outcomes.items()}

    def _divide(self, order, request, outcome):
        """What of a decision is allocated now, and what waits: (plan, shares of the queue)."""
        plan, action = outcome.plan, outcome.action
        if not action or action == "backorder":
            return plan, []
        if action == "queue":
            wanted = {need.key: need.quantity for need in request.needs}
            return replace(plan, shares=()), [
                Share(key, request.default, quantity) for key, quantity in wanted.items()
            ]
        kept, rest, missing = [], {}, {}
        for share in plan.shares:
            there = share.quantity - share.short
            if there > EPSILON:
                kept.append(Share(share.need, share.site, there))
            if share.short > EPSILON:
                rest[share.need] = rest.get(share.need, 0.0) + share.short
        if action == "buy":
            placed = {share.need for share in kept}
            missing = {key: quantity for key, quantity in rest.items() if key not in placed}
            lines = self.env["sale.order.line"].browse(list(missing))
            lines.route_ids = self.env["stock.route"].browse(request.rules[outcome.rule].route)
            rest = {key: quantity for key, quantity in rest.items() if key in placed}
            kept += [Share(key, request.default, q, q) for key, q in rest.items()]
            rest = {}
        return replace(plan, shares=tuple(kept)), [
            Share(key, request.default, q) for key, q in rest.items()
        ]

    def _record_decisions(self, requests, outcomes, plans, stock, run, joint):
        """Keep what was decided and why: dict order → decision."""
        names = self._names_of(requests)
        vals_list = []
        for order, outcome in outcomes.items():
            plan, request = plans.get(order), requests[order]
            rule = request.rules[outcome.rule] if outcome.rule >= 0 else None
            sites = {site.key: site for site in request.sites}
            used = outcome.plan.sources
            vals_list.append(
                {
                    "order_id": order.id,
                    "run_id": run.id if run else False,
                    "version_id": plan.version_id.id if plan else False,
                    "rule": rule.name if rule else False,
                    "outcome": outcome.action if outcome.action in self._outcomes() else "placed",
                    "reason": self._reason_text(outcome.reason) if outcome.reason else False,
                    "parcels": outcome.plan.parcels,
                    "is_split": int(len(used) > 1),
                    "is_short": int(outcome.plan.short > EPSILON),
                    "cost": sum(sites[key].cost for key in used if key in sites),
                    "is_joint": joint,
                    "data": self._decision_data(order, request, outcome, plan, stock, names, joint),
                }
            )
        # sudo: decisions are the flow's own record.
        decisions = self.env["order.routing.decision"].sudo().create(vals_list)
        return dict(zip(outcomes, decisions, strict=True))

    @api.model
    def _outcomes(self):
        return dict(self.env["order.routing.decision"]._fields["outcome"].selection)

    def _decision_data(self, order, request, outcome, plan, stock, names, joint):
        """One decision as JSON values, with the names of that day."""
        rows = routing_explain.explain(request, outcome, stock)
        for row in rows:
            row["name"] = names["site", row["site"]]
            row["at"] = names["at", row["site"]]
            row["missing"] = {
                names["product", product]: quantity for product, quantity in row["missing"].items()
            }
            row["blocked"] = sorted(set(row["blocked"].values()))
        rule = request.rules[outcome.rule] if outcome.rule >= 0 else None
        place = self._locate(order.partner_shipping_id)
        return {
            **self._explanation(outcome.plan),
            "sites": rows,
            "customer": {
                "name": order.partner_shipping_id.city or order.partner_shipping_id.name or "",
                "at": list(place[:2]) if place else None,
                "found": place[2] if place else None,
            },
            "rule": rule.name if rule else "",
            "version": plan.version_id.number if plan else 0,
            "hash": plan.version_id.hash if plan else "",
            "action": outcome.action,
            "reason": outcome.reason,
            "relaxed": outcome.relaxed,
            "joint": joint,
        }

    def _names_of(self, requests):
        """Names and places of the warehouses and products of some requests."""
        sites = {site.key for request in requests.values() for site in request.sites}
        names = {}
        for warehouse in self.env["stock.warehouse"].browse(sites):
            place = self._locate(warehouse.partner_id)
            names["site", warehouse.id] = warehouse.name
            names["at", warehouse.id] = list(place[:2]) if place else None
        products = {
            product
            for request in requests.values()
            for need in request.needs
            for product, _size in need.takes
        }
        for product in self.env["product.product"].browse(products):
            names["product", product.id] = product.default_code or product.name
        return names

    @api.model
    def _reason_text(self, code):
        """Why something waits, in words that say what to do."""
        return {
            "scheduled": self.env._("Waits for the next run"),
            "stopped": self.env._("Rejected too often: choose a warehouse or route it again"),
            "stock": self.env._("Not in stock in any warehouse it may leave from"),
            "no_warehouse": self.env._("No warehouse may ship it: give the channel warehouses"),
            "no_rule": self.env._("The plan has no rule: add one and activate it"),
            "filtered": self.env._("Every warehouse is ruled out by some filter"),
            "warehouse": self.env._("No warehouse of the rule's group"),
            "region": self.env._("No warehouse ships to this region"),
            "distance": self.env._(
                "Every warehouse is too far, or an address can't be placed: complete it"
            ),
            "capacity": self.env._("Every warehouse has all the orders it can take"),
            "cutoff": self.env._("No warehouse would deliver in time"),
            "age": self.env._("The stock is too old everywhere"),
            "product": self.env._("No warehouse may ship this product"),
            "carrier": self.env._("No carrier serves the address"),
            "cooling": self.env._("Rejected; waits until the warehouse may be tried again"),
            "error": self.env._("Routing failed; see the run"),
        }.get(code, code or "")

    # === BUSINESS: again === #

    @api.model
    def _cancel_expired(self):
        """Take what waited too long off its orders; cancel orders of which nothing is left."""
        # sudo: the plan says so, whoever runs it.
        expired = self.sudo().search(
            [("state", "=", "queued"), ("date_cancel", "<=", fields.Datetime.now())]
        )
        for order, allocations in expired.grouped("order_id").items():
            quantities = {
                line: line.product_uom_qty - sum(own.mapped("quantity"))
                for line, own in allocations.grouped("line_id").items()
            }
            allocations.state = "cancelled"
            for line, quantity in quantities.items():
                line.product_uom_qty = quantity
            order.message_post(
                body=self.env._("Taken off the order: it waited for stock too long.")
            )
            if not any(order.order_line._to_ship().mapped("product_uom_qty")):
                order._action_cancel()
        return expired

    @api.model
    def _open_to_change(self, plan):
        """Orders of a plan that are released and that nobody has begun to pick."""
        released = self.sudo().search([("plan_id", "=", plan.id), ("state", "=", "released")])
        return released.order_id.filtered(lambda order: order._may_be_moved())

    def _give_back(self, stock):
        """Add what these allocations hold to ``stock`` (dict place → quantity)."""
        kits = self.line_id._get_kits()
        for allocation in self:
            product, unit = allocation.product_id, allocation.line_id.product_uom_id
            quantity = unit._compute_quantity(allocation.quantity, product.uom_id, round=False)
            for part, each in kits.get(product, ((product, 1.0),)):
                place = (allocation.warehouse_id.id, part.id)
                if place in stock:
                    stock[place] += quantity * each

    def _withdraw(self):
        """Take these allocations back, and cancel what was to move for them."""
        self._cancel_moves()
        self.sudo().state = "cancelled"
        # The next allocation of the line and warehouse may be made at once.
        self.flush_recordset(["state"])

    def _cancel_moves(self):
        """Cancel what was to move for these allocations, all its steps."""
        moves = self.env["stock.move"].sudo()
        for allocation in self:
            moves |= allocation.line_id.move_ids.sudo().filtered(
                lambda move, own=allocation: (
                    move.state not in ("done", "cancel")
                    and own.line_id._warehouse_of(move) == own.warehouse_id
                )
            )
        steps = moves
        while steps := steps.move_orig_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            moves |= steps
        moves._action_cancel()

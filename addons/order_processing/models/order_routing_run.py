from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools.misc import split_every

from .. import jobs
from ..engine import routing_joint, routing_rules
from ..engine.routing_model import EPSILON


class OrderRoutingRun(models.Model):
    """One run of a plan: the orders of its queue, routed together, and what became of each."""

    _name = "order.routing.run"
    _description = "Routing Run"
    _order = "id desc"
    _rec_name = "plan_id"

    plan_id = fields.Many2one("order.routing.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    version_id = fields.Many2one("order.routing.version", readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("failed", "Done with Errors")],
        default="running",
        required=True,
        readonly=True,
    )
    order_ids = fields.Many2many("sale.order", readonly=True)
    order_count = fields.Integer(readonly=True)
    done_count = fields.Integer(readonly=True)
    placed_count = fields.Integer(readonly=True)
    error_count = fields.Integer(readonly=True)
    progress = fields.Float(compute="_compute_progress")
    parcels_saved = fields.Integer(readonly=True, help="Shipments saved by moving what was routed.")
    gap = fields.Float(readonly=True, help="How much better a plan could be at most.")
    seconds = fields.Float(readonly=True, help="What the optimiser took.")
    method = fields.Selection(
        [
            ("alone", "Each order by itself: they want nothing of the same stock"),
            ("solver", "Optimised together"),
            ("greedy", "One after the other: no plan together was better"),
            ("no_solver", "One after the other: highspy and numpy aren't installed"),
            ("no_time", "One after the other: the optimiser ran out of time"),
            ("no_solution", "One after the other: the optimiser found no plan"),
        ],
        readonly=True,
        help="How the orders of the last chunk were decided.",
    )
    decision_ids = fields.One2many("order.routing.decision", "run_id")

    @api.depends("done_count", "order_count")
    def _compute_progress(self):
        for run in self:
            run.progress = 100 * run.done_count / run.order_count if run.order_count else 100.0

    @api.model
    def _make(self, plan, orders):
        """A run over ``orders``, started as jobs of at most the plan's number of orders each."""
        if not orders:
            return self
        # sudo: runs are the flow's own record.
        run = self.sudo().create(
            {
                "plan_id": plan.id,
                "version_id": plan.version_id.id,
                "order_ids": [fields.Command.set(orders.ids)],
                "order_count": len(orders),
            }
        )
        for chunk in split_every(max(plan.max_orders, 1), orders.ids):
            jobs.enqueue(
                run,
                "_process",
                list(chunk),
                description=f"Route {len(chunk)} orders: {plan.name}",
                channel="root.order_routing",
            )
        return run.sudo(self.env.su)

    def _open(self):
        """The screen of these runs."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_routing_run_action"
        )
        if len(self) == 1:
            action.update(res_id=self.id, view_mode="form", views=[(False, "form")])
        return action

    # === BUSINESS === #

    def _process(self, order_ids):
        """Route some orders of this run. Run twice, the second finds nothing left to do."""
        self.ensure_one()
        # sudo: a run routes whatever company's orders its plan takes.
        orders = self.sudo().env["sale.order"].browse(order_ids).exists()
        orders = orders.with_context(routing_run=True)
        orders = orders.try_lock_for_update()
        queued = orders.filtered(lambda o: "queued" in o.allocation_ids.mapped("state"))
        released = (orders - queued).filtered(lambda o: o._may_be_moved())
        placed = errors = 0
        joint = None
        if queued:
            joint = self._route_together(queued)
            placed, errors = joint["placed"], joint["errors"]
        saved = self._move(released) if released else 0
        self._count(len(order_ids), placed, errors, saved, joint)

    def _count(self, done, placed, errors, saved, joint):
        """Add what a chunk did to the run; the last one closes it."""
        self.lock_for_update()
        self.invalidate_recordset()
        vals = {
            "done_count": self.done_count + done,
            "placed_count": self.placed_count + placed,
            "error_count": self.error_count + errors,
            "parcels_saved": self.parcels_saved + saved,
        }
        if joint:
            vals.update({key: joint[key] for key in ("gap", "seconds", "method")})
        if vals["done_count"] >= self.order_count:
            vals["state"] = "failed" if vals["error_count"] else "done"
        self.write(vals)

    def _route_together(self, orders):
        """Route queued orders jointly and release them, each by itself, so that one bad order
        stops no other."""
        allocations = self.env["order.allocation"].sudo().with_context(routing_run=True)
        queued = orders.allocation_ids.filtered(lambda a: a.state == "queued" and not a.is_stopped)
        wanted = {
            line: sum(own.mapped("quantity")) for line, own in queued.grouped("line_id").items()
        }
        lines = queued.line_id
        places = allocations._places_of(lines.order_id, every=True)
        plans = self.env["order.routing.plan"]._of_orders(lines.order_id)
        warehouses = self.env["stock.warehouse"].sudo().union(*[s for s, _d in places.values()])
        stock = allocations._free_stock(lines._routed_products(), warehouses)
        requests = allocations._requests(lines, places, wanted, plans)
        together = self._by_address(requests) if self.plan_id.wait_minutes else {}
        outcomes, report = decide_jointly(requests, stock, self.plan_id.time_limit, together)
        outcomes = allocations._await_incoming(requests, outcomes)
        allocations._take_turn_for(requests, outcomes, stock)
        placed = errors = 0
        # Before the loop: it deletes them order by order.
        waiting = queued.grouped("order_id")
        for order, outcome in outcomes.items():
            try:
                with self.env.cr.savepoint():
                    order._replace_queued(
                        waiting[order],
                        {order: requests[order]}, {order: outcome}, plans, stock, self,
                    )  # fmt: skip
                placed += not outcome.action or outcome.action == "backorder"
            except OperationalError:
                raise  # a race: the whole job is tried again with what the rival left
            except Exception as error:  # noqa: BLE001 one bad order stops no other
                errors += 1
                self._record_error(order, error)
        return {**report, "placed": placed, "errors": errors}

    @api.model
    def _by_address(self, requests):
        """Orders that go to the same address, as keys to merge by: dict order → group."""
        return {
            order: (order.partner_shipping_id, request.default, request.sites)
            for order, request in requests.items()
        }

    def _record_error(self, order, error):
        self.env.invalidate_all(flush=False)
        self.env["order.routing.decision"].sudo().create(
            {
                "order_id": order.id,
                "run_id": self.id,
                "version_id": self.version_id.id,
                "outcome": "error",
                "reason": str(error)[:500],
            }
        )

    def _move(self, orders):
        """Route released orders anew; move them if that saves enough shipments.

        :return: shipments saved
        """
        return orders._reoptimise(self)


def decide_jointly(requests, stock, time_limit, together=None):
    """Decide requests together by their first rule; what that leaves, by their rules in turn.

    :param dict together: key → group, of requests that are decided like one
    :return: (dict key → Outcome, report: gap, seconds, method)
    """
    if together:
        return _decide_merged(requests, stock, time_limit, together)
    keys, full, kept = list(requests), [], {}
    for key in keys:
        request = requests[key]
        rule = request.rules[0] if request.rules else routing_rules.Rule()
        policy, needs, back = routing_rules.policy_of(request, rule)
        full.append((needs, list(request.sites), request.default, policy))
        for place, quantity in back.items():
            kept[place] = max(kept.get(place, 0.0), quantity)
    there = {place: q - kept.get(place, 0.0) for place, q in stock.items()}
    joint = routing_joint.route_jointly(full, there, time_limit=time_limit)
    outcomes, left = {}, dict(stock)
    for key, plan, (needs, _sites, _default, policy) in zip(keys, joint.plans, full, strict=True):
        if plan.short <= EPSILON and requests[key].rules:
            outcomes[key] = routing_rules.Outcome(plan, 0, blocked=policy.blocked)
            for place, quantity in routing_rules.taken(needs, plan):
                left[place] = left.get(place, 0.0) - quantity
    rest = [key for key in keys if key not in outcomes]
    decided = routing_rules.decide_all([requests[key] for key in rest], left)
    outcomes.update(zip(rest, decided, strict=True))
    method = joint.reason if joint.reason.startswith("no_") else joint.method
    report = {"gap": joint.gap, "seconds": joint.seconds, "method": method}
    return {key: outcomes[key] for key in keys}, report


def _decide_merged(requests, stock, time_limit, together):
    """Decide groups of requests like one each, and give each request its part."""
    groups = {}
    for key in requests:
        groups.setdefault(together[key], []).append(key)
    merged = {
        group: routing_rules.merge([requests[key] for key in keys])
        for group, keys in groups.items()
    }
    decided, report = decide_jointly(merged, stock, time_limit)
    outcomes = {
        key: routing_rules.part(decided[group], requests[key])
        for group, keys in groups.items()
        for key in keys
    }
    return {key: outcomes[key] for key in requests}, report

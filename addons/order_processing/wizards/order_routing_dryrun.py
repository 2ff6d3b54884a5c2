from collections import defaultdict
from datetime import timedelta

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine import routing_rules
from ..engine.routing_model import EPSILON
from ..models.order_routing_run import decide_jointly


class OrderRoutingDryrun(models.TransientModel):
    """What the rules as they are now would do, beside what the active version does. Orders and
    stock stay as they are."""

    _name = "order.routing.dryrun"
    _description = "Routing Dry Run"

    plan_id = fields.Many2one("order.routing.plan", required=True)
    source = fields.Selection(
        [("open", "Today's open orders"), ("month", "Orders of the last 30 days")],
        required=True,
        default="open",
        help="Of the last 30 days: with today's free stock and what those orders took.",
    )
    max_orders = fields.Integer(string="At Most", default=500, required=True)
    order_count = fields.Integer(readonly=True)
    result_html = fields.Html(readonly=True, sanitize=False)
    line_ids = fields.One2many("order.routing.dryrun.line", "dryrun_id", readonly=True)

    @api.depends("plan_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for dryrun in self:
            dryrun.display_name = self.env._("Dry Run: %s", dryrun.plan_id.name or "")

    # === ACTION === #

    def action_compute(self):
        """Route the orders by both sets of rules, and compare."""
        self.ensure_one()
        plan = self.plan_id
        lines, wanted, stock = self._gather()
        if not lines:
            raise UserError(self.env._("There are no such orders in this plan."))
        draft = plan._definition()
        ways = [(self.env._("Draft"), draft)]
        if plan.version_id:
            number = plan.version_id.number
            ways.insert(0, (self.env._("Active (v%s)", number), plan.version_id.definition))
        figures = {
            label: self._evaluate(definition, lines, wanted, stock) for label, definition in ways
        }
        self.line_ids.unlink()
        self.write(
            {
                "order_count": len(lines.order_id),
                "result_html": self._comparison(figures),
                "line_ids": [
                    Command.create({"label": label, "warehouse_id": warehouse, **values})
                    for label, figure in figures.items()
                    for warehouse, values in figure["warehouses"].items()
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dry Run"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_activate(self):
        """Activate the rules that were tried."""
        return self.plan_id.action_activate()

    def action_view_graph(self):
        """The figures per warehouse as a graph."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dry Run per Warehouse"),
            "res_model": "order.routing.dryrun.line",
            "view_mode": "graph,pivot,list",
            "domain": [("dryrun_id", "=", self.id)],
        }

    # === BUSINESS === #

    def _gather(self):
        """The lines to route, how much of each, and the stock they may take."""
        plan = self.plan_id
        # sudo: a dry run sees what routing sees, and writes nothing.
        orders = self.env["sale.order"].sudo()
        domain = plan._order_domain()
        if self.source == "month":
            since = fields.Datetime.now() - timedelta(days=30)
            domain &= fields.Domain([("state", "=", "sale"), ("date_order", ">=", since)])
        else:
            domain &= fields.Domain("state", "in", ("draft", "sent", "sale"))
            domain &= fields.Domain("state", "in", ("draft", "sent")) | fields.Domain(
                "allocation_ids.state", "in", ("planned", "queued", "released")
            )
        orders = orders.search(domain, order="date_order, id", limit=self.max_orders)
        if self.source == "open":
            orders = orders.filtered(
                lambda o: o.state != "sale" or all(not p._is_begun() for p in o.picking_ids)
            )
        lines = orders.order_line._to_route()
        held = lines.allocation_ids.filtered(
            lambda a: (
                a.state in ("planned", "released", "shipped")
                and (self.source == "month" or a.state != "shipped")
            )
        )
        allocations = self.env["order.allocation"].sudo()
        places = allocations._places_of(lines.order_id, every=True)
        warehouses = self.env["stock.warehouse"].sudo().union(*[s for s, _d in places.values()])
        stock = allocations._free_stock(lines._routed_products(), warehouses)
        for allocation in held:
            stock.setdefault((allocation.warehouse_id.id, allocation.product_id.id), 0.0)
        held._give_back(stock)
        return lines, {line: line.product_uom_qty for line in lines}, stock

    def _evaluate(self, definition, lines, wanted, stock):
        """What a set of rules does with these lines, as figures."""
        allocations = self.env["order.allocation"].sudo()
        plan = self.plan_id.sudo()
        places = allocations._places_of(lines.order_id, every=True)
        lines = lines.filtered(lambda line: line.order_id in places)
        plans = dict.fromkeys(lines.order_id, plan)
        requests = allocations._requests(lines, places, wanted, plans, {plan: definition})
        if plan.is_scheduled:
            outcomes, _report = decide_jointly(requests, stock, plan.time_limit)
        else:
            decided = routing_rules.decide_all(requests.values(), stock)
            outcomes = dict(zip(requests, decided, strict=True))
        return self._figures(requests, outcomes)

    @api.model
    def _figures(self, requests, outcomes):
        """Shipments, splits, cost, promises and what can't be filled, in all and per warehouse."""
        figures = defaultdict(float)
        warehouses = defaultdict(lambda: {"shipments": 0, "orders": 0, "cost": 0.0})
        for order, outcome in outcomes.items():
            sites = {site.key: site for site in requests[order].sites}
            used = outcome.plan.sources if outcome.action != "queue" else set()
            figures["shipments"] += len(used) + (outcome.plan.short > EPSILON)
            figures["split"] += len(used) > 1
            figures["unfilled"] += outcome.plan.short > EPSILON
            figures["queued"] += outcome.action in ("queue", "split", "cancel")
            arrives = max((sites[key].promise for key in used), default=None)
            if arrives is not None:
                figures["shipped"] += 1
                figures["days"] += arrives
                due = order.commitment_date
                if due:
                    figures["due"] += 1
                    figures["on_time"] += fields.Datetime.now() + timedelta(days=arrives) <= due
            for key in used:
                figures["cost"] += sites[key].cost
                row = warehouses[key]
                row["shipments"] += 1
                row["orders"] += 1
                row["cost"] += sites[key].cost
        figures["orders"] = len(outcomes)
        return {**figures, "warehouses": dict(warehouses)}

    @api.model
    def _comparison(self, figures):
        """The comparison as safe HTML: a row for each figure, a column for each set of rules."""
        count = next(iter(figures.values()))["orders"] or 1

        def percent(name, of="orders"):
            return lambda f: f"{f.get(name, 0) / f[of]:.1%}" if f.get(of) else "–"

        rows = [
            (self.env._("Shipments"), lambda f: f"{f.get('shipments', 0):.0f}"),
            (self.env._("Shipments per order"), lambda f: f"{f.get('shipments', 0) / count:.2f}"),
            (self.env._("Split orders"), percent("split")),
            (self.env._("Cost"), lambda f: f"{f.get('cost', 0):.2f}"),
            (self.env._("Days to the customer"),
             lambda f: f"{f['days'] / f['shipped']:.1f}" if f.get("shipped") else "–"),
            (self.env._("On time, of those with a date"), percent("on_time", "due")),
            (self.env._("Not filled at once"), percent("unfilled")),
            (self.env._("Left in the queue"), percent("queued")),
        ]  # fmt: skip
        head = Markup().join(Markup("<th class='text-end'>%s</th>") % label for label in figures)
        body = Markup().join(
            Markup("<tr><td>%s</td>%s</tr>")
            % (
                name,
                Markup().join(
                    Markup("<td class='text-end'>%s</td>") % show(f) for f in figures.values()
                ),
            )
            for name, show in rows
        )
        return Markup(
            "<table class='table table-sm o_dryrun'><thead><tr><th></th>%s</tr></thead>%s</table>"
        ) % (head, body) + self._bars(figures)

    @api.model
    def _bars(self, figures):
        """Shipments of each warehouse, one bar for each set of rules."""
        keys = sorted({key for f in figures.values() for key in f["warehouses"]})
        most = max(
            (row["shipments"] for f in figures.values() for row in f["warehouses"].values()),
            default=0,
        )
        rows = Markup()
        colours = ("#6c757d", "#714b67")
        for warehouse in self.env["stock.warehouse"].browse(keys):
            bars = Markup()
            for colour, (label, figure) in zip(colours, figures.items(), strict=False):
                shipments = figure["warehouses"].get(warehouse.id, {}).get("shipments", 0)
                bars += Markup(
                    "<div title='%s' style='background:%s;height:10px;margin:1px;width:%s%%'></div>"
                ) % (label, colour, round(100 * shipments / most) if most else 0)
            rows += Markup("<tr><td style='width:30%%'>%s</td><td>%s</td></tr>") % (
                warehouse.name,
                bars,
            )
        return Markup("<table class='table table-sm table-borderless'>%s</table>") % rows


class OrderRoutingDryrunLine(models.TransientModel):
    """What one set of rules would send from one warehouse."""

    _name = "order.routing.dryrun.line"
    _description = "Routing Dry Run per Warehouse"

    dryrun_id = fields.Many2one("order.routing.dryrun", required=True, ondelete="cascade")
    label = fields.Char(string="Rules")
    warehouse_id = fields.Many2one("stock.warehouse")
    shipments = fields.Integer()
    orders = fields.Integer()
    cost = fields.Float()

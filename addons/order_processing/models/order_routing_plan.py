from ast import literal_eval
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import routing_rules


class OrderRoutingPlan(models.Model):
    """Which orders are routed by which rules, when, and whether they are looked at again."""

    _name = "order.routing.plan"
    _description = "Routing Plan"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="The first plan that takes an order routes it.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company's orders.")
    channel_ids = fields.Many2many("order.channel", string="Channels", help="Empty: all orders.")
    domain = fields.Char(
        string="Orders", default="[]", help="Only orders that match. Empty: all of them."
    )
    is_scheduled = fields.Boolean(
        string="Wait for a Run",
        help="Orders wait in the queue for the next run, which routes them together with all"
        " others; otherwise each is routed when it is confirmed.",
    )
    wait_minutes = fields.Integer(
        string="Wait",
        help="Minutes an order waits for follow-up orders of the same customer before a run takes"
        " it. Orders to the same address are then routed like one.",
    )
    max_orders = fields.Integer(
        string="Orders at Once", default=1000, help="Most orders that a job routes together."
    )
    time_limit = fields.Integer(
        string="Seconds", default=20, help="Seconds the solver may take for them."
    )
    max_attempts = fields.Integer(
        string="Attempts",
        default=3,
        help="After a line was rejected so often it waits for a person. 0: no limit.",
    )
    cooling_days = fields.Float(
        string="Cooling-Off (Days)",
        default=1.0,
        help="Days before a line may be sent to the same warehouse again that rejected it.",
    )
    is_reoptimised = fields.Boolean(
        string="Look Again",
        help="Runs also route anew what is released but not being picked yet, if it saves enough.",
    )
    min_saving = fields.Float(
        string="Least Saving",
        default=0.5,
        help="Shipments that each order moved has to save on average, so that nothing is moved"
        " back and forth for nothing.",
    )
    rule_ids = fields.One2many("order.routing.rule", "plan_id", string="Rules", copy=True)
    version_ids = fields.One2many("order.routing.version", "plan_id", string="Versions")
    version_id = fields.Many2one(
        "order.routing.version", string="Active Version", readonly=True, copy=False
    )
    run_ids = fields.One2many("order.routing.run", "plan_id", string="Runs")
    is_changed = fields.Boolean(
        compute="_compute_is_changed", help="The rules differ from the active version's."
    )
    queued_count = fields.Integer(compute="_compute_queued_count", string="In the Queue")
    problems = fields.Text(compute="_compute_problems")

    @api.depends("rule_ids", "version_id")
    def _compute_is_changed(self):
        for plan in self:
            draft = self.env["order.routing.version"]._hash(plan._definition())
            plan.is_changed = draft != plan.version_id.hash

    def _compute_queued_count(self):
        counts = dict(
            self.env["order.allocation"]._read_group(
                [("plan_id", "in", self.ids), ("state", "=", "queued")],
                ["plan_id"],
                ["order_id:count_distinct"],
            )
        )
        for plan in self:
            plan.queued_count = counts.get(plan, 0)

    @api.depends("rule_ids")
    def _compute_problems(self):
        for plan in self:
            plan.problems = "\n".join(plan._contradictions()) or False

    @api.constrains("domain")
    def _check_domain(self):
        for plan in self:
            try:
                self.env["sale.order"].search(plan._order_domain(), limit=1)
            except Exception as error:
                raise UserError(
                    self.env._(
                        "The orders of plan %(plan)s: %(error)s", plan=plan.name, error=error
                    )
                ) from error

    # === ACTION === #

    def action_activate(self):
        """Ask for a comment, then freeze the rules as a new version."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Activate"),
            "res_model": "order.routing.activate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_plan_id": self.id},
        }

    def action_run(self):
        """Route what waits in the queues of these plans now.

        :return: the run's screen
        """
        self.check_access("write")
        runs = self._start_runs()
        if not runs:
            raise UserError(self.env._("No order waits in this plan's queue."))
        return runs._open()

    def action_dry_run(self):
        """Try the rules as they are now on orders, without changing any."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dry Run"),
            "res_model": "order.routing.dryrun",
            "view_mode": "form",
            "context": {"default_plan_id": self.id},
        }

    def action_view_queue(self):
        """Open the allocations that wait in the queue."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_allocation_action"
        )
        action["domain"] = [("plan_id", "in", self.ids), ("state", "=", "queued")]
        action["context"] = {}
        action["name"] = self.env._("Queue")
        return action

    # === BUSINESS === #

    def _activate_first(self):
        """Put plans that come with the addon in force, unless they are already."""
        for plan in self.filtered(lambda plan: not plan.version_id):
            self.env["order.routing.version"]._freeze(
                plan, plan._definition(), self.env._("As it was installed")
            )

    @api.model
    def _cron_run(self):
        """Run every plan whose orders wait, and take back what waited too long."""
        self.env["order.allocation"]._cancel_expired()
        self.search([("version_id", "!=", False)])._start_runs()

    def _start_runs(self):
        """Make and start a run for each plan that has work: the runs."""
        runs = self.env["order.routing.run"]
        for plan in self:
            runs |= runs._make(plan, plan._orders_to_run())
        return runs

    def _orders_to_run(self):
        """Orders a run of this plan looks at, oldest first."""
        self.ensure_one()
        # sudo: routing sees all warehouses' work.
        allocations = self.env["order.allocation"].sudo()
        now = fields.Datetime.now()
        waited = Domain("create_date", "<=", now - timedelta(minutes=self.wait_minutes or 0))
        domain = Domain("plan_id", "=", self.id) & Domain("state", "=", "queued") & waited
        domain &= Domain("is_stopped", "=", False)
        orders = allocations.search(domain).order_id
        if self.is_reoptimised:
            orders |= allocations._open_to_change(self)
        return orders.sorted(lambda order: (order.date_order, order.id))

    def _order_domain(self):
        """Which orders this plan takes, as a domain."""
        self.ensure_one()
        domain = Domain(literal_eval(self.domain or "[]"))
        if self.channel_ids:
            domain &= Domain("channel_id", "in", self.channel_ids.ids)
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        return domain

    @api.model
    def _of_orders(self, orders):
        """The plan that routes each order: dict order → plan; those without one are left out."""
        # sudo: the plan decides whoever confirms the order.
        plans, found = self.sudo().search([("version_id", "!=", False)]), {}
        waiting = orders.sudo()
        for plan in plans:
            if not waiting:
                break
            mine = waiting.filtered_domain(plan._order_domain())
            found.update(dict.fromkeys(mine, plan))
            waiting -= mine
        return found

    def _definition(self):
        """The rules as they are now, as JSON values: what a version freezes."""
        self.ensure_one()
        return {"rules": [rule._definition() for rule in self.rule_ids]}

    def _contradictions(self):
        """What can't work in these rules, in words."""
        self.ensure_one()
        texts = {
            "no_common_warehouse": self.env._("its warehouse filters have no warehouse in common"),
            "negative": self.env._("a limit is below zero"),
            "single_and_many": self.env._("a single source can't be several warehouses"),
            "never_reached": self.env._("it is never reached: the rule before ends the search"),
            "next_of_none": self.env._("there is no next rule: what it can't place is queued"),
        }
        rules = routing_rules.parse(self._definition())
        return [
            self.env._("Rule %(number)s, %(name)s: %(text)s.", number=number + 1,
                       name=rules[number].name, text=texts[code])
            for number, code in routing_rules.contradictions(rules)
        ]  # fmt: skip

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import batching, batching_schedule, drawing, picking


class PickingPlan(models.TransientModel):
    """A plan is only a proposal: nothing is batched before somebody (or the cron) applies it."""

    _name = "picking.plan"
    _description = "Picking Plan"

    template_id = fields.Many2one("picking.wave.template", required=True, ondelete="cascade")
    strategy = fields.Selection(
        lambda self: self.env["picking.wave.template"]._fields["strategy"].selection,
        compute="_compute_strategy",
        store=True,
        readonly=False,
    )
    is_measured = fields.Boolean(readonly=True)
    metres_odoo = fields.Float(readonly=True)
    metres_single = fields.Float(readonly=True)
    notes = fields.Json(readonly=True)
    proposal_ids = fields.One2many("picking.plan.batch", "plan_id")
    transfer_ids = fields.One2many("picking.plan.transfer", "plan_id")
    metres = fields.Float(compute="_compute_totals")
    saving_odoo = fields.Float(compute="_compute_totals")
    saving_single = fields.Float(compute="_compute_totals")

    # === COMPUTE === #

    @api.depends("template_id")
    def _compute_strategy(self):
        for plan in self:
            plan.strategy = plan.template_id.strategy

    @api.depends("proposal_ids.metres", "metres_odoo", "metres_single")
    def _compute_totals(self):
        for plan in self:
            plan.metres = sum(plan.proposal_ids.mapped("metres"))
            plan.saving_odoo = 1 - plan.metres / plan.metres_odoo if plan.metres_odoo else 0.0
            plan.saving_single = 1 - plan.metres / plan.metres_single if plan.metres_single else 0.0

    @api.model
    def _warm_up(self):
        batching.warm_up()

    # === BUSINESS: PLAN === #

    def _make_plan(self):
        """Gather the open transfers, decide, and write the proposals."""
        self.ensure_one()
        self.proposal_ids.unlink()
        self.transfer_ids.unlink()
        self.notes = []
        template = self.template_id
        gathered = self._gather()
        orders = [row.order for row in gathered.rows]
        budget = batching.Budget(seconds=template.seconds) if template.seconds else None
        pickers = template._get_picker_loads()
        limits = template._get_limits(self.strategy)
        turns = batching_schedule.plan_on_time(
            gathered.plan.block,
            orders,
            limits,
            template._get_pace(),
            pickers,
            budget or batching.Budget(moves=0),
            seed=template.id,
            skills=self.env["picking.skill"]._get_by_user(template.picker_ids),
        )
        self._write_turns(turns, gathered)
        self._compare(gathered, orders, limits)
        return self

    def _write_turns(self, turns, gathered):
        """One proposal for each turn, all written together."""
        rows = {row.order.key: row for row in gathered.rows}
        metres = [
            self._walk(gathered.plan, [rows[key].order for key in t.batch.keys]) for t in turns
        ]
        self.is_measured = gathered.is_measured
        proposals = self.env["picking.plan.batch"].create(
            [
                {
                    "plan_id": self.id,
                    "sequence": rank,
                    "user_id": turn.picker.id if turn.picker else False,
                    "metres": walked if gathered.is_measured else 0.0,
                    "minutes": turn.end - turn.start,
                    "starts_in": turn.start,
                    "exceeded": ",".join(turn.batch.exceeded),
                }
                for rank, (turn, walked) in enumerate(zip(turns, metres, strict=True), 1)
            ]
        )
        self.env["picking.plan.transfer"].create(
            [
                rows[key].vals
                | {
                    "plan_id": self.id,
                    "proposal_id": proposal.id,
                    "is_late": rows[key].vals["date_due"] is not None and key in turn.late,
                }
                for proposal, turn in zip(proposals, turns, strict=True)
                for key in turn.batch.keys
            ]
        )

    def _compare(self, gathered, orders, limits):
        """Metres of the same transfers as Odoo would batch and print them, and one by one."""
        if not gathered.is_measured:
            self.metres_odoo = self.metres_single = 0.0
            return
        by_name = {row.order.key: row.by_name for row in gathered.rows}
        first_come = sorted(orders, key=lambda order: order.key)
        self.metres_odoo = sum(
            self._walk_by_name(gathered.plan.block, [by_name[order.key] for order in batch])
            for batch in batching.first_fit(first_come, limits)
        )
        self.metres_single = sum(self._walk(gathered.plan, [order]) for order in orders)

    @api.model
    def _walk(self, plan, orders):
        """Metres of the walk for these orders, by the floor's own policy."""
        places = dict.fromkeys(place for order in orders for place in order.stops)
        return plan.route([picking.Stop(place, *place) for place in places]).metres

    @api.model
    def _walk_by_name(self, block, names):
        """Metres of the walk past places in the order of their names, given as (name, (x, y))."""
        places = sorted({named for order in names for named in order})
        return picking.walk_metres(block, [picking.Stop(name, *spot) for name, spot in places])

    # === BUSINESS: SCREEN === #

    @api.model
    def open_plan(self, template_id=False, strategy=False, warehouse_id=False):
        """Plan what is open and return what the screen shows.

        :param int template_id: a wave template; False takes the first one
        :param str strategy: instead of the template's
        :param int warehouse_id: whose first template is taken
        :raise UserError: there is no template
        """
        Template = self.env["picking.wave.template"]
        domain = [("company_id", "in", self.env.companies.ids)]
        if warehouse_id:
            domain.append(("warehouse_id", "=", warehouse_id))
        template = Template.browse(template_id).exists() or Template.search(domain, limit=1)
        if not template:
            raise UserError(
                self.env._("Create a wave template first: Configuration, Wave Templates.")
            )
        vals = {"template_id": template.id}
        if strategy:
            vals["strategy"] = strategy
        plan = self.create(vals)
        if plan.strategy == "zone" and template.picking_type_id.code == "outgoing":
            plan.strategy = template.strategy
        return plan._make_plan()._get_screen()

    def move_transfer(self, transfer_id, proposal_id=False):
        """Move a transfer into another proposal, or into a new one.

        :return: what the screen shows then
        """
        self.ensure_one()
        transfer = self.transfer_ids.filtered(lambda row: row.id == transfer_id)
        source = transfer.proposal_id
        target = self.proposal_ids.filtered(lambda row: row.id == proposal_id)
        if not target:
            last = max(self.proposal_ids.mapped("sequence"), default=0)
            target = self.proposal_ids.create({"plan_id": self.id, "sequence": last + 1})
        transfer.proposal_id = target
        (source - target).filtered(lambda row: not row.transfer_ids).unlink()
        (source.exists() | target)._update()
        return self._get_screen()

    def assign_picker(self, proposal_id, user_id):
        """Give a proposal to a picker of the template, or to nobody.

        :raise UserError: the picker lacks a skill that it needs
        """
        self.ensure_one()
        proposal = self.proposal_ids.filtered(lambda row: row.id == proposal_id)
        user = self.template_id.picker_ids.filtered(lambda user: user.id == user_id)
        if missing := proposal.transfer_ids.skill_ids._get_missing(user):
            raise UserError(
                self.env._(
                    "%(user)s can't pick this: %(skills)s.",
                    user=user.name,
                    skills=", ".join(missing.mapped("name")),
                )
            )
        proposal.user_id = user
        return self._get_screen()

    def _get_screen(self):
        """All that the screen shows, as plain values."""
        self.ensure_one()
        template = self.template_id
        warehouse = template.warehouse_id
        plan, _places, _measured = warehouse._get_places(self.env["stock.location"])
        proposals = self.proposal_ids.sorted("sequence")
        transfers = self.transfer_ids
        templates = template.search([("company_id", "in", self.env.companies.ids)])
        strategies = dict(self._fields["strategy"]._description_selection(self.env))
        if template.picking_type_id.code == "outgoing":
            del strategies["zone"]
        return {
            "id": self.id,
            "template_id": template.id,
            "templates": [{"id": one.id, "name": one.display_name} for one in templates],
            "warehouse": warehouse.display_name,
            "strategy": self.strategy,
            "strategies": [{"id": key, "name": name} for key, name in strategies.items()],
            "pickers": [{"id": user.id, "name": user.name} for user in template.picker_ids],
            "is_measured": self.is_measured,
            "weight_uom": self.env[
                "product.template"
            ]._get_weight_uom_name_from_ir_config_parameter(),
            "totals": {
                "transfers": len(transfers),
                "batches": len(proposals),
                "lines": sum(transfers.mapped("lines")),
                "metres": self.metres,
                "metres_odoo": self.metres_odoo,
                "saving_odoo": self.saving_odoo,
                "minutes": sum(proposals.mapped("minutes")),
                "late": len(transfers.filtered("is_late")),
            },
            "notes": self.notes or [],
            "proposals": [proposal._get_card(plan) for proposal in proposals],
        }


class PickingPlanBatch(models.TransientModel):
    _name = "picking.plan.batch"
    _description = "Proposed Batch"
    _order = "sequence, id"

    plan_id = fields.Many2one("picking.plan", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer()
    user_id = fields.Many2one("res.users", string="Picker")
    metres = fields.Float()
    minutes = fields.Float()
    starts_in = fields.Float()
    exceeded = fields.Char()
    transfer_ids = fields.One2many("picking.plan.transfer", "proposal_id")

    def _update(self):
        """Metres, minutes and limits of proposals whose transfers have changed."""
        for proposal in self:
            plan = proposal.plan_id
            template = plan.template_id
            floor, _places, measured = template.warehouse_id._get_places(self.env["stock.location"])
            orders = [transfer._get_order() for transfer in proposal.transfer_ids]
            limits = template._get_limits(plan.strategy)
            batch = batching.describe(floor.block, orders, limits)
            proposal.write(
                {
                    "metres": plan._walk(floor, orders) if measured else 0.0,
                    "minutes": template._get_pace().minutes(batch),
                    "exceeded": ",".join(batch.exceeded),
                }
            )
            if proposal.transfer_ids.skill_ids._get_missing(proposal.user_id):
                proposal.user_id = False  # somebody else has to

    def _get_card(self, plan):
        """What the screen shows of one proposal."""
        self.ensure_one()
        transfers = self.transfer_ids
        limits = dict(self.env["picking.plan.transfer"]._get_measures())
        return {
            "id": self.id,
            "number": self.sequence,
            "user_id": self.user_id.id,
            "metres": self.metres,
            "minutes": self.minutes,
            "starts_in": self.starts_in,
            "weight": sum(transfers.mapped("weight")),
            "lines": sum(transfers.mapped("lines")),
            "totes": sum(transfers.mapped("totes")),
            "skills": transfers.skill_ids.mapped("name"),
            "exceeded": [limits[name] for name in (self.exceeded or "").split(",") if name],
            "svg": self._draw(plan) if self.plan_id.is_measured else "",
            "transfers": [transfer._get_chip() for transfer in transfers],
        }

    def _draw(self, plan):
        by_place = {}
        for transfer in self.transfer_ids:
            for name, place in transfer.places or []:
                by_place.setdefault(tuple(place), set()).add(name)
        if not by_place:
            return ""
        route = plan.route([picking.Stop(place, *place) for place in by_place])
        stops = [picking.Stop(", ".join(sorted(by_place[place])), *place) for place in route.keys]
        title = self.env._("Walk of %.0f metres", self.metres)
        return drawing.route_svg(plan.block, plan.names_by_x(), stops, title)


class PickingPlanTransfer(models.TransientModel):
    _name = "picking.plan.transfer"
    _description = "Transfer in a Plan"
    _order = "id"

    plan_id = fields.Many2one("picking.plan", required=True, index=True, ondelete="cascade")
    proposal_id = fields.Many2one("picking.plan.batch", index=True, ondelete="cascade")
    picking_id = fields.Many2one("stock.picking", required=True, ondelete="cascade")
    zone = fields.Char()
    signature = fields.Char(help="What the transfer was when it was planned.")
    places = fields.Json(help="(name, (x, y)) of each place it is picked from.")
    lines = fields.Integer()
    items = fields.Float()
    weight = fields.Float()
    volume = fields.Float()
    totes = fields.Integer()
    date_due = fields.Datetime()
    skill_ids = fields.Many2many("picking.skill")
    is_late = fields.Boolean()

    @api.model
    def _get_measures(self):
        """Names of what fills a batch, for people."""
        return [
            ("orders", self.env._("transfers")),
            ("lines", self.env._("lines")),
            ("items", self.env._("items")),
            ("weight", self.env._("weight")),
            ("volume", self.env._("volume")),
            ("totes", self.env._("totes")),
        ]

    def _get_order(self):
        self.ensure_one()
        return batching.Order(
            self.id,
            tuple(dict.fromkeys(tuple(place) for _name, place in self.places or [])),
            self.lines,
            self.items,
            self.weight,
            self.volume,
            self.totes,
        )

    def _get_chip(self):
        """What the screen shows of one transfer."""
        self.ensure_one()
        picking = self.picking_id
        due = self.date_due
        return {
            "id": self.id,
            "picking_id": picking.id,
            "name": picking.name,
            "partner": picking.partner_id.display_name or "",
            "zone": self.zone or "",
            "lines": self.lines,
            "due": fields.Datetime.to_string(due) if due else False,
            "is_late": self.is_late,
            "is_urgent": picking.priority == "1",
            "is_unmapped": not self.places,
        }

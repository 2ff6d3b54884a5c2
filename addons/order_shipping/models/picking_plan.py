from odoo import api, fields, models

from ..engine import batching, batching_schedule, picking


class PickingPlan(models.TransientModel):
    """A plan is only a proposal: nothing is batched before somebody (or the cron) applies it."""

    _name = "picking.plan"
    _description = "Picking Plan"
    _transient_max_hours = 24  # its batches may be made by jobs that have to wait

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
    score = fields.Json(readonly=True, help="What is worse about a plan the higher it is.")
    is_applied = fields.Boolean(readonly=True, help="Its batches are made, or are being made.")
    revision = fields.Integer(readonly=True, help="How often this plan has changed.")
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

    # === BUSINESS === #

    def _make_plan(self):
        """Gather the open transfers, think as long as the template says, and write proposals."""
        self.ensure_one()
        gathered = self._gather_open()
        self._write_turns(self._decide(gathered), gathered)
        self._compare(gathered)
        self.metres_single = gathered.is_measured and sum(
            self._walk(gathered.plan, [row.order]) for row in gathered.rows
        )
        return self

    def _make_first_plan(self):
        """A good plan at once, for somebody who waits: :meth:`_improve_plan` shortens it."""
        self.ensure_one()
        gathered = self._gather_open()
        self._write_turns(self._decide(gathered, at_once=True), gathered)
        self._compare(gathered)
        return self

    def _improve_plan(self):
        """Think about the transfers of this plan as long as the template says.

        :return: whether a better plan was found and written
        """
        self.ensure_one()
        gathered = self._gather(self.transfer_ids.picking_id)
        planned = {transfer._get_key() for transfer in self.transfer_ids}
        if {row.order.key for row in gathered.rows} != planned:
            return False  # reserved elsewhere by now: whoever plans again gets it right
        turns = self._decide(gathered)
        if self._score(turns, gathered) >= self.score:
            return False
        self._write_turns(turns, gathered)
        self.revision += 1
        return True

    def _decide(self, gathered, at_once=False):
        """Batches and who picks them when, as ``batching_schedule.Turn``."""
        template = self.template_id
        arguments = (
            gathered.plan.block,
            [row.order for row in gathered.rows],
            template._get_limits(self.strategy),
            template._get_pace(),
            template._get_picker_loads(),
        )
        skills = self.env["picking.skill"]._get_by_user(template.picker_ids)
        seed = template.id
        if at_once:
            return batching_schedule.plan_at_once(*arguments, seed=seed, skills=skills)
        seconds = template.seconds
        budget = batching.Budget(seconds=seconds) if seconds else batching.Budget(moves=0)
        return batching_schedule.plan_on_time(*arguments, budget, seed=seed, skills=skills)

    def _score(self, turns, gathered):
        orders = [row.order for row in gathered.rows]
        return list(batching_schedule.lateness(turns, orders, self.template_id.picker_ids))

    def _write_turns(self, turns, gathered):
        """One proposal for each turn; proposals and transfers that there are already are kept."""
        rows = {row.order.key: row for row in gathered.rows}
        vals_list = [
            self._prepare_proposal_vals(rank, turn, rows, gathered)
            for rank, turn in enumerate(turns, 1)
        ]
        kept = self.proposal_ids.sorted("sequence")
        for proposal, vals in zip(kept, vals_list, strict=False):
            proposal.write(vals)
        proposals = kept[: len(vals_list)] + kept.create(vals_list[len(kept) :])
        known = {transfer._get_key(): transfer for transfer in self.transfer_ids}
        new_vals, skilled_vals = [], []
        for proposal, turn in zip(proposals, turns, strict=True):
            for key in turn.batch.keys:
                vals = {"proposal_id": proposal.id, "is_late": self._is_late(rows[key], turn)}
                if key in known:
                    known[key].write(vals)
                else:
                    kind = skilled_vals if "skill_ids" in rows[key].vals else new_vals
                    kind.append(rows[key].vals | vals | {"plan_id": self.id})
        self.env["picking.plan.transfer"]._insert(new_vals)
        self.env["picking.plan.transfer"].create(skilled_vals)
        kept[len(vals_list) :].unlink()
        self.write({"is_measured": gathered.is_measured, "score": self._score(turns, gathered)})

    def _prepare_proposal_vals(self, rank, turn, rows, gathered):
        metres = turn.batch.metres
        if not gathered.plan.is_shortest:
            metres = self._walk(gathered.plan, [rows[key].order for key in turn.batch.keys])
        return {
            "plan_id": self.id,
            "sequence": rank,
            "user_id": turn.picker.id if turn.picker else False,
            "metres": metres if gathered.is_measured else 0.0,
            "minutes": turn.end - turn.start,
            "starts_in": turn.start,
            "exceeded": ",".join(turn.batch.exceeded),
            "late": sum(self._is_late(rows[key], turn) for key in turn.batch.keys),
            **{name: turn.batch.load[name] for name in ("orders", "lines", "weight", "totes")},
        }

    @api.model
    def _is_late(self, row, turn):
        """Whether a transfer misses what was promised; an urgent one was promised nothing."""
        return row.vals["date_due"] is not None and row.order.key in turn.late

    def _compare(self, gathered):
        """Metres of the same transfers as Odoo would batch and print them."""
        if not gathered.is_measured:
            self.metres_odoo = 0.0
            return
        by_name = {row.order.key: row.by_name for row in gathered.rows}
        limits = self.template_id._get_limits(self.strategy)
        first_come = sorted((row.order for row in gathered.rows), key=lambda order: order.key)
        self.metres_odoo = sum(
            self._walk_by_name(gathered.plan.block, [by_name[order.key] for order in batch])
            for batch in batching.first_fit(first_come, limits)
        )

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

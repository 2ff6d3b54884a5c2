from odoo import fields, models

from ..engine import batching, drawing, picking


class PickingPlanBatch(models.TransientModel):
    _name = "picking.plan.batch"
    _description = "Proposed Batch"
    _order = "sequence, id"
    _transient_max_hours = 24  # as plans

    plan_id = fields.Many2one("picking.plan", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer()
    user_id = fields.Many2one("res.users", string="Picker")
    metres = fields.Float()
    minutes = fields.Float()
    starts_in = fields.Float()
    exceeded = fields.Char()
    orders = fields.Integer()
    lines = fields.Integer()
    weight = fields.Float()
    totes = fields.Integer()
    late = fields.Integer()
    batch_id = fields.Many2one(
        "stock.picking.batch", index="btree_not_null", help="The batch made of it."
    )
    transfer_ids = fields.One2many("picking.plan.transfer", "proposal_id")

    def _update(self):
        """Metres, minutes and limits of proposals whose transfers have changed."""
        plan = self.plan_id
        template = plan.template_id
        gathered = plan._gather(self.transfer_ids.picking_id)
        rows = {row.order.key: row for row in gathered.rows}
        limits = template._get_limits(plan.strategy)
        for proposal in self:
            keys = [transfer._get_key() for transfer in proposal.transfer_ids]
            orders = [rows[key].order for key in keys if key in rows]
            batch = batching.describe(gathered.plan.block, orders, limits)
            proposal.write(
                {
                    "metres": plan._walk(gathered.plan, orders) if gathered.is_measured else 0.0,
                    "minutes": template._get_pace().minutes(batch),
                    "exceeded": ",".join(batch.exceeded),
                    "late": len(proposal.transfer_ids.filtered("is_late")),
                    **{name: batch.load[name] for name in ("orders", "lines", "weight", "totes")},
                }
            )
            if proposal.transfer_ids.skill_ids._get_missing(proposal.user_id):
                proposal.user_id = False  # somebody else has to

    def _get_cards(self, full):
        """What the screen shows of these proposals.

        :param full: those of them whose transfers are told too; thousands would take seconds
        """
        limits = dict(self.env["picking.plan.transfer"]._get_measures())
        has_skills = self.env["picking.skill"]._is_used()
        full = self & full
        full.transfer_ids.picking_id.fetch(["name", "partner_id", "priority"])
        return [
            {
                "id": proposal.id,
                "number": proposal.sequence,
                "user_id": proposal.user_id.id,
                "metres": proposal.metres,
                "minutes": proposal.minutes,
                "starts_in": proposal.starts_in,
                "weight": proposal.weight,
                "orders": proposal.orders,
                "lines": proposal.lines,
                "totes": proposal.totes,
                "skills": proposal.transfer_ids.skill_ids.mapped("name") if has_skills else [],
                "exceeded": [limits[name] for name in (proposal.exceeded or "").split(",") if name],
                "transfers": (
                    [transfer._get_chip() for transfer in proposal.transfer_ids]
                    if proposal in full
                    else False
                ),
            }
            for proposal in self
        ]

    def _draw(self):
        """The walk of a proposal as SVG; empty where nobody knows it."""
        self.ensure_one()
        gathered = self.plan_id._gather(self.transfer_ids.picking_id)
        keys = {transfer._get_key() for transfer in self.transfer_ids}
        by_spot = {}
        for row in gathered.rows:
            if row.order.key in keys:
                for name, spot in row.by_name:
                    by_spot.setdefault(spot, set()).add(name.rsplit("/", 1)[-1])
        if not by_spot or not gathered.is_measured:
            return ""
        route = gathered.plan.route([picking.Stop(spot, *spot) for spot in by_spot])
        stops = [picking.Stop(", ".join(sorted(by_spot[spot])), *spot) for spot in route.keys]
        title = self.env._("Walk of %.0f metres", self.metres)
        return drawing.route_svg(gathered.plan.block, gathered.plan.names_by_x(), stops, title)

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.order_processing import jobs

KEY = "order_shipping.picking_plan"


class PickingPlan(models.TransientModel):
    """Batches of large plans are made in jobs, with progress."""

    _inherit = "picking.plan"

    # === ACTION === #

    def action_apply(self):
        """Make the proposed batches, few at once and many in jobs, without the transfers that
        changed since.

        :return: action that shows the batches made; False where jobs make them, see
            :meth:`get_progress`
        :raise UserError: nothing is left to batch
        """
        self.ensure_one()
        if self._apply_in_jobs():
            return False
        if not self._apply():
            raise UserError(self._get_nothing_made())
        action = self.action_view_batches()
        left = self.transfer_ids.filtered("problem")
        if not left:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("%s transfers are left for the next plan", len(left)),
                "message": left._get_problem_text().replace("\n", " "),  # shown in one paragraph
                "next": action,
            },
        }

    def action_view_batches(self):
        """The batches made of this plan."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "stock_picking_batch.stock_picking_batch_action"
        )
        return action | {
            "domain": [("id", "in", self.proposal_ids.batch_id.ids)],
            "context": {"create": False},
            "target": "main",
        }

    # === BUSINESS === #

    def get_progress(self):
        """How far the batches of this plan are.

        :return: dict of ``total`` and ``done`` proposals, ``batches`` made, ``jobs`` that still
            make some, and ``left``: the transfers in no batch, with the reason
        """
        self.ensure_one()
        waiting = self.proposal_ids._filter_waiting()
        left = self.transfer_ids.filtered("problem")
        left.picking_id.fetch(["name"])
        return {
            "total": len(self.proposal_ids),
            "done": len(self.proposal_ids - waiting),
            "batches": len(self.proposal_ids.batch_id),
            "jobs": self._count_jobs(),
            "left": [
                {
                    "id": transfer.id,
                    "picking_id": transfer.picking_id.id,
                    "name": transfer.picking_id.name,
                    "problem": transfer.problem,
                }
                for transfer in left
            ],
        }

    def _apply_in_jobs(self):
        """Have the batches of a large plan made in jobs, where a job runner serves this database.

        :return: whether jobs make them
        """
        self.ensure_one()
        waiting = self.proposal_ids._filter_waiting().sorted("sequence")
        if len(waiting) <= jobs.AT_ONCE or not jobs.has_runner():
            return False
        if not self._count_jobs():
            self._begin_applying()
            # Zones split transfers between them: side by side they would wait for each other.
            size = len(waiting) if self.strategy == "zone" else jobs.AT_ONCE
            jobs.enqueue_chunks(
                waiting,
                "_make_batches",
                f"{KEY}:{self.id}",
                size,
                description=self.env._("Make batches: %s", self.template_id.name),
            )
        return True

    def _apply(self):
        """Make the batches of this plan now.

        :return: the batches made
        """
        self.ensure_one()
        self._begin_applying()
        return self.proposal_ids._make_batches()

    def _begin_applying(self):
        """From now on nobody changes the plan, and no better one is looked for."""
        self.write({"is_applied": True, "revision": self.revision + 1})

    def _check_open(self):
        """:raise UserError: the batches of this plan are made, or are being made"""
        if self.is_applied:
            raise UserError(
                self.env._("The batches of this plan are made: plan again for what is left.")
            )

    def _count_jobs(self):
        """Jobs that still make batches of this plan."""
        return jobs.count_open(self.env, KEY)[self.id]

    @api.model
    def _search_running(self, domain):
        """Plans whose batches are being made, the latest first."""
        plans = self.search([("is_applied", "=", True), *domain], order="id desc")
        if not plans:
            return plans
        counts = jobs.count_open(self.env, KEY)
        return plans.filtered(lambda plan: counts[plan.id])

    def _get_nothing_made(self):
        """Why not a single batch could be made."""
        text = self.env._("All of these transfers have changed or were taken: plan again.")
        return "\n".join(filter(None, [text, self.transfer_ids._get_problem_text()]))

    def _assign_pickers(self, transfers):
        """Give transfers to the pickers of their batches, all at once: core would one by one.

        :return: those that somebody else had, or nobody
        """
        changed = self.env["stock.picking"]
        if self.strategy == "zone":
            return changed  # some of them are yet to be split
        for user, those in transfers.grouped(lambda row: row.proposal_id.user_id).items():
            theirs = those.picking_id.filtered(lambda picking, user=user: picking.user_id != user)
            theirs._take_over(user.id)
            changed |= theirs
        return changed

from odoo import Command, models
from odoo.exceptions import UserError


class PickingPlan(models.TransientModel):
    _inherit = "picking.plan"

    def action_apply(self):
        """Make the proposed batches, without the transfers that changed since.

        :return: action that shows the batches made
        :raise UserError: nothing is left to batch
        """
        self.ensure_one()
        batches = self._apply()
        if not batches:
            raise UserError(
                self.env._("All of these transfers have changed or were taken: plan again.")
            )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "stock_picking_batch.stock_picking_batch_action"
        )
        return action | {
            "domain": [("id", "in", batches.ids)],
            "context": {"create": False},
            "target": "main",
        }

    def _apply(self):
        """Make the batches of this plan.

        Only the transfers of the plan are locked, and those that somebody else has locked are left
        out rather than waited for; so are those that are no longer what they were when planned.

        :return: the batches made
        """
        self.ensure_one()
        Batch = self.env["stock.picking.batch"]
        pickings = self.transfer_ids.picking_id.try_lock_for_update(allow_referencing=True)
        pickings.invalidate_recordset()
        valid = self._filter_unchanged(pickings)
        made = Batch
        for proposal in self.proposal_ids.sorted("sequence"):
            transfers = proposal.transfer_ids & valid
            if transfers:
                made |= proposal._make_batch(transfers)
        left = len(self.transfer_ids - valid)
        if left:
            self._note(
                self.env._(
                    "%(count)s transfers had changed or were taken, and are left for the next "
                    "plan.",
                    count=left,
                )
            )
        (self.transfer_ids & valid).unlink()
        self.proposal_ids.filtered(lambda proposal: not proposal.transfer_ids).unlink()
        if self.template_id.auto_confirm:
            for batch in made.filtered(lambda batch: batch.state == "draft"):
                batch.action_confirm()
        (made.filtered(lambda batch: batch.state == "draft")).action_plan_route()
        return made

    def _filter_unchanged(self, pickings):
        """Transfers of this plan that are locked now and still what they were."""
        lines = self._get_lines(pickings)
        parts = self._split(pickings, lines)
        return self.transfer_ids.filtered(
            lambda transfer: (
                (transfer.picking_id, transfer.zone or "") in parts
                and transfer.signature
                == self._sign(transfer.picking_id, parts[transfer.picking_id, transfer.zone or ""])
            )
        )


class PickingPlanBatch(models.TransientModel):
    _inherit = "picking.plan.batch"

    def _make_batch(self, transfers):
        """A batch, or a wave of the parts that one zone picks."""
        self.ensure_one()
        plan = self.plan_id
        is_wave = plan.strategy == "zone"
        vals = {
            "picking_type_id": plan.template_id.picking_type_id.id,
            "company_id": plan.template_id.company_id.id,
            "user_id": self.user_id.id,
            "wave_template_id": plan.template_id.id,
            "planned_minutes": self.minutes,
            "is_wave": is_wave,
            "description": self._get_description(transfers),
        }
        if not is_wave:
            vals["picking_ids"] = [Command.set(transfers.picking_id.ids)]
        batch = self.env["stock.picking.batch"].create(vals)
        if is_wave:
            lines = plan._get_lines(transfers.picking_id)
            parts = plan._split(transfers.picking_id, lines)
            picked = self.env["stock.move.line"].union(
                *[parts[transfer.picking_id, transfer.zone or ""] for transfer in transfers]
            )
            picked._add_to_wave(batch)
        return batch

    def _get_description(self, transfers):
        zones = sorted(filter(None, set(transfers.mapped("zone"))))
        return ", ".join([self.plan_id.template_id.name, *zones])

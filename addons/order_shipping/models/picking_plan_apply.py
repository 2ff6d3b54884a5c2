from odoo import models
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
        self.revision += 1
        pickings = self.transfer_ids.picking_id.try_lock_for_update(allow_referencing=True)
        pickings.invalidate_recordset()
        parts = self._read_parts(pickings)
        valid = self._filter_unchanged(pickings, parts)
        proposals = (self.proposal_ids & valid.proposal_id).sorted("sequence")
        made = self.env["stock.picking.batch"].create(
            [proposal._prepare_batch_vals(proposal.transfer_ids & valid) for proposal in proposals]
        )
        changed = self._assign_pickers(valid)
        for proposal, batch in zip(proposals, made, strict=True):
            proposal._fill_batch(batch, proposal.transfer_ids & valid, parts)
        changed._log_taken_over()
        left = len(self.transfer_ids - valid)
        if left:
            self._note(
                self.env._(
                    "%(count)s transfers had changed or were taken, and are left for the next "
                    "plan.",
                    count=left,
                )
            )
        valid.unlink()
        self.proposal_ids.filtered(lambda proposal: not proposal.transfer_ids).unlink()
        if self.template_id.auto_confirm:
            made._confirm_reserved()
        else:
            made.action_plan_route()
        return made

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

    def _filter_unchanged(self, pickings, parts):
        """Transfers of this plan that are locked now and still what they were."""
        by_id = {picking.id: picking for picking in pickings}
        return self.transfer_ids.filtered(
            lambda transfer: (
                (key := transfer._get_key()) in parts
                and transfer.signature == self._sign(by_id[key[0]], parts[key])
            )
        )

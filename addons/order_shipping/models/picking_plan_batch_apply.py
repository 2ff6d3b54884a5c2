import logging

from psycopg2 import OperationalError

from odoo import models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class PickingPlanBatch(models.TransientModel):
    """How batches are made of proposals."""

    _inherit = "picking.plan.batch"

    def _filter_waiting(self):
        """Those that no batch was made of, and that have transfers nothing is wrong with."""
        waiting = self.filtered(lambda proposal: not proposal.batch_id)
        return self & waiting.transfer_ids.filtered(lambda row: not row.problem).proposal_id

    def _make_batches(self):
        """Make the batches of these proposals, without the transfers that changed since.

        Only their transfers are locked, and those that somebody else has locked are left out
        rather than waited for. A proposal that fails says why on its transfers and stops no other.
        Run twice, as a job may be, the second time finds nothing to do.

        :return: the batches made
        """
        waiting = self.exists()._filter_waiting().sorted("sequence")
        made = self.env["stock.picking.batch"]
        if not waiting:
            return made
        try:
            with self.env.cr.savepoint():
                return waiting._make_batches_together()
        except OperationalError:
            raise  # somebody changed the same records: all of it is tried again
        except Exception as error:
            if len(waiting) == 1:
                waiting._note_failure(error)
                return made
        return made.union(*[proposal._make_batches() for proposal in waiting])

    def _make_batches_together(self):
        plan = self.plan_id
        pickings = self.transfer_ids.picking_id.try_lock_for_update(allow_referencing=True)
        pickings.invalidate_recordset()
        parts = plan._read_parts(pickings)
        valid = self.transfer_ids._filter_unchanged(pickings, parts)
        proposals = self & valid.proposal_id
        made = self.env["stock.picking.batch"].create(
            [proposal._prepare_batch_vals(proposal.transfer_ids & valid) for proposal in proposals]
        )
        changed = plan._assign_pickers(valid)
        for proposal, batch in zip(proposals, made, strict=True):
            proposal._fill_batch(batch, proposal.transfer_ids & valid, parts)
            proposal.batch_id = batch
        changed._log_taken_over()
        (self.transfer_ids - valid)._note_change(pickings)
        valid.unlink()
        if plan.template_id.auto_confirm:
            made._confirm_reserved()
        else:
            made.action_plan_route()
        return made

    def _note_failure(self, error):
        """Why no batch could be made of a proposal."""
        if isinstance(error, UserError):
            text = str(error)
        else:
            _logger.error("No batch of proposal %s", self.ids, exc_info=error)
            text = self.env._("Unexpected error: plan again, and tell your administrator.")
        self.transfer_ids.filtered(lambda row: not row.problem).problem = text

    def _prepare_batch_vals(self, transfers):
        """Values of a batch, or of a wave of the parts that one zone picks, still empty."""
        self.ensure_one()
        template = self.plan_id.template_id
        zones = sorted(filter(None, set(transfers.mapped("zone"))))
        return {
            "picking_type_id": template.picking_type_id.id,
            "company_id": template.company_id.id,
            "user_id": self.user_id.id,
            "wave_template_id": template.id,
            "planned_minutes": self.minutes,
            "is_wave": self.plan_id.strategy == "zone",
            "description": ", ".join([template.name, *zones]),
        }

    def _fill_batch(self, batch, transfers, parts):
        """Put the planned transfers, or the planned parts of them, into a batch."""
        self.ensure_one()
        if not batch.is_wave:
            transfers.picking_id.batch_id = batch
            return
        ids = [
            one_id
            for transfer in transfers
            for reserved in parts[transfer._get_key()]
            for one_id in reserved.ids
        ]
        self.env["stock.move.line"].browse(ids)._add_to_wave(batch)

import hashlib

from odoo import api, fields, models

from ..jobs import AT_ONCE, enqueue

#: Documents one job processes.
CHUNK = 25
#: States of a document that nobody has looked at yet.
WAITING = ("received", "parsed")


class OrderIntakeBatch(models.Model):
    """Many documents that came at once, and how far they are."""

    _name = "order.intake.batch"
    _description = "Order Document Batch"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    channel_id = fields.Many2one(
        "order.channel", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    intake_ids = fields.Many2many("order.intake", string="Documents", readonly=True)
    problems = fields.Text(
        string="Left Out", readonly=True, help="Files that are no documents of this channel."
    )
    total = fields.Integer(compute="_compute_progress", help="Documents taken in.")
    done = fields.Integer(compute="_compute_progress", help="Documents worked off.")
    accepted = fields.Integer(compute="_compute_progress", help="Documents that are orders.")
    failed = fields.Integer(compute="_compute_progress", help="Documents that need attention.")
    progress = fields.Float(compute="_compute_progress", help="Share worked off, in per cent.")
    state = fields.Selection(
        [("running", "Running"), ("done", "Done")], compute="_compute_progress", string="Status"
    )

    @api.depends("intake_ids.state")
    def _compute_progress(self):
        counts = {}
        for batch, state, count in self.env["order.intake"]._read_group(
            [("batch_ids", "in", self.ids), ("active", "in", (True, False))],
            ["batch_ids", "state"],
            ["__count"],
        ):
            counts.setdefault(batch.id, {})[state] = count
        for batch in self:
            states = counts.get(batch._origin.id, {})
            batch.total = sum(states.values())
            batch.done = batch.total - sum(states.get(state, 0) for state in WAITING)
            batch.accepted = states.get("accepted", 0)
            batch.failed = states.get("rejected", 0)
            batch.progress = 100 * batch.done / batch.total if batch.total else 100
            batch.state = "done" if batch.done == batch.total else "running"

    # === ACTIONS === #

    def action_process(self):
        """Work off what waits, in jobs where a job runner serves this database."""
        for batch in self:
            batch._enqueue()

    def action_view_intakes(self):
        """Open the documents of these batches."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_action"
        )
        failed = self.env.context.get("only_failed")
        return action | {
            "domain": [("batch_ids", "in", self.ids)],
            "context": {"search_default_attention": 1} if failed else {},
        }

    def _open(self):
        """The action that opens this batch."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "order_processing.order_intake_batch_action"
        )
        return action | {"res_id": self.id, "views": [(False, "form")], "view_mode": "form"}

    # === BUSINESS === #

    def _enqueue(self):
        """Have the waiting documents processed, so many to a job."""
        self.ensure_one()
        waiting = self.intake_ids.filtered(lambda intake: intake.state in WAITING)
        for start in range(0, len(waiting), CHUNK):
            chunk = waiting[start : start + CHUNK]
            identity = hashlib.sha256(repr(chunk.ids).encode()).hexdigest()
            enqueue(
                chunk,
                "action_process",
                description=self.env._("Process documents of %(batch)s", batch=self.name),
                identity_key=f"order.intake.process:{identity}",
            )


class OrderIntake(models.Model):
    _inherit = "order.intake"

    batch_ids = fields.Many2many("order.intake.batch", string="Batches", readonly=True)

    def _work_off(self, name, problems=(), again=False):
        """Process those of these documents that wait: few at once, many as a batch of jobs.

        :param name: of the batch
        :param problems: as in :meth:`_create_batch`
        :param bool again: those that need attention, too
        :return: the batches; none when they were processed at once
        """
        if again:
            self.check_access("write")
            # They wait again, so that a batch shows how far it is. sudo: see ``create``.
            refused = self.filtered(lambda intake: intake.state == "rejected").sudo()
            refused.write({"state": "received"})
        batches = self.env["order.intake.batch"]
        if len(self) <= AT_ONCE:
            self.filtered(lambda intake: intake.state in WAITING).action_process()
            return batches
        for intakes in self.grouped("channel_id").values():
            batches += intakes._create_batch(name, problems)
        for batch in batches:
            batch._enqueue()
        return batches

    def _create_batch(self, name, problems=()):
        """A batch of these documents, which came together through one channel.

        :param problems: messages about files that came with them and were left out
        """
        # sudo: whoever may take in documents also makes the record that shows how far they are.
        Batch = self.env["order.intake.batch"].sudo()
        return Batch.create(
            {
                "name": name[:120],
                "channel_id": self.channel_id.id,
                "intake_ids": self.ids,
                "problems": "\n".join(problems) or False,
            }
        ).sudo(self.env.su)

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..jobs import enqueue, has_runner

#: Orders whose logs are recomputed in one go.
CHUNK = 500


class OrderEventVerification(models.Model):
    """One verification of a company's whole audit log, and what it found."""

    _name = "order.event.verification"
    _description = "Verification of the Audit Log"
    _order = "id desc"
    _rec_name = "create_date"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [("running", "Running"), ("whole", "Nothing changed"), ("broken", "Tampered with")],
        required=True,
        readonly=True,
        default="running",
    )
    total = fields.Integer(string="Orders", readonly=True)
    done = fields.Integer(string="Verified", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    event_count = fields.Integer(string="Events", readonly=True)
    last_order_id = fields.Integer(readonly=True, help="Verified up to here; goes on after it.")
    date_end = fields.Datetime(string="Finished", readonly=True)
    problem_ids = fields.One2many(
        "order.event.problem", "verification_id", string="Findings", readonly=True
    )
    problem_count = fields.Integer(compute="_compute_problem_count")

    @api.depends("total", "done")
    def _compute_progress(self):
        for verification in self:
            verification.progress = (
                100 * verification.done / verification.total if verification.total else 100
            )

    @api.depends("problem_ids")
    def _compute_problem_count(self):
        for verification in self:
            verification.problem_count = len(verification.problem_ids)

    # === ACTION === #

    def action_start(self):
        """Verify the whole log of the current company, in the background if jobs run.

        :return: action that shows the verification
        :raise AccessError: for who may not read verifications
        """
        self.check_access("read")
        # sudo: nobody writes findings by hand.
        verification = self.sudo()._start(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verify the Log"),
            "res_model": self._name,
            "res_id": verification.id,
            "view_mode": "form",
        }

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse verifications nobody carried out."""
        if not self.env.su:
            raise AccessError(self.env._("Verify the log with its button."))
        return super().create(vals_list)

    # === BUSINESS === #

    @api.model
    def _start(self, company):
        """Begin to verify the log of ``company``; see :meth:`_verify_chunk`."""
        verification = self.create(
            {
                "company_id": company.id,
                "total": self.env["sale.order"].search_count(
                    [("company_id", "=", company.id), ("event_sequence", ">", 0)]
                ),
                "event_count": self.env["order.event"].search_count(
                    [("company_id", "=", company.id)]
                ),
            }
        )
        verification._go_on()
        return verification

    def _go_on(self):
        """Verify the next chunk in a job of its own, or all of them here without a job runner."""
        if has_runner():
            enqueue(
                self,
                "_verify_chunk",
                description=self.env._("Verify the audit log of %s", self.company_id.name),
                identity_key=f"order_processing.verify:{self.id}:{self.last_order_id}",
            )
            return
        while self.state == "running":
            self._verify_chunk()

    def _verify_chunk(self):
        """Verify the next :data:`CHUNK` orders; after the last the company's log and anchors."""
        self.ensure_one()
        if self.state != "running":
            return
        Event = self.env["order.event"]
        # By id over orders with events: also those whose head was taken away.
        self.env.cr.execute(
            """
            SELECT id FROM (
                   SELECT id FROM sale_order
                    WHERE company_id = %(company)s AND event_sequence > 0
                    UNION
                   SELECT order_id FROM order_event
                    WHERE company_id = %(company)s AND order_id IS NOT NULL
                   ) known
             WHERE id > %(last)s ORDER BY id LIMIT %(chunk)s
            """,
            {"company": self.company_id.id, "last": self.last_order_id, "chunk": CHUNK},
        )
        ids = [order_id for [order_id] in self.env.cr.fetchall()]
        found = Event._find_problems(ids)
        self.write(
            {
                "done": self.done + len(ids),
                "last_order_id": ids[-1] if ids else self.last_order_id,
            }
        )
        if len(ids) < CHUNK:
            found += Event._find_company_problems(self.company_id)
            found += self._new_only(found, Event._find_anchor_problems(self.company_id))
        self._keep(found)
        if len(ids) == CHUNK:
            if has_runner():
                self._go_on()
            return
        self._keep_broken_anchor()
        self.write(
            {
                "state": "broken" if self.problem_ids else "whole",
                "date_end": fields.Datetime.now(),
                "total": self.done,
            }
        )

    def _new_only(self, found, more):
        """Those of ``more`` that neither ``found`` nor the findings kept already tell."""
        known = {(problem.order_id, problem.sequence) for problem in found}
        known |= {(problem.chain_id, problem.sequence) for problem in self.problem_ids}
        return [problem for problem in more if (problem.order_id, problem.sequence) not in known]

    def _keep(self, problems):
        """Write findings down."""
        self.env["order.event.problem"].create(
            [
                {
                    "verification_id": self.id,
                    "chain_id": problem.order_id,
                    "sequence": problem.sequence,
                    "event_number": problem.event_id or 0,
                    "code": problem.code,
                }
                for problem in problems
            ]
        )

    def _keep_broken_anchor(self):
        broken = self.env["order.event.anchor"]._find_broken(self.company_id)
        if broken:
            self.env["order.event.problem"].create(
                {"verification_id": self.id, "sequence": broken.sequence, "code": "broken_anchor"}
            )


class OrderEventProblem(models.Model):
    """One row of the audit log that isn't as it was recorded."""

    _name = "order.event.problem"
    _description = "Finding in the Audit Log"
    _order = "verification_id, chain_id, sequence"
    _log_access = False

    verification_id = fields.Many2one(
        "order.event.verification", required=True, readonly=True, index=True, ondelete="cascade"
    )
    chain_id = fields.Integer(
        string="Log", readonly=True, aggregator=None, help="Number of the order; 0: the company's."
    )
    order_id = fields.Many2one("sale.order", compute="_compute_order_id", compute_sudo=True)
    sequence = fields.Integer(string="Row", readonly=True, aggregator=None)
    event_number = fields.Integer(
        string="Record", readonly=True, aggregator=None, help="The row's id in the table."
    )
    code = fields.Selection(
        [
            ("changed", "Changed after it was recorded"),
            ("link", "The row after it follows from another: written anew, inserted or moved"),
            ("missing", "Removed"),
            ("beyond", "Added after the last row that was recorded"),
            ("head", "Not the row that was recorded as the last"),
            ("anchor", "Not the row that was anchored: the log was written anew, or removed"),
            ("late", "Older than an anchor that doesn't know it: inserted later"),
            ("broken_anchor", "The anchor of this number was changed, or one before is missing"),
        ],
        string="Finding",
        required=True,
        readonly=True,
    )

    def _compute_order_id(self):
        present = self.env["sale.order"].browse(set(self.mapped("chain_id"))).exists()
        for problem in self:
            problem.order_id = present.filtered(lambda order, p=problem: order.id == p.chain_id)

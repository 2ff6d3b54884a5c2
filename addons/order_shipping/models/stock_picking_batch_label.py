from collections import Counter

from odoo import api, fields, models

from odoo.addons.order_processing import jobs

#: Deliveries to a job; so many are bought while the user waits.
CHUNK = 20
KEY = "order_shipping.batch_label:"


class StockPickingBatch(models.Model):
    """Labels of large batches are bought in jobs, with progress."""

    # One file per topic: pylint: disable=consider-merging-classes-inherited
    _inherit = "stock.picking.batch"

    label_count = fields.Integer(string="Deliveries with Label", compute="_compute_label_progress")
    label_wanted_count = fields.Integer(
        string="Deliveries That Need One", compute="_compute_label_progress"
    )
    label_progress = fields.Float(compute="_compute_label_progress", help="In per cent.")
    label_job_count = fields.Integer(
        compute="_compute_label_progress", help="Jobs that still buy labels for this batch."
    )
    label_problem_count = fields.Integer(
        string="Deliveries with a Problem",
        compute="_compute_label_progress",
        help="Open the delivery to see what the carrier says.",
    )

    @api.depends("picking_ids.is_labelled", "picking_ids.shipping_error")
    def _compute_label_progress(self):
        open_jobs = self._count_label_jobs()
        for batch in self:
            wanted = batch.picking_ids._filter_outgoing()
            with_label = wanted.filtered("is_labelled")
            batch.label_count = len(with_label)
            batch.label_wanted_count = len(wanted)
            batch.label_progress = 100 * len(with_label) / len(wanted) if wanted else 100
            batch.label_job_count = open_jobs[batch.id]
            batch.label_problem_count = len((wanted - with_label).filtered("shipping_error"))

    # === ACTION === #

    def action_buy_label(self):
        """Buy the missing labels of these batches: few at once, many in jobs, in walking order.

        A job buys from the carriers side by side, within what each allows. What is bought stays
        bought; a delivery that fails says why, and never stops the others.
        """
        deliveries = self._get_pickings_in_walking_order()._filter_outgoing()
        todo = deliveries.filtered(lambda picking: not picking.is_labelled)
        if len(todo) <= CHUNK or not jobs.has_runner():
            return super().action_buy_label()
        todo._check_may_ship()
        for batch, pickings in todo.grouped("batch_id").items():
            for start in range(0, len(pickings), CHUNK):
                chunk = pickings[start : start + CHUNK]
                jobs.enqueue(
                    chunk,
                    "action_buy_label",
                    description=self.env._("Buy labels of %s", batch.name),
                    identity_key=f"{KEY}{batch.id}:{'-'.join(map(str, chunk.ids))}",
                )
        return True

    # === HELPERS === #

    def _count_label_jobs(self):
        """Jobs that still buy for each of these batches: a counter by id."""
        if not self.ids:
            return Counter()
        # sudo: packers see how far their labels are, not the jobs.
        queue = self.env["queue.job"].sudo()
        keys = queue.search_fetch(
            [
                ("identity_key", "=like", f"{KEY}%"),
                ("state", "in", ("wait_dependencies", "pending", "enqueued", "started")),
            ],
            ["identity_key"],
        ).mapped("identity_key")
        return Counter(int(key.removeprefix(KEY).partition(":")[0]) for key in keys)

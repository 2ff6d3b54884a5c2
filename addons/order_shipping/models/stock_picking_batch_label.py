from odoo import api, fields, models

from odoo.addons.order_processing import jobs

#: Deliveries to a job; so many are bought while the user waits.
CHUNK = 20
KEY = "order_shipping.batch_label"


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
        open_jobs = jobs.count_open(self.env, KEY) if self.ids else {}
        for batch in self:
            wanted = batch.picking_ids._filter_outgoing()
            with_label = wanted.filtered("is_labelled")
            batch.label_count = len(with_label)
            batch.label_wanted_count = len(wanted)
            batch.label_progress = 100 * len(with_label) / len(wanted) if wanted else 100
            batch.label_job_count = open_jobs.get(batch.id, 0)
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
            jobs.enqueue_chunks(
                pickings,
                "action_buy_label",
                f"{KEY}:{batch.id}",
                CHUNK,
                description=self.env._("Buy labels of %s", batch.name),
            )
        return True

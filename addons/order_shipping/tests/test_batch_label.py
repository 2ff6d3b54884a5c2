from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from ..models import stock_picking_batch_label
from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestBatchLabel(ShippingCase):
    def setUp(self):
        super().setUp()
        pickings = self.env["stock.picking"].union(*(self.make_picking() for _each in range(5)))
        pickings.action_rate()
        self.batch = self.make_batch(pickings)
        self.batch.action_confirm()

    def test_few_are_bought_at_once(self):
        self.batch.action_buy_label()
        self.assertEqual((self.batch.label_count, self.batch.label_wanted_count), (5, 5))
        self.assertEqual(self.batch.label_progress, 100)
        self.assertFalse(self.batch.label_job_count)

    def test_many_are_bought_in_jobs_with_progress(self):
        batch = self.batch
        other = batch.copy({"picking_ids": False})
        broken = batch.picking_ids[0]
        broken.carrier_id = False
        with (
            patch("odoo.addons.order_processing.jobs.has_runner", return_value=True),
            patch.object(stock_picking_batch_label, "CHUNK", 2),
            trap_jobs() as trap,
        ):
            batch.action_buy_label()
            trap.assert_jobs_count(3)
            self.assertEqual(batch.label_count, 0)
            trap.perform_enqueued_jobs()
        batch.invalidate_recordset()
        self.assertEqual((batch.label_count, batch.label_wanted_count), (4, 5))
        self.assertEqual(batch.label_progress, 80)
        self.assertEqual(batch.label_problem_count, 1)
        self.assertTrue(broken.shipping_error)
        self.assertEqual(other.label_progress, 100, "nothing to label")

    def test_open_jobs_are_counted_by_batch(self):
        other = self.batch.copy({"picking_ids": False})
        with (
            patch("odoo.addons.order_processing.jobs.has_runner", return_value=True),
            patch.object(stock_picking_batch_label, "CHUNK", 2),
        ):
            self.batch.action_buy_label()
            self.batch.action_buy_label()
        (self.batch | other).invalidate_recordset()
        self.assertEqual(self.batch.label_job_count, 3, "pressed twice: the same jobs")
        self.assertEqual(other.label_job_count, 0)
        self.assertFalse(self.batch.label_count)

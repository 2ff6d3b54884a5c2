from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.order_processing import jobs
from odoo.addons.queue_job.tests.common import trap_jobs

from .test_picking_plan import PlanCase


@tagged("post_install", "-at_install")
class TestPlanApply(PlanCase):
    """Batches are made of a plan: at once or in jobs, whatever happened since it was made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pickings = cls.env["stock.picking"].union(
            *[cls.make_picking(cls.products[rank % 9]) for rank in range(9)]
        )

    def setUp(self):
        super().setUp()
        self.template.max_orders = 2
        self.plan = self.make_plan()
        self.proposals = self.plan.proposal_ids.sorted("sequence")
        self.assertEqual(len(self.proposals), 5)

    def with_runner(self):
        """As on a server with a job runner, two batches to a job."""
        self.enterContext(patch("odoo.addons.order_processing.jobs.has_runner", return_value=True))
        self.enterContext(patch.object(jobs, "AT_ONCE", 2))
        return self.enterContext(trap_jobs())

    def failing(self, proposal, error):
        """Filling the batch of one proposal fails after all that was done before."""
        fill = type(proposal)._fill_batch

        def fail(one, *args):
            fill(one, *args)
            if one == proposal:
                raise error

        return patch.object(type(proposal), "_fill_batch", fail)

    def assert_batched_once(self, pickings=None):
        """Every transfer is in one batch, and no batch is empty or larger than planned."""
        pickings = self.pickings if pickings is None else pickings
        batches = self.env["stock.picking.batch"].search(
            [("wave_template_id", "=", self.template.id)]
        )
        self.assertEqual(batches.picking_ids, pickings)
        self.assertTrue(all(1 <= len(batch.picking_ids) <= 2 for batch in batches))
        self.assertEqual(set(batches.mapped("state")), {"in_progress"})
        return batches

    # === AT ONCE === #

    def test_what_changed_since_the_plan_is_left_out(self):
        taken, unreserved, untouched = self.pickings[0], self.pickings[1], self.pickings[2:]
        batch = self.make_batch(taken)
        unreserved.do_unreserve()
        action = self.plan.action_apply()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["title"], "2 transfers are left for the next plan")
        self.assertIn(f"{taken.name}: It is in {batch.name} by now.", action["params"]["message"])
        self.assertIn(
            f"{unreserved.name}: It is no longer ready: Waiting.", action["params"]["message"]
        )
        made = self.env["stock.picking.batch"].search(action["params"]["next"]["domain"])
        self.assertEqual(made.picking_ids, untouched)
        self.assertEqual(taken.batch_id, batch)
        self.assertFalse(unreserved.batch_id)
        with self.assertRaisesRegex(UserError, "plan again"):
            self.plan.action_apply()

    def test_other_goods_reserved_since(self):
        picking = self.pickings[4]
        picking.move_ids.product_uom_qty = 3
        picking.action_assign()
        self.plan._apply()
        self.assertFalse(picking.batch_id)
        left = self.plan.transfer_ids.filtered("problem")
        self.assertEqual(left.picking_id, picking)
        self.assertIn("What is reserved", left.problem)

    def test_what_somebody_has_locked_is_left_out(self):
        locked = self.proposals[1].transfer_ids.picking_id
        lock = type(locked).try_lock_for_update
        with patch.object(
            type(locked),
            "try_lock_for_update",
            lambda pickings, **options: lock(pickings - locked, **options),
        ):
            self.plan._apply()
        self.assert_batched_once(self.pickings - locked)
        left = self.plan.transfer_ids.filtered("problem")
        self.assertEqual(left.picking_id, locked)
        self.assertIn("at this moment", left[0].problem)

    def test_nothing_left_says_why(self):
        batch = self.make_batch(self.pickings)
        with self.assertRaisesRegex(UserError, batch.name):
            self.plan.action_apply()

    def test_many_problems_are_cut_short(self):
        self.make_batch(self.pickings)
        self.plan._apply()
        text = self.plan.transfer_ids._get_problem_text(most=2)
        self.assertEqual(len(text.split("\n")), 3)
        self.assertIn("7 more", text)

    # === ONE THAT FAILS === #

    def test_one_that_fails_stops_no_other(self):
        broken = self.proposals[2]
        theirs = broken.transfer_ids.picking_id
        with self.failing(broken, ValidationError("The cart is broken.")):
            made = self.plan._apply()
        self.assertEqual(len(made), 4)
        self.assert_batched_once(self.pickings - theirs)
        self.assertFalse(theirs.batch_id)
        self.assertEqual(set(broken.transfer_ids.mapped("problem")), {"The cart is broken."})

    def test_an_unexpected_error_is_logged_and_told(self):
        broken = self.proposals[2]
        logger = "odoo.addons.order_shipping.models.picking_plan_batch_apply"
        with self.failing(broken, ZeroDivisionError()), self.assertLogs(logger, "ERROR"):
            made = self.plan._apply()
        self.assertEqual(len(made), 4)
        self.assertIn("administrator", broken.transfer_ids[0].problem)

    # === IN JOBS === #

    def test_many_are_made_in_jobs_with_progress(self):
        trap = self.with_runner()
        gone = self.proposals[3].transfer_ids.picking_id[0]
        self.assertFalse(self.plan.action_apply())
        trap.assert_jobs_count(3)
        before = self.plan.get_progress()
        self.assertEqual((before["done"], before["total"], before["batches"]), (0, 5, 0))
        batch = self.make_batch(gone)
        trap.perform_enqueued_jobs()
        progress = self.plan.get_progress()
        self.assertEqual((progress["done"], progress["total"]), (5, 5))
        [left] = progress["left"]
        self.assertEqual((left["picking_id"], left["name"]), (gone.id, gone.name))
        self.assertIn(batch.name, left["problem"])
        made = self.env["stock.picking.batch"].search(self.plan.action_view_batches()["domain"])
        self.assertEqual(made, self.assert_batched_once(self.pickings - gone))
        self.assertEqual(progress["batches"], len(made))

    def test_few_need_no_job(self):
        trap = self.with_runner()
        self.template.max_orders = 9
        self.assertTrue(self.make_plan().action_apply())
        trap.assert_jobs_count(0)

    def test_pressed_twice(self):
        """The jobs are there already; nobody changes the plan while they run."""
        self.enterContext(patch("odoo.addons.order_processing.jobs.has_runner", return_value=True))
        self.enterContext(patch.object(jobs, "AT_ONCE", 2))
        plan = self.plan
        self.assertFalse(plan.action_apply())
        self.assertFalse(plan.action_apply())
        self.assertEqual(plan.get_progress()["jobs"], 3)
        other = self.make_plan()
        self.assertEqual(other.get_progress()["jobs"], 0)
        with self.assertRaises(UserError):
            plan.move_transfer(plan.transfer_ids[0].id)
        with self.assertRaises(UserError):
            plan.assign_picker(self.proposals[0].id, False)
        with self.assertRaises(UserError):
            plan.first_plan()
        self.assertFalse(plan.better_plan(plan.revision))
        # Whoever comes back to the screen sees how far they are.
        frame = self.env["picking.plan"].open_plan(self.template.id)
        self.assertEqual(frame["running_id"], plan.id)
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        frame = self.env["picking.plan"].with_user(packer).open_plan(self.template.id)
        self.assertFalse(frame["running_id"], "somebody else's")
        # Nor is it planned by itself meanwhile.
        self.template.auto = "schedule"
        self.template._plan_now()
        self.assertFalse(self.template.date_last)

    def test_a_job_that_crashes_is_run_again_without_doubling(self):
        trap = self.with_runner()
        self.plan.action_apply()
        second = self.proposals[2:4]
        conflict = self.failing(second[1], SerializationFailure())
        queued = [job.recordset for job in trap.enqueued_jobs]
        self.assertEqual(queued[1], second)
        queued[0]._make_batches()
        with conflict, self.assertRaises(SerializationFailure), self.env.cr.savepoint():
            second._make_batches()
        # What it had done went with its transaction; the others' stays.
        self.assertFalse(second.batch_id)
        self.assertFalse(any(second.transfer_ids.mapped("problem")))
        self.assertEqual(self.plan.get_progress()["batches"], 2)
        for chunk in queued[1:]:
            self.assertTrue(chunk._make_batches())
        made = self.assert_batched_once()
        self.assertEqual(len(made), 5)
        # A worker that dies after its work leaves a job behind that runs once more.
        for chunk in queued:
            self.assertFalse(chunk._make_batches())
        self.assertEqual(self.assert_batched_once(), made)

    def test_planned_by_itself_in_jobs(self):
        """Nothing is planned again while jobs make the batches."""
        trap = self.with_runner()
        self.template.auto = "schedule"
        self.assertFalse(self.template._plan_now())
        trap.assert_jobs_count(3)
        self.assertTrue(self.template.date_last)
        trap.perform_enqueued_jobs()
        self.assertEqual(len(self.assert_batched_once()), 5)

    def test_a_plan_that_is_gone_leaves_jobs_nothing_to_do(self):
        trap = self.with_runner()
        self.plan.action_apply()
        queued = [job.recordset for job in trap.enqueued_jobs]
        self.plan.unlink()
        for chunk in queued:
            self.assertFalse(chunk._make_batches())
        self.assertFalse(self.pickings.batch_id)

    def test_zones_are_made_in_one_job(self):
        trap = self.with_runner()
        self.plan.strategy = "zone"
        self.plan.action_apply()
        trap.assert_jobs_count(1)

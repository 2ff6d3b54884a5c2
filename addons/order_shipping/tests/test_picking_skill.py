from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .test_picking_plan import PlanCase


@tagged("post_install", "-at_install")
class TestPickingSkill(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls.make_user("ann", "order_shipping.group_shipping_user")
        cls.bob = cls.make_user("bob", "order_shipping.group_shipping_user")
        cls.template.picker_ids = cls.ann | cls.bob
        cls.lift, cls.coat = cls.env["picking.skill"].create(
            [
                {"name": "Test Forklift", "user_ids": [Command.set(cls.ann.ids)]},
                {"name": "Test Coat", "user_ids": [Command.set(cls.bob.ids)]},
            ]
        )

    def make_pickings(self):
        return self.env["stock.picking"].union(
            *[self.make_picking(product) for product in self.products[:6]]
        )

    def test_batches_go_to_who_has_what_they_need(self):
        self.products[0].picking_skill_ids = self.lift
        self.bins[1].location_id.picking_skill_ids = False
        self.bins[1].picking_skill_ids = self.coat
        self.make_pickings()
        plan = self.make_plan()
        for proposal in plan.proposal_ids:
            self.assertTrue(proposal.user_id)
            for skill in proposal.transfer_ids.skill_ids:
                self.assertIn(proposal.user_id, skill.user_ids)
        made = plan._apply()
        needing = made.filtered(lambda one: self.products[0] in one.move_line_ids.product_id)
        self.assertEqual(needing.user_id, self.ann)

    def test_what_nobody_has_leaves_the_batch_to_nobody(self):
        ladder = self.env["picking.skill"].create({"name": "Test Ladder"})
        self.warehouse.out_type_id.picking_skill_ids = ladder
        self.make_pickings()
        plan = self.make_plan()
        self.assertFalse(plan.proposal_ids.user_id)
        self.assertEqual(plan._get_screen()["proposals"][0]["skills"], ["Test Ladder"])

    def test_places_inside_need_what_the_zone_needs(self):
        self.warehouse.lot_stock_id.picking_skill_ids = self.coat
        picking = self.make_picking(self.products[3])
        self.assertEqual(picking.move_line_ids._get_picking_skills(), self.coat)

    def test_no_one_else_by_hand(self):
        self.products[0].picking_skill_ids = self.lift
        pickings = self.make_pickings()
        plan = self.make_plan()
        proposal = plan.proposal_ids.filtered(lambda one: self.lift in one.transfer_ids.skill_ids)
        with self.assertRaises(UserError):
            plan.assign_picker(proposal.id, self.bob.id)
        other = plan.proposal_ids - proposal
        other.user_id = self.bob
        heavy = proposal.transfer_ids.filtered("skill_ids")
        plan.move_transfer(heavy.id, other.id)
        self.assertFalse(other.user_id)
        batch = self.make_batch(pickings[0])
        batch.user_id = self.ann
        with self.assertRaises(ValidationError):
            batch.user_id = self.bob

    def test_only_administrators_say_who_has_what(self):
        self.assertEqual(self.lift.with_user(self.ann).name, "Test Forklift")
        with self.assertRaises(AccessError):
            self.lift.with_user(self.bob).user_ids = self.bob


@tagged("post_install", "-at_install")
class TestCollection(PlanCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-07-01 12:00:00", tick=True))
        self.company.resource_calendar_id.tz = "UTC"

    def make_unpromised(self, scheduled):
        picking = self.make_picking(self.products[0])
        picking.move_ids.date_deadline = "2026-07-30 12:00:00"
        picking.write({"carrier_id": self.ground.id, "scheduled_date": scheduled})
        return picking

    def get_due(self, scheduled):
        picking = self.make_unpromised(scheduled)
        transfers = self.make_plan().transfer_ids
        return transfers.filtered(lambda one: one.picking_id == picking).date_due

    def test_due_when_the_carrier_comes(self):
        self.ground.collect_hour = 16.5
        self.assertEqual(str(self.get_due("2026-07-01 10:00:00")), "2026-07-01 16:30:00")
        self.assertEqual(
            str(self.get_due("2026-07-03 17:00:00")), "2026-07-06 16:30:00", "on Monday"
        )
        self.ground.collect_hour = 0
        self.assertEqual(str(self.get_due("2026-07-01 10:00:00")), "2026-07-30 12:00:00")

    def test_a_promise_before_counts(self):
        self.ground.collect_hour = 16.5
        promised = fields.Datetime.now() + timedelta(hours=1)
        picking = self.make_picking(self.products[0])
        picking.carrier_id = self.ground
        picking.move_ids.date_deadline = promised
        self.assertEqual(self.make_plan().transfer_ids.date_due, promised.replace(microsecond=0))

    def test_planned_by_itself_before_the_carrier_comes(self):
        self.ground.collect_hour = 16.5
        self.make_unpromised("2026-07-01 15:00:00")
        self.template.write({"auto": "due", "lead_minutes": 30})
        now = fields.Datetime.now()
        self.assertFalse(self.template._is_due(now))
        self.template.lead_minutes = 300
        self.assertTrue(self.template._is_due(now))

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShippingCase


class PlanCase(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Templates of demo data plan other warehouses.
        cls.env["picking.wave.template"].search([]).active = False
        cls.template = cls.make_template()

    @classmethod
    def make_template(cls, **vals):
        return cls.env["picking.wave.template"].create(
            {
                "name": "Carts",
                "picking_type_id": cls.warehouse.out_type_id.id,
                "max_orders": 3,
                "max_totes": 0,
                "seconds": 0.05,
            }
            | vals
        )

    def of_bin(self, *names):
        return self.products.filtered(lambda p: p.name.removeprefix("Item ") in names)

    @classmethod
    def open_screen(cls, *arguments, env=None):
        """The screen once a first plan is shown, as its user sees it."""
        Plan = (env or cls.env)["picking.plan"]
        return Plan.browse(Plan.open_plan(*arguments)["id"]).first_plan()

    def make_plan(self, template=None, **vals):
        template = template or self.template
        return self.env["picking.plan"].create({"template_id": template.id} | vals)._make_plan()


@tagged("post_install", "-at_install")
class TestPickingPlan(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pickings = cls.env["stock.picking"].union(
            *[cls.make_picking(cls.products[rank % 9]) for rank in range(9)]
        )

    def test_plan_holds_every_open_transfer_once_and_walks_less(self):
        plan = self.make_plan()
        self.assertEqual(plan.transfer_ids.picking_id, self.pickings)
        self.assertEqual(len(plan.transfer_ids), 9)
        self.assertTrue(all(len(p.transfer_ids) <= 3 for p in plan.proposal_ids))
        self.assertEqual(len(plan.proposal_ids), 3)
        self.assertLess(plan.metres, plan.metres_single)
        self.assertLessEqual(plan.metres, plan.metres_odoo)
        self.assertFalse(self.pickings.batch_id)  # a plan changes nothing

    def test_applying_makes_batches_and_plans_their_walks(self):
        ann = self.make_user("ann", "order_shipping.group_shipping_user")
        self.template.picker_ids = ann
        plan = self.make_plan()
        metres = plan.metres
        action = plan.action_apply()
        batches = self.env["stock.picking.batch"].search(action["domain"])
        self.assertEqual(batches.picking_ids, self.pickings)
        self.assertEqual(set(batches.mapped("state")), {"in_progress"})
        self.assertAlmostEqual(sum(batches.mapped("route_metres")), metres, 1)
        self.assertTrue(all(batch.planned_minutes > 0 for batch in batches))
        self.assertEqual(batches.user_id, ann)
        self.assertEqual(batches.wave_template_id, self.template)
        self.assertEqual(len(self.events(self.pickings[0].sale_id, "batch")), 1)

    def test_move_a_transfer_between_proposals(self):
        plan = self.make_plan()
        transfer = plan.proposal_ids[0].transfer_ids[0]
        target = plan.proposal_ids[1]
        screen = plan.move_transfer(transfer.id, target.id)
        self.assertEqual(transfer.proposal_id, target)
        self.assertEqual(screen["revision"], 1)
        card = next(card for card in screen["proposals"] if card["id"] == target.id)
        self.assertIn(transfer.id, [chip["id"] for chip in card["transfers"]])
        self.assertEqual(card["exceeded"], ["transfers"])
        screen = plan.move_transfer(transfer.id)
        self.assertEqual(len(screen["proposals"]), 4)
        self.assertFalse(plan.proposal_ids[1].exceeded)
        last = plan.proposal_ids.sorted("sequence")[-1]
        self.assertEqual(last.transfer_ids, transfer)
        self.assertGreater(last.metres, 0)
        screen = plan.move_transfer(transfer.id, target.id)  # the emptied proposal goes
        self.assertEqual(len(screen["proposals"]), 3)

    def test_the_screen_shows_a_frame_then_a_plan(self):
        Plan = self.env["picking.plan"]
        frame = Plan.open_plan(self.template.id)
        self.assertEqual((frame["stage"], frame["open"], frame["proposals"]), ("open", 9, []))
        self.assertNotIn("zone", [one["id"] for one in frame["strategies"]])
        plan = Plan.browse(frame["id"])
        screen = plan.first_plan()
        self.assertEqual(screen["stage"], "first")
        self.assertEqual(screen["totals"]["transfers"], 9)
        self.assertEqual(screen["totals"]["batches"], len(screen["proposals"]))
        self.assertAlmostEqual(
            screen["totals"]["metres"], sum(card["metres"] for card in screen["proposals"])
        )
        card = screen["proposals"][0]
        self.assertEqual(card["orders"], len(card["transfers"]))
        self.assertNotIn("svg", card)
        self.assertIn("<svg", plan.get_drawing(card["id"]))
        self.assertEqual(plan.get_drawing(0), "")
        single = self.open_screen(self.template.id, "single")
        self.assertEqual(single["totals"]["batches"], 9)
        self.template.seconds = 0
        self.assertEqual(self.open_screen(self.template.id)["stage"], "best")
        self.template.unlink()
        with self.assertRaises(UserError):
            Plan.open_plan()

    def test_transfers_are_sent_as_their_batches_come_into_view(self):
        with patch("odoo.addons.order_shipping.models.picking_plan_screen.FULL", 1):
            screen = self.open_screen(self.template.id)
            plan = self.env["picking.plan"].browse(screen["id"])
            cards = screen["proposals"]
            self.assertTrue(cards[0]["transfers"])
            self.assertFalse(cards[1]["transfers"] or cards[2]["transfers"])
            [card] = plan.get_cards([cards[2]["id"]])
            self.assertEqual(len(card["transfers"]), cards[2]["orders"])
            # What a move touches is sent wherever it stands.
            screen = plan.move_transfer(card["transfers"][0]["id"], cards[1]["id"])
        self.assertTrue(all(card["transfers"] for card in screen["proposals"]))

    def test_a_better_plan_replaces_one_that_nobody_changed(self):
        # Batches of one are the worst plan there is.
        limits = self.template._get_limits("single")
        with patch.object(type(self.template), "_get_limits", lambda *_arguments: limits):
            screen = self.open_screen(self.template.id)
        plan = self.env["picking.plan"].browse(screen["id"])
        transfers = plan.transfer_ids
        self.assertEqual(screen["totals"]["batches"], 9)
        better = plan.better_plan(screen["revision"])
        self.assertEqual(better["stage"], "best")
        self.assertLess(better["totals"]["metres"], screen["totals"]["metres"])
        self.assertEqual(len(plan.proposal_ids), better["totals"]["batches"])
        self.assertEqual(plan.transfer_ids, transfers)
        self.assertFalse(plan.better_plan(better["revision"]))  # it can't get any better
        self.assertEqual(len(plan._apply()), better["totals"]["batches"])

    def test_no_better_plan_overrides_a_person(self):
        screen = self.open_screen(self.template.id)
        plan = self.env["picking.plan"].browse(screen["id"])
        transfer = plan.proposal_ids[0].transfer_ids[0]
        plan.move_transfer(transfer.id)
        self.assertFalse(plan.better_plan(screen["revision"]))
        self.assertEqual(len(transfer.proposal_id.transfer_ids), 1)

    def test_no_better_plan_of_transfers_that_are_gone(self):
        screen = self.open_screen(self.template.id)
        plan = self.env["picking.plan"].browse(screen["id"])
        plan.transfer_ids[0].picking_id = self.make_picking()
        plan.score = [9, 9, 9, 9]
        self.assertTrue(plan.better_plan(screen["revision"]))
        plan.transfer_ids[0].zone = "Gone"
        self.assertFalse(plan.better_plan(plan.revision))

    def test_transfers_know_who_took_them_over(self):
        ann = self.make_user("ann", "order_shipping.group_shipping_user")
        self.template.picker_ids = ann
        plan = self.make_plan()
        plan._apply()
        self.assertEqual(self.pickings.user_id, ann)
        for picking in self.pickings:
            self.assertIn(picking.batch_id.name, picking.message_ids[0].body)
            self.assertIn("ann", picking.message_ids[0].body)

    def test_pickers_share_the_work(self):
        ann = self.make_user("ann", "order_shipping.group_shipping_user")
        bob = self.make_user("bob", "order_shipping.group_shipping_user")
        self.template.picker_ids = ann | bob
        busy = self.make_batch(self.pickings[0])
        busy.write({"user_id": ann.id, "planned_minutes": 600})
        plan = self.make_plan()
        self.assertEqual(plan.proposal_ids.user_id, bob)
        screen = plan.assign_picker(plan.proposal_ids[0].id, ann.id)
        busy = {picker["id"]: picker["busy"] for picker in screen["pickers"]}
        self.assertEqual(busy, {ann.id: 600, bob.id: 0})
        self.assertEqual(plan.proposal_ids[0].user_id, ann)
        plan.assign_picker(plan.proposal_ids[0].id, self.env.user.id)  # no picker of the template
        self.assertFalse(plan.proposal_ids[0].user_id)

    def test_an_order_over_capacity_goes_alone_with_a_warning(self):
        self.template.max_items = 5
        self.make_picking(self.of_bin("A-02"), quantity=50)
        plan = self.make_plan()
        alone = plan.proposal_ids.filtered("exceeded")
        self.assertEqual(len(alone.transfer_ids), 1)
        self.assertEqual(alone.transfer_ids.items, 50)
        [card] = alone._get_cards(alone)
        self.assertEqual(card["exceeded"], ["items"])

    def test_negative_and_missing_volumes_fill_no_tote(self):
        self.template.write({"tote_volume": 1, "max_totes": 3})
        self.products[0].volume = -4
        self.products[1].volume = 2.5
        plan = self.make_plan()
        totes = {row.picking_id.product_id: row.totes for row in plan.transfer_ids}
        self.assertEqual(totes[self.products[0]], 1)
        self.assertEqual(totes[self.products[1]], 3)
        self.assertEqual(totes[self.products[2]], 1)

    def test_places_without_an_aisle_are_told_and_planned(self):
        self.bins[0].aisle = False
        plan = self.make_plan()
        self.assertIn("1 places have no aisle", plan.notes[0])
        self.assertEqual(plan.transfer_ids.picking_id, self.pickings)
        self.assertEqual(plan.transfer_ids.filtered("is_unmapped").picking_id, self.pickings[0])
        self.bins.aisle = False
        plan = self.make_plan()
        self.assertFalse(plan.is_measured)
        self.assertEqual((plan.metres, plan.metres_odoo), (0, 0))
        self.assertEqual(len(plan.proposal_ids), 3)
        self.assertEqual(plan._apply().picking_ids, self.pickings)

    def test_places_that_no_walk_gets_to_are_told_and_picked_last(self):
        """Bay 9 lies behind the back wall that somebody gave."""
        self.warehouse.aisle_length = 8
        behind = self.bins.filtered(lambda place: place.name.endswith("09"))
        plan = self.make_plan()
        self.assertEqual(len(plan.notes), 1)
        self.assertIn("No walk gets to 3 places", plan.notes[0])
        self.assertEqual(plan.transfer_ids.picking_id, self.pickings)
        made = plan._apply()
        self.assertEqual(made.picking_ids, self.pickings)
        self.assertEqual(sum(made.mapped("route_unmapped_count")), 3)
        batch = self.make_batch(self.make_picking(self.products[2] | self.products[4]))
        batch.action_plan_route()
        lines = batch.picking_ids.move_line_ids.sorted("pick_sequence")
        self.assertEqual(lines.location_id[-1], behind & lines.location_id)

    def test_orders_on_hold_are_left_out(self):
        held = self.pickings[0].sale_id
        blocked = type(self.env["sale.order"])._blocked_by
        with patch.object(
            type(held),
            "_blocked_by",
            lambda orders, gate: {held: held} if gate == "ship" else blocked(orders, gate),
        ):
            plan = self.make_plan()
        self.assertEqual(plan.transfer_ids.picking_id, self.pickings[1:])
        self.assertIn("on hold", plan.notes[0])

    def test_carriers_apart(self):
        self.template.by_carrier = True
        self.pickings[:4].carrier_id = self.ground
        self.pickings[4:].carrier_id = self.express
        for proposal in self.make_plan().proposal_ids:
            self.assertEqual(len(proposal.transfer_ids.picking_id.carrier_id), 1)

    def test_late_is_what_was_promised_earlier(self):
        self.pickings.move_ids.date_deadline = fields.Datetime.now() + timedelta(days=3)
        self.pickings[2].move_ids.date_deadline = fields.Datetime.now() - timedelta(hours=1)
        plan = self.make_plan()
        late = plan.transfer_ids.filtered("is_late")
        self.assertEqual(late.picking_id, self.pickings[2])
        self.assertEqual(late.proposal_id, plan.proposal_ids.sorted("sequence")[0])

    def test_urgent_transfers_come_first(self):
        self.pickings[5].priority = "1"
        plan = self.make_plan()
        first = plan.proposal_ids.sorted("sequence")[0]
        self.assertIn(self.pickings[5], first.transfer_ids.picking_id)

    def test_plan_by_itself(self):
        template = self.template
        template.write({"auto": "worth", "worth_orders": 20})
        self.assertFalse(template._plan_now())
        template.write({"worth_orders": 5, "worth_saving": 0.99})
        self.assertFalse(template._plan_now())
        template.worth_saving = 0.2
        self.assertEqual(len(template._plan_now()), 3)
        self.assertFalse(template._plan_now())
        late = self.make_picking()
        template.write({"auto": "schedule", "interval": 60})
        self.assertFalse(template._plan_now())
        template.date_last = fields.Datetime.now() - timedelta(hours=2)
        self.assertEqual(template._plan_now().picking_ids, late)
        due = self.make_picking()
        due.move_ids.date_deadline = fields.Datetime.now() + timedelta(hours=5)
        template.write({"auto": "due", "lead_minutes": 60})
        self.assertFalse(template._plan_now())
        template.lead_minutes = 360
        self.assertEqual(template._plan_now().picking_ids, due)

    def test_a_template_that_fails_stops_no_other(self):
        self.template.write({"auto": "schedule", "sequence": 2})
        broken = self.make_template(auto="schedule", sequence=1)
        plan_now = type(broken)._plan_now

        def fail(template):
            if template == broken:
                raise ValueError("broken")
            return plan_now(template)

        Cron = type(self.env["ir.cron"])
        with (
            patch.object(type(broken), "_plan_now", fail),
            patch.object(Cron, "_commit_progress", lambda *args, **kwargs: 60),
            mute_logger("odoo.addons.order_shipping.models.picking_wave_template"),
        ):
            self.env["picking.wave.template"]._cron_plan()
        self.assertTrue(all(picking.batch_id for picking in self.pickings))

    def test_drop_what_is_not_there(self):
        batch = self.make_batch(self.pickings)
        batch.action_confirm()
        metres = batch.route_metres
        with self.assertRaises(UserError):
            batch.action_replan()
        gone = self.pickings.filtered(lambda p: p.product_id in self.of_bin("C-09", "B-09", "A-09"))
        gone.do_unreserve()
        batch.action_replan()
        self.assertEqual(batch.picking_ids, self.pickings - gone)
        self.assertLess(batch.route_metres, metres)
        self.assertFalse(gone.batch_id)

    def test_a_batch_left_empty_by_missing_stock(self):
        batch = self.make_batch(self.pickings[0])
        self.pickings[0].do_unreserve()
        self.assertTrue(batch.action_replan())

    def test_nothing_open(self):
        self.make_batch(self.pickings)
        screen = self.open_screen(self.template.id)
        self.assertEqual((screen["stage"], screen["proposals"]), ("best", []))
        self.assertEqual(screen["totals"]["metres"], 0)


@tagged("post_install", "-at_install")
class TestZonePlan(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.delivery_steps = "pick_ship"
        cls.warehouse.pick_type_id.auto_batch = False
        cls.bins[:3].pick_zone = "North"
        cls.bins[3:].pick_zone = "South"
        cls.template.write(
            {"picking_type_id": cls.warehouse.pick_type_id.id, "strategy": "zone", "max_orders": 9}
        )
        cls.orders = cls.env["sale.order"].union(
            *[cls.make_order(cls.products[rank] | cls.products[rank + 4]) for rank in range(3)]
        )
        cls.picks = cls.orders.picking_ids.filtered(
            lambda p: p.picking_type_id == cls.warehouse.pick_type_id
        )
        cls.picks.action_assign()

    def test_each_zone_picks_its_part(self):
        plan = self.make_plan()
        self.assertEqual(sorted(plan.transfer_ids.mapped("zone")), ["North"] * 3 + ["South"] * 3)
        self.assertEqual(len(plan.proposal_ids), 2)
        waves = plan._apply()
        self.assertEqual(waves.mapped("is_wave"), [True, True])
        for wave in waves:
            self.assertEqual(len(set(wave.move_line_ids.location_id.mapped("pick_zone"))), 1)
            self.assertTrue(wave.route_metres)
        self.assertEqual(len(waves.move_line_ids), 6)
        # The parts of an order meet in one delivery.
        for order in self.orders:
            deliveries = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
            self.assertLessEqual(len(deliveries), 1)

    def test_deliveries_are_not_torn_apart(self):
        with self.assertRaises(ValidationError):
            self.template.picking_type_id = self.warehouse.out_type_id


@tagged("post_install", "-at_install")
class TestPlanAccess(PlanCase):
    def test_roles(self):
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        stocker = self.make_user("stocker", "stock.group_stock_user")
        self.make_picking()
        screen = self.open_screen(self.template.id, env=self.env(user=packer))
        plan = self.env["picking.plan"].with_user(packer).browse(screen["id"])
        self.assertEqual(len(plan._apply()), 1)
        with self.assertRaises(AccessError):
            self.env["picking.plan"].with_user(stocker).open_plan(self.template.id)
        self.assertTrue(self.template.with_user(stocker).read(["name"]))
        with self.assertRaises(AccessError):
            self.template.with_user(packer).max_orders = 1

    def test_plans_are_personal(self):
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        other = self.make_user("other", "order_shipping.group_shipping_user")
        self.make_picking()
        screen = self.open_screen(self.template.id, env=self.env(user=packer))
        card = screen["proposals"][0]
        for model, record in (
            ("picking.plan", screen["id"]),
            ("picking.plan.batch", card["id"]),
            ("picking.plan.transfer", card["transfers"][0]["id"]),
        ):
            theirs = self.env[model].with_user(other).browse(record)
            with self.assertRaises(AccessError):
                theirs.read(["id", "create_date"])

    def test_templates_stay_in_their_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.make_user("stranger", "order_shipping.group_shipping_manager")
        stranger.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        theirs = self.template.with_user(stranger).with_context(allowed_company_ids=company.ids)
        self.assertFalse(theirs.search([("id", "=", self.template.id)]))
        with self.assertRaises(AccessError):
            theirs.read(["name"])


@tagged("post_install", "-at_install")
class TestPlanQueryCount(PlanCase):
    """Thirty more transfers may not cost thirty times the queries."""

    def queries(self, method):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        method()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def make_open(self, count):
        for rank in range(count):
            self.make_picking(self.products[rank % 9])

    def test_plan_and_show(self):
        def open_plan():
            return self.open_screen(self.template.id)

        self.make_open(3)
        open_plan()
        few = self.queries(open_plan)
        self.make_open(30)
        many = self.queries(open_plan)
        self.assertLess((many - few) / 30, 0.2, f"{few} queries for 3, {many} for 33")

    def test_the_frame_costs_the_same_for_any_number(self):
        def open_frame():
            return self.env["picking.plan"].open_plan(self.template.id)

        self.make_open(1)
        open_frame()
        few = self.queries(open_frame)
        self.make_open(12)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(few):
            open_frame()

    def test_apply(self):
        """Batches are made, filled, confirmed and routed all together."""
        self.template.max_orders = 2
        self.make_open(2)
        few = self.queries(self.make_plan()._apply)
        self.make_open(22)
        many = self.queries(self.make_plan()._apply)
        self.assertLess((many - few) / 10, 6, f"{few} queries for 1 batch, {many} for 11")

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ReportingCommon


@tagged("post_install", "-at_install")
class TestCockpit(ReportingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.env["order.channel"].create(
            {"name": "Cockpit", "code": "cockpit", "kind": "manual"}
        )

    def board(self):
        board = self.env["order.cockpit"].get_board(self.channel.id)
        return {stage["code"]: stage for stage in board["stages"]}, board

    def test_an_order_is_at_one_stage_and_the_stage_opens_it(self):
        waiting = self.make_order(confirm=False)
        held = self.make_order(confirm=False)
        held._place_hold("manual", "release", "Wait")
        to_pick = self.make_order()
        shipped = self.make_order()
        self.ship(shipped)
        billed = self.make_order()
        self.ship(billed)
        self.invoice(billed)
        orders = waiting + held + to_pick + shipped + billed
        orders.channel_id = self.channel
        with self.at("2026-03-03 18:00:00"):
            self.fact(orders)
            stages, board = self.board()
        expected = {
            "release": waiting,
            "hold": held,
            "pick": to_pick,
            "invoice": shipped,
            "pay": billed,
            "ship": self.env["sale.order"],
        }
        for code, order in expected.items():
            found = self.facts.search(stages[code]["domain"])
            self.assertEqual(found.order_id, order, code)
            self.assertEqual(stages[code]["count"], len(order), code)
        self.assertEqual(stages["pick"]["value"], to_pick.amount_untaxed)
        self.assertIn({"id": self.channel.id, "name": "Cockpit"}, board["channels"])

    def test_promises_about_to_be_broken(self):
        soon = self.make_order(commitment_date="2026-03-03 20:00:00")
        later = self.make_order(commitment_date="2026-03-04 12:00:00")
        late = self.make_order(commitment_date="2026-03-02 20:00:00")
        done = self.make_order(commitment_date="2026-03-03 20:00:00")
        self.ship(done)
        orders = soon + later + late + done
        orders.channel_id = self.channel
        with self.at("2026-03-03 18:00:00"):
            self.fact(orders)
            breaches = self.board()[1]["breaches"]
        self.assertEqual([step["count"] for step in breaches["steps"]], [1, 1, 1, 2])
        self.assertEqual(
            [row["name"] for row in breaches["orders"]], (late + soon + later).mapped("name")
        )
        self.assertEqual([row["is_late"] for row in breaches["orders"]], [True, False, False])

    def test_the_bottleneck_is_where_most_days_of_work_wait(self):
        orders = self.env["sale.order"]
        for _number in range(7):
            orders += self.make_order(moment="2026-03-02 08:00:00")
        self.ship(orders[0], moment="2026-03-03 10:00:00")
        orders.channel_id = self.channel
        with self.at("2026-03-03 18:00:00"):
            self.fact(orders)
            stages, _board = self.board()
        # One of seven moved in seven days: six wait, at 1/7 a day.
        self.assertAlmostEqual(stages["pick"]["days_of_work"], 42.0)
        self.assertTrue(stages["pick"]["is_bottleneck"])
        self.assertEqual(sum(stage["is_bottleneck"] for stage in stages.values()), 1)

    def test_it_tells_the_bus_when_facts_change(self):
        order = self.make_order()
        self.env.flush_all()
        self.env.cr.precommit.run()
        before = self.env["bus.bus"].search([], order="id desc", limit=1).id or 0
        self.fact(order)
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([("id", ">", before)]).mapped("channel")
        self.assertTrue(any("order_cockpit" in channel for channel in sent))

    def test_only_viewers_see_the_board_and_the_process(self):
        outsider = new_test_user(self.env, "outside", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["order.cockpit"].with_user(outsider).get_board()
        with self.assertRaises(AccessError):
            self.env["order.process"].with_user(outsider).get_process()
        viewer = new_test_user(self.env, "inside", groups="order_reporting.group_reporting_user")
        self.assertTrue(self.env["order.cockpit"].with_user(viewer).get_board()["stages"])
        self.env["order.process"].with_user(viewer).get_process()

    def test_the_process_of_three_orders(self):
        orders = self.env["sale.order"]
        now = fields.Datetime.now()
        for _number in range(3):
            orders += self.make_order(moment=now.strftime("%Y-%m-%d %H:%M:%S"), confirm=False)
        orders._record_event("intake", "Received", source="channel")
        orders[0]._place_hold("manual", "release", "Wait").action_release()
        orders.channel_id = self.channel
        self.fact(orders)
        process = self.env["order.process"].get_process(7, self.channel.id)
        self.assertEqual(process["orders"], 3)
        self.assertIn("<svg", process["svg"])
        for variant in process["variants"]:
            action = self.env["order.process"].action_open_variant(
                variant["codes"], 7, self.channel.id
            )
            self.assertEqual(self.facts.search_count(action["domain"]), variant["count"])
        self.assertEqual(sum(variant["count"] for variant in process["variants"]), 3)
        held = self.env["order.process"].get_process(7, self.channel.id, False, "held")
        self.assertEqual(held["orders"], 1)

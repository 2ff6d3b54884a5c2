from odoo import Command
from odoo.exceptions import AccessError, UserError

from .common_flow import FlowCommon


class TestRoute(FlowCommon):
    def test_order_splits_over_two_of_three_warehouses(self):
        order = self._order((self.green, 1), (self.red, 1), (self.black, 1))
        order.action_confirm()
        expected = {("GREEN", "TEAST"): 1, ("RED", "TEAST"): 1, ("BLACK", "TWEST"): 1}
        self.assertEqual(self._allocated(order), expected)
        self.assertEqual(self._moving(order), expected)
        self.assertEqual(len(order.picking_ids), 2)
        self.assertEqual(set(order.picking_ids.mapped("state")), {"assigned"})
        self.assertEqual(set(order.allocation_ids.mapped("state")), {"released"})
        self.assertEqual(self._steps(order), ["release", "route"])
        event = order.event_ids.filtered(lambda e: e.step == "route")
        self.assertIn("East Test (1 × GREEN, 1 × RED)", event.summary)
        candidates = event.details["decision"]["candidates"]
        self.assertEqual(candidates[0]["warehouses"], ["East Test", "West Test"])
        self.assertEqual(candidates[0]["lost"], None)
        html = order.allocation_ids[0].explanation_html
        self.assertIn("East Test + West Test", html)
        self.assertIn("Could ship less at once", html)

    def test_explanation_escapes_names(self):
        self.east.name = "<script>alert(1)</script>"
        order = self._order()
        order.action_route()
        self.assertNotIn("<script>", order.allocation_ids.explanation_html)

    def test_short_stock_waits_at_the_default_warehouse(self):
        order = self._order((self.green, 60))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50, ("GREEN", "TMAIN"): 10})
        short = order.allocation_ids.filtered("short_quantity")
        self.assertEqual((short.warehouse_id, short.short_quantity), (self.main, 10))
        self.assertIn("10 on back-order", self._last(order, "route").summary)

    def test_orders_confirmed_together_share_stock(self):
        orders = self.env["sale.order"]
        for _index in range(3):
            orders |= self._order((self.black, 20))
        orders.action_confirm()
        self.assertEqual(
            [self._moving(order) for order in orders],
            [
                {("BLACK", "TWEST"): 20},
                {("BLACK", "TWEST"): 20},
                {("BLACK", "TWEST"): 10, ("BLACK", "TMAIN"): 10},
            ],
        )

    def test_stock_wanted_by_unreserved_moves_is_not_planned_again(self):
        self.west.out_type_id.reservation_method = "manual"
        first, second = self._order((self.black, 40)), self._order((self.black, 40))
        first.action_confirm()
        self.assertNotEqual(first.picking_ids.state, "assigned")
        second.action_confirm()
        self.assertEqual(self._moving(second), {("BLACK", "TWEST"): 10, ("BLACK", "TMAIN"): 30})

    def test_planned_orders_count_until_they_are_cancelled(self):
        first, second = self._order((self.black, 40)), self._order((self.black, 40))
        first.action_route()
        second.action_route()
        self.assertEqual(self._allocated(second), {("BLACK", "TWEST"): 10, ("BLACK", "TMAIN"): 30})
        first._action_cancel()
        second.action_route()
        self.assertEqual(self._allocated(second), {("BLACK", "TWEST"): 40})
        self.assertEqual(first.allocation_ids.state, "cancelled")

    def test_a_plan_is_made_anew_at_confirmation(self):
        order = self._order((self.black, 40))
        order.action_route()
        self.assertFalse(order.picking_ids)
        self._stock(self.black, self.west, -30)
        order.action_confirm()
        self.assertEqual(self._moving(order), {("BLACK", "TWEST"): 20, ("BLACK", "TMAIN"): 20})

    def test_what_a_person_allocates_stays(self):
        order = self._order((self.green, 5), (self.red, 1))
        order.action_route()
        green = order.allocation_ids.filtered(lambda a: a.product_id == self.green)
        green.with_user(self.desk).warehouse_id = self.west
        self.assertTrue(green.is_manual)
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TWEST"): 5, ("RED", "TEAST"): 1})

    def test_a_partly_allocated_line_is_topped_up(self):
        order = self._order((self.green, 5))
        self.env["order.allocation"].with_user(self.desk).create(
            {"line_id": order.order_line.id, "warehouse_id": self.west.id, "quantity": 2}
        )
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TWEST"): 2, ("GREEN", "TEAST"): 3})

    def test_allocations_are_fixed_once_released(self):
        order = self._order()
        order.action_confirm()
        allocation = order.allocation_ids.with_user(self.desk)
        with self.assertRaises(UserError):
            allocation.warehouse_id = self.west
        with self.assertRaises(UserError):
            allocation.unlink()
        with self.assertRaises(AccessError):
            allocation.state = "planned"

    def test_more_after_confirmation_is_routed_too(self):
        order = self._order((self.green, 2))
        order.action_confirm()
        order.order_line.product_uom_qty = 5
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 5})
        self._stock(self.green, self.east, -45)
        self._stock(self.green, self.west, 7)
        order.order_line.product_uom_qty = 12
        self.assertEqual(sum(self._moving(order).values()), 12)
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 5, ("GREEN", "TWEST"): 7})
        self.assertEqual(self._allocated(order), self._moving(order))

    def test_a_line_added_after_confirmation_is_routed(self):
        order = self._order((self.green, 1))
        order.action_confirm()
        order.order_line = [Command.create({"product_id": self.black.id, "product_uom_qty": 3})]
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1, ("BLACK", "TWEST"): 3})
        self.assertEqual(self._allocated(order), self._moving(order))

    def test_less_after_confirmation_is_taken_back(self):
        order = self._order((self.green, 60))
        order.action_confirm()
        order.order_line.product_uom_qty = 45
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 45})
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 45})

    def test_more_after_shipping_part(self):
        order = self._order((self.green, 60))
        order.action_confirm()
        east = order.picking_ids.filtered(lambda p: p.picking_type_id.warehouse_id == self.east)
        self._ship(east)
        states = dict(order.allocation_ids.mapped(lambda a: (a.warehouse_id.code, a.state)))
        self.assertEqual(states, {"TEAST": "shipped", "TMAIN": "released"})
        self._stock(self.green, self.east, 5)
        order.order_line.product_uom_qty = 65
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 55, ("GREEN", "TMAIN"): 10})
        order.order_line.product_uom_qty = 50
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50})

    def test_a_partial_delivery_keeps_its_allocation_open(self):
        order = self._order((self.green, 4))
        order.action_confirm()
        self._ship(order.picking_ids, GREEN=3)
        self.assertEqual(order.allocation_ids.state, "released")
        self._ship(order.picking_ids.filtered(lambda p: p.state != "done"))
        self.assertEqual(order.allocation_ids.state, "shipped")
        self.assertEqual(order.order_line.qty_delivered, 4)

    def test_cancelled_orders_free_their_allocations(self):
        order = self._order((self.green, 1), (self.black, 1))
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(set(order.allocation_ids.mapped("state")), {"cancelled"})
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1, ("BLACK", "TWEST"): 1})

    def test_dozens_are_not_broken(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._stock(self.green, self.east, -20)  # 30 left
        self._stock(self.green, self.west, 20)
        order = self._order((self.green, 3))
        order.order_line.product_uom_id = dozen
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 2, ("GREEN", "TWEST"): 1})
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 24, ("GREEN", "TWEST"): 12})

    def test_two_step_delivery(self):
        self.east.delivery_steps = "pick_ship"
        order = self._order((self.green, 4), (self.black, 1))
        order.action_confirm()
        picks = order.picking_ids.filtered(lambda p: p.picking_type_id == self.east.pick_type_id)
        self.assertEqual(picks.move_ids.product_uom_qty, 4)
        order.order_line[0].product_uom_qty = 6
        self.assertEqual(sum(picks.move_ids.mapped("product_uom_qty")), 6)
        self._ship(picks)
        self.assertEqual(order.allocation_ids[0].state, "released")
        ships = order.picking_ids.filtered(lambda p: p.picking_type_id == self.east.out_type_id)
        self._ship(ships)
        self.assertEqual(order.order_line[0].qty_delivered, 6)
        self.assertEqual(order.allocation_ids[0].state, "shipped")

    def test_made_to_order_goods_keep_their_route(self):
        mto = self.env.ref("stock.route_warehouse0_mto")
        mto.active = True
        mto.rule_ids.filtered(lambda r: r.warehouse_id == self.main).active = True
        self.green.route_ids = mto
        order = self._order((self.green, 1), (self.black, 1))
        self.assertNotIn(order.order_line[0], order.order_line._to_route())
        self.assertIn(order.order_line[1], order.order_line._to_route())

    def test_services_and_notes_are_not_routed(self):
        order = self._order((self.delivery_fee, 1))
        order.action_confirm()
        self.assertFalse(order.allocation_ids)

    def test_orders_without_channel_behave_as_before(self):
        order = self._order((self.green, 1), channel=False)
        order.action_confirm()
        self.assertFalse(order.allocation_ids)
        self.assertEqual(self._moving(order), {("GREEN", "TMAIN"): 1})
        order.order_line.product_uom_qty = 3
        self.assertEqual(self._moving(order), {("GREEN", "TMAIN"): 3})
        self.assertFalse(order.allocation_ids)

    def test_orders_without_channel_are_routed_when_asked(self):
        order = self._order((self.green, 1), channel=False)
        order.action_route()
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1})

    def test_a_channel_with_one_warehouse_has_nothing_to_route(self):
        self.channel.warehouse_ids = self.main
        order = self._order((self.green, 1))
        order.action_confirm()
        self.assertFalse(order.allocation_ids)
        self.assertEqual(self._moving(order), {("GREEN", "TMAIN"): 1})

    def test_a_channel_with_another_single_warehouse_ships_from_it(self):
        self.channel.warehouse_ids = self.west
        order = self._order((self.black, 1))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("BLACK", "TWEST"): 1})

    def test_the_nearer_warehouse_wins_a_tie(self):
        self._stock(self.black, self.east, 50)
        order = self._order((self.black, 1))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("BLACK", "TEAST"): 1})

    def test_a_warehouse_higher_in_the_list_comes_first(self):
        self._stock(self.black, self.east, 50)
        self.west.sequence = 1
        order = self._order((self.black, 1))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("BLACK", "TWEST"): 1})

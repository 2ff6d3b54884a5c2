from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common_flow import FlowCommon


class RoutingCommon(FlowCommon):
    """A plan of its own for the test channel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env["order.routing.plan"].create(
            {
                "name": "Test",
                "sequence": 1,
                "channel_ids": [Command.set(cls.channel.ids)],
                "rule_ids": [Command.create({"name": "All", "action": "backorder"})],
            }
        )
        cls.rule = cls.plan.rule_ids
        cls._activate()

    @classmethod
    def _activate(cls, **rule_vals):
        cls.rule.write(rule_vals)
        wizard = cls.env["order.routing.activate"].create(
            {"plan_id": cls.plan.id, "comment": "Test"}
        )
        wizard.action_activate()

    @classmethod
    def _filter(cls, kind, **vals):
        return {"filter_ids": [Command.clear(), Command.create({"kind": kind, **vals})]}

    def _moving(self, order):
        """Quantities of open and done moves by product and warehouse."""
        moving = {}
        for line in order.order_line:
            for warehouse, quantity in line._moved_by_warehouse(line.product_uom_id).items():
                if quantity:
                    moving[line.product_id.default_code, warehouse.code] = quantity
        return moving

    def _queued(self, order):
        return order.allocation_ids.filtered(lambda a: a.state == "queued")

    def _receipt(self, product, quantity, warehouse, days):
        when = fields.Datetime.now() + timedelta(days=days)
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "date": when,
            }
        )
        move._action_confirm(merge=False)
        move.date = when
        return move


class TestRoutingPlan(RoutingCommon):
    def test_a_version_is_frozen_and_hashed(self):
        version = self.plan.version_id
        self.assertEqual(len(version.hash), 64)
        self.assertTrue(version._verify())
        self.assertFalse(self.plan.is_changed)
        with self.assertRaises(UserError):
            version.comment = "Other"
        with self.assertRaises(UserError):
            version.unlink()
        self.rule.max_sites = 2
        self.plan.invalidate_recordset(["is_changed"])
        self.assertTrue(self.plan.is_changed)
        self._activate()
        self.assertEqual(self.plan.version_id.number, version.number + 1)
        version.action_roll_back()
        self.assertEqual(self.plan.version_id.hash, version.hash)
        self.assertEqual(self.plan.version_id.number, version.number + 2)

    def test_rules_not_in_force_change_nothing(self):
        self.rule.write(self._filter("warehouse", warehouse_ids=[Command.set(self.west.ids)]))
        order = self._order((self.green, 1))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1})

    def test_decisions_keep_candidates_and_reasons(self):
        order = self._order((self.green, 1), (self.black, 1))
        order.action_confirm()
        decision = self.env["order.routing.decision"].search([("order_id", "=", order.id)])
        self.assertEqual((decision.outcome, decision.parcels, decision.is_split), ("placed", 2, 1))
        self.assertEqual(decision.version_id, self.plan.version_id)
        sites = {row["name"]: row for row in decision.data["sites"]}
        self.assertEqual(sites["Main Test"]["change"], "stock")
        self.assertEqual(sites["Main Test"]["missing"], {"GREEN": 1, "BLACK": 1})
        html = order.allocation_ids[0].explanation_html
        self.assertIn("with 1 × GREEN, 1 × BLACK more", html)
        self.assertIn("<svg", html)
        self.assertIn(self.plan.version_id.hash[:12], html)
        self.plan.version_id.invalidate_recordset()
        self.assertEqual(self.plan.version_id.decision_count, 1)
        self.assertEqual(self.plan.version_id.split_rate, 1.0)

    def test_filters_reach_the_order(self):
        self._stock(self.black, self.east, 5)
        ny, far = self.new_york.ids, {"value": 500}
        cases = [
            ("warehouse", {"warehouse_ids": [Command.set(self.west.ids)]}, "TWEST"),
            ("distance", far, "TEAST"),
            ("safety", {"value": 5, "warehouse_ids": [Command.set(self.east.ids)]}, "TWEST"),
            (
                "region",
                {
                    "warehouse_ids": [Command.set(self.west.ids)],
                    "state_ids": [Command.set(self.california.ids)],
                },
                "TEAST",
            ),
            (
                "product",
                {
                    "warehouse_ids": [Command.set(self.east.ids)],
                    "categ_ids": [Command.set(self.black.categ_id.ids)]
                    if self.black.categ_id
                    else [],
                },
                "TWEST",
            ),
            ("capacity", {"value": 0, "warehouse_ids": [Command.set(self.east.ids)]}, "TWEST"),
        ]
        self.assertTrue(ny)
        for kind, vals, expected in cases:
            with self.subTest(kind=kind):
                self._activate(**self._filter(kind, **vals))
                order = self._order((self.black, 1))
                order.action_route()
                self.assertEqual(self._allocated(order), {("BLACK", expected): 1})
                order.allocation_ids.sudo().unlink()

    def test_nothing_fits_waits_with_a_reason(self):
        self._activate(action="queue", **self._filter("distance", value=1))
        order = self._order((self.green, 1))
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.picking_ids)
        self.assertIn("too far", self._queued(order).queue_reason)
        self.assertIn("In the queue", self._last(order, "route").summary)
        self._activate(filter_ids=[Command.clear()])
        self._queued(order).action_route_again()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1})
        self.assertFalse(self._queued(order))

    def test_addresses_nobody_can_place(self):
        self.partner.write({"city": False, "zip": "00000", "state_id": False, "country_id": False})
        self.east.partner_id = False
        order = self._order((self.green, 1))
        order.action_route()
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 1})
        self.assertIn("no distances", order.allocation_ids.explanation_html)
        self._activate(action="queue", **self._filter("distance", value=9000))
        order.action_route()
        self.assertIn("complete it", self._queued(order).queue_reason)

    def test_negative_stock_and_empty_plans(self):
        self._stock(self.green, self.main, -5)
        self.plan.rule_ids.active = False
        self._activate()
        order = self._order((self.green, 1))
        order.action_confirm()
        self.assertIn("no rule", self._queued(order).queue_reason)
        self.assertEqual(sum(self._queued(order).mapped("quantity")), 1)

    def test_contradicting_rules_are_told(self):
        self.rule.write({"action": "next", **self._filter("distance", value=-1)})
        self.plan.invalidate_recordset(["problems"])
        self.assertIn("below zero", self.plan.problems)
        self.assertIn("no next rule", self.plan.problems)

    def test_split_ships_what_is_there(self):
        self._activate(action="split")
        order = self._order((self.green, 60))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50})
        self.assertEqual(self._queued(order).quantity, 10)
        order.order_line.product_uom_qty = 55
        self.assertEqual(self._queued(order).quantity, 5)
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50})
        self._stock(self.green, self.west, 5)
        self.plan.action_run()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50, ("GREEN", "TWEST"): 5})
        self.assertFalse(self._queued(order))
        self._ship(order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 55)

    def test_what_waits_too_long_is_taken_off(self):
        self._activate(action="cancel", days=3)
        order, other = self._order((self.green, 60)), self._order((self.red, 1))
        self._stock(self.red, self.east, -50)
        (order | other).action_confirm()
        self.assertTrue(self._queued(order).date_cancel)
        past = fields.Datetime.now() - timedelta(days=1)
        (self._queued(order) | self._queued(other)).sudo().date_cancel = past
        self.env["order.allocation"]._cancel_expired()
        self.assertEqual(order.order_line.product_uom_qty, 50)
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50})
        self.assertEqual((order.state, other.state), ("sale", "cancel"))

    def test_buy_by_route(self):
        route = self.env["stock.route"].create({"name": "Buy", "sale_selectable": True})
        self._stock(self.red, self.east, -50)
        self._activate(action="buy", route_id=route.id)
        order = self._order((self.green, 1), (self.red, 1))
        order.action_route()
        self.assertEqual(order.order_line[1].route_ids, route)
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 1})

    def test_access(self):
        with self.assertRaises(AccessError):
            self.plan.with_user(self.desk).max_orders = 5
        with self.assertRaises(AccessError):
            self.plan.with_user(self.salesman).write({"name": "x"})
        order = self._order((self.green, 1))
        order.with_user(self.salesman).sudo(False)
        order.action_confirm()
        self.assertTrue(order.allocation_ids.with_user(self.packer).explanation_html)


class TestRoutingRun(RoutingCommon):
    def test_scheduled_orders_are_routed_together(self):
        """First come, first served would split the second order; together neither is split."""
        self.plan.is_scheduled = True
        self._stock(self.green, self.west, 1)
        self._stock(self.green, self.east, -49)  # one green in each
        first, second = self._order((self.green, 1)), self._order((self.green, 1), (self.red, 1))
        (first | second).action_confirm()
        self.assertEqual(len(self._queued(first | second)), 3)
        self.assertFalse((first | second).picking_ids)
        self.plan.action_run()
        run = self.plan.run_ids
        self.assertEqual((run.state, run.placed_count, run.error_count), ("done", 2, 0))
        self.assertEqual(run.progress, 100)
        self.assertEqual(self._moving(first), {("GREEN", "TWEST"): 1})
        self.assertEqual(self._moving(second), {("GREEN", "TEAST"): 1, ("RED", "TEAST"): 1})
        with self.assertRaises(UserError):
            self.plan.action_run()

    def test_one_bad_order_stops_no_other(self):
        self.plan.is_scheduled = True
        good, bad = self._order((self.green, 1)), self._order((self.red, 1))
        (good | bad).action_confirm()
        route = type(self.env["sale.order"])._launch

        def launch(orders, lines):
            if bad in lines.order_id:
                raise UserError("Broken")
            return route(orders, lines)

        self.patch(type(self.env["sale.order"]), "_launch", launch)
        self.plan.action_run()
        run = self.plan.run_ids
        self.assertEqual((run.state, run.error_count), ("failed", 1))
        self.assertEqual(self._moving(good), {("GREEN", "TEAST"): 1})
        self.assertEqual(self._queued(bad).quantity, 1)
        self.assertIn("Broken", run.decision_ids.filtered(lambda d: d.order_id == bad).reason)

    def test_follow_up_orders_are_waited_for(self):
        self.plan.write({"is_scheduled": True, "wait_minutes": 30})
        order = self._order((self.green, 1))
        order.action_confirm()
        self.assertFalse(self.plan._orders_to_run())
        self.env.cr.execute(
            "UPDATE order_allocation SET create_date = create_date - interval '1 hour'"
            " WHERE order_id = %s",
            [order.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.plan._orders_to_run(), order)

    def test_orders_to_one_address_leave_together(self):
        self.plan.write({"is_scheduled": True, "wait_minutes": 1})
        self._stock(self.green, self.west, 50)  # green in both, black only in the west
        first, second = self._order((self.green, 1)), self._order((self.black, 1))
        (first | second).action_confirm()
        self.env.cr.execute("UPDATE order_allocation SET create_date = '2020-01-01'")
        self.env.invalidate_all()
        self.plan.action_run()
        self.assertEqual(self._moving(first), {("GREEN", "TWEST"): 1})
        self.assertEqual(self._moving(second), {("BLACK", "TWEST"): 1})

    def test_released_orders_are_moved_when_it_saves_enough(self):
        self._stock(self.green, self.east, -50)
        self._stock(self.green, self.west, 1)
        order = self._order((self.green, 1), (self.red, 1))
        order.action_confirm()
        self.assertEqual(len(order.picking_ids), 2)
        self._stock(self.green, self.east, 1)
        self.plan.write({"is_reoptimised": True, "min_saving": 2.0})
        self.plan.action_run()
        self.assertEqual(self._moving(order)["GREEN", "TWEST"], 1)
        self.plan.min_saving = 0.5
        self.plan.action_run()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1, ("RED", "TEAST"): 1})
        self.assertEqual(sum(self.plan.run_ids.mapped("parcels_saved")), 1)
        open_pickings = order.picking_ids.filtered(lambda p: p.state != "cancel")
        self.assertEqual(set(open_pickings.mapped("state")), {"assigned"})
        self._ship(open_pickings)
        self.assertEqual(order.order_line.mapped("qty_delivered"), [1, 1])

    def test_what_is_being_picked_stays(self):
        self._stock(self.green, self.east, -50)
        self._stock(self.green, self.west, 1)
        order = self._order((self.green, 1), (self.red, 1))
        order.action_confirm()
        self._stock(self.green, self.east, 1)
        order.picking_ids[0].printed = True
        self.plan.is_reoptimised = True
        with self.assertRaises(UserError):
            self.plan.action_run()

    def test_without_solver_a_run_says_so(self):
        self.plan.is_scheduled = True
        order = self._order((self.green, 30)) | self._order((self.green, 30))
        order.action_confirm()
        from ..engine import routing_joint  # noqa: PLC0415

        self.patch(routing_joint, "is_available", lambda: False)
        self.plan.action_run()
        self.assertEqual(self.plan.run_ids.method, "no_solver")
        self.assertFalse(self._queued(order))

    def test_a_dry_run_writes_nothing(self):
        order, open_order = self._order((self.green, 1), (self.black, 1)), self._order()
        order.action_confirm()
        before = [self._allocated(order), self._moving(order), len(order.event_ids)]
        self.rule.write({"max_sites": 1, "action": "queue"})
        for source in ("open", "month"):
            wizard = self.env["order.routing.dryrun"].with_user(self.manager)
            wizard = wizard.create({"plan_id": self.plan.id, "source": source})
            wizard.action_compute()
            self.assertEqual(wizard.order_count, 2 if source == "open" else 1)
            self.assertIn("Draft", wizard.result_html)
            labels = set(wizard.line_ids.mapped("label"))
            self.assertIn("Active (v1)", labels)
            active = wizard.line_ids.filtered(lambda row: row.label == "Active (v1)")
            self.assertEqual(active.warehouse_id, self.east | self.west)
            self.assertEqual(wizard.action_view_graph()["domain"], [("dryrun_id", "=", wizard.id)])
        self.assertEqual(
            before, [self._allocated(order), self._moving(order), len(order.event_ids)]
        )
        self.assertFalse(open_order.allocation_ids)


class TestRoutingReject(RoutingCommon):
    def _reject(self, picking, quantity, reason, user=None):
        wizard = self.env["order.routing.reject"].with_user(user or self.packer)
        form = Form(wizard.with_context(default_picking_id=picking.id))
        form.reason = reason
        with form.line_ids.edit(0) as row:
            row.quantity = quantity
        form.save().action_reject()

    def _on_hand(self, product, location):
        return sum(
            self.env["stock.quant"]
            .search([("product_id", "=", product.id), ("location_id", "=", location.id)])
            .mapped("quantity")
        )

    def test_not_found_is_written_off_counted_and_sent_from_elsewhere(self):
        # One clock for all: around midnight it is tomorrow already for some.
        self.env["res.users"].with_context(active_test=False).search([]).tz = "UTC"
        self._stock(self.green, self.west, 9)
        order = self._order((self.green, 4))
        order.action_confirm()
        self._reject(order.picking_ids, 3, "not_found")
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 1, ("GREEN", "TWEST"): 3})
        self.assertEqual(self._on_hand(self.green, self.east.lot_stock_id), 47)
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.green.id), ("location_id", "=", self.east.lot_stock_id.id)]
        )
        self.assertEqual(quant.inventory_date, fields.Date.context_today(quant))
        attempt = self.env["order.routing.attempt"].search([("order_id", "=", order.id)])
        self.assertEqual((attempt.quantity, attempt.warehouse_id), (3, self.east))
        self._ship(order.picking_ids.filtered(lambda p: p.state != "cancel"))
        self.assertEqual(order.order_line.qty_delivered, 4)

    def test_damaged_moves_to_quarantine(self):
        self._stock(self.green, self.west, 9)
        order = self._order((self.green, 4))
        order.action_confirm()
        self._reject(order.picking_ids, 4, "damaged")
        self.assertEqual(self._moving(order), {("GREEN", "TWEST"): 4})
        self.assertEqual(self._on_hand(self.green, self.east.quarantine_location_id), 4)
        self.assertEqual(self._on_hand(self.green, self.east.lot_stock_id), 46)

    def test_a_warehouse_is_not_tried_again_at_once(self):
        order = self._order((self.green, 4))
        order.action_confirm()
        self._reject(order.picking_ids, 4, "busy")
        self.assertFalse(self._moving(order))
        self.assertEqual(self._on_hand(self.green, self.east.lot_stock_id), 50)
        self.assertEqual(self._queued(order).quantity, 4)
        self.plan.cooling_days = 0
        self.plan.action_run()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 4})

    def test_rejected_too_often_waits_for_a_person(self):
        self.plan.write({"max_attempts": 1, "cooling_days": 0})
        order = self._order((self.green, 4))
        order.action_confirm()
        self._reject(order.picking_ids, 4, "busy")
        self.assertTrue(self._queued(order).is_stopped)
        self.assertFalse(self.plan._orders_to_run())
        self._queued(order).action_route_again()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 4})

    def test_orders_without_channel_can_be_rejected_too(self):
        self._stock(self.green, self.main, 5)
        order = self._order((self.green, 2), channel=False)
        order.action_confirm()
        self.assertFalse(order.allocation_ids)
        self._reject(order.picking_ids, 2, "damaged")
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 2})

    def test_two_step_delivery(self):
        self.east.delivery_steps = "pick_ship"
        self._stock(self.green, self.west, 9)
        order = self._order((self.green, 4))
        order.action_confirm()
        pick = order.picking_ids.filtered(lambda p: p.picking_type_id == self.east.pick_type_id)
        self._reject(pick, 4, "not_found")
        self.assertEqual(self._moving(order), {("GREEN", "TWEST"): 4})
        left = order.picking_ids.filtered(lambda p: p.state not in ("cancel", "done"))
        self.assertEqual(left.picking_type_id, self.west.out_type_id)

    def test_no_more_than_there_was(self):
        order = self._order((self.green, 4))
        order.action_confirm()
        with self.assertRaises(UserError):
            self._reject(order.picking_ids, 5, "busy")

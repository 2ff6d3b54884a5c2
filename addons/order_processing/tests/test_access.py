from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common_flow import FlowCommon


class TestAccess(FlowCommon):
    def test_salesperson_sells_but_resolves_nothing(self):
        order = self._order(user_id=self.salesman.id)
        hold = order._place_hold("manual", "release", "Wait")
        mine = order.with_user(self.salesman)
        mine.action_validate_order()
        self.assertEqual(mine.hold_ids.reason, "Wait")
        self.assertEqual(mine.event_ids[-1].user_id, self.salesman)
        for action in (hold.action_release, hold.action_approve, hold.action_reject):
            with self.assertRaises(AccessError):
                getattr(hold.with_user(self.salesman), action.__name__)()
        hold.action_release()
        mine.action_confirm()
        self.assertEqual(set(mine.allocation_ids.mapped("state")), {"released"})
        mine.order_line.product_uom_qty = 3
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 3})

    def test_desk_resolves_its_kinds_only(self):
        order = self._order()
        for kind in ("manual", "address", "stock"):
            hold = order._place_hold(kind, "release", kind)
            hold.with_user(self.desk).action_release()
        for kind in ("total", "credit", "customer"):
            hold = order._place_hold(kind, "release", kind).with_user(self.desk)
            for action in (hold.action_release, hold.action_approve, hold.action_reject):
                with self.assertRaises(AccessError):
                    action()
            hold.with_user(self.manager).action_approve()
        self.assertFalse(order._blocked_by("release"))

    def test_desk_puts_on_hold_by_hand(self):
        order = self._order()
        Hold = self.env["order.hold"].with_user(self.desk)
        hold = Hold.create({"order_id": order.id, "gate": "ship", "reason": "Wait"})
        self.assertEqual((hold.state, hold.placed_by_id), ("pending", self.desk))
        self.assertIn("Wait", order.event_ids.summary)
        with self.assertRaises(AccessError):
            Hold.create({"order_id": order.id, "reason": "x", "state": "released"})

    def test_mixed_selection_is_refused_whole(self):
        orders = self._order() | self._order()
        holds = orders[0]._place_hold("manual", "release", "Wait")
        holds |= orders[1]._place_hold("total", "release", "Differs")
        with self.assertRaisesRegex(AccessError, "Differs"):
            holds.with_user(self.desk).action_release()
        self.assertEqual(holds.mapped("state"), ["pending", "pending"])

    def test_packer_sees_and_ships(self):
        order = self._order()
        order.action_confirm()
        picking = order.picking_ids.with_user(self.packer)
        self._ship(picking)
        self.assertEqual(picking.state, "done")
        allocation = order.allocation_ids.with_user(self.packer)
        self.assertEqual(allocation.state, "shipped")
        with self.assertRaises(AccessError):
            allocation.write({"is_manual": True})

    def test_companies_are_kept_apart(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        order = self._order()
        order._place_hold("manual", "release", "Wait")
        order.action_route()
        stranger = new_test_user(
            self.env,
            "flow_stranger",
            "order_processing.group_order_manager,stock.group_stock_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in ("order.event", "order.hold", "order.allocation"):
            records = self.env[model].search([("order_id", "=", order.id)])
            self.assertTrue(records, model)
            self.assertFalse(records.with_user(stranger).search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                records.with_user(stranger).check_access("read")

    def test_two_companies_in_one_call(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", other.id)])
        warehouses |= self.env["stock.warehouse"].create(
            {"name": "Other Two", "code": "OTH2", "company_id": other.id}
        )
        self._stock(self.green, warehouses[1], 5)
        channel = self.env["order.channel"].create(
            {
                "name": "Other Shop",
                "code": "other",
                "company_id": other.id,
                "warehouse_id": warehouses[0].id,
            }
        )
        env = self.env(
            context={**self.env.context, "allowed_company_ids": [self.company.id, other.id]}
        )
        ours = self._order((self.green, 1))
        theirs = self._order(
            (self.green, 1), channel=channel, company_id=other.id, warehouse_id=warehouses[0].id
        )
        (ours | theirs).with_env(env).action_confirm()
        self.assertEqual(ours.allocation_ids.warehouse_id, self.east)
        self.assertEqual(theirs.allocation_ids.warehouse_id, warehouses[1])
        self.assertEqual(theirs.allocation_ids.company_id, other)
        self.assertEqual(theirs.event_ids.company_id, other)

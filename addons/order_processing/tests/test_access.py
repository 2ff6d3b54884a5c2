from odoo import Command
from odoo.exceptions import AccessError, UserError
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

    # === what nobody may do over RPC === #

    def _outsiders(self):
        """Users that may not change orders: a customer with the order, an employee without."""
        customer = new_test_user(self.env, "flow_customer", "base.group_portal")
        employee = new_test_user(self.env, "flow_employee", "base.group_user")
        return customer, employee

    def test_public_methods_ask_for_rights(self):
        order = self._order()
        hold = order._place_hold("manual", "release", "Wait")
        events = order.event_ids
        for user in self._outsiders():
            for name in (
                "action_validate_order",
                "action_route",
                "action_confirm",
                "action_release_orders",
                "action_draft",
                "action_verify_log",
            ):
                with self.assertRaises(AccessError, msg=name):
                    getattr(order.with_user(user), name)()
            with self.assertRaises(AccessError):
                hold.with_user(user).action_release()
        self.assertEqual(order.event_ids, events)
        self.assertFalse(order.allocation_ids)

    def test_customers_read_nothing_internal(self):
        customer, _employee = self._outsiders()
        order = self._order(partner_id=customer.partner_id.id, channel_ref="#1", channel_total=199)
        order.message_subscribe(customer.partner_id.ids)
        order._place_hold("credit", "release", "Never pays")
        mine = order.with_user(customer)
        self.assertEqual(mine.read(["name"])[0]["name"], order.name)
        for name in (
            "channel_id",
            "channel_ref",
            "channel_total",
            "intake_ids",
            "event_ids",
            "event_sequence",
            "event_hash",
            "hold_ids",
            "hold_banner",
            "timeline",
            "open_hold_count",
            "allocation_ids",
            "match_ids",
            "flow_step",
        ):
            with self.assertRaises(AccessError, msg=name):
                mine.read([name])
        for domain in ([("hold_ids.reason", "ilike", "never")], [("flow_step", "=", "hold")]):
            with self.assertRaises(AccessError):
                mine.search(domain)

    def test_the_secret_is_kept(self):
        self.channel.secret = "abc"
        order = self._order()
        exporter = new_test_user(
            self.env, "flow_export", "order_processing.group_order_user,base.group_allow_export"
        )
        for user in (self.salesman, self.desk, self.packer, exporter):
            Channel = self.env["order.channel"].with_user(user)
            for path in (
                lambda c=Channel: c.browse(self.channel.id).read(["secret"]),
                lambda c=Channel: c.search([("secret", "like", "a%")]),
                lambda c=Channel: c.search([], order="secret"),
                lambda c=Channel: c.formatted_read_group([], ["secret"], ["__count"]),
                lambda u=user: order.with_user(u).search([("channel_id.secret", "=", "abc")]),
                lambda c=Channel: c.browse(self.channel.id).export_data(["secret"]),
                lambda u=user: order.with_user(u).export_data(["channel_id/secret"]),
                lambda c=Channel: c.browse(self.channel.id).write({"secret": "x"}),
            ):
                with self.assertRaises(UserError):
                    path()

    def test_what_the_channel_said_stays(self):
        order = self._order(channel_ref="#1", channel_total=150.0)
        for user in (self.desk, self.manager):
            mine = order.with_user(user)
            for vals in ({"channel_total": 199.0}, {"channel_id": False}, {"channel_ref": "#2"}):
                with self.assertRaises(AccessError):
                    mine.write(vals)
            # A form that sends back what it read changes nothing.
            mine.write({"channel_id": self.channel.id, "channel_total": 150.0, "note": "x"})
        self.assertEqual(order.channel_total, 150.0)

    def test_the_logs_are_read_only(self):
        order = self._order()
        order.action_route()
        event = order.event_ids[0]
        for user in (self.salesman, self.desk, self.manager):
            mine = order.with_user(user)
            for vals in (
                {"flow_step": "close"},
                {"event_hash": "x"},
                {"event_sequence": 0},
                {"match_ids": [Command.clear()]},
                {"event_ids": [Command.delete(event.id)]},
                {"event_ids": [Command.update(event.id, {"summary": "x"})]},
            ):
                with self.assertRaises(UserError, msg=vals):
                    mine.write(vals)

    def test_nobody_passes_for_the_suite_in_the_log(self):
        order = self._order(user_id=self.salesman.id)
        for forged in ("system", "channel"):
            mine = order.with_user(self.salesman).with_context(order_event_source=forged)
            mine.action_validate_order()
            event = order.event_ids[-1]
            self.assertEqual((event.source, event.actor), ("user", "Salesman"))

    def test_what_a_hold_is_about_stays(self):
        hold = self._order()._place_hold("manual", "release", "Wait").with_user(self.manager)
        for vals in (
            {"order_id": self._order().id},
            {"company_id": False},
            {"channel_id": False},
            {"state": "released"},
            {"resolved_by_id": self.desk.id},
        ):
            with self.assertRaises(AccessError, msg=vals):
                hold.write(vals)

    def test_a_wish_and_a_reservation_stay_as_they_are(self):
        order = self._order()
        change = self.env["order.change"].create(
            {
                "order_id": order.id,
                "kind": "change",
                "source": "portal",
                "summary": "Two more",
                "wish": {"lines": {}},
            }
        )
        order.action_reserve()
        reservation = order.reservation_ids
        self.assertTrue(reservation)
        for user in (self.salesman, self.packer, self.desk, self.manager):
            mine = change.with_user(user)
            for vals in ({"wish": {"cancel": True}}, {"state": "done"}, {"order_id": False}):
                with self.assertRaises(AccessError, msg=vals):
                    mine.write(vals)
            mine.answer = f"Too late, says {user.name}"
            for vals in ({"quantity": 99}, {"expires_at": "2099-01-01"}, {"state": "active"}):
                with self.assertRaises(AccessError, msg=vals):
                    reservation.with_user(user).write(vals)
        reservation.with_user(self.desk).action_release()
        self.assertEqual(reservation.state, "released")

    def test_people_choose_warehouse_and_quantity_only(self):
        order = self._order((self.green, 2))
        order.action_route()
        allocation = order.allocation_ids.with_user(self.desk)
        for vals in (
            {"product_id": self.red.id},
            {"order_id": False},
            {"company_id": False},
            {"state": "shipped"},
            {"explanation": {"x": 1}},
        ):
            with self.assertRaises(AccessError, msg=vals):
                allocation.write(vals)
        allocation.warehouse_id = self.west
        self.assertTrue(allocation.is_manual)
        for vals in ({"explanation": {}}, {"short_quantity": 1}, {"state": "released"}):
            with self.assertRaises(AccessError, msg=vals):
                allocation.create(
                    {
                        "line_id": order.order_line.id,
                        "warehouse_id": self.east.id,
                        "quantity": 1,
                        **vals,
                    }
                )
        allocation.create(
            {"line_id": order.order_line.id, "warehouse_id": self.east.id, "quantity": 1}
        )
        order.action_confirm()
        with self.assertRaises(UserError):
            allocation.is_manual = False

    # === what each needs for the job === #

    def test_accountants_see_where_orders_are(self):
        order = self._order()
        order._place_hold("manual", "invoice", "Wait")
        order.action_confirm()
        billing = new_test_user(self.env, "flow_billing", "account.group_account_invoice")
        mine = order.with_user(billing)
        self.assertEqual(mine.channel_id.name, self.channel.name)
        self.assertEqual(mine.hold_ids.reason, "Wait")
        self.assertEqual(mine.allocation_ids.warehouse_id.sudo(), self.east)
        self.assertIn("release", mine.event_ids.mapped("step"))

    def test_salespeople_cancel_with_the_transfers(self):
        order = self._order(user_id=self.salesman.id)
        order.action_confirm()
        if "stock.picking.batch" in self.env:
            # With order_shipping: a batch is nothing salespeople may read.
            self.env["stock.picking.batch"].create(
                {
                    "picking_type_id": order.picking_ids.picking_type_id.id,
                    "picking_ids": [Command.set(order.picking_ids.ids)],
                }
            )
            self.env.invalidate_all()
        order.with_user(self.salesman)._action_cancel()
        self.assertEqual(order.picking_ids.state, "cancel")
        other = self._order()
        other.action_confirm()
        with self.assertRaises(AccessError):
            other.picking_ids.with_user(
                new_test_user(self.env, "flow_nobody", "base.group_user")
            ).action_cancel()
        self.assertEqual(other.picking_ids.state, "assigned")

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

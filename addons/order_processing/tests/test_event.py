from odoo.exceptions import AccessError, UserError

from .common_flow import FlowCommon, tamper


class TestEvent(FlowCommon):
    def setUp(self):
        super().setUp()
        self.Event = self.env["order.event"]

    def test_timeline_of_a_manual_order(self):
        order = self._order(channel=False)
        self.assertFalse(order.event_ids)
        order.with_user(self.manager).action_confirm()
        self.assertEqual(self._steps(order), ["release"])
        self.assertEqual(order.event_ids.user_id, self.manager)
        self.assertEqual(order.event_ids.source, "user")
        self.assertEqual(order.event_ids.company_id, order.company_id)
        order._action_cancel()
        self.assertEqual(self._steps(order), ["release", "cancel"])
        self.assertEqual(order.flow_step, "cancel")
        order.action_draft()
        self.assertEqual(order.flow_step, "validate")

    def test_who_acted(self):
        order = self._order()
        for source in ("user", "channel", "system"):
            order.with_user(self.manager)._record_event("validate", source, source=source)
        self.assertEqual(order.event_ids.mapped("actor"), ["Manager", "Test Shop", "Automatic"])
        # Packers may read what the channel is called.
        self.assertEqual(order.event_ids[1].with_user(self.packer).actor, "Test Shop")

    def test_step_moves_forward_only(self):
        order = self._order()
        order._record_event("ship", "Shipped")
        order._record_event("hold", "Held")
        self.assertEqual(order.flow_step, "ship")
        self.assertEqual(order.event_ids.mapped("sequence"), [1, 2])

    def test_many_orders_and_functions_of_the_order(self):
        orders = self._order() | self._order()
        events = orders._record_event(
            "validate", lambda o: f"Checked\n{o.name}", details=lambda o: {"total": o.amount_total}
        )
        self.assertEqual(events.order_id, orders)
        self.assertEqual(events.mapped("summary"), [f"Checked {o.name}" for o in orders])
        self.assertFalse(self.env["sale.order"]._record_event("validate", "nothing"))

    def test_one_order_twice_in_a_row(self):
        order = self._order()
        rows = [{"order": order, "step": "validate", "summary": str(n)} for n in range(3)]
        self.Event._append(rows)
        self.assertEqual(order.event_ids.mapped("sequence"), [1, 2, 3])
        self.assertEqual(self.Event._verify(order), {})

    def test_details_survive_the_database(self):
        order = self._order()
        order._record_event(
            "validate",
            "Numbers",
            details={"whole": 2.0, "big": 1e22, "small": 1e-7, "none": None, 1: [("é", -0.0)]},
        )
        self.env.invalidate_all()
        self.assertEqual(self.Event._verify(order), {})
        self.assertIn("whole: 2", order.event_ids.details_text)

    def test_events_are_not_touched_through_the_orm(self):
        order = self._order()
        event = order._record_event("validate", "Checked")
        for user in (self.manager, self.env.ref("base.user_root")):
            for action in (
                lambda e: e.write({"summary": "x"}),
                lambda e: e.unlink(),
            ):
                with self.assertRaises(UserError):
                    action(event.with_user(user).sudo())
        with self.assertRaises(UserError):
            self.Event.with_user(self.manager).create(
                {"order_id": order.id, "sequence": 2, "step": "ship", "summary": "x", "hash": "x"}
            )
        with self.assertRaises(AccessError):
            self.env["sale.order"].with_user(self.manager).create(
                {"partner_id": self.partner.id, "event_sequence": 7}
            )
        for vals in ({"flow_step": "close"}, {"event_hash": "x"}, {"event_sequence": 0}):
            with self.assertRaises(AccessError):
                order.with_user(self.manager).write(vals)

    def test_tampering_is_found(self):
        order, other = self._order(), self._order()
        for text in ("One", "Two", "Three"):
            (order | other)._record_event("validate", text)
        self.env.invalidate_all()
        self.assertEqual(self.Event._verify(order | other), {})
        second = order.event_ids[1]
        tamper(self.env, "UPDATE order_event SET summary = 'Zwei' WHERE id = %s", second.id)
        self.assertEqual(self.Event._verify(order | other), {order: 2})
        tamper(self.env, "UPDATE order_event SET summary = 'Two' WHERE id = %s", second.id)
        self.assertEqual(self.Event._verify(order | other), {})

    def test_every_sealed_column_counts(self):
        order = self._order()
        order._record_event("validate", "One", details={"a": 1})
        event = order.event_ids
        for column, value in (
            ("step", "ship"),
            ("date", "2020-01-01"),
            ("user_id", self.desk.id),
            ("source", "channel"),
            ("details", '{"a": 2}'),
            ("previous_hash", "0"),
            ("hash", "0"),
        ):
            with self.subTest(column=column), self.env.cr.savepoint() as savepoint:
                tamper(
                    self.env, f"UPDATE order_event SET {column} = %s WHERE id = %s", value, event.id
                )
                self.assertEqual(self.Event._verify(order), {order: 1})
                savepoint.rollback()
                self.env.invalidate_all()

    def test_missing_events_are_found(self):
        order = self._order()
        for text in ("One", "Two", "Three"):
            order._record_event("validate", text)
        ids = order.event_ids.ids
        for position, found in ((0, 1), (1, 2), (2, 3)):
            with self.subTest(position=position), self.env.cr.savepoint() as savepoint:
                tamper(self.env, "DELETE FROM order_event WHERE id = %s", ids[position])
                self.assertEqual(self.Event._verify(order), {order: found})
                savepoint.rollback()
                self.env.invalidate_all()

    def test_the_button_tells(self):
        order = self._order()
        order._record_event("validate", "One")
        self.assertEqual(order.action_verify_log()["params"]["type"], "success")
        tamper(self.env, "UPDATE order_event SET summary = 'x' WHERE order_id = %s", order.id)
        self.assertEqual(order.event_ids.action_verify()["params"]["type"], "danger")

    def test_orders_with_a_log_are_cancelled_not_deleted(self):
        untouched, logged = self._order(), self._order()
        logged._record_event("validate", "One")
        with self.assertRaisesRegex(UserError, "Cancel"):
            (untouched | logged).unlink()
        untouched.unlink()
        self.assertFalse(untouched.exists())

    def test_a_copy_starts_its_own_log(self):
        order = self._order()
        order.action_confirm()
        copy = order.copy()
        self.assertFalse(copy.event_ids or copy.flow_step or copy.event_hash)
        copy.action_validate_order()
        self.assertEqual(self.Event._verify(copy | order), {})

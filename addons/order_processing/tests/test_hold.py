from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common_flow import FlowCommon


class TestHold(FlowCommon):
    # === gates, through every path === #

    def test_release_gate(self):
        order = self._order()
        order._place_hold("manual", "release", "Call the customer first")
        for path in (
            order.action_confirm,
            lambda: order.write({"state": "sale"}),
            lambda: order.with_user(self.salesman.id).sudo().action_confirm(),
        ):
            with self.assertRaisesRegex(UserError, "Call the customer first"):
                path()
        self.assertEqual(order.state, "draft")
        order.hold_ids.action_release()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_customers_signature_is_kept_and_the_order_stays_a_quotation(self):
        order, free = self._order(), self._order()
        order._place_hold("credit", "release", "Never pays")
        (order | free)._validate_order()
        self.assertEqual((order.state, free.state), ("draft", "sale"))
        self.assertEqual(order.activity_ids.summary, "Accepted by the customer, but on hold")

    def test_many_failures_make_a_short_message(self):
        orders = self.env["sale.order"].union(*[self._order() for _index in range(12)])
        orders._place_hold("manual", "release", "Wait")
        message = orders.action_release_orders()["params"]["message"]
        self.assertEqual(message.count("Wait"), 8)
        self.assertIn("4 more were not", message)

    def test_other_gates_stay_open(self):
        order = self._order()
        order._place_hold("manual", "ship", "Wait")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_ship_gate(self):
        order = self._order((self.green, 1), (self.black, 1))
        order.action_confirm()
        order._place_hold("manual", "ship", "Wait for the truck")
        pickings = order.picking_ids
        pickings.action_assign()
        moves = pickings.move_ids
        moves.picked = True
        for path in (
            pickings.button_validate,
            pickings._action_done,
            pickings[0].button_validate,
            moves._action_done,
            lambda: moves.write({"state": "done"}),
        ):
            with self.assertRaisesRegex(UserError, "Wait for the truck"), self.cr.savepoint():
                path()
        order.hold_ids.action_release()
        self._ship(pickings)
        self.assertEqual(set(pickings.mapped("state")), {"done"})

    def test_ship_gate_lets_goods_be_picked(self):
        self.east.delivery_steps = "pick_ship"
        order = self._order((self.green, 1))
        order.action_confirm()
        order._place_hold("manual", "ship", "Wait")
        self._ship(order.picking_ids)
        self.assertEqual(order.picking_ids.sorted("id")[0].state, "done")
        ship = order.picking_ids.filtered(lambda p: p.state != "done")
        with self.assertRaisesRegex(UserError, "Wait"):
            self._ship(ship)

    def test_invoice_gate(self):
        order = self._order((self.delivery_fee, 1))
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "fixed",
                "fixed_amount": 5,
            }
        )
        order._place_hold("manual", "invoice", "Purchase order number missing")
        for path in (order._create_invoices, wizard.create_invoices):
            with self.assertRaisesRegex(UserError, "Purchase order number missing"):
                path()
        self.assertFalse(order.order_line.filtered("is_downpayment"))
        hold = order.hold_ids
        hold.action_release()
        wizard.create_invoices()
        hold = order._place_hold("manual", "invoice", "Again")
        with self.assertRaisesRegex(UserError, "Again"):
            order.invoice_ids.action_post()
        hold.action_release()
        order.invoice_ids.action_post()
        self.assertEqual(order.invoice_ids.state, "posted")

    def test_invoice_gate_for_documents_made_by_hand(self):
        order = self._order((self.delivery_fee, 1))
        order.action_confirm()
        order._place_hold("manual", "invoice", "Wait")
        for move_type in ("out_invoice", "out_receipt"):
            move = self.env["account.move"].create(
                {
                    "move_type": move_type,
                    "partner_id": self.partner.id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "By hand",
                                "price_unit": 10,
                                "sale_line_ids": [Command.link(order.order_line.id)],
                            }
                        )
                    ],
                }
            )
            with self.assertRaisesRegex(UserError, "Wait"):
                move.action_post()
            self.assertEqual(move.state, "draft")

    def test_ship_gate_by_wizard_and_without_picking_first(self):
        order = self._order((self.green, 2))
        order.action_confirm()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        order._place_hold("manual", "ship", "Wait")
        wizard = self.env["stock.backorder.confirmation"].create(
            {
                "pick_ids": [Command.set(picking.ids)],
                "backorder_confirmation_line_ids": [
                    Command.create({"picking_id": picking.id, "to_backorder": True})
                ],
            }
        )
        with self.assertRaisesRegex(UserError, "Wait"):
            wizard.with_context(button_validate_picking_ids=picking.ids).process()
        with self.assertRaisesRegex(UserError, "Wait"):
            picking.with_context(skip_immediate=True, skip_backorder=True).button_validate()
        self.env["stock.rule"].run_scheduler()
        self.assertEqual(picking.state, "assigned")

    def test_locking_passes_no_gate(self):
        order = self._order()
        order._place_hold("manual", "release", "Wait")
        order.action_lock()
        self.assertEqual(order.state, "draft")
        with self.assertRaisesRegex(UserError, "Wait"):
            order.action_confirm()

    def test_refund_gate(self):
        order = self._order((self.delivery_fee, 1))
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        order._place_hold("manual", "refund", "Goods not back yet")
        refund = invoice._reverse_moves()
        with self.assertRaisesRegex(UserError, "Goods not back yet"):
            refund.action_post()

    def test_a_payment_never_fails_over_a_hold(self):
        order = self._order((self.delivery_fee, 1), channel=False)
        order._place_hold("credit", "release", "Wait")
        provider = self.env["payment.provider"].create({"name": "Test", "code": "none"})
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        self.assertFalse(transaction._check_amount_and_confirm_order())
        self.assertEqual(order.activity_ids.summary, "Paid, but on hold")

    # === life of a hold === #

    def test_no_double(self):
        orders = self._order() | self._order()
        first = orders._place_hold("credit", "release", "Over the limit")
        again = orders._place_hold("credit", "release", "Over the limit")
        self.assertEqual(first, again)
        self.assertEqual(len(orders.hold_ids), 2)
        other = orders._place_hold("credit", "ship", "Over the limit")
        self.assertFalse(first & other)
        first.action_reject()
        self.assertEqual(orders._place_hold("credit", "release", "Again"), first)
        first.action_release()
        self.assertFalse(orders._place_hold("credit", "release", "New") & first)

    def test_resolving_is_told(self):
        hold = self._order()._place_hold("manual", "release", "Wait")
        hold.with_user(self.desk).action_release("Customer called back")
        self.assertEqual((hold.state, hold.resolved_by_id), ("released", self.desk))
        self.assertEqual(hold.resolution, "Customer called back")
        self.assertTrue(hold.date_resolved)
        events = hold.order_id.event_ids
        self.assertEqual(events.mapped("step"), ["hold", "hold"])
        self.assertIn("Customer called back", events[-1].summary)
        self.assertEqual((events[-1].user_id, events[-1].source), (self.desk, "user"))
        self.assertIn("Customer called back", hold.order_id.message_ids[0].body)

    def test_transitions_are_kept(self):
        hold = self._order()._place_hold("manual", "release", "Wait")
        hold.action_reject()
        self.assertTrue(hold.order_id._blocked_by("release"))
        with self.assertRaises(UserError):
            hold.action_approve()
        hold.action_release()
        for action in (hold.action_release, hold.action_approve, hold.action_reject):
            with self.assertRaises(UserError):
                action()

    def test_state_is_not_written_past_the_actions(self):
        hold = self._order()._place_hold("manual", "release", "Wait").with_user(self.manager)
        for vals in ({"state": "released"}, {"gate": "refund"}, {"kind": "stock"}):
            with self.assertRaises(AccessError):
                hold.write(vals)
        with self.assertRaises(UserError):
            hold.unlink()
        hold.reason = "Wait, please"

    def test_cancelling_the_order_ends_its_holds(self):
        order = self._order()
        hold = order._place_hold("manual", "release", "Wait")
        order._action_cancel()
        self.assertEqual(hold.state, "expired")
        self.assertEqual(order.flow_step, "cancel")

    def test_the_last_hold_released_confirms_where_the_channel_says_so(self):
        self.channel.auto_confirm = True
        order = self._order()
        first = order._place_hold("manual", "release", "One")
        second = order._place_hold("address", "release", "Two")
        first.action_release()
        self.assertEqual(order.state, "draft")
        second.with_user(self.desk).action_approve()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self._steps(order)[-2:], ["release", "route"])

    def test_a_failing_release_by_itself_is_told(self):
        self.channel.auto_confirm = True
        orders = self._order() | self._order()
        holds = orders._place_hold("manual", "release", "Wait")
        self.env["sale.order.line"].create({"order_id": orders[0].id, "name": "no product"})
        # A line without a product is found by validation, which holds the first order.
        holds.action_release()
        self.assertEqual(orders.mapped("state"), ["draft", "sale"])
        self.assertIn("Not released by itself", orders[0].activity_ids.summary)
        self.assertEqual(holds.mapped("state"), ["released", "released"])

    # === many at once === #

    def test_one_bad_order_never_stops_the_rest(self):
        good, held, bad, also_good = (self._order() for _index in range(4))
        held._place_hold("manual", "release", "Wait")
        self.env["sale.order.line"].create({"order_id": bad.id, "name": "no product"})
        done = self._order()
        done.action_confirm()
        orders = good | held | bad | also_good | done
        result = orders.action_release_orders()
        self.assertEqual(orders.mapped("state"), ["sale", "draft", "draft", "sale", "sale"])
        message = result["params"]["message"]
        self.assertIn("2 orders released", message)
        self.assertIn(f"{held.name}: Wait", message)
        self.assertIn(f"{bad.name}: The line “no product” has no product", message)
        self.assertEqual(bad.hold_ids.kind, "content")

    def test_an_order_that_fails_in_the_chunk_is_left_alone(self):
        nowhere = self.env["stock.location"].create({"name": "Nowhere", "usage": "customer"})
        lost = self.partner.copy({"property_stock_customer": nowhere.id})
        good, bad, also_good = self._order(), self._order(), self._order()
        bad.partner_shipping_id = lost
        result = (good | bad | also_good).action_release_orders()
        self.assertEqual((good.state, bad.state, also_good.state), ("sale", "draft", "sale"))
        self.assertIn(f"{bad.name}: No rule has been found", result["params"]["message"])
        self.assertFalse(bad.event_ids)
        self.assertEqual(good.picking_ids.state, "assigned")

    # === validation === #

    def test_validation_holds_and_lifts(self):
        self.partner.zip = False
        order = self._order(channel_ref="1", channel_total=150.0)
        good = self._order()
        (order | good).action_validate_order()
        self.assertEqual(sorted(order.hold_ids.mapped("kind")), ["address", "total"])
        self.assertIn("ZIP code", order.hold_ids.filtered(lambda h: h.kind == "address").reason)
        self.assertEqual(good.hold_ids.mapped("kind"), ["address"])
        reason = order.hold_ids.filtered(lambda h: h.kind == "total").reason
        self.assertIn("150.00", reason)
        self.assertIn(order.currency_id.symbol, reason)
        findings = order.event_ids[-1].details["findings"]
        self.assertEqual({f["code"] for f in findings}, {"address_incomplete", "total_differs"})

        self.partner.zip = "12201"
        order.action_validate_order()
        address = order.hold_ids.filtered(lambda h: h.kind == "address")
        self.assertEqual((address.state, address.resolution), ("released", "No longer applies"))
        self.assertFalse(address.resolved_by_id)
        total = order.hold_ids.filtered(lambda h: h.kind == "total")
        self.assertEqual(total.state, "pending")
        order.order_line.price_unit = 150.0
        order.action_validate_order()
        self.assertEqual(total.state, "released")
        self.assertFalse(order._blocked_by("release"))

    def test_an_approval_stands_until_the_finding_changes(self):
        self.partner.zip = False
        order = self._order()
        order.action_validate_order()
        order.hold_ids.action_approve()
        order.action_validate_order()
        self.assertEqual(len(order.hold_ids), 1)
        self.partner.street = False
        order.action_validate_order()
        self.assertEqual(len(order.hold_ids), 2)
        self.assertTrue(order._blocked_by("release"))

    def test_a_changed_finding_replaces_its_hold(self):
        self.partner.zip = False
        order = self._order()
        order.action_validate_order()
        self.partner.write({"zip": "12201", "street": False})
        order.action_validate_order()
        self.assertEqual(sorted(order.hold_ids.mapped("state")), ["pending", "released"])
        self.assertIn("street", order.hold_ids.filtered(lambda h: h.state == "pending").reason)

    def test_what_comes_back_holds_again(self):
        order = self._order()
        self.partner.zip = False
        order.action_validate_order()
        self.partner.zip = "12201"
        order.action_validate_order()
        self.partner.zip = False
        order.action_validate_order()
        self.assertTrue(order._blocked_by("release"))

    def test_holds_of_others_are_not_lifted(self):
        order = self._order()
        order._place_hold("total", "release", "Placed by somebody else")
        order.action_validate_order()
        self.assertTrue(order._blocked_by("release"))

    def test_channel_orders_are_checked_at_confirmation_manual_ones_are_not(self):
        order, manual = self._order(), self._order(channel=False)
        self.partner.zip = False
        with self.assertRaisesRegex(UserError, "ZIP code"):
            order.action_confirm()
        manual.action_confirm()
        self.assertEqual(manual.state, "sale")

    def test_validating_confirms_by_itself_what_it_set_free(self):
        self.channel.auto_confirm = True
        self.partner.zip = False
        order = self._order()
        order.action_validate_order()
        self.assertEqual(order.state, "draft")
        self.partner.zip = "12201"
        order.action_validate_order()
        self.assertEqual(order.state, "sale")

    def test_responsible(self):
        user = new_test_user(self.env, "flow_seller", "sales_team.group_sale_salesman")
        order = self._order(user_id=user.id)
        self.assertEqual(order._place_hold("manual", "release", "Wait").user_id, user)

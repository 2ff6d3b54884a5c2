from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_flow import FlowCommon


@tagged("post_install", "-at_install")
class TestChange(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.changes = cls.env["order.change"]
        cls.partner.email = "bob@example.com"

    def _released(self, quantity=3, **vals):
        order = self._order(
            (self.green, quantity), channel=False, warehouse_id=self.east.id, **vals
        )
        order.action_confirm()
        order.picking_ids.action_assign()
        return order

    def _less(self, order, quantity):
        return {"lines": {str(order.order_line[0].id): quantity}}

    def _free(self):
        return self.green.with_context(warehouse_id=self.east.id).free_qty

    def test_a_quotation_is_changed_at_once(self):
        order = self._order((self.green, 3), channel=False)
        change = self.changes._ask(order, self._less(order, 2), "portal")
        self.assertEqual((change.state, change.stage), ("done", "quotation"))
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertAlmostEqual(change.amount_difference, -199)

    def test_released_stock_is_given_back(self):
        before = self._free()
        order = self._released()
        self.assertEqual(self._free(), before - 3)
        self.changes._ask(order, self._less(order, 1), "portal")
        self.green.invalidate_recordset()
        self.assertEqual(self._free(), before - 1)
        moves = order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel")
        self.assertEqual(sum(moves.mapped("product_uom_qty")), 1)
        self.changes._ask(order, {"cancel": True}, "portal")
        self.green.invalidate_recordset()
        self.assertEqual((self._free(), order.state), (before, "cancel"))

    def test_the_floor_is_asked_and_nothing_leaves_meanwhile(self):
        order = self._released()
        order.picking_ids.move_ids.picked = True
        change = self.changes._ask(order, {"cancel": True}, "portal", "Sorry")
        self.assertEqual((change.state, change.stage, order.state), ("asked", "picking", "sale"))
        self.assertEqual((change.hold_id.gate, change.hold_id.state), ("ship", "pending"))
        with self.assertRaisesRegex(UserError, "on hold"), self.env.cr.savepoint():
            order.picking_ids.button_validate()
        with self.assertRaisesRegex(UserError, "already"), self.env.cr.savepoint():
            self.changes._ask(order, {"cancel": True}, "portal")
        change.action_accept()
        self.assertEqual((change.state, order.state), ("done", "cancel"))
        self.assertEqual(order.picking_ids.state, "cancel")

    def test_too_late_says_the_floor(self):
        order = self._released()
        order.picking_ids.move_ids.picked = True
        change = self.changes._ask(order, {"cancel": True}, "portal")
        with self.assertRaisesRegex(UserError, "Enter an answer"), self.env.cr.savepoint():
            change.action_refuse()
        change.answer = "It is on the truck"
        change.action_refuse()
        self.assertEqual((change.state, change.hold_id.state), ("refused", "released"))
        self._ship(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertIn("change_refused", order.message_outbox_ids.mapped("kind_id.code"))

    def test_shipped_goods_go_back_as_a_return(self):
        order = self._released()
        self._ship(order.picking_ids)
        for source in ("portal", "staff"):
            with self.assertRaisesRegex(UserError, "return"), self.env.cr.savepoint():
                self.changes._ask(order, {"cancel": True}, source)

    def test_the_rest_of_a_part_shipment_is_cancelled(self):
        order = self._released()
        self._ship(order.picking_ids, GREEN=1)
        self.changes._ask(order, {"cancel": True}, "staff")
        self.assertEqual(order.state, "sale")
        self.assertEqual(sorted(order.picking_ids.mapped("state")), ["cancel", "done"])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.changes._ask(order, self._less(order, 0), "staff")

    def test_customers_ask_for_more_and_staff_decide(self):
        order = self._released()
        change = self.changes._ask(order, self._less(order, 5), "portal")
        self.assertEqual((change.state, order.order_line.product_uom_qty), ("asked", 3))
        change.action_accept()
        self.assertEqual(order.order_line.product_uom_qty, 5)

    def test_address_and_date(self):
        order = self._released()
        elsewhere = self.partner.copy(
            {"parent_id": self.partner.id, "type": "delivery", "street": "9 New Road"}
        )
        day = fields.Date.add(fields.Date.today(), days=9)
        wish = {"address": elsewhere.id, "date": str(day)}
        self.changes._ask(order, wish, "portal")
        self.assertEqual(order.picking_ids.partner_id, elsewhere)
        self.assertEqual(order.picking_ids.scheduled_date.date(), day)
        with self.assertRaisesRegex(UserError, "still to come"), self.env.cr.savepoint():
            self.changes._ask(order, {"date": "2020-01-01"}, "portal")

    def test_a_wish_of_nothing_or_of_other_orders_is_refused(self):
        order, other = self._released(), self._released()
        for wish in ({}, {"lines": {}}, self._less(other, 0), self._less(order, 3)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.changes._ask(order, wish, "portal")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.changes._ask(order, self._less(order, 1.001), "portal")

    def test_what_was_billed_is_credited(self):
        self.green.invoice_policy = "order"
        order = self._released()
        invoice = order._create_invoices()
        invoice.action_post()
        self.changes._ask(order, self._less(order, 2), "staff")
        note = order.invoice_ids - invoice
        self.assertEqual((note.move_type, note.state), ("out_refund", "posted"))
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertAlmostEqual(invoice.amount_residual, 398)
        self.changes._ask(order, self._less(order, 3), "staff")
        more = order.invoice_ids - invoice - note
        self.assertEqual((more.move_type, more.amount_total), ("out_invoice", 199))

    def test_a_paid_order_that_is_cancelled_is_credited_and_paid_back_by_somebody(self):
        self.green.invoice_policy = "order"
        order = self._released()
        invoice = order._create_invoices()
        invoice.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.changes._ask(order, {"cancel": True}, "staff")
        note = order.invoice_ids - invoice
        self.assertAlmostEqual(note.amount_residual, 597)
        self.assertIn("Pay back", note.activity_ids.summary)

    def test_what_changed_is_logged_for_the_customer(self):
        order = self._released()
        self.changes._ask(order, self._less(order, 2), "portal")
        event = order.event_ids[-1]
        self.assertEqual((event.step, event.source), ("change", "channel"))
        self.assertIn("3 → 2", event.summary)
        shown = [row["detail"] for row in order._get_customer_timeline()]
        self.assertTrue(any("3 → 2" in text for text in shown))

    def test_who_may_change(self):
        order = self._released()
        packer_order = order.with_user(self.packer)
        wish = self.env["order.change.wish"].create({"order_id": order.id})
        with self.assertRaises(AccessError):
            wish.with_user(self.packer).action_cancel_order()
        self.assertTrue(packer_order)
        order.user_id = self.salesman
        mine = (
            self.env["order.change.wish"]
            .with_user(self.salesman)
            .create(
                {
                    "order_id": order.id,
                    "partner_shipping_id": order.partner_shipping_id.id,
                    "line_ids": [Command.create({"line_id": order.order_line.id, "quantity": 1})],
                }
            )
        )
        mine.action_change()
        self.assertEqual(order.order_line.product_uom_qty, 1)

    def test_links_end_and_are_taken_back(self):
        order = self._released()
        token = order._portal_ensure_token()
        self.assertEqual(order._portal_ensure_token(), token)
        ends = order.date_link_expires - fields.Datetime.now()
        self.assertAlmostEqual(ends.days, order.company_id.order_link_days, delta=1)
        order.date_link_expires = "2020-01-01"
        fresh = order._portal_ensure_token()
        self.assertNotEqual(fresh, token)
        order.action_revoke_link()
        self.assertFalse(order.access_token)
        order._portal_ensure_token()
        order.date_link_expires = "2020-01-01"
        self.env["sale.order"]._cron_end_links()
        self.assertFalse(order.access_token)

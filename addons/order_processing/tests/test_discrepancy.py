from odoo import Command
from odoo.exceptions import AccessError, UserError

from .common_billing import BillingCase


class TestDiscrepancy(BillingCase):
    # === the eight cases of the report === #

    def _assert_found(self, order, verdict, quantity, amount):
        found = self._compare(order)
        self.assertEqual(
            [(each.verdict, each.quantity, each.amount) for each in found],
            [(verdict, quantity, amount)],
        )
        return found

    def test_billed_as_ordered_and_closed_short(self):
        self.green.invoice_policy = "order"
        order = self._sold()
        self._bill(order)
        self.assertFalse(self._compare(order), "goods may still leave")
        self._ship_part(order, 6)
        found = self._assert_found(order, "billed_more_than_shipped", 4, 40)
        self.assertEqual(found.billed_quantity, 10)
        self.assertEqual(found.shipped_quantity, 6)

    def test_a_return_that_nobody_refunds(self):
        order = self._sold()
        picking = self._ship_part(order, 10)
        self._bill(order)
        self._return(picking, 3, to_refund=False)
        found = self._assert_found(order, "credit_missing", 3, 30)
        self.assertEqual(found.returned_quantity, 3)

    def test_a_draft_bills_nothing(self):
        order = self._sold()
        self._ship_part(order, 10)
        order._create_invoices()
        found = self._assert_found(order, "shipped_not_billed", -10, -100)
        self.assertEqual(found.draft_quantity, 10)

    def test_another_price(self):
        order = self._sold()
        self._ship_part(order, 10)
        self._bill(order, price_unit=8.0)
        self._assert_found(order, "other_price", 0, -20)

    def test_closed_short(self):
        order = self._sold()
        self._ship_part(order, 6)
        self._bill(order)
        self._assert_found(order, "short_closed", 4, 0)

    def test_shipped_more(self):
        order = self._sold()
        self._ship_part(order, 12)
        self._bill(order)
        self._assert_found(order, "over_shipped", 2, 20)

    def test_a_back_order_is_no_discrepancy(self):
        order = self._sold()
        self._ship_part(order, 6, backorder=True)
        self._bill(order)
        self.assertFalse(self._compare(order))

    def test_a_return_with_its_credit_note_is_no_discrepancy(self):
        order = self._sold()
        picking = self._ship_part(order, 10)
        invoice = self._bill(order)
        self._return(picking, 3, to_refund=True)
        credit = self._bill(order)
        self.assertEqual(credit.move_type, "out_refund")
        self.assertEqual(credit.reversed_entry_id, invoice)
        self.assertEqual((credit.payment_state, invoice.amount_residual), ("paid", 70))
        self.assertFalse(self._compare(order))

    # === units and currencies === #

    def test_dozens_ordered_pieces_billed(self):
        order = self._order((self.green, 2), channel=False, warehouse_id=self.east.id)
        line = order.order_line
        line.write({"product_uom_id": self.env.ref("uom.product_uom_dozen").id, "price_unit": 120})
        order.action_confirm()
        self._ship_part(order, 18)
        invoice = self._bill(
            order,
            product_uom_id=self.env.ref("uom.product_uom_unit").id,
            quantity=24,
            price_unit=10.0,
        )
        self.assertEqual(invoice.amount_total, 240)
        self._assert_found(order, "billed_more_than_shipped", 0.5, 60)

    def test_an_invoice_in_another_currency(self):
        """Ordered at 10.00 in the company's currency, billed in one worth a third of it."""
        foreign = self.env["res.currency"].create(
            {
                "name": "QQQ",
                "symbol": "Q",
                "rounding": 0.01,
                "rate_ids": [Command.create({"rate": 3.0, "name": "2020-01-01"})],
            }
        )
        order = self._sold()
        self._ship_part(order, 10)
        invoice = order._create_invoices()
        invoice.currency_id = foreign
        invoice.invoice_line_ids.filtered("product_id").price_unit = 30.0
        invoice.action_post()
        self.assertFalse(self._compare(order), "the same money in another currency")
        invoice.button_draft()
        invoice.invoice_line_ids.filtered("product_id").price_unit = 27.0
        invoice.action_post()
        self._assert_found(order, "other_price", 0, -10)

    def test_an_order_in_another_currency(self):
        foreign = self.env["res.currency"].create(
            {
                "name": "QQR",
                "symbol": "Q",
                "rounding": 0.01,
                "rate_ids": [Command.create({"rate": 2.0, "name": "2020-01-01"})],
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": foreign.id}
        )
        order = self._sold(pricelist_id=pricelist.id)
        self._ship_part(order, 10)
        self._bill(order, price_unit=9.0)
        found = self._assert_found(order, "other_price", 0, -10)
        self.assertEqual((found.currency_id, found.amount_abs), (foreign, 5))

    # === what was paid === #

    def test_paid_is_shared_out_and_credit_is_no_payment(self):
        orders = self._sold(price=30.0) | self._sold(price=10.0)
        for order in orders:
            self._ship_part(order, 6)
        invoice = orders._create_invoices()
        invoice.action_post()
        self.assertEqual(len(invoice), 1)
        self._pay(invoice, part=0.5)
        found = self._compare(orders).sorted("paid_amount")
        self.assertEqual(found.mapped("paid_amount"), [30, 90])

    # === upkeep === #

    def test_it_closes_itself_and_stays_single(self):
        order = self._sold()
        self._ship_part(order, 10)
        found = self._compare(order)
        self.assertEqual(self._compare(order), found)
        self._bill(order)
        self.assertFalse(self._compare(order))
        self.assertEqual((found.state, found.resolved_by_id.id), ("resolved", False))

    def test_documents_touch_their_orders(self):
        order = self._sold()
        Touch = self.env["order.discrepancy.touch"]

        def touched():
            self.env.cr.flush()
            orders = Touch.search([]).order_id
            Touch.search([]).unlink()
            return orders

        touched()
        self._ship_part(order, 6)
        self.assertIn(order, touched())
        invoice = self._bill(order)
        self.assertIn(order, touched())
        self._pay(invoice)
        self.assertIn(order, touched())
        order.order_line.product_uom_qty = 6
        self.assertIn(order, touched())

    def test_the_cron_takes_what_was_touched(self):
        order = self._sold()
        self._ship_part(order, 10)
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.cron_order_discrepancy_compare").method_direct_trigger()
        self.assertEqual(order.discrepancy_ids.verdict, "shipped_not_billed")
        self.assertFalse(self.env["order.discrepancy.touch"].search([("order_id", "=", order.id)]))

    def test_time_makes_a_discrepancy(self):
        self.company.order_discrepancy_hours = 24
        order = self._sold()
        self._ship_part(order, 10)
        self.assertFalse(self._compare(order))
        order.picking_ids.move_ids.date = "2026-01-01 12:00:00"
        self.env["order.discrepancy.touch"]._touch_due()
        self.assertIn(order, self.env["order.discrepancy.touch"].search([]).order_id)
        self.assertEqual(self._compare(order).verdict, "shipped_not_billed")

    def test_a_cancelled_order_that_was_billed(self):
        self.green.invoice_policy = "order"
        order = self._sold()
        self._bill(order)
        order._action_cancel()
        self._assert_found(order, "billed_more_than_shipped", 10, 100)

    # === settling === #

    def test_accepting_takes_a_reason_and_ends_with_another_difference(self):
        order = self._sold(user_id=self.salesman.id)
        self._ship_part(order, 6)
        invoice = self._bill(order)
        found = self._compare(order)
        self.assertEqual((found.user_id, found.activity_ids.user_id), (self.salesman,) * 2)
        with self.assertRaises(UserError):
            found.action_accept(" ")
        wizard = self.env["order.discrepancy.accept"].with_user(self.desk)
        wizard.create(
            {"discrepancy_ids": [Command.set(found.ids)], "reason": "Customer agreed"}
        ).action_accept()
        self.assertEqual(
            (found.state, found.resolution, found.resolved_by_id),
            ("ignored", "Customer agreed", self.desk),
        )
        self.assertFalse(found.activity_ids)
        self.assertFalse(self._compare(order), "accepted stays accepted")
        invoice.button_draft()
        invoice.invoice_line_ids.filtered("product_id").quantity = 5
        invoice.action_post()
        self.assertEqual(self._compare(order), found)
        self.assertEqual((found.state, found.verdict), ("open", "shipped_not_billed"))

    def test_the_credit_note_settles_it(self):
        order = self._sold()
        picking = self._ship_part(order, 10)
        invoice = self._bill(order)
        self._return(picking, 3, to_refund=False)
        found = self._compare(order)
        action = found.with_user(self.accountant).action_create_credit_note()
        credit = self.env["account.move"].browse(action["res_id"])
        self.assertEqual(
            (credit.move_type, credit.state, credit.amount_total), ("out_refund", "draft", 30)
        )
        self.assertEqual(credit.reversed_entry_id, invoice)
        again = found.action_create_credit_note()
        self.assertEqual(again["res_id"], credit.id, "a draft is never doubled")
        credit.action_post()
        self.assertEqual(invoice.amount_residual, 70)
        self.assertFalse(self._compare(order))
        self.assertEqual(found.state, "resolved")

    def test_the_invoice_settles_it(self):
        order = self._sold()
        self._ship_part(order, 10)
        found = self._compare(order)
        with self.assertRaises(UserError):
            found.action_create_credit_note()
        action = found.with_user(self.accountant).action_create_invoice()
        move = self.env["account.move"].browse(action["res_id"])
        self.assertEqual(found.action_create_invoice()["res_id"], move.id)
        move.action_post()
        self.assertFalse(self._compare(order))

    def test_it_holds_the_order_until_it_is_settled(self):
        self.company.order_discrepancy_gate = "invoice"
        order = self._sold()
        self._ship_part(order, 10)
        self._compare(order)
        self.assertFalse(order.hold_ids, "goods that aren't billed don't stop their bill")
        self._bill(order, price_unit=12.0)
        found = self._compare(order)
        hold = order.hold_ids
        self.assertEqual((hold.kind, hold.gate, hold.state), ("discrepancy", "invoice", "pending"))
        self.assertIn("another price", hold.reason)
        found.action_accept("Price list came late")
        self.assertEqual(hold.state, "released")
        found.action_reopen()
        self.assertEqual(order.open_hold_count, 1)

    # === rights and cost === #

    def test_rights(self):
        order = self._sold()
        self._ship_part(order, 10)
        found = self._compare(order)
        self.assertEqual(found.with_user(self.packer).verdict, "shipped_not_billed")
        with self.assertRaises(AccessError):
            found.with_user(self.packer).action_accept("x")
        for vals in ({"amount": 0}, {"state": "resolved"}, {"verdict": "other_price"}):
            with self.assertRaises(AccessError):
                found.with_user(self.manager).write(vals)
        found.with_user(self.desk).write({"user_id": self.desk.id, "note": "Asked"})
        with self.assertRaises(AccessError):
            found.with_user(self.manager).create({"line_id": order.order_line.id})
        other = self.env["res.company"].create({"name": "Other Company"})
        self.desk.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(found.with_user(self.desk).search([("id", "in", found.ids)]))

    def test_queries_do_not_grow_with_the_orders(self):
        def sell(count):
            orders = self.env["sale.order"].union(*[self._sold(1) for _index in range(count)])
            orders.picking_ids.move_ids.write({"quantity": 1, "picked": True})
            orders.picking_ids.button_validate()
            return orders

        def count(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.env["order.discrepancy"]._compare(orders)
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        one, few, many = sell(1), sell(3), sell(12)
        self.company.order_discrepancy_hours = 100  # nothing is found
        count(one)
        first, second = count(few), count(many)
        self.assertEqual(first, second)
        self.assertLessEqual(second, 16)

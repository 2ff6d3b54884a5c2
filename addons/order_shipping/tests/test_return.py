from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_return import ReturnCase


@tagged("post_install", "-at_install")
class TestReturn(ReturnCase):
    def test_the_whole_way_back(self):
        order = self.make_shipped(pay=True)
        invoice = order.invoice_ids
        stock = self.at(self.warehouse.lot_stock_id)
        back = self.make_return(order, 2)
        self.assertEqual((back.state, back.line_ids.quantity_left), ("requested", 3))
        self.assertAlmostEqual(back.amount_refund, 43.98)
        back.action_approve()
        receipt = back.picking_ids
        self.assertEqual((back.state, receipt.picking_type_code), ("approved", "incoming"))
        self.assertTrue(receipt.move_ids.to_refund)
        self.receive(back)
        self.assertEqual(back.state, "received")
        self.assertEqual(back.line_ids.quantity_received, 2)
        self.assertEqual(order.order_line.qty_delivered, 1)
        # It waits where nobody sells it from.
        self.assertEqual(self.at(self.warehouse.lot_stock_id), stock)
        self.assertEqual(self.at(self.warehouse.return_location_id), 2)
        self.goods.invalidate_recordset()
        self.assertEqual(self.goods.with_context(warehouse_id=self.warehouse.id).free_qty, stock)
        self.inspect(back, (1, "restock"), (1, "quarantine"))
        self.assertEqual(self.at(self.warehouse.lot_stock_id), stock + 1)
        self.assertEqual(self.at(self.warehouse.quarantine_location_id), 1)
        self.assertEqual(self.at(self.warehouse.return_location_id), 0)
        back.action_refund()
        note = back.refund_ids
        self.assertEqual((back.state, note.state), ("refunded", "posted"))
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertAlmostEqual(note.amount_total, 43.98)
        self.assertEqual(order.order_line.qty_invoiced, 1)
        self.assertEqual(order.order_line.qty_to_invoice, 0)
        self.assertIn("Pay back", ",".join(note.activity_ids.mapped("summary")))
        self.assertEqual(
            self.events(order, "return")[-1].summary.split(":")[0], f"Return {back.name}"
        )

    def test_an_unpaid_invoice_is_reduced_by_its_credit_note(self):
        order = self.make_shipped()
        back = self.make_return(order, 1, settlement="credit")
        back.action_approve()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        invoice = order.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertAlmostEqual(invoice.amount_residual, 43.98)
        self.assertEqual(back.refund_ids.amount_residual, 0)
        self.assertFalse(back.refund_ids.activity_ids)

    def test_store_credit_stays_open(self):
        order = self.make_shipped(pay=True)
        back = self.make_return(order, 1, settlement="credit")
        back.action_approve()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_residual, 21.99)
        self.assertFalse(back.refund_ids.activity_ids)

    def test_fee_and_way_back_are_kept(self):
        self.policy.write({"fee_percent": 15, "carrier_id": self.ground.id})
        order = self.make_shipped(pay=True)
        back = self.make_return(order, 3)
        back.action_approve()
        back.action_buy_label()
        self.assertEqual(back.state, "label_sent")
        label = back.label_ids
        self.assertEqual((label.state, label.cost), ("bought", 12.0))
        self.receive(back)
        back.action_restock()
        self.assertAlmostEqual(back.amount_goods, 65.97)
        self.assertAlmostEqual(back.amount_way, 12.0)
        back.action_refund()
        note = back.refund_ids
        # 59.97 less 15 % (9.00) with their tax of 10 %, less 12.00 for the label.
        self.assertAlmostEqual(note.amount_untaxed, 59.97 - 9.0 - 12.0)
        self.assertAlmostEqual(note.amount_total, (59.97 - 9.0) * 1.1 - 12.0, places=2)
        self.assertEqual(order.order_line.qty_invoiced, 0)

    def test_our_fault_costs_nothing(self):
        self.policy.write({"fee_percent": 15, "carrier_id": self.ground.id})
        order = self.make_shipped(pay=True)
        back = self.make_return(order, 3, reason=self.damaged)
        back.action_approve()
        back.action_buy_label()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 65.97)

    def test_never_more_than_was_shipped(self):
        order = self.make_shipped()
        with self.assertRaisesRegex(UserError, "at most 3"), self.env.cr.savepoint():
            self.make_return(order, 4)
        first = self.make_return(order, 2)
        with self.assertRaisesRegex(UserError, "at most 1"), self.env.cr.savepoint():
            self.make_return(order, 2)
        with self.assertRaisesRegex(UserError, "at most 3"), self.env.cr.savepoint():
            first.line_ids.quantity = 5
        first.action_cancel()
        second = self.make_return(order, 3)
        second.action_approve()
        self.receive(second)
        self.assertFalse(order.is_returnable)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.make_return(order, 1)

    def test_what_was_returned_past_this_screen_counts(self):
        order = self.make_shipped()
        wizard = self.env["stock.return.picking"].create({"picking_id": order.picking_ids.id})
        wizard.product_return_moves.quantity = 2
        wizard.action_create_returns()
        with self.assertRaisesRegex(UserError, "at most 1"), self.env.cr.savepoint():
            self.make_return(order, 2)

    def test_part_comes_and_the_rest_later(self):
        order = self.make_shipped()
        back = self.make_return(order, 3)
        back.action_approve()
        self.receive(back, 1, backorder=True)
        self.assertEqual(back.line_ids.quantity_received, 1)
        self.assertEqual(back.line_ids.quantity_missing, 2)
        self.assertFalse(back.is_complete)
        back.action_restock()
        self.receive(back)
        self.assertTrue(back.is_complete)
        with self.assertRaisesRegex(UserError, "2 more"), self.env.cr.savepoint():
            back.action_inspect()
        back.action_restock()
        self.assertEqual(self.at(self.warehouse.return_location_id), 0)
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 65.97)

    def test_missing_and_wrong_items(self):
        order = self.make_shipped()
        back = self.make_return(order, 2)
        back.action_approve()
        receipt = back.picking_ids
        self.env["stock.move"].create(
            {
                "product_id": self.other.id,
                "product_uom_qty": 1,
                "quantity": 1,
                "picked": True,
                "picking_id": receipt.id,
                "location_id": receipt.location_id.id,
                "location_dest_id": receipt.location_dest_id.id,
                "company_id": self.company.id,
            }
        )
        receipt.move_ids[0].write({"quantity": 1, "picked": True})
        receipt.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=receipt.ids
        ).button_validate()
        self.assertEqual(back.line_ids.mapped("is_unexpected"), [False, True])
        self.assertEqual(back.line_ids.mapped("quantity_missing"), [1, 0])
        back.action_restock()
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 21.99)

    def test_scrap_and_repair(self):
        order = self.make_shipped()
        back = self.make_return(order, 2)
        back.action_approve()
        self.receive(back)
        self.inspect(back, (1, "scrap"), (1, "repair"))
        scrap = self.env["stock.scrap"].search([("origin", "=", back.name)])
        self.assertEqual((scrap.state, scrap.scrap_qty), ("done", 1))
        self.assertEqual(self.at(self.warehouse.quarantine_location_id), 1)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            back.with_user(self.make_manager()).inspection_ids[0].outcome = "restock"

    def make_manager(self):
        return self.make_user("return_manager", "order_shipping.group_shipping_manager")

    def test_more_is_not_inspected_than_came(self):
        order = self.make_shipped()
        back = self.make_return(order, 2)
        back.action_approve()
        self.receive(back)
        with self.assertRaisesRegex(UserError, "2.0 arrived"), self.env.cr.savepoint():
            self.inspect(back, (3, "restock"))
        with self.assertRaisesRegex(UserError, "no more can be refunded"), self.env.cr.savepoint():
            back.line_ids.quantity_refund = 3

    def test_exchange_is_a_linked_order_paid_by_what_came_back(self):
        order = self.make_shipped(pay=True)
        back = self.make_return(order, 1, settlement="exchange")
        back.action_approve()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        exchange = back.exchange_order_id
        self.assertEqual((back.state, exchange.state), ("exchanged", "sale"))
        self.assertEqual(exchange.order_line.product_id, self.goods)
        self.assertAlmostEqual(exchange.amount_total, 21.99)
        self.assertIn(back.name, exchange.origin)
        exchange.picking_ids.action_assign()
        exchange.picking_ids.move_ids.picked = True
        exchange.picking_ids.button_validate()
        invoice = exchange._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(back.refund_ids.amount_residual, 0)

    def test_goods_billed_as_ordered_are_not_billed_again(self):
        self.goods.invoice_policy = "order"
        order = self.make_shipped(pay=True)
        back = self.make_return(order, 1)
        back.action_approve()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        line = order.order_line
        self.assertEqual((line.qty_invoiced, line.qty_to_invoice), (2, 0))
        self.assertNotEqual(order.invoice_status, "to invoice")

    def test_what_was_not_billed_is_not_credited(self):
        order = self.make_shipped(bill=False)
        back = self.make_return(order, 1)
        back.action_approve()
        self.receive(back)
        back.action_restock()
        back.action_refund()
        self.assertFalse(back.refund_ids)
        self.assertEqual(order.order_line.qty_to_invoice, 2)

    def test_two_invoices_are_credited_oldest_first(self):
        order = self.make_order(self.goods, 3)
        picking = order.picking_ids
        picking.action_assign()
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        first = order._create_invoices()
        first.action_post()
        rest = order.picking_ids - picking
        rest.move_ids.write({"quantity": 1, "picked": True})
        rest.button_validate()
        second = order._create_invoices()
        second.action_post()
        back = self.make_return(order, 3)
        back.action_approve()
        self.assertEqual(len(back.picking_ids), 2)
        self.receive_all(back)
        back.action_restock()
        back.action_refund()
        totals = {n.reversed_entry_id: round(n.amount_total, 2) for n in back.refund_ids}
        self.assertEqual(totals, {first: 43.98, second: 21.99})

    def receive_all(self, back):
        back.picking_ids.move_ids.picked = True
        back.picking_ids.button_validate()


@tagged("post_install", "-at_install")
class TestReturnRules(ReturnCase):
    def test_too_late_for_customers_and_approved_for_staff(self):
        order = self.make_shipped()
        self.policy.warranty_days = 0
        self.days_ago(order, 40)
        with self.assertRaisesRegex(UserError, "within 30 days"), self.env.cr.savepoint():
            self.make_return(order, 1, source="portal")
        back = self.make_return(order, 1)
        self.assertEqual((back.hold_id.gate, back.hold_id.kind), ("refund", "return"))
        with self.assertRaisesRegex(UserError, "approve the hold first"), self.env.cr.savepoint():
            back.action_approve()
        back.hold_id.action_approve()
        self.assertEqual(back.state, "approved")

    def test_a_rejected_hold_refuses_the_return(self):
        order = self.make_shipped()
        back = self.make_return(order, 1, reason=self.warranty)
        self.assertTrue(back.is_warranty)
        back.hold_id.action_reject("It was dropped")
        self.assertEqual((back.state, back.refusal), ("refused", "It was dropped"))

    def test_warranty_after_the_days(self):
        order = self.make_shipped()
        self.days_ago(order, 200)
        back = self.make_return(order, 1, source="portal")
        self.assertTrue(back.is_warranty)
        self.assertEqual(back.state, "requested")

    def test_value_above_the_limit_waits(self):
        self.policy.approval_limit = 40
        order = self.make_shipped()
        self.assertFalse(self.make_return(order, 1, source="portal").hold_id)
        self.assertTrue(self.make_return(order, 2, source="portal").hold_id)

    def test_customers_within_the_policy_are_approved_at_once(self):
        order = self.make_shipped()
        back = self.make_return(order, 1, source="portal")
        self.assertEqual(back.state, "approved")
        self.assertTrue(back.picking_ids)
        message = order.message_outbox_ids.filtered(lambda m: m.kind_id.code == "return_approved")
        self.assertEqual(message.words, back.name)

    def test_blind_goods_are_received_first_and_refunded_after_approval(self):
        order = self.make_shipped(pay=True)
        back = self.make_return(order, 1, source="blind")
        back.action_receive()
        self.receive(back)
        back.action_restock()
        with self.assertRaisesRegex(UserError, "can't be refunded"), self.env.cr.savepoint():
            back.action_refund()
        back.hold_id.action_approve()
        self.assertEqual(back.state, "inspected")
        back.action_refund()
        self.assertEqual(back.state, "refunded")

    def test_back_to_the_vendor_without_purchases(self):
        order = self.make_shipped()
        back = self.make_return(order, 1)
        back.action_approve()
        self.receive(back)
        with self.assertRaisesRegex(UserError, "Nobody knows the vendor"), self.env.cr.savepoint():
            self.inspect(back, (1, "vendor"))
        vendor = self.env["res.partner"].create({"name": "Seller"})
        self.goods.seller_ids = [Command.create({"partner_id": vendor.id})]
        self.goods.with_company(self.company).standard_price = 7.0
        self.inspect(back, (1, "vendor"))
        claim = back.claim_ids
        self.assertEqual((claim.partner_id, claim.state, claim.amount), (vendor, "open", 7))
        transfer = claim.picking_ids
        transfer.move_ids.picked = True
        transfer.button_validate()
        self.assertEqual((claim.state, self.at(self.warehouse.return_location_id)), ("sent", 0))
        claim.action_credit()
        self.assertEqual(claim.credit_ids.amount_untaxed, 7)
        self.assertEqual(claim.credit_ids.move_type, "in_refund")
        claim.action_refuse()
        self.assertEqual(claim.state, "refused")
        with self.assertRaises(AccessError):
            claim.with_user(self.make_user("claim_clerk", "stock.group_stock_user")).state = "sent"

    def test_cancelling_takes_back_receipt_and_label(self):
        self.policy.carrier_id = self.ground
        order = self.make_shipped()
        back = self.make_return(order, 1)
        back.action_approve()
        back.action_buy_label()
        back.action_cancel()
        self.assertEqual(back.picking_ids.state, "cancel")
        self.assertEqual(back.label_ids.state, "voided")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            back.action_approve()

    def test_refusing_needs_a_reason(self):
        back = self.make_return(self.make_shipped(), 1)
        with self.assertRaisesRegex(UserError, "why it is refused"), self.env.cr.savepoint():
            back.action_refuse()
        back.refusal = "Not in its box"
        back.action_refuse()
        self.assertEqual(back.state, "refused")

    def test_label_goes_the_other_way_round(self):
        self.policy.carrier_id = self.ground
        order = self.make_shipped()
        back = self.make_return(order, 1)
        back.action_approve()
        back.action_buy_label()
        receipt = back.picking_ids
        self.assertEqual((back.label_ids.is_return, receipt.label_ids.ids), (True, []))
        self.assertEqual(receipt.return_parcel_ids, back.label_ids)
        parcel = receipt._get_parcels()[receipt][0]
        shipment = receipt._prepare_return_shipment(self.ground, [parcel])
        self.assertTrue(shipment.is_return)
        self.assertEqual(shipment.sender.name, "Ann Buyer")
        self.assertEqual(shipment.recipient.city, "Newark")
        self.assertEqual((shipment.reference, shipment.boxes[0].weight), (back.name, parcel.weight))
        message = order.message_outbox_ids.filtered(lambda m: m.kind_id.code == "return_label")
        self.assertEqual(message.attachment_ids, back.label_ids.attachment_id)

    def test_who_may_do_what(self):
        order = self.make_shipped(pay=True)
        seller = self.make_user("return_seller", "sales_team.group_sale_salesman_all_leads")
        stocker = self.make_user("return_stocker", "order_shipping.group_shipping_user")
        clerk = self.make_user("return_clerk", "base.group_user")
        biller = self.make_user(
            "return_biller",
            "account.group_account_invoice,sales_team.group_sale_salesman_all_leads",
        )
        back = self.make_return(order, 1).with_user(seller)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            back.with_user(clerk).read(["name"])
        for user in (seller, stocker, biller):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                back.with_user(user).state = "refunded"
        back.action_approve()
        self.receive(back.with_user(stocker))
        back.with_user(stocker).action_restock()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            back.with_user(seller).action_refund()
        back.with_user(biller).action_refund()
        self.assertEqual(back.state, "refunded")

    def test_other_companies_see_nothing(self):
        back = self.make_return(self.make_shipped(), 1)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("return_stranger", "order_shipping.group_shipping_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        seen = self.env["shipping.return"].with_user(stranger).with_company(other)
        self.assertFalse(
            seen.with_context(allowed_company_ids=other.ids).search([("id", "=", back.id)])
        )

    def test_a_return_is_judged_in_few_queries(self):
        order = self.make_shipped(self.goods | self.other)
        back = self.make_return(order, {line: 1 for line in order.order_line})
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(160):
            back.action_approve()

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .common_flow import FlowCommon


@tagged("post_install", "-at_install")
class TestInvoice(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", cls.company)

    def _three_piece_order(self):
        order = self._order((self.green, 1), (self.black, 2), (self.delivery_fee, 1))
        order.action_confirm()
        return order

    def _picking(self, order, warehouse):
        return order.picking_ids.filtered(
            lambda p: p.picking_type_id.warehouse_id == warehouse and p.state != "done"
        )

    def test_each_shipment_bills_what_it_brought(self):
        order = self._three_piece_order()
        self._ship(self._picking(order, self.east))
        first = order.invoice_ids
        self.assertEqual((first.state, first.amount_total), ("posted", 199 + 10))
        self._ship(self._picking(order, self.west))
        second = order.invoice_ids - first
        self.assertEqual((second.state, second.amount_total), ("posted", 2 * 199))
        self.assertEqual(order.invoice_status, "invoiced")
        events = order.event_ids.filtered(lambda e: e.step == "invoice")
        self.assertEqual(len(events), 2)
        self.assertIn(first.name, events[0].summary)
        self.assertEqual(events[0].details["amount"], 209)
        self.assertEqual(events[0].source, "system")

    def test_running_again_bills_nothing(self):
        order = self._three_piece_order()
        self._ship(order.picking_ids)
        self.assertEqual(len(order.invoice_ids), 1)
        self.assertFalse(order._invoice_shipped())
        self.assertEqual(len(order.invoice_ids), 1)

    def test_partial_delivery_and_back_order(self):
        order = self._order((self.green, 5))
        order.action_confirm()
        self._ship(order.picking_ids, GREEN=2)
        self._ship(order.picking_ids.filtered(lambda p: p.state != "done"))
        amounts = order.invoice_ids.sorted("id").mapped("amount_total")
        self.assertEqual(amounts, [2 * 199, 3 * 199])

    def test_goods_billed_as_ordered_are_billed_once(self):
        self.green.invoice_policy = self.black.invoice_policy = "order"
        order = self._three_piece_order()
        self._ship(self._picking(order, self.east))
        self._ship(self._picking(order, self.west))
        self.assertEqual(order.invoice_ids.amount_total, order.amount_total)

    def test_channels_invoiced_by_hand_and_manual_orders_are_left_alone(self):
        manual = self._order((self.green, 1), channel=False, warehouse_id=self.east.id)
        manual.action_confirm()
        self._ship(manual.picking_ids)
        self.assertFalse(manual.invoice_ids)
        self.channel.invoice_policy = "manual"
        order = self._three_piece_order()
        self._ship(order.picking_ids)
        self.assertFalse(order.invoice_ids)
        self.assertEqual(order.invoice_status, "to invoice")

    def test_a_packer_without_accounting_rights_ships(self):
        order = self._three_piece_order()
        for picking in order.picking_ids:
            self._ship(picking.with_user(self.packer))
        self.assertEqual(set(order.invoice_ids.mapped("state")), {"posted"})
        self.assertEqual(order.event_ids[-1].user_id, self.packer)

    def test_a_hold_on_the_invoice_lets_goods_leave(self):
        order = self._three_piece_order()
        hold = order._place_hold("manual", "invoice", "Purchase order number missing")
        self._ship(order.picking_ids)
        self.assertFalse(order.invoice_ids)
        self.assertIn("Purchase order number missing", order.event_ids[-1].summary)
        self.assertEqual(set(order.picking_ids.mapped("state")), {"done"})
        hold.with_user(self.desk).action_release()
        self.assertEqual(order.invoice_ids.state, "posted")

    def test_one_failure_never_stops_the_shipment_or_the_others(self):
        orders = self.env["sale.order"]
        for _index in range(3):
            orders |= self._order((self.green, 1))
        orders.action_confirm()
        bad = orders[1]
        post = self.registry["account.move"]._post

        def failing_post(moves, soft=True):
            if bad in moves.line_ids.sale_line_ids.order_id:
                raise UserError("The journal is broken")  # pylint: disable=translation-required
            return post(moves, soft)

        with patch.object(self.registry["account.move"], "_post", failing_post):
            self._ship(orders.picking_ids)
        self.assertEqual(set(orders.picking_ids.mapped("state")), {"done"})
        self.assertFalse(bad.invoice_ids)
        self.assertEqual(bad.activity_ids.summary, "Shipped but not invoiced")
        self.assertIn("The journal is broken", bad.event_ids[-1].summary)
        self.assertEqual(set((orders - bad).invoice_ids.mapped("state")), {"posted"})
        self.assertEqual(self.env["order.event"]._verify(orders), {})
        bad._invoice_shipped()
        self.assertEqual(bad.invoice_ids.state, "posted")

    def test_an_unexpected_error_is_told_not_raised(self):
        order = self._order()
        order.action_confirm()
        with (
            patch.object(self.registry["account.move"], "_post", side_effect=KeyError("x")),
            self.assertLogs("odoo.addons.order_processing", "ERROR"),
        ):
            self._ship(order.picking_ids)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertIn("KeyError", order.event_ids[-1].summary)

    def test_with_a_job_runner_invoicing_is_a_job(self):
        order = self._three_piece_order()
        with patch("odoo.addons.order_processing.jobs.has_runner", return_value=True):
            with trap_jobs() as trap:
                self._ship(self._picking(order, self.east))
                self.assertFalse(order.invoice_ids)
                trap.assert_jobs_count(1, only=order._invoice_shipped)
                job = trap.enqueued_jobs[0]
                self.assertEqual(job.channel or job.job_config.channel, "root.order_invoice")
                self.assertIn(str(order.id), job.identity_key)
                # Shipped again before the job ran: the one job bills both shipments.
                self._ship(self._picking(order, self.west))
                trap.assert_jobs_count(1, only=order._invoice_shipped)
                trap.perform_enqueued_jobs()
        self.assertEqual(order.invoice_ids.amount_total, order.amount_total)

    def test_orders_get_invoices_of_their_own(self):
        orders = self._order() | self._order()
        orders.action_confirm()
        self._ship(orders.picking_ids)
        self.assertEqual([len(order.invoice_ids) for order in orders], [1, 1])
        self.assertEqual(len(orders.invoice_ids), 2)

    def test_down_payment_is_deducted_with_the_last_shipment(self):
        order = self._three_piece_order()
        self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "fixed",
                "fixed_amount": 300,
            }
        ).create_invoices()
        order.invoice_ids.action_post()
        self._ship(self._picking(order, self.east))
        self._ship(self._picking(order, self.west))
        amounts = order.invoice_ids.mapped("amount_total_signed")
        self.assertEqual(sorted(amounts), [98, 209, 300])

    def test_manual_posting_and_credit_notes_are_logged(self):
        order = self._order((self.delivery_fee, 1), channel=False)
        order.action_confirm()
        invoice = order._create_invoices()
        self.assertNotIn("invoice", self._steps(order))
        invoice.with_user(self.manager).sudo().action_post()
        self.assertEqual(order.event_ids[-1].source, "user")
        refund = invoice._reverse_moves()
        refund.action_post()
        self.assertIn("Credit note", order.event_ids[-1].summary)

    def test_an_invoice_of_two_orders_and_two_invoices_of_one(self):
        orders = self._order((self.delivery_fee, 1)) | self._order((self.delivery_fee, 1))
        orders.action_confirm()
        orders._create_invoices().action_post()
        self.assertEqual(len(orders.invoice_ids), 1)
        for order in orders:
            self.assertEqual(self._steps(order)[-1], "invoice")
        order = self._three_piece_order()
        drafts = order._create_invoices()
        self._picking(order, self.east)
        self.channel.invoice_policy = "manual"
        self._ship(order.picking_ids)
        drafts |= order._create_invoices()
        drafts.action_post()
        self.assertEqual(self._steps(order).count("invoice"), 2)
        self.assertEqual(self.env["order.event"]._verify(order), {})

    def test_close(self):
        order = self._three_piece_order()
        self._ship(self._picking(order, self.east))
        self._pay(order.invoice_ids)
        self.assertFalse(order._close_if_complete())
        self._ship(self._picking(order, self.west))
        self.assertFalse(order._close_if_complete())
        self._pay(order.invoice_ids.filtered(lambda m: m.payment_state == "not_paid"))
        order._close_if_complete()
        self.assertFalse(order._close_if_complete())
        self.assertEqual(order.flow_step, "close")
        self.assertEqual(self._steps(order).count("close"), 1)

    def test_an_order_cut_short_is_settled_and_closed(self):
        """Two of five leave and the back-order is cancelled: nothing more is to come."""
        order = self._order((self.green, 5), (self.delivery_fee, 1))
        order.action_confirm()
        self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "fixed",
                "fixed_amount": 100,
            }
        ).create_invoices()
        down_payment = order.invoice_ids
        down_payment.action_post()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()
        bill = order.invoice_ids - down_payment
        self.assertEqual((bill.state, bill.amount_total), ("posted", 2 * 199 + 10 - 100))
        self.assertFalse(order._close_if_complete())
        self._pay(order.invoice_ids)
        order._close_if_complete()
        self.assertEqual(order.flow_step, "close")

    def test_an_order_of_which_nothing_left_is_not_closed(self):
        order = self._order((self.green, 5), (self.delivery_fee, 1))
        order.action_confirm()
        order.picking_ids.action_cancel()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        self.assertFalse(order._close_if_complete())

    def _pay(self, invoices):
        """Settle invoices against a miscellaneous entry: paid, without a bank in between."""
        receivable = invoices.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        income = self.env["account.account"].search(
            [("account_type", "=", "income"), ("company_ids", "in", self.company.ids)], limit=1
        )
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": line.account_id.id,
                            "partner_id": line.partner_id.id,
                            "credit": line.debit,
                        }
                    )
                    for line in receivable
                ]
                + [
                    Command.create(
                        {"account_id": income.id, "debit": sum(receivable.mapped("debit"))}
                    )
                ],
            }
        )
        entry.action_post()
        (receivable | entry.line_ids.filtered("credit")).reconcile()

from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError

from odoo.addons.queue_job.tests.common import trap_jobs

from ..engine import billing
from .common_billing import BillingCase


class TestBilling(BillingCase):
    # === whose wish it is === #

    def test_customer_before_channel_before_company(self):
        by_hand = self._order(channel=False)
        by_channel = self._order()
        self.company.order_invoice_policy = "order"
        self.channel.write({"invoice_policy": "periodic", "invoice_cadence": "weekly"})
        self.channel.invoice_weekday = "4"
        policies = (by_hand | by_channel)._get_invoice_policies()
        self.assertEqual(policies[by_hand].code, "order")
        self.assertEqual(
            (policies[by_channel].code, policies[by_channel].cadence, policies[by_channel].weekday),
            ("periodic", "weekly", 4),
        )
        self.partner.write({"order_invoice_policy": "delivery", "invoice_grouping": "address"})
        (by_hand | by_channel).invalidate_recordset(["billing_policy"])
        self.assertEqual((by_hand | by_channel).mapped("billing_policy"), ["delivery"] * 2)
        self.assertEqual(by_channel._get_invoice_policies()[by_channel].grouping, "address")
        self.partner.order_invoice_policy = False
        self.assertEqual(by_hand._get_invoice_policies()[by_hand].code, "order")

    def test_a_month_has_31_days_at_most(self):
        with self.assertRaises(ValidationError):
            self.channel.invoice_monthday = 32

    # === at the order, at delivery, deposits === #

    def test_at_the_order(self):
        self.green.invoice_policy = "order"
        self.partner.order_invoice_policy = "order"
        order = self._sold()
        self.assertEqual((order.invoice_ids.state, order.invoice_ids.amount_total), ("posted", 100))

    def test_at_delivery(self):
        self.partner.order_invoice_policy = "delivery"
        order = self._sold()
        self._ship_part(order, 6, backorder=True)
        self.assertFalse(order.invoice_ids)
        self.assertIn("Not delivered", order.invoice_wait)
        order._record_event("deliver", "All parcels arrived")
        self.assertEqual(order.invoice_ids.amount_total, 60)
        order._mark_delivered()
        self.assertEqual(len(order.invoice_ids), 1)
        order.delivered_at = "2026-01-01 00:00:00"
        self._ship_part(order, 4)
        self.assertEqual(len(order.invoice_ids), 1, "the rest is on its way")
        order._mark_delivered()
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [40, 60])

    def test_a_deposit_is_billed_once_and_deducted(self):
        self.channel.write({"deposit_percent": 30, "invoice_policy": "shipment"})
        order = self._order((self.green, 10))
        order.order_line.price_unit = 10
        order.action_confirm()
        deposit = order.invoice_ids
        self.assertEqual((deposit.state, deposit.amount_total), ("posted", 30))
        self.assertFalse(order._invoice_deposit())
        self._ship(order.picking_ids)
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [30, 70])

    def test_a_pro_forma_invoice_is_mailed_once(self):
        self.partner.write({"order_proforma": True, "email": "bob@example.com"})
        order = self._sold()
        mails = order.message_ids.filtered("attachment_ids")
        self.assertIn(f"PRO-FORMA - {order.name}", mails.attachment_ids.name)
        self.assertTrue(order.proforma_sent)
        order._send_proforma()
        self.assertEqual(order.message_ids.filtered("attachment_ids"), mails)
        self.partner.email = False
        silent = self._sold()
        self.assertIn("Pro-forma invoice not sent", silent.activity_ids.mapped("summary"))

    def test_a_deposit_keeps_the_gate(self):
        self.channel.deposit_percent = 30
        order = self._order((self.green, 10))
        order._place_hold("manual", "invoice", "No reference")
        order.action_confirm()
        self.assertFalse(order.invoice_ids)

    # === periodically === #

    def _periodic(self, **rhythm):
        """Three orders of one customer, shipped on Tuesday, 3 March 2026; billed on Mondays."""
        self.partner.write(
            {
                "order_invoice_policy": "periodic",
                "invoice_cadence": "weekly",
                "invoice_weekday": "0",
                **rhythm,
            }
        )
        other = self.partner.copy({"name": "Other Address", "type": "delivery"})
        with freeze_time("2026-03-03 12:00:00"):
            orders = self._sold(1, client_order_ref="PO 1")
            orders |= self._sold(2, client_order_ref="PO 2")
            orders |= self._sold(3, client_order_ref="PO 1", partner_shipping_id=other.id)
            for order in orders:
                self._ship_part(order, order.order_line.product_uom_qty)
            orders.picking_ids.move_ids.write({"date": "2026-03-03 12:00:00"})
        return orders

    def _run(self, day):
        with freeze_time(f"{day} 12:00:00"):
            self.env["sale.order"]._cron_invoice_periodic()

    def test_one_invoice_per_customer_on_its_day(self):
        orders = self._periodic(invoice_grouping="customer")
        self._run("2026-03-08")
        self.assertFalse(orders.invoice_ids)
        with freeze_time("2026-03-08 12:00:00"):
            orders.invalidate_recordset(["invoice_wait"])
            self.assertIn("03/09/2026", orders[0].invoice_wait)
        self._run("2026-03-09")
        invoice = orders.invoice_ids
        self.assertEqual((len(invoice), invoice.state, invoice.amount_total), (1, "posted", 60))
        self._run("2026-03-09")
        self.assertEqual(orders.invoice_ids, invoice)

    def test_a_missed_run_is_caught_up(self):
        orders = self._periodic(invoice_grouping="customer")
        self._run("2026-03-11")
        self.assertEqual(len(orders.invoice_ids), 1)

    def test_fees_wait_for_the_goods_they_are_for(self):
        for policy in ("periodic", "shipment"):
            self.partner.write({"order_invoice_policy": policy, "invoice_cadence": "daily"})
            order = self._order((self.green, 1), (self.delivery_fee, 1), channel=False)
            order.action_confirm()
            self.assertEqual(order.invoice_status, "to invoice")
            self.env["sale.order"]._cron_invoice_periodic()
            self.assertFalse(order.invoice_ids)

    def test_one_invoice_per_reference(self):
        orders = self._periodic(invoice_grouping="reference")
        self._run("2026-03-09")
        self.assertEqual(sorted(orders.invoice_ids.mapped("amount_total")), [20, 40])

    def test_one_invoice_per_address(self):
        orders = self._periodic(invoice_grouping="address")
        self._run("2026-03-09")
        self.assertEqual(sorted(orders.invoice_ids.mapped("amount_total")), [30, 30])

    def test_one_invoice_per_order(self):
        orders = self._periodic(invoice_grouping="order")
        self._run("2026-03-09")
        self.assertEqual(sorted(orders.invoice_ids.mapped("amount_total")), [10, 20, 30])

    def test_held_orders_and_failures_stop_nobody(self):
        orders = self._periodic(invoice_grouping="customer")
        orders[0]._place_hold("manual", "invoice", "Wrong price")
        bad, post = orders[1], self.registry["account.move"]._post

        def failing_post(moves, soft=True):
            if bad in moves.line_ids.sale_line_ids.order_id:
                raise UserError("The journal is broken")  # pylint: disable=translation-required
            return post(moves, soft)

        with patch.object(self.registry["account.move"], "_post", failing_post):
            self._run("2026-03-09")
        self.assertEqual(orders.invoice_ids.invoice_line_ids.sale_line_ids.order_id, orders[2])
        orders.invalidate_recordset(["invoice_wait"])
        self.assertIn("Wrong price", orders[0].invoice_wait)
        self.assertIn("The journal is broken", orders[1].invoice_wait)
        self._run("2026-03-10")
        self.assertEqual(orders[1].invoice_ids.state, "posted")
        self.assertFalse(orders[1].invoice_error)
        self.assertFalse(orders[0].invoice_ids)

    def test_runs_are_jobs_that_keep_together_what_shares_an_invoice(self):
        orders = self._periodic(invoice_grouping="customer")
        single = self._sold(1, partner_id=self.partner.copy({"name": "Alone"}).id)
        self._ship_part(single, 1)
        with (
            patch("odoo.addons.order_processing.jobs.has_runner", return_value=True),
            patch("odoo.addons.order_processing.models.sale_order_invoice_run.CHUNK", 2),
            trap_jobs() as trap,
        ):
            (orders | single)._enqueue_invoice_run()
            (orders | single)._enqueue_invoice_run()
            self.assertEqual(
                [len(job.recordset) for job in trap.enqueued_jobs], [3, 1], "once, together"
            )
            trap.perform_enqueued_jobs()
        self.assertEqual(len(orders.invoice_ids), 1)
        self.assertEqual(len(single.invoice_ids), 1)

    # === the screen === #

    def test_orders_to_invoice_say_why(self):
        order = self._sold()
        self.assertEqual(order.invoice_wait, "Nothing has shipped that could be billed")
        self._ship_part(order, 10)
        order.invalidate_recordset(["invoice_wait"])
        self.assertEqual(order.invoice_wait, "Invoiced by hand")
        with self.assertRaises(UserError):
            order.with_user(self.salesman).sudo(False).action_invoice_now()
        notice = order.with_user(self.accountant).action_invoice_now()
        self.assertIn("1 invoices posted", notice["params"]["message"])
        self.assertEqual(order.invoice_ids.state, "posted")
        order.invalidate_recordset(["invoice_wait"])
        self.assertFalse(order.invoice_wait)
        with self.assertRaises(UserError):
            order.action_invoice_now()

    def test_the_selections_agree(self):
        channel = dict(self.env["order.channel"]._fields["invoice_policy"].selection)
        self.assertEqual(set(channel), {code for code, _label in billing.POLICIES})

    # === credit notes === #

    def test_a_refunded_return_is_credited_by_itself_and_matched(self):
        self.partner.order_invoice_policy = "shipment"
        order = self._sold()
        picking = self._ship_part(order, 10)
        invoice = order.invoice_ids
        self._return(picking, 4, to_refund=True)
        credit = order.invoice_ids - invoice
        self.assertEqual((credit.move_type, credit.state), ("out_refund", "posted"))
        self.assertEqual(credit.reversed_entry_id, invoice)
        self.assertEqual((credit.payment_state, invoice.amount_residual), ("paid", 60))

    def test_everything_that_came_back_is_credited(self):
        self.partner.order_invoice_policy = "shipment"
        order = self._sold()
        picking = self._ship_part(order, 10)
        invoice = order.invoice_ids
        self._return(picking, 10, to_refund=True)
        credit = order.invoice_ids - invoice
        self.assertEqual((credit.move_type, credit.amount_total), ("out_refund", 100))
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (0, "reversed"))

    # === sending === #

    def _send(self):
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.cron_send_order_invoices").method_direct_trigger()

    def _invoiced(self, email="bob@example.com"):
        self.company.order_invoice_send = True
        self.partner.write({"order_invoice_policy": "shipment", "email": email})
        order = self._sold()
        self._ship_part(order, 10)
        return order.invoice_ids

    def test_sent_once_after_posting(self):
        invoice = self._invoiced()
        self.assertEqual((invoice.order_send_state, invoice.is_move_sent), ("waiting", False))
        self._send()
        self.assertEqual((invoice.order_send_state, invoice.is_move_sent), ("sent", True))
        mails = invoice.message_ids.filtered("partner_ids")
        self.assertEqual(mails.partner_ids, self.partner)
        self.assertTrue(invoice.invoice_pdf_report_id)
        self._send()
        invoice._enqueue_sending()
        invoice._send_waiting()
        self.assertEqual(invoice.message_ids.filtered("partner_ids"), mails)

    def test_what_cannot_be_sent_says_so_and_is_tried_again(self):
        invoice = self._invoiced(email=False)
        self._send()
        self.assertEqual(invoice.order_send_state, "failed")
        self.assertIn("no e-mail address", invoice.order_send_error)
        self.assertEqual(invoice.activity_ids.summary, "Invoice not sent")
        self.partner.email = "bob@example.com"
        invoice.with_user(self.accountant).action_send_again()
        self.assertEqual((invoice.order_send_state, invoice.order_send_error), ("sent", False))
        with self.assertRaises(UserError):
            invoice.action_send_again()

    def test_as_an_electronic_invoice_where_the_customer_wants_one(self):
        tax = self.env["account.tax"].create({"name": "VAT", "amount": 21.0})
        self.green.taxes_id = tax
        place = {
            "street": "Rue 1",
            "city": "Liège",
            "zip": "4000",
            "country_id": self.env.ref("base.be").id,
        }
        self.company.partner_id.write(place | {"vat": "BE0477472701"})
        self.partner.write(
            place | {"is_company": True, "vat": "BE0202239951", "invoice_edi_format": "ubl_bis3"}
        )
        invoice = self._invoiced()
        self._send()
        self.assertEqual(invoice.order_send_state, "sent", invoice.order_send_error)
        document = invoice.ubl_cii_xml_id
        self.assertIn(invoice.name.encode(), document.raw)
        self.assertIn(b"BE0202239951", document.raw)
        mail = invoice.message_ids.filtered("partner_ids")
        self.assertIn(document.name, mail.attachment_ids.mapped("name"))

    def test_an_electronic_invoice_that_lacks_something_says_what(self):
        self.green.taxes_id = False  # which its format demands
        self.partner.write(
            {
                "country_id": self.env.ref("base.be").id,
                "is_company": True,
                "invoice_edi_format": "ubl_bis3",
            }
        )
        invoice = self._invoiced()
        self._send()
        self.assertEqual((invoice.order_send_state, invoice.is_move_sent), ("failed", False))
        self.assertIn("tax", invoice.order_send_error)

    def test_companies_that_send_by_hand_do(self):
        invoice = self._invoiced()
        self.company.order_invoice_send = False
        other = self._sold()
        self._ship_part(other, 1)
        self.assertFalse(other.invoice_ids.order_send_state)
        self.assertEqual(invoice.order_send_state, "waiting")

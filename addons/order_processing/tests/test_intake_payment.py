from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import OrderProcessingCase, sample_order, sku_order
from .common_ways import woo_order


@tagged("post_install", "-at_install")
class TestIntakePayment(OrderProcessingCase):
    def _transactions(self, *rows):
        names = ("id", "kind", "amount", "gateway", "authorization", "parent_id")
        return [dict(zip(names, row, strict=False), status="success") for row in rows]

    def test_captured_authorised_and_gift_card(self):
        transactions = self._transactions(
            (1, "sale", "50.00", "gift_card", None),
            (2, "authorization", "149.00", "shopify_payments", "ch_3Nx7TEST99"),
        )
        order = self._take_in(sku_order(1, transactions=transactions)).order_id
        self.assertRecordValues(
            order.channel_payment_ids,
            [
                {"kind": "gift_card", "amount": 50, "state": "captured", "reference": "1"},
                {
                    "kind": "payment",
                    "amount": 149,
                    "state": "authorised",
                    "reference": "ch_3Nx7TEST99",
                },
            ],
        )
        # What was paid changes nothing of what the order costs.
        self.assertEqual(
            (order.amount_total, order.channel_paid, order.channel_due), (199, 50, 149)
        )
        self.assertEqual(order.channel_payment_state, "partial")

    def test_gift_card_of_woocommerce_pays_a_part(self):
        channel = self._create_channel(code="woo", kind="woocommerce", tax_policy="line")
        document = woo_order(1, total="149.00", gift_cards=[{"id": 3, "amount": 50}])
        intake = self._take_in(document | {"payment_method": "stripe"}, channel)
        self.assertEqual((intake.state, intake.warning_text), ("accepted", ""))
        order = intake.order_id
        self.assertEqual((order.amount_total, order.channel_paid), (199, 50))
        self.assertEqual(order.channel_payment_ids.mapped("amount"), [50, 149])

    def test_paid_later_is_noted_however_far_the_order_is(self):
        first = self._take_in(sku_order(1, financial_status="pending", gateway="bogus"))
        order = first.order_id
        self.assertEqual((order.state, order.channel_payment_state), ("sale", "awaited"))
        order.action_lock()
        paid = sku_order(1, financial_status="paid", gateway="bogus")
        second = self._take_in(paid)
        self.assertEqual((second.state, second.order_id), ("accepted", order))
        self.assertEqual([each["kind"] for each in second.differences], ["payment"])
        self.assertEqual((order.channel_payment_state, order.channel_due), ("paid", 0))
        self.assertEqual(len(order.channel_payment_ids), 1)
        self.assertFalse(order.open_hold_count)

    def test_documented_order_is_paid(self):
        order = self._take_in(sample_order(1001)).order_id
        self.assertEqual(order.channel_payment_ids.method, "authorize_net")
        self.assertEqual((order.channel_payment_state, order.channel_paid), ("paid", 598.94))

    def test_nobody_edits_what_the_channel_said(self):
        order = self._take_in(sample_order(1001)).order_id
        payment = order.channel_payment_ids.with_user(self.user)
        for change in (
            lambda: payment.write({"amount": 1}),
            payment.unlink,
            lambda: payment.copy(),
        ):
            with self.assertRaises(AccessError):
                change()

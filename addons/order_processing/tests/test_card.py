from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError

from .common_billing import BillingCase


class TestCard(BillingCase):
    """A provider that answers as told: what counts is when and how often it is asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asked = []
        Tx = cls.registry["payment.transaction"]

        def answer(state):
            def send(tx):
                cls.asked.append((state, tx.amount))
                if isinstance(cls.answers, Exception):
                    raise cls.answers
                tx._set_done() if state != "void" else tx._set_canceled()

            return send

        cls.answers = None
        for name in ("capture", "void", "refund"):
            cls.startClassPatcher(patch.object(Tx, f"_send_{name}_request", answer(name)))
        Provider = cls.registry["payment.provider"]
        compute = Provider._compute_feature_support_fields

        def supports(providers):
            compute(providers)
            providers.filtered(lambda each: each.code == "none").write(
                {"support_manual_capture": "partial", "support_refund": "partial"}
            )

        cls.startClassPatcher(patch.object(Provider, "_compute_feature_support_fields", supports))
        cls.method = cls.env.ref("payment.payment_method_unknown")
        cls.method.write({"support_manual_capture": "partial", "support_refund": "partial"})
        journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.provider = cls.env["payment.provider"].create(
            {
                "name": "Card of the tests",
                "code": "none",
                "state": "test",
                "company_id": cls.company.id,
                "payment_method_ids": [Command.set(cls.method.ids)],
            }
        )
        Method = cls.registry["account.payment.method"]
        known = Method._get_payment_method_information

        def information(methods):
            return {**known(methods), "none": {"mode": "electronic", "type": ("bank",)}}

        cls.startClassPatcher(patch.object(Method, "_get_payment_method_information", information))
        cls.env["account.payment.method"].create(
            {"name": "Card of the tests", "code": "none", "payment_type": "inbound"}
        )
        cls.provider.journal_id = journal
        account = cls.env["account.account"].create(
            {
                "name": "Cards on their way",
                "code": "198765",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        lines = journal.inbound_payment_method_line_ids
        lines.filtered(
            lambda line: line.payment_provider_id == cls.provider
        ).payment_account_id = account
        cls.provider.invalidate_recordset()
        cls.partner.order_invoice_policy = "shipment"

    def setUp(self):
        super().setUp()
        self.asked.clear()
        type(self).answers = None

    def _paid_order(self, quantity=10, amount=100.0):
        """An order whose card is authorised over an amount."""
        order = self._sold(quantity)
        tx = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"Card {order.name}",
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
                "operation": "online_direct",
            }
        )
        tx._set_authorized()
        return order, tx

    def _ask(self):
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.cron_order_payment_request").method_direct_trigger()

    def test_captured_by_what_is_delivered_and_the_rest_released(self):
        order, tx = self._paid_order(amount=120)
        self._ship_part(order, 6, backorder=True)
        request = order.payment_request_ids
        self.assertEqual((request.kind, request.amount, request.state), ("capture", 60, "waiting"))
        self.assertFalse(self.asked, "no provider is called while goods leave")
        self._ask()
        self.assertEqual(self.asked, [("capture", 60)])
        self.assertEqual(request.state, "done")
        self.assertEqual(order.invoice_ids.payment_state, "paid")
        self._ship_part(order, 4)
        self._ask()
        self.assertEqual(self.asked, [("capture", 60), ("capture", 40), ("void", 20)])
        self.assertEqual(set(order.invoice_ids.mapped("payment_state")), {"paid"})
        self.assertEqual(tx.state, "done")
        self._ask()
        self.assertEqual(len(self.asked), 3, "nothing is asked twice")

    def test_no_more_is_captured_than_authorised(self):
        order, _tx = self._paid_order(amount=70)
        self._ship_part(order, 10)
        self.assertEqual(order.payment_request_ids.mapped("amount"), [70])
        self._ask()
        self.assertEqual(order.invoice_ids.amount_residual, 30)

    def test_a_credit_note_is_given_back_once(self):
        order, _tx = self._paid_order()
        picking = self._ship_part(order, 10)
        self._ask()
        self._return(picking, 3, to_refund=True)
        self._ask()
        credit = order.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(self.asked, [("capture", 100), ("refund", -30)])
        self.assertEqual(credit.payment_state, "paid")
        self._ask()
        self.assertEqual(len(self.asked), 2)

    def test_a_cancelled_order_is_released(self):
        order, tx = self._paid_order()
        order._action_cancel()
        self._ask()
        self.assertEqual((self.asked, tx.state), ([("void", 100)], "cancel"))

    def test_refused_is_told_and_asked_again_by_a_person(self):
        order, _tx = self._paid_order()
        type(self).answers = ValidationError("Card expired")
        self._ship_part(order, 10)
        self._ask()
        request = order.payment_request_ids.filtered(lambda each: each.kind == "capture")
        self.assertEqual(request.state, "failed")
        self.assertIn("Card payment: look at it", order.activity_ids.mapped("summary"))
        self._ask()
        self.assertEqual(len(self.asked), 1)
        type(self).answers = None
        with self.assertRaises(UserError):
            request.with_user(self.desk).action_again()
        request.with_user(self.accountant).action_again()
        self._ask()
        self.assertEqual(request.state, "done")

    def test_what_broke_off_is_unknown_and_never_repeated(self):
        order, _tx = self._paid_order()
        self._ship_part(order, 10)
        request = order.payment_request_ids.filtered(lambda each: each.kind == "capture")
        request._claim()  # the server stops here
        self._ask()
        self.assertEqual((request.state, self.asked), ("unknown", []))
        type(self).answers = TimeoutError("no answer")
        request.with_user(self.accountant).action_again()
        with self.assertLogs("odoo.addons.order_processing", "ERROR"):
            self._ask()
        self.assertEqual(request.state, "unknown")
        self._ask()
        self.assertEqual(len(self.asked), 1)
        request.with_user(self.accountant).action_done()
        self.assertEqual(request.state, "done")

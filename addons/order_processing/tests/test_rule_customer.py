from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError

from .common_rule import RuleCommon


class TestRuleCustomer(RuleCommon):
    """Address, customer, country, duplicates, stock, promise, payment, fraud, export, own."""

    def test_lines(self):
        rule = self._rule("content")
        order = self._order()
        self.green.active = False
        self._prove(order, rule, "archived", lambda: self._bring_back(order))

    def _bring_back(self, order):
        self.green.active = True
        order.action_validate_order()

    def test_address_incomplete(self):
        rule = self._rule("address")
        order = self._order(channel=False)
        self.partner.zip = False
        self._prove(order, rule, "ZIP code", lambda: self.partner.write({"zip": "12201"}))

    def test_address_undeliverable(self):
        self.env["delivery.carrier"].search([]).active = False
        belgium = self.env.ref("base.be")
        self.env["delivery.carrier"].create(
            {
                "name": "Belgium only",
                "product_id": self.delivery_fee.id,
                "country_ids": [Command.set(belgium.ids)],
            }
        )
        rule = self._rule("address", check_served=True)
        order = self._order((self.green, 1), channel=False)
        hold = self._assert_kept(order, rule, "No delivery method")
        self.assertEqual(hold.kind, "address")
        self.partner.write({"country_id": belgium.id, "state_id": False})
        self._assert_let_go(order, hold)

    def test_customer_archived(self):
        rule = self._rule("customer")
        order = self._order(channel=False)
        self.partner.active = False
        self._prove(order, rule, "archived", lambda: self.partner.write({"active": True}))

    def test_blocked_country(self):
        rule = self._rule("blocked", country_ids=self.env.ref("base.kp").ids)
        order = self._order(channel=False)
        self.partner.write({"country_id": self.env.ref("base.kp").id, "state_id": False})
        self._prove(
            order, rule, "are blocked", lambda: self.partner.write({"country_id": self.country.id})
        )

    def test_blocked_customer_and_refusal(self):
        tag = self.env["res.partner.category"].create({"name": "Never pays"})
        rule = self._rule("blocked", partner_tag_ids=tag.ids, severity="refuse")
        self.partner.category_id = tag
        order = self._order(channel=False)
        hold = self._assert_kept(order, rule, "customer is blocked")
        for action in ("action_release", "action_approve"):
            for user in (self.manager, self.env.user):
                with self.assertRaisesRegex(UserError, "can't pass as they are"):
                    getattr(hold.with_user(user), action)()
        hold.with_user(self.manager).action_reject()
        self.partner.category_id = False
        self._assert_let_go(order, hold)

    def test_a_refused_order_can_be_cancelled(self):
        self._rule("blocked", partner_ids=self.partner.ids, severity="refuse")
        order = self._order(channel=False)
        order.action_validate_order()
        order._action_cancel()
        self.assertEqual(order.hold_ids.state, "expired")

    def test_duplicate(self):
        rule = self._rule("duplicate", hours=24.0)
        self._order((self.green, 2), channel=False)
        order = self._order((self.green, 2), channel=False)
        self._prove(
            order, rule, "same order", lambda: order.order_line.write({"product_uom_qty": 3})
        )

    def test_stock_short(self):
        rule = self._rule("stock")
        order = self._order((self.green, 51))
        self._prove(
            order,
            rule,
            "1.0 of .* no warehouse",
            lambda: order.order_line.write({"product_uom_qty": 50}),
        )

    def test_stock_of_lines_of_one_product_is_counted_once(self):
        self._rule("stock")
        order = self._order((self.green, 30), (self.green, 30))
        order.action_validate_order()
        self.assertRegex(self._open_holds(order).reason, "^10.0 of")

    def test_promise(self):
        rule = self._rule("promise")
        self.green.sale_delay = 10
        order = self._order(channel=False)
        order.user_id = self.salesman
        self._stock(self.green, order.warehouse_id, 50)
        order.commitment_date = fields.Datetime.now() + timedelta(days=5)
        later = fields.Datetime.now() + timedelta(days=12)
        self._prove(order, rule, "can't be there", lambda: order.write({"commitment_date": later}))

    def test_promise_as_stock_and_receipts_are(self):
        """The suite's own promise: what isn't in stock is there with the next receipt."""
        self._rule("promise")
        order = self._order((self.green, 60), channel=False)
        order.commitment_date = fields.Datetime.now() + timedelta(days=5)
        with self.assertRaisesRegex(UserError, "nothing in stock or incoming"):
            order.action_confirm()
        receipt = self.env["stock.move"].create(
            {
                "product_id": self.green.id,
                "product_uom_qty": 100,
                "product_uom": self.green.uom_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": order.warehouse_id.lot_stock_id.id,
                "date": fields.Datetime.now() + timedelta(days=20),
            }
        )
        receipt._action_confirm(merge=False)
        order.action_validate_order()
        hold = self._open_holds(order)
        self.assertRegex(hold.reason, "can't be there before")
        receipt.date = fields.Datetime.now() + timedelta(days=1)
        order.action_validate_order()
        self._assert_let_go(order, hold)

    def test_payment(self):
        rule = self._rule("payment", percent=100.0, partner_ids=self.partner.ids)
        order = self._order((self.delivery_fee, 1), channel=False)
        hold = self._assert_kept(order, rule, "are paid")
        self.assertEqual(hold.kind, "payment")
        payment = self._pay(order, amount=9.0, state="done")
        order._validate_order()
        self.assertEqual(order.state, "draft")
        payment.amount = 10.0
        payment._set_done()
        payment.write({"state": "done"})
        self._assert_let_go(order, hold)

    def test_payment_at_the_channel_counts(self):
        self._rule("payment", percent=100.0)
        order = self._order((self.delivery_fee, 1), channel=False)
        order.action_validate_order()
        self.assertEqual(self._open_holds(order).kind, "payment")
        payment = {"order_id": order.id, "kind": "payment", "amount": order.amount_total}
        self.env["order.payment"].sudo().create({**payment, "state": "awaited"})
        order.action_validate_order()
        self.assertTrue(self._open_holds(order))
        self.env["order.payment"].sudo().create({**payment, "state": "authorised"})
        order.action_validate_order()
        self.assertFalse(self._open_holds(order))

    def test_fraud(self):
        rule = self._rule(
            "fraud",
            score=50,
            signal_ids=[
                Command.create({"code": "disposable_email", "points": 40}),
                Command.create({"code": "new_customer", "points": 10}),
                Command.create({"code": "foreign_ip", "points": 30}),
            ],
        )
        self.partner.email = "bob@mailinator.com"
        order = self._order(channel=False)
        hold = self._prove(
            order,
            rule,
            "50 points .*throw-away",
            lambda: self.partner.write({"email": "bob@example.com"}),
        )
        self.assertEqual(hold.kind, "fraud")

    def test_fraud_by_number_of_orders(self):
        self._rule(
            "fraud",
            score=30,
            signal_ids=[
                Command.create({"code": "many_orders", "points": 30, "limit": 2, "hours": 24})
            ],
        )
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order(channel=False)
        orders.action_validate_order()
        self.assertEqual([len(self._open_holds(order)) for order in orders], [0, 0, 1])

    def test_export(self):
        iran = self.env.ref("base.ir")
        rule = self._rule("export", country_ids=iran.ids, hs_codes="8519, 9306.30")
        self.green.hs_code = "8519.81"
        order = self._order((self.green, 1), (self.black, 1), channel=False)
        self.partner.write({"country_id": iran.id, "state_id": False})
        hold = self._assert_kept(order, rule, "may not go to Iran")
        self.assertNotIn("Black", hold.reason)
        order.order_line[0].unlink()
        self._commit()
        self.assertEqual(hold.state, "released")

    def test_own_condition(self):
        rule = self._rule(
            "domain", domain="[('client_order_ref', '=', False)]", name="No reference"
        )
        order = self._order(channel=False)
        hold = self._assert_kept(order, rule, "No reference")
        order.client_order_ref = "PO 1"
        order.action_validate_order()
        self._assert_let_go(order, hold)

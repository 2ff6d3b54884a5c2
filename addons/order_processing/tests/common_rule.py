"""What every rule has to stand: it holds, can't be walked round, and lets go by itself."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.service.model import call_kw

from .common_flow import FlowCommon


class RuleCommon(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One rule at a time: what is shipped has tests of its own.
        cls.env["order.rule"].search([]).active = False

    @classmethod
    def _rule(cls, kind, **vals):
        return cls.env["order.rule"].create({"name": f"Test {kind}", "kind": kind, **vals})

    def _commit(self):
        """What happens when a transaction ends: the rules of what changed are looked at."""
        self.env.cr.flush()

    def _open_holds(self, order):
        return order.hold_ids.filtered(lambda hold: hold.state in ("pending", "rejected"))

    def _paths(self, order):
        """Every way to confirm that tells its caller about failure."""
        mine = order.with_user(self.salesman)
        order.user_id = self.salesman
        return (
            order.action_confirm,
            mine.action_confirm,
            lambda: mine.write({"state": "sale"}),
            lambda: order.sudo().write({"state": "sale"}),
            # what looks like ours in the context of a call from outside isn't
            lambda: order.with_context(order_checked=order.ids).action_confirm(),
            # a clerk's script
            lambda: call_kw(mine.browse(), "action_confirm", [order.ids], {}),
            lambda: call_kw(mine.browse(), "write", [order.ids, {"state": "sale"}], {}),
            lambda: call_kw(mine.browse(), "web_save", [order.ids, {"state": "sale"}, {}], {}),
        )

    def _pay(self, order, amount=None, **vals):
        provider = self.env["payment.provider"].create({"name": "Test", "code": "none"})
        return self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "amount": order.amount_total if amount is None else amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
                **vals,
            }
        )

    def _assert_kept(self, order, rule, text):
        """``rule`` holds the order whichever way somebody takes to confirm it."""
        for path in self._paths(order):
            with self.assertRaisesRegex(UserError, text):
                path()
        self.assertEqual(order.state, "draft")
        order._validate_order()
        self.assertEqual(order.state, "draft", "signing confirmed the order")
        self._pay(order)._check_amount_and_confirm_order()
        self.assertEqual(order.state, "draft", "paying confirmed the order")
        order.channel_id.auto_confirm = True
        order._confirm_if_automatic()
        self.assertEqual(order.state, "draft", "the job of its channel confirmed the order")
        order.channel_id.auto_confirm = False
        good = self._order(
            (self.delivery_fee, 1), partner_id=self.good_partner().id, client_order_ref="Good"
        )
        answer = (order | good).with_context(order_confirm_each=True).action_confirm()
        self.assertRegex(answer["params"]["message"], text)
        self.assertEqual((order.state, good.state), ("draft", "sale"))
        hold = self._open_holds(order)
        self.assertEqual(hold.rule_id, rule)
        self.assertRegex(hold.reason, text)
        self.assertTrue(hold.what_to_do)
        return hold

    def good_partner(self):
        """A customer no test says anything about."""
        return self.env["res.partner"].create(
            {
                "name": "Somebody Else",
                "street": "1 Main Street",
                "city": "Albany",
                "zip": "12201",
                "state_id": self.new_york.id,
                "country_id": self.country.id,
                "email": "somebody@example.com",
            }
        )

    def _assert_let_go(self, order, hold):
        """The hold ended by itself, and the order can be confirmed."""
        self._commit()
        self.assertEqual(hold.state, "released", hold.reason)
        self.assertFalse(hold.resolved_by_id)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def _prove(self, order, rule, text, repair):
        """The whole life of a hold: kept on every path, then put right and let go."""
        hold = self._assert_kept(order, rule, text)
        repair()
        self._assert_let_go(order, hold)
        return hold

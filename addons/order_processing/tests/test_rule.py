from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from ..models.order_rule import KINDS
from .common_flow import FlowCommon
from .common_rule import RuleCommon


class TestRule(RuleCommon):
    """Rules as records: scope, severity, trial, rights, companies, several at once."""

    def _held(self, order):
        order.action_validate_order()
        return bool(self._open_holds(order))

    def test_scope(self):
        other = self.channel.copy({"name": "Other", "code": "other"})
        category = self.env["product.category"].create({"name": "Above"})
        below = self.env["product.category"].create({"name": "Below", "parent_id": category.id})
        self.green.categ_id = below
        self.black.categ_id = category.copy({"name": "Beside"})
        rule = self._rule("order_value", amount=100.0)
        for scope, held in (
            ({"channel_ids": self.channel.ids}, True),
            ({"channel_ids": other.ids}, False),
            ({"partner_ids": self.partner.ids}, True),
            ({"partner_ids": self.good_partner().ids}, False),
            ({"category_ids": category.ids}, True),
            ({"category_ids": self.black.categ_id.ids}, False),
            ({"domain": "[('amount_total', '>', 150)]"}, True),
            ({"domain": "[('amount_total', '>', 250)]"}, False),
            ({"domain": "[('create_uid', '=', uid)]"}, True),
            ({"date_to": fields.Date.context_today(rule)}, True),
            ({"date_to": "2020-01-01"}, False),
            ({"active": False}, False),
        ):
            before = {name: False if name != "active" else True for name in scope}
            rule.write(scope)
            self.assertEqual(self._held(self._order()), held, scope)
            rule.write(before)

    def test_inform(self):
        self._rule("discount", percent=5.0, severity="inform", advice="Mind the margin.")
        order = self._order(channel=False)
        order.order_line.discount = 10.0
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.hold_ids)
        self.assertIn("10.0 % discount", order.notice_alert)
        self.assertIn("Mind the margin.", order.notice_alert)
        notes = order.message_ids.filtered(lambda note: "10.0 % discount" in (note.body or ""))
        self.assertEqual(len(notes), 1)

    def test_several_rules_hold_at_once_and_let_go_one_by_one(self):
        first = self._rule("discount", percent=5.0)
        second = self._rule("order_value", amount=100.0)
        third = self._rule("margin", percent=99.0)
        order = self._order(channel=False)
        order.order_line.write({"discount": 10.0, "purchase_price": 100.0})
        order.action_validate_order()
        holds = self._open_holds(order)
        self.assertEqual(holds.rule_id, first | second | third)
        order.order_line.discount = 0.0
        self._commit()
        self.assertEqual(self._open_holds(order).rule_id, second | third)

    def test_an_archived_rule_lets_go(self):
        rule = self._rule("order_value", amount=100.0)
        order = self._order()
        order.action_validate_order()
        rule.active = False
        order.action_validate_order()
        self.assertFalse(self._open_holds(order))

    def test_the_hourly_look_places_and_lifts(self):
        order = self._order()
        order.action_validate_order()
        rule = self._rule("order_value", amount=100.0)
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.cron_order_rule_recheck").method_direct_trigger()
        order.invalidate_recordset()
        self.assertEqual(self._open_holds(order).rule_id, rule)
        rule.amount = 1000.0
        with self.enter_registry_test_mode():
            self.env.ref("order_processing.cron_order_rule_recheck").method_direct_trigger()
        order.invalidate_recordset()
        self.assertFalse(self._open_holds(order))

    def test_what_a_change_sets_free_goes_on_by_itself(self):
        self.channel.auto_confirm = True
        self._rule("address")
        self.partner.zip = False
        order = self._order()
        order.action_validate_order()
        self.assertEqual(order.state, "draft")
        self.partner.with_user(self.manager).write({"zip": "12201"})
        self._commit()
        self.assertEqual(order.state, "sale")

    def test_trial_touches_nothing(self):
        rule = self._rule("order_value", amount=100.0, active=False)
        order = self._order()
        trial = self.env["order.rule.trial"].browse(
            rule.with_user(self.manager).action_try()["res_id"]
        )
        line = trial.line_ids.filtered(lambda each: each.order_id == order)
        self.assertIn("more than", line.reason)
        self.assertFalse(order.hold_ids)
        self.assertFalse(order.event_ids)

    def test_bad_rules_are_refused_with_a_reason(self):
        for vals, text in (
            ({"kind": "blocked"}, "which customers"),
            ({"kind": "export"}, "to which countries"),
            ({"kind": "domain"}, "give the condition"),
            ({"kind": "fraud"}, "which signs"),
            ({"kind": "stock", "domain": "[('nonsense', '=', 1)]"}, "can't be used"),
            ({"kind": "stock", "domain": "import os"}, "can't be used"),
        ):
            with self.assertRaisesRegex(ValidationError, text):
                self._rule(**vals)

    def test_rights(self):
        rule = self._rule("order_value", amount=100.0)
        for user in (self.desk, self.salesman):
            self.assertTrue(rule.with_user(user).name)
            for change in (
                lambda mine: mine.write({"amount": 1e6}),
                lambda mine: mine.unlink(),
                lambda mine: mine.copy(),
            ):
                with self.assertRaises(AccessError):
                    change(rule.with_user(user))
        customer = new_test_user(self.env, "rule_customer", "base.group_portal")
        with self.assertRaises(AccessError):
            rule.with_user(customer).read(["name"])
        rule.with_user(self.manager).amount = 1000.0
        self.assertFalse(self._held(self._order()))

    def test_a_hold_of_a_rule_is_the_rules(self):
        rule = self._rule("order_value", amount=100.0)
        hold_vals = {"order_id": self._order().id, "reason": "x"}
        Hold = self.env["order.hold"].with_user(self.desk)
        hold = Hold.create(hold_vals)
        for vals in ({"finding_key": "x"},):
            with self.assertRaises(AccessError):
                hold.write(vals)
        self.assertFalse(hold.rule_id)
        self.assertTrue(rule)

    def test_companies(self):
        theirs = self.env["res.company"].create({"name": "Theirs"})
        rule = self._rule("order_value", amount=100.0, company_id=theirs.id)
        self.assertFalse(self._held(self._order()))
        rule.company_id = self.company
        self.assertTrue(self._held(self._order()))
        rule.company_id = theirs
        mine = rule.with_user(self.manager)
        with self.assertRaises(AccessError):
            mine.read(["name"])

    def test_rpc_errors_leave_the_hold(self):
        """What is raised rolls the transaction back; the hold is placed in one of its own."""
        self._rule("order_value", amount=100.0)
        order = self._order(channel=False)
        self._commit()
        with self.enter_registry_test_mode():
            try:
                order.action_confirm()
            except UserError:
                # What Odoo does when a call ends in an error, without the rollback itself.
                for hold in order.hold_ids:
                    hold.sudo()._lift("rolled back")
                self.env.flush_all()
                self.env.cr.postrollback.run()
        order.invalidate_recordset()
        self.assertEqual(len(self._open_holds(order)), 1)

    def test_every_kind_has_its_words(self):
        labels = dict(self.env["order.rule"]._fields["kind"].selection)
        self.assertEqual(labels.keys(), {code for code, _label, _fields in KINDS})
        order = self._order()
        self.assertEqual(
            order._finding_texts().keys() | {"address_incomplete", "domain", "stated_otherwise"},
            order._finding_advices().keys(),
        )


class TestShippedRules(FlowCommon):
    """What is shipped holds no ordinary order."""

    def test_a_typed_order_passes(self):
        self.partner.write({"zip": False, "street": False})
        order = self._order((self.green, 500), channel=False)
        order.order_line.write({"discount": 90.0})
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.hold_ids)

    def test_shipped_rules_can_be_switched_on(self):
        rules = self.env["order.rule"].with_context(active_test=False).search([])
        rules.active = True
        order = self._order((self.green, 1), channel=False, partner_id=self.partner.id)
        order.order_line.write({"discount": 50.0, "purchase_price": 10.0})
        order.action_validate_order()
        self.assertEqual(order.hold_ids.rule_id.mapped("kind"), ["discount"])

    def test_usual_signs(self):
        rule = self.env["order.rule"].new({"kind": "fraud"})
        rule._onchange_kind()
        self.assertEqual(len(rule.signal_ids), 6)
        self.assertEqual(Command.CREATE, 0)

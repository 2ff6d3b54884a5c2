import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..hooks import uninstall_hook
from .common_flow import FlowCommon


class TestAudit(FlowCommon):
    def _last_of_company(self):
        return self.env["order.event"].search(
            [("order_id", "=", False), ("company_id", "=", self.company.id)],
            order="sequence desc",
            limit=1,
        )

    # === append only === #

    def test_no_path_changes_the_log(self):
        order = self._order()
        event = order._record_event("validate", "Checked")
        self.env.flush_all()
        for path in (
            lambda: event.sudo().write({"summary": "x"}),
            lambda: event.sudo()._write({"summary": "x"}),
            lambda: event.sudo()._write_multi([{"summary": "x"}]),
            lambda: event.sudo().unlink(),
            lambda: order.sudo().write({"event_ids": [(2, event.id)]}),
            lambda: order.sudo().unlink(),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                path()
        self.assertEqual(event.summary, "Checked")

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses_too(self):
        order = self._order()
        event = order._record_event("validate", "Checked")
        self.env.flush_all()
        for query in (
            "UPDATE order_event SET summary = 'x' WHERE id = %s",
            "DELETE FROM order_event WHERE id = %s",
            "TRUNCATE order_event CASCADE; SELECT %s",
        ):
            with (
                self.assertRaisesRegex(psycopg2.Error, "only be appended to"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query, [event.id])

    def test_uninstalling_takes_the_trigger_away(self):
        with self.env.cr.savepoint() as savepoint:
            uninstall_hook(self.env)
            self.env.cr.execute("DELETE FROM order_event")
            savepoint.rollback()

    # === changes, before and after === #

    def test_prices_and_quantities_of_orders_under_way(self):
        order = self._order()
        line = order.order_line
        line.price_unit = 180
        self.assertFalse(order.event_ids, "a quotation nothing happened to may still be deleted")
        order._record_event("validate", "Checked")
        line.with_user(self.manager).write({"price_unit": 150, "discount": 10})
        event = order.event_ids[-1]
        self.assertEqual((event.step, event.user_id, event.duty), ("change", self.manager, "price"))
        self.assertEqual(
            event.details["changes"],
            {
                "price_unit": {"before": 180, "after": 150},
                "discount": {"before": 0, "after": 10},
            },
        )
        self.assertIn("180.0 → 150.0", event.summary)
        line.with_user(self.manager).product_uom_qty = 3
        self.assertEqual(order.event_ids[-1].duty, "enter")
        line.product_uom_qty = 3
        self.assertEqual(len(order.event_ids), 3, "nothing changed")
        self.assertEqual(order.flow_step, "validate")
        self.assertEqual(self.env["order.event"]._verify(order), {})

    def test_prices_that_follow_are_told_with_what_they_follow(self):
        """Odoo sets prices anew by quantity, and by its button Update Prices."""
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Steps",
                "item_ids": [
                    Command.create({"compute_price": "fixed", "fixed_price": 100}),
                    Command.create(
                        {"compute_price": "fixed", "fixed_price": 90, "min_quantity": 10}
                    ),
                ],
            }
        )
        order = self._order(pricelist_id=pricelist.id)
        order._record_event("validate", "Checked")
        order.order_line.with_user(self.manager).product_uom_qty = 10
        event = order.event_ids[-1]
        self.assertEqual(
            event.details["changes"],
            {
                "product_uom_qty": {"before": 1, "after": 10},
                "price_unit": {"before": 100, "after": 90},
            },
        )
        self.assertEqual(event.duty, "enter", "who changes a quantity changes no price")
        pricelist.item_ids[1].fixed_price = 80
        pricelist.item_ids[0].fixed_price = 85
        order.with_user(self.manager).action_update_prices()
        told = order.event_ids.filtered(lambda event: event.step == "change")
        change = {**(told[-1].details["changes"])}
        self.assertEqual(change["price_unit"]["before"], 90)
        self.assertEqual(change["price_unit"]["after"], order.order_line.price_unit)
        self.assertEqual(told[-1].duty, "price")

    def test_prices_of_pricelists_and_products_go_to_the_companys_log(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "Trade", "item_ids": [Command.create({"fixed_price": 100})]}
        )
        item = pricelist.item_ids.with_user(self.env.ref("base.user_admin"))
        item.fixed_price = 95
        event = self._last_of_company()
        self.assertEqual(event.details["changes"], {"fixed_price": {"before": 100, "after": 95}})
        self.assertIn("Trade", event.summary)
        before = self.green.list_price
        self.green.product_tmpl_id.list_price = before + 1
        event = self._last_of_company()
        self.assertEqual(
            event.details["changes"]["list_price"], {"before": before, "after": before + 1}
        )
        item.unlink()
        self.assertIn("removed", self._last_of_company().summary)

    def test_what_decides_about_orders_is_told_in_full(self):
        """No field of a rule, a level or a credit line is changed unseen."""
        rule = self.env["order.rule"].create(
            {
                "name": "Signs",
                "kind": "fraud",
                "signal_ids": [Command.create({"code": "new_customer", "points": 10})],
            }
        )
        rule.signal_ids.points = 20
        event = self._last_of_company()
        self.assertEqual(event.details["changes"], {"points": {"before": 10, "after": 20}})
        rule.country_ids = self.country
        self.assertIn("country_ids", self._last_of_company().details["changes"])
        self.partner.credit_insured = 700
        self.assertEqual(self._last_of_company().details["changes"]["credit_insured"]["after"], 700)
        policy = self.env["order.approval.policy"].create(
            {
                "name": "All",
                "company_id": self.company.id,
                "step_ids": [
                    Command.create({"name": "Boss", "user_ids": [Command.set(self.manager.ids)]})
                ],
            }
        )
        for change, name in (
            (lambda: policy.write({"sequence": 99}), "sequence"),
            (lambda: policy.step_ids.write({"max_amount": 5}), "max_amount"),
        ):
            change()
            event = self._last_of_company()
            self.assertIn(name, event.details["changes"])
            self.assertEqual(event.duty or "rule", "rule")
        seen = {"write_date", "write_uid", "create_date", "create_uid", "id", "advice", "sequence"}
        for model in ("order.rule", "order.rule.signal"):
            fields_ = self.env[model]._fields.values()
            stored = {
                field.name
                for field in fields_
                if field.store and not field.compute and not field.related
                if not field.name.startswith(("message_", "activity_")) and field.type != "one2many"
            }
            untold = stored - set(self.env[model]._audited) - seen - {"rule_id"}
            self.assertFalse(untold, f"{model}: {untold} change unseen")

    def test_another_hand_on_a_quotation_is_told(self):
        order = self._order()
        order.order_line.with_user(self.manager).price_unit = 1
        self.assertEqual(order.event_ids.user_id, self.manager)

    def test_lines_added_and_removed(self):
        order = self._order()
        order._record_event("validate", "Checked")
        line = order.order_line.create(
            {"order_id": order.id, "product_id": self.black.id, "product_uom_qty": 2}
        )
        self.assertIn("BLACK", order.event_ids[-1].summary)
        line.unlink()
        self.assertIn("removed", order.event_ids[-1].summary)
        self.assertEqual(order.event_ids[-1].details["changes"]["product_uom_qty"]["before"], 2)

    def test_order_fields_and_holds(self):
        order = self._order()
        hold = order._place_hold("manual", "release", "Wait")
        other = self.partner.copy({"name": "Somebody Else"})
        order.partner_invoice_id = other
        change = order.event_ids[-1].details["changes"]["partner_invoice_id"]
        self.assertEqual(change, {"before": "Bob Norman", "after": "Somebody Else"})
        hold.with_user(self.manager).reason = "Wait, please"
        self.assertIn("Wait → Wait, please", order.event_ids[-1].summary)

    def test_an_order_keeps_its_company(self):
        order = self._order()
        order._record_event("validate", "Checked")
        other = self.env["res.company"].create({"name": "Other Company"})
        with self.assertRaisesRegex(UserError, "recorded in its company"):
            order.company_id = other

    def test_bank_data_and_credit_limits_go_to_the_companys_log(self):
        bank = self.env["res.partner.bank"].create(
            {"partner_id": self.partner.id, "acc_number": "DE-1"}
        )
        event = self._last_of_company()
        self.assertEqual(event.details["changes"]["acc_number"], {"before": None, "after": "DE-1"})
        bank.with_user(self.env.ref("base.user_admin")).acc_number = "DE-2"
        event = self._last_of_company()
        self.assertEqual((event.duty, event.source), ("bank", "user"))
        self.assertEqual(event.details["partner"], self.partner.id)
        self.partner.credit_limit = 500
        event = self._last_of_company()
        self.assertEqual(event.details["changes"]["credit_limit"]["after"], 500)
        self.company.order_duty_document = "off"
        self.assertIn("Refuse", self._last_of_company().summary)
        self.assertEqual(self.env["order.event"]._find_company_problems(self.company), [])

    def test_rules_are_told(self):
        rule = self.env["order.rule"].search([("company_id", "in", (False, self.company.id))])[:1]
        rule.with_user(self.manager).severity = "inform" if rule.severity != "inform" else "hold"
        event = self._last_of_company()
        self.assertEqual((event.duty, event.details["model"]), ("rule", "order.rule"))
        self.assertEqual(event.details["changes"]["severity"]["after"], rule.severity)

    def test_company_logs_are_kept_apart(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        Event = self.env["order.event"]
        for company in (self.company, other, other):
            Event._append([{"company": company, "step": "change", "summary": "x"}])
        mine = Event.search([("order_id", "=", False), ("company_id", "=", other.id)])
        self.assertEqual(mine.sorted("sequence").mapped("sequence"), list(range(1, len(mine) + 1)))
        stranger = new_test_user(
            self.env,
            "audit_stranger",
            "order_processing.group_order_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.env["order.event.anchor"]._drop(self.company)
        for model in ("order.event", "order.event.anchor", "order.event.anchor.line"):
            visible = self.env[model].with_user(stranger).search([])
            owner = visible.anchor_id if model.endswith("line") else visible
            self.assertFalse(owner.company_id - other, model)

    def test_who_verifies(self):
        for user in (self.desk, self.salesman, self.packer):
            for method in ("action_start",):
                with self.assertRaises(AccessError):
                    getattr(self.env["order.event.verification"].with_user(user), method)()
            with self.assertRaises(AccessError):
                self.env["order.event.anchor"].with_user(user).action_drop()
        action = self.env["order.event.verification"].with_user(self.manager).action_start()
        self.assertTrue(action["res_id"])
        with self.assertRaises(AccessError):
            self.env["order.event.verification"].with_user(self.manager).create({})

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from .common_approval import ApprovalCommon

GROUPS = (
    "order_processing.group_order_user,order_processing.group_order_accountant,"
    "stock.group_stock_user,account.group_account_invoice,base.group_partner_manager"
)


class TestDuty(ApprovalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.order_duty_standing = "off"
        cls.jack = new_test_user(cls.env, "duty_jack", GROUPS, name="Jack of all trades")
        cls.other = new_test_user(cls.env, "duty_other", GROUPS, name="Other")
        cls.policy.step_ids[0].user_ids |= cls.jack | cls.other
        cls.env["order.approval.policy"].create(
            {
                "name": "Credit",
                "kind": "credit",
                "step_ids": [Command.create(cls._step("All", cls.jack | cls.other))],
            }
        )
        cls.bank_journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )

    # === every duty as an act on one order === #

    def _do(self, duty, order, user):
        """Let ``user`` carry out ``duty`` on ``order``, each by what people really press."""
        return getattr(self, f"_do_{duty}")(order.with_user(user))

    def _do_price(self, order):
        line = order.order_line[:1]
        line.price_unit = line.price_unit - 1

    def _do_approve(self, order):
        hold = order.sudo()._place_hold("manual", "refund", "Special").with_user(order.env.user)
        hold.sudo(False).action_approve()

    def _do_credit(self, order):
        hold = order.sudo()._place_hold("credit", "refund", "Credit").with_user(order.env.user)
        hold.sudo(False).action_release()

    def _confirmed(self, order):
        if order.state != "sale":
            order.with_user(self.env.user).sudo().action_confirm()

    def _do_ship(self, order):
        self._confirmed(order)
        picking = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))[:1]
        self._ship(picking.sudo(False))

    def _invoice(self, order):
        """A posted invoice made by nobody in particular."""
        self._confirmed(order)
        order = order.with_user(self.env.user).sudo()
        posted = order.invoice_ids.filtered(
            lambda m: (
                m.state == "posted"
                and m.payment_state == "not_paid"
                and m.move_type == "out_invoice"
            )
        )
        if not posted:
            order.order_line.create(
                {"order_id": order.id, "product_id": self.delivery_fee.id, "product_uom_qty": 1}
            )
            posted = order._create_invoices()
            posted.action_post()
        return posted[:1]

    def _do_invoice(self, order):
        self._confirmed(order)
        order.with_user(self.env.user).sudo().order_line.create(
            {"order_id": order.id, "product_id": self.delivery_fee.id, "product_uom_qty": 1}
        )
        move = order.with_user(self.env.user).sudo()._create_invoices()
        move.with_user(order.env.user).sudo(False).action_post()

    def _do_refund(self, order):
        refund = self._invoice(order)._reverse_moves()
        refund.with_user(order.env.user).sudo(False).action_post()

    def _register(self, order, **vals):
        move = self._invoice(order)
        self.env["account.payment.register"].with_user(order.env.user).with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"journal_id": self.bank_journal.id, **vals}).action_create_payments()

    def _do_pay(self, order):
        self._register(order)

    def _do_write_off(self, order):
        account = self.env["account.account"].search(
            [("account_type", "=", "expense"), ("company_ids", "in", self.company.ids)], limit=1
        )
        # Registering comes with it; on its own it is refused as that.
        self._register(
            order,
            amount=self._invoice(order).amount_residual - 1,
            payment_difference_handling="reconcile",
            writeoff_account_id=account.id,
        )

    def _do_match(self, order):
        move = self._invoice(order)
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": fields.Date.today(),
                "payment_ref": "transfer",
                "amount": move.amount_residual,
            }
        )
        items = move.line_ids.filtered(lambda i: i.account_id.account_type == "asset_receivable")
        match = self.env["order.match"].create(
            {
                "statement_line_id": line.id,
                "company_id": self.company.id,
                "journal_id": self.bank_journal.id,
                "currency_id": self.company.currency_id.id,
                "amount": line.amount,
                "level": "amount",
                "state": "suggested",
                "reason": "test",
                "item_ids": [Command.set(items.ids)],
                "move_ids": [Command.set(move.ids)],
            }
        )
        match.with_user(order.env.user).action_accept()

    def _do_bank(self, order):
        self.env["res.partner.bank"].with_user(order.env.user).sudo().create(
            {"partner_id": order.partner_id.id, "acc_number": f"DE-{order.id}"}
        )

    def _do_rule(self, order):
        partner = order.partner_id.with_user(order.env.user).sudo()
        partner.credit_limit += 100

    def _order_of(self, user=None):
        return (
            self.env["sale.order"]
            .with_user(user or self.env.user)
            .sudo()
            .create(
                {
                    "partner_id": self.partner.copy({"name": "Duty customer"}).id,
                    "warehouse_id": self.east.id,
                    "order_line": [
                        Command.create({"product_id": self.green.id, "product_uom_qty": 1}),
                        Command.create({"product_id": self.delivery_fee.id, "product_uom_qty": 1}),
                    ],
                }
            )
        )

    def test_each_pair_of_the_matrix_on_one_order(self):
        """Done by one person the second is refused; by another, or as an exception, it is not."""
        conflicts = self.env["order.duty.conflict"].search([("on_document", "=", True)])
        self.assertGreaterEqual(len(conflicts), 15)
        for conflict in conflicts:
            conflicts.severity = "warn"
            conflict.severity = "prevent"
            first, second = conflict.first_id.code, conflict.second_id.code
            if second == "enter":
                first, second = second, first
            if second in ("bank", "rule"):  # these concern the customer: asked of the order
                first, second = second, first
            with self.subTest(pair=f"{first} × {second}"), self.env.cr.savepoint() as savepoint:
                order = self._order_of(self.jack if first == "enter" else None)
                if first != "enter":
                    self._do(first, order, self.jack)
                with self.assertRaisesRegex(AccessError, "both on the same order"):
                    with self.env.cr.savepoint():
                        self._do(second, order, self.jack)
                with self.env.cr.savepoint() as inner:
                    self._do(second, order, self.other)
                    inner.rollback()
                self.env.invalidate_all()
                self._except(self.jack, conflict)
                self._do(second, order, self.jack)
                self.assertTrue(
                    order.event_ids.filtered(
                        lambda e, c=conflict: (e.details or {}).get("conflict") == c.id
                    ),
                    "an exception is told",
                )
                self.assertIn(
                    (self.jack, conflict),
                    [(line.user_id, line.conflict_id) for line in self._report(order)]
                    if not {"bank", "rule"} & {first, second}
                    else [(self.jack, conflict)],
                )
                savepoint.rollback()
            self.env.invalidate_all()

    def _except(self, user, conflict, **vals):
        return (
            self.env["order.duty.exception"]
            .with_user(self.manager)
            .create(
                {
                    "user_id": user.id,
                    "conflict_id": conflict.id,
                    "reason": "Colleague ill",
                    "date_to": fields.Date.today() + timedelta(days=7),
                    **vals,
                }
            )
        )

    def _report(self, order):
        self.env.flush_all()
        return (
            self.env["order.duty.report"]
            .with_user(self.manager)
            .search([("order_id", "=", order.id)])
        )

    def test_who_entered_may_not_approve_out_of_the_box(self):
        hold = self._held(by=self.lead)
        with self.assertRaisesRegex(AccessError, "Enter orders × Approve"):
            hold.with_user(self.lead).action_approve()
        self.assertNotIn(
            hold, self.env["order.hold"].with_user(self.lead).search([("awaits_me", "=", True)])
        )
        hold.with_user(self.other).action_approve()
        self.assertEqual(hold.state, "approved")

    def test_rejecting_ones_own_is_no_conflict(self):
        hold = self._held(by=self.lead)
        hold.with_user(self.lead).action_reject("My mistake")
        self.assertEqual(hold.state, "rejected")

    def test_a_company_of_one_person(self):
        for mode, events in (("warn", 1), ("off", 0)):
            self.company.order_duty_document = mode
            hold = self._held(by=self.lead)
            hold.with_user(self.lead).action_approve()
            self.assertEqual(hold.state, "approved")
            told = hold.order_id.event_ids.filtered(lambda e: "Conflict of duties" in e.summary)
            self.assertEqual(len(told), events)

    def test_channels_and_the_suite_have_no_duties(self):
        order = self._order_of()
        order._record_event("validate", "x", source="channel", duty="ship")
        self.assertFalse(order.event_ids.duty)

    # === standing rights === #

    def _accountant(self):
        return self.env.ref("order_processing.group_order_accountant")

    def test_giving_conflicting_rights(self):
        """Refused for people, told for the superuser, whichever way the group is given."""
        self.company.order_duty_standing = "prevent"
        conflicts = self.env["order.duty.conflict"].search([("as_right", "=", True)])
        conflicts.severity = "prevent"
        admin = self.env.ref("base.user_admin")
        packer = self.packer
        for way in (
            lambda: packer.with_user(admin).write(
                {"group_ids": [Command.link(self._accountant().id)]}
            ),
            lambda: (
                self._accountant().with_user(admin).write({"user_ids": [Command.link(packer.id)]})
            ),
            lambda: (
                self.env.ref("stock.group_stock_user")
                .with_user(admin)
                .write({"implied_ids": [Command.link(self._accountant().id)]})
            ),
        ):
            with self.assertRaisesRegex(AccessError, "Ship × Match"), self.env.cr.savepoint():
                way()
            self.env.invalidate_all()
            self.env.registry.clear_all_caches()
            self.assertFalse(packer.has_group("order_processing.group_order_accountant"))
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["res.users"].with_user(admin).create(
                {
                    "name": "New",
                    "login": "duty_new",
                    "group_ids": [
                        Command.link(self._accountant().id),
                        Command.link(self.env.ref("stock.group_stock_user").id),
                    ],
                }
            )
        conflict = self.env.ref("order_processing.duty_conflict_ship_match")
        exceptions = [self._except(packer, conflict)] + [
            self._except(packer, other)
            for other in conflicts - conflict
            if {other.first_id.code, other.second_id.code}
            <= self.env["order.duty"]._rights(packer | self.jack)[self.jack.id]
        ]
        packer.with_user(admin).write({"group_ids": [Command.link(self._accountant().id)]})
        self.assertTrue(packer.has_group("order_processing.group_order_accountant"))
        self.assertTrue(exceptions)
        event = self.env["order.event"].search(
            [("order_id", "=", False), ("summary", "like", "given conflicting rights")],
            order="id desc",
            limit=1,
        )
        self.assertEqual(event.details["user"], packer.id)

    def test_each_standing_pair_is_refused(self):
        self.company.order_duty_standing = "prevent"
        conflicts = self.env["order.duty.conflict"].search([("as_right", "=", True)])
        conflicts.severity = "prevent"
        admin = self.env.ref("base.user_admin")
        for conflict in conflicts:
            groups = conflict.first_id.group_ids[:1] | conflict.second_id.group_ids[:1]
            with self.subTest(pair=conflict.display_name):
                with (
                    self.assertRaisesRegex(AccessError, "exclude each other"),
                    self.env.cr.savepoint(),
                ):
                    self.env["res.users"].with_user(admin).create(
                        {
                            "name": "New",
                            "login": "duty_new",
                            "group_ids": [Command.set(groups.ids)],
                        }
                    )
                self.env.invalidate_all()

    def test_warn_is_the_default_and_obstructs_nobody(self):
        self.company.order_duty_standing = "warn"
        admin = self.env.ref("base.user_admin")
        self.packer.with_user(admin).write({"group_ids": [Command.link(self._accountant().id)]})
        self.assertTrue(self.packer.has_group("order_processing.group_order_accountant"))
        names = self.env["order.event"].search(
            [("order_id", "=", False), ("summary", "like", "given conflicting rights")]
        )
        self.assertIn(self.packer.id, [event.details.get("user") for event in names])
        lines = self.env["order.duty.report"].search(
            [("scope", "=", "right"), ("user_id", "=", self.packer.id)]
        )
        self.assertIn("Ship × Match bank lines", lines.mapped("conflict_id.display_name"))
        self.assertTrue(all(lines.mapped("why")))

    # === exceptions === #

    def test_exceptions_are_somebody_elses_and_end(self):
        conflict = self.env.ref("order_processing.duty_conflict_enter_approve")
        with self.assertRaisesRegex(ValidationError, "Nobody allows themselves"):
            self._except(self.manager, conflict)
        with self.assertRaises(UserError):
            self._except(self.lead, conflict, approver_id=self.boss.id)
        with self.assertRaises(AccessError):
            self.env["order.duty.exception"].with_user(self.desk).create(
                {
                    "user_id": self.lead.id,
                    "conflict_id": conflict.id,
                    "reason": "x",
                    "date_to": fields.Date.today(),
                }
            )
        exception = self._except(self.lead, conflict)
        with self.assertRaises(UserError):
            exception.with_user(self.manager).reason = "Another"
        with self.assertRaises(UserError):
            exception.unlink()
        hold = self._held(by=self.lead)
        hold.with_user(self.lead).action_approve()
        self.assertEqual(hold.state, "approved")
        exception.with_user(self.manager).write({"date_to": exception.date_from})
        exception.sudo().write(
            {
                "date_from": fields.Date.today() - timedelta(days=9),
                "date_to": fields.Date.today() - timedelta(days=1),
            }
        )
        hold = self._held(by=self.lead)
        with self.assertRaises(AccessError):
            hold.with_user(self.lead).action_approve()

    def test_the_matrix_is_data_of_administrators(self):
        for model, vals in (
            ("order.duty.conflict", {"severity": "warn"}),
            ("order.approval.policy", {"name": "x"}),
            ("order.approval.step", {"minimum": 1}),
            ("order.duty", {"sequence": 1}),
        ):
            record = self.env[model].search([], limit=1)
            with self.assertRaises(AccessError, msg=model):
                record.with_user(self.desk).write(vals)
            record.with_user(self.manager).write(vals)
        first = self.env["order.duty"].search([], limit=1)
        with self.assertRaises(ValidationError):
            self.env["order.duty.conflict"].create({"first_id": first.id, "second_id": first.id})

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_flow import FlowCommon


@tagged("post_install", "-at_install")
class TestOrderEntry(FlowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.env.user.group_ids |= cls.env.ref("uom.group_uom")
        cls.green.barcode = "0401234567890"
        cls.env["product.uom"].create(
            {"product_id": cls.green.id, "uom_id": cls.dozen.id, "barcode": "14012345678907"}
        )
        cls.old = cls._product("OLD", 5.0)

    def _lines(self, order):
        return [
            (line.product_id.default_code or line.name, line.product_uom_qty, line.product_uom_id)
            for line in order.order_line
        ]

    def _new_order(self):
        return self.env["sale.order"].create(
            {"partner_id": self.partner.id, "warehouse_id": self.main.id}
        )

    # === scanning === #

    def _scan(self, order, *codes):
        """Scan into an order's form and save: what the client does."""
        with Form(order) as form:
            for code in codes:
                form._barcode_scanned = code
        return order

    def test_scan_adds_one_and_counts_up(self):
        order = self._scan(self._new_order(), *["0401234567890"] * 3)
        unit = self.green.uom_id
        self.assertEqual(self._lines(order), [("GREEN", 3, unit)])
        self.assertEqual(order.order_line.price_unit, 199)

    def test_scan_a_pack_counts_packs(self):
        order = self._scan(self._new_order(), "14012345678907", "0401234567890", "14012345678907")
        self.assertEqual(
            self._lines(order), [("GREEN", 2, self.dozen), ("GREEN", 1, self.green.uom_id)]
        )

    def test_scan_without_leading_zeros_or_our_own_number(self):
        order = self._scan(self._new_order(), "401234567890", "RED")
        self.assertEqual([line[:2] for line in self._lines(order)], [("GREEN", 1), ("RED", 1)])

    def test_unknown_barcode_is_said_in_words(self):
        order = self._new_order()
        warning = order.on_barcode_scanned("999")["warning"]
        self.assertIn("999", warning["message"])
        self.assertEqual(warning["type"], "notification")
        self.assertFalse(order.order_line)

    def test_a_cancelled_order_takes_no_scan(self):
        order = self._order((self.green, 1), channel=False)
        order._action_cancel()
        self.assertTrue(order.on_barcode_scanned("RED")["warning"])
        self.assertEqual(len(order.order_line), 1)

    # === resolving === #

    def test_codes_are_the_customers_first(self):
        aliases = self.env["order.channel.alias"]
        aliases.create({"code": "X-1", "product_id": self.red.id})
        order = self._new_order()
        self.assertEqual(order._resolve_codes(["x-1"])["x-1"][0], self.red)
        aliases.create({"code": "X-1", "product_id": self.black.id, "partner_id": self.partner.id})
        self.assertEqual(order._resolve_codes(["x-1"])["x-1"][0], self.black)

    def test_two_products_of_one_number_are_not_guessed(self):
        self._product("GREEN", 1.0)
        self.assertFalse(self._new_order()._resolve_codes(["GREEN"]))

    def test_archived_products_are_unknown(self):
        self.old.active = False
        self.assertFalse(self._new_order()._resolve_codes(["OLD"]))

    def test_queries_do_not_grow(self):
        order, counts = self._new_order(), []
        for count in (2, 200):
            codes = ["GREEN", "RED", *[f"NONE{number}" for number in range(count)]]
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            order._resolve_codes(codes)
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 14)

    # === pasting === #

    def _paste(self, text, order=None, user=None):
        order = order or self._new_order()
        wizard = (
            self.env["order.entry.paste"]
            .with_user(user or self.env.user)
            .create({"order_id": order.id, "text": text})
        )
        wizard.action_read()
        return wizard

    def test_paste(self):
        wizard = self._paste("SKU\tQty\tPrice\nGREEN\t3\nRED\t2\t150.00\n14012345678907\t1\n")
        self.assertEqual(wizard.open_count, 0)
        wizard.action_add()
        order = wizard.order_id
        self.assertEqual(
            [line[:2] for line in self._lines(order)], [("GREEN", 3), ("RED", 2), ("GREEN", 1)]
        )
        self.assertEqual(order.order_line.mapped("price_unit")[:2], [199, 150])
        self.assertEqual(order.order_line[2].product_uom_id, self.dozen)

    def test_paste_shows_proposals_and_loses_nothing(self):
        wizard = self._paste("GREEN\t1\nGREN\t2\nRED\tmany\n")
        self.assertEqual(wizard.line_ids.mapped("problem"), [False, "unknown", "quantity"])
        self.assertEqual(wizard.line_ids[1].proposal_id, self.green)
        action = wizard.action_add()
        self.assertEqual(action["params"]["type"], "warning")
        lines = wizard.order_id.order_line
        self.assertEqual(lines.mapped("display_type"), [False, "line_note", "line_note"])
        # The form shows what can be promised of every line, so that of notes, too.
        self.assertEqual(lines[1:].mapped("availability_state"), [False, False])
        self.assertIn("GREN\t2", lines[1].name)
        self.assertIn("RED\tmany", lines[2].name)

    def test_a_proposal_taken_and_remembered(self):
        wizard = self._paste("GREN 2")
        wizard.line_ids.action_take_proposal()
        self.assertEqual(wizard.line_ids.product_id, self.green)
        wizard.line_ids.is_remembered = True
        wizard.action_add()
        self.assertEqual(self._lines(wizard.order_id)[0][:2], ("GREEN", 2))
        self.assertEqual(self._paste("gren 5").line_ids.product_id, self.green)
        other = self.partner.copy({"name": "Somebody else"})
        theirs = self.env["sale.order"].create({"partner_id": other.id})
        self.assertFalse(self._paste("gren 5", theirs).line_ids.product_id)

    def test_nothing_or_too_much(self):
        for text in ("", " \n ", "A 1\n" * 2001):
            with self.assertRaises(UserError):
                self._paste(text)

    def test_salespeople_paste_into_their_orders_but_set_no_aliases(self):
        order = self._new_order()
        order.user_id = self.salesman
        wizard = self._paste("GREEN 2", order, self.salesman)
        wizard.action_add()
        self.assertEqual(order.order_line.product_uom_qty, 2)
        wizard.line_ids.is_remembered = True
        with self.assertRaises(AccessError):
            wizard.action_add()
        with self.assertRaises(AccessError):
            self._paste("GREEN 2", order, self.packer)

    # === repeating === #

    def _former(self):
        former = self._order((self.green, 2), (self.old, 1), channel=False)
        former.order_line[0].price_unit = 150
        former.action_confirm()
        return former

    def test_repeat_at_todays_prices_without_what_is_gone(self):
        former = self._former()
        self.old.active = False
        order = self._new_order()
        wizard = self.env["order.entry.repeat"].create({"order_id": order.id})
        self.assertEqual(wizard.former_id, former)
        self.assertIn("OLD", wizard.archived_note)
        self.assertEqual(wizard.line_ids.mapped("is_chosen"), [True, False])
        self.assertEqual((wizard.line_ids[0].former_price, wizard.line_ids[0].price), (150, 199))
        wizard.action_add()
        self.assertEqual([line[:2] for line in self._lines(order)], [("GREEN", 2)])
        self.assertEqual(order.order_line.price_unit, 199)

    def test_repeat_with_something_else(self):
        self._former()
        self.old.active = False
        order = self._new_order()
        wizard = self.env["order.entry.repeat"].create({"order_id": order.id})
        wizard.line_ids[1].write({"product_id": self.red.id, "is_chosen": True})
        self.assertFalse(wizard.archived_note)
        wizard.action_add()
        self.assertEqual([line[:2] for line in self._lines(order)], [("GREEN", 2), ("RED", 1)])

    def test_nothing_to_repeat(self):
        wizard = self.env["order.entry.repeat"].create({"order_id": self._new_order().id})
        self.assertFalse(wizard.former_id)
        with self.assertRaises(UserError):
            wizard.action_add()

    def test_only_the_customers_own_orders(self):
        other = self.partner.copy({"name": "Somebody else"})
        self._former()
        order = self.env["sale.order"].create({"partner_id": other.id})
        self.assertFalse(self.env["order.entry.repeat"].create({"order_id": order.id}).former_id)

    # === the customer === #

    def test_customers_holds_and_credit_are_shown(self):
        held = self._order((self.green, 1))
        held._place_hold("manual", "release", "Wait")
        order = self._new_order()
        self.assertEqual(order.customer_hold_count, 1)
        self.assertEqual(held.customer_hold_count, 0)
        self.company.account_use_credit_limit = True
        self.partner.use_partner_credit_limit = True
        self.partner.credit_limit = 500
        order.invalidate_recordset()
        self.assertEqual((order.customer_owes, order.customer_limit), (0, 500))
        action = order.action_view_customer_holds()
        self.assertEqual(self.env["order.hold"].search(action["domain"]), held.hold_ids)

    def test_credit_is_not_for_every_salesperson(self):
        order = self._new_order().with_user(self.salesman)
        order.sudo().user_id = self.salesman
        self.assertEqual(order.customer_hold_count, 0)
        with self.assertRaises(AccessError):
            order.read(["customer_owes"])
        self.assertEqual(order.with_user(self.desk).customer_owes, 0)

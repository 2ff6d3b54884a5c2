from odoo import Command
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common_rule import RuleCommon


class TestRulePrice(RuleCommon):
    """Order value, discount, margin, floor, pricelist, price after confirmation, tax, total."""

    def _line(self, order):
        return order.order_line[0]

    def test_order_value(self):
        rule = self._rule("order_value", amount=500.0)
        order = self._order((self.green, 3), channel=False)
        self._prove(
            order, rule, "more than", lambda: self._line(order).write({"product_uom_qty": 2})
        )

    def test_order_value_least(self):
        rule = self._rule("order_value", amount_min=250.0)
        order = self._order((self.green, 1))
        for path in self._paths(order):
            with self.assertRaisesRegex(UserError, "less than"):
                path()
        order.action_validate_order()
        self.assertEqual(self._open_holds(order).rule_id, rule)
        self._line(order).product_uom_qty = 2
        self._assert_let_go(order, order.hold_ids)

    def test_order_value_in_the_companys_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2020-01-01", "rate": 0.5}
        )
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        self._rule("order_value", amount=250.0)
        order = self._order((self.green, 1), pricelist_id=pricelist.id)
        order.order_line.price_unit = 130.0
        order.action_validate_order()
        self.assertRegex(self._open_holds(order).reason, "260.00")

    def test_discount(self):
        rule = self._rule("discount", percent=20.0)
        order = self._order(channel=False)
        self._line(order).discount = 25.0
        self._prove(
            order, rule, "25.0 % discount", lambda: self._line(order).write({"discount": 20.0})
        )

    def test_margin(self):
        rule = self._rule("margin", percent=30.0)
        order = self._order(channel=False)
        self._line(order).write({"purchase_price": 160.0})
        self._prove(
            order, rule, "margin is 19.6 %", lambda: self._line(order).write({"price_unit": 240.0})
        )

    def test_price_floor(self):
        rule = self._rule("price_floor", floor_base="sales_price", percent=90.0)
        order = self._order(channel=False)
        self._line(order).discount = 15.0
        self._prove(
            order, rule, "below its floor", lambda: self._line(order).write({"discount": 5.0})
        )

    def test_price_list(self):
        rule = self._rule("price_list", percent=1.0)
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Trade",
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "3_global",
                            "compute_price": "fixed",
                            "fixed_price": 150.0,
                            "min_quantity": 5,
                        }
                    )
                ],
            }
        )
        order = self._order((self.green, 5), channel=False, pricelist_id=pricelist.id)
        self.assertEqual(self._line(order).price_unit, 150.0)
        order.action_validate_order()
        self.assertFalse(order.hold_ids)
        self._line(order).price_unit = 140.0
        self._prove(
            order, rule, "pricelist says", lambda: self._line(order).write({"price_unit": 150.0})
        )

    def test_price_changed_after_confirmation(self):
        rule = self._rule("price_changed", gate="invoice")
        order = self._order((self.delivery_fee, 1), channel=False)
        order.action_confirm()
        self._line(order).price_unit = 8.0
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "By hand",
                            "price_unit": 8.0,
                            "sale_line_ids": [Command.link(self._line(order).id)],
                        }
                    )
                ],
            }
        )
        accountant = new_test_user(
            self.env,
            "rule_accountant",
            "account.group_account_invoice,sales_team.group_sale_salesman_all_leads",
        )
        theirs = invoice.with_user(accountant)
        wizard = self.env["sale.advance.payment.inv"].create({"sale_order_ids": order.ids})
        for path in (
            order._create_invoices,
            wizard.create_invoices,
            invoice.action_post,
            theirs.action_post,
            lambda: call_kw(theirs.browse(), "action_post", [invoice.ids], {}),
            lambda: call_kw(theirs.browse(), "write", [invoice.ids, {"state": "posted"}], {}),
            # what Odoo's job for invoices does
            lambda: invoice._post(soft=True),
        ):
            with self.assertRaisesRegex(UserError, "confirmed at"):
                path()
        self._commit()
        hold = self._open_holds(order)
        self.assertEqual((hold.rule_id, hold.gate), (rule, "invoice"))
        self._line(order).price_unit = 10.0
        self._commit()
        self.assertEqual(hold.state, "released")
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    def test_tax_missing(self):
        tax = self.env["account.tax"].create(
            {"name": "Test", "amount": 5, "type_tax_use": "sale", "country_id": self.country.id}
        )
        self.green.taxes_id = tax
        rule = self._rule("tax", country_ids=self.country.ids)
        order = self._order(channel=False)
        order.order_line.tax_ids = False
        self._prove(
            order, rule, "without tax", lambda: order.order_line.write({"tax_ids": tax.ids})
        )

    def test_total_of_the_channel(self):
        rule = self._rule("total")
        order = self._order(channel_ref="1", channel_total=150.0)
        self._prove(
            order, rule, "the channel said", lambda: self._line(order).write({"price_unit": 150.0})
        )

    def test_an_approved_discount_is_held_again_when_it_grows(self):
        self._rule("discount", percent=20.0)
        order = self._order(channel=False)
        self._line(order).discount = 25.0
        order.action_validate_order()
        order.hold_ids.with_user(self.manager).action_approve("Fair")
        self._line(order).discount = 24.0
        order.action_validate_order()
        self.assertFalse(self._open_holds(order))
        self._line(order).discount = 30.0
        with self.assertRaisesRegex(UserError, "30.0 %"):
            order.action_confirm()
        self._line(order).discount = 25.0
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_what_grows_after_confirmation_is_held_at_the_next_gate(self):
        rule = self._rule("order_value", amount=500.0)
        order = self._order((self.green, 1))
        order.action_confirm()
        self._line(order).product_uom_qty = 9
        self._commit()
        hold = self._open_holds(order)
        self.assertEqual((hold.rule_id, hold.gate), (rule, "ship"))
        with self.assertRaisesRegex(UserError, "more than"):
            self._ship(order.picking_ids)
        self._line(order).product_uom_qty = 2
        self._commit()
        self.assertEqual(hold.state, "released")
        self._ship(order.picking_ids)

    def test_growing_and_shipping_in_one_go(self):
        """The gate looks at what was changed a moment ago, before anything is committed."""
        self._rule("order_value", amount=500.0)
        order = self._order((self.green, 1), channel=False)
        order.action_confirm()
        self._line(order).product_uom_qty = 9
        with self.assertRaisesRegex(UserError, "more than"):
            self._ship(order.picking_ids)

    def test_created_as_confirmed(self):
        rule = self._rule("order_value", amount=500.0)
        order = self._order((self.green, 9), channel=False, state="sale")
        hold = self._open_holds(order)
        self.assertEqual((hold.rule_id, hold.gate), (rule, "ship"))

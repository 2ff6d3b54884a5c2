from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_promise import MONDAY, PromiseCommon


@tagged("post_install", "-at_install")
class TestReservation(PromiseCommon):
    def setUp(self):
        super().setUp()
        self._stock(self.green, self.main, 10)
        self.reservations = self.env["order.reservation"]

    def _reserve(self, quantity, reference="cart", minutes=15, **options):
        return self.reservations._reserve(
            {self.green: quantity}, self.main, reference, minutes, self.channel, **options
        )[self.green]

    def _available(self):
        return self.green._available_to_promise(self.main)[self.green.id, self.main.id][0]

    def test_a_cart_keeps_its_goods(self):
        self.assertEqual(self._reserve(4), 4)
        self.assertEqual(self._available(), 6)

    def test_only_what_is_there(self):
        self.assertEqual(self._reserve(7, "first"), 7)
        self.assertEqual(self._reserve(7, "second"), 3)
        self.assertEqual(self._available(), 0)

    def test_the_same_cart_again_replaces(self):
        self._reserve(9)
        self.assertEqual(self._reserve(10), 10)
        self.assertEqual(self._reserve(2), 2)
        self.assertEqual(self._available(), 8)

    def test_over_at_the_very_moment_and_closed_by_the_cron(self):
        self._reserve(4, minutes=15)
        with freeze_time(MONDAY + timedelta(minutes=15, seconds=1)):
            self.assertEqual(self._available(), 10)
            self.reservations._cron_expire()
            self.assertEqual(self.reservations.search([]).mapped("state"), ["expired"])

    def test_spread_over_warehouses(self):
        granted = self.reservations._reserve(
            {self.green: 30}, self.main | self.east, "cart", 15, self.channel
        )
        self.assertEqual(granted[self.green], 30)
        found = self.reservations.search([("reference", "=", "cart")])
        self.assertEqual(
            {(each.warehouse_id.code, each.quantity) for each in found},
            {("TMAIN", 10), ("TEAST", 20)},
        )

    def test_bad_time_or_reference(self):
        for reference, minutes in (("", 5), ("cart", 0), ("cart", 60 * 24 + 1)):
            with self.assertRaises(UserError):
                self._reserve(1, reference, minutes)

    def test_a_quotation_reserves_and_takes_it_over(self):
        order = self._typed((self.green, 4))
        order.with_user(self.salesman).sudo(False)
        order.action_reserve()
        self.assertTrue(order.reserved_until)
        self.assertEqual(self._available(), 6)
        self.assertEqual(order.order_line.availability_state, "enough", "not in its own way")
        order.action_confirm()
        self.assertEqual(order.reservation_ids.state, "converted")
        self.assertEqual(self._available(), 6, "now by its delivery")

    def test_not_all_there_is_said(self):
        order = self._typed((self.green, 14))
        message = order.action_reserve()["params"]
        self.assertEqual(message["type"], "warning")
        self.assertIn("10 of 14", message["message"])

    def test_given_up_or_cancelled(self):
        order = self._typed((self.green, 4))
        order.action_reserve()
        order.action_release_reservation()
        self.assertEqual(self._available(), 10)
        order.action_reserve()
        order._action_cancel()
        self.assertEqual(self._available(), 10)

    def test_confirmed_orders_do_not_reserve_again(self):
        order = self._typed((self.green, 4))
        order.action_confirm()
        with self.assertRaisesRegex(UserError, "no quotation"):
            order.action_reserve()

    def test_the_channels_order_takes_its_cart_over(self):
        self._reserve(4, "#77")
        order = self._order((self.green, 4), channel_ref="#77")
        order.with_context(order_routed=True)._action_confirm()
        self.assertEqual(self.reservations.search([]).state, "converted")

    def test_routing_leaves_carts_alone(self):
        self.channel.warehouse_ids = [Command.set((self.main | self.east).ids)]
        self._reserve(10)
        order = self._order((self.green, 5))
        order.action_route()
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 5})

    def test_planned_and_reserved_is_kept_once(self):
        self.channel.warehouse_ids = self.main
        order = self._order((self.green, 4), warehouse_id=self.east.id)
        order.action_route()
        order.action_reserve()
        self.assertEqual(self._allocated(order), {("GREEN", "TMAIN"): 4})
        self.assertEqual(self._available(), 6)
        free = self.env["order.allocation"]._free_stock(self.green, self.main)
        self.assertEqual(free[self.main.id, self.green.id], 6)

    def test_nobody_edits_reservations(self):
        self._reserve(4)
        found = self.reservations.search([])
        with self.assertRaises(AccessError):
            found.with_user(self.salesman).action_release()
        with self.assertRaises(AccessError):
            self.reservations.with_user(self.desk).create({"reference": "x"})
        found.with_user(self.desk).action_release()
        self.assertEqual(found.state, "released")

    def test_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        self._stock(self.green, foreign, 5)
        self.reservations._reserve({self.green: 1}, foreign, "theirs", 5)
        self.assertFalse(self.reservations.with_user(self.desk).search([]))

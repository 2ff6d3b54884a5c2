from datetime import timedelta

from odoo import Command, fields

from .test_routing import RoutingCommon


class TestRoutingGoods(RoutingCommon):
    """What Odoo knows of goods, routing respects: lots, packages, owners, what is to come."""

    def _put(self, product, warehouse, quantity, **vals):
        self.env["stock.quant"]._update_available_quantity(
            product, warehouse.lot_stock_id, quantity, **vals
        )

    def test_lots(self):
        blue = self._product("BLUE", 10.0, tracking="lot")
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": blue.id} for name in ("L1", "L2", "L3")]
        )
        self._put(blue, self.east, 2, lot_id=lots[0])
        self._put(blue, self.east, 1, lot_id=lots[1])
        self._put(blue, self.west, 2, lot_id=lots[2])
        order = self._order((blue, 4))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("BLUE", "TEAST"): 3, ("BLUE", "TWEST"): 1})
        self.assertEqual(set(order.picking_ids.mapped("state")), {"assigned"})
        self.assertEqual(order.picking_ids.move_line_ids.lot_id, lots)
        self._ship(order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 4)

    def test_packages_and_owners(self):
        blue = self._product("BLUE", 10.0)
        package = self.env["stock.package"].create({"name": "PALLET"})
        owner = self.env["res.partner"].create({"name": "Consignor"})
        self._put(blue, self.east, 2, package_id=package)
        self._put(blue, self.west, 3, owner_id=owner)
        order = self._order((blue, 5))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("BLUE", "TEAST"): 2, ("BLUE", "TWEST"): 3})
        lines = order.picking_ids.move_line_ids
        self.assertEqual((lines.package_id, lines.owner_id), (package, owner))
        west = order.picking_ids.filtered(lambda p: p.picking_type_id.warehouse_id == self.west)
        # What is damaged goes to quarantine as it lay there: with its owner.
        order._reject(
            west, [{"move": west.move_ids, "quantity": 1, "reason": "damaged", "note": False}]
        )
        apart = self.env["stock.quant"].search(
            [("location_id", "=", self.west.quarantine_location_id.id)]
        )
        self.assertEqual((apart.quantity, apart.owner_id), (1, owner))
        self.assertEqual(west.state, "assigned", "the rest is still reserved")
        self.assertEqual(west.move_ids.product_uom_qty, 2)

    def test_quarantine_is_not_promised(self):
        order = self._order((self.green, 4))
        order.action_confirm()
        row = {"move": order.picking_ids.move_ids, "quantity": 4, "reason": "damaged"}
        order._reject(order.picking_ids, [row])
        order._action_cancel()
        found = self.green._available_to_promise(self.east)
        self.assertEqual(found[self.green.id, self.east.id], [46])

    def test_back_orders_wait_where_the_goods_come_in(self):
        self._receipt(self.green, 20, self.west, 3)
        self._receipt(self.green, 20, self.main, 9)
        order = self._order((self.green, 60))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50, ("GREEN", "TWEST"): 10})
        short = order.allocation_ids.filtered("short_quantity")
        self.assertEqual((short.warehouse_id, short.short_quantity), (self.west, 10))
        promised = order.order_line.promise_deliver_at
        self.assertGreaterEqual(promised, fields.Datetime.now() + timedelta(days=2))
        self.assertLess(promised, fields.Datetime.now() + timedelta(days=9))

    def test_what_nothing_covers_waits_at_the_default_warehouse(self):
        self._receipt(self.green, 5, self.west, 3)
        order = self._order((self.green, 60))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50, ("GREEN", "TMAIN"): 10})

    def test_goods_that_come_to_where_part_of_them_is(self):
        """The receipt covers the back-order and not what leaves at once."""
        self._receipt(self.green, 20, self.east, 3)
        order = self._order((self.green, 60))
        order.action_confirm()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 60})
        self.assertEqual(order.allocation_ids.short_quantity, 10)

    def test_queued_orders_are_back_ordered_where_goods_come_in(self):
        self.plan.is_scheduled = True
        self._receipt(self.green, 20, self.west, 3)
        order = self._order((self.green, 60))
        order.action_confirm()
        self.plan.action_run()
        self.assertEqual(self._moving(order), {("GREEN", "TEAST"): 50, ("GREEN", "TWEST"): 10})

    def test_an_old_stock_and_a_late_arrival_have_a_reason(self):
        self.channel.warehouse_ids = self.east
        self.env["stock.quant"].search([("product_id", "=", self.green.id)]).in_date = "2020-01-01"
        for kind, value, words in (("age", 30, "too old"), ("cutoff", -1, "in time")):
            with self.subTest(kind=kind):
                self._activate(action="queue", **self._filter(kind, value=value))
                order = self._order((self.green, 1))
                order.action_route()
                self.assertIn(words, self._queued(order).queue_reason)

    def test_carriers_who_do_not_go_there(self):
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "Only California",
                "product_id": self.delivery_fee.id,
                "state_ids": [Command.set(self.california.ids)],
            }
        )
        self._activate(
            action="queue", **self._filter("carrier", carrier_ids=[Command.set(carrier.ids)])
        )
        order = self._order((self.green, 1))
        order.action_route()
        self.assertIn("No carrier", self._queued(order).queue_reason)
        carrier.state_ids = False
        self._queued(order).action_route_again()
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 1})

    def test_cheap_goods_are_not_split_off(self):
        self._activate(**self._filter("guard", value=150))
        self.black.list_price = 10.0
        order = self._order((self.green, 1), (self.black, 1))
        order.action_route()
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 1, ("BLACK", "TMAIN"): 1})
        self.assertEqual(sum(order.allocation_ids.mapped("short_quantity")), 1)

    def test_no_warehouse_has_a_reason(self):
        self.channel.warehouse_ids = self.east | self.west
        self._activate(
            action="queue",
            **self._filter("warehouse", warehouse_ids=[Command.set(self.main.ids)]),
        )
        order = self._order((self.green, 1))
        order.action_confirm()
        self.assertIn("rule's group", self._queued(order).queue_reason)
        self.assertEqual(self._queued(order).quantity, 1)

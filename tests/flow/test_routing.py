"""One order over two warehouses and one line over two: changed, cancelled, back-ordered, rejected.

Stock, deliveries and invoices are right after each step. Only public methods, on the demo database.
"""

from odoo import Command
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestRoutingFlow(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_user(cls.env.ref("base.user_admin")).env
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.east = cls.env.ref("order_processing.warehouse_east")
        cls.west = cls.env.ref("order_processing.warehouse_west")
        cls.channel = cls.env.ref("order_processing.channel_shopify")
        cls.lamp, cls.desk, cls.chair = (cls._product(name) for name in ("Lamp", "Desk", "Chair"))
        cls._put(cls.lamp, cls.east, 10)
        cls._put(cls.desk, cls.west, 10)
        cls._put(cls.chair, cls.east, 3)
        cls._put(cls.chair, cls.west, 4)
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Ada Split",
                "street": "1 State Street",
                "city": "Albany",
                "zip": "12207",
                "state_id": cls.env.ref("base.state_us_27").id,
                "country_id": cls.env.ref("base.us").id,
            }
        )

    @classmethod
    def _product(cls, name):
        return cls.env["product.product"].create(
            {
                "name": name,
                "default_code": name.upper(),
                "is_storable": True,
                "invoice_policy": "delivery",
                "list_price": 10.0,
                "taxes_id": [Command.clear()],
            }
        )

    @classmethod
    def _put(cls, product, warehouse, quantity):
        quant = cls.env["stock.quant"].with_context(inventory_mode=True)
        quant = quant.create(
            {
                "product_id": product.id,
                "location_id": warehouse.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        )
        quant.action_apply_inventory()

    def _order(self, *lines):
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "channel_id": self.channel.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                    for product, quantity in lines
                ],
            }
        )

    def _open(self, order, warehouse):
        return order.picking_ids.filtered(
            lambda p: (
                p.picking_type_id.warehouse_id == warehouse and p.state not in ("done", "cancel")
            )
        )

    def _moving(self, order):
        moving = {}
        for move in order.order_line.move_ids.filtered(lambda m: m.state != "cancel"):
            key = (move.product_id.default_code, move.picking_type_id.warehouse_id.code)
            moving[key] = moving.get(key, 0) + move.product_uom_qty
        return moving

    def _free(self, product, warehouse):
        product = product.with_context(warehouse_id=warehouse.id)
        product.invalidate_recordset()
        return product.free_qty

    def _ship(self, pickings):
        pickings.move_ids.picked = True
        pickings.with_context(skip_backorder=True).button_validate()

    def _billed(self, order):
        order._invoice_shipped()
        return sum(order.invoice_ids.filtered(lambda m: m.state == "posted").mapped("amount_total"))

    def test_split_changed_back_ordered_and_invoiced(self):
        order = self._order((self.lamp, 1), (self.desk, 1), (self.chair, 5))
        order.action_confirm()
        self.assertEqual(
            self._moving(order),
            {("LAMP", "EAST"): 1, ("DESK", "WEST"): 1, ("CHAIR", "WEST"): 4, ("CHAIR", "EAST"): 1},
        )
        self.assertEqual(set(order.picking_ids.mapped("state")), {"assigned"})
        self.assertEqual(self._free(self.chair, self.east), 2)

        # More: the line takes what is left of both warehouses, the rest is back-ordered.
        chairs = order.order_line[2]
        chairs.product_uom_qty = 8
        self.assertEqual(
            sum(q for (code, _w), q in self._moving(order).items() if code == "CHAIR"), 8
        )
        self.assertEqual(self._free(self.chair, self.east), 0)
        # Less: taken back from what waits first.
        chairs.product_uom_qty = 6
        self.assertEqual(
            sum(q for (code, _w), q in self._moving(order).items() if code == "CHAIR"), 6
        )

        # The east ships; its share is billed, the west's is not.
        shipped = sum(self._open(order, self.east).move_ids.mapped("product_uom_qty"))
        self._ship(self._open(order, self.east))
        self.assertEqual(self._billed(order), 10.0 * shipped)

        # The west ships a part: the rest stays a back-order of the west and of its allocation.
        west = self._open(order, self.west)
        for move in west.move_ids:
            move.quantity = 1
        self._ship(west)
        self.assertTrue(self._open(order, self.west))
        allocation = order.allocation_ids.filtered(
            lambda a: a.warehouse_id == self.west and a.product_id == self.chair
        )
        self.assertEqual(allocation.state, "released")
        self._ship(self._open(order, self.west))
        self.assertEqual(order.order_line.mapped("qty_delivered"), [1, 1, 6])
        self.assertEqual(self._billed(order), 80.0)
        # What was back-ordered at the main warehouse had been taken back.
        self.assertEqual(set(order.allocation_ids.mapped("state")), {"shipped", "cancelled"})

    def test_cancelled_orders_give_everything_back(self):
        order = self._order((self.lamp, 2), (self.chair, 5))
        order.action_confirm()
        order.order_line = [Command.create({"product_id": self.desk.id, "product_uom_qty": 2})]
        self.assertEqual(self._free(self.desk, self.west), 8)
        order._action_cancel()
        self.assertEqual(set(order.picking_ids.mapped("state")), {"cancel"})
        self.assertEqual(
            [self._free(self.chair, self.east), self._free(self.chair, self.west)], [3, 4]
        )
        self.assertEqual(self._free(self.desk, self.west), 10)

    def test_rejected_and_sent_from_the_other_warehouse(self):
        order = self._order((self.chair, 3))
        order.action_confirm()
        [source] = order.picking_ids.picking_type_id.warehouse_id
        other = self.west if source == self.east else self.east
        picking = self._open(order, source)
        wizard = self.env["order.routing.reject"].with_context(default_picking_id=picking.id)
        wizard = wizard.create({"reason": "damaged"})
        wizard.line_ids.quantity = 2
        wizard.action_reject()
        self.assertEqual(self._moving(order), {("CHAIR", source.code): 1, ("CHAIR", other.code): 2})
        self._ship(self._open(order, source) | self._open(order, other))
        self.assertEqual(order.order_line.qty_delivered, 3)
        self.assertEqual(self._billed(order), 30.0)

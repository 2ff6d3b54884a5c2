"""Kits of Manufacturing, routed by their components; vendors who ship themselves.

Manufacturing and dropshipping are optional, so these tests have a database of their own.
"""

import io

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.order_processing.tests.test_routing import RoutingCommon
from odoo.addons.order_shipping.tests.common import ShippingCase
from odoo.addons.order_shipping.tests.common_return import ReturnCase


@tagged("post_install", "-at_install")
class TestKits(RoutingCommon):
    """The east has 50 frames and 50 wheels; a bike is one frame and two wheels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.frame, cls.wheel = cls._product("FRAME", 50.0), cls._product("WHEEL", 20.0)
        cls.bike = cls._product("BIKE", 100.0, is_storable=False)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.bike.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": cls.frame.id, "product_qty": 1}),
                    Command.create({"product_id": cls.wheel.id, "product_qty": 2}),
                ],
            }
        )

    def _components(self, order):
        moving = {}
        for move in order.order_line.move_ids.filtered(lambda m: m.state != "cancel"):
            key = (move.product_id.default_code, move.picking_type_id.warehouse_id.code)
            moving[key] = moving.get(key, 0) + move.product_uom_qty
        return moving

    def test_a_kit_leaves_from_where_its_components_are(self):
        self._stock(self.frame, self.east, 9)  # no wheels there
        self._stock(self.frame, self.west, 3)
        self._stock(self.wheel, self.west, 6)
        order = self._order((self.bike, 3))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("BIKE", "TWEST"): 3})
        self.assertEqual(self._components(order), {("FRAME", "TWEST"): 3, ("WHEEL", "TWEST"): 6})
        self.assertEqual(order.picking_ids.state, "assigned")
        self._ship(order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 3)
        self.assertEqual(order.allocation_ids.state, "shipped")

    def test_kits_are_split_whole(self):
        self._stock(self.frame, self.east, 2)
        self._stock(self.wheel, self.east, 5)  # two bikes and a wheel
        self._stock(self.frame, self.west, 4)
        self._stock(self.wheel, self.west, 4)
        order = self._order((self.bike, 4))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("BIKE", "TEAST"): 2, ("BIKE", "TWEST"): 2})
        self.assertEqual(
            self._components(order),
            {
                ("FRAME", "TEAST"): 2,
                ("WHEEL", "TEAST"): 4,
                ("FRAME", "TWEST"): 2,
                ("WHEEL", "TWEST"): 4,
            },
        )
        east = order.picking_ids.filtered(lambda p: p.picking_type_id.warehouse_id == self.east)
        self._ship(east)
        states = dict(order.allocation_ids.mapped(lambda a: (a.warehouse_id.code, a.state)))
        self.assertEqual(states, {"TEAST": "shipped", "TWEST": "released"})
        self._ship(order.picking_ids - east)
        self.assertEqual(order.order_line.qty_delivered, 4)

    def test_more_and_fewer_kits_after_confirmation(self):
        self._stock(self.frame, self.east, 9)
        self._stock(self.wheel, self.east, 18)
        order = self._order((self.bike, 2))
        order.action_confirm()
        order.order_line.product_uom_qty = 5
        self.assertEqual(self._components(order), {("FRAME", "TEAST"): 5, ("WHEEL", "TEAST"): 10})
        order.order_line.product_uom_qty = 1
        self.assertEqual(self._components(order), {("FRAME", "TEAST"): 1, ("WHEEL", "TEAST"): 2})
        self.assertEqual(self._allocated(order), {("BIKE", "TEAST"): 1})

    def test_kits_picked_before_they_are_shipped(self):
        """In two steps each kit counts once, while one part is picked and the other isn't."""
        self.east.delivery_steps = "pick_ship"
        self._stock(self.frame, self.east, 9)
        self._stock(self.wheel, self.east, 18)
        order = self._order((self.bike, 4))
        order.action_confirm()
        self.assertEqual(self._components(order), {("FRAME", "TEAST"): 4, ("WHEEL", "TEAST"): 8})
        pick = order.picking_ids
        for move in pick.move_ids:
            move.quantity = move.product_uom_qty / 2
            move.picked = True
        Form.from_action(self.env, pick.button_validate()).save().process()
        self.assertEqual(order.order_line.qty_delivered, 0)
        order.order_line.product_uom_qty = 5
        to_pick = {}
        for move in order.order_line.move_ids:
            if move.picking_type_id == self.east.pick_type_id:
                code = move.product_id.default_code
                to_pick[code] = to_pick.get(code, 0) + move.product_uom_qty
        self.assertEqual(to_pick, {"FRAME": 5, "WHEEL": 10})
        self.assertEqual(self._allocated(order), {("BIKE", "TEAST"): 5})
        while todo := order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")):
            todo.action_assign()
            self._ship(todo.filtered(lambda p: p.state == "assigned"))
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertEqual(order.allocation_ids.state, "shipped")

    def test_planned_kits_hold_their_components(self):
        self._stock(self.frame, self.east, 4)
        self._stock(self.wheel, self.east, 8)
        planned = self._order((self.bike, 3))
        planned.action_route()
        free = self.env["order.allocation"]._free_stock(self.frame | self.wheel, self.east)
        self.assertEqual(free, {(self.east.id, self.frame.id): 1, (self.east.id, self.wheel.id): 2})
        found = self.wheel._available_to_promise(self.east)
        self.assertEqual(found[self.wheel.id, self.east.id], [2])
        other = self._order((self.wheel, 3))
        other.action_confirm()
        self.assertEqual(other.allocation_ids.filtered("short_quantity").short_quantity, 1)

    def test_a_missing_component_sends_the_kit_elsewhere(self):
        for warehouse in (self.east, self.west):
            self._stock(self.frame, warehouse, 3)
            self._stock(self.wheel, warehouse, 6)
        order = self._order((self.bike, 3))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("BIKE", "TEAST"): 3})
        wizard = self.env["order.routing.reject"].with_user(self.packer)
        form = Form(wizard.with_context(default_picking_id=order.picking_ids.id))
        form.reason = "damaged"
        for number, move in enumerate(order.picking_ids.move_ids):
            if move.product_id == self.wheel:
                with form.line_ids.edit(number) as row:
                    row.quantity = 1
        form.save().action_reject()
        self.assertEqual(self._allocated(order), {("BIKE", "TEAST"): 2, ("BIKE", "TWEST"): 1})
        self.assertEqual(
            self._components(order),
            {
                ("FRAME", "TEAST"): 2,
                ("WHEEL", "TEAST"): 4,
                ("FRAME", "TWEST"): 1,
                ("WHEEL", "TWEST"): 2,
            },
        )
        apart = self.env["stock.quant"].search(
            [("location_id", "=", self.east.quarantine_location_id.id)]
        )
        self.assertEqual((apart.product_id, apart.quantity), (self.wheel, 1))

    def test_back_orders_of_kits_wait_where_the_last_component_comes_first(self):
        """Frames come to the main warehouse at once, but its wheels come after the west's."""
        self._receipt(self.frame, 20, self.main, 1)
        self._receipt(self.wheel, 40, self.main, 9)
        self._receipt(self.frame, 20, self.west, 3)
        self._receipt(self.wheel, 8, self.west, 2)
        order = self._order((self.bike, 3))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("BIKE", "TWEST"): 3})
        self.assertEqual(order.allocation_ids.short_quantity, 3)
        # Two wheels are left of what comes to the west: not enough for two bikes more.
        second = self._order((self.bike, 2))
        second.action_confirm()
        self.assertEqual(self._allocated(second), {("BIKE", "TMAIN"): 2})

    def test_back_orders_of_kits_decided_together(self):
        """Orders of one run don't wait for the same wheels."""
        self.plan.is_scheduled = True
        self._receipt(self.frame, 20, self.west, 3)
        self._receipt(self.wheel, 8, self.west, 2)
        self._receipt(self.frame, 20, self.main, 9)
        self._receipt(self.wheel, 40, self.main, 9)
        orders = self._order((self.bike, 3)) | self._order((self.bike, 2))
        orders.action_confirm()
        self.plan.action_run()
        self.assertEqual(
            [self._allocated(order) for order in orders],
            [{("BIKE", "TWEST"): 3}, {("BIKE", "TMAIN"): 2}],
        )

    def test_kits_are_promised_by_their_scarcest_component(self):
        self._stock(self.frame, self.east, 5)
        self._stock(self.wheel, self.east, 7)
        found = self.bike._available_to_promise(self.east)
        self.assertEqual(found[self.bike.id, self.east.id], [3])


@tagged("post_install", "-at_install")
class TestVendors(RoutingCommon):
    def test_what_is_in_no_warehouse_is_shipped_by_the_vendor(self):
        route = self.env.ref("stock_dropshipping.route_drop_shipping")
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        blue = self._product("BLUE", 99.0)
        blue.seller_ids = [Command.create({"partner_id": vendor.id, "price": 50.0})]
        self._activate(action="buy", route_id=route.id)
        order = self._order((self.green, 1), (blue, 2))
        order.action_confirm()
        self.assertEqual(self._allocated(order), {("GREEN", "TEAST"): 1})
        bought = self.env["purchase.order.line"].search([("product_id", "=", blue.id)])
        self.assertEqual((bought.product_qty, bought.partner_id), (2, vendor))
        self.assertEqual(bought.order_id.dest_address_id, order.partner_shipping_id)


@tagged("post_install", "-at_install")
class TestVendorReturns(ShippingCase):
    """What a vendor sent to a customer comes back to the vendor by a label of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.gs1_company_prefix = "0614141"
        cls.vendor = cls.env["res.partner"].create(
            {
                "name": "Vendor Works",
                "street": "9 Mill Lane",
                "city": "Troy",
                "zip": "12180",
                "country_id": cls.env.ref("base.us").id,
            }
        )
        route = cls.env.ref("stock_dropshipping.route_drop_shipping")
        cls.env["stock.warehouse"].flush_model()
        cls.goods = cls.products[0]
        cls.goods.write(
            {
                "route_ids": [Command.set(route.ids)],
                "seller_ids": [Command.create({"partner_id": cls.vendor.id, "price": 5.0})],
            }
        )

    def make_shipped(self):
        order = self.make_order(self.goods, 2)
        order.carrier_id = self.ground
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        purchase.button_confirm()
        picking = purchase.picking_ids
        self.assertEqual((picking.picking_type_code, picking.sale_id), ("dropship", order))
        picking.move_ids.quantity = 2
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done")
        return picking

    def papers(self, label):
        return PdfFileReader(io.BytesIO(label.attachment_id.raw)).pages[0].extract_text()

    def test_the_label_goes_from_the_customer_to_the_vendor(self):
        picking = self.make_shipped()
        for _again in range(2):
            picking.action_buy_return_label()
        label = picking.return_parcel_ids
        self.assertEqual((label.state, label.carrier_id), ("bought", self.ground))
        words = self.papers(label)
        self.assertLess(words.index("Ann Buyer"), words.index("Vendor Works"))
        composer = picking.action_send_return_label()["context"]
        template = self.env["mail.template"].browse(composer["default_template_id"])
        values = template._generate_template(picking.ids, ["partner_to"])
        self.assertEqual(
            self.env["res.partner"].browse(values[picking.id]["partner_ids"]), self.partner
        )

    def test_a_return_that_was_authorised(self):
        picking = self.make_shipped()
        back = self.env["shipping.return"].create(
            {
                "order_id": picking.sale_id.id,
                "carrier_id": self.ground.id,
                "line_ids": [
                    Command.create(
                        {
                            "sale_line_id": picking.sale_id.order_line[:1].id,
                            "product_id": self.goods.id,
                            "quantity": 1,
                        }
                    )
                ],
            }
        )
        back.action_approve()
        back.action_buy_label()
        receipt = back.picking_ids
        self.assertEqual(receipt.location_dest_id.usage, "supplier")  # as Odoo sends it back
        label = receipt.return_parcel_ids
        self.assertEqual(label.state, "bought")
        words = self.papers(label)
        self.assertLess(words.index("Ann Buyer"), words.index("Vendor Works"))


@tagged("post_install", "-at_install")
class TestVendorClaims(ReturnCase):
    """Goods that go back to whom we bought them from: stock, purchase, bill and credit agree."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].create({"name": "Claim Works"})
        cls.goods.write(
            {
                "purchase_method": "receive",
                "supplier_taxes_id": [Command.clear()],
                "seller_ids": [Command.create({"partner_id": cls.vendor.id, "price": 5.0})],
            }
        )

    def bill(self, purchase):
        purchase.action_create_invoice()
        bill = purchase.invoice_ids.filtered(lambda move: move.state == "draft")
        bill.invoice_date = "2026-01-10"
        bill.action_post()
        return bill

    def dropship(self):
        """An order of two that the vendor sent to the customer, and its purchase."""
        self.goods.route_ids = self.env.ref("stock_dropshipping.route_drop_shipping")
        order = self.make_order(self.goods, 2)
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        purchase.button_confirm()
        picking = purchase.picking_ids
        picking.move_ids.quantity = 2
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual((picking.state, purchase.order_line.qty_received), ("done", 2))
        order._create_invoices().action_post()
        return order, purchase

    def buy(self, quantity):
        """Goods bought into stock and received."""
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.goods.id, "product_qty": quantity, "price_unit": 5.0}
                    )
                ],
            }
        )
        purchase.button_confirm()
        purchase.picking_ids.move_ids.quantity = quantity
        purchase.picking_ids.button_validate()
        self.assertEqual(purchase.order_line.qty_received, quantity)
        return purchase

    def received(self, order, quantity=1):
        back = self.make_return(order, quantity, reason=self.damaged)
        back.action_approve()
        self.receive(back)
        return back

    def test_dropshipped_goods_go_straight_to_the_vendor(self):
        order, purchase = self.dropship()
        bill = self.bill(purchase)
        self.assertEqual(bill.amount_total, 10)
        back = self.received(order)
        receipt = back.picking_ids
        self.assertEqual(
            (receipt.location_id.usage, receipt.location_dest_id.usage), ("customer", "supplier")
        )
        self.assertEqual(order.order_line.qty_delivered, 1)
        self.assertEqual(purchase.order_line.qty_received, 1)
        # nothing is at our dock, so there is nothing to inspect
        self.assertEqual((back.state, back.inspection_ids.outcome), ("inspected", "vendor"))
        self.assertFalse(back.activity_ids)
        claim = back.claim_ids
        self.assertEqual((claim.partner_id, claim.state), (self.vendor, "sent"))
        self.assertEqual((claim.amount, claim.purchases), (5, purchase.name))
        self.assertIn(self.damaged.name, claim.note)

        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 21.99)
        self.assertEqual(order.order_line.qty_invoiced, 1)
        claim.action_credit()
        credit = claim.credit_ids
        self.assertEqual((credit.move_type, credit.state), ("in_refund", "draft"))
        self.assertEqual(
            (credit.amount_total, credit.invoice_line_ids.purchase_line_id),
            (5, purchase.order_line),
        )
        claim.action_credit()  # once more: the same draft
        self.assertEqual(claim.credit_ids, credit)
        credit.invoice_date = "2026-01-11"
        credit.action_post()
        self.assertEqual(claim.state, "settled")
        self.assertEqual(purchase.order_line.qty_invoiced, 1)

    def test_what_the_vendor_has_not_billed_needs_no_credit(self):
        order, purchase = self.dropship()
        claim = self.received(order).claim_ids
        claim.action_credit()
        self.assertEqual((claim.state, len(claim.credit_ids)), ("settled", 0))
        self.assertEqual(self.bill(purchase).amount_total, 5)

    def test_goods_from_stock_go_back_by_a_transfer(self):
        purchase = self.buy(10)
        self.bill(purchase)
        order = self.make_shipped(pay=True)
        back = self.received(order, 2)
        self.assertEqual(self.at(self.warehouse.return_location_id), 2)
        self.inspect(back, (1, "vendor"), (1, "restock"))
        claim = back.claim_ids
        transfer = claim.picking_ids
        self.assertEqual((claim.state, transfer.state), ("open", "assigned"))
        self.assertEqual(transfer.partner_id, self.vendor)
        self.assertEqual(self.at(self.warehouse.return_location_id), 1)
        with self.assertRaisesRegex(UserError, "send the goods"):
            claim.action_credit()
        self.assertEqual(claim.action_send()["res_id"], transfer.id)
        transfer.move_ids.picked = True
        transfer.button_validate()
        self.assertEqual((transfer.state, claim.state), ("done", "sent"))
        self.assertEqual(transfer.location_dest_id.usage, "supplier")
        self.assertEqual(self.at(self.warehouse.return_location_id), 0)
        self.assertEqual(purchase.order_line.qty_received, 9)
        claim.action_credit()
        claim.credit_ids.invoice_date = "2026-01-11"
        claim.credit_ids.action_post()
        self.assertEqual((claim.credit_ids.amount_total, claim.state), (5, "settled"))
        self.assertEqual(purchase.order_line.qty_invoiced, 9)
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_dropshipped_goods_are_on_the_customers_page(self):
        order, purchase = self.dropship()
        purchase.picking_ids.carrier_tracking_ref = "1ZVENDOR"
        told = [row["text"] for row in order._get_customer_timeline()]
        self.assertIn("Your goods have left our warehouse.", told)
        self.assertEqual([p["number"] for p in order._get_customer_parcels()], ["1ZVENDOR"])
        (delivery,) = order._prepare_status()["deliveries"]
        self.assertEqual(delivery["number"], purchase.picking_ids.name)
        self.assertEqual(dict(order._get_customer_progress())["Shipped"], True)

    def test_goods_made_to_order_are_on_the_customers_page(self):
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        buy = self.warehouse.buy_pull_id.route_id
        self.goods.route_ids = [Command.set((route | buy).ids)]
        order = self.make_order(self.goods, 2)
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        self.assertEqual(purchase.order_line.product_qty, 2)
        told = [row["text"] for row in order._get_customer_timeline()]
        self.assertEqual(told[0], "Your order is confirmed.")
        purchase.button_confirm()
        purchase.picking_ids.move_ids.quantity = 2
        purchase.picking_ids.button_validate()
        delivery = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        self.assertEqual(delivery.state, "assigned")
        delivery.move_ids.picked = True
        delivery.button_validate()
        told = [row["text"] for row in order._get_customer_timeline()]
        self.assertIn("Your goods have left our warehouse.", told)
        self.assertEqual(order.order_line.qty_delivered, 2)

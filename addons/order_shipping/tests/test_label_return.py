from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ShippingCase
from .test_label import scan
from .test_network import NetworkCase


@tagged("post_install", "-at_install")
class TestReturnLabel(ShippingCase):
    def make_shipped(self, **vals):
        picking = self.make_picking(**vals)
        picking.carrier_id = self.ground
        picking.action_buy_label()
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def test_the_table_prints_the_way_back(self):
        picking = self.make_shipped()
        there = picking.label_ids
        labels = picking.buy_return_label()
        self.assertEqual((labels.state, labels.is_return, labels.cost), ("bought", True, 8.5))
        self.assertNotEqual(labels.tracking_number, there.tracking_number)
        self.assertTrue(labels.attachment_id.name.startswith("LabelReturn-rate_table-"))
        self.assertEqual(scan(labels.attachment_id.raw), [f"(00){labels.tracking_number}"])
        self.assertEqual(picking.return_label_ids, labels.attachment_id)
        # Neither the way there nor its tracking number is touched.
        self.assertEqual(picking.label_ids, there)
        self.assertEqual(picking.carrier_tracking_ref, there.tracking_number)
        self.assertEqual(len(self.events(picking.sale_id, "label")), 1)

    def test_one_for_each_return_and_never_two(self):
        picking = self.make_shipped()
        first = picking.buy_return_label("RET/1", 0.2)
        self.assertEqual(picking.buy_return_label("RET/1", 0.2), first)
        second = picking.buy_return_label("RET/2", 2)
        self.assertEqual(len(picking.return_parcel_ids), 2)
        self.assertEqual((first.weight, second.weight, second.cost), (0.2, 2, 12))
        first.action_void()
        self.assertEqual(first.state, "voided")
        again = picking.buy_return_label("RET/1", 0.2)
        self.assertEqual((len(again), again.state), (1, "bought"))

    def test_only_what_was_shipped_comes_back(self):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        action = picking.action_buy_return_label()
        self.assertIn("isn't shipped yet", action["params"]["message"])
        self.assertIn("isn't shipped yet", picking.shipping_error)
        with self.assertRaisesRegex(UserError, "no return label to send"):
            picking.action_send_return_label()

    def test_another_carrier_may_bring_it_back(self):
        self.ground.return_carrier_id = self.express
        picking = self.make_shipped()
        label = picking.buy_return_label()
        self.assertEqual((label.carrier_id, label.cost), (self.express, 24))
        self.assertEqual(picking.carrier_id, self.ground)

    def test_odoos_own_return_prints_it(self):
        picking = self.make_shipped()
        wizard = Form(
            self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
        ).save()
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.carrier_id = self.ground
        self.assertTrue(back.is_return_picking)
        url = back.print_return_label()["url"]
        self.assertEqual(url, f"/order_shipping/labels?ids={picking.return_parcel_ids.id}")

    def test_packers_buy_print_and_send(self):
        picking = self.make_shipped()
        packer = self.make_user("return_packer", "order_shipping.group_shipping_user")
        mine = picking.with_user(packer)
        self.assertEqual(mine.action_buy_return_label()["params"]["type"], "success")
        self.assertIn("/order_shipping/labels?ids=", mine.action_print_return_label()["url"])
        action = mine.action_send_return_label()
        composer = (
            self.env[action["res_model"]]
            .with_user(packer)
            .with_context(action["context"])
            .create({})
        )
        self.assertIn(picking.origin, composer.subject)
        self.assertEqual(composer.attachment_ids.mimetype, "application/pdf")
        composer.action_send_mail()
        message = picking.message_ids[:1]
        self.assertIn(picking.return_parcel_ids.tracking_number, message.body)
        self.assertEqual(message.partner_ids, self.partner)
        stocker = self.make_user("return_stocker", "stock.group_stock_user")
        with self.assertRaises(AccessError):
            picking.with_user(stocker).buy_return_label()


@tagged("post_install", "-at_install")
class TestNetworkReturnLabel(NetworkCase):
    def make_shipped(self, carrier, service, products=None):
        carrier.active = True
        carrier.service_code = service
        picking = self.make_picking(products)
        for line in picking.move_line_ids if products else []:
            self.pack(line)
        picking.carrier_id = carrier
        picking.action_buy_label()
        picking.with_context(skip_backorder=True).button_validate()
        self.stub.posts = 0
        return picking

    def test_bought_once_from_the_carrier(self):
        for carrier, service in ((self.ups, "03"), (self.usps, "PRIORITY_MAIL")):
            with self.subTest(carrier=carrier.name):
                picking = self.make_shipped(carrier, service)
                label = picking.buy_return_label()
                self.assertEqual((label.state, label.service_code), ("bought", service))
                self.assertEqual(picking.buy_return_label(), label)
                self.assertEqual(self.stub.posts, 1)
                self.assertEqual(picking.label_ids.mapped("is_return"), [False])

    def test_the_way_back_is_asked_for_the_other_way_round(self):
        picking = self.make_shipped(self.ups, "03")
        shipment = picking._prepare_return_shipment(
            self.ups, picking._get_parcels()[picking], "RET/7"
        )
        self.assertTrue(shipment.is_return)
        self.assertTrue(picking.label_ids._get_merged_pdf().startswith(b"%PDF"))
        self.assertEqual((shipment.sender.name, shipment.reference), ("Ann Buyer", "RET/7"))
        self.assertEqual(shipment.recipient.name, "Test Shipper")
        self.assertEqual(shipment.service, "03")

    def test_unknown_is_resolved_never_bought_again(self):
        picking = self.make_shipped(self.ups, "03")
        self.stub.faults.append("lost")
        label = picking.buy_return_label()
        self.assertEqual(label.state, "unknown")
        self.assertIn("Nobody knows", picking.shipping_error)
        self.assertEqual(picking.buy_return_label(), label)
        self.env["shipping.label"]._cron_resolve()
        self.assertEqual((label.state, self.stub.posts), ("bought", 1))
        self.assertTrue(label.attachment_id.name.startswith("LabelReturn-ups-"))

    def test_every_box_comes_back(self):
        picking = self.make_shipped(self.ups, "03", self.products[:3])
        labels = picking.buy_return_label()
        self.assertEqual(labels.mapped("state"), ["bought"] * 3)
        self.assertEqual(self.stub.posts, 1)
        self.assertEqual(labels.package_id, picking.label_ids.package_id)

    def test_without_a_service_the_cheapest_is_taken(self):
        picking = self.make_shipped(self.ups, "")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE shipping_label SET service_code = NULL WHERE picking_id = %s", (picking.id,)
        )
        picking.label_ids.invalidate_recordset()
        label = picking.buy_return_label()
        self.assertEqual((label.state, label.cost), ("bought", 5))

    def test_bought_with_the_delivery_where_the_method_says_so(self):
        self.ups.return_label_on_delivery = True
        self.assertTrue(self.ups.can_generate_return)
        with patch.object(
            type(self.env["stock.picking"]), "_buy_return_label_later", autospec=True
        ) as later:
            picking = self.make_shipped(self.ups, "03")
        self.assertIn(picking, [call.args[0] for call in later.call_args_list])
        for _again in range(2):
            picking._buy_return_label_job("", 0.0)
        self.assertFalse(picking.shipping_error)
        self.assertEqual(picking.return_parcel_ids.mapped("state"), ["bought"])

    def test_the_parcel_on_its_way_back_is_no_delivery(self):
        picking = self.make_shipped(self.ups, "03")
        label = picking.buy_return_label()
        self.stub.scans[label.tracking_number] = [
            ("D", "F4", "Delivered", "20261122", "101500"),
        ]
        label.action_track()
        self.assertEqual(label.track_status, "delivered")
        self.assertFalse(self.events(picking.sale_id, "deliver"))
        self.assertFalse(label.date_promised)
        manifest = self.env["shipping.manifest"].create(
            {"carrier_id": self.ups.id, "warehouse_id": self.warehouse.id}
        )
        manifest.action_collect()
        self.assertEqual(manifest.label_ids, picking.label_ids)

from unittest.mock import patch

from odoo import Command
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

    def make_back(self, picking, quantity=1, carrier=None):
        """Odoo's own return of a delivery."""
        wizard = Form(
            self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
        ).save()
        wizard.product_return_moves.quantity = quantity
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.carrier_id = carrier or self.ground
        self.assertTrue(back.is_return_picking)
        return back

    def test_one_for_each_return_and_never_two(self):
        picking = self.make_shipped(quantity=3)
        back = self.make_back(picking)
        first = back.buy_return_label()
        self.assertEqual(back.buy_return_label(), first)
        second = self.make_back(picking, 2).buy_return_label()
        self.assertEqual([first.weight, second.weight], [0.4, 0.8])
        whole = picking.buy_return_label()
        self.assertEqual((whole.weight, whole.picking_id), (1.2, picking))
        first.action_void()
        self.assertEqual(first.state, "voided")
        again = back.buy_return_label()
        self.assertEqual((len(again), again.state), (1, "bought"))
        back.action_cancel()
        self.assertEqual(again.state, "voided")
        self.assertFalse(back.buy_return_label())
        self.assertIn("cancelled", back.shipping_error)

    def test_transfers_that_bring_nothing_back_get_none(self):
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "carrier_id": self.ground.id,
                "partner_id": self.partner.id,
            }
        )
        self.assertFalse(receipt.buy_return_label())
        self.assertIn("for deliveries, and for returns", receipt.shipping_error)

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
        back = self.make_back(picking)
        url = back.print_return_label()["url"]
        self.assertEqual(url, f"/order_shipping/labels?ids={back.return_parcel_ids.id}")
        self.assertEqual(back.return_label_ids, back.return_parcel_ids.attachment_id)
        self.assertFalse(back.label_ids)

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
        parcels = picking._get_parcels()[picking]
        shipment = picking._prepare_return_shipment(self.ups, parcels)
        self.assertTrue(shipment.is_return)
        self.assertTrue(picking.label_ids._get_merged_pdf().startswith(b"%PDF"))
        self.assertEqual((shipment.sender.name, shipment.reference), ("Ann Buyer", picking.origin))
        self.assertEqual(shipment.recipient.name, "Test Shipper")
        self.assertEqual(shipment.service, "03")

    def test_an_authorised_return_takes_the_same_way(self):
        picking = self.make_shipped(self.ups, "03")
        back = self.env["shipping.return"].create(
            {
                "order_id": picking.sale_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "sale_line_id": picking.sale_id.order_line[0].id,
                            "quantity": 1,
                            "reason_id": self.env.ref("order_shipping.return_reason_unwanted").id,
                        }
                    )
                ],
            }
        )
        back.action_approve()
        with self.assertRaisesRegex(UserError, "Choose a return carrier"):
            back.action_buy_label()
        # Chosen late, in the same request: the receipt gets it, and nothing is locked by that.
        back.carrier_id = self.ups
        self.assertEqual(back.picking_ids.carrier_id, self.ups)
        self.ups.label_format = "zpl"  # customers have no thermal printer
        back.action_buy_label()
        back.action_buy_label()
        label = back.label_ids
        self.assertEqual((label.state, label.is_return, self.stub.posts), ("bought", True, 1))
        self.assertEqual((label.service_code, label.picking_id), ("03", back.picking_ids))
        self.assertEqual((back.state, label.attachment_id.mimetype), ("label_sent", "image/gif"))
        self.assertEqual(self.events(picking.sale_id, "label").mapped("step"), ["label"])

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
            picking._buy_return_label_job()
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

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ShippingCase
from .test_label import scan


@tagged("post_install", "-at_install")
class TestAccess(ShippingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packer = cls.make_user("packer", "order_shipping.group_shipping_user")
        cls.stocker = cls.make_user("stocker", "stock.group_stock_user")
        cls.clerk = cls.make_user("clerk", "base.group_user")

    def test_packer_does_the_whole_job(self):
        picking = self.make_picking().with_user(self.packer)
        picking.action_rate()
        self.assertEqual(picking.carrier_id, self.ground)
        picking.action_buy_label()
        self.assertTrue(picking.is_labelled)
        picking.action_print_labels()
        picking.action_void_label()
        picking.action_buy_label()
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.assertTrue(picking.carrier_tracking_ref)
        self.assertEqual(self.events(picking.sudo().sale_id, "label").user_id, self.packer)

    def test_packer_batches_and_plans(self):
        pickings = self.make_picking() | self.make_picking()
        batch = self.make_batch(pickings).with_user(self.packer)
        batch.action_confirm()
        self.assertTrue(batch.route_metres)
        self.assertIn("<svg", batch.route_svg)
        batch.action_picked()
        batch.action_rate()
        batch.action_buy_label()
        self.assertTrue(all(pickings.mapped("is_labelled")))

    def test_stock_user_validates_but_does_not_buy(self):
        picking = self.make_picking().with_user(self.stocker)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            picking.action_rate()
        picking.sudo().carrier_id = self.ground
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            picking.action_buy_label()
        picking.button_validate()
        self.assertTrue(picking.carrier_tracking_ref)
        self.assertEqual(picking.label_ids.state, "bought")  # and may read it

    def test_nobody_writes_what_was_not_bought(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        label, rate = picking.label_ids, picking.rate_ids[0]
        manager = self.make_user("manager", "order_shipping.group_shipping_manager")
        for user in (self.packer, manager, self.stocker):
            with self.assertRaises(AccessError):
                label.with_user(user).copy({"state": "bought", "tracking_number": "1"})
            with self.assertRaises(AccessError):
                label.with_user(user).write({"state": "voided"})
            with self.assertRaises(AccessError):
                picking.with_user(user).label_ids = [Command.update(label.id, {"error": "x"})]
            with self.assertRaises(AccessError):
                rate.with_user(user).amount = 0.01

    def test_stock_user_cancels_a_labelled_delivery(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            picking.with_user(self.stocker).action_void_label()
        picking.with_user(self.stocker).action_cancel()
        self.assertEqual(picking.label_ids.state, "voided")

    def test_packer_chooses_and_salesperson_only_looks(self):
        picking = self.make_picking()
        picking.with_user(self.packer).action_rate()
        other = picking.rate_ids.filtered(lambda rate: rate.carrier_id == self.express)
        salesperson = self.make_user("seller", "sales_team.group_sale_salesman")
        self.assertTrue(other.with_user(salesperson).read(["amount"]))
        with self.assertRaises(AccessError):
            other.with_user(salesperson).action_choose()
        other.with_user(self.packer).action_choose()
        self.assertEqual(picking.carrier_id, self.express)

    def test_what_the_driver_signed_stays(self):
        self.make_picking()
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        picking.button_validate()
        Manifest = self.env["shipping.manifest"].with_user(self.packer)
        vals = {"carrier_id": picking.carrier_id.id, "warehouse_id": self.warehouse.id}
        for forged in ({"state": "closed"}, {"pickup_number": "1"}):
            with self.assertRaises(AccessError):
                Manifest.create(vals | forged)
        manifest = Manifest.create(vals)
        with self.assertRaises(AccessError):
            manifest.state = "closed"
        manifest.action_close()
        self.assertEqual(manifest.label_ids, picking.label_ids)
        with self.assertRaises(UserError):
            manifest.date = "2020-01-01"
        with self.assertRaises(AccessError):
            manifest.name = "other"

    def test_nobody_has_a_return_label_bought(self):
        """Nothing that costs money goes by a name that a browser may call."""
        public = [n for n in dir(self.env["stock.picking"]) if n.startswith("buy_return_label")]
        self.assertEqual(public, ["buy_return_label"])
        picking = self.make_picking()
        for user in (self.clerk, self.stocker):
            with self.assertRaises(AccessError):
                picking.with_user(user).buy_return_label()

    def test_others_see_nothing(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        with self.assertRaises(AccessError):
            picking.label_ids.with_user(self.clerk).read(["cost"])
        with self.assertRaises(AccessError):
            picking.rate_ids.with_user(self.clerk).read(["amount"])

    def test_only_managers_set_prices(self):
        line = self.ground.rate_line_ids[0]
        with self.assertRaises(AccessError):
            line.with_user(self.packer).price = 1
        manager = self.make_user("shipping_manager", "order_shipping.group_shipping_manager")
        line.with_user(manager).price = 1
        self.assertEqual(line.price, 1)

    def test_what_is_learnt_and_booked_is_written_by_no_user(self):
        manager = self.make_user("lane_manager", "order_shipping.group_shipping_manager")
        vals = {"company_id": self.company.id}
        lane = {"carrier_id": self.ground.id, "warehouse_id": self.warehouse.id}
        accrual = {"month": "2026-01-01", "kind": "accrue"}
        for model, own in (("shipping.lane", lane), ("shipping.accrual", accrual)):
            record = self.env[model].sudo().create(vals | own)
            self.assertTrue(record.with_user(manager).read())
            for user in (manager, self.packer):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create(vals | own)
            with self.assertRaises(AccessError):
                record.with_user(self.clerk).read()

    def test_points_and_hazard_classes_are_for_managers_to_change(self):
        point = self.env["shipping.pickup.point"].create(
            {
                "carrier_id": self.ground.id,
                "code": "P1",
                "name": "Shop",
                "street": "1 Oak St",
                "zip": "94107",
                "city": "San Francisco",
                "country_id": self.env.ref("base.us").id,
            }
        )
        manager = self.make_user("point_manager", "order_shipping.group_shipping_manager")
        point.with_user(manager).name = "Corner Shop"
        self.assertTrue(point.with_user(self.packer).read(["name"]))
        for user in (self.packer, self.stocker):
            with self.assertRaises(AccessError):
                point.with_user(user).name = "other"
        with self.assertRaises(AccessError):
            point.with_user(self.clerk).read(["name"])
        hazard = self.env.ref("order_shipping.hazard_class_3")
        self.assertTrue(hazard.with_user(self.clerk).read(["code"]))
        with self.assertRaises(AccessError):
            hazard.with_user(self.packer).name = "other"

    def test_labels_are_never_deleted(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        with self.assertRaises(AccessError):
            picking.label_ids.with_user(self.packer).unlink()


@tagged("post_install", "-at_install")
class TestPrintRoute(ShippingCase, HttpCase):
    """The address the Print buttons open."""

    def test_packer_prints_and_others_do_not(self):
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        self.make_user("clerk", "base.group_user")
        pickings = self.make_picking() | self.make_picking()
        pickings.action_rate()
        pickings.action_buy_label()
        url = pickings.with_user(packer).action_print_labels()["url"]
        self.authenticate("packer", "packer")
        answer = self.url_open(url)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        numbers = [f"(00){picking.label_ids.tracking_number}" for picking in pickings]
        self.assertEqual(scan(answer.content), numbers)
        wrong = self.url_open("/order_shipping/labels?ids=0,x,-1,99999999999")
        self.assertEqual(wrong.status_code, 404)
        self.authenticate("clerk", "clerk")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)

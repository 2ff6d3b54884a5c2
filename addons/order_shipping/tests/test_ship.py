from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestShip(ShippingCase):
    def validate(self, pickings):
        return pickings.with_context(skip_backorder=True).button_validate()

    def test_validation_uses_the_label_already_bought(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        label = picking.label_ids
        self.validate(picking)
        self.assertEqual(picking.state, "done")
        self.assertEqual(picking.label_ids, label)
        self.assertEqual(picking.carrier_tracking_ref, label.tracking_number)
        self.assertEqual(picking.carrier_price, 8.5)
        event = self.events(picking.sale_id, "ship")
        self.assertEqual(event.details["transfers"][0]["tracking"], label.tracking_number)
        self.assertEqual(picking.sale_id.flow_step in ("ship", "invoice", "pay", "close"), True)

    def test_validation_without_label_makes_one(self):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        self.validate(picking)
        self.assertEqual(picking.label_ids.state, "bought")
        self.assertEqual(picking.carrier_tracking_ref, picking.label_ids.tracking_number)

    def test_validation_retried_after_a_rollback_reuses_the_label(self):
        picking = self.make_picking()
        picking.action_rate()
        picking.action_buy_label()
        label = picking.label_ids
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.validate(picking)
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assertEqual(picking.state, "assigned")
        self.validate(picking)
        self.assertEqual(picking.label_ids, label)
        self.assertEqual(picking.carrier_tracking_ref, label.tracking_number)

    def test_validation_with_a_bad_address_says_so(self):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.partner_id = self.partner.copy({"street": False})
        with self.assertRaisesRegex(UserError, "lacks: street"), self.env.cr.savepoint():
            self.validate(picking)
        self.assertNotEqual(picking.state, "done")

    def test_steps_are_logged_in_order(self):
        picking = self.make_picking()
        self.pack(picking.move_line_ids)
        picking.action_rate()
        picking.action_buy_label()
        self.validate(picking)
        steps = [
            event.step
            for event in picking.sale_id.event_ids.sorted("sequence")
            if event.step in ("pick", "pack", "rate", "label", "ship")
        ]
        self.assertEqual(steps, ["pack", "rate", "label", "pick", "ship"])
        package = picking.move_line_ids.result_package_id.name
        self.assertIn(package, self.events(picking.sale_id, "pack").summary)

    def test_two_steps_pick_then_ship(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self.make_order()
        order.picking_ids.action_assign()
        pick = order.picking_ids.filtered(
            lambda p: p.picking_type_id == self.warehouse.pick_type_id
        )
        self.assertTrue(pick)
        self.validate(pick)
        self.assertEqual(len(self.events(order, "pick")), 1)
        self.assertFalse(self.events(order, "ship"))
        ship = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        ship.carrier_id = self.ground
        self.validate(ship)
        self.assertEqual(len(self.events(order, "pick")), 1)
        self.assertEqual(len(self.events(order, "ship")), 1)

    def test_many_parcels_many_tracking_numbers(self):
        picking = self.make_picking(self.products[:2])
        for line in picking.move_line_ids:
            self.pack(line)
        self.ground.tracking_url = "https://track.example/<shipmenttrackingnumber>"
        picking.carrier_id = self.ground
        self.validate(picking)
        numbers = picking.label_ids.sorted("parcel_number").mapped("tracking_number")
        self.assertEqual(sorted(picking.carrier_tracking_ref.split(",")), sorted(numbers))
        self.assertEqual(picking.carrier_price, 17.0)
        links = dict(picking.get_multiple_carrier_tracking())
        self.assertEqual(links[numbers[0]], f"https://track.example/{numbers[0]}")

    def test_cancelled_shipment_voids_and_does_not_touch_others(self):
        first, second = self.make_picking(), self.make_picking()
        (first | second).write({"carrier_id": self.ground.id})
        second.carrier_id = self.express
        self.validate(first | second)
        with self.assertRaisesRegex(UserError, "has been shipped"):
            first.action_void_label()
        first.cancel_shipment()
        self.assertEqual(first.label_ids.state, "voided")
        self.assertFalse(first.carrier_tracking_ref)
        self.assertEqual(second.label_ids.state, "bought")
        self.ground.cancel_shipment(first)  # again is as good as once

    def test_backorder_gets_a_label_of_its_own(self):
        picking = self.make_picking(quantity=2)
        picking.carrier_id = self.ground
        picking.action_buy_label()
        picking.move_ids.quantity = 1
        self.validate(picking)
        backorder = picking.backorder_ids
        self.assertTrue(backorder)
        self.assertFalse(backorder.label_ids)
        self.assertFalse(backorder.shipping_error)
        backorder.action_assign()
        backorder.carrier_id = self.ground
        self.validate(backorder)
        self.assertNotEqual(backorder.label_ids.tracking_number, picking.label_ids.tracking_number)
        self.assertEqual(len(self.events(picking.sale_id, "ship")), 2)

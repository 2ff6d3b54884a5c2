from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestBatch(ShippingCase):
    def bin(self, name):
        return self.bins.filtered(lambda location: location.name == name)

    def of_bin(self, *names):
        return self.env["product.product"].union(
            *[self.products.filtered(lambda p, n=name: p.name == f"Item {n}") for name in names]
        )

    def test_places_are_read_from_names_and_kept_if_typed(self):
        self.assertEqual(self.bins.mapped("aisle"), ["A", "A", "A", "B", "B", "B", "C", "C", "C"])
        self.assertEqual(self.bin("C-05").pos_x, 2 * self.warehouse.aisle_pitch)
        self.assertAlmostEqual(self.bin("C-05").pos_y, 5 * self.warehouse.bay_pitch)
        self.assertFalse(self.warehouse.lot_stock_id.aisle)
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.bin("B-02").id, "aisle": "X", "pos_x": 40}
        )
        self.assertEqual((shelf.aisle, shelf.pos_x), ("X", 40))
        shelf.name = "A-01"
        self.assertEqual(shelf.aisle, "X")
        shelf.action_read_layout()
        self.assertEqual((shelf.aisle, shelf.position, shelf.pos_x), ("A", 1, 0))

    def test_confirming_plans_the_shortest_walk(self):
        names = ("A-02", "B-02", "C-02", "A-09", "C-09")
        batch = self.make_batch(self.make_picking(self.of_bin(*names)))
        batch.action_confirm()
        lines = batch.move_line_ids.sorted("pick_sequence")
        self.assertEqual(lines.mapped("pick_sequence"), [1, 2, 3, 4, 5])
        self.assertEqual(set(lines.location_id.mapped("name")), set(names))
        self.assertLess(batch.route_metres, batch.route_metres_by_name)
        self.assertGreater(batch.route_saving, 0)
        self.assertFalse(batch.route_unmapped_count)
        # Across and back (16 m), both outer aisles once (12 m each), B-02 there and back.
        self.assertAlmostEqual(batch.route_metres, 16 + 2 * 12 + 2 * 2.4)

    def test_lines_at_one_place_are_one_stop(self):
        product = self.of_bin("B-05")
        pickings = self.make_picking(product) | self.make_picking(product)
        batch = self.make_batch(pickings)
        batch.action_confirm()
        self.assertEqual(batch.move_line_ids.mapped("pick_sequence"), [1, 1])

    def test_many_batches_in_one_call(self):
        batches = self.make_batch(self.make_picking(self.of_bin("A-02", "C-09")))
        batches |= self.make_batch(self.make_picking(self.of_bin("B-05")))
        batches.action_plan_route()
        self.assertTrue(all(batch.route_metres > 0 for batch in batches))
        self.assertNotEqual(batches[0].route_metres, batches[1].route_metres)

    def test_places_without_layout_come_last_and_are_counted(self):
        self.env["stock.quant"]._update_available_quantity(
            self.products[0], self.warehouse.lot_stock_id, 5
        )
        self.env["stock.quant"]._update_available_quantity(
            self.products[0], self.bin("A-02"), -1000
        )
        batch = self.make_batch(self.make_picking(self.of_bin("A-02", "B-05")))
        batch.action_confirm()
        by_place = {line.location_id.name: line.pick_sequence for line in batch.move_line_ids}
        self.assertEqual(by_place, {"B-05": 1, "Stock": 2})
        self.assertEqual(batch.route_unmapped_count, 1)
        self.bins.aisle = False
        batch.action_plan_route()
        self.assertEqual(batch.route_metres, 0)
        self.assertEqual(sorted(batch.move_line_ids.mapped("pick_sequence")), [1, 2])
        self.assertFalse(batch.route_svg)

    def test_drawing_shows_stops_and_escapes_names(self):
        self.bin("B-05").name = '<script>alert("x")</script>'
        self.bin("B-05").aisle = "<b>"
        batch = self.make_batch(self.make_picking(self.of_bin("A-02", "B-05")))
        batch.action_confirm()
        self.assertIn("<svg", batch.route_svg)
        self.assertNotIn("<script", batch.route_svg)
        self.assertNotIn("<b>", batch.route_svg)
        self.assertIn("&lt;script&gt;", batch.route_svg)

    def test_events_batch_and_pick(self):
        picking = self.make_picking()
        other = self.make_picking()
        batch = self.make_batch(picking)
        self.assertFalse(self.events(picking.sale_id, "batch"))
        batch.action_confirm()
        event = self.events(picking.sale_id, "batch")
        self.assertEqual(len(event), 1)
        self.assertEqual(event.details["transfers"][0]["batch"], batch.name)
        self.assertFalse(self.events(other.sale_id, "batch"))
        other.batch_id = batch  # joins a batch that is at work already
        self.assertEqual(len(self.events(other.sale_id, "batch")), 1)
        batch.action_picked()
        self.assertTrue(all(batch.move_ids.mapped("picked")))
        pick = self.events(picking.sale_id, "pick")
        self.assertEqual(pick.details["transfers"][0]["batch"], batch.name)
        self.assertEqual(pick.source, "user")
        batch.action_picked()
        batch.action_done()
        self.assertEqual(len(self.events(picking.sale_id, "pick")), 1)
        self.assertEqual(picking.state, "done")

    def test_automatic_batches_are_planned_and_logged_too(self):
        self.warehouse.out_type_id.auto_batch = True
        first = self.make_picking(self.of_bin("A-02"))
        batch = first.batch_id
        self.assertEqual(batch.state, "in_progress")
        metres = batch.route_metres
        second = self.make_picking(self.of_bin("C-09"))
        self.assertEqual(second.batch_id, batch)
        self.assertGreater(batch.route_metres, metres)
        self.assertEqual(len(self.events(second.sale_id, "batch")), 1)
        second.batch_id = False
        self.assertEqual(batch.route_metres, metres)
        self.assertEqual(second.move_line_ids.mapped("pick_sequence"), [0])

    def test_deliveries_print_in_walking_order(self):
        far = self.make_picking(self.of_bin("C-09"))
        near = self.make_picking(self.of_bin("A-02"))
        batch = self.make_batch(far | near)
        batch.action_confirm()
        ordered = batch._get_pickings_in_walking_order()
        stops = [min(picking.move_line_ids.mapped("pick_sequence")) for picking in ordered]
        self.assertEqual(stops, sorted(stops))
        self.assertEqual(set(ordered), set(far | near))

    def test_layout_numbers_make_sense(self):
        with self.assertRaises(ValidationError):
            self.company.gs1_company_prefix = "06141x1"

    def test_the_next_step_is_what_is_left_to_do(self):
        batch = self.make_batch(self.make_picking() | self.make_picking())
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        stocker = self.make_user("stocker", "stock.group_stock_user")
        batch.action_confirm()
        mine = batch.with_user(packer)
        self.assertEqual((mine.next_step, mine.is_picked), ("pick", False))
        self.assertEqual(batch.with_user(stocker).next_step, "validate")
        mine.action_picked()
        self.assertEqual((mine.next_step, mine.is_picked), ("rate", True))
        mine.action_rate()
        self.assertEqual((mine.next_step, mine.has_label), ("label", False))
        mine.picking_ids[0].action_buy_label()
        self.assertEqual((mine.next_step, mine.has_label), ("label", True))
        mine.action_buy_label()
        self.assertEqual((mine.next_step, mine.is_labelled), ("validate", True))

    def test_empty_plan(self):
        self.assertTrue(self.env["stock.picking.batch"].action_plan_route())

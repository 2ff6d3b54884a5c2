import base64
import io

from openpyxl import Workbook

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ShippingCase

TABLE = """location;aisle;bay;level;side;zone;x;y
A-02;;;;left;North;;
D-01;;;;right;North;12;1,2
D-04;;;;;North;12;4.8
D-04;;;;;;;
;E;1;;;;;
Shelf;;;;;;;
D-05;;x;;;;;
D-06;;;;up;;;
D-07;;;;;;;-3
"""


@tagged("post_install", "-at_install")
class TestLayout(ShippingCase):
    def make_import(self, data, **vals):
        data = data if isinstance(data, bytes) else data.encode()
        return self.env["warehouse.layout.import"].create(
            {"warehouse_id": self.warehouse.id, "data": base64.b64encode(data)} | vals
        )

    def places(self):
        return self.env["stock.location"].search(
            [("warehouse_id", "=", self.warehouse.id), ("aisle", "!=", False)]
        )

    def test_import_takes_good_rows_and_tells_the_others(self):
        wizard = self.make_import(TABLE)
        self.assertEqual((wizard.place_count, wizard.new_count), (3, 2))
        html = wizard.finding_html
        for text in ("The same location as in row 4", "no name", "tells no aisle", "no side"):
            self.assertIn(text, html)
        self.assertEqual(html.count("Left out"), 6)
        self.assertIn("no bay 2–3", html)
        wizard.action_import()
        places = {place.name: place for place in self.places()}
        self.assertEqual(len(places), 9 + 2)
        self.assertEqual((places["A-02"].side, places["A-02"].pick_zone), ("left", "North"))
        self.assertEqual((places["D-01"].pos_x, places["D-01"].pos_y), (12, 1.2))
        self.assertEqual(places["D-04"].position, 4)
        wizard.action_import()  # again: nothing doubled
        self.assertEqual(len(self.places()), 11)

    def test_import_of_a_workbook(self):
        book = Workbook()
        for row in (("Place", "Aisle", "Bay"), ("Shelf one", "Q", 3), ("A-05", "", "")):
            book.active.append(row)
        data = io.BytesIO()
        book.save(data)
        self.make_import(data.getvalue()).action_import()
        shelf = self.places().filtered(lambda place: place.name == "Shelf one")
        self.assertEqual((shelf.aisle, shelf.position), ("Q", 3))

    def test_places_behind_the_back_wall_are_left_out(self):
        self.warehouse.aisle_length = 20
        wizard = self.make_import("location,y\nA-01,5\nA-02,25\n")
        self.assertEqual(wizard.place_count, 1)
        self.assertIn("behind the back cross aisle, 20 m", wizard.finding_html)

    def test_what_is_no_table_is_told(self):
        for data in (b"\x00\x01\x02", b"PK\x03\x04broken", b"colour\nred\n"):
            wizard = self.make_import(data)
            self.assertFalse(wizard.place_count)
            self.assertTrue(wizard.finding_html)
            with self.assertRaises(UserError):
                wizard.action_import()

    def test_names_in_findings_are_escaped(self):
        wizard = self.make_import("location\n<script>alert(1)</script>\n")
        self.assertNotIn("<script>", wizard.finding_html)

    def test_generate_draws_while_typing_and_creates_once(self):
        form = Form(
            self.env["warehouse.layout.generate"].with_context(
                active_model="stock.warehouse", active_id=self.warehouse.id
            )
        )
        form.blocks, form.aisles, form.bays, form.levels = 2, 3, 5, 2
        self.assertIn("60 places, A-01-1 to C-10-2", form.summary)
        self.assertIn("<svg", form.svg)
        form.aisles = 0
        self.assertFalse(form.svg)
        form.aisles = 3
        wizard = form.save()
        wizard.action_generate()
        self.assertEqual(len(self.places()), 9 + 60)
        wizard.action_generate()
        self.assertEqual(len(self.places()), 9 + 60)
        block = self.warehouse._get_layouts()[self.warehouse].block
        self.assertEqual(len(block.middle), 1)
        ys = sorted(set(self.places().filtered("level").mapped("pos_y")))
        self.assertTrue(ys[4] < block.middle[0] < ys[5])
        wizard.aisles = 100_000
        with self.assertRaises(UserError):
            wizard.action_generate()

    def test_map_shows_stock_and_picks(self):
        picking = self.make_picking(self.products[0])
        picking.button_validate()
        self.bins[1].name = "<b>"
        svg = self.warehouse.map_svg
        self.assertEqual(svg.count("picks in 90 days"), 9)
        self.assertIn("A-02: 1 picks in 90 days, 999 in stock", svg)
        self.assertNotIn("<b>", svg)
        self.bins.aisle = False
        self.warehouse.invalidate_recordset(["map_svg"])
        self.assertFalse(self.warehouse.map_svg)

    def test_floors_that_are_walked_otherwise(self):
        products = self.products[0] | self.products[4] | self.products[8]
        batch = self.make_batch(self.make_picking(products))
        batch.action_confirm()
        shortest = batch.route_metres
        for policy in ("s_shape", "largest_gap", "return"):
            self.warehouse.walk_policy = policy
            batch.action_plan_route()
            self.assertGreaterEqual(batch.route_metres, shortest)
        self.warehouse.write({"walk_policy": "optimal", "aisles_forward": "a, C"})
        batch.action_plan_route()
        self.assertGreater(batch.route_metres, shortest)
        self.warehouse.write({"aisles_forward": "A, B, C"})  # no way back: picked by name
        batch.action_plan_route()
        self.assertEqual((batch.route_metres, batch.route_unmapped_count), (0, 3))
        lines = batch.picking_ids.move_line_ids.sorted("pick_sequence")
        self.assertEqual(lines.location_id.mapped("name"), ["A-02", "B-05", "C-09"])
        self.assertFalse(batch.route_svg)
        self.warehouse.write({"aisles_forward": False, "floor_kind": "free"})
        batch.action_plan_route()
        self.assertLessEqual(batch.route_metres, shortest)
        self.assertIn("<svg", batch.route_svg)

    def test_walks_that_end_at_the_packing_tables(self):
        """From the first aisle to the last one: no way back, and the drawing shows both ends."""
        batch = self.make_batch(self.make_picking(self.products[0] | self.products[8]))
        batch.action_confirm()
        there_and_back = batch.route_metres
        last = max(self.places().mapped("pos_x"))
        self.warehouse.write({"is_end_apart": True, "end_x": last})
        batch.action_plan_route()
        self.assertAlmostEqual(batch.route_metres, there_and_back - last)
        for words in ("<title>Start</title>", "<title>End</title>"):
            self.assertIn(words, batch.route_svg)
            self.assertIn(words, self.warehouse.map_svg)
        self.assertNotIn("Start and end", batch.route_svg)

    def test_the_map_tells_what_no_walk_gets_to(self):
        self.assertFalse(self.warehouse.layout_problems)
        self.warehouse.write(
            {"aisle_length": 8, "middle_cross_aisles": "4, 9", "aisles_forward": "A, Z"}
        )
        problems = self.warehouse.layout_problems.splitlines()
        self.assertEqual(len(problems), 3, problems)
        self.assertIn("3 places lie behind the back cross aisle, 8 m", problems[0])
        self.assertIn("A-09, B-09, C-09", problems[0])
        self.assertIn("one-way aisles Z", problems[1])
        self.assertIn("9 m lie behind", problems[2])
        self.assertNotIn("A-09", self.warehouse.map_svg)
        self.warehouse.write({"aisle_length": 0, "middle_cross_aisles": False})
        self.warehouse.aisles_forward = "A, B, C"
        self.assertIn("9 places can be walked to, but", self.warehouse.layout_problems)
        self.warehouse.write({"aisles_forward": False, "aisles_backward": "A, B, C"})
        self.assertIn("9 places can't be walked to", self.warehouse.layout_problems)
        self.warehouse.depot_at_back = True
        self.assertIn("but no aisle leads", self.warehouse.layout_problems)
        self.warehouse.write({"is_end_apart": True, "end_at_back": False})
        self.assertFalse(self.warehouse.layout_problems)
        with self.assertRaises(ValidationError):
            self.warehouse.aisles_forward = "b"

    def test_import_tells_aisles_that_lead_nowhere(self):
        self.warehouse.aisles_forward = "A, B, C, D"
        wizard = self.make_import("location,bay\nD-01,\nD-02,\n")
        self.assertEqual(wizard.place_count, 2)
        self.assertEqual(wizard.finding_html.count("Nobody can leave aisle D"), 2)
        self.warehouse.write({"aisles_forward": "D", "aisle_length": 11})
        wizard = self.make_import("location,bay\nD-01,\nD-10,\n")
        self.assertEqual(wizard.place_count, 1)  # bay 10 lies 12 m from the front
        self.assertIn("behind the back cross aisle, 11 m", wizard.finding_html)

    def test_cross_aisles_are_metres(self):
        self.warehouse.middle_cross_aisles = "8, 4.5"
        block = self.warehouse._get_layouts()[self.warehouse].block
        self.assertEqual(block.middle, (4.5, 8))
        for text in ("x", "-1", "1,2,3,4"):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.warehouse.middle_cross_aisles = text

    def test_zone_of_the_place_around(self):
        self.bins[0].pick_zone = "North"
        shelf = self.env["stock.location"].create({"name": "S", "location_id": self.bins[0].id})
        self.assertEqual(shelf._get_pick_zone(), "North")
        self.assertEqual(self.bins[1]._get_pick_zone(), "")

    def test_only_administrators_change_layouts(self):
        packer = self.make_user("packer", "order_shipping.group_shipping_user")
        with self.assertRaises(AccessError):
            self.make_import(TABLE).with_user(packer).action_import()
        with self.assertRaises(AccessError):
            self.env["warehouse.layout.generate"].with_user(packer).create(
                {"warehouse_id": self.warehouse.id}
            )
        self.assertIn("<svg", self.warehouse.with_user(packer).map_svg)

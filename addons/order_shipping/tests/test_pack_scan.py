from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine import labels
from .test_scan import ScanCase


@tagged("post_install", "-at_install")
class TestPackScan(ScanCase):
    """Boxes: what may go in, what they must weigh, and that they are real packages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["stock.package.type"].search([("package_use", "=", "disposable")]).unlink()
        cls.small, cls.large = cls.env["stock.package.type"].create(
            [
                {
                    "name": name,
                    "packaging_length": size,
                    "width": size,
                    "height": size,
                    "base_weight": 0.1,
                    "max_weight": 5,
                }
                for name, size in (("Small", 100), ("Large", 300))
            ]
        )
        cls.products.product_tmpl_id.write({"pack_length": 90, "pack_width": 90, "pack_height": 90})

    def picked(self, *lines):
        """A delivery whose goods are all picked."""
        batch = self.start(list(lines))
        for line in batch.move_line_ids:
            self.answer(batch, self.pick(line, line.quantity))
        self.sequence = 0
        self.device += "-pack"
        return batch.picking_ids

    def box(self, picking, *contents, weight=0.0, kind=None):
        return self.operation(
            "box",
            picking=picking.id,
            type=(kind or self.large).id,
            weight=weight,
            contents=[{"line": line.id, "quantity": quantity} for line, quantity in contents],
        )

    def test_box(self):
        picking = self.picked((self.products[0], 3), (self.products[1], 1))
        one, two = picking.move_line_ids.sorted("product_id")
        operation = self.box(picking, (one, 2), (two, 1), weight=1.3)
        answer = self.answer(picking, operation)
        self.assertTrue(answer["accepted"], answer)
        package = self.env["stock.package"].browse(answer["box"]["id"])
        self.assertEqual(package.package_type_id, self.large)
        self.assertEqual(package.shipping_weight, 1.3)
        self.assertEqual(sum(package.move_line_ids.mapped("quantity")), 3)
        self.assertTrue(picking.date_packed)
        # sent again: the same box
        self.assertEqual(self.answer(picking, operation)["box"]["id"], package.id)
        rest = picking.move_line_ids.filtered(lambda line: not line.result_package_id)
        self.assertEqual((rest.product_id, rest.quantity, rest.picked), (self.products[0], 1, True))
        with self.assertRaisesRegex(UserError, "Still to be packed: Item A-02"):
            self.Scan.finish_packing(picking.id)
        answer = self.answer(picking, self.box(picking, (rest, 1), weight=0.5, kind=self.small))
        self.assertTrue(answer["accepted"], answer)
        quants = self.env["stock.quant"]._gather(self.products[0], self.bins[0])
        self.assertEqual(sum(quants.mapped("reserved_quantity")), 3)

    def test_refused(self):
        picking = self.picked((self.products[0], 2))
        line = picking.move_line_ids
        other = self.picked((self.products[1], 1)).move_line_ids
        self.device += "2"
        cases = [
            ("empty", self.box(picking, weight=1)),
            ("too_much", self.box(picking, (line, 3), weight=1.3)),
            ("too_much", self.box(picking, (line, -1), weight=1.3)),
            ("gone", self.box(picking, (other, 1), weight=0.5)),
            ("no_weight", self.box(picking, (line, 2))),
            ("wrong_weight", self.box(picking, (line, 2), weight=2)),
            ("too_heavy", self.box(picking, (line, 2), weight=5.1)),
        ]
        for sequence, (reason, operation) in enumerate(cases, 1):
            operation["sequence"] = sequence
            answer = self.answer(picking, operation)
            self.assertEqual((answer["accepted"], answer["reason"]), (False, reason))
        self.assertFalse(line.result_package_id)

    def test_unweighed(self):
        self.company.pack_weight_tolerance = 0
        picking = self.picked((self.products[0], 2))
        answer = self.answer(picking, self.box(picking, (picking.move_line_ids, 2)))
        self.assertTrue(answer["accepted"])
        self.assertAlmostEqual(answer["box"]["weight"], 0.9)

    def test_unknown_weight(self):
        """Nobody knows what it should weigh: what the scales say is kept."""
        self.products[0].weight = 0
        picking = self.picked((self.products[0], 2))
        answer = self.answer(picking, self.box(picking, (picking.move_line_ids, 2), weight=3.3))
        self.assertTrue(answer["accepted"])
        self.assertEqual(answer["box"]["weight"], 3.3)

    def test_unbox(self):
        picking = self.picked((self.products[0], 2))
        answer = self.answer(picking, self.box(picking, (picking.move_line_ids, 2), weight=0.9))
        package = self.env["stock.package"].browse(answer["box"]["id"])
        operation = self.operation("unbox", picking=picking.id, package=package.id)
        self.assertTrue(self.answer(picking, operation)["accepted"])
        self.assertFalse(package.exists())
        self.assertFalse(picking.move_line_ids.result_package_id)
        operation = self.operation("unbox", picking=picking.id, package=package.id)
        self.assertEqual(self.answer(picking, operation)["reason"], "gone")

    def test_suggestion(self):
        picking = self.picked((self.products[0], 1), (self.products[1], 9))
        task = self.Scan.get_pack_task(picking.id)
        self.assertEqual([box["type"] for box in task["suggestion"]], [self.large.id])
        self.products[1].product_tmpl_id.write({"pack_length": 500})
        task = self.Scan.get_pack_task(picking.id)
        self.assertEqual([box["type"] for box in task["suggestion"]], [self.small.id])

    def test_not_picked(self):
        batch = self.start([(self.products[0], 2)])
        with self.assertRaisesRegex(UserError, "isn't picked yet"):
            self.Scan.get_pack_task(batch.picking_ids.id)
        self.answer(batch, self.pick(batch.move_line_ids, 1))
        with self.assertRaisesRegex(UserError, "Finish picking Item A-02"):
            self.Scan.get_pack_task(batch.picking_ids.id)

    def test_label_and_ship(self):
        """Label bought for the box as weighed, papers, SSCC, and stock gone."""
        picking = self.picked((self.products[0], 2))
        picking.carrier_id = self.ground
        answer = self.answer(picking, self.box(picking, (picking.move_line_ids, 2), weight=0.95))
        result = self.Scan.finish_packing(picking.id)
        self.assertTrue(result["labelled"], result)
        self.assertEqual(picking.label_ids.weight, 0.95)
        again = self.Scan.finish_packing(picking.id)
        self.assertEqual((again["problem"], again["thermal"]), ("", ""))
        paper = picking.label_ids.sudo().attachment_id
        paper.write({"raw": b"^XA^FDhello^FS^XZ", "mimetype": "text/plain"})
        self.env.invalidate_all()
        thermal = self.Scan.finish_packing(picking.id)["thermal"]
        self.assertEqual(thermal, f"/order_shipping/labels?ids={picking.label_ids.id}")
        self.assertEqual(len(picking.label_ids), 1)
        operation = self.operation("unbox", picking=picking.id, package=answer["box"]["id"])
        self.assertEqual(self.answer(picking, operation)["reason"], "labelled")
        package = picking.move_line_ids.result_package_id
        package.with_user(self.picker)._ensure_sscc()
        self.assertEqual(package.sscc, picking.label_ids.tracking_number)
        self.assertTrue(labels.is_sscc(package.sscc))
        self.assertTrue(self.Scan.ship(picking.id)["done"])
        self.assertEqual(picking.state, "done")
        self.assertEqual(package.quant_ids.quantity, 2)
        self.assertTrue(self.Scan.ship(picking.id)["done"])

    def test_no_carrier(self):
        picking = self.picked((self.products[0], 1))
        self.answer(picking, self.box(picking, (picking.move_line_ids, 1), weight=0.5))
        result = self.Scan.finish_packing(picking.id)
        self.assertFalse(result["labelled"])
        self.assertIn("no carrier", result["problem"])

    def test_papers(self):
        """Every paper renders in the customer's language, with its barcodes inside."""
        self.warehouse.out_type_id.pick_to_tote = True
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        self.products[0].with_context(lang="fr_FR").name = "Article français"
        self.products[0].barcode = "4006381333931"
        picking = self.picked_into_tote()
        self.answer(picking, self.box(picking, (picking.move_line_ids, 2), weight=0.9))
        package = picking.move_line_ids.result_package_id
        render = self.env["ir.actions.report"].with_user(self.picker)._render_qweb_html
        expected = {
            "report_packing_slip": (picking, "Article français"),
            "report_box_contents": (package, "Article français"),
            "report_gs1_label": (package, "(02) 04006381333931 (37) 2"),
            "report_pick_list": (picking.batch_id, "A-02"),
            "report_batch_tote_labels": (picking.batch_id, "TOTE-1"),
            "report_tote_label": (self.totes[0], "TOTE-1"),
        }
        for name, (record, text) in expected.items():
            html = render(f"order_shipping.{name}", record.ids)[0].decode()
            self.assertIn(text, html, name)
            self.assertIn("data:image/png;base64", html, name)

    def picked_into_tote(self):
        batch = self.start([(self.products[0], 2)])
        answer = self.answer(batch, self.pick(batch.move_line_ids, 2, tote="TOTE-1"))
        self.assertTrue(answer["accepted"], answer)
        self.sequence = 0
        self.device += "-pack"
        return batch.picking_ids

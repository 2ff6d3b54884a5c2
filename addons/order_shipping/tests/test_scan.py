import uuid
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ShippingCase


class ScanCase(ShippingCase):
    """Bins and products with barcodes, and a hand-held that sends what a picker scans."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for rank, (bin, product) in enumerate(zip(cls.bins, cls.products, strict=True)):
            bin.barcode = f"LOC-{bin.name}"
            product.barcode = f"40000000000{rank:02d}"
        cls.picker = cls.make_user("scan_picker", "order_shipping.group_shipping_user")
        cls.tote_type = cls.env["stock.package.type"].create(
            {"name": "Tote", "package_use": "reusable"}
        )
        cls.totes = cls.env["stock.package"].create(
            [{"name": f"TOTE-{n}", "package_type_id": cls.tote_type.id} for n in range(1, 5)]
        )
        cls.Scan = cls.env["picking.scan"].with_user(cls.picker)

    def setUp(self):
        super().setUp()
        self.device = str(uuid.uuid4())
        self.sequence = 0

    def start(self, *orders):
        """A confirmed batch of one delivery for each tuple of (product, quantity)."""
        pickings = self.env["stock.picking"]
        for lines in orders:
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "warehouse_id": self.warehouse.id,
                    "order_line": [
                        Command.create({"product_id": product.id, "product_uom_qty": quantity})
                        for product, quantity in lines
                    ],
                }
            )
            order.action_confirm()
            order.picking_ids.action_assign()
            pickings |= order.picking_ids
        batch = self.make_batch(pickings)
        batch.action_confirm()
        return batch

    def operation(self, kind, line=None, **parts):
        self.sequence += 1
        return {
            "key": str(uuid.uuid4()),
            "sequence": self.sequence,
            "kind": kind,
            "line": line.id if line else False,
            "time": fields.Datetime.to_string(fields.Datetime.now()),
            **parts,
        }

    def pick(self, line, quantity=1, **parts):
        return self.operation(
            "pick",
            line,
            quantity=quantity,
            **({"place": line.location_id.barcode, "item": line.product_id.barcode} | parts),
        )

    def push(self, record, *operations, scan=None):
        return (self.Scan if scan is None else scan).push(
            record._name, record.id, self.device, list(operations)
        )

    def answer(self, record, operation):
        return self.push(record, operation)["answers"][0]


@tagged("post_install", "-at_install")
class TestScan(ScanCase):
    """Picking by scan: right, wrong, again, too early, short, undone."""

    def test_pick(self):
        batch = self.start([(self.products[0], 3), (self.products[4], 1)])
        task = self.Scan.get_pick_task(batch._name, batch.id)
        self.assertEqual([line["place"] for line in task["lines"]], ["A-02", "B-05"])
        self.assertIn("<svg", task["map"])
        lines = batch.move_line_ids.sorted("pick_sequence")
        self.assertTrue(self.answer(batch, self.pick(lines[0], 2))["accepted"])
        self.assertEqual((lines[0].quantity_scanned, lines[0].picked), (2, False))
        self.assertTrue(self.answer(batch, self.pick(lines[0], 1))["accepted"])
        self.assertTrue(lines[0].picked)
        self.assertFalse(batch.picking_ids.date_picked)
        self.assertTrue(self.answer(batch, self.pick(lines[1], 1))["accepted"])
        self.assertTrue(batch.picking_ids.date_picked)
        self.assertEqual(len(self.events(batch.picking_ids.sale_id, "pick")), 1)
        scans = self.env["picking.scan"].search([("batch_id", "=", batch.id)])
        self.assertEqual(scans.user_id, self.picker)

    def test_refused(self):
        batch = self.start([(self.products[0], 2), (self.products[1], 1)])
        line = batch.move_line_ids.filtered(lambda ml: ml.product_id == self.products[0])
        cases = {
            "wrong_place": {"place": "LOC-B-05"},
            "wrong_item": {"item": self.products[1].barcode},
            "too_much": {"quantity": 3},
            "no_quantity": {"quantity": 0},
        }
        for reason, parts in cases.items():
            answer = self.answer(batch, self.pick(line, **({"quantity": 1} | parts)))
            self.assertEqual((answer["accepted"], answer["reason"]), (False, reason))
            self.assertTrue(answer["message"])
        self.assertEqual(line.quantity_scanned, 0)
        self.assertEqual(self.env["picking.scan"].search_count([("batch_id", "=", batch.id)]), 4)

    def test_replay(self):
        """Sent again, the first answer; the goods are counted once."""
        batch = self.start([(self.products[0], 3)])
        line = batch.move_line_ids
        operations = [self.pick(line), self.pick(line)]
        first = self.push(batch, *operations)
        again = self.push(batch, *operations, self.pick(line))
        self.assertEqual(again["answers"][:2], first["answers"])
        self.assertEqual(line.quantity_scanned, 3)
        self.assertEqual(again["expected"], 4)

    def test_out_of_order(self):
        batch = self.start([(self.products[0], 3)])
        one, two = self.pick(batch.move_line_ids), self.pick(batch.move_line_ids)
        early = self.push(batch, two)
        self.assertEqual((early["answers"], early["expected"]), ([], 1))
        self.assertEqual(batch.move_line_ids.quantity_scanned, 0)
        self.assertEqual(len(self.push(batch, one, two)["answers"]), 2)
        self.assertEqual(batch.move_line_ids.quantity_scanned, 2)

    def test_two_devices(self):
        """Two pickers can't both take the last one."""
        batch = self.start([(self.products[0], 1)])
        line = batch.move_line_ids
        mine = self.pick(line)
        self.assertTrue(self.answer(batch, mine)["accepted"])
        self.device, self.sequence = str(uuid.uuid4()), 0
        answer = self.answer(batch, self.pick(line))
        self.assertEqual((answer["accepted"], answer["reason"]), (False, "done"))
        self.assertEqual(line.quantity_scanned, 1)

    def test_packaging(self):
        """The barcode of a pack of six counts six, in the unit of the line."""
        six = self.env["uom.uom"].create(
            {
                "name": "Pack of 6 (test)",
                "relative_factor": 6,
                "relative_uom_id": self.products[0].uom_id.id,
            }
        )
        self.env["product.uom"].create(
            {"product_id": self.products[0].id, "uom_id": six.id, "barcode": "14000000000007"}
        )
        batch = self.start([(self.products[0], 12)])
        facts = self.Scan.get_pick_task(batch._name, batch.id)["lines"][0]
        self.assertEqual(facts["codes"]["14000000000007"], 6)
        answer = self.answer(batch, self.pick(batch.move_line_ids, 6, item="14000000000007"))
        self.assertTrue(answer["accepted"])

    def test_gs1(self):
        """One GS1 barcode gives item, lot and count."""
        product = self.products[0]
        product.write({"barcode": "4006381333931", "tracking": "lot"})
        self.env["stock.quant"].search([("product_id", "=", product.id)]).sudo().unlink()
        lot = self.env["stock.lot"].create({"name": "L7", "product_id": product.id})
        self.env["stock.quant"]._update_available_quantity(product, self.bins[0], 5, lot_id=lot)
        batch = self.start([(product, 2)])
        code = "010400638133393130" + "2" + "\x1d" + "10L7"
        reading = self.Scan._get_reading(code)
        self.assertEqual((reading.item, reading.lot, reading.quantity), ("04006381333931", "L7", 2))
        answer = self.answer(batch, self.pick(batch.move_line_ids, 2, item=code))
        self.assertTrue(answer["accepted"], answer)
        self.assertTrue(batch.move_line_ids.picked)

    def test_lots(self):
        """Another free lot at the same place is taken instead; one that isn't there is refused."""
        product = self.products[0]
        product.tracking = "lot"
        self.env["stock.quant"].search([("product_id", "=", product.id)]).sudo().unlink()
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in ("L1", "L2", "L3")]
        )
        for lot, place in zip(lots, (self.bins[0], self.bins[0], self.bins[1]), strict=True):
            self.env["stock.quant"]._update_available_quantity(product, place, 4, lot_id=lot)
        batch = self.start([(product, 3)])
        line = batch.move_line_ids
        self.assertEqual(self.answer(batch, self.pick(line))["reason"], "no_lot")
        self.assertEqual(self.answer(batch, self.pick(line, lot="L3"))["reason"], "wrong_lot")
        self.assertTrue(self.answer(batch, self.pick(line, lot="L1"))["accepted"])
        answer = self.answer(batch, self.pick(line, 2, lot="L2"))
        self.assertTrue(answer["accepted"], answer)
        lines = batch.move_line_ids.sorted("id")
        self.assertEqual(lines.mapped("lot_id.name"), ["L1", "L2"])
        self.assertEqual(lines.mapped("quantity"), [1, 2])
        self.assertEqual(lines.mapped("picked"), [True, True])
        quants = self.env["stock.quant"]._gather(product, self.bins[0])
        self.assertEqual(sum(quants.mapped("reserved_quantity")), 3)

    def test_first_expired_first_out(self):
        """A lot that expires later than the reserved one is refused, with the one to take."""
        product = self.products[0]
        product.tracking = "lot"
        self.env["stock.quant"].search([("product_id", "=", product.id)]).sudo().unlink()
        days = {"SOON": "2030-01-01", "LATER": "2031-01-01"}
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in days]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(product, self.bins[0], 4, lot_id=lot)
        batch = self.start([(product, 2)])
        line = batch.move_line_ids
        self.assertEqual(line.lot_id.name, "SOON")
        # Without *Expiration Dates* lots have no such day.
        self.enterContext(
            patch.object(type(line), "_get_expiry", lambda lines, lot: days.get(lot.name, ""))
        )
        task = self.Scan.get_pick_task(batch._name, batch.id)
        self.assertEqual(task["lines"][0]["expiry"], "2030-01-01")
        answer = self.answer(batch, self.pick(line, lot="LATER"))
        self.assertEqual(answer["reason"], "later_lot")
        self.assertIn("SOON", answer["message"])
        self.assertTrue(self.answer(batch, self.pick(line, 2, lot="SOON"))["accepted"])
        self.assertTrue(line.picked)

    def test_packages(self):
        """The barcode of a package counts for all that is in it; another package is refused."""
        product = self.products[0]
        self.env["stock.quant"].search([("product_id", "=", product.id)]).sudo().unlink()
        packages = self.env["stock.package"].create([{"name": "PACK-1"}, {"name": "PACK-2"}])
        for package, place in zip(packages, self.bins[:2], strict=True):
            self.env["stock.quant"]._update_available_quantity(
                product, place, 3, package_id=package
            )
        batch = self.start([(product, 3)])
        line = batch.move_line_ids
        own, other = line.package_id, packages - line.package_id
        refused = self.answer(batch, self.pick(line, 3, item=other.name))
        self.assertEqual(refused["reason"], "wrong_item")
        self.assertTrue(self.answer(batch, self.pick(line, 3, item=own.name))["accepted"])
        self.assertEqual((line.picked, line.quantity_scanned), (True, 3))

    def test_serials(self):
        product = self.products[0]
        product.tracking = "serial"
        self.env["stock.quant"].search([("product_id", "=", product.id)]).sudo().unlink()
        serials = self.env["stock.lot"].create(
            [{"name": f"SN{n}", "product_id": product.id} for n in range(3)]
        )
        for serial in serials:
            self.env["stock.quant"]._update_available_quantity(
                product, self.bins[0], 1, lot_id=serial
            )
        batch = self.start([(product, 2)])
        one, two = batch.move_line_ids.sorted("lot_id")
        answer = self.answer(batch, self.pick(one, 2, item="SN0"))
        self.assertEqual(answer["reason"], "one_serial")
        # the third one is taken from the shelf instead of the reserved second
        self.assertTrue(self.answer(batch, self.pick(two, 1, item="SN2"))["accepted"])
        self.assertEqual(two.lot_id.name, "SN2")
        answer = self.answer(batch, self.pick(one, 1, item="SN2"))
        self.assertEqual(answer["reason"], "lot_not_free")

    def test_totes(self):
        self.warehouse.out_type_id.pick_to_tote = True
        batch = self.start([(self.products[0], 2)], [(self.products[0], 1)])
        one, two = batch.move_line_ids.sorted("id")
        self.assertEqual(self.answer(batch, self.pick(one))["reason"], "no_tote")
        self.assertEqual(self.answer(batch, self.pick(one, tote="NO"))["reason"], "wrong_tote")
        self.assertTrue(self.answer(batch, self.pick(one, tote="TOTE-1"))["accepted"])
        self.assertEqual(one.picking_id.tote_id, self.totes[0])
        self.assertEqual(self.answer(batch, self.pick(one, tote="TOTE-2"))["reason"], "wrong_tote")
        self.assertEqual(self.answer(batch, self.pick(two, tote="TOTE-1"))["reason"], "wrong_tote")
        self.assertTrue(self.answer(batch, self.pick(two, tote="TOTE-2"))["accepted"])
        found = self.Scan.find_task("TOTE-2", "pack")
        self.assertEqual((found["screen"], found["id"]), ("pack", two.picking_id.id))

    def test_short(self):
        """What is missing is reserved elsewhere, and the place is to be counted today."""
        product = self.products[0]
        self.env["stock.quant"]._update_available_quantity(product, self.bins[8], 1)
        batch = self.start([(product, 3)])
        line = batch.move_line_ids
        self.assertTrue(self.answer(batch, self.pick(line))["accepted"])
        answer = self.answer(batch, self.operation("short", line, reason="missing"))
        self.assertTrue(answer["accepted"], answer)
        self.assertEqual((line.quantity, line.picked), (1, True))
        fresh = batch.move_line_ids - line
        self.assertEqual((fresh.location_id, fresh.quantity), (self.bins[8], 1))
        self.assertIn(fresh.id, [facts["id"] for facts in answer["lines"]])
        self.assertGreater(fresh.pick_sequence, line.pick_sequence)
        quant = self.env["stock.quant"]._gather(product, self.bins[0])
        self.assertEqual(quant.inventory_date, fields.Date.context_today(self.Scan))
        # and the rest goes to a back-order
        self.assertTrue(self.answer(batch, self.pick(fresh))["accepted"])
        picking = batch.picking_ids
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done")
        self.assertEqual(picking.move_ids.quantity, 2)
        self.assertEqual(picking.backorder_ids.move_ids.product_uom_qty, 1)

    def test_short_of_all(self):
        batch = self.start([(self.products[0], 2)])
        line = batch.move_line_ids
        answer = self.answer(batch, self.operation("short", line, reason="damaged"))
        self.assertTrue(answer["accepted"])
        self.assertEqual(answer["removed"], line.ids)
        self.assertFalse(line.exists())
        answer = self.answer(batch, self.operation("short", line, reason="damaged"))
        self.assertEqual(answer["reason"], "gone")

    def routed(self, quantity, elsewhere):
        """A batch of one order that was routed here, with more in another warehouse."""
        product = self.products[0]
        other = self.env["stock.warehouse"].create(
            {"name": "Elsewhere", "code": "ELSE", "company_id": self.company.id, "sequence": 99}
        )
        if elsewhere:
            quants = self.env["stock.quant"]
            quants._update_available_quantity(product, other.lot_stock_id, elsewhere)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                ],
            }
        )
        self.env["order.allocation"].create(
            {
                "line_id": order.order_line.id,
                "warehouse_id": self.warehouse.id,
                "quantity": quantity,
            }
        )
        order.action_confirm()
        order.picking_ids.action_assign()
        batch = self.make_batch(order.picking_ids)
        batch.action_confirm()
        return order, batch, other

    def test_short_is_sent_from_another_warehouse(self):
        """What was picked stays; what is missing leaves from elsewhere, and the stock is right."""
        order, batch, other = self.routed(3, elsewhere=5)
        picking, line = batch.picking_ids, batch.move_line_ids
        place, product = line.location_id, line.product_id
        before = sum(self.env["stock.quant"]._gather(product, place).mapped("quantity"))
        self.assertTrue(self.answer(batch, self.pick(line))["accepted"])
        answer = self.answer(batch, self.operation("short", line, reason="missing"))
        self.assertTrue(answer["accepted"], answer)
        self.assertIn("leaves from Elsewhere", answer["message"])
        quant = self.env["stock.quant"]._gather(product, place)
        self.assertEqual(sum(quant.mapped("quantity")), before - 2)
        self.assertEqual(quant.inventory_date, fields.Date.context_today(self.Scan))
        self.assertEqual((picking.move_ids.product_uom_qty, line.quantity), (1, 1))
        self.assertTrue(line.picked)
        attempt = self.env["order.routing.attempt"].search([("order_id", "=", order.id)])
        self.assertEqual((attempt.reason, attempt.quantity), ("not_found", 2))
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.assertFalse(picking.backorder_ids)
        fresh = order.picking_ids - picking
        self.assertEqual(fresh.picking_type_id.warehouse_id, other)
        self.assertEqual(fresh.move_ids.product_uom_qty, 2)

    def test_short_of_all_is_sent_from_another_warehouse(self):
        order, batch, other = self.routed(3, elsewhere=5)
        picking, line = batch.picking_ids, batch.move_line_ids
        answer = self.answer(batch, self.operation("short", line, reason="damaged"))
        self.assertTrue(answer["accepted"], answer)
        self.assertEqual(picking.state, "cancel")
        self.assertEqual((order.picking_ids - picking).move_ids.product_uom_qty, 3)
        self.assertEqual((order.picking_ids - picking).picking_type_id.warehouse_id, other)
        apart = self.env["stock.quant"].search(
            [("location_id", "=", self.warehouse.quarantine_location_id.id)]
        )
        self.assertEqual(apart.quantity, 3)

    def test_short_that_nobody_has_waits_in_the_queue(self):
        order, batch, _other = self.routed(3, elsewhere=0)
        answer = self.answer(batch, self.operation("short", batch.move_line_ids, reason="blocked"))
        self.assertTrue(answer["accepted"], answer)
        self.assertIn("routing queue", answer["message"])
        queued = order.allocation_ids.filtered(lambda a: a.state == "queued")
        self.assertEqual(queued.quantity, 3)
        self.assertIn("Rejected", queued.queue_reason)

    def test_undo(self):
        batch = self.start([(self.products[0], 2)])
        operation = self.pick(batch.move_line_ids, 2)
        self.answer(batch, operation)
        undo = self.operation("undo", batch.move_line_ids, undo=operation["key"])
        self.assertTrue(self.answer(batch, undo)["accepted"])
        self.assertEqual(batch.move_line_ids.quantity_scanned, 0)
        self.assertFalse(batch.move_line_ids.picked)
        undo = self.operation("undo", batch.move_line_ids, undo=operation["key"])
        self.assertFalse(self.answer(batch, undo)["accepted"])

    def test_validate_in_part(self):
        """Validated in the office meanwhile: only what was scanned leaves."""
        batch = self.start([(self.products[0], 5)])
        picking = batch.picking_ids
        self.answer(batch, self.pick(batch.move_line_ids, 2))
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.move_ids.quantity, 2)
        self.assertEqual(picking.backorder_ids.move_ids.product_uom_qty, 3)
        answer = self.answer(batch, self.pick(picking.move_line_ids, 1))
        self.assertEqual(answer["reason"], "gone")

    def test_bad_operations(self):
        batch = self.start([(self.products[0], 1)])
        for bad in ([{}], [{"key": 1}], "x", [{"key": "k" * 9, "sequence": 1, "kind": "drop"}]):
            with self.assertRaises(UserError):
                self.Scan.push(batch._name, batch.id, self.device, bad)
        with self.assertRaises(UserError):
            self.Scan.push("res.users", 2, self.device, [])
        other = self.start([(self.products[1], 1)])
        answer = self.answer(batch, self.pick(other.move_line_ids))
        self.assertEqual(answer["reason"], "gone")
        self.assertEqual(other.move_line_ids.quantity_scanned, 0)

    def test_find_task(self):
        batch = self.start([(self.products[0], 1)])
        self.assertEqual(self.Scan.find_task(batch.name)["id"], batch.id)
        self.assertEqual(self.Scan.find_task(batch.picking_ids.name)["screen"], "pick")
        for nothing in ("", "NOPE", None):
            self.assertIn("Confirm the batch", self.Scan.find_task(nothing)["problem"])
        self.assertIn(batch.name, [b["name"] for b in self.Scan.get_work()["batches"]])
        self.answer(batch, self.pick(batch.move_line_ids))
        work = self.Scan.get_work()
        self.assertNotIn(batch.name, [b["name"] for b in work["batches"]])
        self.assertIn(batch.picking_ids.id, [pack["id"] for pack in work["packs"]])

    def test_access(self):
        """Only pickers scan, only in their companies; nobody writes the log."""
        batch = self.start([(self.products[0], 1)])
        clerk = self.make_user("scan_clerk", "stock.group_stock_user")
        for call in (
            lambda scan: scan.get_pick_task(batch._name, batch.id),
            lambda scan: scan.push(batch._name, batch.id, self.device, []),
            lambda scan: scan.find_task(batch.name),
            lambda scan: scan.get_work(),
            lambda scan: scan.finish_packing(batch.picking_ids.id),
        ):
            with self.assertRaises(AccessError):
                call(self.env["picking.scan"].with_user(clerk))
        self.answer(batch, self.pick(batch.move_line_ids))
        row = self.Scan.search([("batch_id", "=", batch.id)])
        self.assertEqual(len(row), 1)
        for change in (
            lambda: row.write({"quantity": 9}),
            lambda: row.unlink(),
            lambda: self.Scan.create({"key": "x", "kind": "pick"}),
        ):
            with self.assertRaises(AccessError):
                change()
        other = self.env["res.company"].create({"name": "Other Shipper"})
        stranger = self.make_user("scan_stranger", "order_shipping.group_shipping_user")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        scan = self.env["picking.scan"].with_user(stranger).with_company(other)
        scan = scan.with_context(allowed_company_ids=other.ids)
        self.assertFalse(scan.search([("id", "=", row.id)]))
        with self.assertRaises(AccessError):
            scan.get_pick_task(batch._name, batch.id)
        self.assertIn("problem", scan.find_task(batch.name))
        # somebody else's operations aren't answered again
        colleague = self.make_user("scan_colleague", "order_shipping.group_shipping_user")
        with self.assertRaises(AccessError):
            self.push(
                batch,
                {"key": row.key, "sequence": 2, "kind": "pick", "line": batch.move_line_ids.id},
                scan=self.env["picking.scan"].with_user(colleague),
            )

    def test_queries(self):
        """A scan costs a fixed number of queries; so does opening a batch, however large."""
        batch = self.start(*[[(product, 2)] for product in self.products])
        lines = batch.move_line_ids.sorted("pick_sequence")
        self.push(batch, self.pick(lines[0]))
        counts = []
        for line in lines[1:4]:
            self.env.flush_all()
            self.env.invalidate_all()
            operation = self.pick(line)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.push(batch, operation)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(max(counts[1:]), 25, counts)
        opened = []
        for record in (lines[0].picking_id, batch):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Scan.get_pick_task(record._name, record.id)
            opened.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(opened[1], opened[0] + 6, opened)
        self.assertLessEqual(opened[1], 40, opened)

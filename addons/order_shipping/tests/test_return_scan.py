import uuid

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_return import ReturnCase


@tagged("post_install", "-at_install")
class TestReturnScan(ReturnCase):
    """The returns desk: found, received, and inspected by scan, by a picker."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods.barcode, cls.other.barcode = "4000000000091", "4000000000107"
        cls.picker = cls.make_user("return_picker", "order_shipping.group_shipping_user")
        cls.Scan = cls.env["picking.scan"].with_user(cls.picker)

    def setUp(self):
        super().setUp()
        self.device, self.sequence = str(uuid.uuid4()), 0

    def push(self, record, kind, contents, **parts):
        self.sequence += 1
        key = parts.pop("key", None) or str(uuid.uuid4())
        operation = {"key": key, "sequence": self.sequence, "kind": kind, "contents": contents}
        whose = "order" if record._name == "sale.order" else "back"
        operation |= {whose: record.id} | parts
        return self.Scan.push(record._name, record.id, self.device, [operation])["answers"][0]

    def arrive(self, record, counts, **parts):
        contents = [
            {"product": product.id, "quantity": count, "lot": lot} for product, lot, count in counts
        ]
        return self.push(record, "arrive", contents, **parts)

    def decide(self, back, *found):
        contents = [
            {"line": line.id, "quantity": count, "outcome": outcome, "note": note}
            for line, count, outcome, note in found
        ]
        return self.push(back, "inspect", contents)

    def approved(self, order, quantity=2, **vals):
        back = self.make_return(order, quantity, **vals)
        back.action_approve()
        return back

    def test_found_by_whatever_is_on_the_parcel(self):
        self.policy.carrier_id = self.ground
        order = self.make_shipped()
        back = self.approved(order)
        back.action_buy_label()
        self.assertTrue(back.label_ids.tracking_number)
        for code in (
            back.name,
            back.picking_ids.name,
            back.label_ids.tracking_number,
            order.name,
            self.goods.barcode,
        ):
            found = self.Scan.find_return(code)
            self.assertEqual(found, {"model": "shipping.return", "id": back.id}, code)
        self.assertEqual([each["id"] for each in self.Scan.get_return_work()["returns"]], [back.id])
        for nothing in ("", None, "NOPE", self.other.barcode):
            self.assertIn("problem", self.Scan.find_return(nothing))

    def test_an_item_of_several_returns_is_chosen(self):
        backs = [self.approved(self.make_shipped(), 1) for _each in range(2)]
        choices = self.Scan.find_return(self.goods.barcode)["choices"]
        self.assertEqual([each["id"] for each in choices], [back.id for back in backs])

    def test_received_inspected_and_credited(self):
        order = self.make_shipped(pay=True)
        stock = self.at(self.warehouse.lot_stock_id)
        back = self.approved(order, 3)
        task = self.Scan.get_return_task(back._name, back.id)
        self.assertEqual(task["step"], "receive")
        self.assertEqual([line["quantity"] for line in task["arrivals"]], [3])
        key = str(uuid.uuid4())
        answer = self.arrive(back, [(self.goods, "", 3)], rest="never", key=key)
        self.assertTrue(answer["accepted"], answer)
        self.assertEqual((back.state, back.line_ids.quantity_received), ("received", 3))
        self.assertEqual(self.at(self.warehouse.return_location_id), 3)
        self.sequence -= 1  # the answer got lost: sent once more
        again = self.arrive(back, [(self.goods, "", 3)], rest="never", key=key)
        self.assertEqual(again, answer)
        self.assertEqual(self.at(self.warehouse.return_location_id), 3)
        again = self.arrive(back, [(self.goods, "", 3)], rest="never")
        self.assertIn("received already", again["message"])

        task = self.Scan.get_return_task(back._name, back.id)
        self.assertEqual((task["step"], task["goods"][0]["quantity"]), ("inspect", 3))
        line = back.line_ids
        answer = self.decide(back, (line, 1, "restock", ""), (line, 1, "quarantine", ""))
        self.assertFalse(answer["accepted"])
        self.assertIn("1 more", answer["message"])
        self.assertFalse(back.inspection_ids)
        answer = self.decide(
            back,
            (line, 1, "restock", ""),
            (line, 1, "repair", "the switch"),
            (line, 1, "scrap", ""),
        )
        self.assertTrue(answer["accepted"], answer)
        self.assertEqual(back.state, "inspected")
        self.assertEqual(self.at(self.warehouse.lot_stock_id), stock + 1)
        self.assertEqual(self.at(self.warehouse.quarantine_location_id), 1)
        self.assertEqual(self.at(self.warehouse.return_location_id), 0)
        self.assertIn("the switch", back.inspection_ids.mapped("note"))
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 65.97)
        rows = self.Scan.search([("return_id", "=", back.id), ("is_accepted", "=", True)])
        self.assertEqual(set(rows.mapped("kind")), {"arrive", "inspect"})

    def test_missing_comes_later(self):
        back = self.approved(self.make_shipped(), 3)
        self.arrive(back, [(self.goods, "", 1)], rest="later")
        self.assertEqual(back.line_ids.quantity_received, 1)
        task = self.Scan.get_return_task(back._name, back.id)
        self.assertEqual((task["step"], task["arrivals"][0]["quantity"]), ("inspect", 2))
        answer = self.arrive(back, [(self.goods, "", 2)], rest="never")
        self.assertTrue(answer["accepted"], answer)
        self.assertEqual(back.line_ids.quantity_received, 3)

    def test_missing_for_good_and_wrong_items(self):
        back = self.approved(self.make_shipped(), 3)
        item = self.Scan.find_item(self.other.barcode)
        self.assertEqual((item["product"], item["quantity"]), (self.other.id, 0))
        self.assertFalse(self.Scan.find_item("NOPE"))
        answer = self.arrive(back, [(self.goods, "", 2), (self.other, "", 1)], rest="never")
        self.assertTrue(answer["accepted"], answer)
        self.assertFalse(back.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")))
        wanted, wrong = back.line_ids.sorted("id")
        self.assertEqual((wanted.quantity_received, wanted.quantity_missing), (2, 1))
        self.assertEqual((wrong.product_id, wrong.is_unexpected), (self.other, True))
        task = self.Scan.get_return_task(back._name, back.id)
        self.assertEqual([line["wrong"] for line in task["goods"]], [False, True])
        self.decide(back, (wanted, 2, "restock", ""), (wrong, 1, "quarantine", ""))
        self.assertEqual(self.at(self.warehouse.quarantine_location_id, self.other), 1)
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 43.98)

    def test_blind(self):
        order = self.make_shipped(client_order_ref="PO 4711")
        parcel = order.picking_ids
        for code in (order.name, parcel.name, "PO 4711"):
            found = self.Scan.find_return(code)
            self.assertEqual(found, {"model": "sale.order", "id": order.id})
        task = self.Scan.get_return_task("sale.order", order.id)
        self.assertEqual((task["step"], task["arrivals"][0]["quantity"]), ("receive", 3))
        answer = self.arrive(order, [(self.goods, "", 2), (self.other, "", 1)])
        self.assertTrue(answer["accepted"], answer)
        back = order.return_ids
        self.assertEqual((back.id, back.source, back.state), (answer["back"], "blind", "received"))
        wanted, wrong = back.line_ids.sorted("id")
        self.assertEqual((wanted.quantity, wanted.quantity_received), (2, 2))
        self.assertEqual((wrong.product_id, wrong.quantity_received), (self.other, 1))
        self.decide(back, (wanted, 2, "restock", ""), (wrong, 1, "scrap", ""))
        with self.assertRaisesRegex(UserError, "can't be refunded"), self.env.cr.savepoint():
            back.action_refund()
        back.hold_id.action_approve()
        back.action_refund()
        self.assertAlmostEqual(back.refund_ids.amount_total, 43.98)

    def test_blind_goods_of_another_order_are_put_aside(self):
        order = self.make_shipped()
        answer = self.arrive(order, [(self.other, "", 1)])
        self.assertFalse(answer["accepted"])
        self.assertIn("put it aside", answer["message"])
        self.assertFalse(order.return_ids)

    def test_serial_numbers(self):
        self.goods.tracking = "serial"
        self.env["stock.quant"].search([("product_id", "=", self.goods.id)]).sudo().unlink()
        lots = self.env["stock.lot"].create(
            [{"name": f"SN{n}", "product_id": self.goods.id} for n in range(3)]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(
                self.goods, self.bins[0], 1, lot_id=lot
            )
        back = self.approved(self.make_shipped(quantity=2, bill=False), 2)
        sent = self.Scan.get_return_task(back._name, back.id)["arrivals"][0]["lots"]
        self.assertEqual(len(sent), 2)
        answer = self.arrive(back, [(self.goods, "", 1)], rest="later")
        self.assertIn("Scan the lot or serial number", answer["message"])
        answer = self.arrive(back, [(self.goods, "SN99", 1)], rest="later")
        self.assertIn("was never here", answer["message"])
        answer = self.arrive(back, [(self.goods, sent[1], 1)], rest="later")
        self.assertTrue(answer["accepted"], answer)
        quant = self.env["stock.quant"].search(
            [("location_id", "=", self.warehouse.return_location_id.id)]
        )
        self.assertEqual((quant.lot_id.name, quant.quantity), (sent[1], 1))

    def test_not_approved_is_put_aside(self):
        back = self.make_return(self.make_shipped(), 1)
        with self.assertRaisesRegex(UserError, "isn't approved"):
            self.Scan.get_return_task(back._name, back.id)
        with self.assertRaisesRegex(UserError, "isn't approved"):
            self.arrive(back, [(self.goods, "", 1)])
        self.assertEqual(back.state, "requested")

    def test_noted_by_the_office_before_it_is_received(self):
        back = self.make_return(self.make_shipped(), 1, source="blind")
        self.assertEqual(self.Scan.find_return(back.name)["id"], back.id)
        self.assertEqual(self.Scan.get_return_task(back._name, back.id)["step"], "receive")
        self.assertTrue(self.arrive(back, [(self.goods, "", 1)])["accepted"])
        self.assertEqual((back.state, back.line_ids.quantity_received), ("received", 1))

    def test_who_may(self):
        back = self.approved(self.make_shipped(), 1)
        clerk = self.make_user("return_clerk", "stock.group_stock_user")
        other = self.env["res.company"].create({"name": "Other Desk"})
        stranger = self.make_user("return_stranger", "order_shipping.group_shipping_user")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        theirs = {"allowed_company_ids": other.ids}
        for scan in (
            self.env["picking.scan"].with_user(clerk),
            self.env["picking.scan"].with_user(stranger).with_context(**theirs),
        ):
            with self.assertRaises(AccessError):
                scan.get_return_task(back._name, back.id)
            with self.assertRaises(AccessError):
                scan.get_return_task("sale.order", back.order_id.id)
            with self.assertRaises(AccessError):
                scan.push(back._name, back.id, self.device, [])
        scan = self.env["picking.scan"].with_user(stranger).with_context(**theirs)
        for code in (back.name, back.order_id.name, self.goods.barcode):
            self.assertIn("problem", scan.find_return(code))
        self.assertEqual(scan.get_return_work(), {"returns": []})

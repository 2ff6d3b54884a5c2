import pypdfium2
import zxingcpp
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import labels
from .common import ShippingCase


def scan(pdf):
    """Text of every barcode in a PDF, page by page, as read off a 203 dpi thermal printer's."""
    pages = pypdfium2.PdfDocument(pdf)
    pictures = [page.render(scale=203 / 72).to_pil() for page in pages]
    return [code.text for picture in pictures for code in zxingcpp.read_barcodes(picture)]


@tagged("post_install", "-at_install")
class TestLabel(ShippingCase):
    def make_rated(self, *args, **kwargs):
        picking = self.make_picking(*args, **kwargs)
        picking.action_rate()
        return picking

    def live(self, picking):
        return picking.label_ids._filter_live()

    def test_label_is_bought_once_and_scans(self):
        picking = self.make_rated()
        picking.action_buy_label()
        label = picking.label_ids
        self.assertEqual((label.state, label.attempt, label.cost), ("bought", 1, 8.5))
        self.assertTrue(labels.is_sscc(label.tracking_number))
        self.assertEqual(scan(label.attachment_id.raw), [f"(00){label.tracking_number}"])
        self.assertTrue(picking.is_labelled)
        self.assertTrue(label.sha256 and label.key)
        picking.action_buy_label()
        self.assertEqual(picking.label_ids, label)
        events = self.events(picking.sale_id, "label")
        self.assertEqual(len(events), 1)
        self.assertEqual(events.details["labels"][0]["tracking"], label.tracking_number)

    def test_status_tells_the_labels_of_a_delivery(self):
        picking = self.make_rated()
        status = picking.sale_id._prepare_status()
        self.assertEqual(status["deliveries"][0]["parcels"], [])
        self.ground.tracking_url = "https://track.example.com/<shipmenttrackingnumber>"
        picking.action_buy_label()
        label = picking.label_ids
        link = f"https://track.example.com/{label.tracking_number}"
        parcel = {"tracking_number": label.tracking_number, "tracking_url": link}
        status = picking.sale_id._prepare_status()
        self.assertEqual(status["deliveries"][0]["parcels"], [parcel])

    def test_one_bad_address_stops_only_itself(self):
        good, bad = self.make_rated(), self.make_rated()
        bad.partner_id = self.partner.copy({"city": False, "zip": "94105"})
        answer = (bad | good).action_buy_label()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertEqual(self.live(good).state, "bought")
        self.assertEqual(bad.label_ids.state, "rejected")
        self.assertIn("lacks: city", bad.shipping_error)
        self.assertIn(bad.name, answer["params"]["message"])
        bad.partner_id.city = "San Francisco"
        bad.action_buy_label()
        self.assertFalse(bad.shipping_error)
        self.assertEqual(self.live(bad).attempt, 2)

    def test_unprintable_names_are_refused(self):
        picking = self.make_rated()
        picking.partner_id = self.partner.copy({"name": "محمد"})
        picking.action_buy_label()
        self.assertIn("fonts lack", picking.shipping_error)

    def test_reasons_without_carrier_weight_or_price(self):
        picking = self.make_picking()
        picking.action_buy_label()
        self.assertIn("no carrier", picking.shipping_error)
        picking.carrier_id = self.ground
        picking.shipping_weight = 99
        picking.action_buy_label()
        self.assertIn("too heavy", picking.shipping_error)
        self.company.gs1_company_prefix = False
        picking.action_buy_label()
        self.assertIn("GS1", picking.shipping_error)
        self.assertFalse(picking.label_ids)

    def test_ship_hold_keeps_labels_from_being_bought(self):
        picking, free = self.make_rated(), self.make_rated()
        hold = picking.sale_id._place_hold("manual", "ship", "Customer asked to wait")
        (picking | free).action_buy_label()
        self.assertIn("Customer asked to wait", picking.shipping_error)
        self.assertFalse(picking.label_ids)
        self.assertTrue(free.label_ids)
        hold.action_release()
        picking.action_buy_label()
        self.assertEqual(self.live(picking).state, "bought")
        self.assertFalse(picking.shipping_error)

    def test_each_parcel_has_its_label(self):
        picking = self.make_picking(self.products[:3])
        for line in picking.move_line_ids[:2]:
            self.pack(line)
        picking.action_rate()
        picking.action_buy_label()
        bought = picking.label_ids.sorted("parcel_number")
        self.assertEqual(bought.mapped("parcel_number"), [1, 2, 3])
        self.assertEqual(set(bought.mapped("parcel_count")), {3})
        self.assertEqual(len(bought.package_id), 2)
        self.assertEqual(len(set(bought.mapped("tracking_number"))), 3)
        self.assertEqual(
            scan(bought._get_merged_pdf()), [f"(00){n}" for n in bought.mapped("tracking_number")]
        )

    def test_all_parcels_or_none(self):
        picking = self.make_picking(self.products[:2])
        first, second = picking.move_line_ids
        package = self.pack(first)
        self.pack(second)
        picking.carrier_id = self.ground
        package.shipping_weight = 99
        picking.action_buy_label()
        self.assertFalse(self.live(picking))
        self.assertIn("too heavy", picking.shipping_error)
        package.shipping_weight = 3
        picking.action_buy_label()
        self.assertEqual(len(self.live(picking)), 2)

    def test_packing_after_labelling_is_noticed(self):
        picking = self.make_rated()
        picking.action_buy_label()
        self.pack(picking.move_line_ids)
        picking.action_buy_label()
        self.assertIn("void it first", picking.shipping_error)
        self.assertEqual(len(picking.label_ids), 1)
        picking.action_void_label()
        picking.action_buy_label()
        self.assertEqual(self.live(picking).package_id, picking.move_line_ids.result_package_id)

    def test_changing_the_carrier_needs_a_void(self):
        picking = self.make_rated()
        picking.action_buy_label()
        picking.carrier_id = self.express
        picking.action_buy_label()
        self.assertIn("label of Ground", picking.shipping_error)
        self.assertEqual(len(picking.label_ids), 1)

    def test_an_archived_carrier_is_not_bought_from(self):
        picking = self.make_rated()
        self.ground.active = False
        picking.action_buy_label()
        self.assertIn("archived", picking.shipping_error)
        self.assertFalse(picking.label_ids)
        picking.action_rate()
        picking.action_buy_label()
        self.assertEqual(self.live(picking).carrier_id, self.express)

    def test_void_and_buy_again(self):
        picking = self.make_rated()
        picking.action_buy_label()
        first = picking.label_ids
        picking.action_void_label()
        self.assertEqual(first.state, "voided")
        self.assertFalse(picking.is_labelled)
        self.assertTrue(first.attachment_id.name.startswith("VOID-"))
        picking.action_void_label()  # again is as good as once
        picking.action_buy_label()
        second = self.live(picking)
        self.assertEqual(second.attempt, 2)
        self.assertNotEqual(second.tracking_number, first.tracking_number)

    def test_cancelling_the_delivery_voids_its_label(self):
        picking = self.make_rated()
        picking.action_buy_label()
        picking.action_cancel()
        self.assertEqual(picking.label_ids.state, "voided")

    def test_printing_many(self):
        pickings = self.make_rated() | self.make_rated()
        with self.assertRaisesRegex(UserError, "no label"):
            pickings.action_print_labels()
        pickings.action_buy_label()
        action = pickings[::-1].action_print_labels()
        ids = [int(part) for part in action["url"].split("=")[1].split(",")]
        self.assertEqual(ids, [picking.label_ids.id for picking in pickings[::-1]])

    def test_pages_and_thermal_labels_are_not_mixed(self):
        pickings = self.make_rated() | self.make_rated()
        pickings.action_buy_label()
        page, thermal = pickings.label_ids
        thermal.attachment_id.write({"raw": b"^XA^FDhello^FS^XZ", "mimetype": "text/plain"})
        self.assertEqual(
            thermal._get_print_action()["url"], f"/order_shipping/labels?ids={thermal.id}"
        )
        action = pickings.action_print_labels()
        self.assertEqual(action["params"]["next"]["url"], f"/order_shipping/labels?ids={page.id}")
        self.assertIn("1 labels are for a thermal printer", action["params"]["message"])
        self.assertIn(thermal.tracking_number, action["params"]["message"])

    def test_database_refuses_a_second_live_label(self):
        picking = self.make_rated()
        picking.action_buy_label()
        label = picking.label_ids
        vals = {
            "picking_id": picking.id,
            "company_id": self.company.id,
            "carrier_id": self.ground.id,
            "currency_id": label.currency_id.id,
            "state": "bought",
        }
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["shipping.label"].create(vals)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["shipping.label"].create(vals | {"state": "unknown"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["shipping.label"].create(
                vals | {"state": "draft", "tracking_number": label.tracking_number}
            )
        self.env["shipping.label"].create(vals | {"state": "rejected"})

    def test_bought_label_is_sealed(self):
        picking = self.make_rated()
        picking.action_buy_label()
        label = picking.label_ids
        with self.assertRaisesRegex(UserError, "can't be changed"):
            label.cost = 1
        with self.assertRaisesRegex(UserError, "can't be changed"):
            label.attachment_id = False
        with self.assertRaisesRegex(UserError, "can't go from"):
            label.state = "draft"
        with self.assertRaisesRegex(UserError, "kept as proof"):
            label.unlink()

    def test_numbers_of_a_rollback_are_not_given_again(self):
        picking = self.make_rated()
        number = None
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            picking.action_buy_label()
            number = picking.label_ids.tracking_number
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assertFalse(picking.label_ids)
        picking.action_buy_label()
        self.assertTrue(number)
        self.assertNotEqual(picking.label_ids.tracking_number, number)

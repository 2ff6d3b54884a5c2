import base64

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShippingCase


@tagged("post_install", "-at_install")
class TestShippingInvoice(ShippingCase):
    def make_label(self, ships=True):
        picking = self.make_picking()
        picking.carrier_id = self.ground
        picking.action_buy_label()
        if ships:
            picking.with_context(skip_backorder=True).button_validate()
        return picking.label_ids

    def make_bill(self, rows, head="Tracking Number,Net Amount,Billed Weight", **vals):
        content = "\n".join([head, *rows]).encode()
        return self.env["shipping.invoice"].create(
            {
                "name": f"B{self.env['shipping.invoice'].search_count([])}",
                "carrier_id": self.ground.id,
                "file": base64.b64encode(content),
                **vals,
            }
        )

    def test_each_line_has_its_finding(self):
        right, dear, void, kept = (self.make_label(ships=n != 3) for n in range(4))
        void.picking_id.cancel_shipment()
        bill = self.make_bill(
            [
                f"{right.tracking_number},8.50,0.4",
                f"{dear.tracking_number},14.00,3",
                f"{void.tracking_number},8.50,0.4",
                f"{kept.tracking_number},8.50,0.4",
                "999,5.00,1",
                f"{right.tracking_number},8.50,0.4",
            ]
        )
        bill.action_audit()
        found = bill.line_ids.sorted("sequence").mapped("finding")
        self.assertEqual(found, ["ok", "weight", "voided", "never_shipped", "unknown", "duplicate"])
        self.assertEqual((bill.claim_count, bill.amount_claim), (5, 5.5 + 8.5 + 8.5 + 5 + 8.5))
        self.assertEqual(bill.state, "audited")
        claims = self.env["shipping.invoice.line"].search(bill.action_view_claims()["domain"])
        self.assertEqual(len(claims), 5)
        again = self.make_bill([f"{right.tracking_number},8.50,0.4"])
        again.action_audit()
        self.assertEqual(again.line_ids.finding, "duplicate")
        bill.action_close()
        with self.assertRaisesRegex(UserError, "closed"):
            bill.action_audit()

    def test_pounds_and_commas(self):
        label = self.make_label()
        bill = self.make_bill(
            [f"{label.tracking_number};8,50;2,20"],
            head="Tracking ID;Net Charge Amount;Rated Weight",
            weight_unit="lb",
        )
        bill.action_audit()
        self.assertEqual(bill.line_ids.amount, 8.5)
        self.assertAlmostEqual(bill.line_ids.weight, 0.998, places=2)

    def test_a_bill_as_x12_210(self):
        label = self.make_label()
        head = (
            "ISA*00*          *00*          *02*CARR           *ZZ*SHIPPER        *261101*0900*U*"
            "00401*000000001*0*P*>~GS*IM*CARR*SHIPPER*20261101*0900*1*X*004010~"
        )
        body = (
            "ST*210*0001~B3**INV1*PRO1*PP**20261031*{total}****CARR~C3*USD~"
            f"N9*2I*{label.tracking_number}~LX*1~L0*1***1*G******K~L1*1***850****400~"
            "L1*1***300****405~SE*8*0001~GE*1*1~IEA*1*000000001~"
        )
        content = base64.b64encode((head + body.format(total=1150)).encode())
        bill = self.make_bill([], file=content)
        bill.action_audit()
        self.assertEqual(bill.line_ids.sorted("sequence").mapped("amount"), [8.5, 3])
        self.assertEqual(bill.line_ids.label_id, label)
        self.assertEqual((bill.amount_total, bill.amount_claim), (11.5, 3))
        wrong = base64.b64encode((head + body.format(total=1100)).encode())
        with self.assertRaisesRegex(UserError, "INV1: its charges don't add up"):
            self.make_bill([], file=wrong).action_audit()
        cut = base64.b64encode((head + body.format(total=1150)).encode()[:-30])
        with self.assertRaisesRegex(UserError, "isn't whole"):
            self.make_bill([], file=cut).action_audit()

    def test_bad_files_say_what_to_do(self):
        with self.assertRaisesRegex(UserError, "no column for: net amount"):
            self.make_bill(["1,2"], head="Tracking Number,Colour").action_audit()
        with self.assertRaisesRegex(UserError, "rows have no tracking number or no amount: 3"):
            self.make_bill(["1,2,0", ",12,0"]).action_audit()
        with self.assertRaisesRegex(UserError, "Choose the carrier's file"):
            self.make_bill([], file=False).action_audit()

    def test_rights_and_numbers(self):
        packer = self.make_user("bill_packer", "order_shipping.group_shipping_user")
        bill = self.make_bill(["1,2,0"])
        with self.assertRaises(AccessError):
            bill.with_user(packer).name = "other"
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.make_bill(["1,2,0"], name=bill.name)


@tagged("post_install", "-at_install")
class TestManifest(ShippingCase):
    def test_parcels_of_the_day_are_handed_over_once(self):
        packer = self.make_user("dock", "order_shipping.group_shipping_user")
        pickings = self.make_picking() | self.make_picking()
        pickings.write({"carrier_id": self.ground.id})
        pickings.action_buy_label()
        vals = {"carrier_id": self.ground.id, "warehouse_id": self.warehouse.id}
        manifest = self.env["shipping.manifest"].with_user(packer).create(vals)
        with self.assertRaisesRegex(UserError, "No parcel"):
            manifest.action_collect()
        self.assertEqual(manifest.unshipped_count, 2)
        waiting = self.env["shipping.label"].search(manifest.action_view_unshipped()["domain"])
        self.assertEqual(waiting, pickings.label_ids)
        pickings.with_context(skip_backorder=True).button_validate()
        manifest.action_close()
        self.assertEqual((manifest.state, manifest.parcel_count), ("closed", 2))
        self.assertEqual(manifest.unshipped_count, 0)
        self.assertTrue(manifest.attachment_id.raw.startswith(b"%PDF"))
        second = self.env["shipping.manifest"].create(vals)
        with self.assertRaisesRegex(UserError, "No parcel"):
            second.action_close()
        with self.assertRaisesRegex(UserError, "closed out"):
            manifest.action_collect()


@tagged("post_install", "-at_install")
class TestPricelist(ShippingCase):
    def imported(self, content, **vals):
        wizard = self.env["shipping.pricelist"].create(
            {"carrier_id": self.ground.id, "file": base64.b64encode(content.encode()), **vals}
        )
        return wizard, wizard.action_import()

    def test_a_list_replaces_the_table(self):
        content = 'Country,Postal Prefix,Up to kg,Price,Days to\nUS,9,1,7.25,3\n"US,CA",,5,11,4\n'
        _wizard, action = self.imported(content)
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertEqual(self.ground.rate_line_ids.mapped("price"), [7.25, 11])
        self.assertEqual(len(self.ground.rate_line_ids[1].country_ids), 2)

    def test_every_bad_row_is_named_and_nothing_is_written(self):
        before = self.ground.rate_line_ids
        content = "Country,Up to kg,Price\nUS,1,7\nXX,2,8\nUS,3,free\nUS,4,0\nUS,1,9\n"
        wizard, _action = self.imported(content)
        lines = wizard.findings.splitlines()
        self.assertEqual(
            [line.split(":")[0] for line in lines], ["Row 3", "Row 4", "Row 5", "Row 6"]
        )
        self.assertEqual(self.ground.rate_line_ids, before)
        with self.assertRaisesRegex(UserError, "no column for: Price"):
            self.imported("Country,Up to kg\nUS,1\n")


@tagged("post_install", "-at_install")
class TestQuote(ShippingCase):
    def test_all_rates_side_by_side_and_one_taken(self):
        order = self.env["sale.order"].browse(self.make_order().id)
        quote = self.env["shipping.quote"].browse(order.action_compare_rates()["res_id"])
        lines = {line.carrier_id: line for line in quote.line_ids}
        self.assertEqual(lines.keys(), {self.ground, self.express})
        self.assertTrue(lines[self.ground].is_best)
        self.assertIn("more", lines[self.express].reason)
        self.express.margin = 0.5
        quote = self.env["shipping.quote"].browse(order.action_compare_rates()["res_id"])
        dear = quote.line_ids.filtered(lambda line: line.carrier_id == self.express)
        self.assertEqual((dear.amount, dear.price), (24, 36))
        dear.action_take()
        self.assertEqual(order.carrier_id, self.express)
        delivery = order.order_line.filtered("is_delivery")
        self.assertEqual(delivery.price_unit, 36)
        self.partner.country_id = self.env.ref("base.fr")
        quote = self.env["shipping.quote"].browse(order.action_compare_rates()["res_id"])
        self.assertFalse(any(quote.line_ids.mapped("is_available")))
        with self.assertRaisesRegex(UserError, "no line for FR"):
            quote.line_ids[0].action_take()

"""One order from the web shop's document to the matched bank line and the KPI, step by step.

Only public methods, on the demo database, in the order in which people and jobs call them.
"""

import base64
import io
from pathlib import Path

import pypdfium2
import zxingcpp

from odoo.tests import TransactionCase, tagged

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "addons" / "order_processing" / "demo" / "files"


def read_barcodes(pdf):
    """Texts of the barcodes on every page, read from a picture as a scanner would."""
    texts = []
    for page in pypdfium2.PdfDocument(io.BytesIO(pdf)):
        picture = page.render(scale=300 / 72).to_pil().convert("L")
        texts += [result.text for result in zxingcpp.read_barcodes(picture)]
    return texts


@tagged("post_install", "-at_install")
class TestOrderToCash(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_user(cls.env.ref("base.user_admin")).env
        cls.channel = cls.env.ref("order_processing.channel_shopify")
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.env.company.id)], limit=1
        )

    def step_intake(self):
        intake = self.channel._receive(
            (FILES / "shopify_order_1001.json").read_bytes(), filename="shopify_order_1001.json"
        )
        intake.action_process()
        self.assertEqual(intake.state, "accepted", intake.error)
        order = intake.order_id
        self.assertEqual(order.currency_id.name, "USD")
        self.assertEqual(order.currency_id.compare_amounts(order.amount_total, 598.94), 0)
        self.assertEqual(order.currency_id.compare_amounts(order.channel_total, 598.94), 0)
        self.assertEqual(order.partner_id.email, "bob.norman@mail.example.com")
        self.assertEqual(order.partner_shipping_id.zip, "40202")
        self.assertEqual(order.partner_shipping_id.state_id.code, "KY")
        goods = order.order_line.filtered(lambda line: line.product_id.type == "consu")
        self.assertEqual(
            sorted(goods.product_id.mapped("default_code")),
            ["IPOD2008BLACK", "IPOD2008GREEN", "IPOD2008RED"],
        )
        tax = order.order_line.filtered(lambda line: line.product_id == self.channel.tax_product_id)
        self.assertAlmostEqual(sum(tax.mapped("price_total")), 11.94)
        shipping = order.order_line.filtered(
            lambda line: line.product_id == self.channel.shipping_product_id
        )
        self.assertEqual(len(shipping), 1)
        self.assertAlmostEqual(sum((goods | shipping).mapped("price_unit")), 597.0)
        return order

    def step_routed(self, order):
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.hold_ids.filtered(lambda hold: hold.state == "pending"))
        east = self.env.ref("order_processing.warehouse_east")
        west = self.env.ref("order_processing.warehouse_west")
        placed = {a.product_id.default_code: a.warehouse_id for a in order.allocation_ids}
        self.assertEqual(
            placed, {"IPOD2008GREEN": east, "IPOD2008RED": east, "IPOD2008BLACK": west}
        )
        self.assertEqual(len(order.picking_ids), 2)
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, east | west)
        self.assertEqual(set(order.picking_ids.mapped("state")), {"assigned"})
        return order.picking_ids

    def step_batch(self, pickings):
        batches = self.env["stock.picking.batch"]
        for picking_type, group in pickings.grouped("picking_type_id").items():
            wizard = self.env["stock.picking.to.batch"].with_context(active_ids=group.ids)
            wizard = wizard.create({"mode": "new", "is_create_draft": False})
            wizard.attach_pickings()
            batch = group.batch_id
            self.assertEqual(batch.picking_type_id, picking_type)
            batches |= batch
        batches.action_plan_route()
        for batch in batches:
            self.assertLessEqual(batch.route_metres, batch.route_metres_by_name)
            self.assertTrue(all(line.pick_sequence for line in batch.move_line_ids))
        return batches

    def step_rate_and_label(self, pickings):
        pickings.action_rate()
        for picking in pickings:
            rates = picking.rate_ids
            self.assertGreaterEqual(len(rates), 2, "two rate-table carriers quote")
            chosen = rates.filtered("chosen")
            self.assertEqual(len(chosen), 1)
            self.assertEqual(picking.carrier_id, chosen.carrier_id)
            self.assertGreater(chosen.amount, 0)
        pickings.action_buy_label()
        pickings.action_buy_label()  # pressed twice: still one
        for picking in pickings:
            label = picking.label_ids
            self.assertEqual(len(label), 1)
            self.assertEqual(label.state, "bought")
            codes = read_barcodes(label.attachment_id.raw)
            self.assertTrue(
                any(label.tracking_number in code for code in codes), (label.tracking_number, codes)
            )

    def step_ship(self, batches):
        for batch in batches:
            batch.move_ids.write({"picked": True})
            batch.action_done()
            self.assertEqual(batch.state, "done")

    def step_invoiced(self, order):
        invoices = order.invoice_ids
        self.assertEqual(set(invoices.mapped("state")), {"posted"})
        self.assertAlmostEqual(sum(invoices.mapped("amount_total")), 598.94)
        self.assertEqual(order.invoice_status, "invoiced")
        order._invoice_shipped()
        self.assertEqual(order.invoice_ids, invoices, "asked again, nothing is billed twice")
        return invoices

    def step_matched(self, invoices):
        content = (FILES / "bank_2026.ofx").read_bytes()
        wizard = self.env["account.statement.import"].create(
            {"statement_file": base64.b64encode(content), "statement_filename": "bank_2026.ofx"}
        )
        wizard.import_file_button()
        line = self.env["account.bank.statement.line"].search(
            [("payment_ref", "like", "1001"), ("journal_id", "=", self.journal.id)]
        )
        self.assertEqual(len(line), 1)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(line.order_match_ids.state, "posted")
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})

    def test_order_to_cash(self):
        order = self.step_intake()
        pickings = self.step_routed(order)
        batches = self.step_batch(pickings)
        self.step_rate_and_label(pickings)
        self.step_ship(batches)
        invoices = self.step_invoiced(order)
        self.step_matched(invoices)
        steps = set(order.event_ids.mapped("step"))
        for (
            step
        ) in "intake validate release route batch pick rate label ship invoice pay close".split():
            self.assertIn(step, steps)
        self.assertEqual(order.flow_step, "close")
        self.assertFalse(self.env["order.event"]._verify(order), "the log's seals hold")

        self.env["order.fact"]._refresh(order)
        fact = self.env["order.fact"].search([("order_id", "=", order.id)])
        self.assertEqual(len(fact), 1)
        self.assertEqual(fact.shipment_count, 2)
        self.assertTrue(fact.is_split)
        self.assertTrue(fact.date_received and fact.date_shipped and fact.date_paid)

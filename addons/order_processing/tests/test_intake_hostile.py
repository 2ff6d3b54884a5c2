"""Hostile documents, and many of them."""

from odoo.tests import tagged

from ..engine.intake.registry import READERS
from .common import read_sample, sku_order, to_payload
from .common_formats import FormatCase, canonical


@tagged("post_install", "-at_install")
class TestHostileDocuments(FormatCase):
    def test_nothing_stops_the_channel(self):
        bomb = (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x"><!ENTITY c SYSTEM '
            b'"file:///etc/passwd">]><Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:'
            b'Order-2">&b;&c;</Order>'
        )
        documents = [
            b"",
            b"\x00" * 1000,
            b"\xff\xfe" + "UNA:+.? '".encode("utf-16-le"),
            bomb,
            b"UNA:+.? 'UNB+UNOA:1+A+B+260101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1",
            b"ISA*00*" + b" " * 97 + b"~ST*850*1~",
            b"PK\x03\x04 not a workbook",
            b'{"ref": "1", "lines": [{"sku": "A", "quantity": 1e308, "unit_price": -1}]}',
            b"[" * 100_000,
            b"order;sku;qty;price\n=cmd|' /C calc'!A0;<script>;-1;1e308\n",
        ]
        for kind in READERS:
            channel = self._channel(kind)
            intakes = channel._receive_documents([(each, "x\x00\n.exe") for each in documents])
            intakes.action_process()
            self.assertEqual(set(intakes.mapped("state")), {"rejected"}, kind)
            self.assertTrue(all(intakes.mapped("error")), kind)
            for intake in intakes:
                self.assertNotIn("root:", intake.document_text + intake.error)
            # It still takes good ones.
        good = self._take_in(
            canonical(1), self.env["order.channel"].search([("code", "=", "json")])
        )
        self.assertAccepted(good)

    def test_script_in_names_stays_text(self):
        evil = "<script>alert(1)</script>"
        document = canonical(
            1, customer_name=evil, note=evil, shipping={"name": evil, "city": evil}
        )
        order = self.assertAccepted(self._take_in(document, self._channel("json")))
        self.assertEqual(order.partner_id.name, evil)
        self.assertNotIn("<script>", "".join(order.message_ids.mapped("body")))

    def test_many_lines_in_one_order(self):
        lines = [{"sku": "IPOD2008RED", "quantity": 1, "unit_price": "1"} for _n in range(500)]
        order = self.assertAccepted(
            self._take_in(canonical(1, lines=lines, total="500"), self._channel("json"))
        )
        self.assertEqual((order.amount_total, len(order.order_line)), (500.0, 500))


@tagged("post_install", "-at_install")
class TestFormatsAtScale(FormatCase):
    def test_one_file_of_many_orders(self):
        channel = self._channel("json")

        def count(start, number):
            payload = to_payload([canonical(n) for n in range(start, start + number)])
            intakes = channel._receive(payload, filename="many.json", source="upload")
            self.assertEqual(len(intakes), number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            intakes.action_process()
            self.env.flush_all()
            self.assertAccepted(intakes)
            return self.env.cr.sql_log_count - before

        count(100, 10)  # fills the caches of the registry
        ten, twenty = count(200, 10), count(300, 20)
        self.assertLess((twenty - ten) / 10, 10, "Each further document costs too many queries")

    def test_answer_to_a_file_of_several_orders(self):
        channel = self._channel("json")
        intakes = channel._receive(to_payload([canonical(1), canonical(2, currency="QQQ")]))
        intakes.action_process()
        answers = [intake._answer() for intake in intakes]
        self.assertEqual([status for status, _answer in answers], [201, 422])

    def test_bulk_export_of_shopify(self):
        channel = self._channel("shopify")
        payload = to_payload({"orders": [sku_order(n) for n in range(3)]})
        self.assertEqual(len(self.assertAccepted(self._take_in(payload, channel))), 3)
        self.assertEqual(len(channel._receive(read_sample("shopify_order_1001.json"))), 1)
